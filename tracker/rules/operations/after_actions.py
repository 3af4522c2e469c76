"""After the operation: the hot wash, after-action items, and lessons learned (HSEEP).

An after-action item is what a hot wash asks for, until it is an action item with an owner and a due date. A lesson has
an edition that the lead can release to everyone. The edition is a text of its own. Nothing of the operation goes with
it: no name, no place, no date, no agency.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core.clean_text import too_long_words
from tracker.rules.operations.plans import check_neutral
from tracker.rules.operations.states import OperationState

LONGEST_PART = 5_000  # characters
EMPTY_HOT_WASH = "Enter what went well or what to improve."
WRITTEN_IN = frozenset({OperationState.RELEASED, OperationState.ABORTED, OperationState.DEBRIEFED})
"""The states in which an operation is looked back on: it is over, and not closed yet."""
TOO_EARLY = "You can do this once the operation is released or aborted."
IS_CLOSED = "The operation is closed, and its hot wash and after-action items no longer change."
LONGEST_ITEM_TITLE = 200  # characters
MOST_ITEMS = 50  # after-action items of one operation
NO_ITEM_TITLE = "Enter what needs to be done."
TOO_MANY_ITEMS = f"An operation has at most {MOST_ITEMS} after-action items."
NO_NEUTRAL_TITLE = "Enter a title that says nothing of the operation. The committee reads it."
LONGEST_LESSON = 5_000  # characters
LONGEST_EDITION_TITLE = 120  # characters
MOST_LESSONS = 50  # lessons of one operation
NO_LESSON = "Write what was learned."
TOO_MANY_LESSONS = f"An operation has at most {MOST_LESSONS} lessons."
NO_EDITION = "Write a title and a text for everyone first."
IS_RELEASED = "This lesson is released to everyone. Withdraw it before you change it."


class HotWashPart(StrEnum):
    """What a hot wash asks."""

    WENT_WELL = "went_well"
    TO_IMPROVE = "to_improve"


PART_WORDS: dict[str, str] = {HotWashPart.WENT_WELL: "What went well", HotWashPart.TO_IMPROVE: "What to improve"}


class HotWashRecord(Struct, frozen=True, kw_only=True):
    """What the people on an operation said right after it, as its lead wrote it down."""

    went_well: str
    to_improve: str
    version: int
    """Rises each time it is saved."""
    saved_by: str
    saved_at: datetime


def check_after_action_open(state: OperationState) -> None:
    """Raise `NotAllowed` unless the operation is over and not closed."""
    if state is OperationState.CLOSED:
        raise NotAllowed(IS_CLOSED)
    if state not in WRITTEN_IN:
        raise NotAllowed(TOO_EARLY)


def check_hot_wash(went_well: str, to_improve: str) -> None:
    """Raise `Invalid` by field for a hot wash that says nothing, or that is too long."""
    texts = {HotWashPart.WENT_WELL: went_well, HotWashPart.TO_IMPROVE: to_improve}
    wrong = {part.value: too_long_words(text, LONGEST_PART) for part, text in texts.items() if len(text) > LONGEST_PART}
    if not any(texts.values()):
        wrong = {HotWashPart.WENT_WELL.value: EMPTY_HOT_WASH}
    if wrong:
        raise Invalid(**wrong)


class AfterActionItem(Struct, frozen=True, kw_only=True):
    """What is to be done, as the people on the operation read it."""

    id: UUID
    title: str
    item_id: UUID | None
    """The action item that it became; None until it has an owner and a due date."""


class ItemAssignment(Struct, frozen=True, kw_only=True):
    """Who does it by when; for the people on the operation, or for a committee under a title of its own."""

    owner_id: UUID
    due: date
    committee_id: UUID | None = None
    """None = only people who can see the operation see the item."""
    neutral_title: str = ""
    """What the committee reads; nothing else of the operation goes with it."""


def check_item_title(title: str, already: int) -> None:
    """Raise `Invalid` for an after-action item without a title, or beyond the most that an operation has."""
    if not title:
        raise Invalid(title=NO_ITEM_TITLE)
    if already >= MOST_ITEMS:
        raise Invalid(title=TOO_MANY_ITEMS)


def titles_without_owner(items: Iterable[AfterActionItem]) -> tuple[str, ...]:
    """Return the titles of those that have no owner and no due date yet."""
    return tuple(action_item.title for action_item in items if action_item.item_id is None)


class Edition(Struct, frozen=True, kw_only=True):
    """What everyone reads of a lesson once it is released."""

    title: str = ""
    text: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether it has both a title and a text."""
        return bool(self.title and self.text)


class LessonLearned(Struct, frozen=True, kw_only=True):
    """What was learned, as the people on the operation read it, with its edition for everyone."""

    id: UUID
    text: str
    edition: Edition
    version: int
    """Rises each time it is saved."""
    released_id: UUID | None
    """The copy that everyone reads; None while it isn't released."""


def check_lesson(text: str, already: int = 0) -> None:
    """Raise `Invalid` for a lesson that says nothing or too much, or beyond the most that an operation has."""
    if not text:
        raise Invalid(lesson=NO_LESSON)
    if already >= MOST_LESSONS:
        raise Invalid(lesson=TOO_MANY_LESSONS)
    if len(text) > LONGEST_LESSON:
        raise Invalid(lesson=too_long_words(text, LONGEST_LESSON))


def check_edition(edition: Edition, names: Sequence[str]) -> None:
    """Raise `Invalid` by field for an edition that is too long, or that has one of the names of the operation."""
    if len(edition.title) > LONGEST_EDITION_TITLE:
        raise Invalid(edition_title=too_long_words(edition.title, LONGEST_EDITION_TITLE))
    if len(edition.text) > LONGEST_LESSON:
        raise Invalid(edition_text=too_long_words(edition.text, LONGEST_LESSON))
    check_neutral("edition_title", edition.title, names)
    check_neutral("edition_text", edition.text, names)


def check_not_released(lesson: LessonLearned) -> None:
    """Raise `Conflict` for a lesson that everyone reads: what they read doesn't change behind their back."""
    if lesson.released_id is not None:
        raise Conflict(IS_RELEASED)
