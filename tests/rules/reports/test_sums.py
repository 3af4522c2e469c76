"""Sums of a report: rates of whole percent, and the same total whichever way one adds up."""

from datetime import date
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.core.audiences import Arm
from tracker.rules.reports import sums
from tracker.rules.reports.reports import KINDS, PlaceMark
from tracker.rules.reports.sums import DateCount, PlaceCount, ReportAgency

AGENCIES = [
    *(ReportAgency(id=uuid4(), code=f"A{n}", name="", arm=list(Arm)[n % 2], level="local") for n in range(3)),
    ReportAgency(id=None, code="Others", name="", arm=None, level=""),
]
MONTHS = [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
PLACES = st.builds(
    PlaceCount,
    month=st.integers(0, 2),
    kind=st.sampled_from(KINDS),
    agency_id=st.sampled_from([a.id for a in AGENCIES]),
    mark=st.sampled_from(list(PlaceMark)),
    number=st.integers(1, 9),
)


@given(st.lists(PLACES))
def test_agencies_months_and_kinds_add_up_to_the_same_total(places: list[PlaceCount]) -> None:
    whole = sums.tally_places(places)
    dates = [DateCount(month=0, kind=kind, is_off=False, number=1, minutes=60, restricted=0) for kind in KINDS]
    assert sums.total_tally(tally for _, tally in sums.tally_by_agency(places, AGENCIES)) == whole
    assert sums.total_tally(line.tally for line in sums.lines_by_month(places, dates, MONTHS)) == whole
    *kinds, everything = sums.activities_by_kind(places, dates)
    assert sums.total_tally(line.tally for line in kinds) == everything.tally == whole
    of_arms = sums.total_tally(tally for _, tally in sums.tally_by_arm(sums.tally_by_agency(places, AGENCIES)))
    assert of_arms == sums.tally_places(one for one in places if one.agency_id is not None)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_rate_is_in_whole_percent_and_nothing_has_none(part: int, rest: int) -> None:
    rate = sums.percent(part, part + rest)
    assert rate is None if part + rest == 0 else abs(rate - 100 * part / (part + rest)) <= 0.5


def test_nothing_held_makes_no_line() -> None:
    assert sums.activities_by_kind([], []) == []
