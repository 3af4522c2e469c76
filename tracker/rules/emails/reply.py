"""What happens to the reader's own reply after a change: it still counts, or a new one is requested."""

from collections import Counter

from tracker.rules.core.wording import plural
from tracker.rules.emails.content import REPLY_KEYS, REPLY_WORDS, Button, ButtonName, one_line
from tracker.rules.emails.event_contexts import OwnReply
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import Occasion, reply_button, reply_buttons
from tracker.rules.events.replies import ReplyValue

_WORDS = {**REPLY_WORDS, ReplyValue.NEEDS_ACTION: "none yet"}


def own_reply(occasion: Occasion) -> OwnReply:
    """Return what happens to the reader's reply after a change."""
    if occasion.is_lead or not occasion.role.takes_part:
        return OwnReply()
    if occasion.substitutes_for:
        return OwnReply(comes_for=occasion.substitutes_for)
    if occasion.has_no_reply:
        return OwnReply(is_missing=True)
    sends = one_line(occasion.delegation.name) if occasion.delegation and not occasion.is_series else ""
    return OwnReply(kept=reply_words(occasion), sends=sends)


def reply_facts(occasion: Occasion) -> Facts:
    """Return the row of facts that says whether the reply still counts."""
    if occasion.is_lead or not occasion.role.takes_part:
        return ()
    if occasion.substitutes_for:
        return (Fact(name=FactName.COMES_FOR, value=occasion.substitutes_for),)
    if occasion.has_no_reply:
        return kept_for_some(occasion) or (Fact(name=FactName.REPLY_MISSING_FOR_TIME),)
    return (Fact(name=FactName.REPLY_KEPT, value=reply_words(occasion)),)


def kept_for_some(occasion: Occasion) -> Facts:
    """Return that the reader has replied for some upcoming dates of a series, and not for others."""
    is_mixed = occasion.has_no_reply and len(set(occasion.asked_replies)) > 1
    return (Fact(name=FactName.REPLY_MISSING_FOR_SOME, value=reply_words(occasion)),) if is_mixed else ()


def reply_words(occasion: Occasion) -> str:
    """Return "Yes", or "Yes for 2 dates, none yet for 1 date" where replies to dates of a series differ."""
    numbers = Counter(occasion.asked_replies)
    given = [(words, numbers[value]) for value, words in _WORDS.items() if numbers[value]]
    if len(given) == 1:
        return given[0][0]
    return ", ".join(f"{words} for {plural(number, 'date')}" for words, number in given)


def kept_reply_buttons(occasion: Occasion) -> tuple[Button, ...]:
    """Return the three replies, or two links for people who have replied; different replies have no button to keep."""
    if occasion.has_no_reply:
        return reply_buttons(occasion)
    if len(set(occasion.asked_replies)) > 1:
        return reply_button(occasion, ButtonName.CHANGE_REPLY)
    kept = REPLY_KEYS.get(occasion.reply, "")
    return *reply_button(occasion, ButtonName.KEEP_REPLY, kept), *reply_button(occasion, ButtonName.CHANGE_REPLY)
