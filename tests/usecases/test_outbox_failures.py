"""Mails that did not arrive are seen by those who can do something about it, and by nobody else."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, meeting, operation, people_of_the_task_force
from tracker.database import Engine
from tracker.rules.outbox import Skip, State
from tracker.usecases import meetings, outbox
from tracker.usecases.outbox_failures import undelivered

BOUNCED = Skip(state=State.BOUNCED, reason="550 No such user")


@pytest.fixture
async def cast(database: Engine) -> Cast:
    return await people_of_the_task_force()


async def bounce_all() -> None:
    for message in await outbox.claim("test", (), NOW, 100):
        await outbox.close(message, BOUNCED, NOW)


async def test_who_leads_an_event_sees_whose_invitation_bounced_and_why(cast: Cast) -> None:
    await meetings.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await bounce_all()
    [one] = await undelivered(cast.coordinator, NOW)
    assert (one.recipient, one.address, one.about, one.reason) == (
        "Fbi lead", "fbi_lead@fbi.example", "Monthly task force meeting", "550 No such user",
    )  # fmt: skip


async def test_a_member_who_cannot_change_the_event_sees_nothing(cast: Cast) -> None:
    await meetings.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await bounce_all()
    assert await undelivered(cast.caht_alternate, NOW) == []


async def test_a_coordinator_who_is_not_named_does_not_learn_of_a_restricted_event(cast: Cast) -> None:
    await meetings.schedule(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    await bounce_all()
    assert await undelivered(cast.coordinator, NOW) == []
    assert len(await undelivered(cast.fbi_lead, NOW)) == 1


async def test_what_bounced_long_ago_is_not_shown(cast: Cast) -> None:
    await meetings.schedule(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await bounce_all()
    assert await undelivered(cast.coordinator, NOW + timedelta(days=1)) == []
