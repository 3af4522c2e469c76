"""Replies by email that could not be recorded, for people who may see the event that they are about."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import Misfit, Outcome, UnrecordedReply
from tracker.tables.visible.core.rows import rows

SHOWN = 20
_UNRECORDED = (
    "SELECT n.received_at, n.sender, n.reply, n.comment, n.outcome, n.misfit, n.occurrence, i.member, m.name, g.code"
    " FROM incoming_reply n JOIN invitation i ON i.id = n.invitation JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_OF_DATE = (
    " AND e.id = {} AND n.outcome IN ('unmatched', 'old_time') AND n.received_at > {}"
    " AND (n.occurrence IS NULL OR n.occurrence = {}) ORDER BY n.received_at DESC, n.id LIMIT {}"
)


async def unrecorded(viewer: Viewer, event_id: UUID, occurrence_id: UUID, since: datetime) -> list[UnrecordedReply]:
    """Return the replies to a date, or to its whole series, that came since and were not recorded, newest first."""
    return [
        UnrecordedReply(
            received_at=row["received_at"],
            sender=row["sender"],
            member_id=row["member"],
            person=f"{row['name']} ({row['code']})",
            value=ReplyValue(row["reply"]) if row["reply"] else None,
            comment=row["comment"],
            for_date=row["occurrence"] is not None,
            outcome=Outcome(row["outcome"]),
            misfit=Misfit(row["misfit"]) if row["misfit"] else None,
        )
        for row in await rows(_UNRECORDED, viewer, _OF_DATE, event_id, since, occurrence_id, SHOWN)
    ]
