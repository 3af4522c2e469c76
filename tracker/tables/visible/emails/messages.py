"""The one reader of messages for people: about what the viewer may see, and sent to them or about their own events.

A message about an event that its reader may not see is missing and not counted, even if it was sent to them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.outbox import MessageKind, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails.messages import About, MessageLine, Narrowed, Place, base_of, sending_of
from tracker.tables.visible.core.rows import Row, rows, seen_by

NOBODY = UUID(int=0)  # keeps a list of ids from being empty, which SQL does not accept
_FROM = (
    " FROM message m JOIN member r ON r.id = m.recipient JOIN agency g ON g.id = r.agency"
    " LEFT JOIN action_item i ON i.id = m.item LEFT JOIN occurrence o ON o.id = COALESCE(m.occurrence, i.origin)"
    " LEFT JOIN event e ON e.id = COALESCE(m.event, o.event)"
    " WHERE ((e.id IS NOT NULL AND MAY_SEE(e))"
)
_MESSAGE = (
    "SELECT m.id, m.key, m.kind, m.state, m.reason, m.attempts, m.due, m.not_after, m.sent_at, m.try_after,"
    " m.occurrence, m.recipient, r.name, g.code, e.id AS event, e.title, e.visibility, e.zone, e.rrule,"
    " e.mark_categories,"
    f" o.original_start, o.starts_at, o.title AS own_title, i.reference, i.title AS item_title{_FROM}"
)
_STORED = f"SELECT m.key, m.kind, m.recipient, m.event, m.occurrence, m.item, m.facts, m.not_after{_FROM}"
_OF_NO_EVENT = (
    "SELECT m.recipient, m.created_at, m.state, m.reason, m.not_after FROM message m"
    " LEFT JOIN event e ON e.id = m.event WHERE (e.id IS NULL OR MAY_SEE(e))"
)
_KEYS = f"SELECT m.key, m.state{_FROM}"
_TOLD = (
    "SELECT COUNT(DISTINCT m.recipient) AS people FROM message m JOIN event e ON e.id = m.event WHERE MAY_SEE(e)"
    " AND e.id IN ({}) AND m.state = 'pending' AND m.created_at = {}"
)
_OR_ITEM = (
    " OR (e.id IS NULL AND i.id IS NOT NULL AND i.audience IN ({}))"
    " OR (e.id IS NULL AND i.id IS NULL AND m.recipient = {}))"
)
_THEIRS = (  # COALESCE keeps SQLite from sorting all of them where the index by time finds the newest first
    " AND COALESCE(m.id, m.id) IN (SELECT x.id FROM message x WHERE x.recipient = {}"
    " UNION ALL SELECT x.id FROM message x JOIN event t ON t.id = x.event WHERE t.lead = {} OR t.committee IN ({})"
    " UNION ALL SELECT x.id FROM message x JOIN action_item n ON n.id = x.item JOIN occurrence d ON d.id = n.origin"
    " JOIN event t ON t.id = d.event WHERE t.lead = {} OR t.committee IN ({}))"
)
_OF_EVENT = (
    " AND m.id IN (SELECT x.id FROM message x WHERE x.event = {} UNION ALL SELECT x.id FROM message x"
    " JOIN action_item n ON n.id = x.item JOIN occurrence d ON d.id = n.origin WHERE d.event = {})"
)
_AFTER = " AND (m.due < {} OR (m.due = {} AND m.id < {}))"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A message with what is needed to send it again."""

    key: str
    kind: MessageKind
    recipient_id: UUID
    event_id: UUID | None
    occurrence_id: UUID | None
    item_id: UUID | None
    facts: str
    """JSON"""
    not_after: datetime | None
    sendings: Mapping[str, State]
    """The keys of all sendings so far, including this one."""


@dataclass(frozen=True, kw_only=True)
class AccountInvitation:
    """An email with a link for a person who has never signed in."""

    recipient_id: UUID
    at: datetime
    state: State
    reason: str
    until: datetime


async def messages(viewer: Viewer, narrowed: Narrowed, after: Place | None, limit: int) -> list[MessageLine]:
    """Return up to `limit` messages after a cursor, newest first; one query for each state that is asked for."""
    clauses, arguments = _narrowed(narrowed)
    if after is not None:
        clauses.append(_AFTER)
        arguments += (after.due, after.due, after.id)
    tail = "".join((*clauses, " ORDER BY m.due DESC, m.id DESC LIMIT {}"))
    if not narrowed.states:
        return await _messages(viewer, tail, *arguments, limit)
    of_state = " AND m.state = {}" + tail
    found = [
        one for state in narrowed.states for one in await _messages(viewer, of_state, state.value, *arguments, limit)
    ]
    return sorted(found, key=lambda one: (one.due, one.id), reverse=True)[:limit]


async def message(viewer: Viewer, message_id: UUID) -> MessageLine | None:
    """Return one message, or None when it is missing or not for this viewer."""
    found = await _messages(viewer, " AND m.id = {}", message_id)
    return found[0] if found else None


async def stored(viewer: Viewer, message_id: UUID) -> Stored | None:
    """Return a message as stored, with all its sendings, or None when it is missing or not for this viewer."""
    found = await _rows(_STORED, viewer, " AND m.id = {}", message_id)
    if not found:
        return None
    row = found[0]
    keys = await _rows(_KEYS, viewer, " AND m.recipient = {} AND m.kind = {}", row["recipient"], row["kind"])
    return Stored(
        key=row["key"],
        kind=MessageKind(row["kind"]),
        recipient_id=row["recipient"],
        event_id=row["event"],
        occurrence_id=row["occurrence"],
        item_id=row["item"],
        facts=row["facts"],
        not_after=row["not_after"],
        sendings={one["key"]: State(one["state"]) for one in keys if base_of(one["key"]) == base_of(row["key"])},
    )


async def number_notified(viewer: Viewer, event_ids: Iterable[UUID], queued_at: datetime) -> int:
    """Return how many people will get an email about the change made to these events at that moment."""
    wanted = sorted(event_ids)
    among = QueryString(", ".join(["{}"] * len(wanted)), *wanted)
    return int((await rows(_TOLD, viewer, "", among, queued_at))[0]["people"])


async def account_invitations(viewer: Viewer) -> list[AccountInvitation]:
    """Return all invitations to sign in ever queued, oldest first; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    of_kind = " AND m.kind = {} ORDER BY m.created_at"
    return [
        AccountInvitation(
            recipient_id=row["recipient"],
            at=row["created_at"],
            state=State(row["state"]),
            reason=row["reason"],
            until=row["not_after"],
        )
        for row in await rows(_OF_NO_EVENT, viewer, of_kind, MessageKind.ACCOUNT_INVITATION.value)
    ]


async def _messages(viewer: Viewer, tail: str, *arguments: Any) -> list[MessageLine]:
    return [_line(row) for row in await _rows(_MESSAGE, viewer, tail, *arguments)]


async def _rows(select: str, viewer: Viewer, tail: str, *arguments: Any) -> list[Row]:
    theirs, whose = ("", ()) if viewer.is_coordinator else (_THEIRS, _led_by(viewer))
    where = f"{_OR_ITEM}{theirs}{tail}"
    return await rows(select, viewer, where, seen_by(viewer)[0], viewer.member_id, *whose, *arguments)


def _led_by(viewer: Viewer) -> tuple[Any, ...]:
    chairs = _among(viewer.chairs or {NOBODY})
    return viewer.member_id, viewer.member_id, chairs, viewer.member_id, chairs


def _narrowed(narrowed: Narrowed) -> tuple[list[str], list[Any]]:
    asked: tuple[tuple[str, tuple[Any, ...]], ...] = (
        (" AND m.kind = {}", (narrowed.kind and narrowed.kind.value,)),
        (" AND m.recipient = {}", (narrowed.person,)),
        (_OF_EVENT, (narrowed.event, narrowed.event)),
    )
    chosen = [(clause, values) for clause, values in asked if values[0] is not None]
    return [clause for clause, _ in chosen], [one for _, values in chosen for one in values]


def _among(values: Any) -> QueryString:
    given = sorted(values)
    return QueryString(", ".join(["{}"] * len(given)), *given)


def _line(row: Row) -> MessageLine:
    return MessageLine(
        id=row["id"],
        kind=MessageKind(row["kind"]),
        state=State(row["state"]),
        reason=row["reason"],
        attempts=row["attempts"],
        due=row["due"],
        not_after=row["not_after"],
        sent_at=row["sent_at"],
        try_after=row["try_after"],
        recipient_id=row["recipient"],
        recipient=row["name"],
        agency=row["code"],
        sending=sending_of(row["key"]),
        about=_about(row) if row["event"] else None,
        item=row["reference"],
        item_title=row["item_title"],
    )


def _about(row: Row) -> About:
    has_date = row["starts_at"] is not None
    return About(
        event_id=row["event"],
        title=row["own_title"] or row["title"],
        visibility=Visibility(row["visibility"]),
        is_marked=bool(row["mark_categories"]),
        key=row["original_start"].date().isoformat() if has_date else None,
        starts_at=row["starts_at"],
        zone=row["zone"],
    )
