"""What becomes of the reader's own reply: it still counts, or it is asked for."""

from tracker.rules.emails.content import REPLY_KEYS, REPLY_WORDS, Button, ButtonName
from tracker.rules.emails.event_contexts import OwnReply
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import Occasion, reply_button, reply_buttons


def own_reply(about: Occasion) -> OwnReply:
    """Return what becomes of the reader's reply after a change."""
    if about.is_lead:
        return OwnReply()
    if about.substitutes_for:
        return OwnReply(comes_for=about.substitutes_for)
    return OwnReply(is_missing=True) if about.has_no_reply else OwnReply(kept=REPLY_WORDS[about.reply])


def reply_facts(about: Occasion) -> Facts:
    """Return the row that says the same."""
    if about.is_lead:
        return ()
    if about.substitutes_for:
        return (Fact(name=FactName.COMES_FOR, value=about.substitutes_for),)
    if about.has_no_reply:
        return (Fact(name=FactName.REPLY_MISSING_FOR_TIME),)
    return (Fact(name=FactName.REPLY_KEPT, value=REPLY_WORDS[about.reply]),)


def kept_reply_buttons(about: Occasion) -> tuple[Button, ...]:
    """Return the three replies, or the two ways on for people who have replied."""
    if about.has_no_reply:
        return reply_buttons(about)
    kept = REPLY_KEYS.get(about.reply, "")
    return *reply_button(about, ButtonName.KEEP_REPLY, kept), *reply_button(about, ButtonName.CHANGE_REPLY)


def is_asked(about: Occasion) -> bool:
    """Whether the reader is asked to reply; what they press in a calendar app then reaches nobody."""
    return about.has_no_reply and bool(reply_buttons(about))
