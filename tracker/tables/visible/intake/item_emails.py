"""Replies to emails about action items that wait for a decision, for people who may see the item and decide."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.sql_list import id_list
from tracker.rules.actions.action_items import ATTACHED
from tracker.rules.core.message_types import AnswerOutcome, AnswerWord
from tracker.rules.core.viewers import Status, Viewer
from tracker.rules.intake.item_emails import ItemSettled, KeptEmail
from tracker.rules.intake.unrecorded_replies import EmailDecision
from tracker.tables.visible.core.rows import Row, rows, seen_by

SHOWN = 50
# Anyone can forge any address, so unconfirmed senders take one turn together, but for the address of the person
# themselves. Their other addresses have no turn of their own: it would show whose they are.
_SENDER = "CASE WHEN w.is_verified OR w.sender = m.email THEN w.sender ELSE '' END"
_KEPT = (
    "SELECT w.id, w.received_at, w.sender, w.is_verified, w.word, w.text, w.item, w.claimed, w.outcome, w.decided_at,"
    " m.name, g.code, m.status AS person_status, g.status AS agency_status, d.name AS decider,"
    " h.code AS decider_agency, i.status, i.owner, i.created_by, i.closed_at,"
    f" {_SENDER} AS turn_of FROM incoming_words w JOIN action_item i ON i.id = w.item JOIN member m ON m.id = w.claimed"
    " JOIN agency g ON g.id = m.agency LEFT JOIN member d ON d.id = w.decided_by LEFT JOIN agency h ON h.id = d.agency"
    " LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e)) OR (i.origin IS NULL AND i.audience IN ({})))"
    " AND w.claimed IS NOT NULL AND w.received_at > {}{}"
)
# The SQL form of `rules.intake.item_emails.may_decide_emails`: the limit counts no email about which others decide.
_DIRECTED = " AND (i.created_by = {} OR i.committee IN ({}))"
# The SQL form of `is_answerable_by` there.
_IS_OF_OTHER = "u.claimed NOT IN (u.owner, u.created_by)"
# Nothing is attached as the update of a person who isn't active.
_IS_INACTIVE = f"u.person_status <> '{Status.ACTIVE}' OR u.agency_status <> '{Status.ACTIVE}'"
# A note says something else than a status, so neither replaces the other.
_UPDATED = (
    f"u.word <> '{AnswerWord.NOTE}' AND (EXISTS (SELECT 1 FROM action_note n WHERE n.item = u.item AND n.by = u.claimed"
    f" AND n.source NOT IN ('email', '{ATTACHED}') AND n.change <> '' AND n.at > u.received_at"
    " AND NOT EXISTS (SELECT 1 FROM incoming_words z WHERE z.item = n.item AND z.undone_at = n.at))"
    " OR EXISTS (SELECT 1 FROM incoming_words c WHERE c.item = u.item AND c.member = u.claimed AND c.id <> u.id"
    f" AND c.outcome = '{AnswerOutcome.RECORDED}' AND c.word <> '{AnswerWord.NOTE}'"
    " AND c.received_at > u.received_at AND c.undone_at IS NULL))"
)
_IS_NOTED = (
    f"u.word = '{AnswerWord.NOTE}' AND (EXISTS (SELECT 1 FROM action_note n WHERE n.item = u.item AND n.by = u.claimed"
    " AND n.text = u.text AND n.at >= u.received_at)"
    " OR EXISTS (SELECT 1 FROM incoming_words c WHERE c.item = u.item AND c.member = u.claimed"
    f" AND c.outcome = '{AnswerOutcome.RECORDED}' AND c.word = u.word AND c.text = u.text"
    " AND c.decided_at >= u.received_at))"
)
_IS_SO = "u.text = '' AND u.word = u.status"
# What an unconfirmed sender wrote is replaced only by the same: anyone could have written the other one.
_WROTE_AGAIN = (
    "EXISTS (SELECT 1 FROM incoming_words c WHERE c.item = u.item AND c.claimed = u.claimed AND c.sender = u.sender"
    " AND c.is_verified = u.is_verified AND c.id <> u.id AND ((c.word = u.word AND c.text = u.text)"
    f" OR (u.is_verified AND u.word <> '{AnswerWord.NOTE}' AND c.word <> '{AnswerWord.NOTE}'))"
    " AND (c.received_at > u.received_at OR (c.received_at = u.received_at AND c.id > u.id)))"
)
_JUDGED = (
    f"SELECT u.*, CASE WHEN u.closed_at IS NOT NULL THEN '{ItemSettled.CLOSED}'"
    f" WHEN {_IS_OF_OTHER} THEN '{ItemSettled.OTHER_OWNER}' WHEN {_IS_INACTIVE} THEN '{ItemSettled.INACTIVE}'"
    f" WHEN {_UPDATED} THEN '{ItemSettled.UPDATED}'"
    f" WHEN {_IS_SO} OR {_IS_NOTED} THEN '{ItemSettled.KNOWN}'"
    f" WHEN {_WROTE_AGAIN} THEN '{ItemSettled.WROTE_AGAIN}' END AS settled FROM ({_KEPT}"
)
_WAITS = "CASE WHEN j.decided_at IS NULL AND j.settled IS NULL THEN 1 ELSE 0 END AS waits"
# Items take turns, and so do the senders about an item: no sender fills the list and hides what others wrote.
_IN_TURNS = (
    "SELECT * FROM (SELECT l.*, ROW_NUMBER() OVER (PARTITION BY l.item, l.waits"
    " ORDER BY l.turn, l.is_verified, l.received_at DESC, l.id) AS place FROM (SELECT w.*, ROW_NUMBER() OVER"
    " (PARTITION BY w.item, w.waits, w.is_verified, w.turn_of ORDER BY w.received_at DESC, w.id) AS turn"
    f" FROM (SELECT j.*, {_WAITS} FROM ({_JUDGED}"
)
_TURNS_OF_ALL = ") u) j) w) l) k"
_TURNS_OF_WAITING = ") u) j) w WHERE w.waits = 1) l) k"
_AT_MOST = " ORDER BY k.waits DESC, k.place, k.is_verified DESC, k.received_at DESC, k.id LIMIT {}"
_ONE = " AND w.id = {}) u"


async def emails_about_items(viewer: Viewer, since: datetime) -> list[KeptEmail]:
    """Return the emails that came since, also those that are settled or decided; at most `SHOWN`.

    Those that wait come first, and of these and of the others the newest.
    """
    tail = _TURNS_OF_ALL + _AT_MOST
    return _newest_first(await rows(_IN_TURNS, viewer, tail, *_asked(viewer, since), SHOWN))


async def emails_about_items_waiting(viewer: Viewer, since: datetime) -> list[KeptEmail]:
    """Return the emails that came since and wait for a decision; at most `SHOWN`."""
    tail = _TURNS_OF_WAITING + _AT_MOST
    return _newest_first(await rows(_IN_TURNS, viewer, tail, *_asked(viewer, since), SHOWN))


async def email_about_item_by_id(viewer: Viewer, since: datetime, email_id: UUID) -> KeptEmail | None:
    """Return one of these emails, or None when it is missing or not for this viewer."""
    found = await rows(_JUDGED, viewer, _ONE, *_asked(viewer, since), email_id)
    return _kept(found[0]) if found else None


def _newest_first(found: Sequence[Row]) -> list[KeptEmail]:
    every = sorted(map(_kept, found), key=lambda one: (one.received_at, str(one.id)), reverse=True)
    return sorted(every, key=lambda one: not one.waits)


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
        word=AnswerWord(row["word"]),
        text=row["text"],
        item_id=row["item"],
        person_id=row["claimed"],
        person=f"{row['name']} ({row['code']})",
        settled=ItemSettled(row["settled"]) if row["settled"] else None,
        decision=_decision(row) if row["decided_at"] else None,
    )


def _decision(row: Row) -> EmailDecision:
    return EmailDecision(
        at=row["decided_at"],
        by=f"{row['decider']} ({row['decider_agency']})",
        attached_to=f"{row['name']} ({row['code']})" if row["outcome"] == AnswerOutcome.RECORDED else "",
        is_substitution=False,
    )
