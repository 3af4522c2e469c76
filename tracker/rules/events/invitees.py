"""Whom an event invites: by its form, and by the seats of its committee.

The form invites agencies, committees and people who are added, without people who are unchecked. Each person has one
box in it, which is checked for people who are invited, so the form always shows what it means. The primary of a seat is
invited to the meetings of the committee; a new primary takes the place of the former one on the list of each upcoming
meeting.
"""

from collections.abc import Container, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.core.audiences import Visibility
from tracker.rules.events.events import EventFields, Kind
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


class BoxReason(StrEnum):
    """What decides whether a person's box is checked."""

    BY_GROUP = "by_group"
    """An agency or committee: the box follows it."""
    BY_NAME = "by_name"
    """The box itself: it stays as it is when an agency or committee changes."""


class PersonBox(NamedTuple):
    """A person's box; nothing has decided about the box of a person whom no one has picked."""

    is_checked: bool
    decided: BoxReason | None


def people_picked(picks: Picks, grouped: AbstractSet[UUID]) -> frozenset[UUID]:
    """Return the people who are invited; `grouped` are those of the agencies and committees that are checked."""
    return (picks.people | grouped) - picks.unchecked


def box_of_person(member_id: UUID, picks: Picks, grouped: AbstractSet[UUID]) -> PersonBox:
    """Return the box of a person. One that was unchecked is forgotten when no group of theirs is checked any longer."""
    if member_id in picks.unchecked:
        return PersonBox(is_checked=False, decided=BoxReason.BY_NAME if member_id in grouped else None)
    if member_id in picks.people:
        return PersonBox(is_checked=True, decided=BoxReason.BY_NAME)
    is_grouped = member_id in grouped
    return PersonBox(is_checked=is_grouped, decided=BoxReason.BY_GROUP if is_grouped else None)


def picks_by_box(
    checked: AbstractSet[UUID], by_group: AbstractSet[UUID], by_name: AbstractSet[UUID]
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Return who is added and who is unchecked, from the boxes that are checked and what had decided about each.

    A box that still is as its group had it says nothing of its own, so it follows the group; a box that was checked or
    unchecked since counts for itself. A box that nothing had decided about says something only when it is checked.
    """
    return frozenset(checked - by_group), frozenset((by_group | by_name) - checked)


def checked_agencies(
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


class ListedInvitee(NamedTuple):
    """A person's place on the list of a meeting; by seat = they have it as the primary of a seat, not by name."""

    role: AttendeeRole
    by_seat: bool


class SeatChange(NamedTuple):
    """A seat whose primary changed; None = it was, or is now, vacant."""

    committee_id: UUID
    former_id: UUID | None
    new_id: UUID | None


class ListChange(NamedTuple):
    """Who leaves the list of a meeting, and who joins it in which role."""

    gone_id: UUID | None
    new_id: UUID | None
    role: AttendeeRole


def follows_seats(event_fields: EventFields) -> bool:
    """Return whether the invitations to an event pass with the seats of its committee.

    Operations and events for named people have a list of names, which no change of seats makes longer or shorter.
    """
    is_by_name = event_fields.kind is Kind.JOINT_OPERATION or event_fields.visibility is Visibility.NAMED
    return event_fields.committee_id is not None and not is_by_name


def change_of_list(seat: SeatChange, invited: Mapping[UUID, ListedInvitee], seated: Container[UUID]) -> ListChange:
    """Return what the change of a seat does to the list of one of its committee's meetings.

    `invited` is the list before it; `seated` are the primaries of the committee after it. The former primary leaves the
    list unless they organize the meeting, were invited by name, or have another seat. The new one joins it where the
    former one was invited, and to every meeting if the seat was vacant.
    """
    former = invited.get(seat.former_id) if seat.former_id else None
    leaves = former is not None and former.by_seat and former.role is not AttendeeRole.CHAIR
    stays = seat.former_id in seated
    joins = seat.new_id not in invited and (seat.former_id is None or former is not None)
    role = former.role if former and former.role is not AttendeeRole.CHAIR else AttendeeRole.REQUIRED
    return ListChange(
        gone_id=seat.former_id if leaves and not stays else None, new_id=seat.new_id if joins else None, role=role
    )
