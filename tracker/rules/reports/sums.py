"""Totals of a report: the counts of the database, added up by agency, arm, month and kind of event."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from tracker.rules.core.audiences import Arm
from tracker.rules.events.event import Kind
from tracker.rules.reports.reports import KINDS, Mark


class Agency(Struct, frozen=True, kw_only=True):
    """An agency as a report names it; walk-ins without a member agency have the id None."""

    id: UUID | None
    code: str
    name: str
    arm: Arm | None
    level: str


class Places(Struct, frozen=True, kw_only=True):
    """How many people of one agency had one mark, at dates of one kind in one month."""

    month: int
    """Number of the month within the period, from 0."""
    kind: Kind
    agency_id: UUID | None
    mark: Mark
    number: int


class Dates(Struct, frozen=True, kw_only=True):
    """How many dates of one kind in one month were held or canceled, and their total length."""

    month: int
    kind: Kind
    is_off: bool
    number: int
    minutes: int
    restricted: int
    """How many of them are for named people only."""


class Tally(Struct, frozen=True, kw_only=True):
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
    tally: Tally


class Activity(Struct, frozen=True, kw_only=True):
    """The dates of one kind, or of all (None)."""

    kind: Kind | None
    held: int
    canceled: int
    minutes: int
    """Minutes of held dates, without all-day ones."""
    tally: Tally


def tally(places: Iterable[Places]) -> Tally:
    """Return the total of places."""
    counted: Counter[str] = Counter()
    for one in places:
        counted[one.mark.value] += one.number
    return Tally(**counted)


def by_agency(places: Iterable[Places], agencies: Iterable[Agency]) -> list[tuple[Agency, Tally]]:
    """Return a line for each agency that had a place, in the order of the agencies."""
    groups: dict[UUID | None, list[Places]] = {}
    for one in places:
        groups.setdefault(one.agency_id, []).append(one)
    return [(agency, tally(groups[agency.id])) for agency in agencies if agency.id in groups]


def by_arm(lines: Iterable[tuple[Agency, Tally]]) -> list[tuple[Arm, Tally]]:
    """Return the totals of the arms that have a line."""
    every = list(lines)
    arms = [arm for arm in Arm if any(agency.arm is arm for agency, _ in every)]
    return [(arm, total(one for agency, one in every if agency.arm is arm)) for arm in arms]


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the total of tallies."""
    counted: Counter[str] = Counter()
    for one in tallies:
        counted.update(asdict(one))
    return Tally(**counted)


def by_month(places: Iterable[Places], dates: Iterable[Dates], months: Iterable[date]) -> list[MonthLine]:
    """Return a line for each month, including months without a date."""
    every, held = list(places), [one for one in dates if not one.is_off]
    return [
        MonthLine(
            first=first,
            held=sum(one.number for one in held if one.month == number),
            tally=tally(one for one in every if one.month == number),
        )
        for number, first in enumerate(months)
    ]


def by_kind(places: Iterable[Places], dates: Iterable[Dates]) -> list[Activity]:
    """Return a line for each kind with a date, held or canceled, and last their total (kind None)."""
    every, days = list(places), list(dates)
    kinds = [kind for kind in KINDS if any(one.kind is kind for one in days)]
    return [_activity(kind, every, days) for kind in (*kinds, None)] if kinds else []


def _activity(kind: Kind | None, places: list[Places], dates: list[Dates]) -> Activity:
    mine = [one for one in dates if kind in (None, one.kind)]
    held = [one for one in mine if not one.is_off]
    return Activity(
        kind=kind,
        held=sum(one.number for one in held),
        canceled=sum(one.number for one in mine if one.is_off),
        minutes=sum(one.minutes for one in held),
        tally=tally(one for one in places if kind in (None, one.kind)),
    )


def percent(part: int, whole: int) -> int | None:
    """Return a part in whole percent, halves rounded up; None if the whole is 0."""
    return (200 * part + whole) // (2 * whole) if whole else None
