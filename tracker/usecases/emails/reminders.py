"""The planner of reminders: each reminder whose time has passed since the last run is queued exactly once.

Nothing is planned ahead, so a date that moves, is canceled or gains people needs no new plan. The watermark records how
far the planner has run; a message's key includes its time. Reminder preferences are read in the same run, for all
members at once. Upcoming reminders, as they would go out if nothing changed, are computed when viewed, and never
stored.

Invitees who have not declined are reminded, including the organizer, and substitutes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from uuid import UUID

from msgspec import Struct

from tracker.database import together, writing
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import ReminderDue
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, Viewer
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.escalations import Escalation
from tracker.rules.emails.preferences import Wish, Wishes, chosen_moments, wanted_moments
from tracker.rules.emails.reminders import DueDate, Moment, takes_nudges
from tracker.rules.events.events import DateLine, EventStatus, may_edit
from tracker.rules.events.replies import GivenReply, ReplyValue, effective_reply
from tracker.rules.roster.meetings import ASKS_OFFERED, OFFERED
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.background.events.invitees import invited_to_each, replies_to_invitations
from tracker.tables.schema.core.tables import Watermark
from tracker.tables.visible.events import events, replies
from tracker.usecases.core import audit, outbox, process_locks
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.item_emails import item_messages_due
from tracker.usecases.emails.nudges import follow_ups_ahead, reply_requests_due
from tracker.usecases.emails.poll_emails import poll_reminders_due
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.emails.summaries import digests_due, thank_yous_due
from tracker.usecases.events.substitutes import substitutes_by_date

PLANNER_MARK = "reminders"
OUTAGE = timedelta(hours=1)
"""After a longer gap, the audit log records what was caught up."""
USUAL_ESCALATION = Escalation()
NEWER = "A later reminder was sent instead."
MESSAGES_AHEAD = timedelta(days=14)
"""Later reminders are not shown."""
HORIZON = MESSAGES_AHEAD + max(*OFFERED, *ASKS_OFFERED) + rules.LONGEST_SHIFT
"""How far ahead the dates of these reminders can be."""
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


async def queue_due_messages(now: datetime, zone: str, escalation: Escalation = USUAL_ESCALATION) -> int:
    """Queue the reminders that have become due since the last run, and return how many messages that made.

    The very first run only sets the watermark. `zone` and `escalation` are the task force's, for action items. A
    restored copy does not run before a person resumes sending; then it catches up as after an outage.
    """
    async with writing():
        if await process_locks.held_copy():
            return 0
        rows = await Watermark.select(Watermark.until).where(Watermark.name == PLANNER_MARK)
        if not rows:  # the first run
            await Watermark.insert(Watermark(name=PLANNER_MARK, until=now))
        if not rows or now <= (after := rows[0]["until"]):  # or a clock that was set back
            return 0
        wishes = await everyones_wishes()
        drafts = [
            *await _date_reminders(after, now, wishes),
            *await item_messages_due(after, now, zone, wishes, escalation),
        ]
        drafts += [*await reply_requests_due(after, now, wishes), *digests_due(after, now, wishes)]
        drafts += [*await poll_reminders_due(after, now, wishes), *await thank_yous_due(after, now, wishes)]
        await outbox.enqueue_all(drafts, now)
        # A newer reminder to the same person overtakes those that waited while no email could be sent.
        dates = [draft.occurrence_id for draft in drafts if draft.occurrence_id]
        await outbox_queue.supersede_older_reminders(dates, NEWER)
        await Watermark.update({Watermark.until: now}).where(Watermark.name == PLANNER_MARK)
        if now - after > OUTAGE:
            facts = {"since": after.isoformat(), **Counter(draft.state.value for draft in drafts)}
            await audit.record(BY_CLOCK, "caught_up", "outbox", PLANNER_MARK, facts, now)
    return len(drafts)


async def _date_reminders(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    around = rules.LONGEST_SHIFT + wishes.shift
    near = await due.dates_starting((after + lead - around, now + lead + around) for lead in OFFERED)
    anyone = {leads: wishes.of_anyone(leads) for leads in {date.reminders.leads for date in near}}
    passed = list[tuple[DueDate, list[Moment]]]()
    for date in near:
        every = rules.date_moments(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=OFFERED)
        moments = [moment for moment in every if after - wishes.shift < moment.at <= now + wishes.shift]
        if any(wanted_moments(moments, wish, after, now) for wish in anyone[date.reminders.leads]):
            passed.append((date, moments))
    people = await people_to_remind([(date.id, date.event_id) for date, _ in passed])
    due_reminders = [
        (date, member_id, moment)
        for date, moments in passed
        for member_id in people.get(date.id, [])
        for moment in wanted_moments(moments, wishes.of_date(member_id, date.reminders.leads), after, now)
    ]
    # A second chance is for those whose reminder was not queued before their quiet hours.
    queued = await outbox_queue.reminder_keys({date.id for date, _, moment in due_reminders if moment.instead_of})
    return [
        NewMessage(
            content=ReminderDue(
                starts_at=date.starts_at, lead=int(moment.lead.total_seconds()), is_late=moment.is_late
            ),
            recipient_id=member_id,
            event_id=date.event_id,
            occurrence_id=date.id,
            key=key,
            due=moment.at,
            not_after=moment.ends,
            state=moment.state,
            reason=moment.reason,
        )
        for date, member_id, moment in due_reminders
        if not (
            (key := rules.reminder_key(date.id, member_id, date.starts_at, moment.lead)) in queued and moment.instead_of
        )
    ]


class PlannedReminder(Struct, frozen=True, kw_only=True):
    """One reminder about a date, with its time and recipients."""

    at: datetime
    kind: MessageKind
    """A reminder, or a request to reply."""
    lead: timedelta
    line: DateLine
    people: tuple[Viewer, ...]
    """The recipients, by agency and name."""


async def own_reminders_ahead(viewer: Viewer, now: datetime) -> list[PlannedReminder]:
    """Return the viewer's own reminders of the next two weeks, soonest first."""
    lines = await events.lines_invited_to(viewer, now, now + HORIZON)
    return await _reminders_of_lines(viewer, lines, now, now + MESSAGES_AHEAD, only_own=True)


async def event_reminders_ahead(
    viewer: Viewer, event_id: UUID, now: datetime, *, ahead: timedelta | None = MESSAGES_AHEAD
) -> list[PlannedReminder]:
    """Return the upcoming reminders of one event: all of them for an editor of the event, otherwise the viewer's own.

    They cover the next two weeks, or another span `ahead`; None = all.
    """
    event = await events.event_by_id(viewer, event_id)
    dates = await events.dates_in_order(viewer, event) if event else []
    is_bounded = ahead is not None and not (event and event.reminders.asks_after)
    until = now + ahead + HORIZON - MESSAGES_AHEAD if ahead and is_bounded else END_OF_TIME
    near = [occurrence.id for occurrence in dates if now < occurrence.starts_at <= until]
    lines = await events.lines_by_id(viewer, near)
    return await _reminders_of_lines(viewer, lines, now, now + ahead if ahead else END_OF_TIME)


async def reminders_ahead(viewer: Viewer, now: datetime) -> list[PlannedReminder]:
    """Return the reminders of all dates that the viewer may edit, and the viewer's own for the other dates."""
    near = await events.lines_between(viewer, now, now + HORIZON)
    asking = await events.next_lines_asking(viewer, now)
    lines = {date_line.id: date_line for date_line in (*near, *asking)}
    return await _reminders_of_lines(viewer, lines.values(), now, now + MESSAGES_AHEAD)


async def _reminders_of_lines(
    viewer: Viewer, lines: Iterable[DateLine], now: datetime, until: datetime, *, only_own: bool = False
) -> list[PlannedReminder]:
    """Return the reminders of these dates in (now, until], soonest first.

    Of dates that the viewer may not edit, and with `only_own` of all, these are only the viewer's own.
    """
    ahead = [
        line for line in lines if not line.is_off and line.status is not EventStatus.DRAFT and now < line.starts_at
    ]
    wishes, stood_down = await together(everyones_wishes(), due.stood_down_events({line.event_id for line in ahead}))
    by_id = {line.id: line for line in ahead if line.event_id not in stood_down}
    edited = {line.id for line in by_id.values() if not only_own and may_edit(viewer, line)}
    asking = [line for line in by_id.values() if line.id in edited and line.reminders.asks]
    coming, silent = await together(
        people_to_remind((line.id, line.event_id) for line in by_id.values()),
        replies.silent_invitees(viewer, [line.id for line in asking if takes_nudges(line, now)]),
    )
    follow_ups = await follow_ups_ahead(viewer, asking, silent, wishes, now)
    planned = [
        (moment, MessageKind.REMINDER, by_id[date_id], member)
        for date_id, members in coming.items()
        for member, moment in _moments_ahead(by_id[date_id], members, wishes, now)
        if date_id in edited or member == viewer.member_id
    ]
    planned += [(asked.moment, MessageKind.NO_REPLY, asked.line, asked.member_id) for asked in follow_ups]
    queued, reach = await together(
        outbox_queue.reminder_keys({line.id for moment, _, line, _ in planned if moment.instead_of}),
        reach_of({member for *_, member in planned}, {line.event_id for line in by_id.values()}, now),
    )
    recipients: dict[tuple[datetime, UUID, MessageKind, timedelta], list[Viewer]] = {}
    for moment, kind, line, member in planned:
        key = rules.reminder_key(line.id, member, line.starts_at, moment.lead)
        is_sent = moment.instead_of is not None and key in queued
        if now < moment.at <= until and not is_sent and (recipient := reach.recipient(member, line.event_id)):
            recipients.setdefault((moment.at, line.id, kind, moment.lead), []).append(recipient)
    return [
        PlannedReminder(at=at, kind=kind, lead=lead, line=by_id[date_id], people=tuple(sorted(people, key=_by_agency)))
        for (at, date_id, kind, lead), people in sorted(recipients.items(), key=itemgetter(0))
    ]


def _moments_ahead(
    line: DateLine, members: Iterable[UUID], wishes: Wishes, now: datetime
) -> Iterator[tuple[UUID, Moment]]:
    """Yield when each of these people is reminded of a date after now, computed once per distinct wish."""
    every = rules.date_moments(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=OFFERED)
    moments: dict[Wish | None, list[Moment]] = {}
    for member in members:
        wish = wishes.of_date(member, line.reminders.leads)
        if wish not in moments:
            moments[wish] = rules.moments_ahead(chosen_moments(every, wish), now)
        yield from ((member, moment) for moment in moments[wish])


def _by_agency(viewer: Viewer) -> tuple[str, str, str]:
    return viewer.agency, viewer.name, str(viewer.member_id)


async def people_to_remind(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    """Return the members to remind of each date; `dates` are (occurrence, event)."""
    return {
        date_id: [member for member, reply in given.items() if reply is not ReplyValue.DECLINED]
        for date_id, given in (await counting_replies(dates)).items()
    }


async def counting_replies(dates: Iterable[tuple[UUID, UUID]]) -> dict[UUID, dict[UUID, ReplyValue]]:
    """Return the reply that counts for each invitee of each date, by member; `dates` are (occurrence, event).

    A substitute counts as accepted.
    """
    wanted = list(dates)
    instead, invited = await together(
        substitutes_by_date(wanted), invited_to_each({event_id for _, event_id in wanted})
    )
    given: dict[UUID, list[GivenReply]] = {}
    for reply in await replies_to_invitations(person for people in invited.values() for person in people):
        given.setdefault(reply.invitation_id, []).append(reply)
    return {
        date_id: dict.fromkeys(instead.get(date_id, ()), ReplyValue.ACCEPTED)
        | {
            member: counting.value
            if (counting := effective_reply(given.get(invitation_id, []), date_id))
            else ReplyValue.NEEDS_ACTION
            for invitation_id, member in invited.get(event_id, {}).items()
        }
        for date_id, event_id in wanted
    }
