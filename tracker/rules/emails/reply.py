"""What happens to the reader's own reply after a change: it still counts, or a new one is requested."""

from tracker.rules.emails.content import REPLY_KEYS, REPLY_WORDS, Button, ButtonName
from tracker.rules.emails.event_contexts import OwnReply
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import Occasion, reply_button, reply_buttons


def own_reply(about: Occasion) -> OwnReply:
    """Return what happens to the reader's reply after a change."""
    if about.is_lead or not about.role.takes_part:
        return OwnReply()
    if about.substitutes_for:
        return OwnReply(comes_for=about.substitutes_for)
    return OwnReply(is_missing=True) if about.has_no_reply else OwnReply(kept=REPLY_WORDS[about.reply])


def reply_facts(about: Occasion) -> Facts:
    """Return the row of facts that says whether the reply still counts."""
    if about.is_lead or not about.role.takes_part:
        return ()
    if about.substitutes_for:
        return (Fact(name=FactName.COMES_FOR, value=about.substitutes_for),)
    if about.has_no_reply:
        return (Fact(name=FactName.REPLY_MISSING_FOR_TIME),)
    return (Fact(name=FactName.REPLY_KEPT, value=REPLY_WORDS[about.reply]),)


def kept_reply_buttons(about: Occasion) -> tuple[Button, ...]:
    """Return the three replies, or two links for people who have replied."""
    if about.has_no_reply:
        return reply_buttons(about)
    kept = REPLY_KEYS.get(about.reply, "")
    return *reply_button(about, ButtonName.KEEP_REPLY, kept), *reply_button(about, ButtonName.CHANGE_REPLY)
