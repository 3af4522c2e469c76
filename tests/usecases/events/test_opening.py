"""What becomes readable when an event opens to more people: no reason that was written for fewer of them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import history, occurrences, scheduling, series_split

pytestmark = pytest.mark.both_engines

THIRD, FOURTH = "2027-01-26", "2027-02-02"
REASON = "Surveillance of Larkspur"
LATER = NOW + timedelta(hours=1)
Change = Callable[..., Awaitable[UUID]]


async def with_canceled_date(cast: Cast, visibility: Visibility, *people: Viewer, **facts: Any) -> UUID:
    """Return a weekly series of which the fourth date was canceled with a reason."""
    weekly = rule_for_choice("weekly", meeting().starts, count=5)
    plan = meeting(*(people or (cast.fbi_lead,)), visibility=visibility, rule=weekly, **facts)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    await occurrences.cancel_occurrence(cast.coordinator, event_id, FOURTH, 1, REASON, NOW)
    return event_id


async def whole(cast: Cast, event_id: UUID, **facts: Any) -> UUID:
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    now = LATER
    return await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, **facts), event.version, now, reauthenticated_at=now
    )


async def from_third(cast: Cast, event_id: UUID, **facts: Any) -> UUID:
    event, plan = await series_split.plan_from_date_on(cast.coordinator, event_id, THIRD)
    return await series_split.change_from_date_on(
        cast.coordinator, event_id, THIRD, replace(plan, **facts), event.version, LATER, reauthenticated_at=LATER
    )


async def reason(viewer: Viewer, event_id: UUID) -> str:
    return (await occurrences.date_seen_by(viewer, event_id, FOURTH)).cancel_reason


ways = pytest.mark.parametrize("change", [whole, from_third])


@ways
@pytest.mark.parametrize("visibility", [Visibility.LAW_ENFORCEMENT, Visibility.COMMITTEE, Visibility.NAMED])
async def test_people_to_whom_an_event_opens_do_not_read_why_a_date_was_canceled_before(
    cast: Cast, change: Change, visibility: Visibility
) -> None:
    event_id = await with_canceled_date(cast, visibility, committee_id=cast.committees["steering"])
    opened = await change(cast, event_id, visibility=Visibility.ALL)
    date = await occurrences.date_seen_by(cast.caht_lead, opened, FOURTH)
    assert (date.is_canceled, date.cancel_reason) == (True, "")


@ways
async def test_a_person_added_to_a_named_event_does_not_read_why_a_date_was_canceled_before(
    cast: Cast, change: Change
) -> None:
    event_id = await with_canceled_date(cast, Visibility.NAMED)
    invitees = {one.member_id: AttendeeRole.REQUIRED for one in (cast.fbi_lead, cast.hsi_liaison)}
    changed = await change(cast, event_id, invitees=invitees, duration=timedelta(hours=2))
    assert await reason(cast.hsi_liaison, changed) == ""


@ways
@pytest.mark.parametrize(
    ("visibility", "after"),
    [
        (Visibility.LAW_ENFORCEMENT, Visibility.LAW_ENFORCEMENT),
        (Visibility.ALL, Visibility.LAW_ENFORCEMENT),
        (Visibility.ALL, Visibility.NAMED),
        (Visibility.NAMED, Visibility.NAMED),
    ],
)
async def test_a_reason_stays_while_no_one_else_may_see_the_event(
    cast: Cast, change: Change, visibility: Visibility, after: Visibility
) -> None:
    event_id = await with_canceled_date(cast, visibility)
    changed = await change(cast, event_id, visibility=after, duration=timedelta(hours=2))
    assert await reason(cast.fbi_lead, changed) == REASON


@ways
async def test_an_opening_that_is_undone_leaves_the_reason_as_it_was(cast: Cast, change: Change) -> None:
    event_id = await with_canceled_date(cast, Visibility.LAW_ENFORCEMENT)
    await change(cast, event_id, visibility=Visibility.ALL)
    change_id = await history.change_made_at(cast.coordinator, event_id, LATER)
    assert change_id
    await history.undo_change(cast.coordinator, event_id, change_id, LATER + timedelta(seconds=5))
    assert await reason(cast.fbi_lead, event_id) == REASON


async def test_people_to_whom_a_canceled_event_opens_do_not_read_why_it_was_canceled(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, visibility=Visibility.LAW_ENFORCEMENT), NOW
    )
    await scheduling.cancel_event(cast.coordinator, event_id, 1, REASON, NOW)
    await whole(cast, event_id, visibility=Visibility.ALL)
    assert (await scheduling.event_seen_by(cast.caht_lead, event_id)).cancel_reason == ""
