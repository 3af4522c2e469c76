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
    for one in await outbox_queue.of_kind(MessageKind.ITEMS_OF_DAY, now - MADE_UP):
        content = decode(one.facts)
        if isinstance(content, ItemsOfDay):
            email = DayEmail(
                recipient_id=one.recipient_id,
                since=content.since,
                day=content.day,
                is_sent=one.state is State.SENT and not one.is_bounced,
                is_owed=one.state in OWED,
                reached=frozenset(content.reached),
            )
            found.append(email)
    return found


def owed(emails: Iterable[DayEmail], today: date) -> dict[UUID, date]:
    """Return the people whose last email was not sent on its day, each with the first day that it was to cover."""
    last = {one.recipient_id: one for one in emails}
    return {one.recipient_id: one.since for one in last.values() if one.is_owed and one.day < today}
