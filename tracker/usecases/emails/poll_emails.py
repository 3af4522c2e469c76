"""The emails about a date poll, as long as their reader may see it and is asked in it.

There is one reminder before the deadline by the clock, and those that a person sends. Upcoming ones, as they would go
out if nothing changed, are computed when viewed, and never stored.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from tracker.database import together, writing
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules import polls as poll_rules
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.message_types import PollCanceled, PollContent, PollNudge
from tracker.rules.core.outbox import MessageState, NewMessage, SendOutcome
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_utc
from tracker.rules.emails import summaries
from tracker.rules.emails.emails import Email
from tracker.rules.emails.preferences import Wishes, out_of_quiet_hours
from tracker.rules.emails.reminders import NUDGES_LEFT, REST, Moment, Nudges, respondents_due, why_no_nudge
from tracker.rules.events.events import may_edit
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.polls import LONGEST_AHEAD, Poll, PollState, Respondent, poll_reminder_at
from tracker.tables.background import polls as due
from tracker.tables.visible import polls as visible
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.nudges import ONLY_THEY_REMIND
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.emails.writers import NOT_AUTHORIZED, EmailRequest, writes
from tracker.usecases.polls.messages import draft_poll_message, last_poll_start, take_back_poll_messages
from tracker.usecases.polls.polls import check_poll_open, poll_for

NOT_ASKED = SendOutcome(state=MessageState.SUPPRESSED, reason="The recipient is no longer asked.")
OPEN_AGAIN = SendOutcome(state=MessageState.SUPERSEDED, reason="It has since been restored.")
CANCELED = SendOutcome(state=MessageState.SUPERSEDED, reason="It has since been canceled.")
ASKED_AGAIN = SendOutcome(state=MessageState.SUPERSEDED, reason="People have since been asked again.")
SCHEDULED = SendOutcome(state=MessageState.SUPERSEDED, reason="The date is set.")
REPLIED = SendOutcome(state=MessageState.SUPERSEDED, reason="The recipient has replied.")
OVER = SendOutcome(state=MessageState.TOO_LATE, reason="It was over before it could be sent.")


async def poll_reminders_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the reminders whose time came in (after, now]; none to people reminded within two days."""
    passed = {
        poll: at
        for poll in await due.polls_to_remind(now, now + LONGEST_AHEAD)
        if (at := poll_reminder_at(poll.reply_by, poll.opened_at, poll.zone)) and after < at <= now
    }
    reminded = await due.reminded_of_polls([poll.event_id for poll in passed], now - REST)
    silent = await due.silent_in_polls([poll.id for poll in passed])
    return [
        NewMessage(
            content=PollNudge(poll=poll.id),
            recipient_id=member_id,
            event_id=poll.event_id,
            key=f"{due.NUDGE_KEYS}{poll.id}:{member_id}:{poll.reply_by.isoformat()}",
            due=_sent_at(member_id, at, poll.reply_by, wishes),
            not_after=to_utc(poll.last, poll.zone),
        )
        for poll, at in passed.items()
        for member_id in respondents_due(at, silent.get(poll.id, ()), reminded.get(poll.event_id, {}), after, now)
    ]


def _sent_at(member_id: UUID, at: datetime, reply_by: datetime, wishes: Wishes) -> datetime:
    """Return when the reminder of a poll that is due at a moment leaves: quiet hours hold it."""
    moment = Moment(at=at, lead=reply_by - at, ends=reply_by)
    return out_of_quiet_hours(moment, wishes.quiet_of(member_id)).at


async def poll_nudges_of(viewer: Viewer, poll: Poll, now: datetime) -> Nudges | None:
    """Return whom the viewer could remind; None when they may not, or no date is left."""
    if not poll_rules.may_remind_poll(viewer, poll) or not poll.ahead(now):
        return None
    return await _poll_nudges(viewer, poll, now)


async def remind_respondents(viewer: Viewer, poll_id: UUID, now: datetime) -> int:
    """Remind the people who have not replied, and return how many they are.

    Errors: NotFound, NotAllowed, Conflict (no one is left to remind, or all were reminded within two days), Gone (it
    takes no replies now).
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not may_edit(viewer, poll.event):
            raise NotAllowed(ONLY_THEY_REMIND)
        check_poll_open(poll, now)
        poll_nudges = await _poll_nudges(viewer, poll, now)
        if refusal := why_no_nudge(poll_nudges, now, poll.event.zone):
            raise Conflict(refusal)
        wishes, nudge = await everyones_wishes(), PollNudge(poll=poll.id)
        until = last_poll_start(poll)
        drafts = [
            draft_poll_message(poll, nudge, member, now, due=max(now + UNDO_FOR, wishes.held_until(member, now, until)))
            for member in poll_nudges.asked
        ]
        await outbox.enqueue_all(drafts, now)
        await audit.record(viewer.actor, "poll_reminded", "event", poll.event.id, {"people": len(drafts)}, now)
    return len(poll_nudges.asked)


async def undo_poll_nudges(viewer: Viewer, poll_id: UUID, at: datetime, now: datetime) -> None:
    """Undo the reminders that were sent with one click at `at`, while all of them still wait.

    Does nothing when they have all been undone before. Errors: NotFound, NotAllowed, Gone (too late).
    """
    async with writing():
        poll = await poll_for(viewer, poll_id)
        if not may_edit(viewer, poll.event):
            raise NotAllowed(ONLY_THEY_REMIND)
        people = await take_back_poll_messages(poll, PollNudge(poll=poll.id), at) if now - UNDO_FOR < at else None
        if people is None:
            raise Gone(NUDGES_LEFT)
        if people:
            await audit.record(viewer.actor, "poll_reminders_undone", "event", poll.event.id, {"people": people}, now)


async def _poll_nudges(viewer: Viewer, poll: Poll, now: datetime) -> Nudges:
    waiting = poll_rules.waiting_people(await visible.poll_people(viewer, poll))
    names = {person.member_id: f"{person.name} ({person.agency})" for person in waiting}
    reminded, reach = await together(
        due.reminded_of_polls([poll.event.id], now - REST), reach_of(names, [poll.event.id], now)
    )
    return Nudges(
        subject_id=poll.id,
        silent=tuple(names),
        last=reminded.get(poll.event.id, {}),
        unreachable=reach.not_reached(names, poll.event.id),
        names=names,
    )


@writes(PollContent)
async def write_poll_email(content: PollContent, request: EmailRequest) -> Email | SendOutcome:
    """Return the email, or why it is not sent."""
    reader, now = request.reader, request.now
    poll = await visible.poll_by_id(reader, content.poll)
    if poll is None:
        return ASKED_AGAIN if await visible.poll_in_place_of(reader, content.poll) else NOT_AUTHORIZED
    asked = {person.member_id: person for person in await visible.poll_people(reader, poll) if person.role.is_asked}
    own = asked.get(reader.member_id)
    if own is None:
        return NOT_ASKED
    if request.is_sent and (skip := _why_no_poll_email(content, poll, own, now)):
        return skip
    return summaries.poll_email(content, poll, reader, own.fits, now)


def _why_no_poll_email(content: PollContent, poll: Poll, own: Respondent, now: datetime) -> SendOutcome | None:
    if isinstance(content, PollCanceled):
        return None if poll.state is PollState.CANCELED else OPEN_AGAIN
    if poll.state is not PollState.OPEN:
        return CANCELED if poll.state is PollState.CANCELED else SCHEDULED
    if own.has_replied:
        return REPLIED
    return None if poll.ahead(now) else OVER


class PlannedPollReminder(Struct, frozen=True, kw_only=True):
    """One reminder of a date poll, with its time and recipients."""

    kind: ClassVar[MessageKind] = MessageKind.POLL
    at: datetime
    poll: Poll
    people: tuple[Viewer, ...]
    """The recipients, by agency and name."""


async def poll_reminders_ahead(
    viewer: Viewer, now: datetime, until: datetime, event_id: UUID | None = None
) -> list[PlannedPollReminder]:
    """Return the reminders in (now, until] of the polls that the viewer sees, or of one event's, soonest first.

    People who may not edit an event read only of their own.
    """
    polls_due = await visible.polls_due(viewer, now, until + LONGEST_AHEAD)
    ahead = {
        poll.id: (poll, at)
        for poll in polls_due
        if event_id in (None, poll.event.id)
        and (at := poll_reminder_at(poll.reply_by, poll.opened_at, poll.event.zone))
        and now < at
    }
    if not ahead:
        return []
    event_ids = {poll.event.id for poll, _ in ahead.values()}
    people, wishes, reminded = await together(
        visible.people_of_polls(viewer, [poll for poll, _ in ahead.values()]),
        everyones_wishes(),
        due.reminded_of_polls(event_ids, now - REST),
    )
    members: dict[tuple[datetime, UUID], list[UUID]] = {}
    for poll, at in ahead.values():
        silent = [person.member_id for person in poll_rules.waiting_people(people[poll.id])]
        for member_id in respondents_due(at, silent, reminded.get(poll.event.id, {}), now, at):
            sent_at = _sent_at(member_id, at, poll.reply_by, wishes)
            if sent_at <= until and (may_edit(viewer, poll.event) or member_id == viewer.member_id):
                members.setdefault((sent_at, poll.id), []).append(member_id)
    reach = await reach_of({member_id for group in members.values() for member_id in group}, event_ids, now)
    planned = list[PlannedPollReminder]()
    for (sent_at, poll_id), group in sorted(members.items()):
        poll, _ = ahead[poll_id]
        recipients = tuple(to for member_id in group if (to := reach.recipient(member_id, poll.event.id)))
        if recipients:
            planned.append(PlannedPollReminder(at=sent_at, poll=poll, people=recipients))
    return planned
