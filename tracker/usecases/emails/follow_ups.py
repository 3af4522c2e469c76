"""Follow-ups: people who have not replied are asked again on the days that the event chose.

Upcoming ones, as they would go out if nothing changed, are computed when viewed, and never stored.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from tracker.database import together
from tracker.rules.core.message_types import ReplyNudge
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.emails.escalations import days_with_morning
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import (
    LONGEST_SHIFT,
    REST,
    UNDO_FOR,
    Moment,
    NextFollowUp,
    ReplyRequest,
    requests_after_invitation,
    requests_ahead,
    requests_before,
    requests_due,
    takes_nudges,
)
from tracker.rules.events.events import DateLine, Occurrence, line_of_date, may_edit
from tracker.rules.roster.meetings import ASKS_OFFERED
from tracker.tables.background.emails import due
from tracker.tables.visible.events import events, replies
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.preferences import wishes_of


async def reply_requests_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the requests that became due in (after, now]: of each chain, one to a person, and none within two days."""
    requests = [
        request
        for request in [*await _before_dates(after, now), *await _after_invitations(after, now)]
        if after < request.moment.at <= now
    ]
    if not requests:
        return []
    chain_of = await due.chains_of_events({request.date.event_id for request in requests})
    asked = await _last_asked(chain_of, now)
    silent = await due.silent_by_date({request.date.id for request in requests})
    of_chain: dict[UUID, list[ReplyRequest]] = {}
    for request in requests:
        of_chain.setdefault(chain_of[request.date.event_id], []).append(request)
    return [
        NewMessage(
            content=ReplyNudge(),
            recipient_id=member_id,
            event_id=request.date.event_id,
            occurrence_id=request.date.id,
            key=request.key(member_id),
            not_after=request.moment.ends,
            due=wishes.held_until(member_id, request.moment.at, request.moment.ends),
        )
        for chain, of_this in of_chain.items()
        for member_id, request in requests_due(of_this, silent, asked.get(chain, {}), after, now).items()
    ]


async def _last_asked(chain_of: Mapping[UUID, UUID], now: datetime) -> dict[UUID, dict[UUID, datetime]]:
    """Return when each person was last asked about each of these chains, within two days."""
    asked: dict[UUID, dict[UUID, datetime]] = {}
    for sent in await due.requests_since(chain_of, now - REST):
        asked.setdefault(chain_of[sent.event_id], {})[sent.member_id] = sent.at
    return asked


async def _before_dates(after: datetime, now: datetime) -> list[ReplyRequest]:
    """Return the requests that are counted back from the dates that are near enough."""
    spans = ((after + lead - LONGEST_SHIFT, now + lead + LONGEST_SHIFT) for lead in ASKS_OFFERED)
    return [
        request for date in await due.dates_starting(spans) if date.kind.asks_reply for request in requests_before(date)
    ]


async def _after_invitations(after: datetime, now: datetime) -> list[ReplyRequest]:
    """Return the requests that are counted from an invitation, about the event's next date, once a morning has come."""
    zones = [zone for zone in await due.follow_up_zones() if days_with_morning(after, now, zone, None)]
    dates = await due.next_dates_asking(zones, now) if zones else []
    next_date = {date.event_id: date for date in dates if date.kind.asks_reply}
    invitations = await due.newest_invitations(next_date.keys())
    return [
        request
        for (event_id, member_id), invitation in invitations.items()
        if invitation.is_sent
        for request in requests_after_invitation([next_date[event_id]], member_id, invitation.at)
    ]


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
    asking = {line.id: line for line in lines if line.reminders.asks}
    if not any(silent.get(date_id) for date_id in asking):
        return []
    events_shown = {line.event_id for line in asking.values()}
    chain_of = await due.chains_of_events(events_shown)
    others, more_silent = await _dates_of_chains(viewer, chain_of.keys() - events_shown, now)
    invitations, asked = await together(due.newest_invitations(chain_of.keys()), _last_asked(chain_of, now))
    dates: dict[UUID, list[DateLine]] = {}
    for date in sorted([*asking.values(), *others], key=lambda line: line.starts_at):
        dates.setdefault(date.event_id, []).append(date)
    requests: dict[UUID, list[ReplyRequest]] = {}
    for event_id, dates_of_event in dates.items():
        of_chain = requests.setdefault(chain_of[event_id], [])
        of_chain += [request for date in dates_of_event for request in requests_before(date)]
    for (event_id, member_id), invitation in invitations.items():
        if event_id in dates:
            requests[chain_of[event_id]] += requests_after_invitation(dates[event_id], member_id, invitation.at)
    unanswered = {**more_silent, **silent}
    ahead = [
        (member_id, request)
        for chain, of_chain in requests.items()
        for member_id, request in requests_ahead(of_chain, unanswered, asked.get(chain, {}), now)
        if request.date.id in asking
    ]
    return [
        UpcomingFollowUp(
            replace(request.moment, at=wishes.held_until(member_id, request.moment.at, request.moment.ends)),
            asking[request.date.id],
            member_id,
        )
        for member_id, request in ahead
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
    until = occurrence.starts_at + max(ASKS_OFFERED) + LONGEST_SHIFT
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
    reach = await reach_of({member_id for _, member_id in asked}, [event.id], now)
    ahead = [at for at, member_id in asked if reach.recipient(member_id, event.id)]
    days = [to_local(at, event.zone).date() for at in ahead]
    return NextFollowUp(silent=len(get), at=min(ahead, default=None), people=days.count(min(days)) if days else 0)
