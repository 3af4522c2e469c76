"""The one reader of messages for people: those about what the viewer may see, and either to them or theirs to lead.

A message about an event that its reader may not see is missing, whoever it was sent to. No count is ever made.
"""

from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.outbox import MessageKind, State
from tracker.rules.core.viewer import Viewer
from tracker.rules.emails.messages import About, MessageLine, Narrowed, Place, sending_of
from tracker.tables.visible.events.events import rows, seen_by

Row = dict[str, Any]

NOBODY = UUID(int=0)  # keeps a list of ids from being empty, which SQL does not take
_MESSAGE = (
    "SELECT m.id, m.key, m.kind, m.state, m.reason, m.attempts, m.due, m.not_after, m.sent_at, m.try_after,"
    " m.occurrence, m.recipient, r.name, g.code, e.id AS event, e.title, e.visibility, e.zone, e.rrule,"
    " e.mark_categories,"
    " o.original_start, o.starts_at, o.title AS own_title, i.reference, i.title AS item_title"
    " FROM message m JOIN member r ON r.id = m.recipient JOIN agency g ON g.id = r.agency"
    " LEFT JOIN action_item i ON i.id = m.item LEFT JOIN occurrence o ON o.id = COALESCE(m.occurrence, i.origin)"
    " LEFT JOIN event e ON e.id = COALESCE(m.event, o.event) WHERE ((e.id IS NOT NULL AND ("
)
_OR_ITEM = (
    ")) OR (e.id IS NULL AND i.id IS NOT NULL AND i.audience IN ({}))"
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


async def messages(viewer: Viewer, narrowed: Narrowed, after: Place | None, limit: int) -> list[MessageLine]:
    """Return up to `limit` messages, newest first, from a place on; one query for each state that is asked for."""
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


async def _messages(viewer: Viewer, tail: str, *arguments: Any) -> list[MessageLine]:
    theirs, whose = ("", ()) if viewer.is_coordinator else (_THEIRS, _led_by(viewer))
    tail = f"{_OR_ITEM}{theirs}{tail}"
    found = await rows(_MESSAGE, viewer, tail, seen_by(viewer)[0], viewer.member_id, *whose, *arguments)
    return [_line(row) for row in found]


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
