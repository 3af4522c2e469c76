"""Emails about an event: invitation, cancellation, removal, substitute, and the one about restricted events."""

from uuid import UUID

from msgspec.structs import replace

from tracker.rules.core.message_types import (
    Canceled,
    ConfirmationNudge,
    EventContent,
    EventNews,
    InvitationAnswered,
    Invited,
    MailedEntry,
    ReminderDue,
    ReplyNudge,
    SubstituteDeclined,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, long_day, short_day, zone_word
from tracker.rules.emails.content import Button, ButtonName, Letter, Reads, SitePage, one_line
from tracker.rules.emails.contexts import Reason, RestrictedEmail
from tracker.rules.emails.event_contexts import (
    CanceledEmail,
    InvitationEmail,
    Removal,
    RemovedEmail,
    RemovedUnseenEmail,
    SubstituteDeclinedEmail,
    SubstituteEmail,
)
from tracker.rules.emails.event_facts import also, what, what_when_where, why
from tracker.rules.emails.facts import Fact, FactName, Footer
from tracker.rules.emails.parts import (
    Occasion,
    calendar_part,
    day_and_time,
    event_page,
    length_and_way,
    letter_of,
    reply_buttons,
    reply_by,
    when_words,
)
from tracker.rules.emails.parts import times as times_of
from tracker.rules.emails.reply import kept_for_some, kept_reply_buttons, reply_facts, reply_words
from tracker.rules.events.replies import ReplyValue, Substitution


def restricted(occasion: Occasion) -> Letter:
    """Return the only email that there is about restricted events; it reveals nothing about them.

    An entry that was emailed before the event became restricted is removed from the reader's calendar.
    """
    entry = occasion.content.entry if isinstance(occasion.content, EventNews) else None
    page = SitePage(path=f"/events/{occasion.event.id}")
    sign_in = ButtonName.SIGN_IN_AND_REPLY if occasion.role.takes_part else ButtonName.SIGN_IN_TO_READ
    return Letter(
        says=RestrictedEmail(
            reason=_reason(occasion.content), has_attachment=entry is not None, asks_reply=occasion.role.takes_part
        ),
        to=occasion.reader.email,
        to_name=occasion.reader.name,
        thread=occasion.event.id,
        facts=(Fact(name=FactName.DETAILS),),
        buttons=(Button(name=sign_in, target=page),),
        footer=Footer.RESTRICTED,
        calendar=entry,
    )


def invitation(occasion: Occasion) -> Letter:
    """Return the invitation to an event, with all its dates; a reply given to an earlier series is not requested."""
    takes_part = occasion.role.takes_part
    is_replied = occasion.is_replied and takes_part and not occasion.is_lead
    organizer = Fact(name=FactName.ORGANIZER, value=f"{occasion.event.lead} ({occasion.event.lead_agency})")
    by = None if is_replied or not takes_part else reply_by(occasion)
    buttons = kept_reply_buttons(occasion) if is_replied else reply_buttons(occasion)
    says = InvitationEmail(
        title=occasion.title,
        starts=day_and_time(occasion),
        reply_by=short_day(by, occasion.today) if by else "",
        reply_kept=reply_words(occasion) if is_replied else "",
        asks_reply=bool(buttons) and not is_replied,
        is_tentative=occasion.is_tentative,
        is_informed=not takes_part,
        is_continuation=occasion.is_continuation,
        outline=length_and_way(occasion),
    )
    deadline = f"{long_day(by)}, {clock(by)} {zone_word(occasion.event.zone)}" if by else ""
    asked = (*([Fact(name=FactName.REPLY_BY, value=deadline)] if by else []), *kept_for_some(occasion))
    return letter_of(
        occasion,
        says,
        facts=(
            *what_when_where(occasion),
            *also(occasion),
            organizer,
            *(reply_facts(occasion) if is_replied else asked),
        ),
        buttons=buttons,
        more=(event_page(occasion),),
        calendar=calendar_part(occasion),
    )


def cancellation(occasion: Occasion, content: Canceled) -> Letter:
    """Return the email that a date, or the whole event, is canceled."""
    following = _following(occasion)
    off = Fact(name=FactName.CANCELED, value=f"{long_day(occasion.starts)}, {times_of(occasion)}")
    says = CanceledEmail(
        title=occasion.title,
        day=short_day(occasion.starts, occasion.today),
        is_series=occasion.is_series,
        next_date=following,
    )
    return letter_of(
        occasion,
        says,
        facts=(
            what(occasion),
            Fact(name=FactName.ALL_CANCELED) if occasion.is_series else off,
            *([Fact(name=FactName.NEXT, value=following)] if following else []),
            *why(content.reason),
        ),
        more=(event_page(occasion, ButtonName.SERIES if occasion.event.is_series else ButtonName.EVENT),),
        calendar=calendar_part(occasion, is_cancel=True),
    )


def withdrawal(occasion: Occasion) -> Letter:
    """Return the email that its reader is no longer invited, or no substitute; the event itself takes place.

    It stays in the calendar of a substitute who is kept informed of it.
    """
    turn = occasion.substitution if occasion.is_released else None
    says = RemovedEmail(
        title=occasion.title,
        day="" if occasion.is_series else short_day(occasion.starts, occasion.today),
        why=_why_released(turn) if turn else Removal.OFF_THE_LIST,
        name=one_line(turn.principal) if turn else "",
        is_informed=occasion.invitation_id is not None,
    )
    return letter_of(
        occasion,
        says,
        facts=(what(occasion), Fact(name=FactName.WHEN, value=when_words(occasion))),
        more=(event_page(occasion, ButtonName.EVENT),),
        calendar=calendar_part(occasion, is_cancel=occasion.invitation_id is None),
    )


def substitute(occasion: Occasion) -> Letter:
    """Return the email that asks its reader to substitute for another person."""
    name = one_line(occasion.substitutes_for)
    letter = letter_of(
        occasion,
        SubstituteEmail(title=occasion.title, starts=day_and_time(occasion), name=name),
        facts=(*what_when_where(occasion), Fact(name=FactName.COMES_FOR, value=name)),
        more=(event_page(occasion),),
        calendar=calendar_part(occasion),
    )
    return replace(letter, reads=Reads.REPLY_WORDS)


def substitute_declined(occasion: Occasion) -> Letter:
    """Return the email that the person named to come in its reader's place can't; it asks for another reply."""
    buttons = reply_buttons(occasion)
    says = SubstituteDeclinedEmail(
        title=occasion.title, starts=day_and_time(occasion), name=one_line(occasion.released), asks_reply=bool(buttons)
    )
    return letter_of(occasion, says, facts=what_when_where(occasion), buttons=buttons, more=(event_page(occasion),))


def _why_released(turn: Substitution) -> Removal:
    """Return why a person no longer comes as a substitute."""
    if not turn.is_asked:
        return Removal.NOT_ASKED
    if turn.sends_another:
        return Removal.SENDS_ANOTHER
    if turn.is_refused:
        return Removal.CAN_T_COME
    return {
        ReplyValue.ACCEPTED: Removal.COMES,
        ReplyValue.TENTATIVE: Removal.MAY_COME,
        ReplyValue.DECLINED: Removal.SENDS_NO_ONE,
        ReplyValue.NEEDS_ACTION: Removal.NO_LONGER_SAYS_SO,
    }[turn.reply]


def off_the_list(reader: Viewer, event_id: UUID, entry: MailedEntry | None) -> Letter:
    """Return the email to a person who may no longer see the event: that they were removed, and nothing else.

    `entry` is what earlier emails put into their calendar, if any did.
    """
    return Letter(
        says=RemovedUnseenEmail(has_attachment=entry is not None),
        to=reader.email,
        to_name=reader.name,
        thread=event_id,
        footer=Footer.INVITED,
        calendar=entry,
    )


def _reason(content: EventContent) -> Reason:
    match content:
        case Invited():
            return Reason.INVITATION
        case ReminderDue():
            return Reason.REMINDER
        case ReplyNudge() | ConfirmationNudge() | InvitationAnswered() | SubstituteDeclined():
            return Reason.REPLY
        case _:
            return Reason.UPDATE


def _following(occasion: Occasion) -> str:
    """Return the next date of the series when one of its dates is canceled."""
    later = [
        occurrence
        for occurrence in occasion.ahead
        if occurrence.starts_at > occasion.date.starts_at and not occasion.is_whole
    ]
    return day_and_time(occasion, later[0]) if later else ""
