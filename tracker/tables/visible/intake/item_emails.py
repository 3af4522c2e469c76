"""Replies to emails about action items that wait for a decision, for people who may see the item and decide."""

from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.sql_list import id_list
from tracker.rules.core.answers import Taken, Word
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.item_emails import KeptEmail
from tracker.rules.intake.unrecorded import Decision
from tracker.tables.visible.core.rows import Row, rows, seen_by

SHOWN = 50
_IS_DECIDED = "CASE WHEN w.decided_at IS NULL THEN 0 ELSE 1 END"
# Anyone can forge any address, so unconfirmed senders take one turn together, but for the address of the person
# themselves. Their other addresses have no turn of their own: it would show whose they are.
_SENDER = "CASE WHEN w.is_verified OR w.sender = m.email THEN w.sender ELSE '' END"
_EMAIL = (
    "SELECT w.id, w.received_at, w.sender, w.is_verified, w.word, w.text, w.item, w.claimed, w.outcome, w.decided_at,"
    f" m.name, g.code, d.name AS decider, h.code AS decider_agency, {_IS_DECIDED} AS is_decided,"
    f" ROW_NUMBER() OVER (PARTITION BY w.item, {_IS_DECIDED}, w.is_verified, {_SENDER}"
    " ORDER BY w.received_at DESC, w.id) AS turn"
)
_KEPT = (
    f"{_EMAIL} FROM incoming_words w JOIN action_item i ON i.id = w.item JOIN member m ON m.id = w.claimed"
    " JOIN agency g ON g.id = m.agency LEFT JOIN member d ON d.id = w.decided_by LEFT JOIN agency h ON h.id = d.agency"
    " LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e)) OR (i.origin IS NULL AND i.audience IN ({})))"
    " AND w.claimed IS NOT NULL AND w.received_at > {}{}"
)
# The SQL form of `rules.intake.item_emails.may_decide`: the limit counts no email about which others decide.
_DIRECTED = " AND (i.created_by = {} OR i.committee IN ({}))"
_IN_TURNS = f"SELECT * FROM (SELECT * FROM ({_KEPT}"
# Items take turns, and so do the senders about an item: no sender fills the list and hides what others wrote.
_AT_MOST = (
    ") t ORDER BY is_decided, ROW_NUMBER() OVER"
    " (PARTITION BY item, is_decided ORDER BY turn, is_verified, received_at DESC, id),"
    " is_verified DESC, received_at DESC, id LIMIT {}) t ORDER BY is_decided, is_verified DESC, received_at DESC, id"
)


async def kept(viewer: Viewer, since: datetime) -> list[KeptEmail]:
    """Return the emails that came since, also those decided about; at most `SHOWN`, those that wait first."""
    return [_kept(row) for row in await rows(_IN_TURNS, viewer, _AT_MOST, *_asked(viewer, since), SHOWN)]


async def waiting(viewer: Viewer, since: datetime) -> list[KeptEmail]:
    """Return the emails that came since and wait for a decision; at most `SHOWN`."""
    tail = " AND w.decided_at IS NULL" + _AT_MOST
    return [_kept(row) for row in await rows(_IN_TURNS, viewer, tail, *_asked(viewer, since), SHOWN)]


async def kept_by_id(viewer: Viewer, since: datetime, email_id: UUID) -> KeptEmail | None:
    """Return one of these emails, or None when it is missing or not for this viewer."""
    found = await rows(_KEPT, viewer, " AND w.id = {}", *_asked(viewer, since), email_id)
    return _kept(found[0]) if found else None


def _asked(viewer: Viewer, since: datetime) -> tuple[QueryString, datetime, QueryString]:
    """Return the arguments of `_KEPT`."""
    directed = QueryString(_DIRECTED, viewer.member_id, id_list(viewer.chairs))
    return seen_by(viewer)[0], since, QueryString("") if viewer.is_coordinator else directed


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
