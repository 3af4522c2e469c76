"""Calendars that members share for finding a time: shared, read at intervals, kept as busy spans, and deleted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids, keys
from tracker.database import writing
from tracker.database.bulk_insert import bulk_insert
from tracker.rules.availability import shared_calendars as calendar_rules
from tracker.rules.availability.shared_calendars import (
    BusyKind,
    CalendarProblem,
    CalendarSpan,
    OwnSharedCalendar,
    ReadSpan,
)
from tracker.rules.core.viewers import Status, Viewer
from tracker.tables.background.events import events
from tracker.tables.schema.availability import BusySpan, SharedCalendar
from tracker.usecases.core import audit, send_hold

PURPOSE = "shared_calendar"  # of the key that seals addresses
NUL = "\x00"  # PostgreSQL stores it in no text, so none of our UIDs has one


class DueCalendar(Struct, frozen=True, kw_only=True):
    """A calendar that is due to be read."""

    id: UUID
    address: str
    failures: int
    failing_since: datetime | None

    def __repr__(self) -> str:
        """Return a text without the address."""
        return f"Due(id={self.id})"


class SharedBusyTimes(Struct, frozen=True, kw_only=True):
    """When a member is busy in the calendar they share, and up to when that is known."""

    until: datetime
    spans: Sequence[CalendarSpan]


async def share_calendar(viewer: Viewer, address: str, own_host: str, now: datetime) -> None:
    """Share the calendar at an address, replacing the one before. Errors: Invalid(address)."""
    checked = calendar_rules.check_calendar_address(address, own_host)
    row = SharedCalendar(
        id=ids.new_id(),
        member=viewer.member_id,
        host=calendar_rules.host_of_address(checked),
        added_at=now,
        next_at=now,
    )
    row.address_sealed = keys.seal(keys.named(PURPOSE), checked, str(row.id))
    async with writing():
        await _remove_calendar(viewer.member_id)
        await SharedCalendar.insert(row)
        await audit.record(viewer.actor, "shared", "shared_calendar", row.id, {}, now)


async def stop_sharing(viewer: Viewer, now: datetime) -> None:
    """Stop sharing; the address and its spans are deleted at once."""
    async with writing():
        for calendar_id in await _remove_calendar(viewer.member_id):
            await audit.record(viewer.actor, "removed", "shared_calendar", calendar_id, {}, now)


async def own_shared_calendar(viewer: Viewer) -> OwnSharedCalendar | None:
    """Return what the viewer shares."""
    row = await SharedCalendar.select().where(SharedCalendar.member == viewer.member_id).first()
    if row is None:
        return None
    return OwnSharedCalendar(
        host=row["host"],
        added_at=row["added_at"],
        read_at=row["read_at"],
        failing_since=row["failing_since"],
        problem=CalendarProblem(row["problem"]) if row["problem"] else None,
        unread=row["unread"],
        spans=await BusySpan.count().where(BusySpan.calendar == row["id"]),
    )


async def busy_times_shared_by(
    member_ids: Iterable[UUID], start: datetime, end: datetime, now: datetime
) -> Mapping[UUID, SharedBusyTimes]:
    """Return when members who share a calendar are busy in [start, end); other members are left out.

    Nothing older than a week counts. The caller has checked whom the viewer may invite: members agreed to show their
    spans to people who may invite them.
    """
    wanted = list(member_ids)
    shares = (
        SharedCalendar.member.is_in(wanted) & (SharedCalendar.read_at > now - calendar_rules.STALE) & _owner_is_active()
    )
    calendars = await SharedCalendar.select().where(shares) if wanted else []
    if not calendars:
        return {}
    spans: dict[UUID, list[CalendarSpan]] = {row["id"]: [] for row in calendars}
    touches = (BusySpan.starts_at < end) & (BusySpan.ends_at > start)
    for row in await BusySpan.select().where(BusySpan.calendar.is_in(list(spans)) & touches):
        spans[row["calendar"]].append(CalendarSpan(row["starts_at"], row["ends_at"], BusyKind(row["kind"])))
    return {
        row["member"]: SharedBusyTimes(until=row["read_at"] + calendar_rules.AHEAD, spans=spans[row["id"]])
        for row in calendars
    }


async def claim_calendar(now: datetime) -> DueCalendar | None:
    """Claim a calendar that is due, so no other process reads it; None when none is due, or the copy is on hold."""
    async with writing():
        row = None if await send_hold.held_copy() else await _next_due(now)
        if row is None:
            return None
        moved: dict[Any, Any] = {SharedCalendar.next_at: now + calendar_rules.EVERY}
        await SharedCalendar.update(moved).where(SharedCalendar.id == row["id"])
    return DueCalendar(
        id=row["id"],
        address=keys.unseal(PURPOSE, row["address_sealed"], str(row["id"])),
        failures=row["failures"],
        failing_since=row["failing_since"],
    )


async def keep_spans(
    due_calendar: DueCalendar,
    read_spans: Iterable[ReadSpan],
    unread: int,
    window: tuple[datetime, datetime],
    now: datetime,
) -> None:
    """Replace a calendar's spans with what was read, unless the calendar was removed meanwhile.

    Entries that came from this tracker are left out, because they could show events that a viewer may not see here.
    """
    known = list(read_spans)
    uids = sorted({uid for uid, _ in known if uid and NUL not in uid})
    own = {uid for uid, is_ours in zip(uids, await events.are_uids_ours(uids), strict=True) if is_ours}
    spans = calendar_rules.merge_spans((span for uid, span in known if uid not in own), *window)[
        : calendar_rules.MOST_SPANS
    ]
    rows = [
        {"id": ids.new_id(), "calendar": due_calendar.id, **span._asdict(), "kind": span.kind.value} for span in spans
    ]
    well: dict[Any, Any] = {
        SharedCalendar.read_at: now,
        SharedCalendar.next_at: now + calendar_rules.EVERY,
        SharedCalendar.failures: 0,
        SharedCalendar.failing_since: None,
        SharedCalendar.problem: "",
        SharedCalendar.unread: unread,
    }
    async with writing():
        if await SharedCalendar.update(well).where(SharedCalendar.id == due_calendar.id).returning(SharedCalendar.id):
            await BusySpan.delete().where(BusySpan.calendar == due_calendar.id)
            await bulk_insert(BusySpan, rows)


async def record_failed_read(due_calendar: DueCalendar, problem: CalendarProblem, now: datetime) -> None:
    """Record that a calendar could not be read, and when to try again; spans that are too old are deleted."""
    ill: dict[Any, Any] = {
        SharedCalendar.failures: due_calendar.failures + 1,
        SharedCalendar.failing_since: due_calendar.failing_since or now,
        SharedCalendar.problem: problem.value,
        SharedCalendar.next_at: now + calendar_rules.pause_before_next_read(due_calendar.failures + 1),
    }
    async with writing():
        await SharedCalendar.update(ill).where(SharedCalendar.id == due_calendar.id)
        stale = (SharedCalendar.id == due_calendar.id) & (SharedCalendar.read_at <= now - calendar_rules.STALE)
        if await SharedCalendar.exists().where(stale):
            await BusySpan.delete().where(BusySpan.calendar == due_calendar.id)


async def forget_all_spans() -> None:
    """Delete all spans, for when reading calendars is turned off."""
    if await BusySpan.exists():
        async with writing():
            await BusySpan.delete(force=True)
            unread: dict[Any, Any] = {SharedCalendar.read_at: None}
            await SharedCalendar.update(unread, force=True)


async def _next_due(now: datetime) -> Mapping[str, Any] | None:
    is_due = (SharedCalendar.next_at <= now) & _owner_is_active()
    row: Mapping[str, Any] | None = await SharedCalendar.select().where(is_due).order_by(SharedCalendar.next_at).first()
    return row


async def _remove_calendar(member_id: UUID) -> list[UUID]:
    """Delete a member's calendar and its spans."""
    removed = await SharedCalendar.delete().where(SharedCalendar.member == member_id).returning(SharedCalendar.id)
    return [row["id"] for row in removed]


def _owner_is_active() -> Any:
    """Return the condition that a calendar's owner and their agency are active."""
    owner: Any = SharedCalendar.member  # Piccolo has no types for what a foreign key leads to
    return (owner.status == Status.ACTIVE) & (owner.agency.status == Status.ACTIVE)
