"""Who is let see an operation: given by its lead, approved by a second person where that is needed, and ended.

Until it is approved, the person is on no list and in no audience, so nothing shows or announces it to them.
"""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import conflicts, writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import audiences
from tracker.rules.core.viewer import Level, Viewer
from tracker.rules.events.event import Event
from tracker.rules.events.history import Change, Field, Verb, people_words
from tracker.rules.events.markings import may_have, standing
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations.grants import Grant, GrantState, check_grant, may_approve, needs_second_person
from tracker.rules.operations.plans import may_plan
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.background.operations.grants import limited, open_grants
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.events import events as rows
from tracker.tables.schema.operations.grants import OperationGrant
from tracker.tables.visible.operations import grants
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events import history, visibility
from tracker.usecases.events.invitees import add, touch, withdraw
from tracker.usecases.events.need_to_know import end_access
from tracker.usecases.events.permission import check_limit
from tracker.usecases.events.seat_invitations import NEWS_OF
from tracker.usecases.operations import approval_notices
from tracker.usecases.operations.lookup import NOT_THEIRS, operation_for
from tracker.usecases.roster.known_people import WITH_ACCOUNT, Candidates, among, at_levels, both, but, known_to

NO_ONE = "Choose the person from the list."
NOT_APPROVER = (
    "Someone in law enforcement on the operation, other than its lead and the person who asked, must approve this."
)
THE_LEAD = "The operation lead always sees it."
NOT_WAITING = "This request no longer waits for approval."
TWICE = "This person already has access, or a request for it is waiting."


async def candidates(viewer: Viewer, event: Event) -> Candidates:
    """Return whom the lead may let see an operation: those whom the limit of its marking admits."""
    others = await _without_access(viewer, event)
    limit = event.marking.limit if event.marking else None
    return both(others, at_levels(one for one in Level if may_have(limit, one))) if limit else others


async def candidates_of(viewer: Viewer, event_id: UUID) -> Candidates:
    """Return whom the viewer may let see an operation that they lead. Errors: NotFound, NotAllowed."""
    return await candidates(viewer, await _led(viewer, event_id))


async def _without_access(viewer: Viewer, event: Event) -> Candidates:
    """Return people with an account who have no access to an operation, and none requested."""
    known = {*await invitees_of(event.id), *await open_grants(event.id), event.lead_id}
    return but(both(known_to(viewer), WITH_ACCOUNT), known)


async def give(
    viewer: Viewer, event_id: UUID, member_id: UUID | None, reason: str, until: datetime | None, now: datetime
) -> GrantState:
    """Let a person see an operation, or request it from a second person; return which of the two it was.

    Errors: NotFound, NotAllowed, Conflict, Invalid by field.
    """
    with conflicts(TWICE):
        async with writing():
            event = await _led(viewer, event_id)
            others = await _without_access(viewer, event)
            person = next(iter((await among(others, filter(None, [member_id]))).values()), None)
            if person is None:
                raise Invalid(person=NO_ONE)
            check_grant(person.arm, reason, until, now)
            await check_limit(event.marking, {person.id})
            waits = needs_second_person(person.arm)
            grant_id = ids.new_id()
            await OperationGrant.insert(
                OperationGrant(
                    id=grant_id,
                    event=event_id,
                    member=person.id,
                    giver=viewer.member_id,
                    reason=reason,
                    requested_at=now,
                    granted_at=None if waits else now,
                    until=until,
                )
            )
            if waits:
                await approval_notices.note_requested(event, await _granted(viewer, event, grant_id), now)
            else:
                await _let_in(viewer, event, person.id, now)
            verb = "access_requested" if waits else "access_given"
            await audit.record(viewer.actor, verb, "event", event_id, _facts(person.id, until), now)
    return GrantState.REQUESTED if waits else GrantState.GRANTED


async def approve(viewer: Viewer, event_id: UUID, grant_id: UUID, now: datetime) -> Grant:
    """Approve a request as the second person; the person is invited like others. Errors: NotFound, NotAllowed."""
    async with writing():
        event = (await operation_for(viewer, event_id)).event
        grant = await _waiting(viewer, event, grant_id, now)
        if not may_approve(viewer, event.lead_id, grant):
            raise NotAllowed(NOT_APPROVER)
        await OperationGrant.update({OperationGrant.granted_at: now, OperationGrant.approver: viewer.member_id}).where(
            OperationGrant.id == grant_id
        )
        await _let_in(viewer, event, grant.member_id, now)
        await approval_notices.note_access_decided(viewer, event, grant, now)
        facts = _facts(grant.member_id, grant.until)
        await audit.record(viewer.actor, "access_approved", "event", event_id, facts, now)
    return grant


async def decline(viewer: Viewer, event_id: UUID, grant_id: UUID, now: datetime) -> Grant:
    """Decline a request, as the second person or as the lead who takes it back. Errors: NotFound, NotAllowed."""
    async with writing():
        event = (await operation_for(viewer, event_id)).event
        grant = await _waiting(viewer, event, grant_id, now)
        if not (may_approve(viewer, event.lead_id, grant) or may_plan(viewer, event)):
            raise NotAllowed(NOT_APPROVER)
        await end_access(event_id, {grant.member_id}, viewer.member_id, now)
        await approval_notices.note_access_decided(viewer, event, grant, now)
        facts = _facts(grant.member_id, grant.until)
        await audit.record(viewer.actor, "access_declined", "event", event_id, facts, now)
    return grant


async def end(viewer: Viewer, event_id: UUID, member_id: UUID, now: datetime) -> str:
    """Take a person off an operation at once, however they came onto it, and return their name.

    Errors: NotFound, NotAllowed, Invalid when they own an open action item from it.
    """
    async with writing():
        event = await _led(viewer, event_id)
        if member_id == event.lead_id:
            raise NotAllowed(THE_LEAD)
        listed = {one.member_id: one.person for one in await grants.listed(viewer, event)}
        if member_id not in listed:
            raise NotFound
        await touch(event_id)
        names = {member_id, (await limited(event_id)).get(member_id, member_id)}
        closed = frozenset[str]().union(*(audiences.of_one(one) for one in names))
        await visibility.close_to(viewer, event_id, closed, now)
        await end_access(event_id, {member_id}, viewer.member_id, now)
        version = await _new_version(event, now)
        notified = frozenset(await viewers_for({member_id}, now)) if event.status in NEWS_OF else frozenset[UUID]()
        await withdraw(event_id, frozenset({member_id}), version, now, notified=notified, entry=None)
        change = Change(field=Field.PEOPLE, after=people_words(0, 1))
        await history.keep(viewer, event, Verb.CHANGED, [change], now)
        await audit.record(viewer.actor, "access_ended", "event", event_id, _facts(member_id, None), now)
    return listed[member_id]


async def _led(viewer: Viewer, event_id: UUID) -> Event:
    """Return the operation, for the people who lead it. Errors: NotFound, NotAllowed."""
    event = (await operation_for(viewer, event_id)).event
    if not may_plan(viewer, event):
        raise NotAllowed(NOT_THEIRS)
    return event


async def _waiting(viewer: Viewer, event: Event, grant_id: UUID, now: datetime) -> Grant:
    grant = await _granted(viewer, event, grant_id)
    if grant.state(now) is not GrantState.REQUESTED:
        raise Conflict(NOT_WAITING)
    return grant


async def _granted(viewer: Viewer, event: Event, grant_id: UUID) -> Grant:
    grant = next((one for one in await grants.grants(viewer, event) if one.id == grant_id), None)
    if grant is None:
        raise NotFound
    return grant


async def _let_in(viewer: Viewer, event: Event, member_id: UUID, now: datetime) -> None:
    """Put a person on the list of an operation and into its audience, and invite them by email."""
    await check_limit(event.marking, {member_id})  # the marking may have changed since the request
    version = await _new_version(event, now)
    name = (await limited(event.id)).get(member_id, member_id)
    await visibility.open_to(event.id, audiences.named(name, standing(event.marking)), now)
    await audience_versions.touch({audiences.member(member_id)})
    notified = frozenset(await viewers_for({member_id}, now)) if event.status in NEWS_OF else frozenset[UUID]()
    await add(event.id, member_id, AttendeeRole.REQUIRED, version, now, notified=notified, by_seat=False)
    await touch(event.id)
    await history.keep(viewer, event, Verb.CHANGED, [Change(field=Field.PEOPLE, after=people_words(1, 0))], now)


async def _new_version(event: Event, now: datetime) -> int:
    version = event.version + 1
    await rows.Event.update({rows.Event.version: version, rows.Event.changed_at: now}).where(rows.Event.id == event.id)
    return version


def _facts(member_id: UUID, until: datetime | None) -> dict[str, object]:
    return {"for": member_id} | ({"until": until} if until else {})
