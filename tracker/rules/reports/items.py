"""Action items in a report: the columns in which an item counts, the age of open items, the days to completion."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from statistics import median
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.wording import local
from tracker.rules.reports.sums import Agency, percent

WEEK, MONTH = 7, 30  # days


class Column(StrEnum):
    """A count of an agency's items."""

    GIVEN = "given"
    OPEN = "open"
    NOT_DUE = "not_due"
    LATE_WEEK = "late_week"
    LATE_MONTH = "late_month"
    LATE_LONGER = "late_longer"
    CLOSED = "closed"
    ON_TIME = "on_time"


AGES = (Column.NOT_DUE, Column.LATE_WEEK, Column.LATE_MONTH, Column.LATE_LONGER)
"""Each open item is in exactly one of these."""


class Window(Struct, frozen=True, kw_only=True):
    """The time of a report: from `start` on, with the state at `end`; days are those of `zone`."""

    start: datetime
    end: datetime
    zone: str


class Counted(Protocol):
    """What a report counts an item by; an `ActionItem` has it."""

    @property
    def due(self) -> date:
        """Return the day, in the task force's zone."""

    @property
    def status(self) -> ItemStatus:
        """Return the status now."""

    @property
    def created_at(self) -> datetime:
        """Return when it was assigned."""

    @property
    def closed_at(self) -> datetime | None:
        """Return when it was done or canceled."""


class ItemCount(Struct, frozen=True, kw_only=True):
    """How many items of one agency a report counts alike.

    Items that are open at the end of the window have no `closed_at` here, whatever became of them later, and the
    earliest `created_at` among them, which is in the window for all of them or for none.
    """

    agency_id: UUID
    due: date
    status: ItemStatus
    created_at: datetime
    closed_at: datetime | None
    number: int


class ItemLine(Struct, frozen=True, kw_only=True):
    """The numbers of one agency's items, or of all (None)."""

    agency: Agency | None
    numbers: dict[Column, int]
    median_days: float | None
    """Median days from assignment to completion, of the closed items."""

    @property
    def on_time(self) -> int | None:
        """Return the percentage of closed items that were done by their due day."""
        return percent(self.numbers[Column.ON_TIME], self.numbers[Column.CLOSED])


def columns_of(item: Counted, window: Window) -> frozenset[Column]:
    """Return the columns in which an item counts.

    Assigned and closed (done, not canceled) count within the window, open and its age at the end of it; an item is late
    from the day after it was due, in the zone of the window.
    """
    columns = {_age(item, window), Column.OPEN} if _is_open(item, window) else set()
    if item.created_at >= window.start:
        columns.add(Column.GIVEN)
    if _is_closed(item, window):
        columns.add(Column.CLOSED)
        if _closed_day_is_due(item, window):
            columns.add(Column.ON_TIME)
    return frozenset(columns)


def lines(counts: Iterable[ItemCount], agencies: Iterable[Agency], window: Window) -> list[ItemLine]:
    """Return a line for each agency with an item that counts, and last their total; nothing when none counts."""
    counted = [(one, columns) for one in counts if (columns := columns_of(one, window))]
    groups: dict[UUID, list[tuple[ItemCount, frozenset[Column]]]] = {}
    for one in counted:
        groups.setdefault(one[0].agency_id, []).append(one)
    of_agencies = [_line(agency, groups[agency.id], window) for agency in agencies if agency.id in groups]
    return [*of_agencies, _line(None, counted, window)] if of_agencies else []


def days_taken(item: Counted, zone: str) -> int:
    """Return the days from the assignment of a closed item to its end."""
    return (local(item.closed_at or item.created_at, zone).date() - local(item.created_at, zone).date()).days


def _line(agency: Agency | None, counted: Sequence[tuple[ItemCount, frozenset[Column]]], window: Window) -> ItemLine:
    numbers: Counter[Column] = Counter()
    took: list[int] = []
    for one, columns in counted:
        numbers.update(dict.fromkeys(columns, one.number))
        if Column.CLOSED in columns:
            took += [days_taken(one, window.zone)] * one.number
    return ItemLine(
        agency=agency,
        numbers={column: numbers[column] for column in Column},
        median_days=median(took) if took else None,
    )


def _is_open(item: Counted, window: Window) -> bool:
    return item.closed_at is None or item.closed_at >= window.end


def _is_closed(item: Counted, window: Window) -> bool:
    is_done = item.status is ItemStatus.DONE and item.closed_at is not None
    return is_done and window.start <= (item.closed_at or window.end) < window.end


def _closed_day_is_due(item: Counted, window: Window) -> bool:
    return local(item.closed_at or window.end, window.zone).date() <= item.due


def _age(item: Counted, window: Window) -> Column:
    last = local(window.end, window.zone) - datetime.resolution
    late = (last.date() - item.due).days
    if late <= 0:
        return Column.NOT_DUE
    if late <= WEEK:
        return Column.LATE_WEEK
    return Column.LATE_MONTH if late <= MONTH else Column.LATE_LONGER
