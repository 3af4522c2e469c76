"""The work queue of the home page: what of other people's delays concerns a viewer, and what is most urgent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tracker.rules.actions.action_items import ActionItem, days_late, may_update
from tracker.rules.core.viewer import Role, Viewer
from tracker.rules.emails.nudges import Nudge
from tracker.rules.events.event import Line

RUNNING_OUT = timedelta(days=3)  # before a date, in which missing replies come first
AHEAD = timedelta(days=14)  # so far ahead are missing replies followed up
BACK = timedelta(days=30)  # so long is attendance asked for after a date
ENDING = timedelta(days=60)  # so long before its last date is a series to be extended, or let go
SHOWN = 12  # rows of the queue


class Need(StrEnum):
    """What a row of the queue asks for."""

    REPLIES = "replies"
    ATTENDANCE = "attendance"
    ITEM = "item"
    ENDING = "ending"


@dataclass(frozen=True, kw_only=True)
class MissingReplies:
    """A date that the viewer leads and for which people have not replied; `agencies` says how many of each."""

    line: Line
    invited: int
    waiting: int
    agencies: tuple[tuple[str, int], ...]
    nudge: Nudge | None = None
    """Whom the viewer could remind."""
    need: Need = Need.REPLIES


@dataclass(frozen=True, kw_only=True)
class OpenSheet:
    """A date that the viewer leads, has begun or is over, and whose attendance is not closed."""

    line: Line
    is_over: bool
    need: Need = Need.ATTENDANCE


@dataclass(frozen=True, kw_only=True)
class LateItem:
    """Somebody else's overdue action item."""

    item: ActionItem
    need: Need = Need.ITEM


@dataclass(frozen=True, kw_only=True)
class EndingSeries:
    """A series that the viewer leads and whose last date, `line`, is near."""

    line: Line
    need: Need = Need.ENDING


Row = MissingReplies | OpenSheet | LateItem | EndingSeries


def concerns(viewer: Viewer, item: ActionItem) -> bool:
    """Whether it is the viewer's to see that an item gets done.

    Who may move it, and the lead of the agency that has it.
    """
    leads_the_agency = Role.AGENCY_LEAD in viewer.roles and item.agency_id == viewer.agency_id
    return may_update(viewer, item) or leads_the_agency


def in_order(rows: Iterable[Row], now: datetime, today: date) -> list[Row]:
    """Return the queue, most urgent first.

    What runs now and what is asked within three days, soonest first; then items, latest first; then attendance at
    dates that are over, oldest first; then replies for later dates, soonest first; then series that end.
    """
    return sorted(rows, key=lambda row: _urgency(row, now, today))


def _urgency(row: Row, now: datetime, today: date) -> tuple[int, float]:
    match row:
        case LateItem():
            return 1, -days_late(row.item, today)
        case OpenSheet(is_over=True):
            return 2, row.line.starts_at.timestamp()
        case MissingReplies() if row.line.starts_at - now > RUNNING_OUT:
            return 3, row.line.starts_at.timestamp()
        case EndingSeries():
            return 4, row.line.starts_at.timestamp()
        case _:
            return 0, row.line.starts_at.timestamp()
