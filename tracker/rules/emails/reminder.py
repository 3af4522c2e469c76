"""What a reminder of a date says; how near the date is follows from the moment of sending."""

from tracker.rules.core.wording import clock
from tracker.rules.emails.content import REPLY_WORDS, Button, Letter, nearness, subject
from tracker.rules.emails.parts import (
    Facts,
    Occasion,
    day_and_time,
    event_page,
    letter_of,
    place,
    reply_button,
    reply_buttons,
    video_room,
    what_when_where,
)
from tracker.rules.events.replies import ReplyValue

FAR = 2  # days from which the day is named
LATE = "This reminder comes late: no mail could be sent for a while."


def reminder(about: Occasion) -> Letter:
    """Return the reminder of one date."""
    where = place(about)
    return letter_of(
        about,
        _when_near(about),
        subject(f"{_near_and_time(about)}: {{}}{_day(about)}", about.title),
        " ".join(filter(None, (f"{where[:1].upper()}{where[1:]}." if where else "", _reply_words(about)))),
        facts=(*what_when_where(about), *_reply(about)),
        paragraphs=(LATE,) if about.facts.get("late") else (),
        buttons=_buttons(about),
        more=(event_page(about, "Agenda"), *video_room(about)),
    )


def _is_far(about: Occasion) -> bool:
    return (about.starts.date() - about.today.date()).days >= FAR


def _when_near(about: Occasion) -> str:
    near = nearness(about.starts, about.today)
    return near if about.event.is_all_day or _is_far(about) else f"{near} at {clock(about.starts)}"


def _near_and_time(about: Occasion) -> str:
    near = nearness(about.starts, about.today)
    return near if about.event.is_all_day or _is_far(about) else f"{near}, {clock(about.starts)}"


def _day(about: Occasion) -> str:
    return f", {day_and_time(about)}" if _is_far(about) else ""


def _reply_words(about: Occasion) -> str:
    if about.is_lead:
        return "You lead it."
    return "Please reply." if about.has_no_reply else f"You replied {REPLY_WORDS[about.reply].lower()}."


def _reply(about: Occasion) -> Facts:
    if about.is_lead:
        return ()
    return (("Your reply", REPLY_WORDS.get(about.reply, "None yet. Please reply.")),)


def _buttons(about: Occasion) -> tuple[Button, ...]:
    if about.has_no_reply:
        return reply_buttons(about)
    if about.reply is ReplyValue.TENTATIVE:
        return (*reply_button(about, "I will come", "yes"), *reply_button(about, "I cannot come", "no"))
    return reply_button(about, "I cannot come", "no")
