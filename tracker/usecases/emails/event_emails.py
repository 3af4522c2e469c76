"""Emails about events: the current state as the recipient sees it, and whether the message still makes sense."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
    remaining = _without_lost_date(_now_canceled(content, read.event, read.own), read.dates)
    occasion = await _event_for_reader(remaining, message, reader, read, request.now) if remaining else None
    if occasion is None:
        return GONE
    if why_not := _why_not(occasion) if request.is_sent else _why_not_read(occasion):
        return why_not
    if occasion.event.is_restricted:
        email = event_emails.restricted_event_email(occasion)
        email = account_emails.discreet_restricted_email(email) if reader.is_discreet else email
    elif reader.is_discreet:
        email = account_emails.discreet_event_email(occasion, event_email)
    else:
        email = mark_email(event_email(occasion), occasion.event.marking)
    return await _with_invitation(replace(email, event_version=read.event.version), request)


def _now_canceled(content: EventContent, event: Event, own: OwnInvitation | None) -> EventContent:
    """Return that the event is canceled, if someone who was removed before is on its list again.

    They heard of neither, and the event has to leave their calendar all the same.
    """
    is_off = isinstance(content, Removed) and event.status is EventStatus.CANCELED
    return Canceled(reason=event.cancel_reason) if is_off and own else content


def _without_lost_date(content: EventContent, dates: Sequence[Occurrence]) -> EventContent | None:
    """Return what remains of a message when the date that it announces is no longer in the series; None = nothing."""
    if not isinstance(content, DateAdded) or any(occurrence.id == content.date for occurrence in dates):
        return content
    if content.before is None and content.entry is None and not content.also:
        return None
    return Changed(before=content.before, entry=content.entry, also=content.also)


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


async def _event_for_reader(
    content: EventContent, message: Message, reader: Viewer, read: _EventRead, now: datetime
) -> EventForReader | None:
    """Return what the email is written from; None when its date is gone."""
    event, dates, own = read
    changed_dates = _following_dates(content, dates)
    upcoming_dates = _upcoming_dates(changed_dates, now)
    substitutions = await _substitutions(reader, read)
    current_substitutions = {date_id: place for date_id, place in substitutions.items() if not place.is_over}
    readers_dates = _readers_dates(message, read, current_substitutions)
    date = _subject_date(message, readers_dates, [date for date in upcoming_dates if date in readers_dates])
    if date is None or not changed_dates:
        return None
    substitution, invitation = _place_in_event(message, read, substitutions, date)
    next_series = await _next_series(reader, event) if isinstance(content, SeriesContinued) else None
    return EventForReader(
        content=content,
        reader=reader,
        event=event,
        date=date,
        dates=tuple(dates),
        ahead=upcoming_dates,
        is_whole=not event.is_series or (message.occurrence_id is None and len(readers_dates) == len(dates)),
        invitation_id=invitation.id if invitation else None,
        role=invitation.role if invitation else AttendeeRole.REQUIRED,
        substitution=await _named_substitution(substitution),
        delegation=await _delegation(own, date, current_substitutions, now),
        reply=_counting_reply(own, date, current_substitutions),
        own_replies={
            occurrence.original_start: _counting_reply(own, occurrence, current_substitutions) for occurrence in dates
        },
        is_replied=_is_replied(own, upcoming_dates),
        responded_at=last_responded_at(own.replies, date.id) if own else None,
        now=now,
        note=_reply_note(content, own),
        released=_released(content, own, date),
        replies=await _reply_counts(reader, date) if isinstance(content, ReplyNudge) else None,
        onward=next_series,
        onward_dates=_upcoming_dates(await events.dates_in_order(reader, next_series), now) if next_series else (),
        continues_from=await _continues_from(reader, event) if isinstance(content, EventUpdate) else None,
        is_continuation=isinstance(content, Invited) and await _is_continuation(reader, event),
    )


async def _substitutions(reader: Viewer, read: _EventRead) -> dict[UUID, Substitution]:
    """Return the dates on which the reader comes in another person's place, or did; no one who takes part does."""
    if read.own and read.own.role.takes_part:
        return {}
    return await substitutions_of_member(read.event.id, reader.member_id, [occurrence.id for occurrence in read.dates])


def _readers_dates(message: Message, read: _EventRead, instead: Collection[UUID]) -> list[Occurrence]:
    """Return the dates that concern the reader: of someone who only comes in another person's place, those dates."""
    is_partly = instead and not read.own and not message.occurrence_id
    return [occurrence for occurrence in read.dates if occurrence.id in instead] if is_partly else read.dates


def _place_in_event(
    message: Message, read: _EventRead, turns: Mapping[UUID, Substitution], date: Occurrence
) -> tuple[Substitution | None, OwnInvitation | None]:
    """Return for whom the reader comes, or came, if the email is about that; and what they are invited to themselves.

    To someone who is kept informed as well, an email about a whole series isn't about that.
    """
    turn = turns.get(date.id)
    if turn and not message.occurrence_id and (turn.is_over or (read.own and read.event.is_series)):
        turn = None
    return turn, read.own if turn is None or turn.is_over else None


def _following_dates(content: EventContent, dates: Sequence[Occurrence]) -> list[Occurrence]:
    """Return the dates from the one on which a series changed, or all."""
    since = content.since if isinstance(content, Changed) else None
    return [occurrence for occurrence in dates if since is None or occurrence.original_start >= since]


def _upcoming_dates(dates: Sequence[Occurrence], now: datetime) -> tuple[Occurrence, ...]:
    """Return the upcoming dates that take place."""
    return tuple(occurrence for occurrence in dates if occurrence.is_ahead(now))


def _counting_reply(own: OwnInvitation | None, date: Occurrence, instead: Mapping[UUID, Substitution]) -> ReplyValue:
    """Return the reply that counts for a date; a substitute counts as Yes."""
    if date.id in instead:
        return ReplyValue.ACCEPTED
    return own.reply_for(date) if own and own.role.takes_part else ReplyValue.NEEDS_ACTION


def _reply_note(content: EventContent, own: OwnInvitation | None) -> str:
    """Return what was written with the reply that an email of the reader gave; empty for every other content."""
    if own is None or not isinstance(content, InvitationAnswered) or content.outcome is not AnswerOutcome.RECORDED:
        return ""
    given = (reply for reply in own.replies if reply.source == ReplySource.EMAIL and reply.replied_at == content.at)
    return next((reply.comment for reply in given), "")


def _released(content: EventContent, own: OwnInvitation | None, date: Occurrence) -> str:
    """Return who no longer comes in the reader's place: by their reply by email, or by that person's own No.

    Empty for no one, and where that No no longer counts.
    """
    counts = effective_reply(own.replies, date.id) if own else None
    match content:
        case InvitationAnswered(outcome=AnswerOutcome.RECORDED):
            is_released = True
        case SubstituteDeclined(at=at):
            is_released = counts is not None and counts.replied_at == at
        case _:
            is_released = False
    return released_by_replies(own.replies, date.id) if own and is_released else ""


def _is_replied(own: OwnInvitation | None, ahead: Sequence[Occurrence]) -> bool:
    """Return whether the reader has replied to each upcoming date."""
    if own is None or not ahead:
        return False
    return all(own.reply_for(occurrence) is not ReplyValue.NEEDS_ACTION for occurrence in ahead)


async def _named_substitution(turn: Substitution | None) -> Substitution | None:
    """Return a substitution with the name and agency of the person who is, or was, substituted for."""
    if turn is None:
        return None
    name, agency = (await audit.names_of_people([turn.principal_id]))[turn.principal_id]
    return replace(turn, principal=f"{name} ({agency})")


async def _delegation(
    own: OwnInvitation | None, date: Occurrence, instead: Mapping[UUID, Substitution], now: datetime
) -> Delegation | None:
    """Return in whose place the reader comes to a date, or whom they send to it, if that person is active."""
    counts = effective_reply(own.replies, date.id) if own else None
    turn = instead.get(date.id)
    other = turn.principal_id if turn else (counts.substitute_id if counts else None)
    person = (await viewers_for([other], now)).get(other) if other else None
    if person is None:
        return None
    return Delegation(other=person.email, name=f"{person.name} ({person.agency})", is_sent=turn is not None)


async def _reply_counts(reader: Viewer, date: Occurrence) -> tuple[int, int, int]:
    given = Counter(participant.reply for participant in await attendance.participants(reader, date))
    return given[ReplyValue.ACCEPTED], given[ReplyValue.TENTATIVE], given[ReplyValue.DECLINED]


async def _next_series(reader: Viewer, event: Event) -> Event | None:
    """Return the series that continues this one; never one for named people, because emails do not give its times."""
    series = next(iter(await events.series_after(reader, event)), None)
    return None if series is None or series.is_restricted else series


async def _continues_from(reader: Viewer, event: Event) -> datetime | None:
    """Return the first local start of the series that continues this one."""
    series = next(iter(await events.series_after(reader, event)), None)
    return series.starts if series else None


async def _is_continuation(reader: Viewer, event: Event) -> bool:
    """Return whether the event continues a series to which the reader is invited too."""
    before = await events.series_before(reader, event)
    return before is not None and before.id in await replies.own_invitations(reader, [before.id])


def _subject_date(message: Message, dates: list[Occurrence], ahead: list[Occurrence]) -> Occurrence | None:
    if message.occurrence_id is not None:
        return next((occurrence for occurrence in dates if occurrence.id == message.occurrence_id), None)
    return ahead[0] if ahead else (dates[-1] if dates else None)


def _why_not(occasion: EventForReader) -> SendOutcome | None:
    """Return why the message no longer makes sense, or None."""
    if isinstance(occasion.content, Removed):
        is_invited = occasion.invitation_id and not occasion.is_released
        return INVITED_AGAIN if is_invited or occasion.substitutes_for else _why_over(occasion)
    return _why_not_to_them(occasion) or _why_not_now(occasion)


def _why_not_read(occasion: EventForReader) -> SendOutcome | None:
    """Return why the message can't be read: it says nothing without its recipient's place in the event."""
    return None if isinstance(occasion.content, Removed) else _why_not_to_them(occasion)


def _why_not_to_them(occasion: EventForReader) -> SendOutcome | None:
    is_answered = occasion.is_released and isinstance(occasion.content, InvitationAnswered)
    if occasion.invitation_id is None and not occasion.substitutes_for and not is_answered:
        return NOT_INVITED
    return ASKED_THEMSELVES if isinstance(occasion.content, SubstituteNamed) and occasion.invitation_id else None


def _why_not_now(occasion: EventForReader) -> SendOutcome | None:
    if isinstance(occasion.content, InvitationAnswered):
        is_recorded = occasion.content.outcome is AnswerOutcome.RECORDED
        return REPLY_CHANGED if is_recorded and occasion.substitutes_for else None
    is_of_date = not (occasion.is_whole and occasion.event.is_series)
    is_off = occasion.event.status is EventStatus.CANCELED or (is_of_date and occasion.date.is_off)
    if isinstance(occasion.content, Canceled):
        return _why_over(occasion) if is_off else ON
    if is_off:
        return OFF
    match occasion.content:
        case ReminderDue() | ReplyNudge() | ConfirmationNudge() | SubstituteDeclined():
            return OFF if occasion.date.is_off else _why_no_reminder(occasion)
        case SeriesEnd():
            return None
        case _:
            return _why_over(occasion)


def _why_no_reminder(occasion: EventForReader) -> SendOutcome | None:
    if not occasion.role.takes_part:
        return NOT_ASKED
    match occasion.content:
        case ReplyNudge():
            return None if occasion.has_no_reply else REPLIED
        case ConfirmationNudge() as nudge:
            return REPLIED if event_emails.is_change_confirmed(occasion, nudge) else None
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
