"""Letters about events: what holds now, as the recipient sees it, and whether the message still makes sense."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.rules.core.outbox import Message, MessageKind, Skip, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails import changes, discreet, nudge, reminder, series
from tracker.rules.emails import event as event_emails
from tracker.rules.emails.content import Letter, mailed_entry, marked
from tracker.rules.emails.parts import Occasion
from tracker.rules.events.event import Event, EventStatus, Occurrence
from tracker.rules.events.replies import AttendeeRole, Reply, ReplyValue, effective, responded_at
from tracker.tables.visible.attendance import sheet
from tracker.tables.visible.events import events, replies
from tracker.tables.visible.events import series as series_rows
from tracker.usecases.core import names
from tracker.usecases.events.substitutes import standing_in

NOT_AUTHORISED = Skip(state=State.SUPPRESSED, reason="The recipient may not see it any more.")
NOT_INVITED = Skip(state=State.SUPPRESSED, reason="The recipient is not invited any more.")
ASKED_THEMSELVES = Skip(state=State.SUPERSEDED, reason="The recipient is invited themselves.")
INVITED_AGAIN = Skip(state=State.SUPERSEDED, reason="The recipient is invited again.")
NOT_PUBLISHED = Skip(state=State.SUPERSEDED, reason="The event is a draft.")
GONE = Skip(state=State.SUPERSEDED, reason="That date is not in the series any more.")
OFF = Skip(state=State.SUPERSEDED, reason="It was canceled since.")
ON = Skip(state=State.SUPERSEDED, reason="It takes place after all.")
MOVED = Skip(state=State.SUPERSEDED, reason="It was moved since.")
DECLINED = Skip(state=State.SUPERSEDED, reason="The recipient declined.")
REPLIED = Skip(state=State.SUPERSEDED, reason="The recipient has replied.")
OVER = Skip(state=State.TOO_LATE, reason="It was over before it could be sent.")
WORDS = {
    MessageKind.INVITATION: event_emails.invitation,
    MessageKind.UPDATE: changes.update,
    MessageKind.CANCELLATION: event_emails.cancellation,
    MessageKind.WITHDRAWAL: event_emails.withdrawal,
    MessageKind.SUBSTITUTE: event_emails.substitute,
    MessageKind.REMINDER: reminder.reminder,
    MessageKind.NO_REPLY: nudge.no_reply,
}
OF_ONE_DATE = frozenset({MessageKind.REMINDER, MessageKind.NO_REPLY})
"""What speaks of one date and looks at no other."""


@dataclass(frozen=True, kw_only=True)
class Mine:
    """The recipient's own invitation, if there is one, and the replies that they gave."""

    id: UUID | None = None
    role: AttendeeRole = AttendeeRole.REQUIRED
    replies: tuple[Reply, ...] = ()

    def reply_for(self, date: Occurrence) -> ReplyValue:
        """Return the reply that counts for a date."""
        given = effective(self.replies, date.id)
        return given.value if given else ReplyValue.NEEDS_ACTION


async def event_letter(message: Message, reader: Viewer, now: datetime) -> Letter | Skip:
    """Return the letter of a message about an event, or why it is not sent."""
    event, dates = await _read(message, reader)
    if event is None:
        return _unseen(message, reader)
    if event.status is EventStatus.DRAFT:
        return NOT_PUBLISHED
    about = await _occasion(message, reader, event, dates, now)
    if about is None:
        return GONE
    return _why_not(about) or _letter(about)


def _unseen(message: Message, reader: Viewer) -> Letter | Skip:
    """Only that they are off the list is told to whoever may not see the event any more: they knew of it."""
    if message.kind is MessageKind.WITHDRAWAL and message.event_id:
        letter = event_emails.off_the_list(reader, message.event_id, mailed_entry(message.facts))
        return discreet.of_unseen_event(letter) if reader.is_discreet else letter
    return NOT_AUTHORISED


def _letter(about: Occasion) -> Letter:
    if about.event.is_restricted:
        letter = event_emails.restricted(about)
        return discreet.of_named_event(letter) if about.reader.is_discreet else letter
    write = series.ended if about.facts.get("ended") else WORDS[about.kind]
    if about.reader.is_discreet:
        return discreet.of_event(about, write)
    return marked(write(about), about.event.marking)


async def _read(message: Message, reader: Viewer) -> tuple[Event | None, list[Occurrence]]:
    """Return what the letter needs of the event."""
    if message.kind in OF_ONE_DATE and message.occurrence_id:
        date = await events.date_by_id(reader, message.occurrence_id)
        return (date.event, [date]) if date else (None, [])
    event = await events.event(reader, message.event_id) if message.event_id else None
    return event, await events.dates(reader, event) if event else []


async def _occasion(
    message: Message, reader: Viewer, event: Event, dates: list[Occurrence], now: datetime
) -> Occasion | None:
    ahead = [one for one in dates if one.ends_at > now and not one.is_off]
    mine = await _mine(reader, event)
    instead = {} if mine.id else await _instead(event, dates, reader)
    theirs = [one for one in dates if one.id in instead] if instead and message.occurrence_id is None else dates
    date = _spoken_of(message, theirs, [one for one in ahead if theirs is dates or one.id in instead])
    if date is None:
        return None
    is_whole = message.occurrence_id is None and len(theirs) == len(dates)
    return Occasion(
        kind=message.kind,
        reader=reader,
        event=event,
        date=date,
        dates=tuple(dates),
        ahead=tuple(ahead),
        is_whole=is_whole or not event.is_series,
        invitation_id=mine.id,
        role=mine.role,
        substitutes_for=instead.get(date.id, ""),
        reply=ReplyValue.ACCEPTED if date.id in instead else mine.reply_for(date),
        is_replied=bool(ahead) and all(mine.reply_for(one) is not ReplyValue.NEEDS_ACTION for one in ahead),
        responded_at=responded_at(mine.replies, date.id),
        facts=message.facts,
        now=now,
        replies=await _replies(reader, date) if message.kind is MessageKind.NO_REPLY else None,
        onward=await _onward(reader, event) if _goes_on(message) else None,
    )


async def _instead(event: Event, dates: list[Occurrence], reader: Viewer) -> dict[UUID, str]:
    """Return on which dates the reader comes in whose place."""
    standing = await standing_in((one.id, event.id) for one in dates)
    theirs = {date_id: who[reader.member_id] for date_id, who in standing.items() if reader.member_id in who}
    known = await names.people(theirs.values())
    return {date_id: "{} ({})".format(*known[member_id]) for date_id, member_id in theirs.items()}


async def _replies(reader: Viewer, date: Occurrence) -> tuple[int, int, int]:
    given = Counter(one.reply for one in await sheet.participants(reader, date))
    return given[ReplyValue.ACCEPTED], given[ReplyValue.TENTATIVE], given[ReplyValue.DECLINED]


def _goes_on(message: Message) -> bool:
    """Whether a series that ends goes on for the recipient as another one."""
    return bool(message.facts.get("ended")) and not message.facts.get("is_last")


async def _onward(reader: Viewer, event: Event) -> Event | None:
    """Return the series that goes on where this one ends; no mail says the hours of one for named people."""
    found = next(iter(await series_rows.after(reader, event)), None)
    return None if found is None or found.is_restricted else found


def _spoken_of(message: Message, dates: list[Occurrence], ahead: list[Occurrence]) -> Occurrence | None:
    if message.occurrence_id is not None:
        return next((one for one in dates if one.id == message.occurrence_id), None)
    return ahead[0] if ahead else (dates[-1] if dates else None)


async def _mine(reader: Viewer, event: Event) -> Mine:
    own = (await replies.mine(reader, [event.id])).get(event.id)
    return Mine(id=own.id, role=own.role, replies=tuple(own.replies)) if own else Mine()


def _why_not(about: Occasion) -> Skip | None:
    """Return why the message makes no sense any more, or None."""
    if about.kind is MessageKind.WITHDRAWAL:
        return INVITED_AGAIN if about.invitation_id or about.substitutes_for else _over(about)
    if stranger := _why_not_to_them(about):
        return stranger
    is_off = about.event.status is EventStatus.CANCELED or (not about.is_whole and about.date.is_off)
    if about.kind is MessageKind.CANCELLATION:
        return _over(about) if is_off else ON
    if is_off:
        return OFF
    if about.kind in OF_ONE_DATE:
        return _why_no_reminder(about)
    return None if about.facts.get("ended") else _over(about)


def _why_not_to_them(about: Occasion) -> Skip | None:
    if about.invitation_id is None and not about.substitutes_for:
        return NOT_INVITED
    return ASKED_THEMSELVES if about.kind is MessageKind.SUBSTITUTE and about.invitation_id else None


def _why_no_reminder(about: Occasion) -> Skip | None:
    if about.date.is_off:
        return OFF
    if about.kind is MessageKind.NO_REPLY:
        return REPLIED if nudge.is_replied(about) else None
    if about.facts.get("starts_at") != about.date.starts_at.isoformat():
        return MOVED
    return DECLINED if about.reply is ReplyValue.DECLINED else None


def _over(about: Occasion) -> Skip | None:
    """Of a whole event something must be left; of one date its end."""
    ends = max(one.ends_at for one in about.dates) if about.is_whole else about.date.ends_at
    return OVER if ends <= about.now else None
