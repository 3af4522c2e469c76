"""Emails to people who have not replied to an event, or have not confirmed its new time or place."""

from tracker.rules.core.message_types import ConfirmationNudge
from tracker.rules.core.wording import short_day
from tracker.rules.emails.content import REPLY_WORDS, Letter
from tracker.rules.emails.event_contexts import ConfirmationNudgeEmail, ReplyNudgeEmail
from tracker.rules.emails.event_facts import what_when_where
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import Occasion, event_page, letter_of, reply_buttons, reply_by
from tracker.rules.emails.reply import kept_reply_buttons
from tracker.rules.events.history import has_confirmed


def no_reply(occasion: Occasion) -> Letter:
    """Return the reminder to reply."""
    by = reply_by(occasion)
    says = ReplyNudgeEmail(
        title=occasion.title,
        day=short_day(occasion.starts, occasion.today),
        reply_by=short_day(by, occasion.today) if by else "",
    )
    facts = (*what_when_where(occasion), *_so_far(occasion))
    return letter_of(occasion, says, facts=facts, buttons=reply_buttons(occasion), more=(event_page(occasion),))


def confirm(occasion: Occasion, content: ConfirmationNudge) -> Letter:
    """Return the reminder to confirm a change."""
    says = ConfirmationNudgeEmail(
        title=occasion.title, day=short_day(occasion.starts, occasion.today), what=content.what
    )
    facts = (*what_when_where(occasion), *_before_the_change(occasion))
    return letter_of(occasion, says, facts=facts, buttons=kept_reply_buttons(occasion), more=(event_page(occasion),))


def is_confirmed(occasion: Occasion, content: ConfirmationNudge) -> bool:
    """Return whether the reader has confirmed the change."""
    return has_confirmed(occasion.reply, occasion.responded_at, content.since)


def _before_the_change(occasion: Occasion) -> Facts:
    if occasion.has_no_reply:
        return ()
    return (Fact(name=FactName.REPLY_BEFORE_CHANGE, value=REPLY_WORDS[occasion.reply]),)


def _so_far(occasion: Occasion) -> Facts:
    if occasion.replies is None:
        return ()
    yes, maybe, no = occasion.replies
    return (Fact(name=FactName.REPLIES, value=f"{yes} yes, {maybe} maybe, {no} no"),)
