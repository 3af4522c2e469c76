"""Emails about what their reader sent: what was understood of their words, and that their proposal was declined."""

from tracker.rules.core.message_types import AnswerOutcome, AnswerWord, InvitationAnswered, OwnContent, ProposalDeclined
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import long_day, short_day, time_span, zone_word
from tracker.rules.emails.content import (
    SHORT_NOTE,
    Button,
    ButtonName,
    DeclinedProposal,
    Letter,
    UndoPage,
    cut,
    one_line,
)
from tracker.rules.emails.event_contexts import InvitationAnsweredEmail, ProposalDeclinedEmail
from tracker.rules.emails.event_facts import what_when_where
from tracker.rules.emails.facts import Fact, FactName, Facts, Footer
from tracker.rules.emails.parts import Occasion, event_page, letter_of, reply_button, reply_buttons
from tracker.rules.emails.reply import reply_words
from tracker.rules.events.replies import ReplyValue

VALUES = {AnswerWord.YES: "Yes", AnswerWord.MAYBE: "Maybe", AnswerWord.NO: "No"}


def of_own(occasion: Occasion, content: OwnContent) -> Letter:
    """Return the email about what its reader wrote."""
    return (
        answered(occasion, content) if isinstance(content, InvitationAnswered) else proposal_declined(occasion, content)
    )


def answered(occasion: Occasion, content: InvitationAnswered) -> Letter:
    """Return the confirmation of an email, with a link to undo what it recorded."""
    is_recorded = content.outcome is AnswerOutcome.RECORDED
    has_replied = set(occasion.asked_replies) != {ReplyValue.NEEDS_ACTION}
    says = InvitationAnsweredEmail(
        title=occasion.title,
        day=short_day(occasion.starts, occasion.today),
        outcome=content.outcome,
        value=VALUES.get(content.word, "") if content.word else "",
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
    return letter_of(
        occasion,
        says,
        facts=(*what_when_where(occasion), *_note(cut(one_line(occasion.note), SHORT_NOTE))),
        buttons=(*undo, *change),
        more=(event_page(occasion),),
        footer=Footer.ANSWERED,
    )


def proposal_declined(occasion: Occasion, content: ProposalDeclined) -> Letter:
    """Return the email that a proposed time was declined, with METHOD:DECLINECOUNTER for the reader's program."""
    comment = content.comment.strip()
    return letter_of(
        occasion,
        ProposalDeclinedEmail(title=occasion.title, day=short_day(occasion.starts, occasion.today)),
        facts=(
            *what_when_where(occasion),
            Fact(name=FactName.PROPOSED_TIME, value=_proposed(occasion, content)),
            *_note(comment),
        ),
        more=(event_page(occasion),),
        footer=Footer.ANSWERED,
        calendar=DeclinedProposal(date=occasion.date, sequence=content.sequence, at=content.at, comment=comment),
    )


def _note(text: str) -> Facts:
    return (Fact(name=FactName.NOTE, value=text),) if text else ()


def _proposed(occasion: Occasion, content: ProposalDeclined) -> str:
    zone, is_all_day = occasion.event.zone, occasion.event.is_all_day
    starts, ends = to_local(content.starts_at, zone), to_local(content.ends_at, zone)
    hours = time_span(starts, ends, is_all_day)
    return f"{long_day(starts)}, {hours}" + ("" if is_all_day else f" {zone_word(zone)}")
