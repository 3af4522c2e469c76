"""What a deed on the home page answers to htmx: the row as it is now, the counts, and what was done.

The deeds are in the rooms of their subjects. Each of them answers here when its button was pressed on the home page.
"""

from datetime import datetime
from textwrap import shorten
from typing import Any

from litestar import Response
from msgspec import Struct

from tracker.ports.http.cookies import Undo
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.date_entries import date_address, date_times
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.templating import Pages
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import local, short_day
from tracker.rules.emails.follow_ups import skipped_words, why_no_nudge
from tracker.rules.views.home import AHEAD, SHOWN, asks_for_a_deed
from tracker.usecases.views.home import NEXT_DAYS, Home
from tracker.usecases.views.home import home_for as what_needs

TITLE = 40  # characters of an event's in a count


class Tile(Struct, frozen=True, kw_only=True):
    """A count at the top of the page, and its link."""

    count: int
    words: str
    address: str
    tone: str = ""
    """err or warn while the count is not 0."""


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
    """Return the counts, as far as they could be read.

    Of dates, it is the missing replies for the next one that the viewer organizes, or for others the upcoming dates.
    """
    tiles = []
    if home.items is not None:
        overdue, assigned = home.items.overdue, len(home.items.own)
        words = f"open item{'' if assigned == 1 else 's'} assigned to you"
        address = "#mine" if assigned else "/action-items?mine=1"
        tiles += [
            Tile(
                count=overdue,
                words=f"overdue action item{'' if overdue == 1 else 's'}",
                address="/action-items",
                tone="err",
            ),
            Tile(count=assigned, words=words, address=address),
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
    elif home.days:
        words = f"replies missing in the next {AHEAD.days} days"
        tiles.append(Tile(count=0, words=words, address="/calendar?mine=1"))
    if home.owed is not None:
        count = len(home.owed)
        words = "reply needed" if count == 1 else "replies needed"
        address = "#replies" if count else "/calendar?mine=1"
        tiles.append(Tile(count=count, words=words, address=address, tone="warn"))
    return tiles
