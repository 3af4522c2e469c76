"""Follow-ups: people who have not replied are asked again on the days that the event chose.

Upcoming ones, as they would go out if nothing changed, are computed when viewed, and never stored.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.database import together
from tracker.rules.core.message_types import ReplyNudge
from tracker.rules.core.outbox import MessageState, NewMessage
from tracker.rules.core.viewers import Viewer, is_seen_by
from tracker.rules.core.wording import to_local
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.escalations import days_with_morning
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import REST, UNDO_FOR, Moment, NextFollowUp, takes_nudges
from tracker.rules.events.events import DateLine, Occurrence, line_of_date, may_edit
from tracker.rules.roster.quorum import ASKS_OFFERED
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.background.emails.due import DueDate, NewestInvitation, chains_of_events
from tracker.tables.background.events import events as audiences
from tracker.tables.visible.events import events, replies
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.preferences import wishes_of


class ReplyRequest(Struct, frozen=True, kw_only=True):
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


async def reply_requests_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the requests that became due in (after, now]: of each chain, one to a person, and none within two days."""
    requests = [*await _before_dates(after, now), *await _after_invitations(after, now)]
    if not requests:
        return []
    chain_of = await chains_of_events({one.date.event_id for one in requests})
    last = {
        (chain_of[nudged.event_id], nudged.member_id): nudged.at
        for nudged in await due.requests_since(chain_of, now - REST)
    }
    silent = await due.silent_by_date({one.date.id for one in requests})
    drafts: dict[tuple[UUID, UUID], NewMessage] = {}
    for request in requests:
        for member_id in silent.get(request.date.id, ()):
            whom = chain_of[request.date.event_id], member_id
            is_theirs = request.member_id in (None, member_id)
            if is_theirs and not (whom in last and rules.is_asked_too_soon(last[whom], now, request.date.zone)):
                drafts.setdefault(whom, _request_message(request, member_id, wishes))
    return [*drafts.values()]


async def _before_dates(after: datetime, now: datetime) -> list[ReplyRequest]:
    """Return the requests that are counted back from a date: one for a series, about its next date."""
    spans = ((after + lead - rules.LONGEST_SHIFT, now + lead + rules.LONGEST_SHIFT) for lead in ASKS_OFFERED)
    near = [
        due_date for due_date in await due.dates_starting(spans) if due_date.asks_before and due_date.kind.asks_reply
    ]
    first: dict[UUID, ReplyRequest] = {}
    for date in near:
        every = rules.date_moments(date.starts_at, date.zone, is_all_day=date.is_all_day, leads=date.asks_before)
        for moment in _useful_moments(every, after, now):
            first.setdefault(date.event_id, ReplyRequest(date=date, moment=moment))
    return [*first.values()]


async def _after_invitations(after: datetime, now: datetime) -> list[ReplyRequest]:
    """Return the requests that are counted from an invitation, about the event's next date, once a morning has come."""
    zones = [zone for zone in await due.follow_up_zones() if days_with_morning(after, now, zone, None)]
    dates = await due.next_dates_asking(zones, now) if zones else []
    asking = {due_date.event_id: due_date for due_date in dates if due_date.kind.asks_reply}
    sent = await due.newest_invitations(asking.keys())
    return [
        ReplyRequest(date=asking[event_id], moment=moment, member_id=member_id, invited_at=invitation_email.at)
        for (event_id, member_id), invitation_email in sent.items()
        if invitation_email.is_sent
        for moment in _useful_moments(_moments_after(invitation_email.at, asking[event_id]), after, now)
    ]


def _moments_after(sent_at: datetime, date: DueDate) -> list[Moment]:
    return rules.moments_after_invitation(sent_at, date.zone, date.starts_at, date.asks_after)


def _useful_moments(moments: Iterable[Moment], after: datetime, now: datetime) -> list[Moment]:
    return [moment for moment in rules.judge_moments(moments, after, now) if moment.state is MessageState.PENDING]


def _request_message(request: ReplyRequest, member_id: UUID, wishes: Wishes) -> NewMessage:
    """Return one message; it is queued with the event's others, and waits for the end of quiet hours."""
    moment = request.moment
    return NewMessage(
        content=ReplyNudge(),
        recipient_id=member_id,
        event_id=request.date.event_id,
        occurrence_id=request.date.id,
        key=request.key(member_id),
        not_after=moment.ends,
        due=wishes.held_until(member_id, moment.at, moment.ends),
    )


class UpcomingFollowUp(NamedTuple):
    """An email to a person about a date."""

    moment: Moment
    line: DateLine
    member_id: UUID


async def follow_ups_ahead(
    viewer: Viewer, lines: Iterable[DateLine], silent: Mapping[UUID, Collection[UUID]], wishes: Wishes, now: datetime
) -> list[UpcomingFollowUp]:
    """Return the follow-ups after now about dates that take place, given who has not replied to each of them.

    The other series of their chains are read too: people who are asked about one rest from the others.
    """
    asking = [line for line in lines if line.reminders.asks]
    if not any(silent.get(line.id) for line in asking):
        return []
    shown = {line.id for line in asking}
    chain_of = await chains_of_events({line.event_id for line in asking})
    others, more_silent = await _dates_of_chains(viewer, chain_of.keys() - {line.event_id for line in asking}, now)
    sent, nudged, paused = await together(
        due.newest_invitations(chain_of.keys()), due.requests_since(chain_of, now - REST), outbox_queue.paused_members()
    )
    last = {(chain_of[nudged.event_id], nudged.member_id): nudged.at for nudged in nudged}
    emails: dict[tuple[UUID, UUID], dict[UUID, NewestInvitation]] = {}
    for (event_id, member_id), email in sent.items():
        emails.setdefault((chain_of[event_id], member_id), {})[event_id] = email
    unanswered = {**more_silent, **silent}
    dates: dict[UUID, list[DateLine]] = {}
    for date_line in sorted([*asking, *others], key=lambda line: line.starts_at):
        dates.setdefault(chain_of[date_line.event_id], []).append(date_line)
    return [
        UpcomingFollowUp(replace(moment, at=wishes.held_until(member_id, moment.at, line.starts_at)), line, member_id)
        for chain, date_lines in dates.items()
        for member_id in sorted({one for date in date_lines for one in unanswered.get(date.id, ())} - paused)
        for moment, line in _moments_of_person(
            date_lines,
            {line.id for line in date_lines if member_id in unanswered.get(line.id, ())},
            emails.get((chain, member_id), {}),
            last.get((chain, member_id)),
            now,
        )
        if line.id in shown
    ]


async def _dates_of_chains(
    viewer: Viewer, event_ids: Collection[UUID], now: datetime
) -> tuple[list[DateLine], Mapping[UUID, Collection[UUID]]]:
    """Return the dates of these events that follow up, and who has not replied to each of them."""
    if not event_ids:
        return [], {}
    dates, stood_down = await together(events.lines_ahead(viewer, event_ids, now), due.stood_down_events(event_ids))
    asking = [
        date_line
        for date_line in dates
        if date_line.reminders.asks and takes_nudges(date_line, now) and date_line.event_id not in stood_down
    ]
    return asking, await replies.silent_invitees(viewer, [date_line.id for date_line in asking])


async def next_follow_up(viewer: Viewer, occurrence: Occurrence, now: datetime) -> NextFollowUp | None:
    """Return when people are asked next to reply to a date; emails that wait for the end of quiet hours count too.

    None when the viewer may not edit its event, everyone has replied, the event doesn't follow up, or it is an
    operation that was stood down.
    """
    event = occurrence.event
    if not (event.reminders.asks and may_edit(viewer, event) and takes_nudges(line_of_date(occurrence), now)):
        return None
    # People can be asked about a later date first, and are then left alone for two days.
    until = occurrence.starts_at + max(ASKS_OFFERED) + rules.LONGEST_SHIFT
    dates, stood_down, waits = await together(
        events.lines_ahead(viewer, [event.id], now),
        due.stood_down_events([event.id]),
        due.waiting_requests(occurrence.id, now + UNDO_FOR),
    )
    near = [date_line for date_line in dates if date_line.starts_at <= until and takes_nudges(date_line, now)]
    silent = await replies.silent_invitees(viewer, [date_line.id for date_line in near])
    get = silent.get(occurrence.id)
    if stood_down or not get:
        return None
    wishes = await wishes_of({member_id for members in silent.values() for member_id in members})
    coming = await follow_ups_ahead(viewer, near, silent, wishes, now)
    asked = [(follow_up.moment.at, follow_up.member_id) for follow_up in coming if follow_up.line.id == occurrence.id]
    asked += [(wait.at, wait.member_id) for wait in waits if wait.member_id in get]
    people, may_see = await together(
        viewers_for({member_id for _, member_id in asked}, now), audiences.audiences_of(event.id)
    )
    ahead = [at for at, member_id in asked if is_seen_by(people.get(member_id), may_see)]
    days = [to_local(at, event.zone).date() for at in ahead]
    return NextFollowUp(silent=len(get), at=min(ahead, default=None), people=days.count(min(days)) if days else 0)


def _moments_of_person(
    dates: list[DateLine],
    unanswered: Collection[UUID],
    sent: Mapping[UUID, NewestInvitation],
    last: datetime | None,
    now: datetime,
) -> Iterator[tuple[Moment, DateLine]]:
    """Yield when a person is asked about which of these dates of one chain, the earliest first, none too soon."""
    found: dict[Moment, DateLine] = {}
    for moment, line in _moments_of_dates(dates, sent):
        if line.id in unanswered and moment.at > now:
            found.setdefault(moment, line)
    in_order = sorted(found.items(), key=_planners_order)
    for moment in rules.space_moments(((moment, line.zone) for moment, line in in_order), last):
        yield moment, found[moment]


def _planners_order(asked: tuple[Moment, DateLine]) -> tuple[datetime, bool, datetime]:
    """Order as the planner does: of several at once, those before a date come first, and the earliest date."""
    moment, line = asked
    return moment.at, moment.lead < timedelta(0), line.starts_at


def _moments_of_dates(
    dates: list[DateLine], sent: Mapping[UUID, NewestInvitation]
) -> Iterator[tuple[Moment, DateLine]]:
    for line in dates:
        leads = line.reminders.asks_before
        for moment in rules.date_moments(line.starts_at, line.zone, is_all_day=line.is_all_day, leads=leads):
            yield moment, line
    for event_id, email in sent.items():
        if date_lines := [date_line for date_line in dates if date_line.event_id == event_id]:
            yield from _after_one_invitation(date_lines, email)


def _after_one_invitation(dates: list[DateLine], email: NewestInvitation) -> Iterator[tuple[Moment, DateLine]]:
    of_event, last = dates[0], dates[-1]
    for moment in rules.moments_after_invitation(
        email.at, of_event.zone, last.starts_at, of_event.reminders.asks_after
    ):
        line = next(date_line for date_line in dates if moment.at < date_line.starts_at)
        yield replace(moment, ends=line.starts_at), line
