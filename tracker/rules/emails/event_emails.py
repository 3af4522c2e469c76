"""Emails about an event: invitation, cancellation, removal, substitutes, reminders, requests, and confirmations.

Which email a message makes is listed at the end; those about a change of time or place are in `event_changes`. The
email about a restricted event reveals nothing of it.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from msgspec.structs import replace

from tracker.rules.core.message_types import (
    AnswerOutcome,
    AnswerWord,
    Canceled,
    Changed,
    ConfirmationNudge,
    DateAdded,
    EmailedEntry,
    EventAnnouncement,
    EventContent,
    InvitationAnswered,
    Invited,
    ProposalDeclined,
    ReminderDue,
    Removed,
    RemovedFromSeries,
    ReplyNudge,
    Restored,
    SeriesContinued,
    SeriesEnded,
    SubstituteDeclined,
    SubstituteNamed,
)
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import clock, long_day, plural, short_day, time_span, to_local, zone_word
from tracker.rules.emails import event_changes
from tracker.rules.emails.emails import (
    REPLY_WORDS,
    SHORT_NOTE,
    Button,
    ButtonName,
    DeclinedProposal,
    Email,
    Fact,
    FactName,
    Facts,
    Footer,
    ReplyByEmail,
    SitePage,
    UndoPage,
    one_line,
    shorten,
)
from tracker.rules.emails.event_parts import (
    EventForReader,
    calendar_part,
    day_and_time,
    email_to_reader,
    event_link,
    kept_reply_buttons,
    length_and_way_words,
    mixed_reply_facts,
    other_change_facts,
    own_reply_deadline,
    place_in_words,
    reason_facts,
    reply_button,
    reply_buttons,
    reply_facts,
    reply_words,
    time_words,
    title_fact,
    video_room_links,
    what_when_where,
    when_words,
)
from tracker.rules.emails.template_values import (
    CanceledEmail,
    ConfirmationNudgeEmail,
    InvitationAnsweredEmail,
    InvitationEmail,
    ProposalDeclinedEmail,
    ReminderEmail,
    RemovalReason,
    RemovedEmail,
    RemovedUnseenEmail,
    ReplyNudgeEmail,
    RestrictedEmail,
    RestrictedReason,
    SubstituteDeclinedEmail,
    SubstituteEmail,
)
from tracker.rules.events.replies import ReplyValue, Substitution

FAR = 2  # days from which the day is named
_RESTRICTED_REASONS: Mapping[type[EventContent], RestrictedReason] = {
    Invited: RestrictedReason.INVITATION,
    ReminderDue: RestrictedReason.REMINDER,
    Canceled: RestrictedReason.CANCELED,
    **dict.fromkeys((ReplyNudge, ConfirmationNudge, InvitationAnswered, SubstituteDeclined), RestrictedReason.REPLY),
}
"""Those of other messages say that something changed."""
ANSWER_WORDS = {AnswerWord.YES: "Yes", AnswerWord.MAYBE: "Maybe", AnswerWord.NO: "No"}


def restricted_event_email(occasion: EventForReader) -> Email:
    """Return the only email that there is about restricted events; it reveals nothing about them.

    An entry that was emailed before the event became restricted is removed from the reader's calendar. No one is asked
    to reply to what is canceled; the reason is on its page.
    """
    entry = occasion.content.entry if isinstance(occasion.content, EventAnnouncement) else None
    page = SitePage(path=f"/events/{occasion.event.id}")
    asks_reply = occasion.role.takes_part and not isinstance(occasion.content, Canceled)
    sign_in = ButtonName.SIGN_IN_AND_REPLY if asks_reply else ButtonName.SIGN_IN_TO_READ
    return Email(
        says=RestrictedEmail(
            reason=_RESTRICTED_REASONS.get(type(occasion.content), RestrictedReason.UPDATE),
            has_attachment=entry is not None,
            asks_reply=asks_reply,
        ),
        to=occasion.reader.email,
        to_name=occasion.reader.name,
        thread=occasion.event.id,
        facts=(Fact(name=FactName.DETAILS),),
        buttons=(Button(name=sign_in, target=page),),
        footer=Footer.RESTRICTED,
        calendar=entry,
    )


def invitation_email(occasion: EventForReader, _: Invited) -> Email:
    """Return the invitation to an event, with all its dates; a reply given to an earlier series is not requested."""
    takes_part = occasion.role.takes_part
    is_replied = occasion.is_replied and takes_part and not occasion.is_lead
    organizer = Fact(name=FactName.ORGANIZER, value=f"{occasion.event.lead} ({occasion.event.lead_agency})")
    by = None if is_replied or not takes_part else own_reply_deadline(occasion)
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
        outline=length_and_way_words(occasion),
    )
    deadline = f"{long_day(by)}, {clock(by)} {zone_word(occasion.event.zone)}" if by else ""
    asked = (*([Fact(name=FactName.REPLY_BY, value=deadline)] if by else []), *mixed_reply_facts(occasion))
    return email_to_reader(
        occasion,
        says,
        facts=(
            *what_when_where(occasion),
            *other_change_facts(occasion),
            organizer,
            *(reply_facts(occasion) if is_replied else asked),
        ),
        buttons=buttons,
        more=(event_link(occasion),),
        calendar=calendar_part(occasion),
    )


def cancellation_email(occasion: EventForReader, content: Canceled) -> Email:
    """Return the email that a date, or the whole event, is canceled."""
    later = [
        occurrence
        for occurrence in occasion.ahead
        if occurrence.starts_at > occasion.date.starts_at and not occasion.is_whole
    ]
    following = day_and_time(occasion, later[0]) if later else ""
    off = Fact(name=FactName.CANCELED, value=f"{long_day(occasion.starts)}, {time_words(occasion)}")
    says = CanceledEmail(
        title=occasion.title,
        day=short_day(occasion.starts, occasion.today),
        is_series=occasion.is_series,
        next_date=following,
    )
    return email_to_reader(
        occasion,
        says,
        facts=(
            title_fact(occasion),
            Fact(name=FactName.ALL_CANCELED) if occasion.is_series else off,
            *([Fact(name=FactName.NEXT, value=following)] if following else []),
            *reason_facts(content.reason),
        ),
        more=(event_link(occasion, ButtonName.SERIES if occasion.event.is_series else ButtonName.EVENT),),
        calendar=calendar_part(occasion, is_cancel=True),
    )


def removal_email(occasion: EventForReader, _: Removed) -> Email:
    """Return the email that its reader is no longer invited, or no substitute; the event itself takes place.

    It stays in the calendar of a substitute who is kept informed of it.
    """
    substitution = occasion.substitution if occasion.is_released else None
    says = RemovedEmail(
        title=occasion.title,
        day="" if occasion.is_series else short_day(occasion.starts, occasion.today),
        why=_removal_reason(substitution) if substitution else RemovalReason.OFF_THE_LIST,
        name=one_line(substitution.principal) if substitution else "",
        is_informed=occasion.invitation_id is not None,
    )
    return email_to_reader(
        occasion,
        says,
        facts=(title_fact(occasion), Fact(name=FactName.WHEN, value=when_words(occasion))),
        more=(event_link(occasion, ButtonName.EVENT),),
        calendar=calendar_part(occasion, is_cancel=occasion.invitation_id is None),
    )


def substitute_email(occasion: EventForReader, _: SubstituteNamed) -> Email:
    """Return the email that asks its reader to substitute for another person."""
    name = one_line(occasion.substitutes_for)
    email = email_to_reader(
        occasion,
        SubstituteEmail(title=occasion.title, starts=day_and_time(occasion), name=name),
        facts=(*what_when_where(occasion), Fact(name=FactName.COMES_FOR, value=name)),
        more=(event_link(occasion),),
        calendar=calendar_part(occasion),
    )
    return replace(email, reads=ReplyByEmail.REPLY_WORDS)


def substitute_declined_email(occasion: EventForReader, _: SubstituteDeclined) -> Email:
    """Return the email that the person named to come in its reader's place can't; it asks for another reply."""
    buttons = reply_buttons(occasion)
    says = SubstituteDeclinedEmail(
        title=occasion.title, starts=day_and_time(occasion), name=one_line(occasion.released), asks_reply=bool(buttons)
    )
    return email_to_reader(
        occasion, says, facts=what_when_where(occasion), buttons=buttons, more=(event_link(occasion),)
    )


def _removal_reason(substitution: Substitution) -> RemovalReason:
    """Return why a person no longer comes as a substitute."""
    if not substitution.is_asked:
        return RemovalReason.NOT_ASKED
    if substitution.sends_another:
        return RemovalReason.SENDS_ANOTHER
    if substitution.is_refused:
        return RemovalReason.CAN_T_COME
    return {
        ReplyValue.ACCEPTED: RemovalReason.COMES,
        ReplyValue.TENTATIVE: RemovalReason.MAY_COME,
        ReplyValue.DECLINED: RemovalReason.SENDS_NO_ONE,
        ReplyValue.NEEDS_ACTION: RemovalReason.NO_LONGER_SAYS_SO,
    }[substitution.reply]


def removed_unseen_email(reader: Viewer, event_id: UUID, entry: EmailedEntry | None) -> Email:
    """Return the email to a person who may no longer see the event: that they were removed, and nothing else.

    `entry` is what earlier emails put into their calendar, if any did.
    """
    return Email(
        says=RemovedUnseenEmail(has_attachment=entry is not None),
        to=reader.email,
        to_name=reader.name,
        thread=event_id,
        footer=Footer.INVITED,
        calendar=entry,
    )


def reminder_email(occasion: EventForReader, content: ReminderDue) -> Email:
    """Return the reminder of one date."""
    days = (occasion.starts.date() - occasion.today.date()).days
    is_far = days >= FAR
    replied = "" if occasion.is_lead else REPLY_WORDS.get(occasion.reply, "")
    is_open = occasion.has_no_reply or occasion.reply is ReplyValue.TENTATIVE
    missing = Fact(name=FactName.REPLY_MISSING)
    reply = missing if occasion.has_no_reply else Fact(name=FactName.REPLIED, value=replied)
    says = ReminderEmail(
        title=occasion.title,
        near={0: "Today", 1: "Tomorrow"}.get(days) or f"In {plural(days, 'day')}",
        time="" if occasion.event.is_all_day or is_far else clock(occasion.starts),
        starts=day_and_time(occasion) if is_far else "",
        where=place_in_words(occasion),
        is_tentative=occasion.is_tentative,
        is_led=occasion.is_lead,
        replied=replied,
        is_late=content.is_late,
    )
    return email_to_reader(
        occasion,
        says,
        facts=(*what_when_where(occasion), *(() if occasion.is_lead else (reply,))),
        buttons=reply_buttons(occasion) if is_open else reply_button(occasion, ButtonName.CHANGE_REPLY),
        more=(event_link(occasion, ButtonName.AGENDA), *video_room_links(occasion)),
    )


def reply_nudge_email(occasion: EventForReader, _: ReplyNudge) -> Email:
    """Return the reminder to reply."""
    by = own_reply_deadline(occasion)
    says = ReplyNudgeEmail(
        title=occasion.title,
        day=short_day(occasion.starts, occasion.today),
        reply_by=short_day(by, occasion.today) if by else "",
    )
    facts = what_when_where(occasion)
    if occasion.replies is not None:
        yes, maybe, no = occasion.replies
        facts = (*facts, Fact(name=FactName.REPLIES, value=f"{yes} yes, {maybe} maybe, {no} no"))
    return email_to_reader(occasion, says, facts=facts, buttons=reply_buttons(occasion), more=(event_link(occasion),))


def confirmation_nudge_email(occasion: EventForReader, content: ConfirmationNudge) -> Email:
    """Return the reminder to confirm a change."""
    says = ConfirmationNudgeEmail(
        title=occasion.title, day=short_day(occasion.starts, occasion.today), what=content.what
    )
    facts = what_when_where(occasion)
    if not occasion.has_no_reply:
        facts = (*facts, Fact(name=FactName.REPLY_BEFORE_CHANGE, value=REPLY_WORDS[occasion.reply]))
    return email_to_reader(
        occasion, says, facts=facts, buttons=kept_reply_buttons(occasion), more=(event_link(occasion),)
    )


def invitation_answered_email(occasion: EventForReader, content: InvitationAnswered) -> Email:
    """Return the confirmation of an email, with a link to undo what it recorded."""
    is_recorded = content.outcome is AnswerOutcome.RECORDED
    has_replied = set(occasion.asked_replies) != {ReplyValue.NEEDS_ACTION}
    says = InvitationAnsweredEmail(
        title=occasion.title,
        day=short_day(occasion.starts, occasion.today),
        outcome=content.outcome,
        value=ANSWER_WORDS.get(content.word, "") if content.word else "",
        is_series=occasion.is_series,
        is_whole=content.is_whole,
        released=one_line(occasion.released),
        kept=reply_words(occasion) if has_replied and not is_recorded else "",
        is_partly=has_replied and occasion.has_no_reply,
        comes_for=one_line(occasion.substitutes_for),
        is_released=occasion.is_released,
    )
    undo = (Button(name=ButtonName.UNDO, target=UndoPage(words_id=content.undo)),) if content.undo else ()
    change = reply_button(occasion, ButtonName.CHANGE_REPLY) if is_recorded else reply_buttons(occasion)
    return email_to_reader(
        occasion,
        says,
        facts=(*what_when_where(occasion), *_note_facts(shorten(one_line(occasion.note), SHORT_NOTE))),
        buttons=(*undo, *change),
        more=(event_link(occasion),),
        footer=Footer.ANSWERED,
    )


def proposal_declined_email(occasion: EventForReader, content: ProposalDeclined) -> Email:
    """Return the email that a proposed time was declined, with METHOD:DECLINECOUNTER for the reader's program."""
    zone, is_all_day, comment = occasion.event.zone, occasion.event.is_all_day, content.comment.strip()
    starts, ends = to_local(content.starts_at, zone), to_local(content.ends_at, zone)
    proposed = f"{long_day(starts)}, {time_span(starts, ends, is_all_day)}{'' if is_all_day else f' {zone_word(zone)}'}"
    return email_to_reader(
        occasion,
        ProposalDeclinedEmail(title=occasion.title, day=short_day(occasion.starts, occasion.today)),
        facts=(*what_when_where(occasion), Fact(name=FactName.PROPOSED_TIME, value=proposed), *_note_facts(comment)),
        more=(event_link(occasion),),
        footer=Footer.ANSWERED,
        calendar=DeclinedProposal(date=occasion.date, sequence=content.sequence, at=content.at, comment=comment),
    )


def _note_facts(text: str) -> Facts:
    return (Fact(name=FactName.NOTE, value=text),) if text else ()


EVENT_EMAILS: Mapping[type[EventContent], Callable[..., Email]] = {
    Invited: invitation_email,
    Changed: event_changes.update_email,
    DateAdded: event_changes.update_email,
    Restored: event_changes.update_email,
    SeriesEnded: event_changes.series_ended_email,
    SeriesContinued: event_changes.series_continued_email,
    RemovedFromSeries: event_changes.removed_from_series_email,
    Canceled: cancellation_email,
    Removed: removal_email,
    SubstituteNamed: substitute_email,
    SubstituteDeclined: substitute_declined_email,
    ReminderDue: reminder_email,
    ReplyNudge: reply_nudge_email,
    ConfirmationNudge: confirmation_nudge_email,
    InvitationAnswered: invitation_answered_email,
    ProposalDeclined: proposal_declined_email,
}
"""Which email each message makes of the event and the message."""


def event_email(occasion: EventForReader) -> Email:
    """Return the email for a message about an event that is not restricted."""
    return EVENT_EMAILS[type(occasion.content)](occasion, occasion.content)
