"""How a list of action items is filtered, grouped and counted."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem, ItemStatus, days_late

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
    due_soon: int
    done: int
    """Done in the last 30 days."""


def count_items(items: Iterable[ActionItem], today: date) -> ItemCounts:
    """Count open and recently done items; due soon means today or in the six days after it."""
    every = list(items)
    unfinished = [action_item for action_item in every if action_item.is_open]
    return ItemCounts(
        open=len(unfinished),
        overdue=sum(days_late(action_item, today) > 0 for action_item in unfinished),
        due_soon=sum(today <= action_item.due <= today + WEEK for action_item in unfinished),
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
    ordered = sorted(items, key=lambda item: (item.due, item.reference))
    headings = {GroupBy.DUE: _by_due(today), GroupBy.OWNER: _by_owner, GroupBy.AGENCY: _by_agency}
    heading = headings[group_by]
    groups: dict[tuple[int, str], list[ActionItem]] = {}
    for action_item in ordered:
        groups.setdefault(heading(action_item) if action_item.is_open else (9, DONE_HEADING), []).append(action_item)
    in_order = sorted(groups, key=lambda key: (key[0], key[1].casefold()))
    return [ItemGroup(name=key[1], items=groups[key]) for key in in_order]


def group_sizes(groups: Iterable[ItemGroup], item: ActionItem) -> dict[str, int]:
    """Return how many items are under each heading, and 0 for each that `item` may have left as the last one."""
    left = dict.fromkeys((*DUE_HEADINGS, DONE_HEADING, _by_owner(item)[1], _by_agency(item)[1]), 0)
    return left | {group.name: len(group.items) for group in groups}


def _by_due(today: date) -> Callable[[ActionItem], tuple[int, str]]:
    def heading(item: ActionItem) -> tuple[int, str]:
        if item.due < today:
            place = 0
        elif item.due == today:
            place = 1
        else:
            place = 2 if item.due <= today + WEEK else 3
        return place, DUE_HEADINGS[place]

    return heading


def _by_owner(item: ActionItem) -> tuple[int, str]:
    return 0, f"{item.owner} ({item.agency})"


def _by_agency(item: ActionItem) -> tuple[int, str]:
    return 0, item.agency
