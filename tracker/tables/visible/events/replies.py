"""The viewer's own invitations and replies, those recorded on behalf of others, and which replies dates wait for."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from tracker.database import together
from tracker.database.queries import wanted_ids
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine
from tracker.rules.events.replies import OwnInvitation, Reply, ReplyValue, notes_apart
from tracker.tables.background.events.invitees import IS_ASKED, REPLY, TAKES_PART
from tracker.tables.visible.core import rows, rows_as, with_agency
from tracker.tables.visible.events import events
from tracker.tables.visible.events.events import LINE, date_line_of, lines_by_id, lines_where

GIVEN = (
    "a.occurrence AS occurrence_id, a.reply AS value, a.comment, a.source, a.number, a.sequence, a.replied_at,"
    f" CASE WHEN a.reply <> 'needs_action' AND w.id IS NOT NULL THEN {with_agency('w', 'v')} ELSE '' END AS entered_by,"
    f" a.substitute AS substitute_id, COALESCE({with_agency('s', 't')}, '') AS substitute"
)
"""The fields of reply `a`, with the person who recorded it on behalf and the substitute.

A row that only says that a reply is missing names no one: who undid a reply, or asked again, entered none.
"""
GIVEN_BY = (
    " LEFT JOIN member w ON w.id = a.entered_by AND w.id <> i.member"
    " AND a.source IN ('on_behalf', 'substitute', 'email') LEFT JOIN agency v ON v.id = w.agency"
    " LEFT JOIN member s ON s.id = a.substitute LEFT JOIN agency t ON t.id = s.agency"
)
"""What it reads besides reply `a` and its invitation `i`."""
_MINE = (
    f"SELECT i.id, i.event, i.role, e.rrule IS NOT NULL AS is_series, {GIVEN}"
    f" FROM invitation i JOIN event e ON e.id = i.event LEFT JOIN reply a ON a.invitation = i.id{GIVEN_BY}"
    " WHERE MAY_SEE(e)"
)
_OWED = (
    f"{LINE}, e.rrule FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
    " WHERE MAY_SEE(e)"
)
_INFORMED = "SELECT i.event FROM invitation i JOIN event e ON e.id = i.event WHERE MAY_SEE(e)"

_RECORDED = (
    f"SELECT a.replied_at AS at, a.occurrence AS occurrence_id, a.reply AS value, {with_agency('m', 'g')} AS person,"
    f" {with_agency('w', 'v')} AS by, a.source = 'substitute' AS is_of_substitute"
    " FROM reply a JOIN invitation i ON i.id = a.invitation JOIN event e ON e.id = i.event"
    " JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " JOIN member w ON w.id = a.entered_by JOIN agency v ON v.id = w.agency WHERE MAY_SEE(e)"
)
# A substitute's No is undone by the reply that named them, written once more.
_OF_EVENT = (
    " AND e.id = {} AND (a.source = 'on_behalf' OR (a.source = 'substitute' AND NOT EXISTS (SELECT 1 FROM reply n"
    " WHERE n.invitation = a.invitation AND n.occurrence = a.occurrence AND n.number > a.number"
    " AND n.renewed_at IS NOT NULL AND n.replied_at < a.replied_at))) ORDER BY a.replied_at DESC, a.id"
)


class RecordedReply(Struct, frozen=True, kw_only=True):
    """A reply that one person recorded on another's behalf; both with their agencies."""

    at: datetime
    occurrence_id: UUID | None
    """None = the whole event."""
    value: ReplyValue
    person: str
    by: str
    is_of_substitute: bool
    """Whether it says that the person's substitute can't come."""


async def replies_recorded(viewer: Viewer, event_id: UUID) -> list[RecordedReply]:
    """Return the replies to an event that were recorded on behalf of others, the latest first."""
    return await rows_as(RecordedReply, _RECORDED, viewer, _OF_EVENT, event_id)


async def own_invitations(viewer: Viewer, event_ids: Iterable[UUID]) -> dict[UUID, OwnInvitation]:
    """Return the viewer's current invitations to these events, by event."""
    tail = " AND i.event IN ({}) AND i.member = {} AND i.withdrawn_at IS NULL ORDER BY i.id"
    records = await rows(_MINE, viewer, tail, wanted_ids(event_ids), viewer.member_id)
    invitations = {}
    for _, group in groupby(records, key=itemgetter("id")):  # a row for each reply, or one without
        given = list(group)
        replies = msgspec.convert([row for row in given if row["value"]], list[Reply], strict=False)
        invitation = {**given[0], "replies": notes_apart(replies)}
        invitations[given[0]["event"]] = msgspec.convert(invitation, OwnInvitation, strict=False)
    return invitations


async def lines_owed(viewer: Viewer, start: datetime, end: datetime) -> list[tuple[DateLine, bool]]:
    """Return the dates in [start, end) to which the viewer has not replied, earliest first, and whether of a series."""
    tail = (
        " AND i.member = {} AND i.withdrawn_at IS NULL AND o.starts_at >= {} AND o.starts_at < {}"
        f" AND {TAKES_PART} AND {REPLY} = 'needs_action' ORDER BY o.starts_at, o.id"
    )
    records = await rows(_OWED, viewer, tail, viewer.member_id, start, end)
    return [(date_line_of(row), row["rrule"] is not None) for row in records]


async def events_informed_of(viewer: Viewer) -> frozenset[UUID]:
    """Return the events of which the viewer is kept informed, without being asked to come."""
    tail = " AND i.member = {} AND i.role = 'informed' AND i.withdrawn_at IS NULL"
    return frozenset(row["event"] for row in await rows(_INFORMED, viewer, tail, viewer.member_id))


_INVITATIONS = " FROM occurrence o JOIN event e ON e.id = o.event JOIN invitation i ON i.event = e.id"
_OF_DATES = f" AND o.id IN ({{}}) AND i.withdrawn_at IS NULL AND {TAKES_PART}"
_INVITED = f"SELECT o.id, COUNT(*) AS invited{_INVITATIONS} WHERE MAY_SEE(e)"
_BY_DATE = f"{_OF_DATES} GROUP BY o.id"
_UNANSWERED = (
    f"SELECT o.id, i.member, {with_agency('m', 'g')} AS person, g.code,"
    f" CASE WHEN {IS_ASKED} AND m.status = 'active' AND g.status = 'active' THEN 1 ELSE 0 END AS is_asked"
    f"{_INVITATIONS} JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE MAY_SEE(e)"
)
# A plain = makes PostgreSQL expect one row of 200, and look up each person and agency by itself.
_STILL = f"{_OF_DATES} AND CASE {REPLY} WHEN 'needs_action' THEN TRUE ELSE FALSE END ORDER BY o.id, g.code, i.member"
# The NOT EXISTS runs once for each series, not for each of its dates in the span.
_LATEST = (
    "WITH latest AS MATERIALIZED (SELECT o.id, o.event,"
    " ROW_NUMBER() OVER (PARTITION BY o.event ORDER BY o.starts_at DESC, o.id) AS place"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)


class MissingByDate(NamedTuple):
    """How many people are invited to a date, and who of them have not replied."""

    invited: int
    waiting: dict[str, int]
    """How many people have not replied, by agency."""
    silent: dict[UUID, str]
    """Those of them who can be reminded, with their names: active people, except the organizer of the date."""


async def missing_replies(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, MissingByDate]:
    """Return which replies to each of these dates are missing; a date without invitations is left out."""
    wanted = wanted_ids(occurrence_ids)
    invited, unanswered = await together(
        rows(_INVITED, viewer, _BY_DATE, wanted), rows(_UNANSWERED, viewer, _STILL, wanted)
    )
    missing = {row["id"]: MissingByDate(int(row["invited"]), {}, {}) for row in invited}
    for date_id, people in groupby(unanswered, key=itemgetter("id")):
        # The first invitation may have been added between the two statements.
        _, waiting, silent = missing.setdefault(date_id, MissingByDate(0, {}, {}))
        for row in people:
            waiting[row["code"]] = waiting.get(row["code"], 0) + 1
            if row["is_asked"]:
                silent[row["member"]] = row["person"]
    return missing


async def silent_invitees(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, str]]:
    """Return who can be reminded of each of these dates, with their names; see `MissingByDate`."""
    silent: dict[UUID, dict[UUID, str]] = {}
    for row in await rows(_UNANSWERED, viewer, _STILL, wanted_ids(occurrence_ids)):
        if row["is_asked"]:
            silent.setdefault(row["id"], {})[row["member"]] = row["person"]
    return silent


async def last_dates_of_series(viewer: Viewer, since: datetime, until: datetime) -> list[DateLine]:
    """Return the last dates of series that start in [since, until), without a visible series that continues them."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND e.rrule IS NOT NULL"
        " AND e.status IN ('tentative', 'confirmed')) SELECT l.id FROM latest l WHERE l.place = 1"
        " AND NOT EXISTS (SELECT 1 FROM occurrence n WHERE n.event = l.event AND n.starts_at >= {})"
    )
    records = await rows(_LATEST, viewer, tail, since, until, until)
    last = await lines_by_id(viewer, [row["id"] for row in records])
    gone_on = await events.continued_among(viewer, {date_line.event_id for date_line in last})
    return [date_line for date_line in last if date_line.event_id not in gone_on]


async def dates_with_open_sheets(viewer: Viewer, since: datetime, until: datetime) -> list[DateLine]:
    """Return the dates that start in [since, until), have invitees, and whose attendance is not closed.

    Deadlines, drafts and canceled dates have no attendance.
    """
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND o.attendance_closed_at IS NULL AND NOT o.is_canceled"
        " AND e.status IN ('tentative', 'confirmed') AND e.kind <> 'deadline'"
        f" AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.withdrawn_at IS NULL AND {TAKES_PART})"
        " ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, since, until)
