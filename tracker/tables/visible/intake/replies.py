"""Replies by email that could not be recorded, for people who may see the event that they are about."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.replies import ReplySource, ReplyValue
from tracker.rules.intake.calendar_replies import Misfit, Outcome
from tracker.rules.intake.unrecorded import Decision, UnrecordedReply
from tracker.tables.visible.attendance.sheet import WAS_INVITED
from tracker.tables.visible.core.rows import Row, rows

SHOWN = 20
_UNRECORDED = (
    "SELECT n.id, n.received_at, n.sender, n.is_verified, n.reply, n.comment, n.sequence, n.stamped_at, n.outcome,"
    " n.misfit, n.occurrence, n.decided_at, i.id AS invitation, i.member, m.name, g.code,"
    " s.id AS sender_id, x.member AS alias_of, v.id AS sender_invited, d.name AS decider, h.code AS decider_agency,"
    " a.source AS attached_by, t.name AS attached_name, k.code AS attached_agency,"
    " CASE WHEN EXISTS (SELECT 1 FROM reply y WHERE y.invitation = i.id AND y.occurrence = n.occurrence"
    " AND y.substitute = COALESCE(s.id, x.member)) THEN 1 ELSE 0 END AS sender_named"
    " FROM incoming_reply n JOIN invitation i ON i.id = n.invitation JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " LEFT JOIN member s ON s.email = n.sender AND n.sender <> ''"
    " LEFT JOIN email_alias x ON x.address = n.sender AND x.confirmed_at IS NOT NULL AND x.removed_at IS NULL"
    " AND n.is_verified"  # or a forged sender would show whether an address is someone's
    " LEFT JOIN invitation v ON v.event = e.id AND v.member = COALESCE(s.id, x.member) AND v.withdrawn_at IS NULL"
    " LEFT JOIN member d ON d.id = n.decided_by LEFT JOIN agency h ON h.id = d.agency"
    " LEFT JOIN reply a ON a.id = n.attached LEFT JOIN invitation b ON b.id = a.invitation"
    " LEFT JOIN member t ON t.id = b.member LEFT JOIN agency k ON k.id = t.agency WHERE MAY_SEE(e)"
)
# An email about a whole series waits on the page of its next date, or of its first one after the last.
_WAITING = (
    "SELECT n.id, n.received_at, o.id AS occurrence FROM incoming_reply n JOIN invitation i ON i.id = n.invitation"
    " JOIN event e ON e.id = i.event JOIN occurrence o ON o.id = COALESCE(n.occurrence, (SELECT x.id FROM occurrence x"
    " WHERE x.event = e.id ORDER BY CASE WHEN x.ends_at > {} THEN 0 ELSE 1 END, x.starts_at, x.id LIMIT 1))"
    f" WHERE MAY_SEE(e) AND {WAS_INVITED}"
)
_OPEN = (
    " AND n.outcome IN ('unmatched', 'old_time') AND n.decided_at IS NULL AND n.received_at > {}"
    " AND (n.outcome = 'unmatched' OR NOT EXISTS (SELECT 1 FROM time_proposal p WHERE p.reply = n.id))"
    " ORDER BY n.received_at, n.id"
)
_OF_DATE = (
    " AND e.id = {} AND n.outcome IN ('unmatched', 'old_time', 'stale') AND n.received_at > {}"
    " AND (n.occurrence IS NULL OR n.occurrence = {})"
    " AND (n.outcome = 'unmatched' OR NOT EXISTS (SELECT 1 FROM time_proposal p WHERE p.reply = n.id))"
)
# Emails that the mail server confirmed come first: those of a forger hide no one's own.
_WAITING_FIRST = (
    " ORDER BY CASE WHEN n.decided_at IS NULL AND n.outcome <> 'stale' THEN 0 ELSE 1 END, n.is_verified DESC,"
    " n.received_at DESC, n.id LIMIT {}"
)


async def unrecorded(viewer: Viewer, event_id: UUID, occurrence_id: UUID, since: datetime) -> list[UnrecordedReply]:
    """Return the replies to a date, or to its whole series, that came since and were not recorded.

    Those that wait for a decision come first, and of those the confirmed ones, then the newest; at most `SHOWN`.
    """
    tail = _OF_DATE + _WAITING_FIRST
    return [_unrecorded(row) for row in await rows(_UNRECORDED, viewer, tail, event_id, since, occurrence_id, SHOWN)]


async def waiting(viewer: Viewer, now: datetime, since: datetime) -> list[tuple[UUID, datetime]]:
    """Return the date of each reply that came since and waits for a decision, and when it came, earliest first.

    Only those to people who are on the list of the date: the others aren't on its page.
    """
    found = await rows(_WAITING, viewer, _OPEN, now, since)
    return [(row["occurrence"], row["received_at"]) for row in found]


async def unrecorded_by_id(
    viewer: Viewer, event_id: UUID, occurrence_id: UUID, since: datetime, incoming_id: UUID
) -> list[UnrecordedReply]:
    """Return one of these replies, also one that isn't shown; none for any other."""
    about = (event_id, since, occurrence_id, incoming_id)
    return [_unrecorded(row) for row in await rows(_UNRECORDED, viewer, _OF_DATE + " AND n.id = {}", *about)]


def _unrecorded(row: Row) -> UnrecordedReply:
    return UnrecordedReply(
        id=row["id"],
        received_at=row["received_at"],
        sender=row["sender"],
        is_verified=bool(row["is_verified"]),
        sender_id=row["sender_id"] or row["alias_of"],
        is_sender_invited=row["sender_invited"] is not None,
        is_sender_named=bool(row["sender_named"]),
        invitation_id=row["invitation"],
        member_id=row["member"],
        person=f"{row['name']} ({row['code']})",
        value=ReplyValue(row["reply"]) if row["reply"] else None,
        comment=row["comment"],
        sequence=row["sequence"],
        stamped_at=row["stamped_at"],
        for_date=row["occurrence"] is not None,
        outcome=Outcome(row["outcome"]),
        misfit=Misfit(row["misfit"]) if row["misfit"] else None,
        decision=_decision(row) if row["decided_at"] else None,
    )


def _decision(row: Row) -> Decision:
    is_attached = row["attached_name"] is not None
    return Decision(
        at=row["decided_at"],
        by=f"{row['decider']} ({row['decider_agency']})",
        attached_to=f"{row['attached_name']} ({row['attached_agency']})" if is_attached else "",
        is_substitution=is_attached and row["attached_by"] != ReplySource.EMAIL,
    )
