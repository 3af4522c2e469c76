"""The viewer's own invitations to events that they may see, and the replies by them or on their behalf."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import AttendeeRole, OwnInvitation, Reply, ReplyValue
from tracker.tables.visible.core.rows import Row, rows

_MINE = (
    "SELECT i.id, i.event, i.role, e.rrule, a.occurrence, a.reply, a.comment, a.source, a.number, a.replied_at,"
    " w.name, v.code, a.substitute, s.name AS substitute_name, t.code AS substitute_code"
    " FROM invitation i JOIN event e ON e.id = i.event LEFT JOIN reply a ON a.invitation = i.id"
    " LEFT JOIN member w ON w.id = a.entered_by AND a.source = 'on_behalf' LEFT JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member s ON s.id = a.substitute LEFT JOIN agency t ON t.id = s.agency WHERE MAY_SEE(e)"
)


async def mine(viewer: Viewer, event_ids: Iterable[UUID]) -> dict[UUID, OwnInvitation]:
    """Return the viewer's current invitations to these events, by event."""
    wanted = sorted(set(event_ids))
    if not wanted:
        return {}
    tail = " AND i.event IN ({}) AND i.member = {} AND i.withdrawn_at IS NULL ORDER BY i.id"
    among = QueryString(", ".join(["{}"] * len(wanted)), *wanted)
    found = await rows(_MINE, viewer, tail, among, viewer.member_id)
    return dict(_own(list(group)) for _, group in groupby(found, key=lambda row: row["id"]))


def _own(found: list[Row]) -> tuple[UUID, OwnInvitation]:
    """Return an invitation with its event from its rows, one for each reply."""
    row = found[0]
    own = OwnInvitation(
        id=row["id"],
        role=AttendeeRole(row["role"]),
        is_series=row["rrule"] is not None,
        replies=tuple(reply(one) for one in found if one["reply"]),
    )
    return row["event"], own


def reply(row: Row) -> Reply:
    """Return the reply in a row, with the person who recorded it on behalf and the substitute."""
    return Reply(
        occurrence_id=row["occurrence"],
        value=ReplyValue(row["reply"]),
        comment=row["comment"],
        source=row["source"],
        number=row["number"],
        replied_at=row["replied_at"],
        entered_by=f"{row['name']} ({row['code']})" if row["name"] else "",
        substitute_id=row["substitute"],
        substitute=f"{row['substitute_name']} ({row['substitute_code']})" if row["substitute"] else "",
    )
