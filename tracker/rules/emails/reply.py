"""What happens to the reader's own reply after a change: it still counts, or a new one is requested."""

from collections import Counter

from tracker.rules.core.wording import plural
from tracker.rules.emails.content import REPLY_KEYS, REPLY_WORDS, Button, ButtonName, one_line
from tracker.rules.emails.event_contexts import OwnReply
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import Occasion, reply_button, reply_buttons
from tracker.rules.events.replies import ReplyValue

_WORDS = {**REPLY_WORDS, ReplyValue.NEEDS_ACTION: "none yet"}


def own_reply(about: Occasion) -> OwnReply:
    """Return what happens to the reader's reply after a change."""
    if about.is_lead or not about.role.takes_part:
        return OwnReply()
    if about.substitutes_for:
        return OwnReply(comes_for=about.substitutes_for)
    if about.has_no_reply:
        return OwnReply(is_missing=True)
    sends = one_line(about.delegation.name) if about.delegation and not about.is_series else ""
    return OwnReply(kept=reply_words(about), sends=sends)


def reply_facts(about: Occasion) -> Facts:
    """Return the row of facts that says whether the reply still counts."""
    if about.is_lead or not about.role.takes_part:
        return ()
    if about.substitutes_for:
        return (Fact(name=FactName.COMES_FOR, value=about.substitutes_for),)
    if about.has_no_reply:
        return kept_for_some(about) or (Fact(name=FactName.REPLY_MISSING_FOR_TIME),)
    return (Fact(name=FactName.REPLY_KEPT, value=reply_words(about)),)


def kept_for_some(about: Occasion) -> Facts:
    """Return that the reader has replied for some upcoming dates of a series, and not for others."""
    is_mixed = about.has_no_reply and len(set(about.asked_replies)) > 1
    return (Fact(name=FactName.REPLY_MISSING_FOR_SOME, value=reply_words(about)),) if is_mixed else ()


def reply_words(about: Occasion) -> str:
    """Return "Yes", or "Yes for 2 dates, none yet for 1 date" where replies to dates of a series differ."""
    numbers = Counter(about.asked_replies)
    given = [(words, numbers[value]) for value, words in _WORDS.items() if numbers[value]]
    if len(given) == 1:
        return given[0][0]
    return ", ".join(f"{words} for {plural(number, 'date')}" for words, number in given)


def kept_reply_buttons(about: Occasion) -> tuple[Button, ...]:
    """Return the three replies, or two links for people who have replied; different replies have no button to keep."""
    if about.has_no_reply:
        return reply_buttons(about)
    if len(set(about.asked_replies)) > 1:
        return reply_button(about, ButtonName.CHANGE_REPLY)
    kept = REPLY_KEYS.get(about.reply, "")
    return *reply_button(about, ButtonName.KEEP_REPLY, kept), *reply_button(about, ButtonName.CHANGE_REPLY)
