"""Sendings for people: those with a message that the viewer may know of, their counts, and their messages.

Whether a viewer may know of a sending is asked of its messages alone; what they may not see is in no count and no page.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import together
from tracker.database.sql_list import id_list, sql_list
from tracker.rules.core.outbox import Topic
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.messages import OF_ACCOUNTS, MessageLine, Narrowed, Place, Sending, Standing
from tracker.tables.background.emails.email_pauses import IS_PAUSED
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.emails.messages import LINE, NAMED, SEEN, STATE, line_of, whose

Found = tuple[UUID, Topic | None, datetime]
"""A sending: its id, what it announces (None = another version knows), and when it was queued."""
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
_LINES = (
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
_FEW = frozenset({Standing.WAITING, Standing.FAILED})
"""Statuses that few messages have, so that it is faster to start from those."""


async def newest(
    viewer: Viewer,
    narrowed: Narrowed,
    limit: int,
    *,
    after: Place | None = None,
    since: datetime | None = None,
    without: Collection[UUID] = (),
) -> list[Found]:
    """Return up to `limit` sendings with a message that meets the filters, newest first: id, topic, and when."""
    clauses = _found_by(viewer, narrowed)
    if after is not None:
        clauses.append(QueryString(_AFTER, after.at, after.at, after.id))
    if since is not None:
        clauses.append(QueryString(" AND s.queued_at >= {}", since))
    if without:
        clauses.append(QueryString(" AND s.id NOT IN ({})", id_list(without)))
    asked = (*whose(viewer), _met(_of_messages(narrowed)), _met(clauses), limit)
    records = await rows(_SENDING, viewer, _NEWEST_FIRST, *asked)
    return [_found(row) for row in records]


async def sending(viewer: Viewer, sending_id: UUID) -> Found | None:
    """Return one sending, or None when the viewer may not know of any of its messages."""
    only = QueryString(" AND s.id = {}", sending_id)
    records = await rows(_SENDING, viewer, "", *whose(viewer), QueryString(""), only)
    return _found(records[0]) if records else None


async def with_people(
    viewer: Viewer, found: Iterable[Found], person: UUID | None, shown: int, now: datetime
) -> list[Sending]:
    """Return sendings with their counts and up to `shown` messages each; with `person`, as far as they concern one.

    One whose messages are gone since it was found is left out.
    """
    wanted = list(found)
    if not wanted:
        return []
    to = QueryString(" AND m.recipient = {}", person) if person else QueryString("")
    ids = id_list(one for one, *_ in wanted)
    counts, of_each = await together(
        rows(_COUNTS, viewer, "", _words(OF_ACCOUNTS), now, *whose(viewer), ids, to),
        rows(_LINES, viewer, "", *whose(viewer), ids, to, shown),
    )
    lines = [line_of(row) for row in of_each]
    there = {line.sending_id for line in lines} & {row["sending"] for row in counts}
    return [_sending(one, counts, lines) for one in wanted if one[0] in there]


async def lines(viewer: Viewer, sending_id: UUID, limit: int, skip: int) -> list[MessageLine]:
    """Return messages of a sending, those that failed first, then by name; of a person's, the last try first."""
    asked = (*whose(viewer), sending_id, limit, skip)
    return [line_of(row) for row in await rows(_EVERY_LINE, viewer, _BY_PERSON, *asked)]


async def failed(viewer: Viewer, sending_id: UUID) -> list[MessageLine]:
    """Return the messages of a sending that failed and were not resent."""
    return [line_of(row) for row in await rows(_EVERY_LINE, viewer, _TO_RETRY, *whose(viewer), sending_id)]


def _found(row: Row) -> Found:
    topic = Topic(row["topic"]) if row["topic"] in set(Topic) else None
    return row["id"], topic, row["queued_at"]


def _found_by(viewer: Viewer, narrowed: Narrowed) -> list[QueryString]:
    """Return where sendings are searched: these conditions only narrow what `_of_messages` asks of each."""
    found = []
    if not viewer.is_coordinator:
        led = (viewer.member_id, id_list(viewer.chairs))
        found.append(QueryString(_THEIRS, viewer.member_id, *led, *led))
    if narrowed.person:
        found.append(QueryString(_TO_PERSON, narrowed.person))
    if narrowed.event:
        found.append(QueryString(_OF_EVENT, narrowed.event, narrowed.event))
    if narrowed.standing in _FEW:
        found.append(QueryString(_RARE, _words(narrowed.states)))
    return found


def _of_messages(narrowed: Narrowed) -> list[QueryString]:
    """Return the conditions that one message of the sending meets, all of them."""
    asked = []
    if narrowed.kind:
        asked.append(QueryString(" AND m.kind = {}", narrowed.kind.value))
    if narrowed.person:
        asked.append(QueryString(" AND m.recipient = {}", narrowed.person))
    if narrowed.event:
        asked.append(QueryString(" AND e.id = {}", narrowed.event))
    if narrowed.states:
        asked.append(QueryString(_IN_STATES, _words(narrowed.states)))
    return asked


def _met(clauses: list[QueryString]) -> QueryString:
    return QueryString("".join(["{}"] * len(clauses)), *clauses)


def _words(words: Iterable[StrEnum]) -> QueryString:
    given = sorted(word.value for word in words)
    return sql_list(given)


def _sending(one: Found, counts: Iterable[Row], lines: Iterable[MessageLine]) -> Sending:
    id_, topic, queued_at = one
    records = [row for row in counts if row["sending"] == id_]
    whole = next(row for row in records if not row["standing"])
    return Sending(
        id=id_,
        topic=topic,
        queued_at=queued_at,
        people=whole["people"],
        counts={Standing(row["standing"]): row["people"] for row in records if row["standing"] and not row["reason"]},
        reasons={row["reason"]: row["people"] for row in records if row["reason"]},
        retries=whole["retries"],
        is_of_one_date=whole["dates"] == 1,
        lines=tuple(line for line in lines if line.sending_id == id_),
    )
