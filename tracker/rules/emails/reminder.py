"""The reminder of a date; how near the date is depends on the time of sending."""

from tracker.rules.core.message_types import ReminderDue
from tracker.rules.core.wording import clock
from tracker.rules.emails.content import REPLY_WORDS, Button, ButtonName, Letter, nearness
from tracker.rules.emails.event_contexts import ReminderEmail
from tracker.rules.emails.event_facts import what_when_where
from tracker.rules.emails.facts import Fact, FactName, Facts
from tracker.rules.emails.parts import (
    Occasion,
    day_and_time,
    event_page,
    letter_of,
    place,
    reply_button,
    reply_buttons,
    video_room,
)
from tracker.rules.events.replies import ReplyValue

FAR = 2  # days from which the day is named


def reminder(about: Occasion, content: ReminderDue) -> Letter:
    """Return the reminder of one date."""
    says = ReminderEmail(
        title=about.title,
        near=nearness(about.starts, about.today),
        time="" if about.event.is_all_day or _is_far(about) else clock(about.starts),
        starts=day_and_time(about) if _is_far(about) else "",
        where=place(about),
        is_tentative=about.is_tentative,
        is_led=about.is_lead,
        replied="" if about.is_lead else REPLY_WORDS.get(about.reply, ""),
        is_late=content.is_late,
    )
    return letter_of(
        about,
        says,
        facts=(*what_when_where(about), *_reply(about)),
        buttons=_buttons(about),
        more=(event_page(about, ButtonName.AGENDA), *video_room(about)),
    )


def _is_far(about: Occasion) -> bool:
    return (about.starts.date() - about.today.date()).days >= FAR


def _reply(about: Occasion) -> Facts:
    if about.is_lead:
        return ()
    if about.has_no_reply:
        return (Fact(name=FactName.REPLY_MISSING),)
    return (Fact(name=FactName.REPLIED, value=REPLY_WORDS[about.reply]),)


def _buttons(about: Occasion) -> tuple[Button, ...]:
    if about.has_no_reply or about.reply is ReplyValue.TENTATIVE:
        return reply_buttons(about)
    return reply_button(about, ButtonName.CHANGE_REPLY)
