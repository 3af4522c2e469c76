"""How one agency attended is what the report of the same period says of it, person by person."""

import pytest
from msgspec.structs import replace

from tests.cast import Cast
from tests.usecases.events.autumn import hold_autumn, report_request
from tracker.errors import NotAllowed
from tracker.rules.reports.sums import PlaceTally, total_tally
from tracker.usecases.reports.reports import attendance_of_agency, report_for

pytestmark = pytest.mark.both_engines
QUARTER = "FY2027-Q1"


@pytest.mark.parametrize("who", ["coordinator", "fbi_lead", "caht_lead"])
async def test_an_agency_has_the_figures_that_it_has_in_the_report(cast: Cast, who: str) -> None:
    await hold_autumn(cast)
    viewer = cast.members[who]
    told = {agency.id: tally for agency, tally in (await report_for(viewer, report_request(QUARTER))).agencies}
    for agency_id in cast.agencies.values():
        found = await attendance_of_agency(viewer, report_request(QUARTER), agency_id)
        assert found.total == replace(told.get(agency_id, PlaceTally()), walk_in=0)
        assert total_tally(found.people.values()) == found.total


async def test_each_person_has_figures_of_their_own(cast: Cast) -> None:
    await hold_autumn(cast)
    found = await attendance_of_agency(cast.coordinator, report_request(QUARTER), cast.agencies["Harbor House"])
    assert found.people == {cast.harbor_advocate.member_id: PlaceTally(here=1, absent=1, unmarked=1, open=1)}


async def test_that_a_restricted_event_counts_is_told(cast: Cast) -> None:
    await hold_autumn(cast)
    restricted = {
        code: (await attendance_of_agency(cast.fbi_lead, report_request(QUARTER), agency_id)).is_restricted
        for code, agency_id in cast.agencies.items()
    }
    whole = (await report_for(cast.fbi_lead, report_request(QUARTER))).is_restricted
    assert any(restricted.values()) is whole is True


async def test_who_has_no_reports_has_no_figures_of_an_agency(sqlite_cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await attendance_of_agency(sqlite_cast.kcpd_detective, report_request(QUARTER), sqlite_cast.agencies["KCPD"])
