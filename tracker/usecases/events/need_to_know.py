"""The list of a joint operation for named people: who may be put on it, and whose access ends with it.

Every list is written through `visibility`, which checks it here: the form, the API, an import, a template, or a change
of another event into an operation are no way around the second person that people of victim services need.
"""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from tracker.errors import Invalid
from tracker.rules.core import audiences
from tracker.rules.events.plan import Plan
from tracker.rules.operations.access import is_on_need_to_know, needs_second_person
from tracker.tables.background.operations import access
from tracker.tables.schema.operations.records import OperationGrant
from tracker.usecases.core import audit


async def check_list(event_id: UUID, lead_id: UUID, plan: Plan) -> None:
    """Refuse people on the list of an operation who need a second person's approval and don't have it.

    Errors: Invalid(people=…), which says how to ask for it.
    """
    if not is_on_need_to_know(plan):
        return
    arms = await audit.arms_of_people(set(plan.invitees) - {lead_id})
    guarded = {one for one, arm in arms.items() if needs_second_person(arm)}
    refused = guarded - await access.approved_for(event_id, guarded)
    if refused:
        known = sorted((await audit.names_of_people(refused)).values())
        listed = ", ".join(f"{name} ({agency})" for name, agency in known)
        raise Invalid(
            people=f"People from victim services need a second person’s approval to see an operation: {listed}. "
            "Save the event without them. Then start its plan, and request access for them under Need to know."
        )


async def end_access(event_id: UUID, gone: Collection[UUID], by_id: UUID, now: datetime) -> None:
    """End the access of people who are taken off the list."""
    if gone:
        theirs = OperationGrant.member.is_in(sorted(gone)) & OperationGrant.ended_at.is_null()
        await OperationGrant.update({OperationGrant.ended_at: now, OperationGrant.ended_by: by_id}).where(
            (OperationGrant.event == event_id) & theirs
        )


async def with_lasting(event_id: UUID, member_id: UUID, seen_by: AbstractSet[str]) -> frozenset[str]:
    """Return the audiences of an event with a person whose access no longer ends by itself: its new organizer."""
    limited = (await access.limited_access(event_id)).get(member_id)
    if limited is None:
        return frozenset(seen_by)
    await OperationGrant.update({OperationGrant.until: None}).where(OperationGrant.id == limited)
    return frozenset(seen_by) - audiences.audiences_of_one(limited) | {audiences.member_audience(member_id)}
