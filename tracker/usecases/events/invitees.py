"""Who is invited to an event, and who is notified of its changes; inside the caller's transaction."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs

from tracker.crypto import ids
from tracker.database.bulk_insert import bulk_insert
from tracker.rules.core import audiences
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.message_types import (
    EventContent,
    EventUpdate,
    Invited,
    KnownBefore,
    MailedEntry,
    Removed,
    RemovedFromSeries,
)
from tracker.rules.core.outbox import KINDS
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, EventStatus
from tracker.rules.events.notifications import Notices
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import AttendeeRole, ReplySource, ReplyValue
from tracker.rules.events.seat_invitations import follows_seats
from tracker.tables.background.events import audiences as audience_rows
from tracker.tables.background.events import new_replies
from tracker.tables.background.events.invitees import KnownInvitation, invitations, invitees_of, replies_to
from tracker.tables.background.events.sequences import raise_sequence
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.events.invitations import Invitation, InvitationGap
from tracker.tables.visible.events import events
from tracker.usecases.core import outbox
from tracker.usecases.events import need_to_know, substitutes
from tracker.usecases.roster.committees import primaries_of

# The first invitation keeps its time, so past attendance stays. An invitation after a withdrawal gets a new time.
_AGAIN = (
    " ON CONFLICT (event, member) DO UPDATE SET role = EXCLUDED.role, by_seat = EXCLUDED.by_seat, withdrawn_at = NULL,"
    " again_at = CASE WHEN invitation.withdrawn_at IS NULL THEN invitation.again_at ELSE EXCLUDED.added_at END"
)


async def mailed_entry(viewer: Viewer, event: Event, now: datetime) -> MailedEntry | None:
    """Return what emails have put into the invitees' calendars so far; None when none was sent."""
    if event.is_restricted or event.status is EventStatus.DRAFT:
        return None
    sent = max((one.sequence for one in await events.dates(viewer, event)), default=0)
    return MailedEntry(uid=event.uid, sequence=max(event.sequence, sent) + 1, at=now)


async def invite(
    viewer: Viewer,
    event_id: UUID,
    lead_id: UUID,
    plan: Plan,
    version: int,
    now: datetime,
    *,
    notified: Notices,
    entry: MailedEntry | None = None,
) -> None:
    """Make the invitations match the plan, and notify the people concerned.

    The organizer is chair and has accepted. People taken off the list each get an email that removes `entry` from their
    calendar. `version` is the event's after the change.
    """
    wanted = {**plan.invitees, lead_id: AttendeeRole.CHAIR}
    known = await invitations(event_id)
    present = frozenset(member_id for member_id, one in known.items() if not one.is_withdrawn)
    added, gone = frozenset(wanted) - present, present - frozenset(wanted)
    await need_to_know.end_access(event_id, gone, viewer.member_id, now)
    await withdraw(event_id, gone, version, now, notified=notified.withdrawal, entry=entry)
    await _forget_replies([known[member_id].id for member_id in added if member_id in known], now)
    # A person who is informed from now on has no substitute any longer; with no list before, no one has one.
    async with substitutes.notified(event_id, now) if known else nullcontext():
        kept = await _keep(event_id, wanted, known, now, by_seat=await _seated(plan))
    if lead_id not in known:
        await new_replies.write_first([_acceptance(kept[lead_id], viewer, now)])
    elif lead_id in added:
        await new_replies.write([_acceptance(kept[lead_id], viewer, now)])
    drafts = [_draft(Invited(), event_id, None, one, version) for one in sorted(notified.invitation)]
    enqueue = outbox.enqueue_all if known else outbox.enqueue_first
    await enqueue(drafts, now)


async def add(
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
    known = await invitations(event_id)
    if member_id in known and await outbox.take_back_message(
        _draft(Removed(), event_id, None, member_id, version - 1).key
    ):
        async with substitutes.notified(event_id, now):
            await _keep(event_id, {member_id: role}, known, now, by_seat=frozenset({member_id} if by_seat else ()))
        return
    await _forget_replies([known[member_id].id] if member_id in known else [], now)
    await _keep(event_id, {member_id: role}, known, now, by_seat=frozenset({member_id} if by_seat else ()))
    await _notify_alone(Invited(), event_id, notified & {member_id}, version, now)


async def _notify_alone(
    content: EventContent, event_id: UUID, whom: frozenset[UUID], version: int, now: datetime
) -> None:
    """Queue a message about the whole event to each of some people, one email per person."""
    await outbox.enqueue_all([_draft(content, event_id, None, one, version) for one in sorted(whom)], now)


async def notify(
    news: EventContent,
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
    drafts = [_draft(news, event_id, occurrence_id, one, version) for one in sorted(whom)]
    if whom and occurrence_id:
        instead = await substitutes.on_date(event_id, occurrence_id)
        drafts += [_draft(news, event_id, occurrence_id, one, version) for one in sorted(instead - whom)]
    elif whom:
        drafts += [
            _draft(_of_date(news, dates, date_id), event_id, date_id, one, version, of_event=True)
            for one, date_id in await substitutes.to_come_on(event_id, now)
            if one not in whom and (dates is None or date_id in dates)
        ]
    await outbox.enqueue_all(drafts, now)


def _of_date(news: EventContent, dates: Mapping[UUID, KnownBefore] | None, date_id: UUID) -> EventContent:
    """Return a message about the whole event as one about one date, with what people knew of that date."""
    if dates is None or not isinstance(news, EventUpdate):
        return news
    return structs.replace(news, before=dates[date_id])


def _draft(
    content: EventContent,
    event_id: UUID,
    occurrence_id: UUID | None,
    member_id: UUID,
    version: int,
    *,
    of_event: bool = False,
) -> outbox_rules.Draft:
    """Return a message to one person; `version` is that of the date after the change, or `of_event` the event's."""
    kind = KINDS[type(content)]
    about = f"{event_id}:{occurrence_id}" if occurrence_id and of_event else str(occurrence_id or event_id)
    return outbox_rules.Draft(
        content=content,
        recipient_id=member_id,
        event_id=event_id,
        occurrence_id=occurrence_id,
        key=f"{kind}:{about}:{member_id}:{version}",
    )


async def take_the_chair(viewer: Viewer, event_ids: Iterable[UUID], now: datetime) -> None:
    """Make the viewer the organizer of new events that have no other invitees, and accept for them."""
    made: list[dict[str, Any]] = [
        {
            "id": ids.new_id(),
            "event": one,
            "member": viewer.member_id,
            "role": AttendeeRole.CHAIR.value,
            "added_at": now,
        }
        for one in event_ids
    ]
    await bulk_insert(Invitation, made)
    await new_replies.write_first([_acceptance(one["id"], viewer, now) for one in made])


async def touch(event_id: UUID) -> None:
    """Raise the calendar versions of everyone who may see the event or is invited, so that feeds show the change."""
    invited = {audiences.member_audience(member_id) for member_id in await invitees_of(event_id)}
    await audience_versions.touch(await audience_rows.audiences_of(event_id) | invited)


async def withdraw(
    event_id: UUID,
    gone: frozenset[UUID],
    version: int,
    now: datetime,
    *,
    notified: frozenset[UUID],
    entry: MailedEntry | None,
) -> None:
    """Take people off the list, and send those in `notified` an email each that removes `entry`.

    The SEQUENCE of the event rises with that email: a calendar program ignores a later invitation with a lower one.
    """
    if not gone:
        return
    if notified:
        await raise_sequence(event_id)
    await audience_versions.touch({audiences.member_audience(one) for one in gone})
    async with substitutes.notified(event_id, now):
        await Invitation.update({Invitation.withdrawn_at: now}).where(
            (Invitation.event == event_id) & Invitation.member.is_in(list(gone))
        )
    await _notify_alone(Removed(entry=entry), event_id, notified, version, now)


async def let_go(event_id: UUID, whom: frozenset[UUID], version: int, now: datetime) -> None:
    """Notify people, one email each, that the series continues without them; they stay invited to its earlier dates."""
    await _notify_alone(RemovedFromSeries(), event_id, whom, version, now)


async def change_lead(by: Viewer, event_id: UUID, former_organizer_id: UUID, lead_id: UUID, now: datetime) -> None:
    """Make another person, who may see the event already, its organizer, and notify them and no one who is invited.

    Visibility changes only for the former organizer, who is taken off the list.
    """
    kept = await _keep(event_id, {lead_id: AttendeeRole.CHAIR}, await invitations(event_id), now, by_seat=frozenset())
    await new_replies.write([_acceptance(kept[lead_id], by, now)])
    found = await audience_rows.audiences_of(event_id) - audiences.audiences_of_one(former_organizer_id)
    await audience_rows.replace_audiences(event_id, await need_to_know.with_lasting(event_id, lead_id, found))
    gone = (Invitation.event == event_id) & (Invitation.member == former_organizer_id)
    async with substitutes.notified(event_id, now):
        await Invitation.update({Invitation.withdrawn_at: now}).where(gone)
    key = f"invitation:{event_id}:{lead_id}:{now.isoformat()}"
    await outbox.enqueue_all(
        [outbox_rules.Draft(content=Invited(), recipient_id=lead_id, event_id=event_id, key=key)], now
    )


async def _forget_replies(invitation_ids: list[UUID], now: datetime) -> None:
    """Reset earlier replies of people who are invited again after they were taken off the list."""
    replied = {(one.invitation_id, one.occurrence_id) for one in await replies_to(invitation_ids)}
    asked = {"reply": ReplyValue.NEEDS_ACTION, "source": ReplySource.CHANGE, "sequence": 0, "replied_at": now}
    await new_replies.write([{"invitation": invitation, "occurrence": date, **asked} for invitation, date in replied])


async def _keep(
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
    await _note_gaps((known[one] for one in wanted if one in known), now)
    await bulk_insert(Invitation, made, _AGAIN)
    return kept


async def _note_gaps(invited: Iterable[KnownInvitation], now: datetime) -> None:
    """Note until when people who are invited again were off the list: the dates in between stay as they were."""
    gaps = [
        {"id": ids.new_id(), "invitation": one.id, "withdrawn_at": one.withdrawn_at, "again_at": now}
        for one in invited
        if one.withdrawn_at
    ]
    await bulk_insert(InvitationGap, gaps)


async def _seated(plan: Plan) -> frozenset[UUID]:
    """Return the people who are invited as primaries of a seat on the committee that meets."""
    return await primaries_of(plan.committee_id) if plan.committee_id and follows_seats(plan) else frozenset()


def _acceptance(invitation_id: UUID, viewer: Viewer, now: datetime) -> dict[str, Any]:
    return {
        "invitation": invitation_id,
        "reply": ReplyValue.ACCEPTED,
        "source": ReplySource(viewer.origin.channel),
        "entered_by": viewer.member_id,
        "sequence": 0,
        "replied_at": now,
    }
