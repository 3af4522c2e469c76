"""Invitations follow the seats: a new primary takes the former one's place on the lists of the committee's meetings.

Whatever changes a seat runs inside `following_the_seats`; the invitations change in the same transaction.
"""

from collections.abc import AsyncIterator, Container, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.rules.core import audiences
from tracker.rules.core.message_types import MailedEntry
from tracker.rules.core.viewers import BY_COMMAND, Viewer
from tracker.rules.events.event import EventStatus
from tracker.rules.events.history import Change, Field, Verb, people_words
from tracker.rules.events.seat_invitations import Invitee, ListChange, SeatChange, list_change
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import audiences as audience_rows
from tracker.tables.background.events import seat_meetings
from tracker.tables.background.events.seat_meetings import Meeting
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.events import events as rows
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events import history
from tracker.usecases.events.invitees import add, touch, withdraw
from tracker.usecases.roster.committees import SeatHeld, seats_held

NEWS_OF = (EventStatus.TENTATIVE, EventStatus.CONFIRMED)
"""People are notified of a change to an event with this status. No one knows of a draft; a canceled event is off."""
Lists = Mapping[UUID, Mapping[UUID, Invitee]]
"""The invitees of events, by event and member."""
Held = list[tuple[Meeting, Invitee, Mapping[UUID, Invitee]]]
"""The events to which a person is invited: each with their place on its list, and the whole list."""


class Passed(Struct, frozen=True, kw_only=True):
    """One event's list after a change of seats: who left it, who joined it, and who of them gets an email."""

    event_id: UUID
    gone_id: UUID | None
    new_id: UUID | None
    notified: frozenset[UUID]

    @property
    def people(self) -> frozenset[UUID]:
        """Return the people who leave or join."""
        return frozenset(one for one in (self.gone_id, self.new_id) if one)


@asynccontextmanager
async def following_the_seats(by: Viewer | None, now: datetime) -> AsyncIterator[list[Passed]]:
    """Make the lists of committee meetings follow the seats that change inside; `by` None = the command line.

    Yields a list that holds, afterward, what changed. The caller is inside `writing()`. Dates that are over keep their
    invitees and attendance. No one gains access to an event by this: a new primary who may not see it isn't invited.
    """
    held, meetings = await seats_held(), await seat_meetings.of_committees(now)
    lists = await _lists(meetings)
    passed: list[Passed] = []
    yield passed
    after = await seats_held()
    changes = list(_changes(held, after))
    if not changes:
        return
    for meeting in meetings:
        seated = frozenset(one.member_id for one in after if one.committee_id == meeting.committee_id)
        of_it = [one for one in changes if one.committee_id == meeting.committee_id]
        wanted = [list_change(one, lists[meeting.id], seated) for one in of_it]
        passed += await _change_list(by, meeting, wanted, now, by_seat=True)


async def pass_on(by: Viewer, lists: Held, successor_id: UUID, now: datetime, *, but: Container[UUID]) -> list[Passed]:
    """Invite a successor where a person who leaves was invited by name, to events that both may see.

    Events in `but` changed with a seat already. The caller is inside `writing()` and takes the person off the lists.
    """
    passed: list[Passed] = []
    for meeting, former, invited in lists:
        if not former.by_seat and successor_id not in invited and meeting.id not in but:
            joins = ListChange(gone_id=None, new_id=successor_id, role=former.role)
            passed += await _change_list(by, meeting, [joins], now, by_seat=False)
    return passed


async def held_by(member_id: UUID, now: datetime) -> Held:
    """Return the events with upcoming dates to which a person is invited and which they do not organize."""
    meetings = await seat_meetings.of_member(member_id, now)
    lists = await _lists(meetings)
    return [(one, lists[one.id][member_id], lists[one.id]) for one in meetings]


async def _lists(meetings: Iterable[Meeting]) -> Lists:
    found = await seat_meetings.invitees(one.id for one in meetings)
    return {event_id: {one: Invitee(*place) for one, place in listed.items()} for event_id, listed in found.items()}


def _changes(before: frozenset[SeatHeld], after: frozenset[SeatHeld]) -> Iterator[SeatChange]:
    """Yield the seats whose primary changed, committee by committee."""
    former = {(one.committee_id, one.agency_id): one.member_id for one in before}
    new = {(one.committee_id, one.agency_id): one.member_id for one in after}
    for seat in sorted({*former, *new}):
        if former.get(seat) != new.get(seat):
            yield SeatChange(seat[0], former.get(seat), new.get(seat))


async def _change_list(
    by: Viewer | None, meeting: Meeting, wanted: Iterable[ListChange], now: datetime, *, by_seat: bool
) -> list[Passed]:
    """Change one event's list, as one new version of the event; return what changed."""
    changes = [one for one in [await _for_viewers(meeting, one, now) for one in wanted] if one.gone_id or one.new_id]
    if not changes:
        return []
    version = meeting.version + 1
    await touch(meeting.id)
    changed: dict[Any, Any] = {"version": version, "changed_at": now}
    await rows.Event.update(changed).where(rows.Event.id == meeting.id)
    passed = [await _change_place(meeting, one, version, now, by_seat=by_seat) for one in changes]
    await touch(meeting.id)
    await _record(by, meeting, passed, now)
    return passed


async def _for_viewers(meeting: Meeting, wanted: ListChange, now: datetime) -> ListChange:
    """Return the change without a new invitee who may not see the event."""
    if wanted.new_id is None:
        return wanted
    found = (await viewers_for([wanted.new_id], now)).get(wanted.new_id)
    may_see = found is not None and found.audiences & await audience_rows.audiences_of(meeting.id)
    return wanted if may_see else wanted._replace(new_id=None)


async def _change_place(meeting: Meeting, change: ListChange, version: int, now: datetime, *, by_seat: bool) -> Passed:
    concerned = {one for one in (change.gone_id, change.new_id) if one}
    is_news = meeting.status in NEWS_OF
    notified = frozenset(await viewers_for(concerned, now)) if is_news else frozenset[UUID]()
    if change.gone_id:
        gone = frozenset({change.gone_id})
        entry = MailedEntry(uid=meeting.uid, sequence=max(meeting.sequence, meeting.sent) + 1, at=now)
        await withdraw(meeting.id, gone, version, now, notified=notified & gone, entry=entry if is_news else None)
    if change.new_id:
        await audience_versions.touch({audiences.member_audience(change.new_id)})
        await add(meeting.id, change.new_id, change.role, version, now, notified=notified, by_seat=by_seat)
    waiting = {one.recipient_id for one in await outbox_queue.about_events([meeting.id])}
    return Passed(event_id=meeting.id, gone_id=change.gone_id, new_id=change.new_id, notified=notified & waiting)


async def _record(by: Viewer | None, meeting: Meeting, passed: Iterable[Passed], now: datetime) -> None:
    added, gone = sum(bool(one.new_id) for one in passed), sum(bool(one.gone_id) for one in passed)
    if by:
        change = Change(field=Field.PEOPLE, after=people_words(added, gone))
        await history.keep(by, meeting, Verb.CHANGED, [change], now)
    await audit.record(by.actor if by else BY_COMMAND, "changed", "event", meeting.id, {"fields": ["people"]}, now)
