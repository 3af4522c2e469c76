"""Reports on paper and as files, as a browser makes them."""

import re

from playwright.sync_api import Page, expect

from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR

A_PAGE = re.compile(rb"/Type\s*/Page[^s]")
HALF_YEAR = "/reports?period=2026-H2"


def of_half_year(page_of: PageOf) -> Page:
    page = page_of(COORDINATOR)
    page.goto(HALF_YEAR)
    return page


def test_a_half_year_is_two_pages_of_paper_each_with_its_head_and_no_buttons(page_of: PageOf) -> None:
    page = of_half_year(page_of)
    assert len(A_PAGE.findall(page.pdf(prefer_css_page_size=True))) == 2
    page.emulate_media(media="print")
    heads = page.locator("p.tt-print")
    assert heads.count() == 2
    for head in heads.all():
        expect(head).to_be_visible()
        expect(head).to_contain_text("July to December 2026 · as of Tue, Dec 1, 2026")
    for name in ("CSV", "XLSX", "Print or PDF", "Show"):
        expect(page.get_by_text(name, exact=True)).to_be_hidden()
    expect(page.locator(".tt-figures thead").first).to_have_css("display", "table-header-group")


def test_days_are_asked_for_when_chosen_days_are_the_period(page_of: PageOf) -> None:
    page = of_half_year(page_of)
    expect(page.get_by_label("First day")).to_be_hidden()
    page.get_by_label("Period").select_option("Chosen days")
    page.get_by_label("First day").fill("2026-11-01")
    page.get_by_label("Last day").fill("2026-11-30")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".tt-head")).to_contain_text("November 1, 2026, to November 30, 2026")


def test_a_number_leads_to_its_rows_and_they_to_a_file(page_of: PageOf) -> None:
    page = of_half_year(page_of)
    total = page.locator(".tt-figures tfoot a").last
    number = total.inner_text()
    total.click()
    expect(page.locator(".tt-head")).to_contain_text(f"{number} rows")
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == "report-2026-07-01-2026-12-31.xlsx"
