"""Reminding people who have not replied to a date: whom it would reach, and sending it with one click."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.database import together, writing
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.core.message_types import ConfirmationNudge, ReplyNudge
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.reminders import NUDGES_LEFT, REST, UNDO_FOR, Nudges, takes_nudges, why_no_nudge
from tracker.rules.events.events import DateLine, Kind, Occurrence, line_of_date, may_edit
from tracker.rules.events.history import HistoryEntry, confirmations_of, last_change_of
from tracker.rules.events.replies import Participant
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events, replies
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import reach_of
from tracker.usecases.emails.preferences import everyones_wishes
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
