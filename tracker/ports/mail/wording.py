"""From an email's content to its words: the content fills in its templates."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from msgspec.structs import asdict

from tracker.ports.mail.templates import BUTTONS, FACTS, FILES, FOOTER, TIME_ONLY, words
from tracker.rules.emails.content import PREVIEW, SUBJECT, ButtonName, CalendarPart, Letter, cut, fitting, one_line
from tracker.rules.emails.contexts import Says
from tracker.rules.emails.facts import Facts, Footer

REMEMBERED = 512  # emails; one about an event goes to many people in the same words
TITLE = "title"
"""The one value that is cut where a subject would be too long."""
_BETWEEN = re.compile(r"\n\s*\n")


class Worded(NamedTuple):
    """The words of one email."""

    subject: str
    preview: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    footer: str


def worded(letter: Letter, *, reads_replies: bool = False, questions_to: str = "") -> Worded:
    """Return the words of an email. Subject and preview fit their limits, and each text is one line.

    `reads_replies`: whether the site reads what calendar programs and people reply; `questions_to` is the address of
    the coordinator.
    """
    about = _About(
        is_discreet=letter.is_discreet,
        is_time_only=letter.is_time_only,
        has_request=_has_request(letter),
        reads_replies=reads_replies and letter.invitation_id is not None,
        reads_words=reads_replies and letter.reads is not None,
        questions_to=questions_to,
    )
    return _worded(letter.says, letter.facts, letter.footer, about)


class _About(NamedTuple):
    """What every template may ask about its email."""

    is_discreet: bool
    is_time_only: bool
    has_request: bool
    """Whether calendar programs may show their own reply buttons for it."""
    reads_replies: bool
    reads_words: bool
    questions_to: str


@lru_cache(REMEMBERED)
def _worded(says: Says, facts: Facts, footer: Footer, about: _About) -> Worded:
    files, beside = FILES[type(says)], about._asdict()
    values = {**asdict(says), **beside}
    heading, *paragraphs = _blocks(_filled(files.body, values))
    if about.is_time_only:
        paragraphs = _blocks(_filled(TIME_ONLY, beside))
    return Worded(
        subject=_subject(files.subject, values),
        preview=cut(one_line(_filled(files.preview, values)), PREVIEW),
        heading=heading,
        facts=tuple((_made_in(FACTS)["labels"][fact.name], one_line(_made_in(FACTS)["value"](fact))) for fact in facts),
        paragraphs=tuple(paragraphs),
        footer=one_line(_filled(FOOTER, {**beside, "footer": footer})),
    )


def button_label(name: ButtonName, of: str = "") -> str:
    """Return the label of a button or link: "Update AI-7QK4" for one of several."""
    label: str = _made_in(BUTTONS)["labels"][name]
    return f"{label} {of}" if of else label


def _subject(file: str, values: Mapping[str, Any]) -> str:
    """Return the subject, with as much of the title as fits beside its other words."""
    whole = one_line(_filled(file, values))
    if TITLE not in values or len(whole) <= SUBJECT:
        return whole
    beside = len(whole) - len(one_line(values[TITLE]))
    return one_line(_filled(file, {**values, TITLE: fitting(values[TITLE], beside)}))


@cache
def _made_in(file: str) -> dict[str, Any]:
    """Return the lists and macros that a template exports for others."""
    return vars(words().get_template(file).module)


def _has_request(letter: Letter) -> bool:
    return isinstance(letter.calendar, CalendarPart) and not letter.calendar.is_cancel


def _filled(file: str, values: Mapping[str, Any]) -> str:
    return words().get_template(file).render(values)


def _blocks(text: str) -> list[str]:
    return [one_line(block) for block in _BETWEEN.split(text) if block.strip()]
