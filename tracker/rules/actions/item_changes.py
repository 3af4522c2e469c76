"""How an action item changes: the item after a change, and the words that its history keeps."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.actions.action_items import CLOSED, ActionItem, ItemStatus, Note
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wording import clock, day, local

FARTHEST = timedelta(days=5 * 366)
LONGEST_TITLE = 200  # characters
NO_TITLE = "Enter what needs to be done."
LONGEST_NOTE = 2000  # characters
LONGEST_WORDS = 200  # characters of one line of history
COMPLETE = 100  # percent
STEPS_SAID = 3
"""How many steps of an item's history a message repeats."""


class NewItem(Struct, frozen=True, kw_only=True):
    """What is to be done, by whom and when; where it comes from, or else who may see it."""

    title: str
    owner_id: UUID
    due: date
    origin_id: UUID | None = None
    """The date on which it was decided; people who may see that event may see the item."""
    seen_by: Visibility = Visibility.ALL
    """Applies only without an origin; a list of named people can't be chosen."""
    committee_id: UUID | None = None
    """The committee whose next meeting lists it while it is open; None = that of the origin."""


class Change(Struct, frozen=True, kw_only=True):
    """A change to an item; None = unchanged."""

    status: ItemStatus | None = None
    progress: int | None = None
    due: date | None = None
    note: str = ""


def changed(item: ActionItem, change: Change, now: datetime, today: date) -> ActionItem:
    """Return the item after the change; the same item when nothing changes and nothing is noted.

    Done is 100 percent; a closed item opens again when it gets an open status. Raises `Invalid` by field.
    """
    status = change.status or item.status
    due = item.due if change.due is None or status in CLOSED else change.due
    if due != item.due:
        check_due(due, today)
    after = replace(item, status=status, progress=_progress(item, change, status), due=due)
    if after == item and not change.note:
        return item
    is_closed = status in CLOSED
    return replace(
        after,
        changed_at=now,
        blocked_at=(item.blocked_at or now) if status is ItemStatus.BLOCKED else None,
        closed_at=(item.closed_at or now) if is_closed else None,
        version=item.version + 1,
        sequence=item.sequence + (1 if due != item.due or status is ItemStatus.CANCELED else 0),
    )


def _progress(item: ActionItem, change: Change, status: ItemStatus) -> int:
    progress = item.progress if change.progress is None else change.progress
    if not 0 <= progress <= COMPLETE:
        raise Invalid(progress="Enter a progress between 0 and 100 percent.")
    return COMPLETE if status is ItemStatus.DONE else progress


def check_due(due: date, today: date) -> None:
    """Raise `Invalid` for a new due day that is in the past or too far ahead."""
    if due < today:
        raise Invalid(due="Choose today or a later date.")
    if due > today + FARTHEST:
        raise Invalid(due="Choose a date within the next five years.")


def words(before: ActionItem, after: ActionItem, today: date) -> str:
    """Return what changed: "Open → Done, 100%, due Fri, Nov 27 → Fri, Dec 4"."""
    said = []
    if after.status is not before.status:
        said.append(f"{before.status.word} → {after.status.word}")
    if after.progress != before.progress:
        said.append(f"{after.progress}%")
    if after.due != before.due:
        said.append(f"due {day(before.due, today)} → {day(after.due, today)}")
    if after.owner_id != before.owner_id:
        said.append(f"reassigned to {after.owner}")
    return ", ".join(said)[:LONGEST_WORDS]


def happened(since: Sequence[Note], zone: str, today: date) -> str:
    """Return who did what with an item, and when, earliest first; `since` is the newest part of its history."""
    return " ".join(_step(one, zone, today) for one in reversed(since[:STEPS_SAID]))


def _step(note: Note, zone: str, today: date) -> str:
    at = local(note.at, zone)
    on = "" if at.date() == today else f" on {day(at, today)},"
    said = f"{note.by or 'Someone'} {_deed(note.change)}{on} at {clock(at)}"
    return f"{said}: {note.change}." if note.change and not _is_reopening(note.change) else f"{said}."


def _deed(change: str) -> str:
    if not change:
        return "added a note"
    return "reopened this item" if _is_reopening(change) else "changed this item"


def is_of_status(change: str) -> bool:
    """Return whether words that `words` made say that the status changed."""
    return {*_ends(change)} <= {one.word for one in ItemStatus}


def _is_reopening(change: str) -> bool:
    """Return whether these words say that a closed item is open again."""
    closed = {one.word for one in CLOSED}
    before, after = _ends(change)
    return before in closed and after not in closed


def _ends(change: str) -> tuple[str, str]:
    """Return what the first part of these words says that there was before, and after."""
    before, _, after = change.split(",", maxsplit=1)[0].partition(" → ")
    return before, after
