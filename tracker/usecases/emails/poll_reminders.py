"""Reminders about date polls: one before the deadline by the clock, and those that a person sends."""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.core.message_types import PollNudge
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.emails.nudges import LEFT, REST, UNDO_FOR
from tracker.rules.emails.poll_nudges import PollNudges
from tracker.rules.emails.preferences import Wishes, quieter
from tracker.rules.emails.reminders import Moment
from tracker.rules.events.events import may_edit
from tracker.rules.polls import polls as poll_rules
from tracker.rules.polls.polls import LONGEST_AHEAD, Poll, poll_reminder_at
from tracker.tables.background import polls as due
from tracker.tables.background.polls import DuePoll
from tracker.tables.visible import polls as visible
from tracker.usecases.core import audit, outbox
from tracker.usecases.emails.nudges import ONLY_THEIRS
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.polls import polls
from tracker.usecases.polls.polls import check_poll_open, poll_for


async def poll_reminders(after: datetime, now: datetime, wishes: Wishes) -> list[Draft]:
    """Return the reminders whose time came in (after, now]; none to people reminded within two days."""
    passed = [
        (poll, at)
        for poll in await due.polls_to_remind(now, now + LONGEST_AHEAD)
        if (at := poll_reminder_at(poll.reply_by, poll.opened_at, poll.zone)) and after < at <= now
    ]
    resting = await due.reminded_of_polls([poll.event_id for poll, _ in passed], now - REST)
    silent = await due.silent_in_polls([poll.id for poll, _ in passed])
    return [
        _reminder(poll, member_id, at, wishes)
        for poll, at in passed
        for member_id in silent.get(poll.id, ())
        if member_id not in resting.get(poll.event_id, {})
    ]


async def nudges_of(viewer: Viewer, poll: Poll, now: datetime) -> PollNudges | None:
    """Return whom the viewer could remind; None when they may not, or no date is left."""
    if not poll_rules.may_remind_poll(viewer, poll) or not poll.ahead(now):
        return None
    return await _nudges(viewer, poll, now)


async def remind(viewer: Viewer, poll_id: UUID, now: datetime) -> int:
    """Remind the people who have not replied, and return how many they are.

    Errors: NotFound, NotAllowed, Conflict (no one is left to remind, or all were reminded within two days), Gone (it
    takes no replies now).
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not may_edit(viewer, poll.event):
            raise NotAllowed(ONLY_THEIRS)
        check_poll_open(poll, now)
        poll_nudges = await _nudges(viewer, poll, now)
        if refusal := poll_nudges.why_not(now, poll.event.zone):
            raise Conflict(refusal)
        wishes, nudge = await everyones_wishes(), PollNudge(poll=poll.id)
        until = polls.last_poll_start(poll)
        drafts = [
            polls.draft_poll_message(poll, nudge, one, now, due=max(now + UNDO_FOR, wishes.held_until(one, now, until)))
            for one in poll_nudges.asked
        ]
        await outbox.enqueue_all(drafts, now)
        await audit.record(viewer.actor, "poll_reminded", "event", poll.event.id, {"people": len(drafts)}, now)
    return len(poll_nudges.asked)


async def undo(viewer: Viewer, poll_id: UUID, at: datetime, now: datetime) -> None:
    """Undo the reminders that were sent with one click at `at`, while all of them still wait.

    Does nothing when they have all been undone before. Errors: NotFound, NotAllowed, Gone (too late).
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not may_edit(viewer, poll.event):
            raise NotAllowed(ONLY_THEIRS)
        people = await polls.take_back_poll_messages(poll, PollNudge(poll=poll.id), at) if now - UNDO_FOR < at else None
        if people is None:
            raise Gone(LEFT)
        if people:
            await audit.record(viewer.actor, "poll_reminders_undone", "event", poll.event.id, {"people": people}, now)


async def _nudges(viewer: Viewer, poll: Poll, now: datetime) -> PollNudges:
    silent = tuple(person.member_id for person in poll_rules.waiting_people(await visible.poll_people(viewer, poll)))
    last = (await due.reminded_of_polls([poll.event.id], now - REST)).get(poll.event.id, {})
    reached = await polls.people_reached(poll, silent, now)
    return PollNudges(silent=silent, last=last, unreachable={one for one in silent if one not in reached})


def _reminder(poll: DuePoll, member_id: UUID, at: datetime, wishes: Wishes) -> Draft:
    moment = Moment(at=at, lead=poll.reply_by - at, ends=poll.reply_by)
    return Draft(
        content=PollNudge(poll=poll.id),
        recipient_id=member_id,
        event_id=poll.event_id,
        key=f"{due.NUDGE_KEYS}{poll.id}:{member_id}:{poll.reply_by.isoformat()}",
        due=quieter(moment, wishes.quiet_of(member_id)).at,
        not_after=to_utc(poll.last, poll.zone),
    )
