"""The emails about action items of the last days, as the planner and the page of an item need them."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from tracker.rules.core.message_types import ItemsOfDay, decode
from tracker.rules.core.outbox import MessageKind, State
from tracker.rules.emails.item_days import MADE_UP
from tracker.rules.emails.missed_rungs import DayEmail
from tracker.tables.background.emails import outbox_queue

OWED = {State.PENDING, State.TOO_LATE, State.FAILED}
"""States of an email that did not reach its person: the next one makes up for it."""


async def day_emails(now: datetime) -> list[DayEmail]:
    """Return the emails for which a later one can make up, earliest first."""
    found = []
    for outcome in await outbox_queue.of_kind(MessageKind.ITEMS_OF_DAY, now - MADE_UP):
        content = decode(outcome.facts)
        if isinstance(content, ItemsOfDay):
            email = DayEmail(
                recipient_id=outcome.recipient_id,
                since=content.since,
                day=content.day,
                is_sent=outcome.state is State.SENT and not outcome.is_bounced,
                is_owed=outcome.state in OWED,
                reached=frozenset(content.reached),
            )
            found.append(email)
    return found


def owed(emails: Iterable[DayEmail], today: date) -> dict[UUID, date]:
    """Return the people whose last email was not sent on its day, each with the first day that it was to cover."""
    last = {email.recipient_id: email for email in emails}
    return {
        day_email.recipient_id: day_email.since
        for day_email in last.values()
        if day_email.is_owed and day_email.day < today
    }
