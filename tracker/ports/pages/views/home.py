"""Home: what needs the viewer's attention, with the button that settles each thing."""

from dataclasses import dataclass
from datetime import timedelta

from litestar import Response, get

from tracker.ports.http.dependencies import Now, Settings, Today, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import address_of, times_of, written_out
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.calendars import month_grid
from tracker.rules.core.wording import day
from tracker.rules.emails.nudges import skipped, why_not
from tracker.rules.views.work_queue import AHEAD, SHOWN
from tracker.usecases.core import send_hold
from tracker.usecases.identity.accounts import has_password
from tracker.usecases.views.home import NEXT_DAYS, Home
from tracker.usecases.views.home import home as what_needs

AGENDA_SHOWN = 30  # events beside the queue; all of them are in the calendar


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A count at the top of the page, and its link."""

    count: int
    words: str
    address: str
    tone: str = ""
    """err or warn while the count is not 0."""


@get("/", guards=[signed_in])
async def home_page(
    pages: Pages, viewer: Viewer, zone: Zone, today: Today, now: Now, settings: Settings
) -> Response[str]:
    """Show what needs the viewer's attention; a part that can't be read says so, and the rest is shown."""
    found = await what_needs(viewer, now, today, zone)
    last = today + timedelta(days=NEXT_DAYS - 1)
    days = month_grid.by_day(found.days.agenda if found.days else (), today, last, zone)
    return pages.render(
        "views/home/show.html",
        home=found,
        tiles=_tiles(found, zone),
        rows=found.follow_up[:SHOWN],
        days=written_out(days, zone, at_most=AGENDA_SHOWN),
        times=lambda line: times_of(line, zone),
        address=address_of,
        lacks_password=not settings.is_demo and not await has_password(viewer.member_id),
        copy_of=await send_hold.held_copy() if viewer.manages_accounts else None,
        nudge_words=lambda nudge, zone: (why_not(nudge, now, zone), skipped(nudge, now, zone)),
    )


def _tiles(found: Home, zone: str) -> list[Tile]:
    """Return the counts of those parts that could be read."""
    return [*_items(found), *_dates(found, zone), *_owed(found)]


def _items(found: Home) -> list[Tile]:
    if found.items is None:
        return []
    overdue, mine = found.items.overdue, len(found.items.mine)
    return [
        Tile(count=overdue, words=_word(overdue, "overdue action item"), address="/action-items", tone="err"),
        Tile(
            count=mine,
            words=_word(mine, "open item") + " assigned to you",
            address="#mine" if mine else "/action-items?mine=1",
        ),
    ]


def _dates(found: Home, zone: str) -> list[Tile]:
    """Return the missing replies for the next date that the viewer organizes, or for others the upcoming dates."""
    if found.days is None:
        return []
    if not found.days.leads:
        ahead = sum(not one.line.is_off for one in found.days.agenda)
        words = f"{_word(ahead, 'event')} in the next {NEXT_DAYS} days"
        return [Tile(count=ahead, words=words, address="/calendar?view=list")]
    if not found.days.replies:
        return [Tile(count=0, words=f"replies missing in the next {AHEAD.days} days", address="/calendar?mine=1")]
    first = found.days.replies[0]
    words = f"{'reply' if first.waiting == 1 else 'replies'} missing for {day(times_of(first.line, zone)[0])}"
    return [Tile(count=first.waiting, words=words, address=f"{address_of(first.line)}#participants", tone="warn")]


def _owed(found: Home) -> list[Tile]:
    if found.owed is None:
        return []
    count = len(found.owed)
    words = "reply you owe" if count == 1 else "replies you owe"
    return [Tile(count=count, words=words, address="#replies" if count else "/calendar?mine=1", tone="warn")]


def _word(count: int, one: str) -> str:
    return one if count == 1 else f"{one}s"


handlers = [home_page]
