"""The viewer's own invitations to events that they may see, and the replies by them or on their behalf."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Line
from tracker.rules.events.replies import AttendeeRole, OwnInvitation, Reply, ReplySource, ReplyValue, notes_apart
from tracker.tables.background.events.invitees import REPLY, TAKES_PART
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LINE, line

_MINE = (
    "SELECT i.id, i.event, i.role, e.rrule, a.occurrence, a.reply, a.comment, a.source, a.number, a.sequence,"
    " a.replied_at, w.name, v.code, a.substitute, s.name AS substitute_name, t.code AS substitute_code"
    " FROM invitation i JOIN event e ON e.id = i.event LEFT JOIN reply a ON a.invitation = i.id"
    " LEFT JOIN member w ON w.id = a.entered_by AND w.id <> i.member"
    " AND a.source IN ('on_behalf', 'substitute', 'email')"
    " LEFT JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member s ON s.id = a.substitute LEFT JOIN agency t ON t.id = s.agency WHERE MAY_SEE(e)"
)
_OWED = (
    f"{LINE}, e.rrule FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
    " WHERE MAY_SEE(e)"
)
_INFORMED = "SELECT i.event FROM invitation i JOIN event e ON e.id = i.event WHERE MAY_SEE(e)"

_RECORDED = (
    "SELECT a.replied_at, a.occurrence, a.reply, a.source, m.name, g.code, w.name AS by_name, v.code AS by_code"
    " FROM reply a JOIN invitation i ON i.id = a.invitation JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " JOIN member w ON w.id = a.entered_by JOIN agency v ON v.id = w.agency WHERE MAY_SEE(e)"
)
# A substitute's No is undone by the reply that named them, written once more.
_OF_EVENT = (
    " AND e.id = {} AND (a.source = 'on_behalf' OR (a.source = 'substitute' AND NOT EXISTS (SELECT 1 FROM reply n"
    " WHERE n.invitation = a.invitation AND n.occurrence = a.occurrence AND n.number > a.number"
    " AND n.renewed_at IS NOT NULL AND n.replied_at < a.replied_at))) ORDER BY a.replied_at DESC, a.id"
)


class Recorded(NamedTuple):
    """A reply that one person recorded on another's behalf; both with their agencies."""

    at: datetime
    occurrence_id: UUID | None
    """None = the whole event."""
    value: ReplyValue
    person: str
    by: str
    is_of_substitute: bool
    """Whether it says that the person's substitute can't come."""


async def recorded(viewer: Viewer, event_id: UUID) -> list[Recorded]:
    """Return the replies to an event that were recorded on behalf of others, the latest first."""
    return [
        Recorded(
            row["replied_at"],
            row["occurrence"],
            ReplyValue(row["reply"]),
            f"{row['name']} ({row['code']})",
            f"{row['by_name']} ({row['by_code']})",
            row["source"] == ReplySource.SUBSTITUTE,
        )
        for row in await rows(_RECORDED, viewer, _OF_EVENT, event_id)
    ]


async def mine(viewer: Viewer, event_ids: Iterable[UUID]) -> dict[UUID, OwnInvitation]:
    """Return the viewer's current invitations to these events, by event."""
    wanted = sorted(set(event_ids))
    if not wanted:
        return {}
    tail = " AND i.event IN ({}) AND i.member = {} AND i.withdrawn_at IS NULL ORDER BY i.id"
    among = sql_list(wanted)
    found = await rows(_MINE, viewer, tail, among, viewer.member_id)
    return dict(_own(list(group)) for _, group in groupby(found, key=lambda row: row["id"]))


async def owed(viewer: Viewer, start: datetime, end: datetime) -> list[tuple[Line, bool]]:
    """Return the dates in [start, end) to which the viewer has not replied, earliest first, and whether of a series."""
    tail = (
        " AND i.member = {} AND i.withdrawn_at IS NULL AND o.starts_at >= {} AND o.starts_at < {}"
        f" AND {TAKES_PART} AND {REPLY} = 'needs_action' ORDER BY o.starts_at, o.id"
    )
    found = await rows(_OWED, viewer, tail, viewer.member_id, start, end)
    return [(line(row), row["rrule"] is not None) for row in found]


async def informed_of(viewer: Viewer) -> frozenset[UUID]:
    """Return the events of which the viewer is kept informed, without being asked to come."""
    tail = " AND i.member = {} AND i.role = 'informed' AND i.withdrawn_at IS NULL"
    return frozenset(row["event"] for row in await rows(_INFORMED, viewer, tail, viewer.member_id))


def _own(found: list[Row]) -> tuple[UUID, OwnInvitation]:
    """Return an invitation with its event from its rows, one for each reply."""
    row = found[0]
    own = OwnInvitation(
        id=row["id"],
        role=AttendeeRole(row["role"]),
        is_series=row["rrule"] is not None,
        replies=notes_apart(reply(one) for one in found if one["reply"]),
    )
    return row["event"], own


def reply(row: Row) -> Reply:
    """Return the reply in a row, with the person who recorded it on behalf and the substitute.

    A row that only says that a reply is missing names no one: who undid a reply, or asked again, entered none.
    """
    value = ReplyValue(row["reply"])
    is_entered = value is not ReplyValue.NEEDS_ACTION and row["name"]
    return Reply(
        occurrence_id=row["occurrence"],
        value=value,
        comment=row["comment"],
        source=row["source"],
        number=row["number"],
        replied_at=row["replied_at"],
        sequence=row["sequence"],
        entered_by=f"{row['name']} ({row['code']})" if is_entered else "",
        substitute_id=row["substitute"],
        substitute=f"{row['substitute_name']} ({row['substitute_code']})" if row["substitute"] else "",
    )
