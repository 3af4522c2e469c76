"""Browsers without a history, and how a persona signs in with one."""

from playwright.sync_api import Browser, BrowserContext

from tests.browser.demo import Demo

SLOWEST = 30_000  # milliseconds


def context_of(demo: Demo, browser: Browser, **options: bool) -> BrowserContext:
    context = browser.new_context(base_url=demo.address, reduced_motion="reduce", **options)
    context.set_default_timeout(SLOWEST)
    return context


def close(context: BrowserContext) -> None:
    """Close a browser that is off the network: else it sends what was typed last, which is a draft in the next test."""
    context.set_offline(True)
    context.close()


def sign_in(context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Agree and sign in").click()
    page.wait_for_url("**/")
    page.close()
