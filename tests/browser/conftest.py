"""One demo and one browser for all tests of this folder; each persona signs in once."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.demo import Demo, served

SLOWEST = 10_000  # milliseconds

PageOf = Callable[[str | None], Page]

# Playwright's own loop counts as running until it stops, so it may not outlive this folder (scope "package").


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with served(tmp_path_factory.mktemp("browser") / "demo") as demo:
        yield demo


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("TRACKER_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("No Chromium; `make test` finds or installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def contexts(demo: Demo, browser: Browser) -> dict[str | None, BrowserContext]:
    """By the name of a persona: where she is signed in, as soon as a test asked for her; None: nobody is."""
    return {}


@pytest.fixture
def page_of(demo: Demo, browser: Browser, contexts: dict[str | None, BrowserContext]) -> Iterator[PageOf]:
    """Give an empty page of a persona, who signs in by her link the first time."""
    pages: list[Page] = []

    def page_of(name: str | None) -> Page:
        if name not in contexts:
            contexts[name] = context_of(demo, browser)
            if name:
                sign_in(contexts[name], demo.sign_in_links[name])
        pages.append(contexts[name].new_page())
        return pages[-1]

    yield page_of
    for page in pages:
        page.close()


@pytest.fixture
def without_scripts(demo: Demo, browser: Browser) -> Iterator[BrowserContext]:
    """A browser in which JavaScript is off."""
    context = context_of(demo, browser, java_script_enabled=False)
    yield context
    context.close()


def context_of(demo: Demo, browser: Browser, **options: bool) -> BrowserContext:
    context = browser.new_context(base_url=demo.address, reduced_motion="reduce", **options)
    context.set_default_timeout(SLOWEST)
    return context


def sign_in(context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Agree and sign in").click()
    page.wait_for_url("**/")
    page.close()
