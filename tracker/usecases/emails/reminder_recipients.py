"""Who is reminded of a date: invitees who have not declined, including the organizer, and substitutes."""

from collections.abc import Iterable
from uuid import UUID

from tracker.database import together
from tracker.rules.events.replies import ReplyValue, effective_reply
from tracker.tables.background.events.invitees import GivenReply, invited_to_each, replies_to_invitations
from tracker.usecases.events.substitutes import substitutes_by_date


async def who_comes(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    """Return the members to remind of each date; `dates` are (occurrence, event)."""
    return {
        date_id: [member for member, reply in given.items() if reply is not ReplyValue.DECLINED]
        for date_id, given in (await counting_replies(dates)).items()
    }


async def counting_replies(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, dict[UUID, ReplyValue]]:
    """Return the reply that counts for each invitee of each date, by member; `dates` are (occurrence, event).

    A substitute counts as accepted.
    """
    wanted = list(dates)
    instead, invited = await together(
        substitutes_by_date(wanted), invited_to_each({event_id for _, event_id in wanted})
    )
    replies: dict[UUID, list[GivenReply]] = {}
    for reply in await replies_to_invitations(person for people in invited.values() for person in people):
        replies.setdefault(reply.invitation_id, []).append(reply)
    return {
        date_id: dict.fromkeys(instead.get(date_id, ()), ReplyValue.ACCEPTED)
        | {member: _reply(replies.get(one), date_id) for one, member in invited.get(event_id, {}).items()}
        for date_id, event_id in wanted
    }


def _reply(replies: list[GivenReply] | None, date_id: UUID) -> ReplyValue:
    given = effective_reply(replies, date_id) if replies else None
    return given.value if given else ReplyValue.NEEDS_ACTION
