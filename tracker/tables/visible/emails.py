"""The readers of messages for people: about what the viewer may see, and sent to them or about their own events.

A message about an event that its reader may not see is missing and not counted, even if it was sent to them. Whether a
viewer may know of a sending is asked of its messages alone; what they may not see is in no count and on no page.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import together
from tracker.database.queries import id_list, sql_list
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import LAW_ENFORCEMENT_ONLY, TOPIC_WORDS, MessageRow, MessageState, StoredFacts
from tracker.rules.core.viewers import Arm, Viewer
from tracker.rules.emails.messages import (
    OF_ACCOUNTS,
    EmailCount,
    ListPosition,
    MessageFilter,
    MessageLine,
    MessageStatus,
    SendingSummary,
    try_number,
)
from tracker.tables.background.emails.outbox_queue import IS_PAUSED
from tracker.tables.visible.core import Row, rows, rows_as, seen_by

SEEN = (
    " LEFT JOIN action_item i ON i.id = m.item LEFT JOIN occurrence o ON o.id = COALESCE(m.occurrence, i.origin)"
    " LEFT JOIN event e ON e.id = COALESCE(m.event, o.event) WHERE ((e.id IS NOT NULL AND MAY_SEE(e))"
    " OR (e.id IS NULL AND i.id IS NOT NULL AND i.audience IN ({}))"
    " OR (e.id IS NULL AND i.id IS NULL AND m.recipient = {} AND m.kind <> 'address_check')){}"
)
"""What follows the messages `m` of a query, and keeps those that the viewer may know of.

`known_to_viewer` are its arguments.
No one sees whether the link that confirms a further address was sent: it isn't, to an address that is someone else's.
"""
STATE = "CASE WHEN m.bounced_at IS NULL THEN m.state ELSE 'bounced' END"
"""The state of message `m` as people see it: one that came back is kept as sent, because it was handed over."""
NAMED = " FROM message m JOIN member r ON r.id = m.recipient JOIN agency g ON g.id = r.agency"
LINE = (
    f"m.id, m.sending AS sending_id, m.key, m.kind, {STATE} AS state, {IS_PAUSED} AS is_paused, m.reason, m.attempts,"
    " m.due, m.not_after, m.sent_at, m.try_after, m.resent_at, m.recipient AS recipient_id, r.name AS recipient,"
    " g.code AS agency, e.id AS event_id, COALESCE(NULLIF(o.title, ''), e.title) AS title, e.visibility, e.zone,"
    " e.mark_categories <> '' AS is_marked, o.original_start, o.starts_at, i.reference AS item, i.title AS item_title"
)
"""The columns from which `message_line_of` makes a line."""
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
    "SELECT m.id, m.key, m.kind, m.sending AS sending_id, m.recipient AS recipient_id, m.event AS event_id,"
    " m.occurrence AS occurrence_id, m.item AS item_id, m.facts, m.created_at, m.due,"
    f" m.not_after, m.attempts, {_IS_CONFINED} AS is_confined FROM message m{SEEN}"
)
_OF_NO_EVENT = (
    f"SELECT m.recipient AS recipient_id, m.created_at AS at, {STATE} AS state, m.reason, m.not_after AS until"
    " FROM message m"
    " LEFT JOIN event e ON e.id = m.event WHERE (e.id IS NULL OR MAY_SEE(e))"
)
_NOTIFIED = (
    "SELECT COUNT(DISTINCT m.recipient) AS people, COUNT(*) AS emails FROM message m JOIN event e ON e.id = m.event"
    " WHERE MAY_SEE(e) AND e.id IN ({}) AND m.state = 'pending' AND m.created_at = {}"
)
_EMAILS_WAITING = (
    "SELECT COUNT(*) AS emails FROM message m JOIN event e ON e.id = m.event WHERE MAY_SEE(e) AND e.id IN ({})"
    " AND m.state = 'pending' AND m.kind IN ('invitation', 'update', 'substitute', 'substitute_declined')"
    " AND (m.occurrence IS NULL OR m.occurrence = {})"
)
_SENDING = (
    "SELECT s.id, s.topic, s.queued_at FROM sending s"
    f" WHERE EXISTS (SELECT 1 FROM message m{SEEN} AND m.sending = s.id{{}}){{}}"
)
_NEWEST_FIRST = " ORDER BY s.queued_at DESC, s.id DESC LIMIT {}"
_STANDING = (
    f"CASE {STATE} WHEN 'pending' THEN 'waiting' WHEN 'sent' THEN 'sent'"
    " WHEN 'failed' THEN 'failed' WHEN 'bounced' THEN 'failed' ELSE 'skipped' END"
)
_COUNTS = (
    f"WITH known AS (SELECT m.sending, m.recipient, m.occurrence, m.reason, {_STANDING} AS standing,"
    f" CASE WHEN m.kind IN ({{}}) OR m.not_after <= {{}} OR {IS_PAUSED} THEN 0 ELSE 1 END AS is_of_use"
    f" FROM message m{SEEN} AND m.resent_at IS NULL AND m.sending IN ({{}}){{}})"
    " SELECT sending, standing, '' AS reason, COUNT(DISTINCT recipient) AS people, 0 AS retries, 0 AS dates FROM known"
    " GROUP BY sending, standing UNION ALL SELECT sending, 'skipped', reason, COUNT(DISTINCT recipient), 0, 0"
    " FROM known WHERE standing = 'skipped' AND reason <> '' GROUP BY sending, reason"
    " UNION ALL SELECT sending, '', '', COUNT(DISTINCT recipient),"
    " COUNT(DISTINCT CASE WHEN standing = 'failed' AND is_of_use = 1 THEN recipient END),"
    " CASE WHEN COUNT(occurrence) = COUNT(*) THEN COUNT(DISTINCT occurrence) ELSE 0 END FROM known GROUP BY sending"
)
_URGENT = f"CASE {STATE} WHEN 'failed' THEN 0 WHEN 'bounced' THEN 0 WHEN 'pending' THEN 1 WHEN 'sent' THEN 3 ELSE 2 END"
_FIRST_LINES = (
    f"SELECT * FROM (SELECT {LINE},"
    f" ROW_NUMBER() OVER (PARTITION BY m.sending ORDER BY {_URGENT}, r.name, m.id) AS place{NAMED}{SEEN}"
    " AND m.resent_at IS NULL AND m.sending IN ({}){}) l WHERE place <= {} ORDER BY place"
)
_EVERY_LINE = f"SELECT {LINE}{NAMED}{SEEN} AND m.sending = {{}}"
_BY_PERSON = f" ORDER BY {_URGENT}, r.name, m.created_at DESC, m.id LIMIT {{}} OFFSET {{}}"
_TO_RETRY = f" AND {STATE} IN ('failed', 'bounced') AND m.resent_at IS NULL ORDER BY r.name, m.id"
# COALESCE keeps SQLite from sorting all of them where the index by time finds the newest first.
_THEIRS = (
    " AND COALESCE(s.id, s.id) IN (SELECT x.sending FROM message x WHERE x.recipient = {}"
    " UNION ALL SELECT x.sending FROM message x JOIN event t ON t.id = x.event WHERE t.lead = {} OR t.committee IN ({})"
    " UNION ALL SELECT x.sending FROM message x JOIN action_item n ON n.id = x.item"
    " JOIN occurrence d ON d.id = n.origin JOIN event t ON t.id = d.event WHERE t.lead = {} OR t.committee IN ({}))"
)
_TO_PERSON = " AND COALESCE(s.id, s.id) IN (SELECT x.sending FROM message x WHERE x.recipient = {})"
_OF_EVENT = (
    " AND s.id IN (SELECT x.sending FROM message x WHERE x.event = {} UNION ALL SELECT x.sending FROM message x"
    " JOIN action_item n ON n.id = x.item JOIN occurrence d ON d.id = n.origin WHERE d.event = {})"
)
_RARE = (
    " AND s.id IN (SELECT x.sending FROM message x WHERE x.state IN ({}) AND x.resent_at IS NULL"
    " UNION ALL SELECT x.sending FROM message x WHERE x.bounced_at IS NOT NULL AND x.resent_at IS NULL)"
)
_AFTER = " AND (s.queued_at < {} OR (s.queued_at = {} AND s.id < {}))"
_IN_STATES = f" AND {STATE} IN ({{}}) AND m.resent_at IS NULL"
_FEW = frozenset({MessageStatus.WAITING, MessageStatus.FAILED})
"""Statuses that few messages have, so that it is faster to start from those."""
_TESTS = (
    f"SELECT m.recipient AS recipient_id, r.email AS recipient, m.created_at AS at, {STATE} AS state, m.reason,"
    " m.sent_at FROM message m"
    " JOIN member r ON r.id = m.recipient LEFT JOIN event e ON e.id = m.event"
    " WHERE m.kind = 'email_test' AND (e.id IS NULL OR MAY_SEE(e))"
)


class StoredMessage(MessageRow, frozen=True, kw_only=True):
    """A message with what is needed to write it, or to send it again."""

    kind: MessageKind
    sending_id: UUID
    facts: StoredFacts
    is_confined: bool
    """Whether it may say what only fewer people could know, because its event has opened to more of them since."""


class AccountInvitationSent(Struct, frozen=True, kw_only=True):
    """An email with a link for a person who has never signed in."""

    recipient_id: UUID
    at: datetime
    state: MessageState
    reason: str
    until: datetime


async def message_line(viewer: Viewer, message_id: UUID) -> MessageLine | None:
    """Return one message, or None when it is missing or not for this viewer."""
    records = await rows(_MESSAGE, viewer, " AND m.id = {}", *known_to_viewer(viewer), message_id)
    return message_line_of(records[0]) if records else None


async def stored_messages(viewer: Viewer, message_ids: Iterable[UUID]) -> list[StoredMessage]:
    """Return messages as stored, without those that are missing or not for this viewer."""
    wanted, of_them = id_list(message_ids), " AND m.id IN ({}) ORDER BY m.id"
    return await rows_as(StoredMessage, _STORED, viewer, of_them, viewer.member_id, *known_to_viewer(viewer), wanted)


async def count_notified(viewer: Viewer, event_ids: Iterable[UUID], queued_at: datetime) -> EmailCount:
    """Return how many people will get how many emails about the change made to these events at that moment."""
    return (await rows_as(EmailCount, _NOTIFIED, viewer, "", id_list(event_ids), queued_at))[0]


async def has_waiting_emails(viewer: Viewer, event_ids: Iterable[UUID], date_id: UUID | None) -> bool:
    """Return whether emails about these events, or about this date of one of them, are about to go out."""
    return bool((await rows(_EMAILS_WAITING, viewer, "", id_list(event_ids), date_id))[0]["emails"])


async def account_invitations(viewer: Viewer) -> list[AccountInvitationSent]:
    """Return all invitations to sign in ever queued, oldest first; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    of_kind = " AND m.kind = {} ORDER BY m.created_at"
    return await rows_as(AccountInvitationSent, _OF_NO_EVENT, viewer, of_kind, MessageKind.ACCOUNT_INVITATION.value)


def known_to_viewer(viewer: Viewer) -> tuple[Any, ...]:
    """Return the arguments of `SEEN`: all that a coordinator may see; for others, theirs and about their own events.

    Outside law enforcement, without what victim services on an operation may not know of it.
    """
    own = QueryString(_MINE, viewer.member_id, viewer.member_id, id_list(viewer.chairs))
    known = QueryString("") if viewer.arm is Arm.LAW_ENFORCEMENT else _NOT_WITHHELD
    own_days = QueryString(_OWN_DAYS, viewer.member_id)
    whole = QueryString("{}{}{}", own_days, QueryString("") if viewer.is_coordinator else own, known)
    return seen_by(viewer)[0], viewer.member_id, whole


def message_line_of(row: Row) -> MessageLine:
    """Return the line of a row with the columns `LINE`."""
    start = row["original_start"]
    subject = {**row, "key": start.date().isoformat() if start else None} if row["event_id"] else None
    line = {**row, "number": try_number(row["key"]), "subject": subject}
    return msgspec.convert(line, MessageLine, strict=False)


FoundSending = tuple[UUID, str | None, datetime]
"""A sending: its id, what it announces (None = another version knows), and when it was queued."""


async def newest_sendings(
    viewer: Viewer,
    narrowed: MessageFilter,
    limit: int,
    *,
    after: ListPosition | None = None,
    since: datetime | None = None,
    without: Collection[UUID] = (),
) -> list[FoundSending]:
    """Return up to `limit` sendings with a message that meets the filters, newest first: id, topic, and when.

    The conditions on sendings only narrow what `_of_messages` asks of each, so that few are searched.
    """
    clauses = list[QueryString]()
    if not viewer.is_coordinator:
        led = (viewer.member_id, id_list(viewer.chairs))
        clauses.append(QueryString(_THEIRS, viewer.member_id, *led, *led))
    if narrowed.person:
        clauses.append(QueryString(_TO_PERSON, narrowed.person))
    if narrowed.event:
        clauses.append(QueryString(_OF_EVENT, narrowed.event, narrowed.event))
    if narrowed.standing in _FEW:
        clauses.append(QueryString(_RARE, _sql_words(narrowed.states)))
    if after is not None:
        clauses.append(QueryString(_AFTER, after.at, after.at, after.id))
    if since is not None:
        clauses.append(QueryString(" AND s.queued_at >= {}", since))
    if without:
        clauses.append(QueryString(" AND s.id NOT IN ({})", id_list(without)))
    asked = (*known_to_viewer(viewer), _met(_of_messages(narrowed)), _met(clauses), limit)
    records = await rows(_SENDING, viewer, _NEWEST_FIRST, *asked)
    return [_found_sending(row) for row in records]


async def find_sending(viewer: Viewer, sending_id: UUID) -> FoundSending | None:
    """Return one sending, or None when the viewer may not know of any of its messages."""
    only = QueryString(" AND s.id = {}", sending_id)
    records = await rows(_SENDING, viewer, "", *known_to_viewer(viewer), QueryString(""), only)
    return _found_sending(records[0]) if records else None


async def summarize_sendings(
    viewer: Viewer, sendings: Iterable[FoundSending], person: UUID | None, shown: int, now: datetime
) -> list[SendingSummary]:
    """Return sendings with their counts and up to `shown` messages each; with `person`, as far as they concern one.

    One whose messages are gone since it was found is left out.
    """
    wanted = list(sendings)
    if not wanted:
        return []
    to = QueryString(" AND m.recipient = {}", person) if person else QueryString("")
    ids = id_list(sending_id for sending_id, *_ in wanted)
    counts, of_each = await together(
        rows(_COUNTS, viewer, "", _sql_words(OF_ACCOUNTS), now, *known_to_viewer(viewer), ids, to),
        rows(_FIRST_LINES, viewer, "", *known_to_viewer(viewer), ids, to, shown),
    )
    lines = [message_line_of(row) for row in of_each]
    there = {line.sending_id for line in lines} & {row["sending"] for row in counts}
    return [_summary(sending, counts, lines) for sending in wanted if sending[0] in there]


async def sending_lines(viewer: Viewer, sending_id: UUID, limit: int, skip: int) -> list[MessageLine]:
    """Return messages of a sending, those that failed first, then by name; of a person's, the last try first."""
    asked = (*known_to_viewer(viewer), sending_id, limit, skip)
    return [message_line_of(row) for row in await rows(_EVERY_LINE, viewer, _BY_PERSON, *asked)]


async def failed_lines(viewer: Viewer, sending_id: UUID) -> list[MessageLine]:
    """Return the messages of a sending that failed and were not resent."""
    records = await rows(_EVERY_LINE, viewer, _TO_RETRY, *known_to_viewer(viewer), sending_id)
    return [message_line_of(row) for row in records]


def _found_sending(row: Row) -> FoundSending:
    topic = row["topic"] if row["topic"] in TOPIC_WORDS else None
    return row["id"], topic, row["queued_at"]


def _of_messages(narrowed: MessageFilter) -> list[QueryString]:
    """Return the conditions that one message of the sending meets, all of them."""
    asked = []
    if narrowed.kind:
        asked.append(QueryString(" AND m.kind = {}", narrowed.kind.value))
    if narrowed.person:
        asked.append(QueryString(" AND m.recipient = {}", narrowed.person))
    if narrowed.event:
        asked.append(QueryString(" AND e.id = {}", narrowed.event))
    if narrowed.states:
        asked.append(QueryString(_IN_STATES, _sql_words(narrowed.states)))
    return asked


def _met(clauses: list[QueryString]) -> QueryString:
    return QueryString("".join(["{}"] * len(clauses)), *clauses)


def _sql_words(words: Iterable[StrEnum]) -> QueryString:
    return sql_list(sorted(word.value for word in words))


def _summary(sending: FoundSending, counts: Iterable[Row], lines: Iterable[MessageLine]) -> SendingSummary:
    sending_id, topic, queued_at = sending
    records = [row for row in counts if row["sending"] == sending_id]
    whole = next(row for row in records if not row["standing"])
    return SendingSummary(
        id=sending_id,
        topic=topic,
        queued_at=queued_at,
        people=whole["people"],
        counts={
            MessageStatus(row["standing"]): row["people"] for row in records if row["standing"] and not row["reason"]
        },
        reasons={row["reason"]: row["people"] for row in records if row["reason"]},
        retries=whole["retries"],
        is_of_one_date=whole["dates"] == 1,
        lines=tuple(line for line in lines if line.sending_id == sending_id),
    )


class SentEmailTest(Struct, frozen=True, kw_only=True):
    """A test email."""

    recipient_id: UUID
    recipient: str
    """The address of the person now."""
    at: datetime
    """When it was asked for."""
    state: MessageState
    reason: str
    sent_at: datetime | None
    """When the email server took it."""


async def email_tests(viewer: Viewer) -> list[SentEmailTest]:
    """Return all test emails ever queued, newest first; none for viewers who may not manage accounts."""
    if not viewer.manages_accounts:
        return []
    return await rows_as(SentEmailTest, _TESTS, viewer, " ORDER BY m.created_at DESC")
