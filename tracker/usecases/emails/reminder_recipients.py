"""Whom a date reminds: everybody invited who has not declined it, the lead included, and who comes in their place."""

from collections.abc import Iterable
from uuid import UUID

from tracker.rules.events.replies import Answer, AnswerValue, effective
from tracker.tables.schema.events.invitations import Answer as AnswerRow
from tracker.tables.schema.events.invitations import Invitation
from tracker.usecases.events.substitutes import standing_in

CHUNK = 1_000  # ids in one query


async def who_comes(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    """Return the members to remind of each date; `dates` are (occurrence, event)."""
    return {
        date_id: [member for member, answer in given.items() if answer is not AnswerValue.DECLINED]
        for date_id, given in (await answers_to(dates)).items()
    }


async def answers_to(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, dict[UUID, AnswerValue]]:
    """Return the answer that counts of everybody invited to each date, by member; `dates` are (occurrence, event).

    Who comes in somebody's place has accepted.
    """
    wanted = list(dates)
    instead = await standing_in(wanted)
    invited = await _invited(sorted({event_id for _, event_id in wanted}))
    answers = await _answers(sorted(one for people in invited.values() for one in people))
    return {
        date_id: dict.fromkeys(instead.get(date_id, ()), AnswerValue.ACCEPTED)
        | {member: _answer(answers.get(one), date_id) for one, member in invited.get(event_id, {}).items()}
        for date_id, event_id in wanted
    }


def _answer(answers: list[Answer] | None, date_id: UUID) -> AnswerValue:
    given = effective(answers, date_id) if answers else None
    return given.value if given else AnswerValue.NEEDS_ACTION


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


async def _answers(invitation_ids: list[UUID]) -> dict[UUID, list[Answer]]:
    given: dict[UUID, list[Answer]] = {}
    for some in _chunks(invitation_ids):
        for row in await AnswerRow.select(
            AnswerRow.invitation, AnswerRow.occurrence, AnswerRow.answer, AnswerRow.sequence, AnswerRow.answered_at
        ).where(AnswerRow.invitation.is_in(some)):
            given.setdefault(row["invitation"], []).append(Answer(
                occurrence_id=row["occurrence"], value=AnswerValue(row["answer"]), comment="", source="",
                sequence=row["sequence"], answered_at=row["answered_at"],
            ))  # fmt: skip
    return given


def _chunks(ids: list[UUID]) -> list[list[UUID]]:
    return [ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK)]
