"""The tab of one person, in which page follows page: with a new one for each page, the browser works twice as long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from tests.browser.contexts import close
from tests.browser.demo import Demo

DESK = {"width": 1280, "height": 800}
BLANK = "about:blank"
LEAVE = """
addEventListener('pagehide', () => { sessionStorage.clear(); localStorage.clear(); });
location.replace('about:blank');
"""
"""Empties a tab by its own page: where the address bar does, a new process begins, which takes a second.

A page that goes away keeps the text that wasn't saved for the next page of its tab: it is cleared after that.
"""


class Tab:
    """A tab, and what the browser had to say of its last page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said = complaints(page)

    def emptied(self) -> "Tab":
        """Return it as if it were new: a desk's screen, with nothing open, nothing said, nothing typed before."""
        if self.page.url != BLANK:
            self.page.context.set_offline(True)  # what was typed last is not sent as a draft
            self.page.evaluate(LEAVE)
            self.page.wait_for_url(BLANK)
            self.page.context.set_offline(False)
        self.page.emulate_media(media="null", color_scheme="light", reduced_motion="reduce", forced_colors="null")
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]  # two numbers by their names
        self.said.clear()
        return self


TabOf = Callable[[str | None], Tab]
PageOf = Callable[[str | None], Page]


@contextmanager
def tabs(signed_in: Callable[[str | None], BrowserContext]) -> Iterator[TabOf]:
    """Give the one tab of a persona (None: of no one), emptied each time."""
    opened: dict[str | None, Tab] = {}

    def tab_of(name: str | None) -> Tab:
        if name not in opened:
            opened[name] = Tab(signed_in(name).new_page())
        return opened[name].emptied()

    yield tab_of
    for tab in opened.values():
        close(tab.page.context)


@contextmanager
def lent(tab_of: TabOf, demo: Demo) -> Iterator[PageOf]:
    """Give a page of a persona in its one tab. People may type and press there: after the test, it is emptied."""
    used: dict[str | None, Tab] = {}

    def page_of(name: str | None) -> Page:
        if not used:
            demo.forget_drafts()  # also one that was on its way to the server when the last test ended
        if name not in used:
            used[name] = tab_of(name)
        return used[name].page

    yield page_of
    for tab in used.values():
        tab.page.unroute_all(behavior="ignoreErrors")
        tab.emptied()


def complaints(page: Page) -> list[str]:
    """Return a list that grows with each error that the browser reveals: scripts, the content policy, lost files."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A page that is itself the answer 404 or 422 is notified of as a lost file.
        is_the_page = message.text.startswith("Failed to load resource") and message.location["url"] == page.url
        if message.type == "error" and not is_the_page:
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(error.message))
    return said
