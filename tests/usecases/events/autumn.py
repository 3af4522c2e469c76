"""An autumn to report on: meetings, a training with walk-ins, an operation of named people, items given and done."""

# ruff: noqa: DTZ001 - starts are local to the zone of their event

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from tests.cast import ZONE, Cast, everyone, meeting, operation
from tracker.crypto import ids
from tracker.rules.actions import ItemEdit, ItemStatus, NewItem
from tracker.rules.attendance import AttendanceWalkIn, Mark
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.reports.reports import ReportRequest, period_named
from tracker.usecases import attendance
from tracker.usecases.actions import action_items
from tracker.usecases.events import occurrences
from tracker.usecases.events import scheduling as event_deeds

SEPTEMBER = datetime(2026, 9, 21, 14, tzinfo=UTC)
NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
MONTHLY = ("2026-10-13", "2026-11-10", "2026-12-08")


class Autumn(Struct, frozen=True):
    """The events of the autumn, and an item that is open."""

    monthly: UUID
    training: UUID
    operation: UUID
    services: UUID
    open_item: str


async def hold_autumn(cast: Cast) -> Autumn:
    """Write what happened from October to December 2026."""
    events = Autumn(
        monthly=await _monthly(cast),
        training=await _training(cast),
        operation=await _operation(cast),
        services=await _services(cast),
        open_item=await _items(cast),
    )
    await _called_off(cast)
    return events


def report_request(period: str, kind: Kind | None = None, now: datetime = NOW) -> ReportRequest:
    """Return a question about a period by its key."""
    chosen = period_named(period)
    assert chosen is not None
    return ReportRequest(period=chosen, kind=kind, zone=ZONE, now=now)


async def record_marks_of(lead: Viewer, event: UUID, key: str, at: datetime, **marks: tuple[Viewer, ...]) -> None:
    """Take attendance: each keyword is a mark, with the people who get it."""
    wanted = {who.member_id: Mark(name) for name, people in marks.items() for who in people}
    await attendance.record_marks(lead, event, key, wanted, at)


async def take_attendance(lead: Viewer, event: UUID, key: str, at: datetime, **marks: tuple[Viewer, ...]) -> None:
    """Take attendance and close it."""
    await record_marks_of(lead, event, key, at, **marks)
    await attendance.close_attendance(lead, event, key, at)


async def _monthly(cast: Cast) -> UUID:
    """Three meetings of 90 minutes with all twelve, the last of them not marked."""
    starts = datetime(2026, 10, 13, 10)
    plan = meeting(*everyone(cast), starts=starts, rule=rule_for_choice("monthly_nth", starts, count=3))
    event = await event_deeds.schedule_event(cast.coordinator, plan, SEPTEMBER)
    in_october, in_november = datetime(2026, 10, 13, 15, tzinfo=UTC), datetime(2026, 11, 10, 16, tzinfo=UTC)
    await take_attendance(
        cast.coordinator,
        event,
        MONTHLY[0],
        in_october,
        here=(cast.fbi_lead, cast.kcpd_detective, cast.caht_lead),
        remote=(cast.hsi_liaison,),
        absent=(cast.harbor_advocate,),
        excused=(cast.bridge_advocate,),
    )
    await take_attendance(cast.coordinator, event, MONTHLY[1], in_november, here=(cast.fbi_lead, cast.fbi_alternate))
    return event


async def _training(cast: Cast) -> UUID:
    """Three hours for two agencies; a member who was not invited came, and a guest of no agency of ours, remotely."""
    plan = meeting(
        cast.fbi_lead,
        cast.caht_lead,
        title="Recognizing the signs",
        kind=Kind.TRAINING,
        starts=datetime(2026, 11, 19, 9),
        duration=timedelta(hours=3),
    )
    event, at = (
        await event_deeds.schedule_event(cast.coordinator, plan, SEPTEMBER),
        datetime(2026, 11, 19, 15, tzinfo=UTC),
    )
    await record_marks_of(cast.coordinator, event, "2026-11-19", at, here=(cast.fbi_lead, cast.caht_lead))
    member = AttendanceWalkIn(id=ids.new_id(), member_id=cast.ipd_liaison.member_id)
    guest = AttendanceWalkIn(id=ids.new_id(), name="Paralegal", agency="County Prosecutor", mark=Mark.REMOTE)
    for walk_in in (member, guest):
        await attendance.record_walk_in(cast.coordinator, event, "2026-11-19", walk_in, at)
    await attendance.close_attendance(cast.coordinator, event, "2026-11-19", at)
    return event


async def _operation(cast: Cast) -> UUID:
    """Six hours for three named people."""
    plan = operation(cast.kcpd_detective, cast.hsi_liaison, starts=datetime(2026, 11, 14, 6))
    event = await event_deeds.schedule_event(cast.fbi_lead, plan, SEPTEMBER)
    at = datetime(2026, 11, 14, 12, tzinfo=UTC)
    await take_attendance(
        cast.fbi_lead, event, "2026-11-14", at, here=(cast.kcpd_detective,), absent=(cast.hsi_liaison,)
    )
    return event


async def _services(cast: Cast) -> UUID:
    """An hour of the Victim Services Committee, by its chair."""
    plan = meeting(
        cast.harbor_advocate,
        cast.bridge_advocate,
        title="Services committee",
        visibility=Visibility.COMMITTEE,
        committee_id=cast.committees["services"],
        starts=datetime(2026, 12, 3, 13),
        duration=timedelta(hours=1),
    )
    event, at = await event_deeds.schedule_event(cast.caht_lead, plan, SEPTEMBER), datetime(2026, 12, 3, 19, tzinfo=UTC)
    await take_attendance(
        cast.caht_lead, event, "2026-12-03", at, here=(cast.harbor_advocate,), absent=(cast.bridge_advocate,)
    )
    return event


async def _called_off(cast: Cast) -> None:
    """A meeting of November 3 that was canceled."""
    plan = meeting(*everyone(cast), title="Review", starts=datetime(2026, 11, 3, 10))
    event = await event_deeds.schedule_event(cast.coordinator, plan, SEPTEMBER)
    await occurrences.cancel_occurrence(cast.coordinator, event, "2026-11-03", 1, "Election day", SEPTEMBER)


async def _items(cast: Cast) -> str:
    """Two items of FBI done after 10 and 20 days, one of them late; one of CAHT that is 12 days late."""
    for title, due, days in (("First", date(2026, 11, 12), 10), ("Second", date(2026, 11, 10), 20)):
        given = datetime(2026, 11, 2, 16, tzinfo=UTC)
        reference = await _item(cast.coordinator, cast.fbi_lead, title, due, given)
        done = given + timedelta(days=days)
        change = ItemEdit(status=ItemStatus.DONE, progress=100)
        await action_items.save_item_edit(cast.fbi_lead, reference, change, 1, done, done.date())
    return await _item(cast.coordinator, cast.caht_lead, "Third", date(2026, 12, 3), datetime(2026, 11, 2, tzinfo=UTC))


async def _item(giver: Viewer, owner: Viewer, title: str, due: date, now: datetime) -> str:
    return await action_items.create_item(
        giver, NewItem(title=title, owner_id=owner.member_id, due=due), now, now.date()
    )
