"""The weekly digest: when it is due, and what it lists."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late, may_direct_item
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.events.events import DateLine

AT = time(7)
"""On Mondays, in the reader's own zone."""
USE = timedelta(days=1)
"""After this long, a digest that could not be sent is no longer useful."""
OWED_AHEAD = timedelta(days=14)
"""Replies to later dates are not requested yet."""
A_WEEK = 7  # days
FOLLOWED_UP = 7  # days after the due day from which other people's items are listed


class Week(Struct, frozen=True, kw_only=True):
    """One reader's week; `today` and the days are in their zone."""

    reader: Viewer
    monday: date
    today: date
    events: tuple[DateLine, ...]
    """Dates that they are invited to and did not decline, earliest first."""
    owed: tuple[DateLine, ...]
    """The next date of each event to which they have not replied."""
    items: tuple[ActionItem, ...]
    """Their own open items that are overdue or due by Sunday."""
    followed_up: tuple[ActionItem, ...] = ()
    """Items of other people that need the reader, or have escalated to them."""

    @property
    def sunday(self) -> date:
        """Return the last day of the week."""
        return self.monday + timedelta(days=A_WEEK - 1)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to report."""
        return not (self.events or self.owed or self.items or self.followed_up)


def needs_follow_up(reader: Viewer, item: ActionItem, today: date) -> bool:
    """Return whether another person's item is blocked, or overdue for a week, and the reader can reassign it."""
    is_stuck = item.status is ItemStatus.BLOCKED or days_late(item, today) >= FOLLOWED_UP
    return is_stuck and item.owner_id != reader.member_id and may_direct_item(reader, item)


def monday_in(after: datetime, now: datetime, zone: str) -> tuple[date, datetime] | None:
    """Return the last Monday whose digest is due in (after, now], and when; None when there is none."""
    today = to_local(now, zone).date()
    for monday in (today - timedelta(days=today.weekday()), today - timedelta(days=today.weekday() + A_WEEK)):
        moment = to_utc(datetime.combine(monday, AT), zone)
        if moment <= now:
            return (monday, moment) if after < moment else None
    return None


def mondays_ahead(now: datetime, until: datetime, zone: str) -> Iterator[tuple[date, datetime]]:
    """Yield each Monday whose digest is due in (now, until], and when."""
    today = to_local(now, zone).date()
    monday = today - timedelta(days=today.weekday())
    while (moment := to_utc(datetime.combine(monday, AT), zone)) <= until:
        if now < moment:
            yield monday, moment
        monday += timedelta(days=A_WEEK)


def span_of(monday: date, zone: str) -> tuple[datetime, datetime]:
    """Return the start of a week and the start of the next one."""
    first, after = (datetime.combine(day, time()) for day in (monday, monday + timedelta(days=A_WEEK)))
    return to_utc(first, zone), to_utc(after, zone)
