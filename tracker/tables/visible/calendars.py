"""Calendar pages, feeds and subscriptions."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker.rules.calendars.calendars import SeenDate
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine
from tracker.rules.events.replies import ReplyValue
from tracker.rules.operations.states import OperationState
from tracker.tables.background.events.invitees import REPLY, TAKES_PART
from tracker.tables.visible.core import rows
from tracker.tables.visible.events.events import LINE, LONGEST, date_line_of, lines_where

_SPAN = " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {}"
_SEEN = (
    f"{LINE}, b.name AS committee_name, i.id AS invitation, CASE WHEN {TAKES_PART} THEN {REPLY} ELSE NULL END AS reply,"
    " p.state AS plan_state"
    " FROM occurrence o JOIN event e ON e.id = o.event LEFT JOIN committee b ON b.id = e.committee"
    " LEFT JOIN operation_plan p ON p.event = e.id"
    " LEFT JOIN invitation i ON i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL WHERE MAY_SEE(e)"
)
_OF_AGENCY = "SELECT DISTINCT o.event FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"


async def dates_of_span(viewer: Viewer, start: datetime, end: datetime) -> list[SeenDate]:
    """Return the dates that overlap [start, end), earliest first.

    Each with its committee, the viewer's reply, and where its plan is.
    """
    tail = _SPAN + " ORDER BY o.starts_at, o.id"
    records = await rows(_SEEN, viewer, tail, viewer.member_id, *_span(start, end))
    return [
        SeenDate(
            line=date_line_of(row),
            reply=ReplyValue(row["reply"]) if row["reply"] else None,
            committee=row["committee_name"],
            is_mine=row["invitation"] is not None or row["lead"] == viewer.member_id,
            operation=OperationState(row["plan_state"]) if row["plan_state"] else None,
        )
        for row in records
    ]


async def dates_of_agency(viewer: Viewer, agency_id: UUID, start: datetime, end: datetime) -> list[DateLine]:
    """Return the dates in [start, end) of events to which people of an agency are invited, earliest first."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND EXISTS (SELECT 1 FROM invitation i"
        " JOIN member m ON m.id = i.member WHERE i.event = e.id AND m.agency = {} AND i.withdrawn_at IS NULL)"
        " ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, start, end, agency_id)


async def events_of_agency(viewer: Viewer, agency_id: UUID, start: datetime, end: datetime) -> frozenset[UUID]:
    """Return the events with a date in [start, end) to which people of an agency are invited.

    Everyone who sees an event may know which agencies are invited.
    """
    tail = (
        _SPAN + " AND EXISTS (SELECT 1 FROM member m WHERE m.agency = {} AND (m.id = e.lead OR EXISTS (SELECT 1"
        " FROM invitation i WHERE i.event = e.id AND i.member = m.id AND i.withdrawn_at IS NULL)))"
    )
    return frozenset(row["event"] for row in await rows(_OF_AGENCY, viewer, tail, *_span(start, end), agency_id))


def _span(start: datetime, end: datetime) -> Iterable[datetime]:
    return start - LONGEST, end, start
