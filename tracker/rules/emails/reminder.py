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


def reminder(occasion: Occasion, content: ReminderDue) -> Letter:
    """Return the reminder of one date."""
    says = ReminderEmail(
        title=occasion.title,
        near=nearness(occasion.starts, occasion.today),
        time="" if occasion.event.is_all_day or _is_far(occasion) else clock(occasion.starts),
        starts=day_and_time(occasion) if _is_far(occasion) else "",
        where=place(occasion),
        is_tentative=occasion.is_tentative,
        is_led=occasion.is_lead,
        replied="" if occasion.is_lead else REPLY_WORDS.get(occasion.reply, ""),
        is_late=content.is_late,
    )
    return letter_of(
        occasion,
        says,
        facts=(*what_when_where(occasion), *_reply(occasion)),
        buttons=_buttons(occasion),
        more=(event_page(occasion, ButtonName.AGENDA), *video_room(occasion)),
    )


def _is_far(occasion: Occasion) -> bool:
    return (occasion.starts.date() - occasion.today.date()).days >= FAR


def _reply(occasion: Occasion) -> Facts:
    if occasion.is_lead:
        return ()
    if occasion.has_no_reply:
        return (Fact(name=FactName.REPLY_MISSING),)
    return (Fact(name=FactName.REPLIED, value=REPLY_WORDS[occasion.reply]),)


def _buttons(occasion: Occasion) -> tuple[Button, ...]:
    if occasion.has_no_reply or occasion.reply is ReplyValue.TENTATIVE:
        return reply_buttons(occasion)
    return reply_button(occasion, ButtonName.CHANGE_REPLY)
