"""After-action items: what a hot wash asks for, until each is an action item with an owner and a due date (HSEEP)."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid

LONGEST_TITLE = 200  # characters
MOST = 50  # after-action items of one operation
NO_TITLE = "Enter what needs to be done."
TOO_MANY = f"An operation has at most {MOST} after-action items."
NO_NEUTRAL_TITLE = "Enter a title that says nothing of the operation. The committee reads it."


class AfterAction(Struct, frozen=True, kw_only=True):
    """What is to be done, as the people on the operation read it."""

    id: UUID
    title: str
    item_id: UUID | None
    """The action item that it became; None until it has an owner and a due date."""


class Assignment(Struct, frozen=True, kw_only=True):
    """Who does it by when; for the people on the operation, or for a committee under a title of its own."""

    owner_id: UUID
    due: date
    committee_id: UUID | None = None
    """None = only people who can see the operation see the item."""
    neutral_title: str = ""
    """What the committee reads; nothing else of the operation goes with it."""


def check_title(title: str, already: int) -> None:
    """Raise `Invalid` for an after-action item without a title, or beyond the most that an operation has."""
    if not title:
        raise Invalid(title=NO_TITLE)
    if already >= MOST:
        raise Invalid(title=TOO_MANY)


def without_owner(items: Iterable[AfterAction]) -> tuple[str, ...]:
    """Return the titles of those that have no owner and no due date yet."""
    return tuple(one.title for one in items if one.item_id is None)
