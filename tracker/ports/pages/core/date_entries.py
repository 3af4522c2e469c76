"""Dates as entries of calendars and agendas (the macros `chip` and `agenda_of`)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from tracker.rules.calendars import calendars
from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.core.wording import clock, local
from tracker.rules.events.events import DateLine
from tracker.rules.operations.states import OperationState


class DateEntry(NamedTuple):
    """A date on one of its days; `starts` and `ends` are on the wall clock of the reader."""

    href: str
    kind: str
    visibility: str
    status: str
    title: str
    place: str
    starts: datetime
    ends: datetime
    is_all_day: bool
    time: str
    """The time shown on this day: "2 PM", on its last day "until 2 AM", nothing for a whole day."""
    committee: str | None = None
    reply: str | None = None
    is_marked: bool = False
    """Whether it is controlled unclassified information."""
    operation: str = ""
    """The word for where the plan of an operation is: "Submitted"; empty for other events and for canceled ones."""


PLAN_WORDS = OperationState.labels() | {OperationState.DRAFT: "Plan in draft"}
"""A draft is a word for events that no one else sees, so an operation whose plan is one gets other words."""
Agenda = list[tuple[date, list[DateEntry]]]
"""Days with their entries, in order."""


def date_address(line: DateLine) -> str:
    """Return the address of a date's page."""
    return f"/events/{line.event_id}/{line.key}"


def date_times(line: DateLine, zone: str) -> tuple[datetime, datetime]:
    """Return start and end on the wall clock of `zone`; all-day dates keep the days of their own zone."""
    own = line.zone if line.is_all_day else zone
    return local(line.starts_at, own), local(line.ends_at, own)


def date_entry(seen: SeenDate, day: date, zone: str) -> DateEntry:
    """Return a date as one of its days shows it."""
    line = seen.line
    starts, ends = date_times(line, zone)
    is_last_day = (ends - timedelta.resolution).date() == day and ends.date() == day
    if line.is_all_day:
        time = ""
    elif starts.date() == day:
        time = _short(starts)
    else:
        time = f"until {_short(ends)}" if is_last_day else ""
    return DateEntry(
        href=date_address(line),
        kind=line.kind,
        visibility=line.visibility,
        status=line.status,
        title=line.title,
        place=line.place,
        starts=starts,
        ends=ends,
        is_all_day=line.is_all_day,
        time=time,
        committee=seen.committee,
        reply=seen.reply if line.kind.asks_reply else None,
        is_marked=line.marking is not None,
        operation=PLAN_WORDS[seen.operation] if seen.operation and not line.is_off else "",
    )


def marks_of(seen: Iterable[SeenDate]) -> dict[str, set[str]]:
    """Return which kinds and audiences a calendar shows, for its legend."""
    pairs = {(seen_date.line.kind, seen_date.line.visibility) for seen_date in seen}
    return {"kinds": {kind.value for kind, _ in pairs}, "seen_by": {audience.value for _, audience in pairs}}


def agenda_of(seen: Iterable[SeenDate], first: date, last: date, zone: str) -> Agenda:
    """Return the entries of each day from `first` to `last`, without empty days."""
    return write_out(calendars.dates_by_day(seen, first, last, zone), zone)


def write_out(days: Mapping[date, Iterable[SeenDate]], zone: str, at_most: int | None = None) -> Agenda:
    """Return days with their entries, as many entries as fit; the last day may be cut short."""
    agenda: Agenda = []
    room = at_most
    for day, seen in days.items():
        entries = [date_entry(seen_date, day, zone) for seen_date in islice(seen, room)]
        room = None if room is None else room - len(entries)
        if entries:
            agenda.append((day, entries))
    return agenda


def _short(moment: datetime) -> str:
    return clock(moment).replace(":00", "")
