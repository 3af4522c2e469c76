"""From an email's values to its words: how their files are read, and what they say.

Each email has three files in its folder: `subject.txt`, `preview.txt`, and `body.txt`, which has a heading, an empty
line, and paragraphs with an empty line between them. All are plain text, and the HTML is made of the same words.

On a page, people read an email with the labels of its buttons, and without the addresses behind them: its links are
signed for its recipient, and anyone who has one acts as that person. So no address is made here.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension
from msgspec.structs import asdict

from tracker.config.paths import folder
from tracker.rules.core.wording import plural
from tracker.rules.emails.emails import (
    LONGEST_PREVIEW,
    LONGEST_SUBJECT,
    ButtonName,
    CalendarPart,
    Email,
    Facts,
    Footer,
    fit_title,
    one_line,
    shorten,
)
from tracker.rules.emails.event_values import EmailValues

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


def fill_in_email(letter: Email, *, reads_replies: bool = False, questions_to: str = "") -> WrittenEmail:
    """Return the words of an email. Subject and preview fit their limits, and each text is one line.

    `reads_replies`: whether the site reads what calendar programs and people reply; `questions_to` is the address of
    the coordinator.
    """
    about = _EmailTraits(
        is_discreet=letter.is_discreet,
        is_time_only=letter.is_time_only,
        has_request=_has_request(letter),
        reads_replies=reads_replies and letter.invitation_id is not None,
        reads_words=reads_replies and letter.reads is not None,
        questions_to=questions_to,
    )
    return _fill_in(letter.says, letter.facts, letter.footer, about)


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
def _fill_in(says: EmailValues, facts: Facts, footer: Footer, about: _EmailTraits) -> WrittenEmail:
    folder_of_words, beside = f"emails/{says.folder}", about._asdict()
    values = {**asdict(says), **beside}
    heading, *paragraphs = _blocks(_rendered(f"{folder_of_words}/body.txt", values))
    if about.is_time_only:
        paragraphs = _blocks(_rendered(TIME_ONLY, beside))
    return WrittenEmail(
        subject=_subject(f"{folder_of_words}/subject.txt", values),
        preview=shorten(one_line(_rendered(f"{folder_of_words}/preview.txt", values)), LONGEST_PREVIEW),
        heading=heading,
        facts=tuple(
            (_exported_by(FACTS)["labels"][fact.name], one_line(_exported_by(FACTS)["value"](fact))) for fact in facts
        ),
        paragraphs=tuple(paragraphs),
        footer=one_line(_rendered(FOOTER, {**beside, "footer": footer})),
    )


def button_label(name: ButtonName, of: str = "") -> str:
    """Return the label of a button or link: "Update AI-7QK4" for one of several."""
    label: str = _exported_by(BUTTONS)["labels"][name]
    return f"{label} {of}" if of else label


def _subject(file: str, values: Mapping[str, Any]) -> str:
    """Return the subject, with as much of the title as fits beside its other words."""
    whole = one_line(_rendered(file, values))
    if TITLE not in values or len(whole) <= LONGEST_SUBJECT:
        return whole
    beside = len(whole) - len(one_line(values[TITLE]))
    return one_line(_rendered(file, {**values, TITLE: fit_title(values[TITLE], beside)}))


@cache
def _exported_by(file: str) -> dict[str, Any]:
    """Return the lists and macros that a template exports for others."""
    return vars(word_environment().get_template(file).module)


def _has_request(letter: Email) -> bool:
    return isinstance(letter.calendar, CalendarPart) and not letter.calendar.is_cancel


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


def read_email(letter: Email, *, reads_replies: bool = False, questions_to: str = "") -> EmailOnPage:
    """Return an email without its links; the arguments are those of `fill_in_email`."""
    return EmailOnPage(
        to=letter.to,
        words=fill_in_email(letter, reads_replies=reads_replies, questions_to=questions_to),
        buttons=tuple(button_label(button.name, button.of) for button in (*letter.buttons, *letter.more)),
        banner=letter.banner,
        indicator=one_line(letter.indicator),
        has_calendar=letter.calendar is not None,
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
    jinja = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        finalize=_one_line,
        extensions=[TagLines],
        keep_trailing_newline=True,
        auto_reload=False,
    )
    jinja.globals.clear()  # no email asks for any, and each render copies them
    jinja.filters.update(plural=plural, counted=_counted)
    return jinja


def _one_line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _counted(count: int, one: str, many: str | None = None) -> str:
    """Return "3 events", or an empty text for 0."""
    return plural(count, one, many) if count else ""
