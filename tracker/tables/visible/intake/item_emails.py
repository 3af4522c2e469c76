"""Replies to emails about action items that wait for a decision, for people who may see the item."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.answers import Taken, Word
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.item_emails import KeptEmail
from tracker.rules.intake.unrecorded import Decision
from tracker.tables.visible.core.rows import Row, rows, seen_by

SHOWN = 50
_KEPT = (
    "SELECT w.id, w.received_at, w.sender, w.is_verified, w.word, w.text, w.item, w.claimed, w.outcome, w.decided_at,"
    " m.name, g.code, d.name AS decider, h.code AS decider_agency"
    " FROM incoming_words w JOIN action_item i ON i.id = w.item JOIN member m ON m.id = w.claimed"
    " JOIN agency g ON g.id = m.agency LEFT JOIN member d ON d.id = w.decided_by LEFT JOIN agency h ON h.id = d.agency"
    " LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e)) OR (i.origin IS NULL AND i.audience IN ({})))"
    " AND w.claimed IS NOT NULL AND w.received_at > {}"
)
# Emails that the mail server confirmed come first: those of a forger hide no one's own.
_WAITING_FIRST = (
    " ORDER BY CASE WHEN w.decided_at IS NULL THEN 0 ELSE 1 END, w.is_verified DESC, w.received_at DESC, w.id LIMIT {}"
)


async def kept(viewer: Viewer, since: datetime) -> list[KeptEmail]:
    """Return the emails that came since, also those decided about; at most `SHOWN`, those that wait first."""
    return [_kept(row) for row in await rows(_KEPT, viewer, _WAITING_FIRST, seen_by(viewer)[0], since, SHOWN)]


async def waiting(viewer: Viewer, since: datetime) -> list[KeptEmail]:
    """Return the emails that came since and wait for a decision; at most `SHOWN`."""
    tail = " AND w.decided_at IS NULL" + _WAITING_FIRST
    return [_kept(row) for row in await rows(_KEPT, viewer, tail, seen_by(viewer)[0], since, SHOWN)]


async def kept_by_id(viewer: Viewer, since: datetime, email_id: UUID) -> KeptEmail | None:
    """Return one of these emails, or None when it is missing or not for this viewer."""
    found = await rows(_KEPT, viewer, " AND w.id = {}", seen_by(viewer)[0], since, email_id)
    return _kept(found[0]) if found else None


def _kept(row: Row) -> KeptEmail:
    return KeptEmail(
        id=row["id"],
        received_at=row["received_at"],
        sender=row["sender"],
        is_verified=bool(row["is_verified"]),
        word=Word(row["word"]),
        text=row["text"],
        item_id=row["item"],
        person_id=row["claimed"],
        person=f"{row['name']} ({row['code']})",
        decision=_decision(row) if row["decided_at"] else None,
    )


def _decision(row: Row) -> Decision:
    return Decision(
        at=row["decided_at"],
        by=f"{row['decider']} ({row['decider_agency']})",
        attached_to=f"{row['name']} ({row['code']})" if row["outcome"] == Taken.RECORDED else "",
        is_substitution=False,
    )
