"""Whom a date reminds: everybody invited who has not declined it, the lead included, and who comes in their place."""

from collections.abc import Iterable
from uuid import UUID

from tracker.rules.events.replies import Reply, ReplyValue, effective
from tracker.tables.schema.events.invitations import Invitation
from tracker.tables.schema.events.invitations import Reply as ReplyRow
from tracker.usecases.events.substitutes import standing_in

CHUNK = 1_000  # ids in one query


async def who_comes(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    """Return the members to remind of each date; `dates` are (occurrence, event)."""
    return {
        date_id: [member for member, reply in given.items() if reply is not ReplyValue.DECLINED]
        for date_id, given in (await replies_to(dates)).items()
    }


async def replies_to(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, dict[UUID, ReplyValue]]:
    """Return the reply that counts of everybody invited to each date, by member; `dates` are (occurrence, event).

    Who comes in somebody's place has accepted.
    """
    wanted = list(dates)
    instead = await standing_in(wanted)
    invited = await _invited(sorted({event_id for _, event_id in wanted}))
    replies = await _replies(sorted(one for people in invited.values() for one in people))
    return {
        date_id: dict.fromkeys(instead.get(date_id, ()), ReplyValue.ACCEPTED)
        | {member: _reply(replies.get(one), date_id) for one, member in invited.get(event_id, {}).items()}
        for date_id, event_id in wanted
    }


def _reply(replies: list[Reply] | None, date_id: UUID) -> ReplyValue:
    given = effective(replies, date_id) if replies else None
    return given.value if given else ReplyValue.NEEDS_ACTION


async def _invited(event_ids: list[UUID]) -> dict[UUID, dict[UUID, UUID]]:
    """Return for each event the members by their invitation."""
    known: dict[UUID, dict[UUID, UUID]] = {}
    for some in _chunks(event_ids):
        for row in (
            await Invitation.select(Invitation.id, Invitation.event, Invitation.member)
            .where(Invitation.event.is_in(some) & Invitation.withdrawn_at.is_null())
            .order_by(Invitation.id)
        ):
            known.setdefault(row["event"], {})[row["id"]] = row["member"]
    return known


async def _replies(invitation_ids: list[UUID]) -> dict[UUID, list[Reply]]:
    given: dict[UUID, list[Reply]] = {}
    for some in _chunks(invitation_ids):
        for row in await ReplyRow.select(
            ReplyRow.invitation, ReplyRow.occurrence, ReplyRow.reply, ReplyRow.sequence, ReplyRow.replied_at
        ).where(ReplyRow.invitation.is_in(some)):
            given.setdefault(row["invitation"], []).append(
                Reply(
                    occurrence_id=row["occurrence"],
                    value=ReplyValue(row["reply"]),
                    comment="",
                    source="",
                    sequence=row["sequence"],
                    replied_at=row["replied_at"],
                )
            )
    return given


def _chunks(ids: list[UUID]) -> list[list[UUID]]:
    return [ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK)]
