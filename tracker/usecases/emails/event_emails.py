"""Emails about events: the current state as the recipient sees it, and whether the message still makes sense."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from tracker.database import together
from tracker.rules.core.message_types import (
    AnswerOutcome,
    Canceled,
    Changed,
    ConfirmationNudge,
    DateAdded,
    EventContent,
    EventUpdate,
    InvitationAnswered,
    Invited,
    OwnContent,
    ReminderDue,
    Removed,
    ReplyNudge,
    SeriesContinued,
    SeriesEnd,
    SubstituteDeclined,
    SubstituteNamed,
)
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails import account_emails, event_emails
from tracker.rules.emails.emails import Delegation, Email, mark_email
from tracker.rules.emails.event_emails import event_email
from tracker.rules.emails.event_parts import EventForReader
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.events.history import has_confirmed
from tracker.rules.events.replies import (
    AttendeeRole,
    OwnInvitation,
    ReplySource,
    ReplyValue,
    Substitution,
    effective_reply,
    last_responded_at,
    released_by_replies,
)
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events, replies
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.writers import NOT_AUTHORIZED, EmailRequest, writes
from tracker.usecases.events.substitutes import substitutions_of_member

NOT_INVITED = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient is no longer invited.")
ASKED_THEMSELVES = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient now has their own invitation.")
INVITED_AGAIN = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient has been invited again.")
NOT_PUBLISHED = SendOutcome(state=MessageState.SUPERSEDED, reason="The event is a draft.")
GONE = SendOutcome(state=MessageState.SUPERSEDED, reason="That date is no longer in the series.")
OFF = SendOutcome(state=MessageState.SUPERSEDED, reason="It has since been canceled.")
ON = SendOutcome(state=MessageState.SUPERSEDED, reason="It has since been restored.")
MOVED = SendOutcome(state=MessageState.SUPERSEDED, reason="It has since been moved.")
NOT_ASKED = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient is now only informed.")
DECLINED = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient declined.")
REPLIED = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient has replied.")
REPLY_CHANGED = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient’s reply has changed since.")
OVER = SendOutcome(state=MessageState.TOO_LATE, reason="It was over before it could be sent.")
_OfOneDate = ReminderDue | ReplyNudge | ConfirmationNudge | OwnContent | SubstituteDeclined
"""Content about one date, for which the other dates don't matter."""


@writes(EventContent)
async def write_event_email(content: EventContent, request: EmailRequest) -> Email | SendOutcome:
    """Return the email of a message about an event, or why it is not sent.

    One that is only read has to concern its recipient, and need not be current.
    """
    message, reader = request.message, request.reader
    read = await _read_event(content, message, reader)
    if read is None:
        if not isinstance(content, Removed) or message.event_id is None:
            return NOT_AUTHORIZED
        email = event_emails.removed_unseen_email(reader, message.event_id, content.entry)
        return await _with_invitation(account_emails.discreet_email(email) if reader.is_discreet else email, request)
    if read.event.status is EventStatus.DRAFT:
        return NOT_PUBLISHED
    remaining = _what_remains(content, read)
    occasion = await _event_for_reader(remaining, message, reader, read, request.now) if remaining else None
    if occasion is None:
        return GONE
    if why_not := _why_not_to_them(occasion) or (_why_not_now(occasion) if request.is_sent else None):
        return why_not
    if occasion.event.is_restricted:
        email = event_emails.restricted_event_email(occasion)
        email = account_emails.discreet_restricted_email(email) if reader.is_discreet else email
    elif reader.is_discreet:
        email = account_emails.discreet_event_email(occasion)
    else:
        email = mark_email(event_email(occasion), occasion.event.marking)
    return await _with_invitation(replace(email, event_version=read.event.version), request)


async def _with_invitation(email: Email, request: EmailRequest) -> Email:
    """Return an email that changes its reader's calendar with the invitation to which their program replies."""
    if email.calendar is None or email.invitation_id is not None or request.message.event_id is None:
        return email
    invitations = await invitations_by_member(request.message.event_id)
    own = invitations.get(request.reader.member_id)
    return replace(email, invitation_id=own.id) if own else email


class _EventRead(NamedTuple):
    """An event, the dates of it that the email needs, and the reader's invitation to it."""

    event: Event
    dates: list[Occurrence]
    own: OwnInvitation | None


async def _read_event(content: EventContent, message: Message, reader: Viewer) -> _EventRead | None:
    """Return what the email is about; None when the reader can't see it."""
    if message.event_id is None:
        return None
    (event, dates), invitations = await together(
        _read_dates(content, message, message.event_id, reader), replies.own_invitations(reader, [message.event_id])
    )
    if event is None:
        return None
    if event.id != message.event_id:  # a split of the series gave the date to another event
        invitations = await replies.own_invitations(reader, [event.id])
    return _EventRead(event, dates, invitations.get(event.id))


async def _read_dates(
    content: EventContent, message: Message, event_id: UUID, reader: Viewer
) -> tuple[Event | None, list[Occurrence]]:
    if isinstance(content, _OfOneDate) and message.occurrence_id:
        date = await events.date_by_id(reader, message.occurrence_id)
        return (date.event, [date]) if date else (None, [])
    # Read apart, an older rule with newer dates would outrank the email that has both.
    return await events.event_with_dates(reader, event_id)


def _what_remains(content: EventContent, read: _EventRead) -> EventContent | None:
    """Return what there is to say of a message now; None = nothing, because its date is no longer in the series."""
    if isinstance(content, Removed) and read.own and read.event.status is EventStatus.CANCELED:
        # Someone who was removed before is on the list again. They heard of neither, and the event has to leave their
        # calendar all the same.
        return Canceled(reason=read.event.cancel_reason)
    if not isinstance(content, DateAdded) or any(occurrence.id == content.date for occurrence in read.dates):
        return content
    if content.before is None and content.entry is None and not content.also:
        return None
    return Changed(before=content.before, entry=content.entry, also=content.also)


class _Place(NamedTuple):
    """The date that an email is about, and the place that its reader has in it."""

    date: Occurrence
    is_every_date: bool
    """Whether all the dates concern the reader."""
    substitution: Substitution | None
    """For whom they come, or came, if the email is about that."""
    invitation: OwnInvitation | None
    """What they are invited to themselves."""
    instead: Mapping[UUID, Substitution]
    """The dates on which they come in another person's place."""


async def _place_in_event(
    message: Message, reader: Viewer, read: _EventRead, ahead: Sequence[Occurrence]
) -> _Place | None:
    """Return the date that the email is about, of several the next, with the reader's place; None when it is gone."""
    event, dates, own = read
    is_attendee = own is not None and own.role.takes_part  # no one who takes part comes in another person's place
    date_ids = [] if is_attendee else [occurrence.id for occurrence in dates]
    substitutions = await substitutions_of_member(event.id, reader.member_id, date_ids) if date_ids else {}
    instead = {date_id: substitution for date_id, substitution in substitutions.items() if not substitution.is_over}
    # Of the dates, only those on which they substitute concern someone who has no invitation of their own.
    is_partly = instead and not own and not message.occurrence_id
    concerned = [occurrence for occurrence in dates if occurrence.id in instead] if is_partly else dates
    if message.occurrence_id:
        candidates = [occurrence for occurrence in concerned if occurrence.id == message.occurrence_id]
    else:
        candidates = [occurrence for occurrence in ahead if occurrence in concerned] or concerned[-1:]
    if not candidates:
        return None
    substitution = substitutions.get(candidates[0].id)
    # To someone who is kept informed as well, an email about a whole series isn't about the date that they come to.
    if substitution and not message.occurrence_id and (substitution.is_over or (own and event.is_series)):
        substitution = None
    invitation = own if substitution is None or substitution.is_over else None
    return _Place(candidates[0], len(concerned) == len(dates), substitution, invitation, instead)


async def _event_for_reader(
    content: EventContent, message: Message, reader: Viewer, read: _EventRead, now: datetime
) -> EventForReader | None:
    """Return what the email is written from; None when its date is gone."""
    event, dates, own = read
    since = content.since if isinstance(content, Changed) else None  # the date from which a series changed
    changed_dates = [occurrence for occurrence in dates if since is None or occurrence.original_start >= since]
    ahead = _upcoming_dates(changed_dates, now)
    place = await _place_in_event(message, reader, read, ahead)
    if place is None or not changed_dates:
        return None
    date, substitution = place.date, place.substitution
    if substitution:
        name, agency = (await audit.names_of_people([substitution.principal_id]))[substitution.principal_id]
        substitution = replace(substitution, principal=f"{name} ({agency})")
    given = [own.reply_for(occurrence) for occurrence in ahead] if own else []
    occasion = EventForReader(
        content=content,
        reader=reader,
        event=event,
        date=date,
        dates=tuple(dates),
        ahead=ahead,
        is_whole=not event.is_series or (message.occurrence_id is None and place.is_every_date),
        invitation_id=place.invitation.id if place.invitation else None,
        role=place.invitation.role if place.invitation else AttendeeRole.REQUIRED,
        substitution=substitution,
        delegation=await _delegation(own, date, place.instead, now),
        reply=_counting_reply(own, date, place.instead),
        own_replies={
            occurrence.original_start: _counting_reply(own, occurrence, place.instead) for occurrence in dates
        },
        is_replied=bool(given) and ReplyValue.NEEDS_ACTION not in given,
        responded_at=last_responded_at(own.replies, date.id) if own else None,
        now=now,
    )
    return await _with_what_it_says(occasion, own)


async def _with_what_it_says(occasion: EventForReader, own: OwnInvitation | None) -> EventForReader:
    """Return an occasion with what only emails of its content say."""
    reader, event, date = occasion.reader, occasion.event, occasion.date
    match occasion.content:
        case ReplyNudge():
            given = Counter(participant.reply for participant in await attendance.participants(reader, date))
            numbers = (given[ReplyValue.ACCEPTED], given[ReplyValue.TENTATIVE], given[ReplyValue.DECLINED])
            occasion = replace(occasion, replies=numbers)
        case Invited():
            before = await events.series_before(reader, event)
            is_both = before is not None and before.id in await replies.own_invitations(reader, [before.id])
            occasion = replace(occasion, is_continuation=is_both)
        case EventUpdate():
            series = next(iter(await events.series_after(reader, event)), None)
            occasion = replace(occasion, continues_from=series.starts if series else None)
        case SeriesContinued():
            series = next(iter(await events.series_after(reader, event)), None)
            if series and not series.is_restricted:  # emails don't give the times of one for named people
                dates = _upcoming_dates(await events.dates_in_order(reader, series), occasion.now)
                occasion = replace(occasion, onward=series, onward_dates=dates)
        case InvitationAnswered(outcome=AnswerOutcome.RECORDED, at=at) if own:
            emailed = (reply for reply in own.replies if reply.source == ReplySource.EMAIL and reply.replied_at == at)
            note = next((reply.comment for reply in emailed), "")
            occasion = replace(occasion, note=note, released=released_by_replies(own.replies, date.id))
        case SubstituteDeclined(at=at) if own:
            counts = effective_reply(own.replies, date.id)
            is_released = counts is not None and counts.replied_at == at  # else that No no longer counts
            occasion = replace(occasion, released=released_by_replies(own.replies, date.id) if is_released else "")
    return occasion


def _upcoming_dates(dates: Sequence[Occurrence], now: datetime) -> tuple[Occurrence, ...]:
    """Return the upcoming dates that take place."""
    return tuple(occurrence for occurrence in dates if occurrence.is_ahead(now))


def _counting_reply(own: OwnInvitation | None, date: Occurrence, instead: Mapping[UUID, Substitution]) -> ReplyValue:
    """Return the reply that counts for a date; a substitute counts as Yes."""
    if date.id in instead:
        return ReplyValue.ACCEPTED
    return own.reply_for(date) if own and own.role.takes_part else ReplyValue.NEEDS_ACTION


async def _delegation(
    own: OwnInvitation | None, date: Occurrence, instead: Mapping[UUID, Substitution], now: datetime
) -> Delegation | None:
    """Return in whose place the reader comes to a date, or whom they send to it, if that person is active."""
    counts = effective_reply(own.replies, date.id) if own else None
    substitution = instead.get(date.id)
    other = substitution.principal_id if substitution else (counts.substitute_id if counts else None)
    person = (await viewers_for([other], now)).get(other) if other else None
    if person is None:
        return None
    return Delegation(other=person.email, name=f"{person.name} ({person.agency})", is_sent=substitution is not None)


def _why_not_to_them(occasion: EventForReader) -> SendOutcome | None:
    """Return why the message can't even be read: it says nothing without its recipient's place in the event."""
    if isinstance(occasion.content, Removed):
        return None
    is_answered = occasion.is_released and isinstance(occasion.content, InvitationAnswered)
    if occasion.invitation_id is None and not occasion.substitutes_for and not is_answered:
        return NOT_INVITED
    return ASKED_THEMSELVES if isinstance(occasion.content, SubstituteNamed) and occasion.invitation_id else None


def _why_not_now(occasion: EventForReader) -> SendOutcome | None:
    """Return why the message no longer makes sense, or None."""
    if isinstance(occasion.content, Removed):
        is_invited = occasion.invitation_id and not occasion.is_released
        return INVITED_AGAIN if is_invited or occasion.substitutes_for else _why_over(occasion)
    if isinstance(occasion.content, InvitationAnswered):
        is_recorded = occasion.content.outcome is AnswerOutcome.RECORDED
        return REPLY_CHANGED if is_recorded and occasion.substitutes_for else None
    is_canceled = occasion.event.status is EventStatus.CANCELED
    is_off = is_canceled or (occasion.date.is_off and not occasion.is_series)
    if isinstance(occasion.content, Canceled):
        return _why_over(occasion) if is_off else ON
    if is_off:
        return OFF
    if isinstance(occasion.content, ReminderDue | ReplyNudge | ConfirmationNudge | SubstituteDeclined):
        return OFF if occasion.date.is_off else _why_no_reminder(occasion)
    return None if isinstance(occasion.content, SeriesEnd) else _why_over(occasion)


def _why_no_reminder(occasion: EventForReader) -> SendOutcome | None:
    if not occasion.role.takes_part:
        return NOT_ASKED
    match occasion.content:
        case ReplyNudge():
            return None if occasion.has_no_reply else REPLIED
        case ConfirmationNudge() as nudge:
            return REPLIED if has_confirmed(occasion.reply, occasion.responded_at, nudge.since) else None
        case SubstituteDeclined():
            return _why_over(occasion) if occasion.released else REPLY_CHANGED
        case ReminderDue(starts_at=starts_at) if starts_at != occasion.date.starts_at:
            return MOVED
        case _:
            return DECLINED if occasion.reply is ReplyValue.DECLINED else None


def _why_over(occasion: EventForReader) -> SendOutcome | None:
    """Return `OVER` when the date, or every date of a whole event, has ended."""
    ends = max(occurrence.ends_at for occurrence in occasion.dates) if occasion.is_whole else occasion.date.ends_at
    return OVER if ends <= occasion.now else None
