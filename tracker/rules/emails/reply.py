"""What mails say of the reader's own reply: it still counts, or it is asked for."""

from tracker.rules.emails.content import ANSWER_KEYS, ANSWER_WORDS, Button
from tracker.rules.emails.parts import Facts, Occasion, answer_buttons, reply_button

NOT_BY_CALENDAR = "“Accept” in your calendar program does not reach us."


def reply_words(about: Occasion) -> str:
    """Return what becomes of the reader's reply, as a sentence."""
    if about.is_lead:
        return ""
    if about.stands_in_for:
        return f"You still come for {about.stands_in_for}."
    return "Please reply again." if about.has_no_answer else still_counts(about)


def still_counts(about: Occasion) -> str:
    """Return "Your reply, Yes, still counts."."""
    return f"Your reply, {ANSWER_WORDS[about.answer]}, still counts."


def reply_facts(about: Occasion) -> Facts:
    """Return the line that says the same."""
    if about.is_lead:
        return ()
    if about.stands_in_for:
        return (("You come for", about.stands_in_for),)
    if about.has_no_answer:
        return (("Your reply", "None for this time yet. Please answer."),)
    return (("Your reply", f"{ANSWER_WORDS[about.answer]}, kept. Change it if it does not work any more."),)


def reply_buttons(about: Occasion) -> tuple[Button, ...]:
    """Return the three answers, or the two ways on for whoever has answered."""
    if about.has_no_answer:
        return answer_buttons(about)
    kept = ANSWER_KEYS.get(about.answer, "")
    return *reply_button(about, "Keep my reply", kept), *reply_button(about, "Change my reply")


def only_here(about: Occasion) -> tuple[str, ...]:
    """Return, for whoever is asked, that the calendar program by which they might answer too tells nobody here."""
    return (NOT_BY_CALENDAR,) if about.has_no_answer and answer_buttons(about) else ()
