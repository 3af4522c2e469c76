"""Who is invited to an event, and who is notified of its changes; inside the caller's transaction.

Invitations follow the seats: a new primary takes the former one's place on the lists of the committee's meetings.
Whatever changes a seat runs inside `following_seats`; the invitations change in the same transaction.
"""

from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from tracker.crypto import ids
from tracker.database.binding import bulk_insert
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core import viewers
from tracker.rules.core.email_declarations import EMAILS
from tracker.rules.core.message_types import EmailedEntry, EventContent, EventUpdate, Invited, KnownBefore, Removed
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.rules.events import replies as rules
from tracker.rules.events.events import Event, EventStatus
from tracker.rules.events.history import ChangedField, FieldChange, HistoryVerb, list_changed_words
from tracker.rules.events.notifications import Recipients
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole, ListChange, ListedInvitee, SeatChange
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import events as audience_rows
from tracker.tables.background.events import invitees
from tracker.tables.background.events.events import raise_sequence
from tracker.tables.background.events.invitees import (
    KnownInvitation,
    UpcomingMeeting,
    invitations_by_member,
    replies_to_invitations,
)
from tracker.tables.schema import events as audience_versions
from tracker.tables.schema.events import Invitation, InvitationGap
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events import history, substitutes, visibility
from tracker.usecases.events.replies import ask_people
from tracker.usecases.events.visibility import raise_calendar_versions
from tracker.usecases.roster.committees import primaries_of, seats_held

# The first invitation keeps its time, so past attendance stays. An invitation after a withdrawal gets a new time.
_INVITE_AGAIN = (
    " ON CONFLICT (event, member) DO UPDATE SET role = EXCLUDED.role, by_seat = EXCLUDED.by_seat, withdrawn_at = NULL,"
    " again_at = CASE WHEN invitation.withdrawn_at IS NULL THEN invitation.again_at ELSE EXCLUDED.added_at END"
)


async def entry_in_calendars(viewer: Viewer, event: Event, now: datetime) -> EmailedEntry | None:
    """Return what emails have put into the invitees' calendars so far; None when none was sent."""
    if event.is_restricted or event.status is EventStatus.DRAFT:
        return None
    sent = max((occurrence.sequence for occurrence in await events.dates_in_order(viewer, event)), default=0)
    return EmailedEntry(uid=event.uid, sequence=max(event.sequence, sent) + 1, at=now)


async def invite_people(
    viewer: Viewer,
    event_id: UUID,
    lead_id: UUID,
    plan: Plan,
    version: int,
    now: datetime,
    *,
    notified: Recipients,
    entry: EmailedEntry | None = None,
) -> None:
    """Make the invitations match the plan, and notify the people concerned.

    The organizer is chair and has accepted. People taken off the list each get an email that removes `entry` from their
    calendar. `version` is the event's after the change.
    """
    wanted = {**plan.invitees, lead_id: AttendeeRole.CHAIR}
    known = await invitations_by_member(event_id)
    present = frozenset(member_id for member_id, invitation in known.items() if not invitation.is_withdrawn)
    added, gone = frozenset(wanted) - present, present - frozenset(wanted)
    await visibility.end_access_from_list(event_id, gone, viewer.member_id, now)
    await withdraw_invitations(event_id, gone, version, now, notified=notified.withdrawal, entry=entry)
    await _forget_replies([known[member_id].id for member_id in added if member_id in known], now)
    # A person who is informed from now on has no substitute any longer; with no list before, no one has one.
    async with substitutes.notifying_substitutes(event_id, now) if known else nullcontext():
        seated = (
            await primaries_of(plan.committee_id) if plan.committee_id and rules.follows_seats(plan) else frozenset()
        )
        kept = await _write_invitations(event_id, wanted, known, now, by_seat=seated)
    if lead_id not in known:
        await invitees.write_first_replies([_acceptance(kept[lead_id], viewer, now)])
    elif lead_id in added:
        await invitees.write_replies([_acceptance(kept[lead_id], viewer, now)])
    messages = [_event_message(Invited(), event_id, None, invitee, version) for invitee in sorted(notified.invitation)]
    enqueue = outbox.enqueue_all if known else outbox.enqueue_first
    await enqueue(messages, now)


async def add_invitee(
    event_id: UUID,
    member_id: UUID,
    role: AttendeeRole,
    version: int,
    now: datetime,
    *,
    notified: frozenset[UUID],
    by_seat: bool,
) -> None:
    """Put one more person on the list, and invite them by email if they are in `notified`.

    A person who was taken off the list by the event's last change, and does not know it yet, keeps their replies and
    gets no email.
    """
    known = await invitations_by_member(event_id)
    seated = frozenset({member_id} if by_seat else ())
    removal = _event_message(Removed(), event_id, None, member_id, version - 1)
    if member_id in known and await outbox.take_back_message(removal.key):
        async with substitutes.notifying_substitutes(event_id, now):
            await _write_invitations(event_id, {member_id: role}, known, now, by_seat=seated)
        return
    await _forget_replies([known[member_id].id] if member_id in known else [], now)
    await _write_invitations(event_id, {member_id: role}, known, now, by_seat=seated)
    await notify_people(Invited(), event_id, notified & {member_id}, version, now)


async def notify_people(
    content: EventContent, event_id: UUID, whom: frozenset[UUID], version: int, now: datetime
) -> None:
    """Queue a message about the whole event to each of some people, one email per person."""
    await outbox.enqueue_all([_event_message(content, event_id, None, reader, version) for reader in sorted(whom)], now)


async def notify_invitees(
    announced: EventContent,
    event_id: UUID,
    version: int,
    now: datetime,
    *,
    whom: frozenset[UUID],
    occurrence_id: UUID | None = None,
    dates: Mapping[UUID, KnownBefore] | None = None,
) -> None:
    """Queue one message to each person in `whom`, and to their substitutes one about each date on which they come.

    For a message about the whole event, `dates` are those it concerns, with what people knew of each; None means all
    upcoming dates.
    """
    readers = sorted(whom)
    if whom and occurrence_id:
        readers += sorted(await substitutes.substitutes_on_date(event_id, occurrence_id) - whom)
    messages = [_event_message(announced, event_id, occurrence_id, reader, version) for reader in readers]
    if whom and not occurrence_id:
        for substitute, date_id in await substitutes.upcoming_substitutes(event_id, now):
            if substitute not in whom and (dates is None or date_id in dates):
                of_date = announced
                if dates is not None and isinstance(announced, EventUpdate):
                    of_date = structs.replace(announced, before=dates[date_id])
                messages.append(_event_message(of_date, event_id, date_id, substitute, version, of_event=True))
    await outbox.enqueue_all(messages, now)


def _event_message(
    content: EventContent,
    event_id: UUID,
    occurrence_id: UUID | None,
    member_id: UUID,
    version: int,
    *,
    of_event: bool = False,
) -> outbox_rules.NewMessage:
    """Return a message to one person; `version` is that of the date after the change, or `of_event` the event's."""
    subject = f"{event_id}:{occurrence_id}" if occurrence_id and of_event else occurrence_id or event_id
    return outbox_rules.NewMessage(
        content=content,
        recipient_id=member_id,
        event_id=event_id,
        occurrence_id=occurrence_id,
        key=f"{EMAILS[type(content)].kind}:{subject}:{member_id}:{version}",
    )


async def make_organizer(viewer: Viewer, event_ids: Iterable[UUID], now: datetime) -> None:
    """Make the viewer the organizer of new events that have no other invitees, and accept for them."""
    chair: dict[str, Any] = {"member": viewer.member_id, "role": AttendeeRole.CHAIR.value, "added_at": now}
    made = [{"id": ids.new_id(), "event": event_id, **chair} for event_id in event_ids]
    await bulk_insert(Invitation, made)
    await invitees.write_first_replies([_acceptance(row["id"], viewer, now) for row in made])


async def withdraw_invitations(
    event_id: UUID,
    gone: frozenset[UUID],
    version: int,
    now: datetime,
    *,
    notified: frozenset[UUID],
    entry: EmailedEntry | None,
) -> None:
    """Take people off the list, and send those in `notified` an email each that removes `entry`.

    The SEQUENCE of the event rises with that email: a calendar program ignores a later invitation with a lower one.
    """
    if not gone:
        return
    if notified:
        await raise_sequence(event_id)
    await audience_versions.raise_audience_versions({viewers.member_audience(member_id) for member_id in gone})
    async with substitutes.notifying_substitutes(event_id, now):
        left = (Invitation.event == event_id) & Invitation.member.is_in(list(gone))
        await Invitation.update(withdrawn_at=now).where(left)
    await notify_people(Removed(entry=entry), event_id, notified, version, now)


async def change_lead(by: Viewer, event_id: UUID, former_organizer_id: UUID, lead_id: UUID, now: datetime) -> None:
    """Make another person, who may see the event already, its organizer, and notify them and no one who is invited.

    Visibility changes only for the former organizer, who is taken off the list.
    """
    kept = await _write_invitations(
        event_id, {lead_id: AttendeeRole.CHAIR}, await invitations_by_member(event_id), now, by_seat=frozenset()
    )
    await invitees.write_replies([_acceptance(kept[lead_id], by, now)])
    others = await audience_rows.audiences_of(event_id) - viewers.audiences_of_one(former_organizer_id)
    await audience_rows.replace_audiences(event_id, await visibility.audiences_with_lasting(event_id, lead_id, others))
    gone = (Invitation.event == event_id) & (Invitation.member == former_organizer_id)
    async with substitutes.notifying_substitutes(event_id, now):
        await Invitation.update(withdrawn_at=now).where(gone)
    key = f"invitation:{event_id}:{lead_id}:{now.isoformat()}"
    await outbox.enqueue_all(
        [outbox_rules.NewMessage(content=Invited(), recipient_id=lead_id, event_id=event_id, key=key)], now
    )


async def _forget_replies(invitation_ids: list[UUID], now: datetime) -> None:
    """Reset earlier replies of people who are invited again after they were taken off the list."""
    replied = {(reply.invitation_id, reply.occurrence_id) for reply in await replies_to_invitations(invitation_ids)}
    await ask_people(replied, 0, now)


async def _write_invitations(
    event_id: UUID,
    wanted: Mapping[UUID, AttendeeRole],
    known: Mapping[UUID, KnownInvitation],
    now: datetime,
    *,
    by_seat: frozenset[UUID],
) -> dict[UUID, UUID]:
    """Write the invitations, those in `by_seat` as primaries of a seat; return the id of each by member."""
    kept = {member_id: known[member_id].id if member_id in known else ids.new_id() for member_id in sorted(wanted)}
    made = [
        {
            "id": id_,
            "event": event_id,
            "member": member_id,
            "role": wanted[member_id].value,
            "by_seat": member_id in by_seat,
            "added_at": now,
        }
        for member_id, id_ in kept.items()
    ]
    again = [known[member_id] for member_id in wanted if member_id in known and known[member_id].withdrawn_at]
    gaps = [
        {"id": ids.new_id(), "invitation": invitation.id, "withdrawn_at": invitation.withdrawn_at, "again_at": now}
        for invitation in again
    ]
    await bulk_insert(InvitationGap, gaps)  # dates in a gap stay as they were
    await bulk_insert(Invitation, made, _INVITE_AGAIN)
    return kept


def _acceptance(invitation_id: UUID, viewer: Viewer, now: datetime) -> dict[str, Any]:
    return {
        "invitation": invitation_id,
        "reply": rules.ReplyValue.ACCEPTED,
        "source": rules.ReplySource(viewer.origin.channel),
        "entered_by": viewer.member_id,
        "sequence": 0,
        "replied_at": now,
    }


STATUSES_ANNOUNCED = (EventStatus.TENTATIVE, EventStatus.CONFIRMED)
"""People are notified of a change to an event with this status. No one knows of a draft; a canceled event is off."""
ListsOfEvents = Mapping[UUID, Mapping[UUID, ListedInvitee]]
"""The invitees of events, by event and member."""
ListsOfMember = list[tuple[UpcomingMeeting, ListedInvitee, Mapping[UUID, ListedInvitee]]]
"""The events to which a person is invited: each with their place on its list, and the whole list."""


class ChangedList(Struct, frozen=True, kw_only=True):
    """One event's list after a change of seats: who left it, who joined it, and who of them gets an email."""

    event_id: UUID
    gone_id: UUID | None
    new_id: UUID | None
    notified: frozenset[UUID]

    @property
    def people(self) -> frozenset[UUID]:
        """Return the people who leave or join."""
        return frozenset(member_id for member_id in (self.gone_id, self.new_id) if member_id)


@asynccontextmanager
async def following_seats(by: Viewer | None, now: datetime) -> AsyncIterator[list[ChangedList]]:
    """Make the lists of committee meetings follow the seats that change inside; `by` None = the command line.

    Yields a list that holds, afterward, what changed. The caller is inside `writing()`. Dates that are over keep their
    invitees and attendance. No one gains access to an event by this: a new primary who may not see it isn't invited.
    """
    held, meetings = await seats_held(), await invitees.meetings_of_committees(now)
    lists = await _lists_of(meetings)
    passed: list[ChangedList] = []
    yield passed
    after = await seats_held()
    former = {(seat.committee_id, seat.agency_id): seat.member_id for seat in held}
    new = {(seat.committee_id, seat.agency_id): seat.member_id for seat in after}
    changes = [
        SeatChange(seat[0], former.get(seat), new.get(seat))
        for seat in sorted({*former, *new})
        if former.get(seat) != new.get(seat)
    ]
    if not changes:
        return
    for meeting in meetings:
        seated = frozenset(seat.member_id for seat in after if seat.committee_id == meeting.committee_id)
        of_committee = [change for change in changes if change.committee_id == meeting.committee_id]
        wanted = [rules.change_of_list(change, lists[meeting.id], seated) for change in of_committee]
        passed += await _change_list(by, meeting, wanted, now, by_seat=True)


async def pass_invitations_on(
    by: Viewer, lists: ListsOfMember, successor_id: UUID, now: datetime, *, but: Container[UUID]
) -> list[ChangedList]:
    """Invite a successor where a person who leaves was invited by name, to events that both may see.

    Events in `but` changed with a seat already. The caller is inside `writing()` and takes the person off the lists.
    """
    passed: list[ChangedList] = []
    for meeting, former, invited in lists:
        if not former.by_seat and successor_id not in invited and meeting.id not in but:
            joins = ListChange(gone_id=None, new_id=successor_id, role=former.role)
            passed += await _change_list(by, meeting, [joins], now, by_seat=False)
    return passed


async def lists_of_member(member_id: UUID, now: datetime) -> ListsOfMember:
    """Return the events with upcoming dates to which a person is invited and which they do not organize."""
    meetings = await invitees.meetings_of_member(member_id, now)
    lists = await _lists_of(meetings)
    return [(meeting, lists[meeting.id][member_id], lists[meeting.id]) for meeting in meetings]


async def _lists_of(meetings: Iterable[UpcomingMeeting]) -> ListsOfEvents:
    lists = await invitees.invitees_of_meetings(meeting.id for meeting in meetings)
    return {
        event_id: {member_id: ListedInvitee(*place) for member_id, place in listed.items()}
        for event_id, listed in lists.items()
    }


async def _change_list(
    by: Viewer | None, meeting: UpcomingMeeting, wanted: Sequence[ListChange], now: datetime, *, by_seat: bool
) -> list[ChangedList]:
    """Change one event's list, as one new version of the event; return what changed.

    A new invitee who may not see the event doesn't join it.
    """
    new = await viewers_for(filter(None, (change.new_id for change in wanted)), now)
    seen_by = await audience_rows.audiences_of(meeting.id)
    may_join = {member_id for member_id, viewer in new.items() if viewer.audiences & seen_by}
    possible = [change if change.new_id in may_join else change._replace(new_id=None) for change in wanted]
    changes = [change for change in possible if change.gone_id or change.new_id]
    if not changes:
        return []
    version = meeting.version + 1
    await raise_calendar_versions(meeting.id)
    event = audience_versions.Event
    await event.update(version=version, changed_at=now).where(event.id == meeting.id)
    passed = [await _change_place(meeting, change, version, now, by_seat=by_seat) for change in changes]
    await raise_calendar_versions(meeting.id)
    if by:
        added, gone = sum(bool(place.new_id) for place in passed), sum(bool(place.gone_id) for place in passed)
        people = FieldChange(field=ChangedField.PEOPLE, after=list_changed_words(added, gone))
        await history.record_change(by, meeting, HistoryVerb.CHANGED, [people], now)
    await audit.record(by.actor if by else BY_COMMAND, "changed", "event", meeting.id, {"fields": ["people"]}, now)
    return passed


async def _change_place(
    meeting: UpcomingMeeting, change: ListChange, version: int, now: datetime, *, by_seat: bool
) -> ChangedList:
    concerned = {member_id for member_id in (change.gone_id, change.new_id) if member_id}
    is_announced = meeting.status in STATUSES_ANNOUNCED
    notified = frozenset(await viewers_for(concerned, now)) if is_announced else frozenset[UUID]()
    if change.gone_id:
        gone = frozenset({change.gone_id})
        entry = EmailedEntry(uid=meeting.uid, sequence=max(meeting.sequence, meeting.sent) + 1, at=now)
        await withdraw_invitations(
            meeting.id, gone, version, now, notified=notified & gone, entry=entry if is_announced else None
        )
    if change.new_id:
        await audience_versions.raise_audience_versions({viewers.member_audience(change.new_id)})
        await add_invitee(meeting.id, change.new_id, change.role, version, now, notified=notified, by_seat=by_seat)
    waiting = {event.recipient_id for event in await outbox_queue.messages_about_events([meeting.id])}
    return ChangedList(event_id=meeting.id, gone_id=change.gone_id, new_id=change.new_id, notified=notified & waiting)
