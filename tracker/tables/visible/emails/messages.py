"""The one reader of messages for people: about what the viewer may see, and sent to them or about their own events.

A message about an event that its reader may not see is missing and not counted, even if it was sent to them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database.sql_list import id_list, sql_list
from tracker.rules.core.audiences import Arm, Visibility
from tracker.rules.core.outbox import LAW_ENFORCEMENT_ONLY, MessageKind, State
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.messages import About, MessageLine, number_of
from tracker.tables.background.emails.email_pauses import IS_PAUSED
from tracker.tables.visible.core.rows import Row, rows, seen_by

SEEN = (
    " LEFT JOIN action_item i ON i.id = m.item LEFT JOIN occurrence o ON o.id = COALESCE(m.occurrence, i.origin)"
    " LEFT JOIN event e ON e.id = COALESCE(m.event, o.event) WHERE ((e.id IS NOT NULL AND MAY_SEE(e))"
    " OR (e.id IS NULL AND i.id IS NOT NULL AND i.audience IN ({}))"
    " OR (e.id IS NULL AND i.id IS NULL AND m.recipient = {} AND m.kind <> 'address_check')){}"
)
"""What follows the messages `m` of a query, and keeps those that the viewer may know of; `whose` are its arguments.

No one sees whether the link that confirms a further address was sent: it isn't, to an address that is someone else's.
"""
STATE = "CASE WHEN m.bounced_at IS NULL THEN m.state ELSE 'bounced' END"
"""The state of message `m` as people see it: one that came back is kept as sent, because it was handed over."""
NAMED = " FROM message m JOIN member r ON r.id = m.recipient JOIN agency g ON g.id = r.agency"
LINE = (
    f"m.id, m.sending, m.key, m.kind, {STATE} AS state, {IS_PAUSED} AS is_paused, m.reason, m.attempts, m.due,"
    " m.not_after, m.sent_at, m.try_after,"
    " m.resent_at, m.occurrence, m.recipient, r.name, g.code, e.id AS event, e.title, e.visibility, e.zone, e.rrule,"
    " e.mark_categories, o.original_start, o.starts_at, o.title AS own_title, i.reference, i.title AS item_title"
)
"""The columns from which `line_of` makes a line."""
_MINE = " AND (m.recipient = {} OR e.lead = {} OR e.committee IN ({}))"
_WITHHELD = sql_list(sorted(LAW_ENFORCEMENT_ONLY))
_NOT_WITHHELD = QueryString(" AND m.kind NOT IN ({})", _WITHHELD)
# Which items it is about depends on all that its recipient may see, so it is theirs alone.
_OWN_DAYS = f" AND (m.kind <> '{MessageKind.ITEMS_OF_DAY.value}' OR m.recipient = {{}})"
_MESSAGE = f"SELECT {LINE}{NAMED}{SEEN}"
# A message may repeat what one that still waited at that moment would have said, also of the series before.
_IS_CONFINED = (
    "(e.opened_at IS NOT NULL AND m.recipient <> {} AND (m.created_at <= e.opened_at OR EXISTS ("
    "SELECT 1 FROM message n WHERE n.recipient = m.recipient AND n.event IN (e.id, e.previous_series)"
    " AND n.kind IN ('invitation', 'update', 'cancellation', 'withdrawal')"
    " AND n.created_at <= e.opened_at AND (n.sent_at IS NULL OR n.sent_at > e.opened_at))))"
)
_STORED = (
    "SELECT m.id, m.key, m.kind, m.sending, m.recipient, m.event, m.occurrence, m.item, m.facts, m.created_at, m.due,"
    f" m.not_after, m.attempts, {_IS_CONFINED} AS is_confined FROM message m{SEEN}"
)
_OF_NO_EVENT = (
    f"SELECT m.recipient, m.created_at, {STATE} AS state, m.reason, m.not_after FROM message m"
    " LEFT JOIN event e ON e.id = m.event WHERE (e.id IS NULL OR MAY_SEE(e))"
)
_TOLD = (
    "SELECT COUNT(DISTINCT m.recipient) AS people FROM message m JOIN event e ON e.id = m.event WHERE MAY_SEE(e)"
    " AND e.id IN ({}) AND m.state = 'pending' AND m.created_at = {}"
)
_WAITING = (
    "SELECT COUNT(*) AS emails FROM message m JOIN event e ON e.id = m.event WHERE MAY_SEE(e) AND e.id IN ({})"
    " AND m.state = 'pending' AND m.kind IN ('invitation', 'update', 'substitute', 'substitute_declined')"
    " AND (m.occurrence IS NULL OR m.occurrence = {})"
)


class Stored(Struct, frozen=True, kw_only=True):
    """A message with what is needed to write it, or to send it again."""

    id: UUID
    key: str
    kind: MessageKind
    sending_id: UUID
    recipient_id: UUID
    event_id: UUID | None
    occurrence_id: UUID | None
    item_id: UUID | None
    facts: str
    """JSON"""
    created_at: datetime
    due: datetime
    not_after: datetime | None
    attempts: int
    is_confined: bool
    """Whether it may say what only fewer people could know, because its event has opened to more of them since."""


class AccountInvitation(Struct, frozen=True, kw_only=True):
    """An email with a link for a person who has never signed in."""

    recipient_id: UUID
    at: datetime
    state: State
    reason: str
    until: datetime


async def message(viewer: Viewer, message_id: UUID) -> MessageLine | None:
    """Return one message, or None when it is missing or not for this viewer."""
    records = await rows(_MESSAGE, viewer, " AND m.id = {}", *whose(viewer), message_id)
    return line_of(records[0]) if records else None


async def stored(viewer: Viewer, message_ids: Iterable[UUID]) -> list[Stored]:
    """Return messages as stored, without those that are missing or not for this viewer."""
    wanted, of_them = id_list(message_ids), " AND m.id IN ({}) ORDER BY m.id"
    return [
        Stored(
            id=row["id"],
            key=row["key"],
            kind=MessageKind(row["kind"]),
            sending_id=row["sending"],
            recipient_id=row["recipient"],
            event_id=row["event"],
            occurrence_id=row["occurrence"],
            item_id=row["item"],
            facts=row["facts"],
            created_at=row["created_at"],
            due=row["due"],
            not_after=row["not_after"],
            attempts=row["attempts"],
            is_confined=bool(row["is_confined"]),
        )
        for row in await rows(_STORED, viewer, of_them, viewer.member_id, *whose(viewer), wanted)
    ]


async def number_notified(viewer: Viewer, event_ids: Iterable[UUID], queued_at: datetime) -> int:
    """Return how many people will get an email about the change made to these events at that moment."""
    return int((await rows(_TOLD, viewer, "", id_list(event_ids), queued_at))[0]["people"])


async def any_waiting(viewer: Viewer, event_ids: Iterable[UUID], date_id: UUID | None) -> bool:
    """Return whether emails about these events, or about this date of one of them, are about to go out."""
    return bool((await rows(_WAITING, viewer, "", id_list(event_ids), date_id))[0]["emails"])


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


def whose(viewer: Viewer) -> tuple[Any, ...]:
    """Return the arguments of `SEEN`: all that a coordinator may see; for others, theirs and about their own events.

    Outside law enforcement, without what victim services on an operation may not know of it.
    """
    mine = QueryString(_MINE, viewer.member_id, viewer.member_id, id_list(viewer.chairs))
    known = QueryString("") if viewer.arm is Arm.LAW_ENFORCEMENT else _NOT_WITHHELD
    own_days = QueryString(_OWN_DAYS, viewer.member_id)
    whole = QueryString("{}{}{}", own_days, QueryString("") if viewer.is_coordinator else mine, known)
    return seen_by(viewer)[0], viewer.member_id, whole


def line_of(row: Row) -> MessageLine:
    """Return the line of a row with the columns `LINE`."""
    return MessageLine(
        id=row["id"],
        sending_id=row["sending"],
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
        number=number_of(row["key"]),
        resent_at=row["resent_at"],
        is_paused=bool(row["is_paused"]),
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
