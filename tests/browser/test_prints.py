"""What comes out of the printer, and reports on paper and as files."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import context_of, sign_in
from tests.browser.demo import Demo, served
from tests.browser.tabs import PageOf
from tests.browser.ways import COORDINATOR, FBI_LEAD, MONTHLY, to_brief, to_event, to_operation

A_PAGE = re.compile(rb"/Type\s*/Page[^s]")
MONTHS = 24  # of 218 in the demo of three times the size: the fullest, so those with fewer dates fit as well
INCH = 96  # CSS pixels
SHARE = """bar => {
  const fill = bar.firstElementChild, style = getComputedStyle(fill);
  const isLine = style.borderTopStyle === "solid" && style.backgroundColor === "rgba(0, 0, 0, 0)";
  return isLine && parseFloat(style.borderTopWidth) > 5 ? fill.offsetWidth / bar.clientWidth : 0;
}"""
HIGHEST = 816 - 2 * 43  # CSS pixels of a landscape page within its margins


def count_pages(page: Page) -> int:
    return len(A_PAGE.findall(page.pdf(prefer_css_page_size=True)))


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """The coordinator's page in a demo of three times the size, and its fullest months."""
    with served(tmp_path_factory.mktemp("prints") / "demo", size=3) as demo:
        context = context_of(demo, browser)
        sign_in(context, demo.sign_in_links[COORDINATOR])
        yield context.new_page(), demo.fullest_months(MONTHS)
        context.close()


def test_every_month_is_one_page_in_the_fullest_demo(months: tuple[Page, list[str]]) -> None:
    page, names = months
    assert len(names) == MONTHS
    assert "2026-12" in names
    too_long = []
    for month in names:
        page.goto(f"/calendar?month={month}&all=1")
        if count_pages(page) != 1:
            too_long.append((month, page.locator(".tt-cal .tt-ev").count()))
    assert too_long == []


def test_a_printed_month_has_every_title_whole(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?month=2026-12&all=1")
    assert page.locator(".tt-cal .tt-ev__n").count() > 20
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 970, "height": HIGHEST})
    cut = "all => all.filter(one => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)"
    assert page.eval_on_selector_all(".tt-cal .tt-ev", f"{cut}.length") == 0


def test_a_sign_in_sheet_of_twenty_five_has_rows_to_sign_in_and_its_head_on_both_pages(
    page_of: PageOf, demo: Demo
) -> None:
    page = page_of(COORDINATOR)
    to_event(MONTHLY, "2026-12", "print/sign-in-sheet")(page, demo)
    assert count_pages(page) == 2
    page.emulate_media(media="print")
    rows = page.locator(".tt-sign tbody tr:not(.tt-sign__group)")
    assert rows.count() == 25 + 4
    assert min(rows.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")) >= 0.4 * INCH
    assert page.locator(".tt-sign thead").evaluate("one => getComputedStyle(one).display") == "table-header-group"


def test_a_brief_is_marked_on_top_and_at_the_end_and_the_plan_follows_its_cover(page_of: PageOf, demo: Demo) -> None:
    page = page_of(FBI_LEAD)
    to_brief(page, demo)
    assert count_pages(page) > 1
    page.emulate_media(media="print")
    plan = page.locator(".tt-newpage", has=page.get_by_role("heading", name="Operations order"))
    assert plan.evaluate("one => getComputedStyle(one).breakBefore") == "page"
    marks = page.get_by_text("Only the named participants", exact=True)
    title = page.get_by_role("heading", level=1)
    tops = [one["y"] for one in (marks.first.bounding_box(), title.bounding_box(), marks.last.bounding_box()) if one]
    assert tops == sorted(tops)
    assert marks.count() == 2


def test_the_banner_of_a_marked_operation_is_on_top_and_at_the_end_of_each_page(page_of: PageOf, demo: Demo) -> None:
    page = page_of(FBI_LEAD)
    to_operation(page, demo)
    assert count_pages(page) > 1
    page.emulate_media(media="print")
    banners = page.get_by_text("CUI//SP-INV/LEI//NOCON", exact=True).locator("..")
    shown = banners.evaluate_all("all => all.map(one => getComputedStyle(one)).map(s => [s.display, s.breakInside])")
    assert shown == [["table-header-group", "avoid"], ["table-footer-group", "avoid"]]  # what a page repeats


def test_a_week_is_one_page_on_which_dates_at_the_same_time_are_below_each_other(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/calendar?view=week&date=2026-12-19")
    assert count_pages(page) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 970, "height": HIGHEST})
    titles = page.locator(".tt-weeklist #l-2026-12-19 .tt-item__title")
    assert titles.all_inner_texts() == ["(CUI) Operation Bluestem", "Outreach: Labor rights fair"]
    assert len({round(box["x"]) for title in titles.all() if (box := title.bounding_box())}) == 1
    assert not page.locator(".tt-week").is_visible()


def test_a_sign_in_sheet_names_its_event_in_the_head_that_each_page_repeats(page_of: PageOf, demo: Demo) -> None:
    page = page_of(COORDINATOR)
    to_event(MONTHLY, "2026-12", "print/sign-in-sheet")(page, demo)
    page.emulate_media(media="print")
    assert page.locator(".tt-sign thead").inner_text().startswith(f"{MONTHLY}, Thursday, December 10, 2026")


def test_bars_and_badges_are_drawn_with_lines_because_paper_gets_no_backgrounds(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/action-items")
    page.emulate_media(media="print")
    half = page.locator("tr", has_text="50%").first.locator(".tt-bar")
    assert half.evaluate(SHARE) == pytest.approx(0.5, abs=0.03)
    badge = page.locator(".tt-tag", has_text="Blocked").first
    assert badge.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"


def test_details_are_not_larger_on_paper_than_what_they_belong_to(page_of: PageOf) -> None:
    page = page_of(COORDINATOR)
    page.goto("/action-items")
    page.emulate_media(media="print")
    rows = page.locator("#items tr:has(a.strong)")
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    title = min(float(one.evaluate(size)) for one in rows.locator("a.strong").all())
    details = [float(one.evaluate(size)) for one in rows.locator(".small, .tt-due, .tt-vis, .tt-tag").all()]
    assert len(details) > rows.count()
    assert max(details) <= title


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
