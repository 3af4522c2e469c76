"""Action items: states, lateness, who may see them, give them and move them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

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
        """Return what people call it."""
        return self.value.replace("_", " ").capitalize()


CLOSED = frozenset({ItemStatus.DONE, ItemStatus.CANCELED})


@dataclass(frozen=True, kw_only=True)
class ActionItem:
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
    marking: Marking | None = None
    """That of the event that it comes from: its title names it."""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.status not in CLOSED


@dataclass(frozen=True, kw_only=True)
class Note:
    """One step in an item's life."""

    at: datetime
    by: str
    source: str
    change: str
    text: str


def days_late(item: ActionItem, today: date) -> int:
    """Return by how many days an open item is overdue; negative = days left, 0 = due today. Closed items are 0."""
    return (today - item.due).days if item.is_open else 0


def visibility_of(audience: str) -> Visibility:
    """Return what the audience of an item without an origin is called for people."""
    kind, _, name = audience.partition(":")
    match kind:
        case "arm":
            return Visibility(name)
        case "committee":
            return Visibility.COMMITTEE
        case _:
            return Visibility.ALL if audience == EVERYONE else Visibility.NAMED


def may_update(viewer: Viewer, item: ActionItem) -> bool:
    """Whether the viewer, who sees the item, may move it: owner, giver, the committee's chair, a coordinator."""
    return viewer.member_id == item.owner_id or may_direct(viewer, item)


def may_direct(viewer: Viewer, item: ActionItem) -> bool:
    """Whether the viewer may give the item to somebody else or cancel it: who gave it, the chair, a coordinator."""
    return viewer.member_id == item.created_by_id or item.committee_id in viewer.chairs or viewer.is_coordinator


def may_give(viewer: Viewer, owner_id: UUID, origin: Event | None) -> bool:
    """Whether the viewer may give an item to this person.

    Everybody may to themselves; who may schedule anything, or leads the event that it comes from, may to others.
    """
    leads = origin is not None and may_edit(viewer, origin)
    return viewer.member_id == owner_id or viewer.may_schedule or leads
