"""Tabs that are lent to tests in which people type and press: what such a test leaves in its tab stays in no tab."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.browser.conftest import PageOf
from tests.browser.demo import Demo
from tests.browser.tabs import BLANK, Tab, TabOf

FORGETS = "addEventListener('pagehide', () => { sessionStorage.clear(); localStorage.clear(); })"
"""A page that goes away leaves the text that wasn't saved to the next page of its tab: this is heard after that."""


@contextmanager
def lent(tab_of: TabOf, demo: Demo) -> Iterator[PageOf]:
    """Give a page of a persona in its one tab, which is emptied after the test."""
    used: dict[str | None, Tab] = {}

    def page_of(name: str | None) -> Page:
        if not used:
            demo.forget_drafts()  # also one that was on its way to the server when the last test ended
        if name not in used:
            used[name] = tab_of(name)
        return used[name].page

    yield page_of
    for tab in used.values():
        give_back(tab)


def give_back(tab: Tab) -> None:
    """Empty a tab, so that nothing comes of what was typed there last."""
    tab.page.unroute_all(behavior="ignoreErrors")
    if tab.page.url != BLANK:
        tab.page.evaluate(FORGETS)
    tab.emptied()
