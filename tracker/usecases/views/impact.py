"""What wide changes do: previews of a change, and removing a person or changing seats.

A preview is the change itself, made in a transaction whose effects are read and that is rolled back, so a form can't
promise anything other than what happens. It also says what becomes readable when a change opens an event to more
people. When a person leaves or a seat changes hands, their work and their places on lists pass to others.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import all_together, together, trying, writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.actions import ActionItem
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import RemovedFromSeries, SeriesEnded
from tracker.rules.core.outbox import decode
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.events import kept_dates
from tracker.rules.events.events import DateLine, Event, EventStatus, Occurrence, fields_of
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.access import may_take_over
from tracker.rules.roster import directory
from tracker.rules.roster.directory import PersonCard, PersonFacts, SeatFacts
from tracker.rules.views.impact import (
    AtMoments,
    Consequences,
    EventSnapshot,
    ListImpact,
    Opening,
    Reminders,
    Subject,
    consequences_between,
    may_know_list,
)
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.emails.outbox_queue import QueuedMessage
from tracker.tables.background.events import events as transfer
from tracker.tables.background.events.events import audiences_of
from tracker.tables.visible import actions as action_item_rows
from tracker.tables.visible.events import events as visible_events
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.calendars.feeds import FeedReader, feed_owners_of, feed_readers
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import active_viewer, viewer_for, viewers_for
from tracker.usecases.emails import reminders
from tracker.usecases.emails.reminders import counting_replies
from tracker.usecases.events import scheduling
from tracker.usecases.events.invitees import ChangedList, following_seats, lists_of_member, pass_invitations_on
from tracker.usecases.events.visibility import opens_to_more
from tracker.usecases.operations.states import move_in_words
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

CURRENT = (MessageKind.INVITATION, MessageKind.UPDATE, MessageKind.SUBSTITUTE, MessageKind.SUBSTITUTE_DECLINED)
"""The kinds of message that tell what an event or date is like when they are sent."""
ENDINGS: Mapping[type[object], str] = {SeriesEnded: "ending", RemovedFromSeries: "leaving"}
"""The fields of `Recipients` for messages that end the series for their reader."""
PATIENCE = 1.0  # seconds to wait for other writers
Effect = TypeVar("Effect")
Deed = Callable[[], Awaitable[UUID | str | None]]
"""Makes the change, and returns the id of an event that it created, if any."""


async def do_and_roll_back(deed: Callable[[], Awaitable[Effect]]) -> Effect:
    """Return what a deed says that it did: it is done, and rolled back.

    Errors: those of the deed; TimeoutError while others write.
    """
    async with trying(PATIENCE):
        return await deed()


async def dry_run(
    viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime, *, date_id: UUID | None = None
) -> Consequences:
    """Return what a deed of the viewer would do to an event; `event_id` None = the deed creates one.

    Replies to dates of a series that are over don't count, except to `date_id`, which the deed may move to another day.

    Effects are read with the event's organizer as viewer, because viewers who remove themselves could not see it
    afterward.
    Errors: those of the deed; TimeoutError while others write.
    """
    readers = await feed_readers(now)
    async with trying(PATIENCE):
        eyes = await _organizer_of(viewer, event_id, now)
        before = await _snapshot(eyes, [event_id] if event_id else [], readers, now, date_id)
        seen_by = await circle_of(eyes, event_id)
        made = await deed()
        ids = {changed_id for changed_id in (event_id, made) if isinstance(changed_id, UUID)}
        after = await _snapshot(eyes, sorted(ids), readers, now, date_id)
        opened = await opening_of(eyes, seen_by, sorted(ids))
        plan_words = await move_in_words(viewer, event_id) if event_id else ""
    return replace(consequences_between(before, after), opening=opened, plan_words=plan_words)


async def _organizer_of(viewer: Viewer, event_id: UUID | None, now: datetime) -> Viewer:
    """Return an event's organizer as viewer; the current viewer for a new event, or when the organizer has left."""
    event = await visible_events.event_by_id(viewer, event_id) if event_id else None
    with suppress(NotFound):
        return await viewer_for(event.lead_id, now) if event else viewer
    return viewer


async def _snapshot(
    viewer: Viewer, event_ids: Sequence[UUID], readers: Sequence[FeedReader], now: datetime, date_id: UUID | None
) -> EventSnapshot:
    events = [
        event
        for event in await all_together([visible_events.event_by_id(viewer, event_id) for event_id in event_ids])
        if event
    ]
    (dates, replies), waiting, (reminders, follow_ups), feeds = await together(
        _dates(viewer, events, now, date_id),
        _waiting(event_ids),
        _emails_ahead(viewer, events, now),
        feed_owners_of(readers, events),
    )
    endings = {queued.id: name for queued in waiting if (name := ENDINGS.get(type(decode(queued.facts))))}
    return EventSnapshot(
        is_known=any(event.status is not EventStatus.DRAFT for event in events),
        content=_content(events, dates),
        messages={queued.id: (queued.kind, queued.recipient_id) for queued in waiting},
        subjects={
            queued.id: (queued.event_id, queued.occurrence_id)
            for queued in waiting
            if queued.event_id and queued.kind in CURRENT and queued.id not in endings
        },
        endings=endings,
        replies=replies,
        reminders=reminders,
        follow_ups=follow_ups,
        feeds=feeds,
        dates=tuple(occurrence for occurrence in dates if occurrence.ends_at > now),
    )


async def _dates(
    viewer: Viewer, events: Sequence[Event], now: datetime, date_id: UUID | None
) -> tuple[list[Occurrence], dict[UUID, tuple[ReplyValue, ...]]]:
    """Return the dates of events, and the replies to those that can still matter, by person."""
    dates = [date for of_event in (await visible_events.dates_of_events(viewer, events)).values() for date in of_event]
    matter = [
        (date.id, date.event.id)
        for date in dates
        if date.ends_at > now or date.id == date_id or not date.event.is_series
    ]
    given: dict[UUID, list[ReplyValue]] = {}
    for replies in (await counting_replies(matter)).values():
        for member_id, reply in replies.items():
            given.setdefault(member_id, []).append(reply)
    return dates, {member_id: tuple(replies) for member_id, replies in given.items()}


async def _waiting(event_ids: Sequence[UUID]) -> list[QueuedMessage]:
    return await outbox_queue.messages_about_events(event_ids) if event_ids else []


def _content(events: Iterable[Event], dates: Iterable[Occurrence]) -> dict[Subject, object]:
    """Return what calendars show, without the version numbers and times of the change itself."""
    of_events: dict[Subject, object] = {(event.id, None): (fields_of(event), event.rrule) for event in events}
    return of_events | {
        (occurrence.event.id, occurrence.id): (
            occurrence.starts_at,
            occurrence.ends_at,
            occurrence.title,
            occurrence.place,
            occurrence.agenda,
            occurrence.is_off,
        )
        for occurrence in dates
    }


async def _emails_ahead(viewer: Viewer, events: Iterable[Event], now: datetime) -> tuple[Reminders, AtMoments]:
    """Return the reminders and the follow-ups of events."""
    follow_ups: dict[datetime, frozenset[UUID]] = {}
    by_date: dict[datetime, dict[timedelta, dict[datetime, frozenset[UUID]]]] = {}
    every = await all_together([reminders.event_reminders_ahead(viewer, event.id, now, ahead=None) for event in events])
    for planned in every:
        for email in planned:
            is_reminder = email.kind is MessageKind.REMINDER
            at = by_date.setdefault(email.line.starts_at, {}).setdefault(email.lead, {}) if is_reminder else follow_ups
            at[email.at] = at.get(email.at, frozenset()) | {to.member_id for to in email.people}
    return by_date, follow_ups


class Circle(NamedTuple):
    """Who may see an event before a change, and whether it or one of its dates has a reason for a cancellation."""

    audiences: frozenset[str]
    has_reasons: bool


async def circle_of(viewer: Viewer, event_id: UUID | None) -> Circle:
    """Return who may see an event now; no one for an event that does not exist yet."""
    event = await visible_events.event_by_id(viewer, event_id) if event_id else None
    if event is None:
        return Circle(frozenset(), has_reasons=False)
    reasons = [
        event.cancel_reason,
        *(occurrence.cancel_reason for occurrence in await visible_events.dates_in_order(viewer, event)),
    ]
    return Circle(frozenset(await audiences_of(event.id)), has_reasons=any(reasons))


async def opening_of(viewer: Viewer, before: Circle, event_ids: Iterable[UUID]) -> Opening:
    """Return what more people can read of the event, and of the series that continues it, than could `before`."""
    wider = [event_id for event_id in event_ids if await opens_to_more(before.audiences, await audiences_of(event_id))]
    opened = [event for event_id in wider if (event := await visible_events.event_by_id(viewer, event_id))]
    dates = [date for of_event in (await visible_events.dates_of_events(viewer, opened)).values() for date in of_event]
    texts = tuple(kept_dates.dates_with_own_texts(dates))
    return Opening(texts=texts, removes_reasons=bool(opened) and before.has_reasons)


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
    invitations = await visible_events.lines_of_invitee(viewer, member_id, now)
    return Transfer(
        person=person,
        events=await visible_events.lines_led(viewer, member_id, now),
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
            event = await visible_events.event_by_id(new_owner, event_id) if new_owner else None
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
    for line in await visible_events.lines_ahead(viewer, {change.event_id for change in changes}, now):
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
