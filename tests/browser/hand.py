"""A hand on a mouse and a keyboard, which counts what a task takes of it."""

import re

from playwright.sync_api import Locator, Page


class Hand:
    """A hand that counts its clicks; a field that is filled in is counted apart."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.fields = 0

    def click(self, what: Locator) -> None:
        """Click, and wait for the page that comes."""
        self.clicks += 1
        what.click()
        self.page.wait_for_load_state()

    def follow(self, link: str) -> None:
        """Click a link in an email."""
        self.clicks += 1
        self.page.goto(link)

    def button(self, name: str | re.Pattern[str]) -> None:
        self.click(self.page.get_by_role("button", name=name))

    def link(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name, exact=True))

    def fill(self, **fields: str) -> None:
        """Type into fields by their names; of a list choose one."""
        for name, text in fields.items():
            self.fields += 1
            field = self.page.locator(f"main [name={name}]")
            field.select_option(text) if name == "repeat" else field.fill(text)
