"""The reader of events and their dates: every query takes a viewer and checks the predicate of `visible.core.rows`.

Missing and forbidden look alike: `None` or an empty list. The SQL is written out, not built: the month page reads 500
rows at once, and building such a query in the ORM costs more than running it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tracker.database import together
from tracker.database.sql_list import sql_list
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event, EventStatus, Kind, Line, Occurrence
from tracker.tables.background.events.substitutes import SUBSTITUTE
from tracker.tables.schema.events.event_columns import FIELDS_OF_EVENT, fields_in
from tracker.tables.schema.events.marking_columns import MARK, MARK_AGENCY, MARKED_BY, marking_of
from tracker.tables.schema.events.policy_columns import POLICY, policy_of
from tracker.tables.visible.core.rows import Row, rows, rows_of_each

LONGEST = timedelta(days=14)
"""No event lasts longer (rules refuse it), so a range query starts this much earlier."""

# A lookup, because a month needs 500: calling the class takes as long as reading a date's times.
_KINDS = {str(one): one for one in Kind}
_VISIBILITIES = {str(one): one for one in Visibility}
_STATUSES = {str(one): one for one in EventStatus}

LINE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, o.title AS own_title, o.place AS own_place,"
    " o.is_canceled, o.is_changed, e.kind, e.title, e.place, e.visibility, e.status, e.zone, e.is_all_day, e.lead,"
    f" e.committee, {MARK}, {POLICY}"
)
"""What `line` reads of date `o` and event `e`; a reader may append more columns."""
_LINES = LINE + " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
EVENT = (
    f"SELECT {FIELDS_OF_EVENT}, {MARK}, {MARK_AGENCY}, e.id, e.uid, e.reference, b.name AS committee_name, e.lead,"
    " m.name AS lead_name, g.code AS lead_agency, e.rrule, e.version, e.sequence, e.created_at, e.changed_at,"
    " e.cancel_reason"
)
"""What `event_in` reads of event `e`; a reader may append more columns."""
FROM_EVENT = (
    " FROM event e JOIN member m ON m.id = e.lead JOIN agency g ON g.id = m.agency"
    f" LEFT JOIN committee b ON b.id = e.committee{MARKED_BY}"
)
"""What follows `EVENT`, before the predicate."""
_EVENT = f"{EVENT}{FROM_EVENT} WHERE MAY_SEE(e)"
_ANY = "SELECT e.id FROM event e WHERE MAY_SEE(e)"
_OF_DATE = (
    *("id", "event", "original_start", "starts_at", "ends_at", "title", "place", "agenda", "is_canceled"),
    *("is_changed", "version", "sequence", "changed_at", "attendance_closed_at", "cancel_reason", "is_off_record"),
)
_DATE = (
    f"SELECT {', '.join(f'o.{name}' for name in _OF_DATE)}"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
_DATE_AND_EVENT = (
    f"{EVENT}, {', '.join(f'o.{name} AS date_{name}' for name in _OF_DATE)}{FROM_EVENT}"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)


async def lines_where(viewer: Viewer, where: str, *arguments: Any) -> list[Line]:
    """Return dates in brief; `where` is appended to the predicate."""
    return [line(row) for row in await rows(_LINES, viewer, where, *arguments)]


async def events_where(viewer: Viewer, where: str, *arguments: Any) -> list[Event]:
    """Return events; `where` is appended to the predicate."""
    return [event_in(row) for row in await rows(_EVENT, viewer, where, *arguments)]


async def lines(viewer: Viewer, start: datetime, end: datetime) -> list[Line]:
    """Return the dates that overlap [start, end), earliest first, in brief: for calendars and lists."""
    tail = " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {} ORDER BY o.starts_at, o.id"
    return await lines_where(viewer, tail, start - LONGEST, end, start)


async def next_lines_asking(viewer: Viewer, now: datetime) -> list[Line]:
    """Return the next date of each event that follows up after its invitations."""
    tail = (
        " AND e.ask_after <> '' AND o.starts_at = (SELECT MIN(n.starts_at) FROM occurrence n"
        " WHERE n.event = o.event AND NOT n.is_canceled AND n.starts_at > {})"
    )
    return await lines_where(viewer, tail, now)


async def lines_by_id(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> list[Line]:
    """Return which of these dates the viewer may see, earliest first."""
    wanted = list(occurrence_ids)
    if not wanted:
        return []
    tail = " AND o.id IN ({}) ORDER BY o.starts_at, o.id"
    return await lines_where(viewer, tail, sql_list(wanted))


async def ahead(viewer: Viewer, event_ids: Iterable[UUID], now: datetime) -> list[Line]:
    """Return the dates of these events that take place and are not over, earliest first."""
    wanted = list(event_ids)
    if not wanted:
        return []
    tail = (
        " AND o.event IN ({}) AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled'"
        " ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, sql_list(wanted), now)


async def event(viewer: Viewer, event_id: UUID) -> Event | None:
    """Return one event, or None when it is missing or not for this viewer."""
    found = await events_where(viewer, " AND e.id = {}", event_id)
    return found[0] if found else None


async def invited_to(viewer: Viewer, invitation_id: UUID) -> tuple[Event | None, list[Occurrence]]:
    """Return the event of an invitation, if the viewer may see it, and its dates; one visit to the database."""
    return await _with_dates(viewer, "(SELECT i.event FROM invitation i WHERE i.id = {})", invitation_id)


async def event_with_dates(viewer: Viewer, event_id: UUID) -> tuple[Event | None, list[Occurrence]]:
    """Return an event, if the viewer may see it, and its dates; one visit to the database, so that they fit."""
    return await _with_dates(viewer, "{}", event_id)


async def _with_dates(viewer: Viewer, its: str, argument: UUID) -> tuple[Event | None, list[Occurrence]]:
    found, dated = await rows_of_each(
        viewer,
        (_EVENT, f" AND e.id = {its}", argument),
        (_DATE, f" AND o.event = {its} ORDER BY o.original_start", argument),
    )
    of = event_in(found[0]) if found else None
    return of, [_occurrence(row, of) for row in dated] if of else []


async def sees_any(viewer: Viewer) -> bool:
    """Return whether the viewer may see any event that isn't a draft."""
    return bool(await rows(_ANY, viewer, " AND e.status <> 'draft' LIMIT 1"))


async def dates(viewer: Viewer, of: Event) -> list[Occurrence]:
    """Return all dates of an event, in the order of the rule."""
    found = await rows(_DATE, viewer, " AND o.event = {} ORDER BY o.original_start", of.id)
    return [_occurrence(row, of) for row in found]


async def date(viewer: Viewer, event_id: UUID, day: datetime) -> Occurrence | None:
    """Return the date whose original local start falls on the day that begins at `day` (local midnight)."""
    tail = " AND o.event = {} AND o.original_start >= {} AND o.original_start <= {} ORDER BY o.original_start LIMIT 1"
    until = day.replace(hour=23, minute=59, second=59)
    of, found = await together(event(viewer, event_id), rows(_DATE, viewer, tail, event_id, day, until))
    return _occurrence(found[0], of) if of and found else None


async def date_by_id(viewer: Viewer, occurrence_id: UUID) -> Occurrence | None:
    """Return one date, or None when it is missing or not for this viewer; one visit to the database."""
    found = await rows(_DATE_AND_EVENT, viewer, " AND o.id = {}", occurrence_id)
    if not found:
        return None
    [row] = found
    return _occurrence({name: row[f"date_{name}"] for name in _OF_DATE}, event_in(row))


async def neighbors(viewer: Viewer, occurrence: Occurrence) -> tuple[Occurrence | None, Occurrence | None]:
    """Return the previous and the next date in the same series; a single event has neither."""
    if not occurrence.event.is_series:
        return None, None
    here = occurrence.event.id, occurrence.original_start
    earlier = " AND o.event = {} AND o.original_start < {} ORDER BY o.original_start DESC LIMIT 1"
    later = " AND o.event = {} AND o.original_start > {} ORDER BY o.original_start LIMIT 1"
    before, after = await together(rows(_DATE, viewer, earlier, *here), rows(_DATE, viewer, later, *here))
    first, second = ([_occurrence(row, occurrence.event) for row in found] for found in (before, after))
    return (first[0] if first else None), (second[0] if second else None)


async def published(viewer: Viewer, since: datetime, *, invited_only: bool) -> list[Event]:
    """Return every event with a date that ends after `since`: the content of a feed.

    Drafts are in no feed, not even their organizer's own.
    """
    mine = (
        " AND (e.lead = {} OR EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {}"
        f" AND i.withdrawn_at IS NULL) OR {SUBSTITUTE})"
        if invited_only
        else ""
    )
    wanted = (
        " AND e.status <> 'draft' AND EXISTS (SELECT 1 FROM occurrence x WHERE x.event = e.id AND x.ends_at > {})"
        + mine
    )
    who = (viewer.member_id,) * 3 if invited_only else ()
    return await events_where(viewer, wanted + " ORDER BY e.uid", since, *who)


async def of_committee(viewer: Viewer, committee_id: UUID, now: datetime) -> list[Event]:
    """Return the events of a committee that were sent and have a date ahead that takes place."""
    tail = (
        " AND e.committee = {} AND e.status IN ('tentative', 'confirmed') AND EXISTS (SELECT 1 FROM occurrence o"
        " WHERE o.event = e.id AND o.starts_at > {} AND NOT o.is_canceled) ORDER BY e.id"
    )
    return await events_where(viewer, tail, committee_id, now)


async def dates_of(viewer: Viewer, events: Iterable[Event]) -> dict[UUID, list[Occurrence]]:
    """Return all dates of several events by the event's id, in the order of the rule."""
    by_id = {one.id: one for one in events}
    found: dict[UUID, list[Occurrence]] = {event_id: [] for event_id in by_id}
    if not by_id:
        return found
    tail = " AND o.event IN ({}) ORDER BY o.event, o.original_start"
    for row in await rows(_DATE, viewer, tail, sql_list(by_id)):
        found[row["event"]].append(_occurrence(row, by_id[row["event"]]))
    return found


async def invited(viewer: Viewer, start: datetime, end: datetime) -> list[Line]:
    """Return the dates in [start, end) of events to which the viewer is invited, earliest first."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id"
        " AND i.member = {} AND i.withdrawn_at IS NULL) ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, start, end, viewer.member_id)


def line(row: Row) -> Line:
    """Return the date in brief from a row of `LINE`."""
    is_off = bool(row["is_canceled"]) or row["status"] == EventStatus.CANCELED
    return Line(
        id=row["id"],
        event_id=row["event"],
        key=row["original_start"].date().isoformat(),
        kind=_KINDS[row["kind"]],
        title=row["own_title"] or row["title"],
        place=row["place"] if row["own_place"] is None else row["own_place"],
        visibility=_VISIBILITIES[row["visibility"]],
        status=EventStatus.CANCELED if is_off else _STATUSES[row["status"]],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        zone=row["zone"],
        is_all_day=bool(row["is_all_day"]),
        is_changed=bool(row["is_changed"]),
        lead_id=row["lead"],
        committee_id=row["committee"],
        marking=marking_of(row),
        reminders=policy_of(row),
    )


def event_in(row: Row) -> Event:
    """Return the event in a row of `EVENT`."""
    return Event(
        **fields_in(row),
        id=row["id"],
        uid=row["uid"],
        reference=row["reference"],
        committee=row["committee_name"],
        lead_id=row["lead"],
        lead=row["lead_name"],
        lead_agency=row["lead_agency"],
        rrule=row["rrule"],
        version=row["version"],
        sequence=row["sequence"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        cancel_reason=row["cancel_reason"],
    )


def _occurrence(row: Row, of: Event) -> Occurrence:
    return Occurrence(
        id=row["id"],
        event=of,
        original_start=row["original_start"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        title=of.title if row["title"] is None else row["title"],
        place=of.place if row["place"] is None else row["place"],
        agenda=of.agenda if row["agenda"] is None else row["agenda"],
        is_canceled=bool(row["is_canceled"]),
        is_changed=bool(row["is_changed"]),
        version=row["version"],
        sequence=row["sequence"],
        changed_at=row["changed_at"],
        attendance_closed_at=row["attendance_closed_at"],
        cancel_reason=row["cancel_reason"],
        is_off_record=bool(row["is_off_record"]),
    )
