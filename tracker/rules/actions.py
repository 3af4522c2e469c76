"""Action items, and their lists."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.viewers import EVERYONE, Viewer, Visibility
from tracker.rules.core.wording import Worded, clock, local, short_day
from tracker.rules.events.events import Event, may_edit
from tracker.rules.events.markings import Marking

ATTACHED = "attached"
"""The source of a step whose author attached an email as the owner's, or undid that."""
UNDID_EMAIL = "Undid an email."
"""The note of a step that undoes what an email changed."""
FARTHEST = timedelta(days=5 * 366)
LONGEST_TITLE = 200  # characters
NO_TITLE = "Enter what needs to be done."
LONGEST_NOTE = 2000  # characters
LONGEST_EDIT_WORDS = 200  # characters of one line of history
COMPLETE = 100  # percent
STEPS_SAID = 3
"""How many steps of an item's history a message repeats."""


class ItemStatus(Worded):
    """The state of an item; the last two are closed."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    CANCELED = "canceled"


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


class ItemNote(Struct, frozen=True, kw_only=True):
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


def item_audience_label(audience: str) -> Visibility:
    """Return the label for the audience of an item without an origin."""
    kind, _, name = audience.partition(":")
    match kind:
        case "arm":
            return Visibility(name)
        case "committee":
            return Visibility.COMMITTEE
        case _:
            return Visibility.ALL if audience == EVERYONE else Visibility.NAMED


def may_update_item(viewer: Viewer, item: ActionItem) -> bool:
    """Return whether a viewer who sees the item may update it: owner, assigner, committee's chair, coordinator."""
    return viewer.member_id == item.owner_id or may_direct_item(viewer, item)


def may_direct_item(viewer: Viewer, item: ActionItem) -> bool:
    """Return whether the viewer may reassign or cancel the item: its assigner, the committee's chair, a coordinator."""
    return viewer.member_id == item.created_by_id or item.committee_id in viewer.chairs or viewer.is_coordinator


def may_assign_to(viewer: Viewer, owner_id: UUID, origin: Event | None) -> bool:
    """Return whether the viewer may assign an item to this person.

    Everyone may assign to themselves; people who may schedule, or who organize the event that it comes from, may assign
    to others.
    """
    return viewer.member_id == owner_id or may_assign_to_others(viewer, origin)


def may_assign_to_others(viewer: Viewer, origin: Event | None) -> bool:
    """Return whether the viewer may assign an item to anyone but themselves."""
    return viewer.may_schedule or (origin is not None and may_edit(viewer, origin))


def is_helping(by_id: UUID, before: ActionItem, after: ActionItem, note: str) -> bool:
    """Return whether a person who doesn't own a blocked item unblocks it, or adds a note to it."""
    is_theirs = by_id == before.owner_id or before.owner_id != after.owner_id
    is_unblocked = after.status is not ItemStatus.BLOCKED
    return before.status is ItemStatus.BLOCKED and after.is_open and not is_theirs and (is_unblocked or bool(note))


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


class ItemEdit(Struct, frozen=True, kw_only=True):
    """A change to an item; None = unchanged."""

    status: ItemStatus | None = None
    progress: int | None = None
    due: date | None = None
    note: str = ""


def edited_item(item: ActionItem, change: ItemEdit, now: datetime, today: date) -> ActionItem:
    """Return the item after the change; the same item when nothing changes and nothing is noted.

    Done is 100 percent; a closed item opens again when it gets an open status. Raises `Invalid` by field.
    """
    status = change.status or item.status
    due = item.due if change.due is None or status in CLOSED else change.due
    if due != item.due:
        check_item_due(due, today)
    progress = item.progress if change.progress is None else change.progress
    if not 0 <= progress <= COMPLETE:
        raise Invalid(progress="Enter a progress between 0 and 100 percent.")
    after = replace(item, status=status, progress=COMPLETE if status is ItemStatus.DONE else progress, due=due)
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


def check_item_due(due: date, today: date) -> None:
    """Raise `Invalid` for a new due day that is in the past or too far ahead."""
    if due < today:
        raise Invalid(due="Choose today or a later date.")
    if due > today + FARTHEST:
        raise Invalid(due="Choose a date within the next five years.")


def edit_words(before: ActionItem, after: ActionItem, today: date) -> str:
    """Return what changed: "Open → Done, 100%, due Fri, Nov 27 → Fri, Dec 4"."""
    said = []
    if after.status is not before.status:
        said.append(f"{before.status.label} → {after.status.label}")
    if after.progress != before.progress:
        said.append(f"{after.progress}%")
    if after.due != before.due:
        said.append(f"due {short_day(before.due, today)} → {short_day(after.due, today)}")
    if after.owner_id != before.owner_id:
        said.append(f"reassigned to {after.owner}")
    return ", ".join(said)[:LONGEST_EDIT_WORDS]


def history_words(since: Sequence[ItemNote], zone: str, today: date) -> str:
    """Return who did what with an item, and when, earliest first; `since` is the newest part of its history."""
    steps = []
    for note in reversed(since[:STEPS_SAID]):
        at = local(note.at, zone)
        on = "" if at.date() == today else f" on {short_day(at, today)},"
        reopens = _is_reopening(note.change)
        deed = "reopened this item" if reopens else "changed this item" if note.change else "added a note"
        said = f"{note.by or 'Someone'} {deed}{on} at {clock(at)}"
        steps.append(f"{said}: {note.change}." if note.change and not reopens else f"{said}.")
    return " ".join(steps)


def is_of_status(change: str) -> bool:
    """Return whether words that `edit_words` made say that the status changed."""
    return {*_ends_of_words(change)} <= {status.label for status in ItemStatus}


def _is_reopening(change: str) -> bool:
    """Return whether these words say that a closed item is open again."""
    closed = {item_status.label for item_status in CLOSED}
    before, after = _ends_of_words(change)
    return before in closed and after not in closed


def _ends_of_words(change: str) -> tuple[str, str]:
    """Return what the first part of these words says that there was before, and after."""
    before, _, after = change.split(",", maxsplit=1)[0].partition(" → ")
    return before, after


class ItemStage(Struct, frozen=True, kw_only=True):
    """How far an item is: all that an email changes of it, beside its history."""

    status: ItemStatus
    progress: int
    """Percent."""
    blocked_at: datetime | None
    closed_at: datetime | None = None


class StatusUpdate(Struct, frozen=True, kw_only=True):
    """An update of an item, as the stages before and after it."""

    at: datetime
    before: ItemStage
    after: ItemStage


def update_of(before: ItemStage, status: ItemStatus | None, at: datetime) -> StatusUpdate:
    """Return the update that gave an item a status at a moment; None = only a note."""
    status = status or before.status
    after = ItemStage(
        status=status,
        progress=COMPLETE if status is ItemStatus.DONE else before.progress,
        blocked_at=(before.blocked_at or at) if status is ItemStatus.BLOCKED else None,
        closed_at=(before.closed_at or at) if status in CLOSED else None,
    )
    return StatusUpdate(at=at, before=before, after=after)


def stage_of(item: ActionItem) -> ItemStage:
    """Return how far an item is now."""
    return ItemStage(status=item.status, progress=item.progress, blocked_at=item.blocked_at, closed_at=item.closed_at)


def changed_since(item: ActionItem, update: StatusUpdate, history: Iterable[ItemNote]) -> str | None:
    """Return a sentence about what someone changed after an update that had changed it; None = nothing."""
    before, after, now = update.before, update.after, stage_of(item)
    if after.status is not before.status and now.status is not after.status:
        return f"The status was changed to “{now.status.label}” afterward."
    if after.progress not in (before.progress, now.progress):
        return f"The progress was changed to {now.progress}% afterward."
    # Emails that were undone count for nothing, together with the steps that undid them.
    steps = (step for step in history if step.at > update.at and is_of_status(step.change))
    if after.status is not before.status and sum(-1 if step.text == UNDID_EMAIL else 1 for step in steps) != 0:
        return f"The status was changed, and set to “{now.status.label}” again afterward."
    return None


def undo_update(item: ActionItem, update: StatusUpdate, now: datetime) -> ActionItem:
    """Return the item with what an update changed as it was before; what others changed since stays."""
    before, after = update.before, update.after
    is_moved = before.status is not after.status
    return replace(
        item,
        status=before.status if is_moved else item.status,
        progress=before.progress if before.progress != after.progress else item.progress,
        blocked_at=before.blocked_at if is_moved else item.blocked_at,
        closed_at=before.closed_at if is_moved else item.closed_at,
        changed_at=now,
        version=item.version + 1,
    )


WEEK = timedelta(days=6)  # today and the six days after it
RECENT = timedelta(days=30)  # how long done items can still be listed
DUE_HEADINGS = ("Overdue", "Due today", "Due in the next 7 days", "Later")
DONE_HEADING = "Done"


class GroupBy(StrEnum):
    """How the list is grouped."""

    DUE = "due"
    OWNER = "owner"
    AGENCY = "agency"


class ItemFilter(Struct, frozen=True, kw_only=True):
    """Which of the items that a viewer may see they want to see."""

    group_by: GroupBy = GroupBy.DUE
    words: str = ""
    only_mine: bool = False
    with_done: bool = False


class ItemGroup(Struct, frozen=True, kw_only=True):
    """Items under one heading."""

    name: str
    items: list[ActionItem]


class ItemCounts(Struct, frozen=True, kw_only=True):
    """How many items there are, of those that the viewer may see."""

    open: int
    overdue: int
    due_today: int
    due_soon: int
    """In the 7 days after today."""
    done: int
    """Done in the last 30 days."""


def count_items(items: Iterable[ActionItem], today: date) -> ItemCounts:
    """Count open and recently done items; what is due today isn't also due soon."""
    every = list(items)
    unfinished = [action_item for action_item in every if action_item.is_open]
    return ItemCounts(
        open=len(unfinished),
        overdue=sum(days_late(action_item, today) > 0 for action_item in unfinished),
        due_today=sum(action_item.due == today for action_item in unfinished),
        due_soon=sum(today < action_item.due <= today + WEEK for action_item in unfinished),
        done=sum(action_item.status is ItemStatus.DONE for action_item in every),
    )


def matching_items(
    items: Iterable[ActionItem], chosen: ItemFilter, member_id: UUID, notes: Mapping[UUID, Iterable[str]]
) -> list[ActionItem]:
    """Return the items that match the filter; number, title, owner, agency or notes must contain every word.

    `notes` are the notes of each item, or of them those that contain one of the words.
    """
    wanted = filter_words(chosen.words)
    return [
        action_item
        for action_item in items
        if (action_item.is_open or (chosen.with_done and action_item.status is ItemStatus.DONE))
        and (not chosen.only_mine or action_item.owner_id == member_id)
        and all(word in _texts(action_item, notes.get(action_item.id, ())) for word in wanted)
    ]


def filter_words(text: str) -> list[str]:
    """Return the words that an item must contain, ignoring case."""
    return text.lower().split()


def _texts(item: ActionItem, notes: Iterable[str]) -> str:
    return "\n".join((item.title, item.owner, item.agency, item.reference, *notes)).lower()


def group_items(items: Iterable[ActionItem], group_by: GroupBy, today: date) -> list[ItemGroup]:
    """Return the items under headings, soonest due first; done ones come last, under one heading."""

    def by_due(item: ActionItem) -> tuple[int, str]:
        place = (item.due >= today) + (item.due > today) + (item.due > today + WEEK)
        return place, DUE_HEADINGS[place]

    ordered = sorted(items, key=lambda item: (item.due, item.reference))
    heading = {GroupBy.DUE: by_due, GroupBy.OWNER: _by_owner, GroupBy.AGENCY: _by_agency}[group_by]
    groups: dict[tuple[int, str], list[ActionItem]] = {}
    for action_item in ordered:
        groups.setdefault(heading(action_item) if action_item.is_open else (9, DONE_HEADING), []).append(action_item)
    in_order = sorted(groups, key=lambda key: (key[0], key[1].casefold()))
    return [ItemGroup(name=key[1], items=groups[key]) for key in in_order]


def group_sizes(groups: Iterable[ItemGroup], item: ActionItem) -> dict[str, int]:
    """Return how many items are under each heading, and 0 for each that `item` may have left as the last one."""
    left = dict.fromkeys((*DUE_HEADINGS, DONE_HEADING, _by_owner(item)[1], _by_agency(item)[1]), 0)
    return left | {group.name: len(group.items) for group in groups}


def _by_owner(item: ActionItem) -> tuple[int, str]:
    return 0, f"{item.owner} ({item.agency})"


def _by_agency(item: ActionItem) -> tuple[int, str]:
    return 0, item.agency
