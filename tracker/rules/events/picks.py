"""Whom the form of an event invites: agencies, committees and people who are added, without people who are unchecked.

Each person has one box in the form. It is checked for people who are invited, so the form always shows what it means.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.events.replies import AttendeeRole


class Picks(Struct, frozen=True, kw_only=True):
    """The selections in the form."""

    agencies: frozenset[UUID] = frozenset()
    every_agency: bool = False
    committees: frozenset[UUID] = frozenset()
    people: frozenset[UUID] = frozenset()
    """People who are added one by one, whatever else is checked."""
    unchecked: frozenset[UUID] = frozenset()
    """People who are not invited, whatever else is checked."""
    roles: Mapping[UUID, AttendeeRole] = field(default_factory=dict)
    """The role of each invitee; required where it has none."""


class Decided(StrEnum):
    """What decides whether a person's box is checked."""

    BY_GROUP = "by_group"
    """An agency or committee: the box follows it."""
    BY_NAME = "by_name"
    """The box itself: it stays as it is when an agency or committee changes."""


class Box(NamedTuple):
    """A person's box; nothing has decided about the box of a person whom no one has picked."""

    is_checked: bool
    decided: Decided | None


def invited(picks: Picks, grouped: AbstractSet[UUID]) -> frozenset[UUID]:
    """Return the people who are invited; `grouped` are those of the agencies and committees that are checked."""
    return (picks.people | grouped) - picks.unchecked


def box_of(member_id: UUID, picks: Picks, grouped: AbstractSet[UUID]) -> Box:
    """Return the box of a person. One that was unchecked is forgotten when no group of theirs is checked any longer."""
    if member_id in picks.unchecked:
        return Box(is_checked=False, decided=Decided.BY_NAME if member_id in grouped else None)
    if member_id in picks.people:
        return Box(is_checked=True, decided=Decided.BY_NAME)
    is_grouped = member_id in grouped
    return Box(is_checked=is_grouped, decided=Decided.BY_GROUP if is_grouped else None)


def by_box(
    checked: AbstractSet[UUID], by_group: AbstractSet[UUID], by_name: AbstractSet[UUID]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Return who is added and who is unchecked, from the boxes that are checked and what had decided about each.

    A box that still is as its group had it says nothing of its own, so it follows the group; a box that was checked or
    unchecked since counts for itself. A box that nothing had decided about says something only when it is checked.
    """
    return frozenset(checked - by_group), frozenset((by_group | by_name) - checked)


def agencies_of(
    checked: AbstractSet[UUID], *, all_checked: bool, shown_checked: int, by_name: AbstractSet[UUID] = frozenset()
) -> tuple[frozenset[UUID], bool]:
    """Return the agencies that are checked, and whether all of them are meant.

    "All agencies" acts when its box changes. `all_checked` is its box now; `shown_checked` is how many agencies were
    checked with it when the form was shown, 0 if it was not checked. Without scripts, an agency that is unchecked below
    a box that stays checked is left out, and a box that is unchecked above agencies that stay checked clears them all.

    `by_name` are agencies that were shown as checked because their people were. While they stay so, the boxes of these
    people count, and theirs says nothing.
    """
    if len(checked) < shown_checked:
        return frozenset(checked - by_name), False
    is_cleared = shown_checked > 0 and not all_checked
    is_whole = all_checked and not (shown_checked and by_name)
    return frozenset() if is_cleared else frozenset(checked - by_name), is_whole
