"""After the operation: the hot wash, and when it can be written (HSEEP)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.rules.core.clean_text import too_long
from tracker.rules.operations.states import OperationState

LONGEST_PART = 5_000  # characters
EMPTY = "Enter what went well or what to improve."
WRITTEN_IN = frozenset({OperationState.RELEASED, OperationState.ABORTED, OperationState.DEBRIEFED})
"""The states in which an operation is looked back on: it is over, and not closed yet."""
TOO_EARLY = "You can do this once the operation is released or aborted."
IS_CLOSED = "The operation is closed, and its hot wash and after-action items no longer change."


class Part(StrEnum):
    """What a hot wash asks."""

    WENT_WELL = "went_well"
    TO_IMPROVE = "to_improve"


PART_WORDS: dict[str, str] = {Part.WENT_WELL: "What went well", Part.TO_IMPROVE: "What to improve"}


class HotWash(Struct, frozen=True, kw_only=True):
    """What the people on an operation said right after it, as its lead wrote it down."""

    went_well: str
    to_improve: str
    version: int
    """Rises each time it is saved."""
    saved_by: str
    saved_at: datetime


def check_written_in(state: OperationState) -> None:
    """Raise `NotAllowed` unless the operation is over and not closed."""
    if state is OperationState.CLOSED:
        raise NotAllowed(IS_CLOSED)
    if state not in WRITTEN_IN:
        raise NotAllowed(TOO_EARLY)


def check_hot_wash(went_well: str, to_improve: str) -> None:
    """Raise `Invalid` by field for a hot wash that says nothing, or that is too long."""
    texts = {Part.WENT_WELL: went_well, Part.TO_IMPROVE: to_improve}
    wrong = {part.value: too_long(text, LONGEST_PART) for part, text in texts.items() if len(text) > LONGEST_PART}
    if not any(texts.values()):
        wrong = {Part.WENT_WELL.value: EMPTY}
    if wrong:
        raise Invalid(**wrong)
