"""What a mail says to somebody who has not replied to an event."""

from tracker.rules.letters import Letter, subject
from tracker.rules.letters_words import (
    Facts,
    Occasion,
    answer_buttons,
    event_page,
    letter_of,
    reply_by,
    what_when_where,
)
from tracker.rules.wording import day

ONE_PRESS = "One press is enough. If someone else should come in your place, name them on the page."


def no_reply(about: Occasion) -> Letter:
    """Return the reminder to reply."""
    by = reply_by(about)
    closes = f"Replies close {day(by, about.today)}." if by else "Please reply soon."
    pattern = f"Please reply: {{}}, {day(about.starts, about.today)}"
    return letter_of(
        about, "Please tell us if you can come", subject(pattern, about.title),
        f"We have not heard from you. {closes}",
        facts=(*what_when_where(about), *_so_far(about)), paragraphs=(ONE_PRESS,), buttons=answer_buttons(about),
        more=(event_page(about, "See the agenda and who is coming"),),
    )  # fmt: skip


def _so_far(about: Occasion) -> Facts:
    if about.replies is None:
        return ()
    yes, maybe, no = about.replies
    return (("So far", f"{yes} yes, {maybe} maybe, {no} no"),)
