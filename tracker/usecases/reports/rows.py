"""The rows behind each number of a report: the same rows that were counted, within the same reach."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from tracker.errors import NotFound
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.attendance.quorum_record import QuorumOfRecord
from tracker.rules.core.audiences import Arm, Visibility
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.markings import banner_of_all
from tracker.rules.reports import items as report_items
from tracker.rules.reports import reports, sums
from tracker.rules.reports.items import Column
from tracker.rules.reports.reports import Asked, Cell
from tracker.rules.reports.sums import Tally
from tracker.tables.visible.actions import action_items
from tracker.tables.visible.attendance import quorum
from tracker.tables.visible.reports import rows as report_rows
from tracker.tables.visible.reports import sums as visible_reports
from tracker.tables.visible.reports.rows import DateRow, PlaceRow
from tracker.usecases.reports.reports import agencies, window_of

OTHERS = "others"
"""The agency of walk-ins whose agency is not in the directory."""


class Part(StrEnum):
    """What a number counts."""

    PLACES = "places"
    DATES = "dates"
    ITEMS = "items"


class Number(Struct, frozen=True, kw_only=True):
    """One number of a report: its column, and the row it is in (nothing = the total row)."""

    part: Part
    measure: str
    """A key of `rules.reports.reports.MEASURES`; held or canceled; a `Column` of items."""
    agency: UUID | str | None = None
    """An agency's id, or `OTHERS`."""
    arm: Arm | None = None
    month: date | None = None


class Rows(Struct, frozen=True, kw_only=True):
    """The rows behind a number, or the first of them; one of the lists is filled."""

    count: int
    places: list[PlaceRow]
    dates: list[DateRow]
    items: list[ActionItem]
    quorums: Mapping[UUID, QuorumOfRecord] = field(default_factory=dict)
    """Of the dates, the quorum when attendance was closed, by the id of the date."""

    @property
    def shown(self) -> int:
        """Return how many rows are here."""
        return len(self.places) + len(self.dates) + len(self.items)

    @property
    def is_restricted(self) -> bool:
        """Return whether a row comes from an event for named people only."""
        dates = [*self.dates, *(row.date for row in self.places)]
        return any(row.visibility is Visibility.NAMED for row in dates) or any(one.is_restricted for one in self.items)

    @property
    def banner(self) -> str:
        """Return the banner over all rows that come from marked events; empty when there are none."""
        of_dates = [one.marking for one in (*self.dates, *(row.date for row in self.places))]
        return banner_of_all(one for one in (*of_dates, *(item.marking for item in self.items)) if one)


class OfAgency(Struct, frozen=True, kw_only=True):
    """The attendance of one agency's people, together and each."""

    total: Tally
    people: Mapping[UUID, Tally]
    is_restricted: bool
    """Whether a date that is for named people only is counted."""


async def of_agency(viewer: Viewer, asked: Asked, agency_id: UUID) -> OfAgency:
    """Return an agency's attendance, counted as in the report of the same period. Errors: NotAllowed."""
    reports.check_reader(viewer)
    counts = await report_rows.counts_by_person(viewer, asked.span(), reports.reach_of(viewer), agency_id)
    people: dict[UUID, Counter[str]] = {}
    for one in counts:
        people.setdefault(one.member_id, Counter())[one.mark.value] += one.number
    tallies = {member_id: Tally(**counted) for member_id, counted in people.items()}
    is_restricted = any(one.restricted for one in counts)
    return OfAgency(total=sums.total(tallies.values()), people=tallies, is_restricted=is_restricted)


async def rows(viewer: Viewer, asked: Asked, number: Number, at_most: int) -> Rows:
    """Return the rows behind one number. Errors: NotFound for a number that no report has."""
    reports.check_reader(viewer)
    match number.part:
        case Part.PLACES if number.measure in reports.MEASURES:
            return await _places(viewer, asked, number, at_most)
        case Part.DATES if number.measure in ("held", "canceled"):
            return await _dates(viewer, asked, number, at_most)
        case Part.ITEMS if number.measure in list(Column):
            return await _items(viewer, asked, number, at_most)
    raise NotFound


async def _places(viewer: Viewer, asked: Asked, number: Number, at_most: int) -> Rows:
    cell = Cell(marks=reports.MEASURES[number.measure], agencies=await _agencies(number))
    chosen = (viewer, asked.span(number.month), reports.reach_of(viewer), cell)
    found = await report_rows.place_rows(*chosen, at_most)
    return Rows(count=await report_rows.place_count(*chosen), places=found, dates=[], items=[])


async def _agencies(number: Number) -> frozenset[UUID | None] | None:
    if number.arm is not None:
        return frozenset(one.id for one in await agencies() if one.arm is number.arm)
    if number.agency is None:
        return None
    return frozenset({None if number.agency == OTHERS else UUID(str(number.agency))})


async def _dates(viewer: Viewer, asked: Asked, number: Number, at_most: int) -> Rows:
    is_off, span = number.measure == "canceled", asked.span(number.month)
    read = report_rows.canceled_rows if is_off else report_rows.held_rows
    counted = await visible_reports.dates(viewer, span, [])
    count = sum(one.number for one in counted if one.is_off is is_off)
    found = await read(viewer, span, at_most)
    quorums = await quorum.recorded(viewer, [one.id for one in found])
    return Rows(count=count, places=[], dates=found, items=[], quorums=quorums)


async def _items(viewer: Viewer, asked: Asked, number: Number, at_most: int) -> Rows:
    window = window_of(asked)
    found = [
        one
        for one in await action_items.reported(viewer, window.start, window.end)
        if (asked.committee is None or one.committee_id == asked.committee.id)
        and number.measure in report_items.columns_of(one, window)
        and number.agency in (None, one.agency_id)
    ]
    return Rows(count=len(found), places=[], dates=[], items=found[:at_most])
