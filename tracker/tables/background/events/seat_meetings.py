"""Upcoming committee meetings and who is invited to them, without a viewer: for invitations that follow a seat.

Operations and events for named people are not among them (`rules.events.seat_invitations.follows_seats`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.message_types import EntryUid
from tracker.rules.events.event import EventStatus
from tracker.rules.events.replies import AttendeeRole
from tracker.tables.schema.events.invitations import Invitation

_AHEAD = (
    "SELECT e.id, e.uid, e.committee, e.status, e.visibility, e.version, e.sequence,"
    " (SELECT MAX(o.sequence) FROM occurrence o WHERE o.event = e.id) AS sent"
    " FROM event e WHERE e.visibility <> 'named' AND e.kind <> 'joint_operation'"
    " AND EXISTS (SELECT 1 FROM occurrence o WHERE o.event = e.id AND o.ends_at > {}) AND {} ORDER BY e.id"
)
_OF_COMMITTEES = QueryString("e.committee IS NOT NULL")
_OF_MEMBER = (
    "EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL"
    " AND i.role <> 'chair')"
)


class Meeting(NamedTuple):
    """An event with upcoming dates; `sent` is the highest SEQUENCE that emails gave one of its dates."""

    id: UUID
    uid: EntryUid
    committee_id: UUID | None
    status: EventStatus
    visibility: Visibility
    version: int
    sequence: int
    sent: int


async def of_committees(now: datetime) -> list[Meeting]:
    """Return the meetings of all committees that have upcoming dates, drafts and canceled ones included."""
    return await _ahead(_OF_COMMITTEES, now)


async def of_member(member_id: UUID, now: datetime) -> list[Meeting]:
    """Return the events with upcoming dates to which a person is invited and which they do not organize."""
    return await _ahead(QueryString(_OF_MEMBER, member_id), now)


async def invitees(event_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, tuple[AttendeeRole, bool]]]:
    """Return the current invitees of each of these events, by member: the role, and whether they have it by a seat."""
    found: dict[UUID, dict[UUID, tuple[AttendeeRole, bool]]] = {one: {} for one in event_ids}
    if found:
        current = Invitation.event.is_in(list(found)) & Invitation.withdrawn_at.is_null()
        for row in await Invitation.select(
            Invitation.event, Invitation.member, Invitation.role, Invitation.by_seat
        ).where(current):
            found[row["event"]][row["member"]] = AttendeeRole(row["role"]), bool(row["by_seat"])
    return found


async def _ahead(which: QueryString, now: datetime) -> list[Meeting]:
    return [
        Meeting(
            id=row["id"],
            uid=EntryUid(row["uid"]),
            committee_id=row["committee"],
            status=EventStatus(row["status"]),
            visibility=Visibility(row["visibility"]),
            version=row["version"],
            sequence=row["sequence"],
            sent=row["sent"],
        )
        for row in await engine().run_querystring(QueryString(_AHEAD, now, which))
    ]
