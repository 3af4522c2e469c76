"""Finding a time for people: suggestions, their day in half hours, and who is double-booked by a plan."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.availability import suggested_times as rules
from tracker.rules.availability.blackout_days import BlackoutDays
from tracker.rules.availability.shared_calendars import BusyKind
from tracker.rules.availability.suggested_times import (
    Availability,
    BusyDays,
    BusyTime,
    Candidate,
    PeopleToMeet,
    Suggestion,
    widen_to_working_hours,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.events.events import EventStatus
from tracker.rules.events.plans import Slot
from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.visible import availability as busy_rows
from tracker.tables.visible.core.rows import Row
from tracker.usecases.availability import blackout_days, shared_calendars
from tracker.usecases.availability.shared_calendars import SharedBusyTimes
from tracker.usecases.roster.committees import quorum_of

AHEAD = 28  # days in which to look for a time
STATES = {BusyKind.TENTATIVE: Availability.TENTATIVE, BusyKind.BUSY: Availability.BUSY, BusyKind.OUT: Availability.OUT}
MOST_DATES = 60  # of a series, that are checked for double-booked people


class DoubleBooking(Struct, frozen=True, kw_only=True):
    """Another event at one of the times of a plan, and the people it makes double-booked."""

    member_ids: Sequence[UUID]
    starts_at: datetime
    title: str
    """The other event's title; the viewer may see it."""
    is_marked: bool
    """Whether it is controlled information."""


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
            BusyTime(starts_at=s.starts_at, ends_at=s.ends_at, state=STATES[s.kind]) for s in sharing.spans
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
    shared = await shared_calendars.busy_times_shared_by(invitees, start, end, now) if wanted.reads_outside else {}
    days = await busy_days_of(viewer, known, start, end, wanted.event_id, shared)
    for member, away in (await _blackouts(viewer, known, start, end, wanted.zone)).items():
        days[member] = days[member].and_away(away)
    optional = [invitee for invitee, role in invitees.items() if role is AttendeeRole.OPTIONAL]
    people = PeopleToMeet(
        required=[invitee for invitee in invitees if invitee not in optional],
        optional=optional,
        days=days,
        quorum=quorum.among(invitees) if quorum else None,
    )
    suggestions = rules.suggest_times(choices, people, wanted.zone, wanted.first.time())
    return TimesFound(typed=next(iter(rules.judge_times(typed, people)), None), suggestions=suggestions, days=days)


async def _blackouts(
    viewer: Viewer, member_ids: Iterable[UUID], start: datetime, end: datetime, zone: str
) -> dict[UUID, list[BusyTime]]:
    first, last = to_local(start, zone).date(), to_local(end, zone).date()
    blackouts = await blackout_days.blackouts_of_people(viewer, member_ids, first, last)
    return {member: [_blackout_time(days, zone) for days in of_person] for member, of_person in blackouts.items()}


def _blackout_time(days: BlackoutDays, zone: str) -> BusyTime:
    first, after = (datetime.combine(day, time()) for day in (days.first, days.last + timedelta(days=1)))
    starts_at, ends_at = to_utc(first, zone), to_utc(after, zone)
    return BusyTime(starts_at=starts_at, ends_at=ends_at, state=Availability.BLACKOUT, title=days.reason)


async def double_bookings_of(
    viewer: Viewer, member_ids: Iterable[UUID], slots: Sequence[Slot], except_event: UUID | None = None
) -> list[DoubleBooking]:
    """Return the other events that make people double-booked, soonest first; each person once.

    Only events count that the viewer may see, and only people whose names they see there.
    """
    wanted, chosen = list(member_ids), list(slots[:MOST_DATES])
    if not wanted or not chosen:
        return []
    rows = await busy_rows.busy_rows(viewer, wanted, chosen[0][0], max(end for _, end in chosen))
    first: dict[UUID, Row] = {}
    for row in sorted(rows, key=lambda row: row["starts_at"]):
        if row["event"] == except_event or row["reply"] == ReplyValue.DECLINED:
            continue
        if any(row["starts_at"] < end and row["ends_at"] > start for start, end in chosen):
            first.setdefault(row["member"], row)
    return _bookings_by_event(first.values())


def _bookings_by_event(rows: Iterable[Row]) -> list[DoubleBooking]:
    """Return each date of an event once, with everyone it makes double-booked."""
    dates: dict[tuple[UUID, datetime], list[Row]] = {}
    for row in rows:
        dates.setdefault((row["event"], row["starts_at"]), []).append(row)
    return [
        DoubleBooking(
            member_ids=[row["member"] for row in some],
            starts_at=starts_at,
            title=some[0]["title"],
            is_marked=bool(some[0]["mark_categories"]),
        )
        for (_, starts_at), some in dates.items()
    ]
