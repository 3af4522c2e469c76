"""What a plan does to the feeds of the people on the operation, and to no other feed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import settings
from tests.usecases.operations.world import BEGINS, planned
from tracker.ports.feeds.feed_builder import FeedBuilder
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import OperationState
from tracker.tables.background.emails import due
from tracker.usecases.calendars.feeds import Feed, open_feed
from tracker.usecases.calendars.subscriptions import create_subscription
from tracker.usecases.events.scheduling import event_seen_by
from tracker.usecases.operations import approvals, plans
from tracker.usecases.operations.plans import PlanBasics

pytestmark = pytest.mark.both_engines

APPROVED_AT, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
EARLY = (NOW, NOW + timedelta(days=60))


async def subscribed(viewer: Viewer) -> str:
    _, token = await create_subscription(viewer, "Phone", FeedScope.ALL, NOW, shows_operations=True)
    return token


async def opened(token: str, now: datetime) -> Feed:
    return await open_feed(token, now)


async def entry(token: str, now: datetime = NOW) -> Any:
    """Return the one event of a feed."""
    body = await FeedBuilder(settings()).body(await opened(token, now), now)
    [found] = icalendar.Calendar.from_ical(body.text).walk("VEVENT")
    return found


async def submitted(cast: Cast) -> UUID:
    """Return an operation that fbi_alternate can approve."""
    event_id = await planned(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    basics = PlanBasics(
        supervisor_id=cast.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(cast.fbi_lead, event_id, basics, NOW)
    await approvals.waive_deconfliction(cast.fbi_alternate, event_id, "No time to ask.", NOW)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    return event_id


async def approved(cast: Cast) -> UUID:
    event_id = await submitted(cast)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, APPROVED_AT)
    return event_id


async def test_an_operation_is_tentative_until_its_plan_is_approved(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await submitted(cast)
    before = await entry(token)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, APPROVED_AT)
    after = await entry(token, APPROVED_AT)
    assert (before["STATUS"], after["STATUS"]) == ("TENTATIVE", "CONFIRMED")


async def test_an_approval_moves_the_time_of_change_and_no_sequence(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await submitted(cast)
    before = await entry(token)
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, APPROVED_AT)
    after = await entry(token, APPROVED_AT)
    assert (after["DTSTAMP"].dt, after["LAST-MODIFIED"].dt) == (APPROVED_AT, APPROVED_AT)
    assert after["SEQUENCE"] == before["SEQUENCE"]


async def test_an_approval_moves_the_validator_of_those_on_the_operation_alone(cast: Cast) -> None:
    on_it, others = await subscribed(cast.kcpd_detective), await subscribed(cast.kcpd_alternate)
    event_id = await submitted(cast)
    before = [(await opened(token, NOW)).state for token in (on_it, others)]
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, NOW)
    after = [(await opened(token, NOW)).state for token in (on_it, others)]
    assert [was == now for was, now in zip(before, after, strict=True)] == [False, True]


async def test_an_operation_that_is_stood_down_is_canceled_with_a_higher_sequence(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await approved(cast)
    before = await entry(token, APPROVED_AT)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, LATER)
    after = await entry(token, LATER)
    assert (after["STATUS"], after["SUMMARY"]) == ("CANCELLED", "Canceled: Operational period")
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


async def test_an_operation_that_is_planned_again_is_tentative_with_a_higher_sequence(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await approved(cast)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, LATER)
    before = await entry(token, LATER)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.PLANNING, LATER)
    after = await entry(token, LATER)
    assert after["STATUS"] == "TENTATIVE"
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


async def test_a_step_that_calendars_do_not_show_leaves_the_feed_as_it_is(cast: Cast) -> None:
    token, event_id = await subscribed(cast.kcpd_detective), await approved(cast)
    before = (await opened(token, LATER)).state
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.BRIEFED, LATER)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.EXECUTING, BEGINS)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.ABORTED, BEGINS)
    assert (await opened(token, LATER)).state == before
    assert (await entry(token, LATER))["STATUS"] == "CONFIRMED"


async def test_a_form_that_edits_the_event_is_not_outdated_by_its_plan(cast: Cast) -> None:
    event_id = await submitted(cast)
    before = (await event_seen_by(cast.fbi_lead, event_id)).version
    await approvals.change_plan_state(cast.fbi_alternate, event_id, OperationState.APPROVED, NOW)
    assert (await event_seen_by(cast.fbi_lead, event_id)).version == before


async def test_an_operation_that_is_stood_down_gets_no_reminders_until_it_is_planned_again(cast: Cast) -> None:
    event_id = await approved(cast)
    assert [one.event_id for one in await due.dates_starting([EARLY])] == [event_id]
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.STOOD_DOWN, LATER)
    assert await due.dates_starting([EARLY]) == []
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.PLANNING, LATER)
    assert [one.event_id for one in await due.dates_starting([EARLY])] == [event_id]
