"""The planner's part for missing replies: people are asked again on the days that the event chose."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.message_types import ReplyNudge
from tracker.rules.core.outbox import Draft, State
from tracker.rules.emails import follow_ups as rules
from tracker.rules.emails import reminders
from tracker.rules.emails.item_days import days_within
from tracker.rules.emails.nudges import REST
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import Moment
from tracker.rules.roster.reminder_policies import ASKS_OFFERED
from tracker.tables.background.emails import due, follow_ups
from tracker.tables.background.emails.chains import chains
from tracker.tables.background.emails.due import DueDate


class Request(Struct, frozen=True, kw_only=True):
    """A request to reply to a date that became due: to all who have not replied, or after one person's invitation."""

    date: DueDate
    moment: Moment
    member_id: UUID | None = None
    invited_at: datetime | None = None

    def key(self, member_id: UUID) -> str:
        """Return the key of the message to a person."""
        if self.invited_at:
            return f"no_reply:{self.date.event_id}:{member_id}:{self.invited_at.isoformat()}:{-self.moment.lead.days}"
        lead = int(self.moment.lead.total_seconds())
        return f"no_reply:{self.date.id}:{member_id}:{self.date.starts_at.isoformat()}:{lead}"


async def requests_to_reply(after: datetime, now: datetime, wishes: Wishes) -> list[Draft]:
    """Return the requests that became due in (after, now]: of each chain, one to a person, and none within two days."""
    requests = [*await _before_dates(after, now), *await _after_invitations(after, now)]
    if not requests:
        return []
    chain_of = await chains({one.date.event_id for one in requests})
    last = {
        (chain_of[nudged.event_id], nudged.member_id): nudged.at for nudged in await due.nudged(chain_of, now - REST)
    }
    silent = await due.silent({one.date.id for one in requests})
    drafts: dict[tuple[UUID, UUID], Draft] = {}
    for request in requests:
        for member_id in silent.get(request.date.id, ()):
            whom = chain_of[request.date.event_id], member_id
            is_theirs = request.member_id in (None, member_id)
            if is_theirs and not (whom in last and rules.rests(last[whom], now, request.date.zone)):
                drafts.setdefault(whom, _draft(request, member_id, wishes))
    return [*drafts.values()]


async def _before_dates(after: datetime, now: datetime) -> list[Request]:
    """Return the requests that are counted back from a date: one for a series, about its next date."""
    spans = ((after + lead - reminders.SHIFT, now + lead + reminders.SHIFT) for lead in ASKS_OFFERED)
    near = [
        due_date for due_date in await due.dates_starting(spans) if due_date.asks_before and due_date.kind.asks_reply
    ]
    first: dict[UUID, Request] = {}
    for date in near:
        every = reminders.of_date(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=date.asks_before)
        for moment in _useful(every, after, now):
            first.setdefault(date.event_id, Request(date=date, moment=moment))
    return [*first.values()]


async def _after_invitations(after: datetime, now: datetime) -> list[Request]:
    """Return the requests that are counted from an invitation, about the event's next date, once a morning has come."""
    zones = [zone for zone in await follow_ups.zones() if days_within(after, now, zone, None)]
    dates = await due.next_dates_asking(zones, now) if zones else []
    asking = {due_date.event_id: due_date for due_date in dates if due_date.kind.asks_reply}
    sent = await follow_ups.invitations(asking.keys())
    return [
        Request(date=asking[event_id], moment=moment, member_id=member_id, invited_at=invitation_email.at)
        for (event_id, member_id), invitation_email in sent.items()
        if invitation_email.is_sent
        for moment in _useful(_after(invitation_email.at, asking[event_id]), after, now)
    ]


def _after(sent_at: datetime, date: DueDate) -> list[Moment]:
    return rules.after_invitation(sent_at, date.zone, date.starts_at, date.asks_after)


def _useful(moments: Iterable[Moment], after: datetime, now: datetime) -> list[Moment]:
    return [moment for moment in reminders.judged(moments, after, now) if moment.state is State.PENDING]


def _draft(request: Request, member_id: UUID, wishes: Wishes) -> Draft:
    """Return one message; it is queued with the event's others, and waits for the end of quiet hours."""
    moment = request.moment
    return Draft(
        content=ReplyNudge(),
        recipient_id=member_id,
        event_id=request.date.event_id,
        occurrence_id=request.date.id,
        key=request.key(member_id),
        not_after=moment.ends,
        due=wishes.held_until(member_id, moment.at, moment.ends),
    )
