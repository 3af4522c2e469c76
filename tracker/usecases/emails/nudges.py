"""Reminding people who have not replied to a date: whom it would reach, and sending it with one click."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tracker.database import together, writing
from tracker.errors import Conflict, Gone, NotAllowed
from tracker.rules.core.message_types import ConfirmationNudge, ReplyNudge
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Viewer, is_seen_by
from tracker.rules.emails import reminders as rules
from tracker.rules.emails.preferences import Wishes
from tracker.rules.emails.reminders import NUDGES_LEFT, REST, UNDO_FOR, DateNudges, takes_nudges
from tracker.rules.events.events import DateLine, Kind, Occurrence, line_of_date, may_edit
from tracker.rules.events.history import ChangeConfirmations, HistoryEntry, confirmations_of, last_change_of
from tracker.rules.events.replies import Participant
from tracker.tables.background.emails import due, outbox_queue
from tracker.tables.background.events import events as audience_rows
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events, replies
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.emails.preferences import everyones_wishes
from tracker.usecases.events.occurrences import date_seen_by

ONLY_THEY_REMIND = "Only the organizer, the committee’s chair, or a coordinator can remind people."


async def nudges_by_date(
    viewer: Viewer, lines: Iterable[DateLine], silent: Mapping[UUID, Mapping[UUID, str]], now: datetime
) -> dict[UUID, DateNudges]:
    """Return whom the viewer, as organizer, chair or coordinator, could remind, by date.

    `silent` is who has not replied to each date. Other people's dates, dates that have begun, and operations that were
    stood down are left out. The number of queries does not depend on the number of dates.
    """
    theirs = {line.id: line for line in lines if may_edit(viewer, line) and takes_nudges(line, now)}
    event_ids = sorted({date_line.event_id for date_line in theirs.values()})
    people, seen_by, last, invited, paused, stood_down = await together(
        viewers_for({member for members in silent.values() for member in members}, now),
        audience_rows.audiences_of_each(event_ids),
        _last_nudges(event_ids, now),
        due.newest_invitation_times(event_ids, now - REST),
        outbox_queue.paused_members(),
        due.stood_down_events(
            date_line.event_id for date_line in theirs.values() if date_line.kind is Kind.JOINT_OPERATION
        ),
    )
    found: dict[UUID, DateNudges] = {}
    for date_id, line in theirs.items():
        if line.event_id in stood_down:
            continue
        may_see, members = seen_by[line.event_id], silent.get(date_id, {})
        found[date_id] = DateNudges(
            line=line,
            silent=tuple(members),
            last=last.get(date_id, {}),
            invited=invited.get(line.event_id, {}),
            unreachable={
                member for member in members if member in paused or not is_seen_by(people.get(member), may_see)
            },
            names=members,
        )
    return found


async def _last_nudges(event_ids: Iterable[UUID], now: datetime) -> dict[UUID, dict[UUID, datetime]]:
    """Return when each person was last nudged about each date of these events, within `REST`."""
    found: dict[UUID, dict[UUID, datetime]] = {}
    for nudged in await due.requests_since(event_ids, now - REST):
        if nudged.occurrence_id is not None:
            found.setdefault(nudged.occurrence_id, {})[nudged.member_id] = nudged.at
    return found


async def nudges_of_date(viewer: Viewer, occurrence: Occurrence, now: datetime) -> DateNudges | None:
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
    silent: DateNudges,
    occurrence: Occurrence,
    changes: Iterable[HistoryEntry],
    participants: Collection[Participant],
    now: datetime,
) -> DateNudges:
    """Return whom the viewer could remind, given who has not replied, and the changes and participants of the date."""
    of_change = await _confirmation_board(occurrence, changes, participants, now)
    if of_change is None:
        return silent
    named = {participant.member_id: f"{participant.name} ({participant.agency})" for participant in of_change.waiting}
    paused = await outbox_queue.paused_members() & named.keys()
    return replace(silent, board=of_change, silent=tuple(named), names=named, unreachable=paused, invited={})


async def silent_people_of_date(viewer: Viewer, occurrence: Occurrence, now: datetime) -> DateNudges | None:
    """Return who has not replied to a date; None when the viewer may not remind them, or it is too late."""
    line = line_of_date(occurrence)
    if not (may_edit(viewer, line) and takes_nudges(line, now)):
        return None
    silent = await replies.silent_invitees(viewer, [occurrence.id])
    return (await nudges_by_date(viewer, [line], silent, now)).get(occurrence.id)


async def _confirmation_board(
    occurrence: Occurrence, changes: Iterable[HistoryEntry], participants: Collection[Participant], now: datetime
) -> ChangeConfirmations | None:
    change = last_change_of(occurrence, changes)
    if change is None:
        return None
    people, may_see = await together(
        viewers_for([participant.member_id for participant in participants], now),
        audience_rows.audiences_of(occurrence.event.id),
    )
    notified = {one for one, person in people.items() if person.audiences & may_see}
    return confirmations_of(change, participants, notified)


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
        found = await (nudges_of_date if confirmations else silent_people_of_date)(viewer, occurrence, now)
        if found is None:
            raise Conflict(await _why_no_one_is_asked(occurrence))
        if refusal := rules.why_no_nudge(found, now, zone):
            raise Conflict(refusal)
        await _queue_nudges(found, await everyones_wishes(), now)
        facts = {"people": len(found.asked)}
        await audit.record(viewer.actor, "reminded", "occurrence", occurrence.id, facts, now)
    return len(found.asked)


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


async def _queue_nudges(found: DateNudges, wishes: Wishes, now: datetime) -> None:
    """Queue the emails, which can be undone first; people with quiet hours get theirs afterward, if still in time."""
    line = found.line
    board = found.board
    content = ConfirmationNudge(since=board.since, what=board.what) if board else ReplyNudge()
    await outbox.enqueue_all(
        [
            NewMessage(
                content=content,
                recipient_id=one,
                event_id=line.event_id,
                occurrence_id=line.id,
                key=f"no_reply:{line.id}:{one}:{now.isoformat()}",
                not_after=line.starts_at,
                due=max(now + UNDO_FOR, wishes.held_until(one, now, line.starts_at)),
            )
            for one in found.asked
        ],
        now,
    )
