"""Who may see an operation, since when, and who let them, for a viewer who may see it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Line
from tracker.rules.operations.grants import Grant
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import LINE, line

_COLUMNS = (
    "g.id AS grant_id, g.member, m.name, a.code, g.giver, v.name AS giver_name, va.code AS giver_code, g.reason,"
    " g.requested_at, g.granted_at, s.name AS approver_name, sa.code AS approver_code, g.until, g.ended_at,"
    " x.name AS ender_name, xa.code AS ender_code"
)
# CROSS JOIN keeps SQLite at the few grants: it would go through all events to which the viewer is invited.
_FROM = (
    " FROM operation_grant g CROSS JOIN event e"
    " JOIN member m ON m.id = g.member JOIN agency a ON a.id = m.agency"
    " JOIN member v ON v.id = g.giver JOIN agency va ON va.id = v.agency"
    " LEFT JOIN member s ON s.id = g.approver LEFT JOIN agency sa ON sa.id = s.agency"
    " LEFT JOIN member x ON x.id = g.ended_by LEFT JOIN agency xa ON xa.id = x.agency"
)
_GRANTS = (
    f"SELECT {_COLUMNS}{_FROM} WHERE MAY_SEE(e) AND e.id = g.event AND g.event = {{}} ORDER BY g.requested_at, g.id"
)
# A person put on the list by a change of the event was put there by the person who made it at that moment.
_LISTED = (
    "SELECT i.member, m.name, a.code, i.added_at, i.again_at, b.name AS giver_name,"
    " ba.code AS giver_code"
    " FROM invitation i JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency a ON a.id = m.agency"
    " LEFT JOIN member b ON b.id = (SELECT c.actor FROM event_change c"
    " WHERE c.event = e.id AND c.at = COALESCE(i.again_at, i.added_at) LIMIT 1)"
    " LEFT JOIN agency ba ON ba.id = b.agency"
    " WHERE MAY_SEE(e) AND i.event = {} AND i.withdrawn_at IS NULL ORDER BY a.code, m.name, i.member"
)
_WAITING = (
    f"{LINE}, {_COLUMNS}{_FROM} JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e) AND e.id = g.event"
    " AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL)"
    " AND NOT o.is_canceled AND e.status <> 'canceled'"
    " AND g.granted_at IS NULL AND g.ended_at IS NULL AND EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id)"
    " ORDER BY o.starts_at, g.requested_at, g.id"
)


class Listed(NamedTuple):
    """A person on the list of an operation."""

    member_id: UUID
    person: str
    since: datetime
    giver: str
    """Who put them on the list by a change; empty when they were on it from the beginning."""


async def grants(viewer: Viewer, event: Event) -> list[Grant]:
    """Return every access that was requested or given, oldest first."""
    return [_grant(row) for row in await rows(_GRANTS, viewer, "", event.id)]


async def waiting(viewer: Viewer) -> list[tuple[Line, Grant]]:
    """Return the requests for access to operations on whose list the viewer is, by operation, soonest first.

    While an operation is canceled, its requests wait for no one.
    """
    return [(line(row), _grant(row)) for row in await rows(_WAITING, viewer, "", viewer.member_id)]


async def listed(viewer: Viewer, event: Event) -> list[Listed]:
    """Return everyone on the list of an operation, by agency."""
    return [
        Listed(
            member_id=row["member"],
            person=_who(row["name"], row["code"]),
            since=row["again_at"] or row["added_at"],
            giver=_who(row["giver_name"], row["giver_code"]),
        )
        for row in await rows(_LISTED, viewer, "", event.id)
    ]


def _grant(row: Row) -> Grant:
    return Grant(
        id=row["grant_id"],
        member_id=row["member"],
        person=_who(row["name"], row["code"]),
        giver_id=row["giver"],
        giver=_who(row["giver_name"], row["giver_code"]),
        reason=row["reason"],
        requested_at=row["requested_at"],
        granted_at=row["granted_at"],
        approver=_who(row["approver_name"], row["approver_code"]),
        until=row["until"],
        ended_at=row["ended_at"],
        ended_by=_who(row["ender_name"], row["ender_code"]),
    )


def _who(name: str | None, agency: str | None) -> str:
    return f"{name} ({agency})" if name else ""
