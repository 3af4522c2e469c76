"""Invitations that follow a seat: its primary is invited to the meetings of the committee.

When the primary changes, the new one takes the place of the former one on the list of each upcoming meeting.
"""

from collections.abc import Container, Mapping
from typing import NamedTuple
from uuid import UUID

from tracker.rules.core.audiences import Visibility
from tracker.rules.events.event_fields import EventFields, Kind
from tracker.rules.events.replies import AttendeeRole


class Invitee(NamedTuple):
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


def follows_seats(one: EventFields) -> bool:
    """Return whether the invitations to an event pass with the seats of its committee.

    Operations and events for named people have a list of names, which no change of seats makes longer or shorter.
    """
    is_by_name = one.kind is Kind.JOINT_OPERATION or one.visibility is Visibility.NAMED
    return one.committee_id is not None and not is_by_name


def list_change(seat: SeatChange, invited: Mapping[UUID, Invitee], seated: Container[UUID]) -> ListChange:
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
