"""The JSON shapes of action items."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from tracker.ports.api.shapes import SENTENCE, Banner, Given, Moment, Name, PageQuery, Shown
from tracker.rules.actions.action_items import ActionItem, ItemStatus
from tracker.rules.actions.item_changes import COMPLETE, LONGEST_NOTE, LONGEST_TITLE, NO_TITLE
from tracker.rules.core.audiences import Visibility
from tracker.usecases.actions.item_lists import ItemView

ItemTitle = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_TITLE,
        pattern=r"\S",
        examples=["Send the contact list"],
        extra={SENTENCE: NO_TITLE},
    ),
]
Due = Annotated[date, Meta(examples=["2027-01-20"], description="Date in the task force’s time zone.")]
Progress = Annotated[int, Meta(ge=0, le=COMPLETE, description="Percent.")]
Note = Annotated[str, Meta(max_length=LONGEST_NOTE, description="Don’t include victim or case details.")]


class SeenBy(StrEnum):
    """Who may see an item without an origin; people who may see the origin’s event see an item with one."""

    ALL = "all"
    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SERVICES = "victim_services"
    COMMITTEE = "committee"


class ItemQuery(PageQuery):
    """Which action items to return."""

    mine: Annotated[bool, Meta(description="Only your own.")] = False


class OriginGiven(Given):
    """The date on which it was decided."""

    event_id: UUID
    key: Annotated[str, Meta(max_length=10)]


class NewItemGiven(Given):
    """A task for one person, with a due day."""

    title: ItemTitle
    owner_id: UUID
    due: Due
    origin: OriginGiven | None = None
    seen_by: SeenBy = SeenBy.ALL
    committee_id: UUID | None = None


class ItemChange(Given):
    """Changes to an item; fields that are left out stay as they are."""

    status: ItemStatus | UnsetType = UNSET
    progress: Progress | UnsetType = UNSET
    due: Due | UnsetType = UNSET
    note: Note = ""


class HandOver(Given):
    """The new owner of an item."""

    owner_id: UUID


class OriginShown(Shown):
    """The date that an item comes from."""

    event_id: UUID
    key: str
    words: str


class NoteShown(Shown):
    """One step in an item’s history."""

    at: Moment
    by: str
    change: str
    note: str


class ItemBrief(Shown):
    """An action item in a list."""

    reference: str
    title: str
    owner: Name
    due: Due
    status: ItemStatus
    progress: int
    origin: OriginShown | None
    visibility: Visibility
    banner: Banner
    version: int
    created_at: Moment
    changed_at: Moment
    closed_at: Moment | None


class ItemShown(ItemBrief):
    """An action item with its history, newest first, and what you may do with it."""

    may_update: bool
    may_direct: Annotated[bool, Meta(description="Reassign it, or cancel it.")]
    history: tuple[NoteShown, ...]


class ItemPage(Shown):
    """One page of a list of action items."""

    items: tuple[ItemBrief, ...]
    next: str | None


def item_brief(item: ActionItem) -> ItemBrief:
    """Return an item as a list shows it."""
    return ItemBrief(
        reference=item.reference,
        title=item.title,
        owner=_owner(item),
        due=item.due,
        status=item.status,
        progress=item.progress,
        origin=_origin(item),
        visibility=Visibility(item.visibility),
        version=item.version,
        banner=item.marking.banner if item.marking else "",
        created_at=item.created_at,
        changed_at=item.changed_at,
        closed_at=item.closed_at,
    )


def item_shown(view: ItemView) -> ItemShown:
    """Return an item with its history."""
    item = view.item
    notes = tuple(NoteShown(at=one.at, by=one.by, change=one.change, note=one.text) for one in view.notes)
    return ItemShown(
        reference=item.reference,
        title=item.title,
        owner=_owner(item),
        due=item.due,
        status=item.status,
        progress=item.progress,
        origin=_origin(item),
        visibility=Visibility(item.visibility),
        version=item.version,
        banner=item.marking.banner if item.marking else "",
        created_at=item.created_at,
        changed_at=item.changed_at,
        closed_at=item.closed_at,
        may_update=view.may_update,
        may_direct=view.may_direct,
        history=notes,
    )


def _owner(item: ActionItem) -> Name:
    return Name(id=item.owner_id, name=item.owner, agency=item.agency)


def _origin(item: ActionItem) -> OriginShown | None:
    if item.origin_event_id is None or item.origin_key is None:
        return None
    return OriginShown(event_id=item.origin_event_id, key=item.origin_key, words=item.origin or "")
