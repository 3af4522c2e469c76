"""What a mail says to somebody who has not replied to an event, or has not confirmed its new time or place."""

from datetime import datetime

from tracker.rules.core.wording import day
from tracker.rules.emails.content import REPLY_WORDS, Letter, subject
from tracker.rules.emails.parts import Facts, Occasion, event_page, letter_of, reply_buttons, reply_by, what_when_where
from tracker.rules.emails.reply import kept_reply_buttons
from tracker.rules.events.confirmations import has_confirmed

ONE_PRESS = "One press is enough. If someone else should come in your place, name them on the page."


def no_reply(about: Occasion) -> Letter:
    """Return the reminder to reply, or to confirm what changed (`facts["what"]`) since (`facts["since"]`)."""
    if "since" in about.facts:
        return _confirm(about)
    by = reply_by(about)
    closes = f"Replies close {day(by, about.today)}." if by else "Please reply soon."
    pattern = f"Please reply: {{}}, {day(about.starts, about.today)}"
    return letter_of(
        about,
        "Please tell us if you can come",
        subject(pattern, about.title),
        f"We have not heard from you. {closes}",
        facts=(*what_when_where(about), *_so_far(about)),
        paragraphs=(ONE_PRESS,),
        buttons=reply_buttons(about),
        more=(event_page(about, "See the agenda and who is coming"),),
    )


def is_replied(about: Occasion) -> bool:
    """Whether the reader has done what the mail would ask for."""
    since = about.facts.get("since")
    if since is None:
        return not about.has_no_reply
    return has_confirmed(about.reply, about.responded_at, datetime.fromisoformat(str(since)))


def _confirm(about: Occasion) -> Letter:
    what = about.facts["what"]
    kept = () if about.has_no_reply else (("Your reply", f"{REPLY_WORDS[about.reply]}, from before the change"),)
    pattern = f"Please confirm the new {what}: {{}}, {day(about.starts, about.today)}"
    return letter_of(
        about,
        f"Please confirm the new {what}",
        subject(pattern, about.title),
        "We do not know yet whether you have seen the change.",
        facts=(*what_when_where(about), *kept),
        paragraphs=("One press is enough.",),
        buttons=kept_reply_buttons(about),
        more=(event_page(about, "See the agenda and who is coming"),),
    )


def _so_far(about: Occasion) -> Facts:
    if about.replies is None:
        return ()
    yes, maybe, no = about.replies
    return (("So far", f"{yes} yes, {maybe} maybe, {no} no"),)
