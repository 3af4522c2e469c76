"""Who is notified of a conflict: the lead of each side that may know of it, and the deconfliction officers.

The leads of an event see which emails went out about it. So the email to an officer is filed under a side that knows
of the conflict, and there is none while neither does: the officers' page has it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.audiences import Arm
from tracker.rules.core.message_types import ConflictEnded, ConflictFound, DecisionDropped
from tracker.rules.core.outbox import Draft
from tracker.rules.operations.deconfliction import Disclosure
from tracker.tables.background.operations import plans
from tracker.tables.background.operations.plans import Pair, Planned
from tracker.tables.schema.operations.plans import DeconflictionHit
from tracker.usecases.core import names, outbox
from tracker.usecases.roster.close_account import coordinators

NEWS = timedelta(days=1)
"""For how long it is worth an email that a conflict has ended."""


async def notify(pairs: Iterable[Pair], now: datetime) -> None:
    """Queue the emails about these conflicts inside the caller's `writing()`; a second one to the same person isn't."""
    found = list(pairs)
    if not found:
        return
    planned = await plans.by_id({one for pair in found for one in (pair.first, pair.second)})
    informed = await officers()
    drafts = [
        draft
        for pair in found
        for draft in (
            *_to_lead(pair, planned[pair.first], planned[pair.second]),
            *_to_lead(pair, planned[pair.second], planned[pair.first]),
            *_to_officers(pair, planned[pair.first], planned[pair.second], informed),
        )
    ]
    await outbox.enqueue_all(drafts, now)
    await _note_who_knows(found, planned)


async def notify_ended(pair: Pair, sides: Mapping[UUID, Planned], now: datetime) -> None:
    """Queue the emails to the leads who were shown a conflict that it has ended, inside the caller's `writing()`."""
    were_shown = [one for one, knew in ((pair.first, pair.first_knows), (pair.second, pair.second_knows)) if knew]
    drafts = [
        Draft(
            content=ConflictEnded(hit=pair.id),
            recipient_id=sides[one].lead_id,
            key=f"conflict_ended:{pair.id}:{one}",
            event_id=sides[one].event_id,
            not_after=max(sides[one].ends_at, now + NEWS),
        )
        for one in were_shown
    ]
    await outbox.enqueue_all(drafts, now)


async def notify_dropped(pair: Pair, now: datetime) -> bool:
    """Queue the emails that what was decided about a conflict no longer counts, inside the caller's `writing()`.

    Only leads who were shown it before get one, and not while the other side shows nothing. Return whether both do.
    """
    sides = await plans.by_id([pair.first, pair.second])
    knew = ((pair.first, pair.second, pair.first_knows), (pair.second, pair.first, pair.second_knows))
    known_to = [one for one, other, was_shown in knew if was_shown and sides[other].disclosure is not Disclosure.SILENT]
    drafts = [
        Draft(
            content=DecisionDropped(hit=pair.id),
            recipient_id=sides[one].lead_id,
            key=f"decision_dropped:{pair.id}:{one}:{now.isoformat()}",
            event_id=sides[one].event_id,
            not_after=sides[one].ends_at,
        )
        for one in known_to
    ]
    await outbox.enqueue_all(drafts, now)
    return len(known_to) == len(sides)


async def _note_who_knows(pairs: Iterable[Pair], planned: Mapping[UUID, Planned]) -> None:
    """Remember which sides were shown a conflict: they see later how it ended."""
    hit = DeconflictionHit
    found = [pair for pair in pairs if not (pair.first_knows and pair.second_knows)]
    for column, others in (
        (hit.first_knows, {pair.id: pair.second for pair in found}),
        (hit.second_knows, {pair.id: pair.first for pair in found}),
    ):
        shown = [one for one, other in others.items() if planned[other].disclosure is not Disclosure.SILENT]
        if shown:
            await hit.update({column: True}).where(hit.id.is_in(shown))


def _to_lead(pair: Pair, mine: Planned, other: Planned) -> list[Draft]:
    """Return the email to the lead of one side, unless the other side discloses nothing."""
    is_told = other.disclosure is not Disclosure.SILENT
    return [_draft(pair, mine, mine.lead_id, for_officer=False)] if is_told else []


def _to_officers(pair: Pair, one: Planned, other: Planned, informed: Iterable[UUID]) -> list[Draft]:
    knows = next((mine for mine, its in ((one, other), (other, one)) if its.disclosure is not Disclosure.SILENT), None)
    return [_draft(pair, knows, officer, for_officer=True) for officer in informed] if knows else []


def _draft(pair: Pair, about: Planned, recipient_id: UUID, *, for_officer: bool) -> Draft:
    return Draft(
        content=ConflictFound(hit=pair.id, for_officer=for_officer),
        recipient_id=recipient_id,
        key=f"conflict_found:{pair.id}:{recipient_id}:{'officer' if for_officer else 'lead'}",
        event_id=about.event_id,
        not_after=about.ends_at,
    )


async def officers() -> list[UUID]:
    """Return the deconfliction officers: the coordinators of law enforcement who are active."""
    arms = await names.arms(await coordinators())
    return sorted(one for one, arm in arms.items() if arm is Arm.LAW_ENFORCEMENT)
