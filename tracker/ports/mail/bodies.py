"""The two readable parts of an email, plain text and HTML, from the same words."""

import secrets
import textwrap
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from tracker.config.paths import folder
from tracker.crypto.signed_links import Links
from tracker.ports.mail.wording import WrittenEmail, button_label
from tracker.rules.emails.emails import (
    AddressPage,
    Button,
    ButtonName,
    Email,
    InvitationPage,
    ItemUpdatePage,
    LinkTarget,
    OutsideAddress,
    PersonalPage,
    PollPage,
    ReplyPage,
    SitePage,
    StopDigestPage,
    UndoPage,
    one_line,
)

WRAPPED = 1_024  # texts that are remembered wrapped: footers, and places and times of an event that many get
WIDTH = 72  # characters in a line of plain text, as email programs prefer it
LABEL = 13  # characters before a fact
LAYOUT_TEXT, LAYOUT_HTML = "emails/layout.txt", "emails/layout.html"
LAID_OUT = 256  # emails that are remembered but for the addresses of their links
_HERE = secrets.token_hex()  # where an address goes; no one can write it into a text


class EmailLink(NamedTuple):
    """A button or a link, with its full address."""

    label: str
    url: str


class EmailBodies(NamedTuple):
    """The same email as plain text and as HTML."""

    text: str
    html: str


class LinkAddresses:
    """Makes the addresses in emails: of this site, with signed tokens where no sign-in is required."""

    def __init__(self, base_url: str, links: Links) -> None:
        self._base_url = base_url
        self._links = links

    def links_of(self, buttons: tuple[Button, ...]) -> list[EmailLink]:
        """Return the buttons with their addresses."""
        return [EmailLink(button_label(button.name, button.of), self.of(button.target)) for button in buttons]

    def of(self, target: LinkTarget) -> str:
        """Return the address of a target; a value that a button preselects is only a hint to the page it opens."""
        match target:
            case OutsideAddress():
                return target.url
            case SitePage():
                return f"{self._base_url}{target.path}"
            case _:
                return f"{self._base_url}{self._path(target)}"

    def _path(self, target: PersonalPage) -> str:
        match target:
            case ReplyPage():
                token = self._links.reply(target.invitation_id, target.occurrence_id)
                return f"/r/{token}{f'?a={target.reply}' if target.reply else ''}"
            case ItemUpdatePage():
                token = self._links.item(target.item_id, target.owner_id)
                return f"/u/{token}{f'?s={target.status}' if target.status else ''}"
            case PollPage():
                return f"/p/{self._links.poll(target.poll_id, target.member_id)}"
            case InvitationPage():
                return f"/sign-in/link/{self._links.invitation(target.member_id, target.link_id)}"
            case _:
                return self._path_of_button(target)

    def _path_of_button(self, target: StopDigestPage | UndoPage | AddressPage) -> str:
        """Return the path of a page with nothing but a button."""
        match target:
            case StopDigestPage():
                return f"/n/{self._links.digest(target.member_id)}"
            case UndoPage():
                return f"/w/{self._links.undo(target.words_id)}"
            case AddressPage():
                return f"/e/{self._links.address(target.alias_id)}"


def email_bodies(letter: Email, words: WrittenEmail, addresses: LinkAddresses, task_force: str) -> EmailBodies:
    """Return the readable parts of an email."""
    stop = EmailLink(button_label(ButtonName.STOP_DIGEST), addresses.of(letter.stop)) if letter.stop else None
    buttons, more = addresses.links_of(letter.buttons), addresses.links_of(letter.more)
    links = [*buttons, *more, *filter(None, [stop])]
    laid_out = _laid_out(
        words,
        letter.banner,
        one_line(letter.indicator),
        tuple(button.label for button in buttons),
        tuple(link.label for link in more),
        stop.label if stop else "",
        task_force,
        is_discreet=letter.is_discreet,
    )
    return laid_out.leading_to([link.url for link in links])


class _LaidOut(NamedTuple):
    """An email but for the addresses of its links: what is before, between, and after them."""

    text: tuple[str, ...]
    html: tuple[str, ...]

    def leading_to(self, urls: Sequence[str]) -> EmailBodies:
        """Return the email with the addresses of its reader, in order."""
        return EmailBodies(_joined(self.text, urls), _joined(self.html, [escape(url) for url in urls]))


def _joined(pieces: Sequence[str], urls: Sequence[str]) -> str:
    return "".join(chain.from_iterable(zip(pieces, (*urls, ""), strict=True)))


@lru_cache(LAID_OUT)
def _laid_out(
    words: WrittenEmail,
    banner: str,
    indicator: str,
    buttons: tuple[str, ...],
    more: tuple[str, ...],
    stop: str,
    task_force: str,
    *,
    is_discreet: bool,
) -> _LaidOut:
    """Return an email that many get in the same words, each with links of their own."""
    values = {
        "words": words,
        "banner": banner,
        "indicator": indicator,
        "buttons": [EmailLink(button, _HERE) for button in buttons],
        "more": [EmailLink(one, _HERE) for one in more],
        "stop": EmailLink(stop, _HERE) if stop else None,
        "is_discreet": is_discreet,
        "task_force": task_force,
    }
    text, html = (_environment().get_template(one).render(values) for one in (LAYOUT_TEXT, LAYOUT_HTML))
    return _LaidOut(tuple(text.split(_HERE)), tuple(html.split(_HERE)))


@cache
def _environment() -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    jinja.globals.clear()  # no email asks for any, and each render copies them
    jinja.filters.update(fact=_fact_lines, wrapped=_wrapped)
    return jinja


@lru_cache(WRAPPED)
def _fact_lines(value: str, label: str) -> str:
    first = f"{label}: ".ljust(LABEL)
    return textwrap.fill(value, WIDTH, initial_indent=first, subsequent_indent=" " * LABEL, break_on_hyphens=False)


@lru_cache(WRAPPED)
def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
