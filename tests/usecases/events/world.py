"""Meetings of a committee to which people send substitutes."""

from datetime import datetime, timedelta
from uuid import UUID

import icalendar

from tests.cast import NOW, Cast, meeting
from tests.emails import ReadEmail, read_result, send_due_messages
from tests.ports.mail.making import parts
from tests.ports.mail.sending import composer
from tracker.rules.core.outbox import Message, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.emails import Email
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core import tables as rows
from tracker.usecases.events import replies, scheduling

SECOND_DATE = "2027-01-19"
MINUTE = timedelta(minutes=1)
YES = ReplyValue.ACCEPTED
MAYBE = ReplyValue.TENTATIVE
NO = ReplyValue.DECLINED
Rank = tuple[int, datetime]


async def schedule_weekly_for_committee(cast: Cast, *people: Viewer) -> UUID:
    """Return a weekly meeting of the Steering Committee, whose invitations are out."""
    plan = meeting(
        *people,
        visibility=Visibility.COMMITTEE,
        committee_id=cast.committees["steering"],
        rule=rule_for_choice("weekly", meeting().starts, count=3),
    )
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW - timedelta(hours=1))
    await ranks_emailed_to(cast.coordinator, NOW)
    return event_id


async def reply_with_substitute(
    who: Viewer, event_id: UUID, value: ReplyValue, now: datetime, sends: Viewer | None = None
) -> None:
    substitute = sends.member_id if sends else None
    await replies.record_own_reply(who, event_id, SECOND_DATE, value, "", now, for_series=False, substitute=substitute)


async def emails_to(to: Viewer, queued: datetime) -> list[tuple[Message, Email]]:
    """Send what is queued; return what one person gets."""
    sent = await send_due_messages(queued + MINUTE / 2)
    return [
        (message, written)
        for message, written in sent
        if message.recipient_id == to.member_id and isinstance(written, Email)
    ]


async def emails_due_to(who: Viewer, now: datetime) -> list[ReadEmail | SendOutcome]:
    """Send what is due, and return what becomes of the messages to one person."""
    sent = await send_due_messages(now)
    return [read_result(written) for message, written in sent if message.recipient_id == who.member_id]


async def ranks_emailed_to(to: Viewer, queued: datetime) -> list[tuple[str, Rank]]:
    """Send what is queued; return METHOD, SEQUENCE and DTSTAMP of what one person gets."""
    return [_rank(one, letter) for one, letter in await emails_to(to, queued)]


def _rank(message: Message, letter: Email) -> tuple[str, Rank]:
    part = parts(composer().compose(letter, message).content)["text/calendar"].get_content()
    calendar = icalendar.Calendar.from_ical(part)
    [entry] = calendar.events
    return str(calendar["METHOD"]), (int(entry["SEQUENCE"]), entry["DTSTAMP"].dt)


THIRD_DATE = "2027-01-26"


async def schedule_with_alternate(cast: Cast, *keys: str) -> UUID:
    """Return a weekly meeting of the committee, to some dates of which the Bureau's lead sends their alternate."""
    seats = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    plan = meeting(cast.fbi_lead, rule=rule_for_choice("weekly", meeting().starts, count=3), **seats)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    for key in keys:
        said_no = (cast.fbi_lead, event_id, key, NO, "", NOW)
        await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await rows.Message.update({rows.Message.state: "sent", rows.Message.sent_at: NOW}, force=True)
    return event_id
