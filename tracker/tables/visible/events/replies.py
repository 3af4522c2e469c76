"""The viewer's own invitations to events that they may see, and what they replied, or somebody for them."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import AttendeeRole, Reply, ReplyValue
from tracker.tables.visible.core.rows import Row, rows

_MINE = (
    "SELECT i.id, i.event, i.role, e.rrule, a.occurrence, a.reply, a.comment, a.source, a.sequence, a.replied_at,"
    " w.name, v.code, a.substitute, s.name AS substitute_name, t.code AS substitute_code"
    " FROM invitation i JOIN event e ON e.id = i.event LEFT JOIN reply a ON a.invitation = i.id"
    " LEFT JOIN member w ON w.id = a.entered_by AND a.source = 'on_behalf' LEFT JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member s ON s.id = a.substitute LEFT JOIN agency t ON t.id = s.agency WHERE MAY_SEE(e)"
)


class OwnInvitation(NamedTuple):
    """An invitation of the viewer, with everything that was replied to it."""

    id: UUID
    role: AttendeeRole
    is_series: bool
    replies: list[Reply]


async def mine(viewer: Viewer, event_ids: Iterable[UUID]) -> dict[UUID, OwnInvitation]:
    """Return the viewer's invitations to these events that stand, by event."""
    wanted = sorted(set(event_ids))
    found: dict[UUID, OwnInvitation] = {}
    if not wanted:
        return found
    tail = " AND i.event IN ({}) AND i.member = {} AND i.withdrawn_at IS NULL"
    among = QueryString(", ".join(["{}"] * len(wanted)), *wanted)
    for row in await rows(_MINE, viewer, tail, among, viewer.member_id):
        is_series = row["rrule"] is not None
        own = found.setdefault(row["event"], OwnInvitation(row["id"], AttendeeRole(row["role"]), is_series, []))
        if row["reply"]:
            own.replies.append(reply(row))
    return found


def reply(row: Row) -> Reply:
    """Return the reply that a row tells of, with who gave it for the person and who comes in their place."""
    return Reply(
        occurrence_id=row["occurrence"],
        value=ReplyValue(row["reply"]),
        comment=row["comment"],
        source=row["source"],
        sequence=row["sequence"],
        replied_at=row["replied_at"],
        entered_by=f"{row['name']} ({row['code']})" if row["name"] else "",
        substitute_id=row["substitute"],
        substitute=f"{row['substitute_name']} ({row['substitute_code']})" if row["substitute"] else "",
    )
