"""Removing a person from the task force, and who takes their seats."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.actions.action_items import ActionItem
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.events.events import DateLine
from tracker.rules.operations.access import may_take_over
from tracker.rules.roster import directory
from tracker.rules.roster.directory import PersonCard, PersonFacts, SeatFacts
from tracker.rules.views.impact import ListImpact, may_know_list
from tracker.tables.background.events import events as transfer
from tracker.tables.visible import actions as action_item_rows
from tracker.tables.visible.events import events
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import active_viewer, viewer_for, viewers_for
from tracker.usecases.events import scheduling
from tracker.usecases.events.invitees import ChangedList, following_seats, lists_of_member, pass_invitations_on
from tracker.usecases.roster import committees, csv_import, people
from tracker.usecases.roster import directory as roster_directory
from tracker.usecases.roster.accounts import coordinators, remove_from_task_force
from tracker.usecases.roster.csv_import import RosterImportReport
from tracker.usecases.roster.known_people import (
    ACTIVE,
    COORDINATORS,
    WITH_ACCOUNT,
    Candidates,
    all_but,
    both,
    candidates_among,
    candidates_at_agency,
    either,
)

NOT_ONESELF = "You can’t remove yourself. Ask a coordinator or another administrator."
GONE = "They’ve already left."
NO_SUCCESSOR = "Choose a successor so everything has an owner."


class Transfer(Struct, frozen=True, kw_only=True):
    """The work that passes to others, as far as the viewer may see it, and among whom a successor is chosen."""

    person: PersonCard
    events: Sequence[DateLine]
    """The next date of each event that they organize."""
    items: Sequence[ActionItem]
    invitations: Sequence[DateLine]
    """The upcoming dates to which they are invited, where the viewer may know that."""
    successors: Candidates
    """Their colleagues and the coordinators, who could take it over."""


async def plan_transfer(viewer: Viewer, member_id: UUID, now: datetime) -> Transfer:
    """Return what to review before a member is offboarded. Errors: NotFound, NotAllowed, Conflict."""
    person = await _who_may_be_removed(viewer, member_id)
    invitations = await events.lines_of_invitee(viewer, member_id, now)
    return Transfer(
        person=person,
        events=await events.lines_led(viewer, member_id, now),
        invitations=[line for line in invitations if may_know_list(viewer, line, [person.arm])],
        items=await item_lists.open_items_of_people(viewer, [member_id]),
        successors=_successors(viewer, person),
    )


async def successors_of(viewer: Viewer, member_id: UUID) -> Candidates:
    """Return among whom a member's successor is chosen. Errors: NotFound, NotAllowed, Conflict."""
    return _successors(viewer, await _who_may_be_removed(viewer, member_id))


async def offboard_person(
    viewer: Viewer, member_id: UUID, successor_id: UUID | None, reauthenticated_at: datetime, now: datetime, today: date
) -> list[ListImpact]:
    """Offboard a member: a successor takes over seats, invitations, open action items and upcoming events.

    A seat's invitations pass to its next primary. Others pass to a successor at the same agency, where that person may
    see the event already; operations and events for named people never do. Work that the successor may not see passes
    to someone who may, so no one gains access to it. Past attendance stays as recorded. Returns what changed on lists
    of events, as far as the viewer may know it.
    Errors: NotFound, NotAllowed, Conflict, Invalid(successor).
    """
    directory.check_manager(viewer, reauthenticated_at, now)
    async with writing():
        person = await _who_may_be_removed(viewer, member_id)
        allowed = await candidates_among(_successors(viewer, person), [successor_id] if successor_id else ())
        successor = next(iter((await viewers_for(allowed, now)).values()), None)
        if successor is None:
            raise Invalid(successor=NO_SUCCESSOR)
        is_colleague = successor.agency_id == person.agency_id
        held = await lists_of_member(member_id, now)
        async with following_seats(viewer, now) as passed:
            await remove_from_task_force(member_id, successor.member_id if is_colleague else None, now)
        if is_colleague:
            passed += await pass_invitations_on(
                viewer, held, successor.member_id, now, but={changed_list.event_id for changed_list in passed}
            )
        successor = await viewer_for(successor.member_id, now)  # with the seats that they have from now on
        await transfer_events(viewer, person, successor, now)
        await transfer_items(viewer, person, successor, now, today)
        details = {"successor": successor.member_id}
        await audit.record(viewer.actor, "departed", "member", member_id, details, now)
        return await list_impact_of(viewer, passed, now)


async def _who_may_be_removed(viewer: Viewer, member_id: UUID) -> PersonCard:
    if not viewer.manages_accounts:
        raise NotAllowed(directory.MANAGERS_ONLY)
    person = await roster_directory.person_for(viewer, member_id)
    directory.check_account(viewer, member_id, person.roles)
    if member_id == viewer.member_id:
        raise NotAllowed(NOT_ONESELF)
    if person.status is Status.DEPARTED:
        raise Conflict(GONE)
    if person.is_coordinator and not await coordinators() - {member_id}:
        raise NotAllowed(directory.LAST_COORDINATOR)
    return person


def _successors(viewer: Viewer, person: PersonCard) -> Candidates:
    """Return active colleagues at the agency, and coordinators.

    Viewers who are not coordinators cannot choose themselves, so they cannot get onto a committee this way.
    """
    near = either(candidates_at_agency(person.agency_id), COORDINATORS)
    left_out = {person.id} if viewer.is_coordinator else {person.id, viewer.member_id}
    return all_but(both(both(ACTIVE, WITH_ACCOUNT), near), left_out)


async def transfer_events(by: Viewer, person: PersonCard, successor: Viewer, now: datetime) -> None:
    """Transfer the events that a person organizes to the successor, or to the next invitee who may see them.

    An operation passes to law enforcement only, also after its time while it isn't closed. A draft is deleted, because
    no one else has seen it. An upcoming event that no one can take over is canceled.
    """
    for event_id, is_over in await transfer.events_led(person.id, now):
        invited = await transfer.possible_organizers(event_id, person.agency_id, [person.id])
        for member_id in (successor.member_id, *invited):
            new_owner = await active_viewer(member_id, now)
            event = await events.event_by_id(new_owner, event_id) if new_owner else None
            if new_owner and event and may_take_over(new_owner, event):
                await scheduling.transfer_event(by, event, new_owner, now)
                break
        else:
            if not is_over:
                await scheduling.cancel_without_organizer(by, event_id, now)


async def transfer_items(by: Viewer, person: PersonCard, successor: Viewer, now: datetime, today: date) -> None:
    """Transfer a person's open items to the successor, or to the next candidate who may see the item.

    Candidates are the organizer of the event it comes from, the person who assigned it, a coordinator, or an invitee.
    """
    for owned in await transfer.items_owned(person.id):
        near = [successor.member_id, *filter(None, (owned.lead_id, owned.giver_id)), *sorted(await coordinators())]
        invited = (
            await transfer.possible_organizers(owned.event_id, person.agency_id, [person.id]) if owned.event_id else []
        )
        for member_id in dict.fromkeys([*near, *invited]):
            new_owner = await active_viewer(member_id, now) if member_id != person.id else None
            item = await action_item_rows.item_by_id(new_owner, owned.id) if new_owner else None
            if new_owner and item:
                await action_items.transfer_item(by, item, new_owner, now, today)
                break
        else:
            await action_items.cancel_item(by, owned.id, now)


class ImportedList(NamedTuple):
    """The report of an import, and what its changes of seats do to the lists of events."""

    report: RosterImportReport
    impact: list[ListImpact]


async def set_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    facts: SeatFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> list[ListImpact]:
    """Give an agency a seat, or change who holds it, and return what that did. Errors: as `committees.assign_seat`."""
    async with writing():
        async with following_seats(viewer, now) as passed:
            await committees.assign_seat(
                viewer, committee_id, agency_id, facts, expected_version, reauthenticated_at, now
            )
        return await list_impact_of(viewer, passed, now)


async def remove_seat(
    viewer: Viewer,
    committee_id: UUID,
    agency_id: UUID,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> list[ListImpact]:
    """Remove an agency's seat, and return what that did. Errors: as `committees.delete_seat`."""
    async with writing():
        async with following_seats(viewer, now) as passed:
            await committees.delete_seat(viewer, committee_id, agency_id, expected_version, reauthenticated_at, now)
        return await list_impact_of(viewer, passed, now)


async def change_person(
    viewer: Viewer,
    member_id: UUID,
    facts: PersonFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change a person; with another agency they leave their seats. Errors: as `people.save_person`."""
    async with writing(), following_seats(viewer, now):
        await people.save_person(viewer, member_id, facts, expected_version, reauthenticated_at, now)


async def import_list_for(
    viewer: Viewer, content: bytes, reauthenticated_at: datetime, now: datetime, zone: str
) -> ImportedList:
    """Import a list for a viewer, with its changes of seats. Errors: as `csv_import.import_for_manager`."""
    async with writing():
        async with following_seats(viewer, now) as passed:
            report = await csv_import.import_for_manager(viewer, content, reauthenticated_at, now, zone)
        return ImportedList(report, await list_impact_of(viewer, passed, now))


async def import_list(content: bytes, now: datetime, zone: str, *, is_trial: bool) -> RosterImportReport:
    """Import a list at the command line, with its changes of seats. Errors: as `csv_import.import_roster`."""
    async with writing(), following_seats(None, now):
        return await csv_import.import_roster(content, now, zone, is_trial=is_trial)


async def list_impact_of(viewer: Viewer, passed: Iterable[ChangedList], now: datetime) -> list[ListImpact]:
    """Return the changes of lists that the viewer may know, earliest date first."""
    changes = list(passed)
    ahead: dict[UUID, list[DateLine]] = {}
    for line in await events.lines_ahead(viewer, {change.event_id for change in changes}, now):
        ahead.setdefault(line.event_id, []).append(line)
    concerned = {person for change in changes for person in change.people}
    known, arms = await audit.names_of_people(concerned), await audit.arms_of_people(concerned)
    impact = [
        ListImpact(
            dates=tuple(ahead[change.event_id]),
            leaves=known[change.gone_id][0] if change.gone_id else "",
            joins=known[change.new_id][0] if change.new_id else "",
            notified=change.notified,
        )
        for change in changes
        if change.event_id in ahead
        and may_know_list(viewer, ahead[change.event_id][0], [arms[member_id] for member_id in change.people])
    ]
    return sorted(impact, key=lambda list_impact: list_impact.dates[0].starts_at)
