"""When people are available: suggested times, double bookings, blackout days, and calendars that people share.

Blackout days of agencies are set and removed by their leads and coordinators, and shown to viewers of the agency.
Shared calendars are read at intervals, kept as busy spans, and deleted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from tracker.crypto import ids, keys
from tracker.database import writing
from tracker.database.binding import bulk_insert
from tracker.errors import NotAllowed, NotFound
from tracker.rules.availability import shared_calendars as calendar_rules
from tracker.rules.availability import suggested_times as rules
from tracker.rules.availability.double_bookings import MOST_DATES, DoubleBooking
from tracker.rules.availability.shared_calendars import (
    BusyKind,
    CalendarProblem,
    CalendarSpan,
    OwnSharedCalendar,
    ReadSpan,
)
from tracker.rules.availability.suggested_times import (
    Availability,
    BlackoutDays,
    BusyDays,
    BusyTime,
    Candidate,
    PeopleToMeet,
    Suggestion,
    widen_to_working_hours,
)
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.events.events import EventStatus
from tracker.rules.events.plans import Slot
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.background.events import events
from tracker.tables.schema.availability import Blackout as BlackoutRow
from tracker.tables.schema.availability import BusySpan, SharedCalendar
from tracker.tables.schema.roster import Member
from tracker.tables.visible import availability as busy_rows
from tracker.tables.visible.core import Row
from tracker.usecases.core import audit, process_locks
from tracker.usecases.roster import directory_rows
from tracker.usecases.roster.committees import quorum_of

ONLY_LEADS = "Only the agency’s leads and coordinators can change its blackout days."


async def blackouts_of_agency(agency_id: UUID, today: date) -> list[BlackoutDays]:
    """Return an agency's days that are not over, earliest first; the caller has checked access to the agency."""
    return await _blackouts_where((BlackoutRow.agency == agency_id) & (BlackoutRow.last >= today))


async def blackouts_of_people(
    viewer: Viewer, member_ids: Iterable[UUID], first: date, last: date
) -> dict[UUID, list[BlackoutDays]]:
    """Return the days between two dates that concern people, by person; only of agencies that the viewer may see."""
    near = await _blackouts_where((BlackoutRow.first <= last) & (BlackoutRow.last >= first))
    if not near:
        return {}
    seen = await _seen_by(viewer, {blackout.agency_id for blackout in near})
    rows = await Member.select(Member.id, Member.agency).where(Member.id.is_in(list(member_ids)))
    by_agency: dict[UUID, list[BlackoutDays]] = {}
    for blackout in near:
        if blackout.agency_id in seen:
            by_agency.setdefault(blackout.agency_id, []).append(blackout)
    return {row["id"]: by_agency[row["agency"]] for row in rows if row["agency"] in by_agency}


async def set_blackout(
    viewer: Viewer, agency_id: UUID, first: date | None, last: date | None, reason: str, now: datetime, today: date
) -> UUID:
    """Set blackout days of an agency; `today` is the task force's. Errors: NotFound, NotAllowed, Invalid by field."""
    await _check_may_set(viewer, agency_id)
    first, last = rules.check_blackout(first, last, today)
    row = BlackoutRow(id=ids.new_id(), agency=agency_id, first=first, last=last, reason=reason)
    async with writing():
        await BlackoutRow.insert(row)
        details = {"from": first, "to": last}
        await audit.record(viewer.actor, "blackout_named", "agency", agency_id, details, now)
    return row.id


async def remove_blackout(viewer: Viewer, agency_id: UUID, blackout_id: UUID, now: datetime) -> None:
    """Remove blackout days; does nothing when they are removed already. Errors: NotFound, NotAllowed."""
    await _check_may_set(viewer, agency_id)
    async with writing():
        condition = (BlackoutRow.id == blackout_id) & (BlackoutRow.agency == agency_id)
        row = await BlackoutRow.select(BlackoutRow.first, BlackoutRow.last).where(condition).first()
        if row is None:
            return
        await BlackoutRow.delete().where(condition)
        details = {"from": row["first"], "to": row["last"]}
        await audit.record(viewer.actor, "blackout_taken_back", "agency", agency_id, details, now)


async def _check_may_set(viewer: Viewer, agency_id: UUID) -> None:
    if not await _seen_by(viewer, {agency_id}):
        raise NotFound
    if not rules.may_set_blackouts(viewer, agency_id):
        raise NotAllowed(ONLY_LEADS)


async def _seen_by(viewer: Viewer, agency_ids: Iterable[UUID]) -> set[UUID]:
    """Return the agencies where the viewer may know someone; roster managers know all of them."""
    if viewer.manages_accounts:
        known = {row["id"] for row in await directory_rows.agency_rows()}
    else:
        known = set(await directory_rows.count_by_agency(await directory_rows.known_to(viewer)))
    return known & set(agency_ids)


async def _blackouts_where(where: Any) -> list[BlackoutDays]:
    rows = (
        await BlackoutRow.select(
            BlackoutRow.id,
            BlackoutRow.agency.as_alias("agency_id"),
            BlackoutRow.first,
            BlackoutRow.last,
            BlackoutRow.reason,
            BlackoutRow.agency.code.as_alias("agency"),
        )
        .where(where)
        .order_by(BlackoutRow.first, BlackoutRow.last)
    )
    return msgspec.convert(rows, list[BlackoutDays])


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
    spans = await BusySpan.count().where(BusySpan.calendar == row["id"])
    return msgspec.convert({**row, "problem": row["problem"] or None, "spans": spans}, OwnSharedCalendar)


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
        if await process_locks.held_copy():
            return None
        is_due = (SharedCalendar.next_at <= now) & _owner_is_active()
        row = await SharedCalendar.select().where(is_due).order_by(SharedCalendar.next_at).first()
        if row is None:
            return None
        moved: dict[Any, Any] = {SharedCalendar.next_at: now + calendar_rules.EVERY}
        await SharedCalendar.update(moved).where(SharedCalendar.id == row["id"])
    address = keys.unseal(PURPOSE, row["address_sealed"], str(row["id"]))
    return msgspec.convert({**row, "address": address}, DueCalendar)


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


async def _remove_calendar(member_id: UUID) -> list[UUID]:
    """Delete a member's calendar and its spans."""
    removed = await SharedCalendar.delete().where(SharedCalendar.member == member_id).returning(SharedCalendar.id)
    return [row["id"] for row in removed]


def _owner_is_active() -> Any:
    """Return the condition that a calendar's owner and their agency are active."""
    owner: Any = SharedCalendar.member  # Piccolo has no types for what a foreign key leads to
    return (owner.status == Status.ACTIVE) & (owner.agency.status == Status.ACTIVE)


AHEAD = 28  # days in which to look for a time
STATES = {BusyKind.TENTATIVE: Availability.TENTATIVE, BusyKind.BUSY: Availability.BUSY, BusyKind.OUT: Availability.OUT}


class TimeSearch(Struct, frozen=True, kw_only=True):
    """What to look for: a time from `first` (local) on, within some days."""

    first: datetime
    length: timedelta
    zone: str
    ahead: int = AHEAD
    dates_of: Callable[[date], Sequence[date]] = rules.only_once
    """Returns the days of a series, given its first one."""
    typed: Candidate | None = None
    """The dates entered in the form."""
    committee_id: UUID | None = None
    """The committee that meets, whose quorum counts."""
    event_id: UUID | None = None
    """The event that is being changed: it makes no one busy."""
    reads_outside: bool = False
    """Whether calendars that members share from elsewhere count."""


class TimesFound(Struct, frozen=True, kw_only=True):
    """The best times, and everyone's known busy times."""

    typed: Suggestion | None = None
    suggestions: Sequence[Suggestion] = ()
    days: Mapping[UUID, BusyDays] = field(default_factory=dict)


async def busy_days_of(
    viewer: Viewer,
    member_ids: Iterable[UUID],
    start: datetime,
    end: datetime,
    except_event: UUID | None = None,
    shared: Mapping[UUID, SharedBusyTimes] | None = None,
) -> dict[UUID, BusyDays]:
    """Return the busy times the viewer may know of, without declined events; `shared` is from own calendars."""
    members, shared = list(member_ids), shared or {}
    busy: dict[UUID, list[BusyTime]] = {member: [] for member in members}
    for member, sharing in shared.items():
        busy[member] += [
            BusyTime(starts_at=span.starts_at, ends_at=span.ends_at, state=STATES[span.kind]) for span in sharing.spans
        ]
    for row in await busy_rows.busy_rows(viewer, members, start, end):
        if row["reply"] != ReplyValue.DECLINED and row["event"] != except_event:
            is_tentative = row["status"] == EventStatus.TENTATIVE or row["reply"] == ReplyValue.TENTATIVE
            busy[row["member"]].append(
                BusyTime(
                    starts_at=row["starts_at"],
                    ends_at=row["ends_at"],
                    title=row["title"],
                    state=Availability.TENTATIVE if is_tentative else Availability.BUSY,
                )
            )
    until = {member: sharing.until for member, sharing in shared.items()}
    return {member: BusyDays(busy_times, until.get(member)) for member, busy_times in busy.items()}


async def find_times(
    viewer: Viewer, invitees: Mapping[UUID, AttendeeRole], wanted: TimeSearch, now: datetime
) -> TimesFound:
    """Return the best times for some people, how good the typed one is, and everyone's days."""
    candidates = rules.candidate_times(wanted.first, wanted.ahead, wanted.length, wanted.zone, wanted.dates_of)
    choices = [candidate for candidate in candidates if candidate[0][0] > now and candidate != wanted.typed]
    typed = [wanted.typed] if wanted.typed and wanted.typed[0][0] > now else []
    slots = sorted(slot for choice in (*choices, *typed) for slot in choice)
    if not slots:
        return TimesFound()
    quorum = await quorum_of(viewer, wanted.committee_id)
    known = {*invitees, *(quorum.holders if quorum else ())}
    start, end = widen_to_working_hours(slots[0][0], slots[-1][1], wanted.zone)
    shared = await busy_times_shared_by(invitees, start, end, now) if wanted.reads_outside else {}
    days = await busy_days_of(viewer, known, start, end, wanted.event_id, shared)
    first, last = to_local(start, wanted.zone).date(), to_local(end, wanted.zone).date()
    for member, blackouts in (await blackouts_of_people(viewer, known, first, last)).items():
        days[member] = days[member].and_away([_blackout_time(blackout, wanted.zone) for blackout in blackouts])
    optional = [invitee for invitee, role in invitees.items() if role is AttendeeRole.OPTIONAL]
    people = PeopleToMeet(
        required=[invitee for invitee in invitees if invitee not in optional],
        optional=optional,
        days=days,
        quorum=quorum.among(invitees) if quorum else None,
    )
    suggestions = rules.suggest_times(choices, people, wanted.zone, wanted.first.time())
    return TimesFound(typed=next(iter(rules.judge_times(typed, people)), None), suggestions=suggestions, days=days)


async def first_free_time(viewer: Viewer, wanted: TimeSearch, now: datetime) -> datetime | None:
    """Return when the viewer is free first, on the wall clock of the zone: on that day, the closest to its hour."""
    suggestions = (await find_times(viewer, {viewer.member_id: AttendeeRole.CHAIR}, wanted, now)).suggestions
    free = (one for one in suggestions if one.free == one.dates and not one.tentative)
    return next((to_local(suggestion.starts_at, wanted.zone).replace(tzinfo=None) for suggestion in free), None)


def _blackout_time(days: BlackoutDays, zone: str) -> BusyTime:
    first, after = (datetime.combine(day, time()) for day in (days.first, days.last + timedelta(days=1)))
    starts_at, ends_at = to_utc(first, zone), to_utc(after, zone)
    return BusyTime(starts_at=starts_at, ends_at=ends_at, state=Availability.BLACKOUT, title=days.reason)


async def double_bookings_of(
    viewer: Viewer, member_ids: Iterable[UUID], slots: Sequence[Slot], except_event: UUID | None = None
) -> list[DoubleBooking]:
    """Return the other events that make people double-booked, soonest first.

    Only events count that the viewer may see, and only people whose names they see there. Each date of an event comes
    once, with everyone it makes double-booked.
    """
    wanted, chosen = list(member_ids), list(slots[:MOST_DATES])
    if not wanted or not chosen:
        return []
    rows = await busy_rows.busy_rows(viewer, wanted, chosen[0][0], max(end for _, end in chosen))
    dates: dict[tuple[datetime, UUID], dict[UUID, Row]] = {}
    for row in rows:
        if row["event"] == except_event or row["reply"] == ReplyValue.DECLINED:
            continue
        if any(row["starts_at"] < end and row["ends_at"] > start for start, end in chosen):
            dates.setdefault((row["starts_at"], row["event"]), {}).setdefault(row["member"], row)
    bookings = []
    for (starts_at, _), taken in sorted(dates.items()):
        row = next(iter(taken.values()))
        bookings.append(
            DoubleBooking(
                member_ids=list(taken),
                starts_at=starts_at,
                ends_at=row["ends_at"],
                title=row["title"],
                is_marked=bool(row["mark_categories"]),
            )
        )
    return bookings
