"""One demo and one browser for all tests of this folder; each persona signs in once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scripts.browser import ARGUMENTS, find
from tests.browser.contexts import close, context_of, sign_in
from tests.browser.demo import Demo, served
from tests.browser.tabs import PageOf, TabOf, lent, tabs

ContextOf = Callable[[str | None], BrowserContext]

# Playwright's own loop counts as running until it stops, so it may not outlive this folder (scope "package").


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with served(tmp_path_factory.mktemp("browser") / "demo") as demo:
        demo.remember()
        yield demo


@pytest.fixture(scope="module", autouse=True)
def as_made(demo: Demo) -> None:
    """Let each file begin with the demo as it was made, whatever files were before it in this process."""
    demo.restore()


@pytest.fixture(autouse=True)
def without_drafts(demo: Demo) -> None:
    """Let no test begin with what another one typed: the personas are the same people."""
    demo.forget_drafts()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = find()
    if chromium is None:
        pytest.fail("No Chromium is here. `make test` installs one; or name yours in TRACKER_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def signed_in(demo: Demo, browser: Browser) -> ContextOf:
    """Give an empty browser of a persona (None: of no one), who signs in by her link only once."""
    sessions: dict[str, list[Any]] = {}

    def signed_in(name: str | None) -> BrowserContext:
        context = context_of(demo, browser)
        if name in sessions:
            context.add_cookies(sessions[name])
        elif name:
            sign_in(context, demo.sign_in_links[name])
            sessions[name] = context.cookies()
        return context

    return signed_in


@pytest.fixture(scope="module")
def tab_of(signed_in: ContextOf) -> Iterator[TabOf]:
    """Give the one tab of a persona, for pages that are looked at: a new browser takes three times as long."""
    with tabs(signed_in) as tab_of:
        yield tab_of


@pytest.fixture
def page_of(tab_of: TabOf, demo: Demo) -> Iterator[PageOf]:
    """Give a page of a persona in its one tab, in which the test may type and press: it is emptied after."""
    with lent(tab_of, demo) as page_of:
        yield page_of


@pytest.fixture
def own_page_of(signed_in: ContextOf) -> Iterator[PageOf]:
    """Give a page of a persona in a browser of its own.

    So nothing that a test leaves in a browser is there for another: no clock, no storage, no lost network.
    """
    contexts: list[BrowserContext] = []

    def own_page_of(name: str | None) -> Page:
        contexts.append(signed_in(name))
        return contexts[-1].new_page()

    yield own_page_of
    for context in contexts:
        close(context)


@pytest.fixture
def without_scripts(demo: Demo, browser: Browser) -> Iterator[BrowserContext]:
    """A browser in which JavaScript is off."""
    context = context_of(demo, browser, java_script_enabled=False)
    yield context
    context.close()
