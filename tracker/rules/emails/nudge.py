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


def no_reply(about: Occasion) -> Letter:
    """Return the reminder to reply."""
    by = reply_by(about)
    says = ReplyNudgeEmail(
        title=about.title, day=short_day(about.starts, about.today), reply_by=short_day(by, about.today) if by else ""
    )
    facts = (*what_when_where(about), *_so_far(about))
    return letter_of(about, says, facts=facts, buttons=reply_buttons(about), more=(event_page(about),))


def confirm(about: Occasion, content: ConfirmationNudge) -> Letter:
    """Return the reminder to confirm a change."""
    says = ConfirmationNudgeEmail(title=about.title, day=short_day(about.starts, about.today), what=content.what)
    facts = (*what_when_where(about), *_before_the_change(about))
    return letter_of(about, says, facts=facts, buttons=kept_reply_buttons(about), more=(event_page(about),))


def is_confirmed(about: Occasion, content: ConfirmationNudge) -> bool:
    """Return whether the reader has confirmed the change."""
    return has_confirmed(about.reply, about.responded_at, content.since)


def _before_the_change(about: Occasion) -> Facts:
    if about.has_no_reply:
        return ()
    return (Fact(name=FactName.REPLY_BEFORE_CHANGE, value=REPLY_WORDS[about.reply]),)


def _so_far(about: Occasion) -> Facts:
    if about.replies is None:
        return ()
    yes, maybe, no = about.replies
    return (Fact(name=FactName.REPLIES, value=f"{yes} yes, {maybe} maybe, {no} no"),)
