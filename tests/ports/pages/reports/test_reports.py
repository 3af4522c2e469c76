"""The pages of reports: numbers open their rows, files say whose they are, and days that don't exist are refused."""

import html
import json
import re
from datetime import datetime, timedelta

import pytest

from tests.cast import NOW, Cast, marking, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.events.autumn import hold_autumn
from tests.usecases.operations.world import plan_operation
from tracker import clock
from tracker.ports.pages.reports.spreadsheets import mark_words
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.markings import Category
from tracker.tables.schema.attendance import AttendanceMark
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.events import scheduling

PAGE = "/reports?period=FY2027-Q1"
LINK = re.compile(r'<a href="(/reports/rows\?[^"]+)">([0-9,]+)</a>')
TOKEN = re.compile(r'name="csrf" value="[^"]*"')
COUNT = re.compile(r"([0-9,]+) rows? ·")


@pytest.fixture
async def desk_after_autumn(browse: SignIn, sqlite_cast: Cast) -> Browser:
    """The coordinator's browser after an autumn."""
    await hold_autumn(sqlite_cast)
    return await browse(sqlite_cast.coordinator)


async def test_reports_are_in_the_navigation_of_those_who_have_them(browse: SignIn, sqlite_cast: Cast) -> None:
    for who, has in ((sqlite_cast.coordinator, True), (sqlite_cast.caht_lead, True), (sqlite_cast.hsi_liaison, False)):
        browser = await browse(who)
        assert ('href="/reports"' in (await browser.get("/")).text) is has
        assert (await browser.get("/reports")).status_code == (200 if has else 403)


async def test_every_number_on_the_page_opens_as_many_rows(desk_after_autumn: Browser) -> None:
    links = LINK.findall((await desk_after_autumn.get(PAGE)).text)
    assert len(links) > 80
    for address, number in set(links):
        rows = (await desk_after_autumn.get(html.unescape(address))).text
        assert COUNT.search(rows)[1] == number, address  # type: ignore[index]  # no match fails as it should
        assert rows.count("<tr>") - 1 - ("of=held" in address or "of=canceled" in address) == int(number), address


def test_a_place_without_a_mark_is_not_marked_yet_whatever_else_is_called_open() -> None:
    assert mark_words("open", is_remote=False, substitute="") == "Not marked yet"
    assert mark_words("walk_in", is_remote=False, substitute="") == "Walk-in, in the room"


async def test_each_row_leads_to_its_event_or_its_item(desk_after_autumn: Browser) -> None:
    for query in ("part=places&of=invited", "part=dates&of=held", "part=items&of=given"):
        rows = (await desk_after_autumn.get(f"/reports/rows?period=FY2027-Q1&{query}")).text
        for address in set(re.findall(r'<th scope="row"[^>]*><a href="([^"]+)">', rows)):
            assert (await desk_after_autumn.get(address)).status_code == 200


async def test_the_chart_says_the_numbers_of_the_table_in_words(desk_after_autumn: Browser) -> None:
    page = (await desk_after_autumn.get(PAGE)).text
    assert "October 2026 33, November 2026 27, December 2026 33 percent." in page
    assert page.count("<rect") == 3
    assert "<b>33%</b>" in page


async def test_without_an_address_the_page_shows_this_grant_half_year(desk_after_autumn: Browser) -> None:
    page = (await desk_after_autumn.get("/reports")).text
    assert "Grant half-year, July to December 2026 · as of Tue, Dec 15, 2026, 9:00 AM Central" in page


async def test_the_page_says_why_the_numbers_of_items_need_not_add_up(desk_after_autumn: Browser) -> None:
    now = " ".join((await desk_after_autumn.get("/reports")).text.split())
    assert "Open counts every item that is open now, including those assigned earlier." in now
    assert "A canceled item counts only in Assigned." in now


async def test_a_period_without_events_says_so(desk_after_autumn: Browser) -> None:
    page = (await desk_after_autumn.get("/reports?period=2024-H1")).text
    assert "No events were held in this period." in page
    assert '<svg class="tt-chart"' not in page


async def test_chosen_days_are_kept_and_what_is_wrong_is_said_at_the_field(desk_after_autumn: Browser) -> None:
    response = await desk_after_autumn.get("/reports?period=custom&from=2026-12-09&to=2026-12-01&kind=training")
    assert response.status_code == 422
    for said in (
        'href="#f-to"',
        "The last day is before the first.",
        'value="2026-12-09"',
        'value="training" selected',
    ):
        assert said in response.text
    sound = await desk_after_autumn.get("/reports?period=custom&from=2026-11-01&to=2026-11-30")
    assert "November 1, 2026, to November 30, 2026" in sound.text


async def test_a_report_keeps_to_a_committee_of_the_readers_and_to_no_other(browse: SignIn, sqlite_cast: Cast) -> None:
    await hold_autumn(sqlite_cast)
    address = f"{PAGE}&kind=meeting&committee={sqlite_cast.committees['services']}"
    of_the_chair = (await (await browse(sqlite_cast.caht_lead)).get(address)).text
    assert "Meetings of Victim Services Committee only" in of_the_chair
    assert "&amp;committee=" in of_the_chair
    of_another = (await (await browse(sqlite_cast.fbi_lead)).get(address)).text
    assert "Victim Services Committee" not in of_another
    assert "Meetings of a committee you don’t have access to only" in of_another
    assert "No events were held in this period" in of_another


async def test_a_file_says_whose_it_is_and_is_noted_in_the_audit_log(desk_after_autumn: Browser) -> None:
    response = await desk_after_autumn.get("/reports.csv?period=FY2027-Q1&kind=meeting")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="report-2026-10-01-2026-12-31.csv"'
    assert response.headers["cache-control"] == "no-store, private"
    first = response.content.decode("utf-8-sig").splitlines()[0]
    assert first == (
        '"Human Trafficking Rescue Project. FY2027 Q1, October to December 2026. Meetings only. '
        'As of Tue, Dec 15, 2026, 9:00 AM Central. Counts what Coordinator (USAO) can see."'
    )
    entry = await AuditEntry.select().order_by(AuditEntry.seq, ascending=False).first()
    assert (entry["verb"], entry["subject_id"]) == ("exported", "FY2027-Q1")
    assert json.loads(entry["facts"])["format"] == "csv"


async def test_rows_are_downloaded_too_and_their_texts_are_no_formulas(desk_after_autumn: Browser) -> None:
    formula = {AttendanceMark.guest: "=1+1 Paralegal"}
    await AttendanceMark.update(formula).where(AttendanceMark.guest == "Paralegal")
    query = "period=FY2027-Q1&part=places&of=walk_in"
    text = (await desk_after_autumn.get(f"/reports/rows.csv?{query}")).content.decode("utf-8-sig")
    assert '"\'=1+1 Paralegal","County Prosecutor","Walk-in, remote"' in text
    workbook = await desk_after_autumn.get(f"/reports/rows.xlsx?{query}")
    assert workbook.content.startswith(b"PK")


async def test_what_counts_named_events_is_marked_and_leaves_only_after_a_new_confirmation(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    await hold_autumn(sqlite_cast)
    browser = await browse(sqlite_cast.fbi_lead)
    page = (await browser.get(PAGE)).text
    assert "Named participants only" in page
    assert " download" not in page, "the page that asks for a proof would be saved as a file"
    assert "Named participants only. Human" in (await browser.get("/reports.csv?period=FY2027-Q1")).text
    clock.start_at(NOW + timedelta(minutes=20), is_still=True)
    for address in ("/reports.csv?period=FY2027-Q1", "/reports/rows.xlsx?period=FY2027-Q1&part=dates&of=held"):
        response = await browser.get(address)
        assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/sign-in/again")
    assert (await browser.get("/reports.csv?period=FY2027-Q1&kind=training")).status_code == 200


async def test_a_file_begins_with_the_banner_over_the_marked_rows_that_its_reader_sees(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    cast, before = sqlite_cast, NOW - timedelta(days=60)
    for visibility, category in ((Visibility.ALL, Category.INV), (Visibility.LAW_ENFORCEMENT, Category.LEI)):
        plan = meeting(
            visibility=visibility,
            starts=datetime(2026, 11, 3, 10),  # noqa: DTZ001 - local to the zone
            marking=marking(cast, categories=frozenset({category})),
        )
        await scheduling.schedule_event(cast.coordinator, plan, before)
    of_dates = "/reports/rows.csv?period=FY2027-Q1&part=dates&of=held"
    for reader, banner in ((cast.coordinator, "CUI//INV/LEI"), (cast.caht_lead, "CUI//INV")):
        browser = await browse(reader)
        assert (await browser.get(of_dates)).content.decode("utf-8-sig").splitlines()[0] == f'"{banner}"'
        page = (await browser.get(of_dates.replace(".csv", ""))).text
        assert page.count(f"<p>{banner}</p>") == 2
        assert "(CUI) <a href" in page


async def test_an_address_that_names_no_number_is_not_there(desk_after_autumn: Browser) -> None:
    for query in (
        "",
        "part=places",
        "part=odd&of=held",
        "part=places&of=here&agency=odd",
        "part=dates&of=held&arm=odd",
    ):
        assert (await desk_after_autumn.get(f"/reports/rows?period=FY2027-Q1&{query}")).status_code == 404


async def test_page_and_file_count_an_operation_for_people_on_it_and_are_the_same_bytes_for_others(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    """Two worlds: one before the operation was scheduled, one after it was held."""
    others = [await browse(one) for one in (sqlite_cast.coordinator, sqlite_cast.caht_lead)]
    before = [await _of_operations(one) for one in others]
    starts = datetime(2026, 12, 5, 6)  # noqa: DTZ001 - local to the zone
    await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective, starts=starts)
    assert [await _of_operations(one) for one in others] == before
    assert all("<b>Withheld.</b>" in page and '"Withheld","Withheld",""' in file for page, file in before)
    page, file = await _of_operations(await browse(sqlite_cast.fbi_lead))
    assert "<b>1 joint operation</b>" in page
    assert '"1","1","FBI"' in file


async def _of_operations(browser: Browser) -> tuple[str, str]:
    """Return the page and the file of a period, without the token that each session has in its forms."""
    page = (await browser.get(PAGE)).text
    file = await browser.get("/reports.csv?period=FY2027-Q1")
    return TOKEN.sub("", page), file.content.decode("utf-8-sig")
