"""A week as a table of half hours: overlapping dates are side by side, dates without hours are on top."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from math import lcm

from msgspec import Struct, field

from tracker.rules.calendars.month_grid import A_DAY, SHOWN, Seen, days_of, shown
from tracker.rules.core.wording import local
from tracker.rules.events.event import Kind

HALF_HOURS = 48  # in a day on the wall clock, including those of a clock change
OFFICE = (16, 36)  # half hours that are always shown: 8 AM to 6 PM
BESIDE = 2  # overlapping dates with room for their words side by side; the rest are behind "N more"


class Block(Struct, frozen=True, kw_only=True):
    """A cell of the table: a date or the gap beside one, with its height in half hours and its width in columns."""

    first: int
    """The half hour of the day in which it starts."""
    height: int
    width: int
    seen: Seen | None = None


class Day(Struct, frozen=True, kw_only=True):
    """One day of the week."""

    day: date
    count: int
    """How many dates touch it."""
    top: list[Seen]
    """All-day dates, deadlines, and dates that continue from the day before."""
    more: int
    """How many dates the table has no room for."""
    blocks: list[Block]


class Week(Struct, frozen=True, kw_only=True):
    """Seven days, and the half hours from `first` to `last`, which is excluded."""

    days: list[Day]
    first: int
    last: int
    columns: int
    """Columns of each day, divisible by any number of overlapping dates."""

    def rows(self) -> Iterator[tuple[int, list[Block]]]:
        """Yield each half hour with the cells that start in it, day by day; one without a date is a cell of its own."""
        starting = [_by_start(day.blocks) for day in self.days]
        for half_hour in range(self.first, self.last):
            free = (Block(first=half_hour, height=1, width=self.columns),)
            yield half_hour, [block for day in starting for block in day.get(half_hour, free)]


class _Timed(Struct, kw_only=True):
    seen: Seen
    first: int
    last: int
    lane: int = 0


class _Cluster(Struct):
    """Overlapping dates, in lanes."""

    dates: list[_Timed] = field(default_factory=list)

    @property
    def lanes(self) -> int:
        return 1 + max(one.lane for one in self.dates)

    @property
    def last(self) -> int:
        return max(one.last for one in self.dates)


def week_of(days: Sequence[date], by_day: Mapping[date, Iterable[Seen]], zone: str) -> Week:
    """Return the table of a week; hours are on the wall clock of `zone`, early and late ones only where needed."""
    parted = [(day, list(by_day.get(day, ()))) for day in days]
    timed = {day: [one for one in seen if _has_hours(one, day, zone)] for day, seen in parted}
    clusters = {day: _clusters(day, timed[day], zone) for day in days}
    kept = [one for found, _ in clusters.values() for one in found]
    columns = lcm(*(one.lanes for one in kept)) if kept else 1
    first = min([OFFICE[0], *(one.first for cluster in kept for one in cluster.dates)])
    last = max([OFFICE[1], *(cluster.last for cluster in kept)])
    return Week(
        days=[
            _day(day, seen, clusters[day], [one for one in seen if one not in timed[day]], columns)
            for day, seen in parted
        ],
        first=first - first % 2,
        last=last + last % 2,
        columns=columns,
    )


def week_around(day: date) -> list[date]:
    """Return the week of a day, Sunday first."""
    sunday = day - A_DAY * (day.isoweekday() % 7)
    return [sunday + A_DAY * number for number in range(7)]


def _day(day: date, seen: list[Seen], clusters: tuple[list[_Cluster], int], untimed: list[Seen], columns: int) -> Day:
    found, crowded = clusters
    return Day(
        day=day,
        count=len(seen),
        top=shown(untimed),
        more=crowded + max(0, len(untimed) - SHOWN),
        blocks=[block for cluster in found for block in _blocks(cluster, columns)],
    )


def _has_hours(one: Seen, day: date, zone: str) -> bool:
    """Return whether a date belongs among the hours of a day: it starts there and is neither all-day nor a deadline."""
    return not one.line.is_all_day and one.line.kind is not Kind.DEADLINE and days_of(one.line, zone)[0] == day


def _clusters(day: date, seen: Iterable[Seen], zone: str) -> tuple[list[_Cluster], int]:
    """Return the dates of a day in overlapping groups, and how many there is no room for."""
    clusters: list[_Cluster] = []
    crowded = 0
    for one in sorted((_timed(day, one, zone) for one in seen), key=lambda one: (one.first, -one.last)):
        if not clusters or one.first >= clusters[-1].last:
            clusters.append(_Cluster())
        taken = {other.lane for other in clusters[-1].dates if other.last > one.first}
        one.lane = next(lane for lane in range(BESIDE + 1) if lane not in taken)
        if one.lane == BESIDE:
            crowded += 1
        else:
            clusters[-1].dates.append(one)
    return clusters, crowded


def _timed(day: date, one: Seen, zone: str) -> _Timed:
    starts, ends = local(one.line.starts_at, zone), local(one.line.ends_at, zone)
    first = _half_hours(starts)
    last = HALF_HOURS if ends.date() > day else -(-(ends.hour * 60 + ends.minute) // 30)
    return _Timed(seen=one, first=first, last=max(last, first + 1))


def _half_hours(moment: datetime) -> int:
    return (moment.hour * 60 + moment.minute) // 30


def _blocks(cluster: _Cluster, columns: int) -> list[Block]:
    """Return the cells of a group from left to right: each lane from top to bottom, its gaps included."""
    width = columns // cluster.lanes
    blocks: list[Block] = []
    for lane in range(cluster.lanes):
        reached = cluster.dates[0].first
        for one in sorted((one for one in cluster.dates if one.lane == lane), key=lambda one: one.first):
            blocks += _gap(reached, one.first, width)
            blocks.append(Block(first=one.first, height=one.last - one.first, width=width, seen=one.seen))
            reached = one.last
        blocks += _gap(reached, cluster.last, width)
    return blocks


def _by_start(blocks: Sequence[Block]) -> dict[int, list[Block]]:
    """Return the cells of a day by the half hour in which they start; none for the others that they cover."""
    found: dict[int, list[Block]] = {
        half_hour: [] for one in blocks for half_hour in range(one.first, one.first + one.height)
    }
    for one in blocks:
        found[one.first].append(one)
    return found


def _gap(first: int, last: int, width: int) -> list[Block]:
    return [Block(first=first, height=last - first, width=width)] if last > first else []
