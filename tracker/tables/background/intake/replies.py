"""What is known of an invitation when a reply to it comes by email, as ids, numbers, and times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.columns import Column
from piccolo.columns.combination import Where

from tracker.rules.events.replies import ReplySource
from tracker.rules.intake.calendar_replies import Outcome
from tracker.tables.schema.events.invitations import Invitation, Reply
from tracker.tables.schema.intake.replies import IncomingReply


class RecordedReply(NamedTuple):
    """A reply that was recorded because of an email."""

    invitation_id: UUID
    occurrence_id: UUID | None
    """None = the whole series."""
    number: int
    """Among the replies to the invitation."""


@dataclass(frozen=True, kw_only=True)
class Before:
    """What came before a reply, for its date or its series."""

    asked_at: int | None
    """SEQUENCE of the last change that asked for a new reply."""
    asked_since: datetime | None
    """When that change was made."""
    replied_at: datetime | None
    """When a person last replied in another way than by a calendar program."""
    sequence: int | None
    """Of the newest reply of a calendar program; None = there is none."""
    stamped_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class _Given:
    occurrence_id: UUID | None
    source: ReplySource
    sequence: int
    at: datetime


async def before(invitation_id: UUID, occurrence_id: UUID | None) -> Before:
    """Return what came before a reply; `occurrence_id` None = for the whole series."""
    given = await _given(invitation_id, occurrence_id)
    asked = max(((one.sequence, one.at) for one in given if one.source is ReplySource.CHANGE), default=(None, None))
    other = [one.at for one in given if one.source not in (ReplySource.CHANGE, ReplySource.EMAIL)]
    attached = IncomingReply.attached
    newest = (
        await IncomingReply.select(IncomingReply.sequence, IncomingReply.stamped_at)
        .where(
            (
                (IncomingReply.invitation == invitation_id)
                & (IncomingReply.outcome == Outcome.RECORDED)
                & _is(IncomingReply.occurrence, occurrence_id)
            )
            | (
                (attached.invitation == invitation_id)
                & (attached.source == ReplySource.EMAIL)
                & _is(attached.occurrence, occurrence_id)
            )
        )
        .order_by(IncomingReply.sequence, IncomingReply.stamped_at, ascending=False)
        .limit(1)
    )
    last = newest[0] if newest else {"sequence": None, "stamped_at": None}
    return Before(
        asked_at=asked[0],
        asked_since=asked[1],
        replied_at=max(other, default=None),
        sequence=last["sequence"],
        stamped_at=last["stamped_at"],
    )


async def is_known(email: str) -> bool:
    """Return whether an email came before."""
    return bool(await IncomingReply.exists().where(IncomingReply.email_hash == email))


async def attached_reply(incoming_id: UUID) -> RecordedReply | None:
    """Return the reply that an email was attached as; None when it is no longer, or was dismissed."""
    reply = IncomingReply.attached
    found = await IncomingReply.select(reply.invitation, reply.occurrence, reply.number).where(
        (IncomingReply.id == incoming_id) & reply.is_not_null()
    )
    names = ("invitation", "occurrence", "number")
    return next((RecordedReply(*(row[f"attached.{one}"] for one in names)) for row in found), None)


async def member_of(invitation_id: UUID) -> UUID | None:
    """Return the person of an invitation, withdrawn or not."""
    found = await Invitation.select(Invitation.member).where(Invitation.id == invitation_id)
    return found[0]["member"] if found else None


async def _given(invitation_id: UUID, occurrence_id: UUID | None) -> Sequence[_Given]:
    """Return the replies for a date; those for the series when the date has none of its own."""
    rows = await Reply.select(Reply.occurrence, Reply.source, Reply.sequence, Reply.replied_at).where(
        Reply.invitation == invitation_id
    )
    every = [
        _Given(
            occurrence_id=row["occurrence"],
            source=ReplySource(row["source"]),
            sequence=row["sequence"],
            at=row["replied_at"],
        )
        for row in rows
    ]
    own = [one for one in every if one.occurrence_id == occurrence_id]
    return own or [one for one in every if one.occurrence_id is None]


def _is(column: Column, occurrence_id: UUID | None) -> Where:
    return column.is_null() if occurrence_id is None else column == occurrence_id
