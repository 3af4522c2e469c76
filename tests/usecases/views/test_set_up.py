"""The setup checklist: it ticks itself off, is gone when all is done or when it was hidden, and comes back."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tracker.errors import NotFound
from tracker.rules.core.outbox import Skip, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import EventStatus
from tracker.rules.views.home import SetUpStep
from tracker.usecases.core import outbox
from tracker.usecases.core.send_hold import deployment_state
from tracker.usecases.emails import email_tests
from tracker.usecases.events.events import schedule
from tracker.usecases.views import home

pytestmark = pytest.mark.both_engines


async def to_do(viewer: Viewer) -> list[SetUpStep]:
    found = await home.set_up_list(viewer, await deployment_state())
    return [step for step, is_done in found.steps.items() if not is_done] if found else []


async def test_it_ticks_itself_off_and_is_gone_when_all_is_done(cast: Cast) -> None:
    assert await to_do(cast.coordinator) == [SetUpStep.EMAIL, SetUpStep.EVENT]
    await schedule(cast.coordinator, meeting(), NOW)
    await email_tests.send(cast.coordinator, NOW)
    assert await to_do(cast.coordinator) == [SetUpStep.EMAIL]
    for message in await outbox.claim_messages("test", (), NOW + timedelta(minutes=1), 10):
        await outbox.close_message(message, Skip(state=State.SENT, reason=""), NOW)
    assert await home.set_up_list(cast.coordinator, await deployment_state()) is None


async def test_a_draft_is_no_first_meeting(cast: Cast) -> None:
    await schedule(cast.coordinator, meeting(status=EventStatus.DRAFT), NOW)
    assert SetUpStep.EVENT in await to_do(cast.coordinator)


async def test_an_event_that_the_viewer_may_not_see_ticks_nothing_off(cast: Cast) -> None:
    await schedule(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert await to_do(cast.coordinator) == [SetUpStep.EMAIL, SetUpStep.EVENT]


async def test_an_administrator_is_told_nothing_of_events(cast: Cast) -> None:
    before = await home.set_up_list(cast.administrator, await deployment_state())
    await schedule(cast.coordinator, meeting(cast.administrator), NOW)
    assert await home.set_up_list(cast.administrator, await deployment_state()) == before
    assert await to_do(cast.administrator) == [SetUpStep.EMAIL]


async def test_it_is_hidden_for_all_and_shown_again(cast: Cast) -> None:
    await home.hide_set_up(cast.administrator, NOW)
    assert await home.is_set_up_hidden()
    assert await home.set_up_list(cast.coordinator, await deployment_state()) is None
    await home.show_set_up_again(cast.coordinator, NOW)
    assert await to_do(cast.administrator) == [SetUpStep.EMAIL]


async def test_other_people_neither_read_it_nor_hide_it(cast: Cast) -> None:
    for viewer in (cast.fbi_lead, cast.auditor):
        assert await home.set_up_list(viewer, await deployment_state()) is None
        with pytest.raises(NotFound):
            await home.hide_set_up(viewer, NOW)
        with pytest.raises(NotFound):
            await home.show_set_up_again(viewer, NOW)
    assert not await home.is_set_up_hidden()
