"""Totals of a report: the counts of the database, added up by agency, arm, month and kind of event.

Action items have columns in which they count, an age while they are open, and their days to completion.

Joint operations are counted for people who can see them, and withheld from everyone else. A 0 would be a wrong figure
for a reader who isn't named on the operations of a period, and a blank only where there are some would give them away.
So the cell of a reader who sees none always says that it is withheld, whether or not there were any; and no total of
their report includes one.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from statistics import median
from typing import NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from tracker.rules.actions import ItemStatus
from tracker.rules.core.viewers import Arm
from tracker.rules.core.wording import local
from tracker.rules.events.events import Kind
from tracker.rules.reports.reports import KINDS, PlaceMark

WEEK, MONTH = 7, 30  # days


class ReportAgency(Struct, frozen=True, kw_only=True):
    """An agency as a report names it; walk-ins without a member agency have the id None."""

    id: UUID | None
    code: str
    name: str
    arm: Arm | None
    level: str


class PlaceCount(Struct, frozen=True, kw_only=True):
    """How many people of one agency had one mark, at dates of one kind in one month."""

    month: int
    """Number of the month within the period, from 0."""
    kind: Kind
    agency_id: UUID | None
    mark: PlaceMark
    number: int


class DateCount(Struct, frozen=True, kw_only=True):
    """How many dates of one kind in one month were held or canceled, and their total length."""

    month: int
    kind: Kind
    is_off: bool
    number: int
    minutes: int
    restricted: int
    """How many of them are for named people only."""


class PlaceTally(Struct, frozen=True, kw_only=True):
    """Places in numbers; each invited person is in exactly one of here, remote, excused, absent, unmarked and open.

    A place that an alternate filled is here or remote.
    """

    here: int = 0
    remote: int = 0
    excused: int = 0
    absent: int = 0
    unmarked: int = 0
    open: int = 0
    """Not marked yet, where attendance is not closed."""
    walk_in: int = 0

    @property
    def invited(self) -> int:
        """Return how many people were invited."""
        return self.present + self.excused + self.absent + self.not_marked

    @property
    def not_marked(self) -> int:
        """Return how many have no mark, whether attendance is closed or not."""
        return self.unmarked + self.open

    @property
    def present(self) -> int:
        """Return how many of those invited took part, in the room or remotely."""
        return self.here + self.remote

    @property
    def attended(self) -> int:
        """Return how many took part, walk-ins included."""
        return self.present + self.walk_in

    @property
    def rate(self) -> int | None:
        """Return present of invited, in whole percent.

        People without a mark count once attendance is closed; None when no one counts.
        """
        return percent(self.present, self.invited - self.open)


class MonthLine(Struct, frozen=True, kw_only=True):
    """One month of a report."""

    first: date
    held: int
    tally: PlaceTally


class KindLine(Struct, frozen=True, kw_only=True):
    """The dates of one kind, or of all (None)."""

    kind: Kind | None
    held: int
    canceled: int
    minutes: int
    """Minutes of held dates, without all-day ones."""
    tally: PlaceTally


def tally_places(places: Iterable[PlaceCount]) -> PlaceTally:
    """Return the total of places."""
    counted: Counter[str] = Counter()
    for place in places:
        counted[place.mark.value] += place.number
    return PlaceTally(**counted)


def tally_by_agency(
    places: Iterable[PlaceCount], agencies: Iterable[ReportAgency]
) -> list[tuple[ReportAgency, PlaceTally]]:
    """Return a line for each agency that had a place, in the order of the agencies."""
    groups: dict[UUID | None, list[PlaceCount]] = {}
    for place in places:
        groups.setdefault(place.agency_id, []).append(place)
    return [(agency, tally_places(groups[agency.id])) for agency in agencies if agency.id in groups]


def tally_by_arm(lines: Iterable[tuple[ReportAgency, PlaceTally]]) -> list[tuple[Arm, PlaceTally]]:
    """Return the totals of the arms that have a line."""
    every = list(lines)
    arms = [arm for arm in Arm if any(agency.arm is arm for agency, _ in every)]
    return [(arm, total_tally(place_tally for agency, place_tally in every if agency.arm is arm)) for arm in arms]


def total_tally(tallies: Iterable[PlaceTally]) -> PlaceTally:
    """Return the total of tallies."""
    counted: Counter[str] = Counter()
    for tally in tallies:
        counted.update(asdict(tally))
    return PlaceTally(**counted)


def lines_by_month(places: Iterable[PlaceCount], dates: Iterable[DateCount], months: Iterable[date]) -> list[MonthLine]:
    """Return a line for each month, including months without a date."""
    every, held = list(places), [date_count for date_count in dates if not date_count.is_off]
    return [
        MonthLine(
            first=first,
            held=sum(date_count.number for date_count in held if date_count.month == number),
            tally=tally_places(place_count for place_count in every if place_count.month == number),
        )
        for number, first in enumerate(months)
    ]


def activities_by_kind(places: Iterable[PlaceCount], dates: Iterable[DateCount]) -> list[KindLine]:
    """Return a line for each kind with a date, held or canceled, and last their total (kind None)."""
    every, days = list(places), list(dates)
    kinds = [kind for kind in KINDS if any(day.kind is kind for day in days)]
    lines = []
    for kind in (*kinds, None) if kinds else ():
        of_kind = [day for day in days if kind in (None, day.kind)]
        held = [day for day in of_kind if not day.is_off]
        line = KindLine(
            kind=kind,
            held=sum(day.number for day in held),
            canceled=sum(day.number for day in of_kind if day.is_off),
            minutes=sum(day.minutes for day in held),
            tally=tally_places(place for place in every if kind in (None, place.kind)),
        )
        lines.append(line)
    return lines


def percent(part: int, whole: int) -> int | None:
    """Return a part in whole percent, halves rounded up; None if the whole is 0."""
    return (200 * part + whole) // (2 * whole) if whole else None


class ItemColumn(StrEnum):
    """A count of an agency's items."""

    GIVEN = "given"
    OPEN = "open"
    NOT_DUE = "not_due"
    LATE_WEEK = "late_week"
    LATE_MONTH = "late_month"
    LATE_LONGER = "late_longer"
    CLOSED = "closed"
    ON_TIME = "on_time"


AGE_COLUMNS = (ItemColumn.NOT_DUE, ItemColumn.LATE_WEEK, ItemColumn.LATE_MONTH, ItemColumn.LATE_LONGER)
"""Each open item is in exactly one of these: late by no day, up to a week, up to a month, or longer."""


class ItemWindow(Struct, frozen=True, kw_only=True):
    """The time of a report: from `start` on, with the state at `end`; days are those of `zone`."""

    start: datetime
    end: datetime
    zone: str


class CountedItem(Protocol):
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

    agency: ReportAgency | None
    numbers: dict[ItemColumn, int]
    median_days: float | None
    """Median days from assignment to completion, of the closed items."""

    @property
    def on_time(self) -> int | None:
        """Return the percentage of closed items that were done by their due day."""
        return percent(self.numbers[ItemColumn.ON_TIME], self.numbers[ItemColumn.CLOSED])


def item_columns_of(item: CountedItem, window: ItemWindow) -> frozenset[ItemColumn]:
    """Return the columns in which an item counts.

    Assigned and closed (done, not canceled) count within the window, open and its age at the end of it; an item is late
    from the day after it was due, in the zone of the window.
    """
    columns = set()
    if item.closed_at is None or item.closed_at >= window.end:
        last = local(window.end, window.zone) - datetime.resolution
        days_late = (last.date() - item.due).days
        columns = {ItemColumn.OPEN, AGE_COLUMNS[bisect_left((0, WEEK, MONTH), days_late)]}
    if item.created_at >= window.start:
        columns.add(ItemColumn.GIVEN)
    is_done = item.status is ItemStatus.DONE and item.closed_at is not None
    if is_done and window.start <= (item.closed_at or window.end) < window.end:
        columns.add(ItemColumn.CLOSED)
        if local(item.closed_at or window.end, window.zone).date() <= item.due:
            columns.add(ItemColumn.ON_TIME)
    return frozenset(columns)


def item_lines(counts: Iterable[ItemCount], agencies: Iterable[ReportAgency], window: ItemWindow) -> list[ItemLine]:
    """Return a line for each agency with an item that counts, and last their total; nothing when none counts."""
    counted = [(count, columns) for count in counts if (columns := item_columns_of(count, window))]
    groups: dict[UUID, list[tuple[ItemCount, frozenset[ItemColumn]]]] = {}
    for count, columns in counted:
        groups.setdefault(count.agency_id, []).append((count, columns))
    of_agencies = [_item_line(agency, groups[agency.id], window) for agency in agencies if agency.id in groups]
    return [*of_agencies, _item_line(None, counted, window)] if of_agencies else []


def days_to_completion(item: CountedItem, zone: str) -> int:
    """Return the days from the assignment of a closed item to its end."""
    return (local(item.closed_at or item.created_at, zone).date() - local(item.created_at, zone).date()).days


def _item_line(
    agency: ReportAgency | None, counted: Sequence[tuple[ItemCount, frozenset[ItemColumn]]], window: ItemWindow
) -> ItemLine:
    numbers: Counter[ItemColumn] = Counter()
    took: list[int] = []
    for item_count, columns in counted:
        numbers.update(dict.fromkeys(columns, item_count.number))
        if ItemColumn.CLOSED in columns:
            took += [days_to_completion(item_count, window.zone)] * item_count.number
    return ItemLine(
        agency=agency,
        numbers={column: numbers[column] for column in ItemColumn},
        median_days=median(took) if took else None,
    )


class OperationPart(NamedTuple):
    """That an agency took part in an operation that was held: it leads it, or commits something to it."""

    occurrence_id: UUID
    agency: str


class OperationCount(Struct, frozen=True, kw_only=True):
    """The operations that were held, as far as the reader can see them."""

    held: int
    agencies: tuple[str, ...]
    """Those that took part, each once, by short name."""

    @property
    def is_withheld(self) -> bool:
        """Return whether the reader sees none, so that the figure says nothing of whether there were any."""
        return self.held == 0


def count_operations(took_part: Iterable[OperationPart]) -> OperationCount:
    """Return how many operations these are, and which agencies took part in them."""
    every = list(took_part)
    return OperationCount(
        held=len({operation_part.occurrence_id for operation_part in every}),
        agencies=tuple(sorted({operation_part.agency for operation_part in every}, key=str.casefold)),
    )
