"""The planner of reminders: each reminder whose time has passed since the last run is queued exactly once.

Nothing is planned ahead, so a date that moves, is canceled or gains people needs no new plan. The watermark records how
far the planner has run; a message's key includes its time. Reminder preferences are read in the same run, for all
members at once.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tracker.database import writing
from tracker.rules.core.message_types import ReminderDue
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewers import BY_CLOCK
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.escalation import Escalation
from tracker.rules.emails.preferences import Wishes, wanted
from tracker.rules.emails.reminders import Moment
from tracker.rules.roster.reminder_policies import OFFERED
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.background.emails.due import DueDate
from tracker.tables.schema.core.tables import Watermark
from tracker.usecases.core import audit, outbox, send_hold
from tracker.usecases.emails.digest import digests
from tracker.usecases.emails.item_days import item_emails
from tracker.usecases.emails.poll_reminders import poll_reminders
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.emails.reminder_recipients import who_comes
from tracker.usecases.emails.reply_reminders import requests_to_reply
from tracker.usecases.emails.thanks import thanks_due

MARK = "reminders"
OUTAGE = timedelta(hours=1)
"""After a longer gap, the audit log records what was caught up."""
USUAL = Escalation()
NEWER = "A later reminder was sent instead."


async def queue_due(now: datetime, zone: str, escalation: Escalation = USUAL) -> int:
    """Queue the reminders that have become due since the last run, and return how many messages that made.

    The very first run only sets the watermark. `zone` and `escalation` are the task force's, for action items. A
    restored copy does not run before a person resumes sending; then it catches up as after an outage.
    """
    async with writing():
        if await send_hold.held_copy():
            return 0
        after = await _mark(now)
        if after >= now:  # the first run, or a clock that was set back
            return 0
        wishes = await everyones_wishes()
        drafts = [*await _of_dates(after, now, wishes), *await item_emails(after, now, zone, wishes, escalation)]
        drafts += [*await requests_to_reply(after, now, wishes), *digests(after, now, wishes)]
        drafts += [*await poll_reminders(after, now, wishes), *await thanks_due(after, now, wishes)]
        await outbox.enqueue_all(drafts, now)
        await _supersede_older(drafts)
        await Watermark.update({Watermark.until: now}).where(Watermark.name == MARK)
        if now - after > OUTAGE:
            facts = {"since": after.isoformat(), **Counter(draft.state.value for draft in drafts)}
            await audit.record(BY_CLOCK, "caught_up", "outbox", MARK, facts, now)
    return len(drafts)


async def _mark(now: datetime) -> datetime:
    rows = await Watermark.select(Watermark.until).where(Watermark.name == MARK)
    if rows:
        until: datetime = rows[0]["until"]
        return until
    await Watermark.insert(Watermark(name=MARK, until=now))
    return now


async def _of_dates(after: datetime, now: datetime, wishes: Wishes) -> list[Draft]:
    around = rules.SHIFT + wishes.shift
    near = await due.dates_starting((after + lead - around, now + lead + around) for lead in OFFERED)
    anyone = {leads: wishes.of_anyone(leads) for leads in {due_date.leads for due_date in near}}
    passed = [
        (date, every)
        for date in near
        if (every := _near_moments(date, after, now, wishes))
        and any(wanted(every, wish, after, now) for wish in anyone[date.leads])
    ]
    people = await who_comes([(date.id, date.event_id) for date, _ in passed])
    found = [
        (moment, _reminder(date, member_id, moment))
        for date, every in passed
        for member_id in people.get(date.id, [])
        for moment in wanted(every, wishes.of_date(member_id, date.leads), after, now)
    ]
    return await _unsent(found)


async def _unsent(found: Sequence[tuple[Moment, Draft]]) -> list[Draft]:
    """Return the messages, without second chances of reminders that were queued before quiet hours."""
    second = {draft.key: draft for moment, draft in found if moment.instead_of}
    dates = {draft.occurrence_id for draft in second.values() if draft.occurrence_id}
    queued = await outbox_queue.reminder_keys(dates)
    return [draft for _, draft in found if not (draft.key in second and draft.key in queued)]


def _near_moments(date: DueDate, after: datetime, now: datetime, wishes: Wishes) -> list[Moment]:
    """Return the moments of a date in (after, now], widened by the longest shift that quiet hours can cause."""
    every = rules.of_date(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=OFFERED)
    return [moment for moment in every if after - wishes.shift < moment.at <= now + wishes.shift]


def _reminder(date: DueDate, member_id: UUID, moment: Moment) -> Draft:
    lead = int(moment.lead.total_seconds())
    return Draft(
        content=ReminderDue(starts_at=date.starts_at, lead=lead, is_late=moment.is_late),
        recipient_id=member_id,
        event_id=date.event_id,
        occurrence_id=date.id,
        key=rules.key_of(date.id, member_id, date.starts_at, moment.lead),
        due=moment.at,
        not_after=moment.ends,
        state=moment.state,
        reason=moment.reason,
    )


async def _supersede_older(drafts: Sequence[Draft]) -> None:
    """Supersede reminders that a newer one to the same person has overtaken while no email could be sent."""
    await outbox_queue.supersede_older([draft.occurrence_id for draft in drafts if draft.occurrence_id], NEWER)
