"""Lessons learned from an operation, each with an edition that its lead can release to everyone.

The edition is a text of its own. Nothing of the operation goes with it: no name, no place, no date, no agency.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from tracker.errors import Conflict, Invalid
from tracker.rules.core.clean_text import too_long
from tracker.rules.operations.telltale import check_neutral

LONGEST_TEXT = 5_000  # characters
LONGEST_TITLE = 120  # characters
MOST = 50  # lessons of one operation
NO_TEXT = "Write what was learned."
TOO_MANY = f"An operation has at most {MOST} lessons."
NO_EDITION = "Write a title and a text for everyone first."
IS_RELEASED = "This lesson is released to everyone. Withdraw it before you change it."


class Edition(Struct, frozen=True, kw_only=True):
    """What everyone reads of a lesson once it is released."""

    title: str = ""
    text: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether it has both a title and a text."""
        return bool(self.title and self.text)


class Lesson(Struct, frozen=True, kw_only=True):
    """What was learned, as the people on the operation read it, with its edition for everyone."""

    id: UUID
    text: str
    edition: Edition
    version: int
    """Rises each time it is saved."""
    released_id: UUID | None
    """The copy that everyone reads; None while it isn't released."""


def check_text(text: str, already: int = 0) -> None:
    """Raise `Invalid` for a lesson that says nothing or too much, or beyond the most that an operation has."""
    if not text:
        raise Invalid(lesson=NO_TEXT)
    if already >= MOST:
        raise Invalid(lesson=TOO_MANY)
    if len(text) > LONGEST_TEXT:
        raise Invalid(lesson=too_long(text, LONGEST_TEXT))


def check_edition(edition: Edition, names: Sequence[str]) -> None:
    """Raise `Invalid` by field for an edition that is too long, or that has one of the names of the operation."""
    if len(edition.title) > LONGEST_TITLE:
        raise Invalid(edition_title=too_long(edition.title, LONGEST_TITLE))
    if len(edition.text) > LONGEST_TEXT:
        raise Invalid(edition_text=too_long(edition.text, LONGEST_TEXT))
    check_neutral("edition_title", edition.title, names)
    check_neutral("edition_text", edition.text, names)


def check_not_released(lesson: Lesson) -> None:
    """Raise `Conflict` for a lesson that everyone reads: what they read doesn't change behind their back."""
    if lesson.released_id is not None:
        raise Conflict(IS_RELEASED)
