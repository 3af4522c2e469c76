"""What mails say of the reader's own reply: it still counts, or it is asked for."""

from tracker.rules.emails.content import REPLY_KEYS, REPLY_WORDS, Button
from tracker.rules.emails.parts import Facts, Occasion, reply_button, reply_buttons

NOT_BY_CALENDAR = "“Accept” in your calendar program does not reach us."


def reply_words(about: Occasion) -> str:
    """Return what becomes of the reader's reply, as a sentence."""
    if about.is_lead:
        return ""
    if about.substitutes_for:
        return f"You still come for {about.substitutes_for}."
    return "Please reply again." if about.has_no_reply else still_counts(about)


def still_counts(about: Occasion) -> str:
    """Return "Your reply, Yes, still counts."."""
    return f"Your reply, {REPLY_WORDS[about.reply]}, still counts."


def reply_facts(about: Occasion) -> Facts:
    """Return the line that says the same."""
    if about.is_lead:
        return ()
    if about.substitutes_for:
        return (("You come for", about.substitutes_for),)
    if about.has_no_reply:
        return (("Your reply", "None for this time yet. Please reply."),)
    return (("Your reply", f"{REPLY_WORDS[about.reply]}, kept. Change it if it does not work any more."),)


def kept_reply_buttons(about: Occasion) -> tuple[Button, ...]:
    """Return the three replies, or the two ways on for whoever has replied."""
    if about.has_no_reply:
        return reply_buttons(about)
    kept = REPLY_KEYS.get(about.reply, "")
    return *reply_button(about, "Keep my reply", kept), *reply_button(about, "Change my reply")


def only_here(about: Occasion) -> tuple[str, ...]:
    """Return, for whoever is asked, that the calendar program by which they might reply too tells nobody here."""
    return (NOT_BY_CALENDAR,) if about.has_no_reply and reply_buttons(about) else ()
