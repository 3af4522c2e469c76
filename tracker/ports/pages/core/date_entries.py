"""Dates as entries of calendars and agendas (the macros `chip` and `agenda_of`), and the home page’s rows and counts.

The deeds of the home page are in the rooms of their subjects. Each of them answers htmx here when its button was
pressed on the home page: with the row as it is now, the counts, and what was done.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from textwrap import shorten
from typing import Any, NamedTuple

from litestar import Response
from msgspec import Struct

from tracker.ports.http.cookies import Undo
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.templating import Pages
from tracker.rules.calendars import calendars
from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, local, short_day
from tracker.rules.emails.reminders import skipped_words, why_no_nudge
from tracker.rules.events.events import DateLine
from tracker.rules.operations.states import OperationState
from tracker.rules.views.home import SHOWN, asks_for_a_deed
from tracker.usecases.views.home import NEXT_DAYS, Home
from tracker.usecases.views.home import home_for as what_needs


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


TITLE = 40  # characters of an event's in a count


class Tile(Struct, frozen=True, kw_only=True):
    """A count at the top of the page that isn't 0, and its link."""

    count: int
    words: str
    address: str
    tone: str = ""
    """err or warn."""


def is_from_home(form: FormValues) -> bool:
    """Return whether a form was sent from the home page: its field `next` says so."""
    return form["next"] == HOME


def home_context(home: Home, now: datetime, zone: str) -> dict[str, Any]:
    """Return what the rows and counts of the home page need."""
    rows = home.follow_up[:SHOWN]
    return {
        "home": home,
        "rows": rows,
        "to_do": sum(asks_for_a_deed(row) for row in home.follow_up),
        "tiles": _tiles(home, zone),
        "times": lambda line: date_times(line, zone),
        "address": date_address,
        "reminder_words": lambda nudge: (why_no_nudge(nudge, now, zone), skipped_words(nudge, now, zone)),
    }


class HomeRows:
    """Answers htmx for a deed that was done on the home page."""

    def __init__(self, pages: Pages, viewer: Viewer, now: datetime, zone: str) -> None:
        self._pages, self._viewer, self._now, self._zone = pages, viewer, now, zone

    def are_asked_for(self, form: FormValues) -> bool:
        """Return whether a form was sent from the home page by htmx, so that a row is the answer."""
        return is_from_home(form) and self._pages.is_htmx

    async def found(self) -> Home:
        """Return what needs the viewer now, after the deed."""
        return await read_home(self._viewer, self._now, self._zone)

    def show(
        self,
        template: str,
        home: Home,
        said: str,
        *,
        refused: str = "",
        undo: Undo | None = None,
        status_code: int = 200,
        **context: Any,
    ) -> Response[str]:
        """Return one row and the counts, with `said` to be read out; `refused` says why nothing was saved.

        The row has the button `undo`; so has the home page, if it is opened again before that ends.
        """
        if not refused:
            self._pages.saved()
        counts = home_context(home, self._now, self._zone)
        more = {"row_template": template, "said": said, "refused": refused, "undo": undo}
        part = self._pages.render("core/home/row-part.html", status_code=status_code, **counts | more | context)
        return self._pages.keep(part, said, undo)


async def read_home(viewer: Viewer, now: datetime, zone: str) -> Home:
    """Return what needs the viewer on the day that it is in the task force's zone."""
    return await what_needs(viewer, now, local(now, zone).date(), zone)


def _tiles(home: Home, zone: str) -> list[Tile]:
    """Return the counts that aren't 0, as far as they could be read.

    Of dates, it is the missing replies for the next one that the viewer organizes, or for others the upcoming dates.
    """
    tiles = []
    if home.items is not None:
        overdue, assigned = home.items.overdue, len(home.items.own)
        words = f"open item{'' if assigned == 1 else 's'} assigned to you"
        tiles += [
            Tile(
                count=overdue,
                words=f"overdue action item{'' if overdue == 1 else 's'}",
                address="/action-items",
                tone="err",
            ),
            Tile(count=assigned, words=words, address="#mine"),
        ]
    if home.days and not home.days.leads:
        ahead = sum(not seen_date.line.is_off for seen_date in home.days.agenda)
        words = f"event{'' if ahead == 1 else 's'} in the next {NEXT_DAYS} days"
        tiles.append(Tile(count=ahead, words=words, address="/calendar?view=list"))
    elif home.days and home.days.replies:
        first = home.days.replies[0]
        which = f"{shorten(first.line.title, TITLE, placeholder='…')}, {short_day(date_times(first.line, zone)[0])}"
        words = f"{'reply' if first.waiting == 1 else 'replies'} missing for {which}"
        address = f"{date_address(first.line)}#participants"
        tiles.append(Tile(count=first.waiting, words=words, address=address, tone="warn"))
    if home.owed is not None:
        count = len(home.owed)
        words = "reply needed" if count == 1 else "replies needed"
        tiles.append(Tile(count=count, words=words, address="#replies", tone="warn"))
    return [tile for tile in tiles if tile.count]
