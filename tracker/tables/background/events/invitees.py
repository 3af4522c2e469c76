"""Who is invited to an event and what they replied, as ids, states and moments, whoever may see it.

For writers inside their transaction and for the clock; a person reads `visible_roll` and `visible_replies`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.rules.events.replies import AttendeeRole, ReplyValue
from tracker.tables.schema.events.invitations import Invitation, Reply

CHUNK = 1_000  # ids in one query
# The reply that counts is the newest for the date, else the newest for the series (`rules.invitations.effective`).
REPLY = (
    "COALESCE((SELECT a.reply FROM reply a WHERE a.invitation = i.id AND a.occurrence = o.id"
    " ORDER BY a.replied_at DESC, a.sequence DESC LIMIT 1),"
    "(SELECT a.reply FROM reply a WHERE a.invitation = i.id AND a.occurrence IS NULL"
    " ORDER BY a.replied_at DESC, a.sequence DESC LIMIT 1),"
    " 'needs_action')"
)
"""The reply of invitation `i` to date `o`."""


class KnownInvitation(NamedTuple):
    """An invitation, that of somebody who was taken off the list included."""

    id: UUID
    role: AttendeeRole
    is_withdrawn: bool


class GivenReply(NamedTuple):
    """A reply without its words; `occurrence_id` None means the whole series."""

    invitation_id: UUID
    occurrence_id: UUID | None
    value: ReplyValue
    sequence: int
    replied_at: datetime
    substitute_id: UUID | None


class Holder(NamedTuple):
    """Who holds an invitation, and to what."""

    member_id: UUID
    event_id: UUID


async def invitations(event_id: UUID) -> dict[UUID, KnownInvitation]:
    """Return the invitations to an event by member."""
    found = await Invitation.select(Invitation.id, Invitation.member, Invitation.role, Invitation.withdrawn_at).where(
        Invitation.event == event_id
    )
    return {
        row["member"]: KnownInvitation(row["id"], AttendeeRole(row["role"]), row["withdrawn_at"] is not None)
        for row in found
    }


async def invitees_of(event_id: UUID) -> dict[UUID, AttendeeRole]:
    """Return who is invited now, and as what."""
    return {member_id: one.role for member_id, one in (await invitations(event_id)).items() if not one.is_withdrawn}


async def invited_to_each(event_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, UUID]]:
    """Return for each of these events the members who are invited now, by their invitation."""
    known: dict[UUID, dict[UUID, UUID]] = {}
    for some in _chunks(event_ids):
        for row in (
            await Invitation.select(Invitation.id, Invitation.event, Invitation.member)
            .where(Invitation.event.is_in(some) & Invitation.withdrawn_at.is_null())
            .order_by(Invitation.id)
        ):
            known.setdefault(row["event"], {})[row["id"]] = row["member"]
    return known


async def holder_of(invitation_id: UUID) -> Holder | None:
    """Return who holds an invitation that stands, and to what; None when it was withdrawn, or never made."""
    found = await Invitation.select(Invitation.member, Invitation.event).where(
        (Invitation.id == invitation_id) & Invitation.withdrawn_at.is_null()
    )
    return Holder(found[0]["member"], found[0]["event"]) if found else None


async def replies_to(invitation_ids: Iterable[UUID]) -> list[GivenReply]:
    """Return everything that was replied to these invitations."""
    given: list[GivenReply] = []
    for some in _chunks(invitation_ids):
        found = await Reply.select(
            Reply.invitation, Reply.occurrence, Reply.reply, Reply.sequence, Reply.replied_at, Reply.substitute
        ).where(Reply.invitation.is_in(some))
        given += [
            GivenReply(
                row["invitation"],
                row["occurrence"],
                ReplyValue(row["reply"]),
                row["sequence"],
                row["replied_at"],
                row["substitute"],
            )
            for row in found
        ]
    return given


async def replied_alone(occurrence_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """Return each invitation and date of these that was replied alone, by anybody but the lead."""
    wanted = list(occurrence_ids)
    if not wanted:
        return set()
    found = await Reply.select(Reply.invitation, Reply.occurrence).where(
        Reply.occurrence.is_in(wanted) & (Reply.invitation.role != AttendeeRole.CHAIR)
    )
    return {(row["invitation"], row["occurrence"]) for row in found}


async def anybody_replied(event_id: UUID, since: datetime) -> bool:
    """Whether somebody replied to an event after that moment: to what it was changed to."""
    mine = [one.id for one in (await invitations(event_id)).values()]
    replied = (Reply.source != "change") & (Reply.replied_at > since)
    return bool(mine) and await Reply.exists().where(replied & Reply.invitation.is_in(mine))


def _chunks(ids: Iterable[UUID]) -> list[list[UUID]]:
    every = sorted(ids)
    return [every[first : first + CHUNK] for first in range(0, len(every), CHUNK)]
