"""Action items: states, lateness, and who may see, assign and update them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.audiences import EVERYONE, Visibility
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, may_edit
from tracker.rules.events.markings import Marking


class ItemStatus(StrEnum):
    """The state of an item; the last two are closed."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    CANCELED = "canceled"

    @property
    def word(self) -> str:
        """Return the label of the state."""
        return self.value.replace("_", " ").capitalize()


CLOSED = frozenset({ItemStatus.DONE, ItemStatus.CANCELED})


class ActionItem(Struct, frozen=True, kw_only=True):
    """An item as a viewer may see it; `due` is a day in the task force's zone, progress a percentage."""

    id: UUID
    uid: str
    reference: str
    title: str
    owner_id: UUID
    owner: str
    owner_email: str
    agency_id: UUID
    agency: str
    due: date
    origin_id: UUID | None
    origin: str | None
    """Title and day of the date that it came from."""
    origin_event_id: UUID | None
    origin_key: str | None
    is_restricted: bool
    """Whether it comes from an event for named people."""
    visibility: str
    committee_id: UUID | None
    status: ItemStatus
    progress: int
    created_by_id: UUID
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    version: int
    sequence: int
    blocked_at: datetime | None = None
    """Since when it is blocked; None = it is not."""
    marking: Marking | None = None
    """The marking of the event that it comes from: the item's title can name the event."""

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be done."""
        return self.status not in CLOSED

    @property
    def progress_reopened(self) -> int:
        """Return the percent at which it would be open again: one that was done is at 100, and begins again at 0."""
        return 0 if self.status is ItemStatus.DONE else self.progress


ATTACHED = "attached"
"""The source of a step whose author attached an email as the owner's, or undid that."""
UNDID_EMAIL = "Undid an email."
"""The note of a step that undoes what an email changed."""


class Note(Struct, frozen=True, kw_only=True):
    """One step in an item's history."""

    at: datetime
    by: str
    source: str
    change: str
    text: str

    @property
    def is_quoted(self) -> bool:
        """Return whether its text is what the person wrote."""
        return self.text not in ("", UNDID_EMAIL)


def days_late(item: ActionItem, today: date) -> int:
    """Return how many days an open item is overdue; negative = days left, 0 = due today. Closed items give 0."""
    return (today - item.due).days if item.is_open else 0


def visibility_of(audience: str) -> Visibility:
    """Return the label for the audience of an item without an origin."""
    kind, _, name = audience.partition(":")
    match kind:
        case "arm":
            return Visibility(name)
        case "committee":
            return Visibility.COMMITTEE
        case _:
            return Visibility.ALL if audience == EVERYONE else Visibility.NAMED


def may_update(viewer: Viewer, item: ActionItem) -> bool:
    """Return whether a viewer who sees the item may update it: owner, assigner, committee's chair, coordinator."""
    return viewer.member_id == item.owner_id or may_direct(viewer, item)


def may_direct(viewer: Viewer, item: ActionItem) -> bool:
    """Return whether the viewer may reassign or cancel the item: its assigner, the committee's chair, a coordinator."""
    return viewer.member_id == item.created_by_id or item.committee_id in viewer.chairs or viewer.is_coordinator


def may_give(viewer: Viewer, owner_id: UUID, origin: Event | None) -> bool:
    """Return whether the viewer may assign an item to this person.

    Everyone may assign to themselves; people who may schedule, or who organize the event that it comes from, may assign
    to others.
    """
    return viewer.member_id == owner_id or may_give_to_others(viewer, origin)


def may_give_to_others(viewer: Viewer, origin: Event | None) -> bool:
    """Return whether the viewer may assign an item to anyone but themselves."""
    return viewer.may_schedule or (origin is not None and may_edit(viewer, origin))


def is_help(by_id: UUID, before: ActionItem, after: ActionItem, note: str) -> bool:
    """Return whether a person who doesn't own a blocked item unblocks it, or adds a note to it."""
    is_theirs = by_id == before.owner_id or before.owner_id != after.owner_id
    is_unblocked = after.status is not ItemStatus.BLOCKED
    return before.status is ItemStatus.BLOCKED and after.is_open and not is_theirs and (is_unblocked or bool(note))
