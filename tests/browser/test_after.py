"""What is written down after an operation: each page is for everyone, and a lesson before and after each click."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo import Demo
from tests.browser.measures import overflow, violations
from tests.browser.tabs import PageOf
from tests.browser.ways import ADVOCATE, FBI_LEAD, WAYS, to_lesson_preview

TABLETS = (768, 1024)  # test_pages.py judges these pages on a phone and on a desk
FOUR_WIDTHS = (390, *TABLETS, 1280)
NAMES = ("after an operation", "hot wash", "after-action item with errors", "lessons learned")


def problems(page: Page, widths: tuple[int, ...] = FOUR_WIDTHS) -> list[str]:
    return [one for width in widths for one in (*violations(page, width), *overflow(page, width))]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_for_everyone_on_a_tablet(name: str, demo: Demo, page_of: PageOf) -> None:
    who, way, heading = WAYS[name]
    page = page_of(who)
    way(page, demo)
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    assert problems(page, TABLETS) == []


def test_a_lesson_is_previewed_released_and_withdrawn(demo: Demo, page_of: PageOf) -> None:
    page, advocate = page_of(FBI_LEAD), page_of(ADVOCATE)
    to_lesson_preview(page, demo)
    assert problems(page) == []
    page.get_by_role("button", name="Release to everyone").click()
    expect(page.locator("#flash").get_by_text("Lesson released.")).to_be_visible()
    assert problems(page) == []
    advocate.goto("/lessons")
    expect(advocate.get_by_role("heading", name="Water")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Withdraw.*Water")).click()
    expect(page.locator("#flash").get_by_text("Lesson withdrawn.")).to_be_visible()
    advocate.reload()
    expect(advocate.get_by_role("heading", name="Water")).to_have_count(0)
