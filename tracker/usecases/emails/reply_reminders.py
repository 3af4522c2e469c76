"""The planner's part for missing replies: committees that want it have them asked for five and two days before."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.core.outbox import Draft, MessageKind, State
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.nudges import ASKED_AGAIN
from tracker.rules.emails.preferences import Wishes, quieter
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.event import Kind
from tracker.tables.background.emails import due
from tracker.usecases.emails.nudges import last_asked

Row = dict[str, Any]


async def requests_to_reply(after: datetime, now: datetime, wishes: Wishes) -> list[Draft]:
    """Return what became due in (after, now]; an event that asked less than two days ago asks nobody."""
    if not wishes.asking:
        return []
    passed = await _passed(after, now, wishes)
    rest = await last_asked([row["event"] for row, _ in passed], now)
    first: dict[UUID, tuple[Row, Moment]] = {}
    for row, moment in passed:  # one mail for a series, about its next date
        if row["event"] not in rest:
            first.setdefault(row["event"], (row, moment))
    silent = await due.silent(row["id"] for row, _ in first.values())
    return [
        _request(row, moment, member_id, wishes)
        for row, moment in first.values()
        for member_id in silent.get(row["id"], ())
    ]


async def _passed(after: datetime, now: datetime, wishes: Wishes) -> list[tuple[Row, Moment]]:
    """Return the dates, soonest first, each with the latest of its moments that is still of use."""
    spans = ((after + lead - rules.SHIFT, now + lead + rules.SHIFT) for lead in ASKED_AGAIN)
    near = [
        row
        for row in await due.dates_starting(spans)
        if row["committee"] in wishes.asking and Kind(row["kind"]).asks_reply
    ]
    return [
        (row, moment)
        for row in near
        for moment in rules.judged(moments_of(row["starts_at"], row["zone"], bool(row["is_all_day"])), after, now)
        if moment.state is State.PENDING
    ]


def moments_of(starts_at: datetime, zone: str, is_all_day: bool) -> list[Moment]:  # noqa: FBT001 - as its row has it
    """Return when the missing replies to a date are asked for."""
    return rules.of_date(starts_at, zone, is_all_day=is_all_day, leads=ASKED_AGAIN)


def _request(row: Row, moment: Moment, member_id: UUID, wishes: Wishes) -> Draft:
    """Return one message; it waits for the end of quiet hours, so that all of an event are queued at once."""
    lead = int(moment.lead.total_seconds())
    return Draft(
        kind=MessageKind.NO_REPLY,
        recipient_id=member_id,
        event_id=row["event"],
        occurrence_id=row["id"],
        key=f"no_reply:{row['id']}:{member_id}:{row['starts_at'].isoformat()}:{lead}",
        not_after=moment.ends,
        due=quieter(moment, wishes.quiet_of(member_id)).at,
    )
