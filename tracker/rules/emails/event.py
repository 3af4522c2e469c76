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


def restricted(about: Occasion) -> Letter:
    """Return the only email that there is about restricted events; it reveals nothing about them.

    An entry that was emailed before the event became restricted is removed from the reader's calendar.
    """
    entry = about.content.entry if isinstance(about.content, EventNews) else None
    page = SitePage(path=f"/events/{about.event.id}")
    sign_in = ButtonName.SIGN_IN_AND_REPLY if about.role.takes_part else ButtonName.SIGN_IN_TO_READ
    return Letter(
        says=RestrictedEmail(
            reason=_reason(about.content), has_attachment=entry is not None, asks_reply=about.role.takes_part
        ),
        to=about.reader.email,
        to_name=about.reader.name,
        thread=about.event.id,
        facts=(Fact(name=FactName.DETAILS),),
        buttons=(Button(name=sign_in, target=page),),
        footer=Footer.RESTRICTED,
        calendar=entry,
    )


def invitation(about: Occasion) -> Letter:
    """Return the invitation to an event, with all its dates; a reply given to an earlier series is not requested."""
    takes_part = about.role.takes_part
    is_replied = about.is_replied and takes_part and not about.is_lead
    organizer = Fact(name=FactName.ORGANIZER, value=f"{about.event.lead} ({about.event.lead_agency})")
    by = None if is_replied or not takes_part else reply_by(about)
    buttons = kept_reply_buttons(about) if is_replied else reply_buttons(about)
    says = InvitationEmail(
        title=about.title,
        starts=day_and_time(about),
        reply_by=short_day(by, about.today) if by else "",
        reply_kept=reply_words(about) if is_replied else "",
        asks_reply=bool(buttons) and not is_replied,
        is_tentative=about.is_tentative,
        is_informed=not takes_part,
        is_continuation=about.is_continuation,
        outline=length_and_way(about),
    )
    deadline = f"{long_day(by)}, {clock(by)} {zone_word(about.event.zone)}" if by else ""
    asked = (*([Fact(name=FactName.REPLY_BY, value=deadline)] if by else []), *kept_for_some(about))
    return letter_of(
        about,
        says,
        facts=(*what_when_where(about), *also(about), organizer, *(reply_facts(about) if is_replied else asked)),
        buttons=buttons,
        more=(event_page(about),),
        calendar=calendar_part(about),
    )


def cancellation(about: Occasion, content: Canceled) -> Letter:
    """Return the email that a date, or the whole event, is canceled."""
    following = _following(about)
    off = Fact(name=FactName.CANCELED, value=f"{long_day(about.starts)}, {times_of(about)}")
    says = CanceledEmail(
        title=about.title, day=short_day(about.starts, about.today), is_series=about.is_series, next_date=following
    )
    return letter_of(
        about,
        says,
        facts=(
            what(about),
            Fact(name=FactName.ALL_CANCELED) if about.is_series else off,
            *([Fact(name=FactName.NEXT, value=following)] if following else []),
            *why(content.reason),
        ),
        more=(event_page(about, ButtonName.SERIES if about.event.is_series else ButtonName.EVENT),),
        calendar=calendar_part(about, is_cancel=True),
    )


def withdrawal(about: Occasion) -> Letter:
    """Return the email that its reader is no longer invited, or no substitute; the event itself takes place.

    It stays in the calendar of a substitute who is kept informed of it.
    """
    turn = about.substitution if about.is_released else None
    says = RemovedEmail(
        title=about.title,
        day="" if about.is_series else short_day(about.starts, about.today),
        why=_why_released(turn) if turn else Removal.OFF_THE_LIST,
        name=one_line(turn.principal) if turn else "",
        is_informed=about.invitation_id is not None,
    )
    return letter_of(
        about,
        says,
        facts=(what(about), Fact(name=FactName.WHEN, value=when_words(about))),
        more=(event_page(about, ButtonName.EVENT),),
        calendar=calendar_part(about, is_cancel=about.invitation_id is None),
    )


def substitute(about: Occasion) -> Letter:
    """Return the email that asks its reader to substitute for another person."""
    name = one_line(about.substitutes_for)
    letter = letter_of(
        about,
        SubstituteEmail(title=about.title, starts=day_and_time(about), name=name),
        facts=(*what_when_where(about), Fact(name=FactName.COMES_FOR, value=name)),
        more=(event_page(about),),
        calendar=calendar_part(about),
    )
    return replace(letter, reads=Reads.REPLY_WORDS)


def substitute_declined(about: Occasion) -> Letter:
    """Return the email that the person named to come in its reader's place can't; it asks for another reply."""
    buttons = reply_buttons(about)
    says = SubstituteDeclinedEmail(
        title=about.title, starts=day_and_time(about), name=one_line(about.released), asks_reply=bool(buttons)
    )
    return letter_of(about, says, facts=what_when_where(about), buttons=buttons, more=(event_page(about),))


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


def _following(about: Occasion) -> str:
    """Return the next date of the series when one of its dates is canceled."""
    later = [one for one in about.ahead if one.starts_at > about.date.starts_at and not about.is_whole]
    return day_and_time(about, later[0]) if later else ""
