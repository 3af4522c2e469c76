"""Offboarding: a member's work passes to others, and all their access is revoked, in one transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewer import Status, Viewer
from tracker.rules.events.event import Line
from tracker.rules.roster import accounts
from tracker.rules.roster.directory import PersonCard
from tracker.rules.views.list_impact import ListImpact, may_know
from tracker.tables.visible.events import organized
from tracker.usecases.actions import item_lists
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for, viewers_for
from tracker.usecases.events.seat_invitations import following_the_seats, held_by, pass_on
from tracker.usecases.roster import directory
from tracker.usecases.roster.close_account import coordinators
from tracker.usecases.roster.ended_roles import leave
from tracker.usecases.roster.known_people import (
    ACTIVE,
    COORDINATORS,
    WITH_ACCOUNT,
    Candidates,
    among,
    at_agency,
    both,
    but,
    either,
)
from tracker.usecases.views.offboarding_transfers import transfer_events, transfer_items
from tracker.usecases.views.seat_changes import shown

ONESELF = "You can’t remove yourself. Ask a coordinator or another administrator."
GONE = "They’ve already left."
NOBODY = "Choose a successor so everything has an owner."


class Transfer(Struct, frozen=True, kw_only=True):
    """The work that passes to others, as far as the viewer may see it, and among whom a successor is chosen."""

    person: PersonCard
    events: Sequence[Line]
    """The next date of each event that they organize."""
    items: Sequence[ActionItem]
    invitations: Sequence[Line]
    """The upcoming dates to which they are invited, where the viewer may know that."""
    successors: Candidates
    """Their colleagues and the coordinators, who could take it over."""


async def plan_transfer(viewer: Viewer, member_id: UUID, now: datetime) -> Transfer:
    """Return what to review before a member is offboarded. Errors: NotFound, NotAllowed, Conflict."""
    person = await _who_may_be_removed(viewer, member_id)
    return Transfer(
        person=person,
        events=await organized.led(viewer, member_id, now),
        invitations=await _invitations(viewer, person, now),
        items=await item_lists.open_items_of_people(viewer, [member_id]),
        successors=_successors(viewer, person),
    )


async def successors(viewer: Viewer, member_id: UUID) -> Candidates:
    """Return among whom a member's successor is chosen. Errors: NotFound, NotAllowed, Conflict."""
    return _successors(viewer, await _who_may_be_removed(viewer, member_id))


async def depart(
    viewer: Viewer, member_id: UUID, successor_id: UUID | None, reauthenticated_at: datetime, now: datetime, today: date
) -> list[ListImpact]:
    """Offboard a member: a successor takes over seats, invitations, open action items and upcoming events.

    A seat's invitations pass to its next primary. Others pass to a successor at the same agency, where that person may
    see the event already; operations and events for named people never do. Work that the successor may not see passes
    to someone who may, so no one gains access to it. Past attendance stays as recorded. Returns what changed on lists
    of events, as far as the viewer may know it.
    Errors: NotFound, NotAllowed, Conflict, Invalid(successor).
    """
    accounts.check_manager(viewer, reauthenticated_at, now)
    async with writing():
        person = await _who_may_be_removed(viewer, member_id)
        successor = await _successor(viewer, person, successor_id, now)
        is_colleague = successor.agency_id == person.agency_id
        held = await held_by(member_id, now)
        async with following_the_seats(viewer, now) as passed:
            await leave(member_id, successor.member_id if is_colleague else None, now)
        if is_colleague:
            passed += await pass_on(viewer, held, successor.member_id, now, but={one.event_id for one in passed})
        successor = await viewer_for(successor.member_id, now)  # with the seats that they have from now on
        await transfer_events(viewer, person, successor, now)
        await transfer_items(viewer, person, successor, now, today)
        details = {"successor": successor.member_id}
        await audit.record(viewer.actor, "departed", "member", member_id, details, now)
        return await shown(viewer, passed, now)


async def _invitations(viewer: Viewer, person: PersonCard, now: datetime) -> list[Line]:
    lines = await organized.invited(viewer, person.id, now)
    return [one for one in lines if may_know(viewer, one, [person.arm])]


async def _who_may_be_removed(viewer: Viewer, member_id: UUID) -> PersonCard:
    if not viewer.manages_accounts:
        raise NotAllowed(accounts.MANAGERS_ONLY)
    person = await directory.person(viewer, member_id)
    accounts.check_account(viewer, member_id, person.roles)
    if member_id == viewer.member_id:
        raise NotAllowed(ONESELF)
    if person.status is Status.DEPARTED:
        raise Conflict(GONE)
    if person.is_coordinator and not await coordinators() - {member_id}:
        raise NotAllowed(accounts.LAST_COORDINATOR)
    return person


async def _successor(viewer: Viewer, person: PersonCard, member_id: UUID | None, now: datetime) -> Viewer:
    """Return the chosen successor, while their own access lasts. Errors: Invalid(successor)."""
    allowed = await among(_successors(viewer, person), [member_id] if member_id else ())
    found = (await viewers_for(allowed, now)).values()
    if not found:
        raise Invalid(successor=NOBODY)
    return next(iter(found))


def _successors(viewer: Viewer, person: PersonCard) -> Candidates:
    """Return active colleagues at the agency, and coordinators.

    Viewers who are not coordinators cannot choose themselves, so they cannot get onto a committee this way.
    """
    near = either(at_agency(person.agency_id), COORDINATORS)
    left_out = {person.id} if viewer.is_coordinator else {person.id, viewer.member_id}
    return but(both(both(ACTIVE, WITH_ACCOUNT), near), left_out)
