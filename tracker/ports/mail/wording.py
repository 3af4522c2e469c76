"""From an email's values to its words, and from these to its text and HTML.

Each email has three files in its folder: `subject.txt`, `preview.txt`, and `body.txt`, which has a heading, an empty
line, and paragraphs with an empty line between them. No address is made in its words: its links are signed for its
recipient.
"""

import re
import secrets
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension
from markupsafe import escape
from msgspec.structs import asdict

from tracker.config.installation import folder
from tracker.crypto.signed_links import Links
from tracker.rules.core.wording import plural
from tracker.rules.emails.emails import (
    LONGEST_PREVIEW,
    LONGEST_SUBJECT,
    AddressPage,
    Button,
    ButtonName,
    CalendarPart,
    Email,
    Facts,
    Footer,
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
    fit_title,
    one_line,
    shorten,
)
from tracker.rules.emails.template_values import EmailValues

REMEMBERED = 512  # emails; one about an event goes to many people in the same words
TITLE = "title"
"""The one value that is cut where a subject would be too long."""
_BETWEEN = re.compile(r"\n\s*\n")


class WrittenEmail(NamedTuple):
    """The words of one email."""

    subject: str
    preview: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    footer: str


def fill_in_email(email: Email, *, reads_replies: bool = False, questions_to: str = "") -> WrittenEmail:
    """Return the words of an email. Subject and preview fit their limits, and each text is one line.

    `reads_replies`: whether the site reads what calendar programs and people reply; `questions_to` is the address of
    the coordinator.
    """
    calendar = email.calendar
    traits = _EmailTraits(
        is_discreet=email.is_discreet,
        is_time_only=email.is_time_only,
        has_request=isinstance(calendar, CalendarPart) and not calendar.is_cancel,
        reads_replies=reads_replies and email.invitation_id is not None,
        reads_words=reads_replies and email.reads is not None,
        questions_to=questions_to,
    )
    return _fill_in(email.says, email.facts, email.footer, traits)


class _EmailTraits(NamedTuple):
    """What every template may ask about its email."""

    is_discreet: bool
    is_time_only: bool
    has_request: bool
    """Whether calendar programs may show their own reply buttons for it."""
    reads_replies: bool
    reads_words: bool
    questions_to: str


@lru_cache(REMEMBERED)
def _fill_in(says: EmailValues, facts: Facts, footer: Footer, traits: _EmailTraits) -> WrittenEmail:
    folder_of_words, asked = f"emails/{says.folder}", traits._asdict()
    values = {**asdict(says), **asked}
    heading, *paragraphs = _blocks(_rendered(f"{folder_of_words}/body.txt", values))
    if traits.is_time_only:
        paragraphs = _blocks(_rendered(TIME_ONLY, asked))
    words, subject_file = _exported_by(FACTS), f"{folder_of_words}/subject.txt"
    subject = one_line(_rendered(subject_file, values))
    if TITLE in values and len(subject) > LONGEST_SUBJECT:  # as much of the title as fits beside its other words
        others = len(subject) - len(one_line(values[TITLE]))
        subject = one_line(_rendered(subject_file, {**values, TITLE: fit_title(values[TITLE], others)}))
    return WrittenEmail(
        subject=subject,
        preview=shorten(one_line(_rendered(f"{folder_of_words}/preview.txt", values)), LONGEST_PREVIEW),
        heading=heading,
        facts=tuple((words["labels"][fact.name], one_line(words["value"](fact))) for fact in facts),
        paragraphs=tuple(paragraphs),
        footer=one_line(_rendered(FOOTER, {**asked, "footer": footer})),
    )


def button_label(name: ButtonName, of: str = "") -> str:
    """Return the label of a button or link: "Update AI-7QK4" for one of several."""
    label: str = _exported_by(BUTTONS)["labels"][name]
    return f"{label} {of}" if of else label


@cache
def _exported_by(file: str) -> dict[str, Any]:
    """Return the lists and macros that a template exports for others."""
    return vars(word_environment().get_template(file).module)


def _rendered(file: str, values: Mapping[str, Any]) -> str:
    return word_environment().get_template(file).render(values)


def _blocks(text: str) -> list[str]:
    return [one_line(block) for block in _BETWEEN.split(text) if block.strip()]


class EmailOnPage(NamedTuple):
    """The words of one email; empty texts where it has none."""

    to: str
    words: WrittenEmail
    buttons: tuple[str, ...]
    banner: str
    indicator: str
    has_calendar: bool
    """Whether it changes the recipient's calendar."""


def read_email(email: Email, *, reads_replies: bool = False, questions_to: str = "") -> EmailOnPage:
    """Return an email without its links; the arguments are those of `fill_in_email`."""
    return EmailOnPage(
        to=email.to,
        words=fill_in_email(email, reads_replies=reads_replies, questions_to=questions_to),
        buttons=tuple(button_label(button.name, button.of) for button in (*email.buttons, *email.more)),
        banner=email.banner,
        indicator=one_line(email.indicator),
        has_calendar=email.calendar is not None,
    )


TIME_ONLY = "emails/shared/time-only.txt"
FOOTER = "emails/shared/footer.txt"
FACTS = "emails/shared/facts.txt"
BUTTONS = "emails/shared/buttons.txt"
_TAG_LINE = re.compile(r"^[ \t]*((?:\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\})+)[ \t]*\n", re.MULTILINE | re.DOTALL)


class TagLines(Extension):
    """Removes the line end of a line that holds only tags; a tag inside a line does not change the line end."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's
        """Remove the ends of lines that hold only tags."""
        return _TAG_LINE.sub(r"\1", source)


@cache
def word_environment() -> Environment:
    """Return the environment for words: every value that goes into them becomes one line, safe in a header."""
    jinja = _environment_with(finalize=_one_line, extensions=[TagLines])
    jinja.filters.update(plural=plural, counted=_counted)
    return jinja


def _environment_with(**options: Any) -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
        **options,
    )
    jinja.globals.clear()  # no email asks for any, and each render copies them
    return jinja


def _one_line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _counted(count: int, word: str, many: str | None = None) -> str:
    """Return "3 events", or an empty text for 0."""
    return plural(count, word, many) if count else ""


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


class EmailTexts(NamedTuple):
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
                path = f"/r/{token}{f'?a={target.reply}' if target.reply else ''}"
            case ItemUpdatePage():
                token = self._links.item(target.item_id, target.owner_id)
                path = f"/u/{token}{f'?s={target.status}' if target.status else ''}"
            case PollPage():
                path = f"/p/{self._links.poll(target.poll_id, target.member_id)}"
            case InvitationPage():
                path = f"/sign-in/link/{self._links.invitation(target.member_id, target.link_id)}"
            case StopDigestPage():
                path = f"/n/{self._links.digest(target.member_id)}"
            case UndoPage():
                path = f"/w/{self._links.undo(target.words_id)}"
            case AddressPage():
                path = f"/e/{self._links.address(target.alias_id)}"
        return path


def email_texts(email: Email, words: WrittenEmail, addresses: LinkAddresses, task_force: str) -> EmailTexts:
    """Return the readable parts of an email."""
    stop = EmailLink(button_label(ButtonName.STOP_DIGEST), addresses.of(email.stop)) if email.stop else None
    buttons, more = addresses.links_of(email.buttons), addresses.links_of(email.more)
    links = [*buttons, *more, *filter(None, [stop])]
    laid_out = _laid_out(
        words,
        email.banner,
        one_line(email.indicator),
        tuple(button.label for button in buttons),
        tuple(link.label for link in more),
        stop.label if stop else "",
        task_force,
        is_discreet=email.is_discreet,
    )
    return laid_out.leading_to([link.url for link in links])


class _LaidOut(NamedTuple):
    """An email but for the addresses of its links: what is before, between, and after them."""

    text: tuple[str, ...]
    html: tuple[str, ...]

    def leading_to(self, urls: Sequence[str]) -> EmailTexts:
        """Return the email with the addresses of its reader, in order."""
        return EmailTexts(_joined(self.text, urls), _joined(self.html, [escape(url) for url in urls]))


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
        "more": [EmailLink(link, _HERE) for link in more],
        "stop": EmailLink(stop, _HERE) if stop else None,
        "is_discreet": is_discreet,
        "task_force": task_force,
    }
    text, html = (_environment().get_template(layout).render(values) for layout in (LAYOUT_TEXT, LAYOUT_HTML))
    return _LaidOut(tuple(text.split(_HERE)), tuple(html.split(_HERE)))


@cache
def _environment() -> Environment:
    jinja = _environment_with(trim_blocks=True, lstrip_blocks=True)
    jinja.filters.update(fact=_fact_lines, wrapped=_wrapped)
    return jinja


@lru_cache(WRAPPED)
def _fact_lines(value: str, label: str) -> str:
    first = f"{label}: ".ljust(LABEL)
    return textwrap.fill(value, WIDTH, initial_indent=first, subsequent_indent=" " * LABEL, break_on_hyphens=False)


@lru_cache(WRAPPED)
def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
