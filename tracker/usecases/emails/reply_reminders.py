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
    found = [*await _before_dates(after, now), *await _after_invitations(after, now)]
    if not found:
        return []
    chain_of = await chains({one.date.event_id for one in found})
    last = {(chain_of[one.event_id], one.member_id): one.at for one in await due.nudged(chain_of, now - REST)}
    silent = await due.silent({one.date.id for one in found})
    drafts: dict[tuple[UUID, UUID], Draft] = {}
    for one in found:
        for member_id in silent.get(one.date.id, ()):
            whom = chain_of[one.date.event_id], member_id
            is_theirs = one.member_id in (None, member_id)
            if is_theirs and not (whom in last and rules.rests(last[whom], now, one.date.zone)):
                drafts.setdefault(whom, _draft(one, member_id, wishes))
    return [*drafts.values()]


async def _before_dates(after: datetime, now: datetime) -> list[Request]:
    """Return the requests that are counted back from a date: one for a series, about its next date."""
    spans = ((after + lead - reminders.SHIFT, now + lead + reminders.SHIFT) for lead in ASKS_OFFERED)
    near = [one for one in await due.dates_starting(spans) if one.asks_before and one.kind.asks_reply]
    first: dict[UUID, Request] = {}
    for date in near:
        every = reminders.of_date(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=date.asks_before)
        for moment in _useful(every, after, now):
            first.setdefault(date.event_id, Request(date=date, moment=moment))
    return [*first.values()]


async def _after_invitations(after: datetime, now: datetime) -> list[Request]:
    """Return the requests that are counted from an invitation, about the event's next date, once a morning has come."""
    zones = [one for one in await follow_ups.zones() if days_within(after, now, one, None)]
    dates = await due.next_dates_asking(zones, now) if zones else []
    asking = {one.event_id: one for one in dates if one.kind.asks_reply}
    sent = await follow_ups.invitations(asking.keys())
    return [
        Request(date=asking[event_id], moment=moment, member_id=member_id, invited_at=one.at)
        for (event_id, member_id), one in sent.items()
        if one.is_sent
        for moment in _useful(_after(one.at, asking[event_id]), after, now)
    ]


def _after(sent_at: datetime, date: DueDate) -> list[Moment]:
    return rules.after_invitation(sent_at, date.zone, date.starts_at, date.asks_after)


def _useful(moments: Iterable[Moment], after: datetime, now: datetime) -> list[Moment]:
    return [one for one in reminders.judged(moments, after, now) if one.state is State.PENDING]


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
