"""The search page: what it shows of what was found."""

from tests.cast import NOW, Cast, meeting
from tests.ports.conftest import SignIn
from tracker.usecases.events.events import schedule


async def test_a_text_with_highlighted_words_is_one_element(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, place="Federal courthouse (FBI)"), NOW)
    page = (await (await browse(sqlite_cast.fbi_lead)).get("/search?q=fbi")).text
    assert "<span><span>Federal courthouse (<mark>FBI</mark>)</span></span>" in page


async def test_of_a_single_letter_that_finds_nothing_the_page_says_to_type_two(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    for asked in ("q", "steering q"):
        assert "Type at least 2 letters of each word." in (await browser.get(f"/search?q={asked}")).text
    assert "Try fewer or shorter words." in (await browser.get("/search?q=qq")).text


async def test_a_date_leads_to_its_week_in_the_calendar_whatever_is_in_it(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    link = '<a href="/calendar?date=2026-12-10&amp;view=week">Thursday, December 10, 2026: open its week'
    page = (await browser.get("/search?q=12/10")).text
    assert link in page
    assert "No other results." in page
    assert (await browser.get("/calendar?date=2026-12-10&view=week")).status_code == 200
    assert "open its week" not in (await browser.get("/search?q=2/30")).text


async def test_an_agency_leads_to_its_page(sqlite_cast: Cast, browse: SignIn) -> None:
    browser, agency_id = await browse(sqlite_cast.kcpd_detective), sqlite_cast.agencies["KCPD"]
    page = (await browser.get("/search?q=kcpd")).text
    assert f'<h3><a href="/agencies/{agency_id}"><span><mark>KCPD</mark></span></a></h3>' in page
    assert (await browser.get(f"/agencies/{agency_id}")).status_code == 200


async def test_a_person_found_by_an_email_address_shows_it(sqlite_cast: Cast, browse: SignIn) -> None:
    browser, email = await browse(sqlite_cast.fbi_lead), sqlite_cast.fbi_alternate.email
    page = (await browser.get(f"/search?q={email}")).text
    assert "<mark>example</mark></span></p>" in page
    assert "example</span>" not in (await browser.get("/search?q=alternate")).text


async def test_of_quotation_marks_the_page_says_that_they_are_ignored(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    browser, said = await browse(sqlite_cast.fbi_lead), "Quotation marks are ignored."
    page = (await browser.get("/search?q=%22force+task%22")).text
    assert said in page
    assert "Monthly <mark>task</mark> <mark>force</mark> meeting" in page
    assert said not in (await browser.get("/search?q=force+task")).text
