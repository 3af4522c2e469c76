"""The page of an agency tells how it attended, to those who have reports."""

import pytest

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.usecases.events.autumn import hold_autumn

QUARTER = "FY2027-Q1"


async def test_who_has_reports_reads_the_rate_of_a_period_and_of_each_person(sqlite_cast: Cast, browse: SignIn) -> None:
    await hold_autumn(sqlite_cast)
    address = f"/agencies/{sqlite_cast.agencies['Harbor House']}?period={QUARTER}"
    page = (await (await browse(sqlite_cast.coordinator)).get(address)).text
    assert "<b>33%</b> <span>attendance · " in page
    assert '<td data-l="Attended" class="num nowrap">1 of 4</td>' in page
    assert f'<option value="{QUARTER}" selected>' in page


async def test_each_number_opens_its_rows(sqlite_cast: Cast, browse: SignIn) -> None:
    await hold_autumn(sqlite_cast)
    agency, desk = sqlite_cast.agencies["Harbor House"], await browse(sqlite_cast.coordinator)
    page = (await desk.get(f"/agencies/{agency}?period={QUARTER}")).text
    rows = f"/reports/rows?period={QUARTER}&part=places&of=absent&agency={agency}"
    assert f'<a href="{rows.replace("&", "&amp;")}">1</a>' in page
    assert (await desk.get(rows)).text.count("Harbor advocate") == 1


@pytest.mark.parametrize("period", ["", "custom", "odd"])
async def test_a_period_that_nobody_knows_is_the_present_one(sqlite_cast: Cast, browse: SignIn, period: str) -> None:
    address = f"/agencies/{sqlite_cast.agencies['Harbor House']}?period={period}"
    response = await (await browse(sqlite_cast.coordinator)).get(address)
    assert "<b>–</b> <span>attendance · Grant half-year, July to December 2026</span>" in response.text
    assert (
        "No one from Harbor House was invited to an event you have access to that was held in this period"
        in response.text
    )


async def test_who_has_no_reports_reads_no_rate(sqlite_cast: Cast, browse: SignIn) -> None:
    await hold_autumn(sqlite_cast)
    page = (await (await browse(sqlite_cast.harbor_advocate)).get(f"/agencies/{sqlite_cast.agencies['CAHT']}")).text
    assert "Attended" not in page
    assert "attendance" not in page.lower()
