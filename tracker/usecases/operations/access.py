"""Who is let see an operation: given by its lead, approved by a second person where that is needed, and ended.

Until it is approved, the person is on no list and in no audience, so nothing shows or announces it to them. Access
that ends by itself ends at its moment, because the person's audiences no longer hold it (`core.viewers`); then the
clock takes the person off the list. The page also has the dissemination record, for the people who lead the operation.

Emergency access: an administrator gives a reason, and reads operations for an hour (decision 31). It belongs to the
session in which it began, so emails, feeds, and programs never have it. The coordinators are notified when it begins,
and the lead of an operation when it is opened, each in the transaction of the deed.
"""

from collections import Counter
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace

from tracker.crypto import ids
from tracker.database import conflicts, writing
from tracker.database.binding import insert_row
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound, ReauthenticationNeeded
from tracker.rules.core import viewers
from tracker.rules.core.message_types import AccessDecided, AccessRequested, EmergencyAccessUsed
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, Arm, Emergency, Level, Viewer, is_recent
from tracker.rules.core.viewers import emergency_audience as audience_of
from tracker.rules.events.events import DateLine, Event, Occurrence
from tracker.rules.events.history import ChangedField, FieldChange, HistoryVerb, list_changed_words
from tracker.rules.events.markings import capacity_on_list, may_have_limited
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.operations import access as rules
from tracker.rules.operations.access import Dissemination, EmergencyOpened, EmergencyUse, Grant, GrantState
from tracker.rules.operations.plans import may_plan
from tracker.tables.background import operations as background
from tracker.tables.background.events import events as audience_rows
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.background.operations import EmergencyDate, OpenGrant, limited_access, open_grants
from tracker.tables.schema import events
from tracker.tables.schema.operations import EmergencyAccess, EmergencyOpening, OperationGrant
from tracker.tables.visible.operations import records as visible
from tracker.tables.visible.operations.records import ListedPerson
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events import history, visibility
from tracker.usecases.events.invitees import STATUSES_ANNOUNCED, add_invitee, withdraw_invitations
from tracker.usecases.events.visibility import check_within_limit, end_access_from_list, raise_calendar_versions
from tracker.usecases.identity.sessions import open_among
from tracker.usecases.operations.approvals import enqueue_for_approval
from tracker.usecases.operations.states import OperationView, operation_for, operation_led, operation_view
from tracker.usecases.roster.accounts import coordinators
from tracker.usecases.roster.known_people import (
    WITH_ACCOUNT,
    Candidates,
    all_but,
    both,
    candidates_among,
    candidates_at_levels,
    people_to_invite,
)

MOST_USES = 50


class EmergencyChoice(Struct, frozen=True, kw_only=True):
    """An operation in the list: when it is and who leads it, and nothing of what it is."""

    date: EmergencyDate
    lead: str
    is_opened: bool

    @property
    def key(self) -> str:
        """Return the key of its date in addresses."""
        return self.date.original_start.date().isoformat()


async def begin_emergency_access(
    viewer: Viewer, session_id: str, reason: str, reauthenticated_at: datetime, now: datetime
) -> Emergency:
    """Begin emergency access in a session, and notify the coordinators.

    Errors: NotFound for people who aren't administrators, ReauthenticationNeeded, Conflict, Invalid(reason).
    """
    if not rules.may_use_emergency_access(viewer):
        raise NotFound
    if not is_recent(reauthenticated_at, now):
        raise ReauthenticationNeeded("Confirm it’s you before you start emergency access.")
    rules.check_emergency_reason(reason)
    access = Emergency(id=ids.new_id(), until=now + rules.EMERGENCY_LASTS)
    async with writing():
        is_its = (EmergencyAccess.session == session_id) & EmergencyAccess.ended_at.is_null()
        if await EmergencyAccess.exists().where(is_its & (EmergencyAccess.until > now)):
            raise Conflict("You have emergency access already.")
        began = {"member": viewer.member_id, "session": session_id, "reason": reason, "began_at": now}
        await insert_row(EmergencyAccess, id=access.id, until=access.until, **began)
        others = sorted(await coordinators() - {viewer.member_id})
        await outbox.enqueue_all([_draft(access.id, coordinator) for coordinator in others], now)
        await audit.record(viewer.actor, "emergency_begun", "emergency", access.id, {"why": reason}, now)
    return access


async def emergency_choices(viewer: Viewer, now: datetime) -> list[EmergencyChoice]:
    """Return the operations that the viewer can open. Errors: NotFound without emergency access."""
    access = _access(viewer)
    dates = await background.emergency_dates(now - rules.EMERGENCY_LOOKS_BACK)
    people = await audit.names_of_people({date.lead_id for date in dates})
    opened = await background.opened_operations(access.id)
    return [
        EmergencyChoice(date=date, lead=people[date.lead_id].words, is_opened=date.event_id in opened) for date in dates
    ]


async def open_in_emergency(viewer: Viewer, event_id: UUID, now: datetime) -> EmergencyDate:
    """Let the viewer read an operation until their access ends, and notify its lead; again is no second opening.

    Errors: NotFound without emergency access, or for what isn't in the list.
    """
    access = _access(viewer)
    async with writing():
        dates = await background.emergency_dates(now - rules.EMERGENCY_LOOKS_BACK, event_id)
        if not dates:
            raise NotFound
        if event_id in await background.opened_operations(access.id):
            return dates[0]
        await insert_row(EmergencyOpening, access=access.id, event=event_id, opened_at=now)
        await audience_rows.add_audiences(event_id, {audience_of(access.id)})
        await outbox.enqueue_all([_draft(access.id, dates[0].lead_id, event_id)], now)
        await audit.record(viewer.actor, "emergency_opened", "event", event_id, {}, now)
    return dates[0]


async def end_emergency_access(viewer: Viewer, now: datetime) -> None:
    """End the viewer's emergency access now. Errors: Conflict when it has ended."""
    if viewer.emergency is None:
        raise Conflict("Your emergency access has ended.")
    async with writing():
        await _close(viewer.emergency.id, now)
        await audit.record(viewer.actor, "emergency_ended", "emergency", viewer.emergency.id, {}, now)


async def end_expired_emergencies(now: datetime) -> int:
    """Close accesses whose hour or session is over, and return how many: a job of the clock.

    They opened nothing since then.
    """
    if not await _over(now):
        return 0
    async with writing():
        ended = await _over(now)
        for access_id, ended_at in ended.items():
            await _close(access_id, ended_at)
            await audit.record(BY_CLOCK, "emergency_expired", "emergency", access_id, {}, now)
    return len(ended)


async def record_emergency_page(viewer: Viewer, path: str, now: datetime, *, is_polled: bool = False) -> None:
    """Record a page that is read under emergency access, each time; without the record there is no page.

    A part that a page fetches again by itself is recorded once in `POLLED_AGAIN`. The day of a date is left out: who
    reads the audit log learns ids, and not when an operation is (decision 9).
    """
    access, facts = _access(viewer), {"page": rules.without_day(path)}
    if is_polled and await audit.was_recorded(viewer, "emergency_read", facts, since=now - rules.POLLED_AGAIN):
        return
    async with writing():
        await audit.record(viewer.actor, "emergency_read", "emergency", access.id, facts, now)


async def openings_of(viewer: Viewer, event: Event) -> list[EmergencyOpened]:
    """Return who opened an operation under emergency access, the latest first, for law enforcement on it."""
    if not rules.is_on_need_to_know(event) or viewer.arm is not Arm.LAW_ENFORCEMENT:
        return []
    return await visible.emergency_openings(viewer, event)


async def emergency_uses(viewer: Viewer) -> list[EmergencyUse]:
    """Return who had emergency access lately, and why. Errors: NotFound for anyone but its possible readers."""
    if not rules.may_read_emergency_uses(viewer):
        raise NotFound
    rows = await EmergencyAccess.select().order_by(EmergencyAccess.began_at, ascending=False).limit(MOST_USES)
    people = await audit.names_of_people({row["member"] for row in rows})
    return [
        EmergencyUse(
            person=people[row["member"]].words,
            reason=row["reason"],
            began_at=row["began_at"],
            until=row["ended_at"] or row["until"],
        )
        for row in rows
    ]


def _access(viewer: Viewer) -> Emergency:
    if viewer.emergency is None:
        raise NotFound
    return viewer.emergency


async def _over(now: datetime) -> dict[UUID, datetime]:
    """Return the accesses that are over and not closed yet, and when each ended."""
    row = EmergencyAccess
    rows = await row.select(row.id, row.session, row.until).where(row.ended_at.is_null())
    is_open = await open_among([row["session"] for row in rows], now)
    return {row["id"]: min(row["until"], now) for row in rows if row["until"] <= now or row["session"] not in is_open}


async def _close(access_id: UUID, at: datetime) -> None:
    await EmergencyAccess.update(ended_at=at).where(EmergencyAccess.id == access_id)
    await background.close_emergency_audience(access_id)


def _draft(access_id: UUID, recipient_id: UUID, event_id: UUID | None = None) -> NewMessage:
    return NewMessage(
        content=EmergencyAccessUsed(access=access_id),
        recipient_id=recipient_id,
        event_id=event_id,
        key=f"emergency_access:{access_id}:{event_id or ''}:{recipient_id}",
    )


NOT_APPROVER = (
    "Someone in law enforcement on the operation, other than its lead and the person who asked, must approve this."
)


class PersonAccess(Struct, frozen=True, kw_only=True):
    """One person who may see the operation; the grant is None for people who were put on its list by its form."""

    listed: ListedPerson
    grant: Grant | None
    is_lead: bool

    @property
    def giver(self) -> str:
        """Return who let them; empty when they were on the list from the beginning."""
        return self.grant.giver if self.grant else self.listed.giver


class AccessView(OperationView, frozen=True, kw_only=True):
    """Who may see an operation, for the people who lead it; others see their own access, and what they may approve."""

    people: tuple[PersonAccess, ...]
    waiting: tuple[Grant, ...]
    """Requests that the viewer may approve, or made as lead."""
    may_approve: frozenset[UUID]
    """Which of them the viewer may approve."""
    has_no_second: bool
    """Whether no one on the operation can approve one of the requests, for the people who lead it."""
    candidates: Candidates | None
    """Whom the lead may add."""
    opened: tuple[EmergencyOpened, ...]
    """Who has read it under emergency access, the latest first."""
    record: tuple[Dissemination, ...]
    """Which version each person had, through what, and when first, for the lead."""

    def is_on_it(self, member_id: UUID) -> bool:
        """Return whether a person may still see the operation."""
        return any(person.listed.member_id == member_id for person in self.people)


async def access_view(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> AccessView:
    """Return what the page shows. Errors: NotFound for an operation without a plan, or that the viewer may not see."""
    view = await operation_view(viewer, event_id, key)
    event, leads = view.occurrence.event, view.leads
    known = await visible.access_grants(viewer, event)
    waiting = [grant for grant in known if grant.state(now) is GrantState.REQUESTED]
    approvable = frozenset(grant.id for grant in waiting if rules.may_approve_access(viewer, event.lead_id, grant))
    granted = {grant.member_id: grant for grant in known if grant.state(now) is GrantState.GRANTED}
    return AccessView(
        **asdict(view),
        people=tuple(
            PersonAccess(listed=person, grant=granted.get(person.member_id), is_lead=person.member_id == event.lead_id)
            for person in await visible.listed_people(viewer, event)
            if leads or person.member_id == viewer.member_id
        ),
        waiting=tuple(grant for grant in waiting if leads or grant.id in approvable),
        may_approve=approvable,
        has_no_second=leads and not all([await _possible_approvers(event, grant, now) for grant in waiting]),
        candidates=await _candidates(viewer, event) if leads else None,
        opened=tuple(await openings_of(viewer, event)),
        record=tuple(await dissemination_record(viewer, view.occurrence)),
    )


async def requests_to_approve(viewer: Viewer, now: datetime) -> dict[UUID, tuple[DateLine, int]]:
    """Return the operations with requests that the viewer can approve, and how many, by date."""
    lines = [
        line
        for line, grant in await visible.waiting_grants(viewer)
        if grant.state(now) is GrantState.REQUESTED and rules.may_approve_access(viewer, line.lead_id, grant)
    ]
    counts = Counter(line.id for line in lines)
    return {line.id: (line, counts[line.id]) for line in lines}


async def _candidates(viewer: Viewer, event: Event) -> Candidates:
    """Return whom the lead may let see an operation: those whom the limit of its marking admits."""
    others = await _without_access(viewer, event)
    limit = event.marking.limit if event.marking else None
    if limit is None:
        return others
    return both(others, candidates_at_levels(level for level in Level if may_have_limited(limit, level)))


async def access_candidates(viewer: Viewer, event_id: UUID) -> Candidates:
    """Return whom the viewer may let see an operation that they lead. Errors: NotFound, NotAllowed."""
    return await _candidates(viewer, (await operation_led(viewer, event_id)).event)


async def _without_access(viewer: Viewer, event: Event) -> Candidates:
    """Return people with an account who have no access to an operation, and none requested."""
    known = {*await invitees_of(event.id), *await open_grants(event.id), event.lead_id}
    return all_but(both(people_to_invite(viewer), WITH_ACCOUNT), known)


async def give_access(
    viewer: Viewer, event_id: UUID, member_id: UUID | None, reason: str, until: datetime | None, now: datetime
) -> GrantState:
    """Let a person see an operation, or request it from a second person; return which of the two it was.

    Errors: NotFound, NotAllowed, Conflict, Invalid by field.
    """
    with conflicts("This person already has access, or a request for it is waiting."):
        async with writing():
            event = (await operation_led(viewer, event_id)).event
            others = await _without_access(viewer, event)
            person = next(iter((await candidates_among(others, filter(None, [member_id]))).values()), None)
            if person is None:
                raise Invalid(person="Choose the person from the list.")
            rules.check_grant(person.arm, reason, until, now)
            await check_within_limit(event.marking, {person.id})
            waits = rules.needs_second_person(person.arm)
            asked = {"giver": viewer.member_id, "reason": reason, "requested_at": now, "until": until}
            granted_at = None if waits else now
            grant_id = await insert_row(
                OperationGrant, event=event_id, member=person.id, granted_at=granted_at, **asked
            )
            if waits:
                [grant] = [grant for grant in await visible.access_grants(viewer, event) if grant.id == grant_id]
                approvers = await _possible_approvers(event, grant, now)
                await enqueue_for_approval(event, AccessRequested(grant=grant_id), approvers, now)
            else:
                await _let_in(viewer, event, person.id, now)
            verb = "access_requested" if waits else "access_given"
            await audit.record(viewer.actor, verb, "event", event_id, _grant_facts(person.id, until), now)
    return GrantState.REQUESTED if waits else GrantState.GRANTED


async def approve_access(viewer: Viewer, event_id: UUID, grant_id: UUID, now: datetime) -> Grant:
    """Approve a request as the second person; the person is invited like others. Errors: NotFound, NotAllowed."""
    async with writing():
        event, grant = await _waiting_grant(viewer, event_id, grant_id, now)
        if not rules.may_approve_access(viewer, event.lead_id, grant):
            raise NotAllowed(NOT_APPROVER)
        await OperationGrant.update(granted_at=now, approver=viewer.member_id).where(OperationGrant.id == grant_id)
        await _let_in(viewer, event, grant.member_id, now)
        await _notify_of_decision(viewer, event, grant, now)
        facts = _grant_facts(grant.member_id, grant.until)
        await audit.record(viewer.actor, "access_approved", "event", event_id, facts, now)
    return grant


async def decline_access(viewer: Viewer, event_id: UUID, grant_id: UUID, now: datetime) -> Grant:
    """Decline a request, as the second person or as the lead who takes it back. Errors: NotFound, NotAllowed."""
    async with writing():
        event, grant = await _waiting_grant(viewer, event_id, grant_id, now)
        if not (rules.may_approve_access(viewer, event.lead_id, grant) or may_plan(viewer, event)):
            raise NotAllowed(NOT_APPROVER)
        await end_access_from_list(event_id, {grant.member_id}, viewer.member_id, now)
        await _notify_of_decision(viewer, event, grant, now)
        facts = _grant_facts(grant.member_id, grant.until)
        await audit.record(viewer.actor, "access_declined", "event", event_id, facts, now)
    return grant


async def take_off_operation(viewer: Viewer, event_id: UUID, member_id: UUID, now: datetime) -> str:
    """Take a person off an operation at once, however they came onto it, and return their name.

    Errors: NotFound, NotAllowed, Invalid when they own an open action item from it.
    """
    async with writing():
        event = (await operation_led(viewer, event_id)).event
        if member_id == event.lead_id:
            raise NotAllowed("The operation lead always sees it.")
        listed = {person.member_id: person.person for person in await visible.listed_people(viewer, event)}
        if member_id not in listed:
            raise NotFound
        await raise_calendar_versions(event_id)
        names = {member_id, (await limited_access(event_id)).get(member_id, member_id)}
        closed = frozenset[str]().union(*(viewers.audiences_of_one(name) for name in names))
        await visibility.close_event_to(viewer, event_id, closed, now)
        await end_access_from_list(event_id, {member_id}, viewer.member_id, now)
        version = await _raise_event_version(event, now)
        notified = await _notified(event, member_id, now)
        await withdraw_invitations(event_id, frozenset({member_id}), version, now, notified=notified, entry=None)
        change = FieldChange(field=ChangedField.PEOPLE, after=list_changed_words(0, 1))
        await history.record_change(viewer, event, HistoryVerb.CHANGED, [change], now)
        await audit.record(viewer.actor, "access_ended", "event", event_id, _grant_facts(member_id, None), now)
    return listed[member_id]


async def _waiting_grant(viewer: Viewer, event_id: UUID, grant_id: UUID, now: datetime) -> tuple[Event, Grant]:
    event = (await operation_for(viewer, event_id)).event
    grants = {grant.id: grant for grant in await visible.access_grants(viewer, event)}
    if grant_id not in grants:
        raise NotFound
    if grants[grant_id].state(now) is not GrantState.REQUESTED:
        raise Conflict("This request no longer waits for approval.")
    return event, grants[grant_id]


async def _let_in(viewer: Viewer, event: Event, member_id: UUID, now: datetime) -> None:
    """Put a person on the list of an operation and into its audience, and invite them by email."""
    await check_within_limit(event.marking, {member_id})  # the marking may have changed since the request
    version = await _raise_event_version(event, now)
    name = (await limited_access(event.id)).get(member_id, member_id)
    await visibility.open_event_to(event.id, viewers.named_audience(name, capacity_on_list(event.marking)), now)
    await events.raise_audience_versions({viewers.member_audience(member_id)})
    notified = await _notified(event, member_id, now)
    await add_invitee(event.id, member_id, AttendeeRole.REQUIRED, version, now, notified=notified, by_seat=False)
    await raise_calendar_versions(event.id)
    change = FieldChange(field=ChangedField.PEOPLE, after=list_changed_words(1, 0))
    await history.record_change(viewer, event, HistoryVerb.CHANGED, [change], now)


async def _notified(event: Event, member_id: UUID, now: datetime) -> frozenset[UUID]:
    return frozenset(await viewers_for({member_id}, now) if event.status in STATUSES_ANNOUNCED else ())


async def _raise_event_version(event: Event, now: datetime) -> int:
    version = event.version + 1
    await events.Event.update(version=version, changed_at=now).where(events.Event.id == event.id)
    return version


def _grant_facts(member_id: UUID, until: datetime | None) -> dict[str, object]:
    return {"for": member_id} | ({"until": until} if until else {})


async def _notify_of_decision(viewer: Viewer, event: Event, grant: Grant, now: datetime) -> None:
    """Queue the email to the person who requested access, inside the caller's `writing()`; not about their own deed."""
    if viewer.member_id != grant.giver_id:
        await enqueue_for_approval(event, AccessDecided(grant=grant.id), [grant.giver_id], now)


async def _possible_approvers(event: Event, grant: Grant, now: datetime) -> list[UUID]:
    """Return who on the operation can approve a request for access."""
    people = (await viewers_for(await invitees_of(event.id), now)).values()
    return sorted(viewer.member_id for viewer in people if rules.may_approve_access(viewer, event.lead_id, grant))


async def end_lapsed_access(now: datetime) -> int:
    """End access and requests whose time is over, without an email, and return how many: a job of the clock."""
    if not await background.lapsed_grants(now):
        return 0
    async with writing():
        lapsed_grants = await background.lapsed_grants(now)
        for grant in lapsed_grants:
            await OperationGrant.update(ended_at=now).where(OperationGrant.id == grant.id)
            if grant.is_granted:
                await _take_off_list(grant, now)
            await audit.record(BY_CLOCK, "access_expired", "event", grant.event_id, {"for": grant.member_id}, now)
    return len(lapsed_grants)


async def _take_off_list(lapsed: OpenGrant, now: datetime) -> None:
    await raise_calendar_versions(lapsed.event_id)
    seen_by = await audience_rows.audiences_of(lapsed.event_id)
    await audience_rows.replace_audiences(lapsed.event_id, seen_by - viewers.audiences_of_one(lapsed.id))
    changed = events.Event.update(version=events.Event.version + 1, changed_at=now)
    [after] = await changed.where(events.Event.id == lapsed.event_id).returning(events.Event.version)
    gone = frozenset({lapsed.member_id})
    await withdraw_invitations(lapsed.event_id, gone, after["version"], now, notified=frozenset(), entry=None)


async def dissemination_record(viewer: Viewer, occurrence: Occurrence) -> list[Dissemination]:
    """Return which version each person had, also people who no longer see it; nothing for people who don't lead it."""
    if not may_plan(viewer, occurrence.event):
        return []
    given = await visible.disseminations(viewer, occurrence.event, occurrence.id)
    people = await audit.names_of_people(dissemination.member_id for dissemination in given)
    return rules.first_disseminations(
        replace(dissemination, person=people[dissemination.member_id].words) for dissemination in given
    )
