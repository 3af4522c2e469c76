"""What a browser without scripts would send: the fields of a form as they are in a page, some of them typed over."""

import re
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from tests.ports.browser import Browser
from tracker.rules.core.viewers import Viewer

Fields = dict[str, list[str]]


class FormFields(HTMLParser):
    """Collects the fields of the form whose action is given, with or without its query.

    Buttons are pressed by the person who sends it.
    """

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.fields: Fields = {}
        self._is_inside = False
        self._name = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            action = given.get("action") or ""
            self._is_inside = self.action in (action, action.partition("?")[0])
        elif not self._is_inside:
            return
        elif tag == "input" and (given["type"] not in ("checkbox", "radio") or "checked" in given):
            self.fields.setdefault(name, []).append(given.get("value") or "")
        elif tag == "textarea":
            self._name, self._text = name, []
        elif tag == "select":
            self._name = name
        elif tag == "option" and "selected" in given:
            self.fields[self._name] = [given.get("value") or ""]

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            self.fields[self._name] = ["".join(self._text).removeprefix("\n")]
            self._text = None
        elif tag == "form":
            self._is_inside = False


def form_with(page: str, action: str, **changes: Any) -> Fields:
    """Return the fields of a form in a page with some of them changed; a list stands for a repeated field."""
    reader = FormFields(action)
    reader.feed(page)
    assert reader.fields, f"no form goes to {action}"
    return reader.fields | {
        name: [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
        for name, value in changes.items()
    }


class FormTexts(HTMLParser):
    """Collects the forms that change something: their fields, and which of these are texts that people type."""

    TYPED = ("text", "email", "tel", "url", "search")

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, tuple[Fields, dict[str, int]]] = {}
        """By action: the fields as they are, and the longest text of each field that takes one; 0 = no limit."""
        self._here: tuple[Fields, dict[str, int]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            is_deed = given.get("method") == "post"
            self._here = self.forms.setdefault(given.get("action") or "", ({}, {})) if is_deed else None
        elif self._here is None or not name:
            return
        elif tag == "textarea" or (tag == "input" and given.get("type") in self.TYPED and "readonly" not in given):
            self._here[1][name] = int(given.get("maxlength") or 0)
        elif tag == "input" and (given["type"] not in ("checkbox", "radio", "file") or "checked" in given):
            self._here[0].setdefault(name, []).append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._here = None


def forms_in(page: str) -> dict[str, tuple[Fields, dict[str, int]]]:
    """Return the forms of a page in which people type: by action, their fields and the limits of their texts."""
    reader = FormTexts()
    reader.feed(page)
    return {action: form for action, form in reader.forms.items() if form[1]}


def words_of_page(html: str) -> str:
    """Return the words of a page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def text_at(browser: Browser, address: str) -> str:
    """Return a page in one line."""
    return " ".join((await browser.get(address)).text.split())


async def page_at(browser: Browser, address: str) -> str:
    """Return the markup of a page that is there."""
    response = await browser.get(address)
    assert response.status_code == 200
    return response.text


def main_of(page: str) -> str:
    """Return the main part of a page."""
    return page[page.index("<main") : page.index("</main>")]


def ids(*people: Viewer) -> list[str]:
    """Return what the checkboxes of people send."""
    return [str(person.member_id) for person in people]


async def edited_form(desk: Browser, event_id: UUID, **changes: Any) -> Fields:
    """Return the form that edits an event, with some fields changed."""
    address = f"/events/{event_id}/edit"
    return form_with((await desk.get(address)).text, address, **{"save": "send", **changes})
