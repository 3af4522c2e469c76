"""The planner's part for missing replies: people are asked again on the days before a date that its event chose."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.message_types import ReplyNudge
from tracker.rules.core.outbox import Draft, State
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.nudges import REST
from tracker.rules.emails.preferences import Wishes, quieter
from tracker.rules.emails.reminders import Moment
from tracker.rules.roster.reminder_policy import ASKS_OFFERED
from tracker.tables.background.emails import due
from tracker.tables.background.emails.due import DueDate


async def requests_to_reply(after: datetime, now: datetime, wishes: Wishes) -> list[Draft]:
    """Return the requests that became due in (after, now]; none to a person asked about the event within two days."""
    passed = await _passed(after, now)
    resting = {
        (one.event_id, one.member_id) for one in await due.nudged({one.event_id for one, _ in passed}, now - REST)
    }
    first: dict[UUID, tuple[DueDate, Moment]] = {}
    for date, moment in passed:  # one email for a series, about its next date
        first.setdefault(date.event_id, (date, moment))
    silent = await due.silent(date.id for date, _ in first.values())
    return [
        _request(date, moment, member_id, wishes)
        for date, moment in first.values()
        for member_id in silent.get(date.id, ())
        if (date.event_id, member_id) not in resting
    ]


async def _passed(after: datetime, now: datetime) -> list[tuple[DueDate, Moment]]:
    """Return the dates, soonest first, each with its latest moment that is still useful."""
    spans = ((after + lead - rules.SHIFT, now + lead + rules.SHIFT) for lead in ASKS_OFFERED)
    near = [one for one in await due.dates_starting(spans) if one.asks_before and one.kind.asks_reply]
    return [
        (date, moment)
        for date in near
        for moment in rules.judged(_moments(date), after, now)
        if moment.state is State.PENDING
    ]


def _moments(date: DueDate) -> list[Moment]:
    return rules.of_date(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=date.asks_before)


def _request(date: DueDate, moment: Moment, member_id: UUID, wishes: Wishes) -> Draft:
    """Return one message; it is queued with the event's others, and waits for the end of quiet hours."""
    lead = int(moment.lead.total_seconds())
    return Draft(
        content=ReplyNudge(),
        recipient_id=member_id,
        event_id=date.event_id,
        occurrence_id=date.id,
        key=f"no_reply:{date.id}:{member_id}:{date.starts_at.isoformat()}:{lead}",
        not_after=moment.ends,
        due=quieter(moment, wishes.quiet_of(member_id)).at,
    )
