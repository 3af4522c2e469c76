"""Asking people again who have not replied to a date: with one click, or on the days that the event chose.

The click reaches those who were not asked within two days. The clock's requests are follow-ups. Upcoming ones, as they
would go out if nothing changed, are computed when viewed, and never stored.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from tracker.database import together, writing
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.core.message_types import ConfirmationNudge, ReplyNudge
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import to_local
from tracker.rules.emails.escalations import days_with_morning
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import (
    LONGEST_SHIFT,
    NUDGES_LEFT,
    REST,
    Moment,
    NextFollowUp,
    Nudges,
    ReplyRequest,
    requests_after_invitation,
    requests_ahead,
    requests_before,
    requests_due,
    takes_nudges,
    why_no_nudge,
)
from tracker.rules.events.events import DateLine, Kind, Occurrence, line_of_date, may_edit
from tracker.rules.events.history import UNDO_FOR, HistoryEntry, confirmations_of, last_change_of
from tracker.rules.events.replies import Participant
from tracker.rules.roster.meetings import ASKS_OFFERED
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events, replies
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.preferences import everyones_wishes, wishes_of
from tracker.usecases.events.occurrences import date_seen_by

ONLY_THEY_REMIND = "Only the organizer, the committee’s chair, or a coordinator can remind people."


async def nudges_by_date(
    viewer: Viewer, lines: Iterable[DateLine], silent: Mapping[UUID, Mapping[UUID, str]], now: datetime
) -> dict[UUID, Nudges]:
    """Return whom the viewer, as organizer, chair or coordinator, could remind, by date.

    `silent` is who has not replied to each date. Other people's dates, dates that have begun, and operations that were
    stood down are left out. The number of queries does not depend on the number of dates.
    """
    editable = {line.id: line for line in lines if may_edit(viewer, line) and takes_nudges(line, now)}
    event_ids = sorted({line.event_id for line in editable.values()})
    reach, last, invited, stood_down = await together(
        reach_of({member for members in silent.values() for member in members}, event_ids, now),
        _last_nudges(event_ids, now),
        due.newest_invitation_times(event_ids, now - REST),
        due.stood_down_events(line.event_id for line in editable.values() if line.kind is Kind.JOINT_OPERATION),
    )
    return {
        date_id: Nudges(
            subject_id=date_id,
            silent=tuple(members := silent.get(date_id, {})),
            starts_at=line.starts_at,
            last=last.get(date_id, {}),
            invited=invited.get(line.event_id, {}),
            unreachable=reach.not_reached(members, line.event_id),
            names=members,
        )
        for date_id, line in editable.items()
        if line.event_id not in stood_down
    }


async def _last_nudges(event_ids: Iterable[UUID], now: datetime) -> dict[UUID, dict[UUID, datetime]]:
    """Return when each person was last nudged about each date of these events, within `REST`."""
    nudged: dict[UUID, dict[UUID, datetime]] = {}
    for request in await due.requests_since(event_ids, now - REST):
        if request.occurrence_id is not None:
            nudged.setdefault(request.occurrence_id, {})[request.member_id] = request.at
    return nudged


async def nudges_of_date(viewer: Viewer, occurrence: Occurrence, now: datetime) -> Nudges | None:
    """Return whom the viewer could remind for one date, or None when they may not, or it is too late.

    After a change of time or place, that is everyone who has not confirmed it, whether or not they replied before.
    """
    silent, changes, participants = await together(
        silent_people_of_date(viewer, occurrence, now),
        events.changes_seen(viewer, occurrence.event, occurrence),
        attendance.participants(viewer, occurrence),
    )
    return await with_confirmations(silent, occurrence, changes, participants, now) if silent else None


async def with_confirmations(
    silent: Nudges,
    occurrence: Occurrence,
    changes: Iterable[HistoryEntry],
    participants: Collection[Participant],
    now: datetime,
) -> Nudges:
    """Return whom the viewer could remind, given who has not replied, and the changes and participants of the date."""
    change, event_id = last_change_of(occurrence, changes), occurrence.event.id
    if change is None:
        return silent
    members = [participant.member_id for participant in participants]
    reach = await reach_of(members, [event_id], now)
    board = confirmations_of(change, participants, {member for member in members if reach.may_know(member, event_id)})
    names = {participant.member_id: f"{participant.name} ({participant.agency})" for participant in board.waiting}
    unreachable = reach.paused & names.keys()
    return replace(silent, board=board, silent=tuple(names), names=names, unreachable=unreachable, invited={})


async def silent_people_of_date(viewer: Viewer, occurrence: Occurrence, now: datetime) -> Nudges | None:
    """Return who has not replied to a date; None when the viewer may not remind them, or it is too late."""
    line = line_of_date(occurrence)
    if not (may_edit(viewer, line) and takes_nudges(line, now)):
        return None
    silent = await replies.silent_invitees(viewer, [occurrence.id])
    return (await nudges_by_date(viewer, [line], silent, now)).get(occurrence.id)


async def nudge_people(
    viewer: Viewer, event_id: UUID, key: str, now: datetime, zone: str, *, confirmations: bool = False
) -> int:
    """Remind people who have not replied to a date, and return how many there are.

    With `confirmations`, remind those who have not confirmed its new time or place. `zone` is used in the error
    message.
    Errors: NotFound, NotAllowed, Conflict (no one is left to remind, or all were asked less than two days ago).
    """
    async with writing():
        occurrence = await date_seen_by(viewer, event_id, key)
        if not may_edit(viewer, occurrence.event):
            raise NotAllowed(ONLY_THEY_REMIND)
        nudges = await (nudges_of_date if confirmations else silent_people_of_date)(viewer, occurrence, now)
        if nudges is None:
            raise Conflict(await _why_no_one_is_asked(occurrence))
        if refusal := why_no_nudge(nudges, now, zone):
            raise Conflict(refusal)
        board, wishes = nudges.board, await everyones_wishes()
        content = ConfirmationNudge(since=board.since, what=board.what) if board else ReplyNudge()
        drafts = [
            NewMessage(
                content=content,
                recipient_id=member_id,
                event_id=event_id,
                occurrence_id=occurrence.id,
                key=f"no_reply:{occurrence.id}:{member_id}:{now.isoformat()}",
                not_after=occurrence.starts_at,
                due=max(now + UNDO_FOR, wishes.held_until(member_id, now, occurrence.starts_at)),
            )
            for member_id in nudges.asked
        ]
        await outbox.enqueue_all(drafts, now)
        await audit.record(viewer.actor, "reminded", "occurrence", occurrence.id, {"people": len(drafts)}, now)
    return len(drafts)


async def _why_no_one_is_asked(occurrence: Occurrence) -> str:
    """Return why no one is asked to reply to a date."""
    if await due.stood_down_events([occurrence.event.id]):
        return "This operation was stood down, so no one needs to reply."
    if occurrence.is_off:
        return "This date is canceled, so no one needs to reply."
    return "This date has started or is over, so no one needs to reply."


async def undo_date_nudges(viewer: Viewer, event_id: UUID, key: str, at: datetime, now: datetime) -> None:
    """Undo the reminders about a date that were sent with one click at `at`, while all of them still wait.

    Does nothing when they have all been undone before. Errors: NotFound, NotAllowed, Gone.
    """
    async with writing():
        occurrence = await date_seen_by(viewer, event_id, key)
        if not may_edit(viewer, occurrence.event):
            raise NotAllowed(ONLY_THEY_REMIND)
        if await outbox_queue.have_requests_ended(occurrence.id, at, outbox.UNDONE):
            return
        people = await outbox.undo_nudges(occurrence.id, at) if now - UNDO_FOR < at else 0
        if not people:
            raise Gone(NUDGES_LEFT)
        await audit.record(viewer.actor, "reminders_undone", "occurrence", occurrence.id, {"people": people}, now)


async def reply_requests_due(after: datetime, now: datetime, wishes: Wishes) -> list[NewMessage]:
    """Return the requests that became due in (after, now]: of each chain, one to a person, and none within two days."""
    spans = ((after + lead - LONGEST_SHIFT, now + lead + LONGEST_SHIFT) for lead in ASKS_OFFERED)
    near = [date for date in await due.dates_starting(spans) if date.kind.asks_reply]
    before_dates = [request for date in near for request in requests_before(date)]
    requests = [
        request
        for request in [*before_dates, *await _after_invitations(after, now)]
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
