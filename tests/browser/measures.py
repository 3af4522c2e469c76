"""What is wrong with a page at a width: rules that it breaks, broken words, and what is too wide."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.axe import broken_rules
from tests.browser.targets import LEAST, SMALL
from tests.browser.torn_words import LONGEST, NARROW, NARROW_CELLS, TORN

HEIGHT = 800
MEASURES = f"""({{longest, narrow, least}}) => ({{
  width: document.documentElement.scrollWidth,
  torn: [...({TORN})(longest), ...({NARROW_CELLS})(narrow)],
  small: ({SMALL})(least),
}})"""
"""All that is measured at a width, in one call: each call takes longer than a measure."""
LEASTS = {"longest": LONGEST, "narrow": NARROW, "least": LEAST}


def resize(page: Page, width: int) -> None:
    """Let a page be so wide. Each change takes as long as a check, even to the same width."""
    if page.viewport_size != {"width": width, "height": HEIGHT}:
        page.set_viewport_size({"width": width, "height": HEIGHT})


def measures(page: Page, width: int) -> dict[str, Any]:
    """Return how wide a page is, which of its words and columns are broken, and which of its targets are small."""
    resize(page, width)
    measured: dict[str, Any] = page.evaluate(MEASURES, LEASTS)
    return measured


def violations(page: Page, width: int) -> list[str]:
    """Return the rules that a page breaks at a width, each with the first places."""
    resize(page, width)
    return [f"{width}: {one}" for one in broken_rules(page)]


def torn(page: Page, width: int) -> list[str]:
    """Return the words broken inside themselves and the columns without room for a word."""
    return broken_words(measures(page, width)["torn"], width)


def overflow(page: Page, width: int) -> list[str]:
    """Return what is wrong when a page is wider than its window."""
    resize(page, width)
    return too_wide(page.evaluate("document.documentElement.scrollWidth"), width)


def too_wide(wide: int, width: int) -> list[str]:
    return [f"{width}: the page is {wide} wide"] if wide > width else []


def broken_words(texts: list[str], width: int) -> list[str]:
    return [f"{width}: {one}" for one in texts]
