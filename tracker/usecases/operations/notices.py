"""Who is notified of a conflict: the lead of each side that may know of it, and the deconfliction officers.

The leads of an event see which emails went out about it. So the email to an officer is filed under a side that knows
of the conflict, and there is none while neither does: the officers' page has it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.audiences import Arm
from tracker.rules.core.message_types import ConflictEnded, ConflictFound
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewer import Role, Status
from tracker.rules.operations.deconfliction import Disclosure
from tracker.tables.background.operations import plans
from tracker.tables.background.operations.plans import Pair, Planned
from tracker.tables.schema.operations.plans import DeconflictionHit
from tracker.tables.schema.roster.people import Member, MemberRole
from tracker.usecases.core import outbox

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
    for pair in found:
        await _note_who_knows(pair, planned)


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


async def _note_who_knows(pair: Pair, planned: Mapping[UUID, Planned]) -> None:
    """Remember which sides were shown a conflict: they see later how it ended."""
    sides = ((DeconflictionHit.first_knows, pair.second), (DeconflictionHit.second_knows, pair.first))
    for column, other in sides:
        if planned[other].disclosure is not Disclosure.SILENT:
            await DeconflictionHit.update({column: True}).where(DeconflictionHit.id == pair.id)


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
    """Return the deconfliction officers."""
    coordinators = await MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR.value)
    named = [row["member"] for row in coordinators]
    if not named:
        return []
    is_officer = (Member.status == Status.ACTIVE) & (Member.agency.arm == Arm.LAW_ENFORCEMENT.value)
    return [row["id"] for row in await Member.select(Member.id).where(is_officer & Member.id.is_in(named))]
