"""The readers of events, their dates, and what changed about them: every query takes a viewer.

The predicate is that of `visible.core`. Missing and forbidden look alike: `None` or an empty list. The SQL is
written out, not built: the month page reads 500 rows at once, and building such a query in the ORM costs more than
running it.

Changes made while everyone could see the event stay readable. Changes made while fewer people could see it are shown
only while it has that same visibility: when it opens to more people, they do not read its earlier changes. For an event
for named people, a new invitee reads only later changes, unless they may edit the event.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from piccolo.querystring import QueryString

from tracker.database import together
from tracker.database.queries import sql_list, wanted_ids
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.events.events import DateLine, Event, EventStatus, Kind, Occurrence, may_edit
from tracker.rules.events.history import ChangedField, FieldChange, HistoryEntry, HistoryVerb, readable_changes
from tracker.tables.background.events.invitees import SUBSTITUTE
from tracker.tables.schema.events import (
    FIELDS_OF_EVENT,
    MARK_AGENCY,
    MARKED_BY,
    MARKING,
    POLICY,
    marking_in,
    policy_in_row,
)
from tracker.tables.visible.core import Row, rows, with_agency

LONGEST = timedelta(days=14)
"""No event lasts longer (rules refuse it), so a range query starts this much earlier."""

# A lookup, because a month needs 500: calling the class takes as long as reading a date's times.
_KINDS = {str(kind): kind for kind in Kind}
_VISIBILITIES = {str(visibility): visibility for visibility in Visibility}
_STATUSES = {str(status): status for status in EventStatus}

LINE = (
    "SELECT o.id, o.event, o.original_start, o.starts_at, o.ends_at, o.title AS own_title, o.place AS own_place,"
    " o.is_canceled, o.is_changed, e.kind, e.title, e.place, e.visibility, e.status, e.zone, e.is_all_day, e.lead,"
    f" e.committee, {MARKING}, {POLICY}"
)
"""What `date_line_of` reads of date `o` and event `e`; a reader may append more columns."""
_LINES = LINE + " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
EVENT = (
    f"SELECT {FIELDS_OF_EVENT}, {MARKING}, {MARK_AGENCY}, e.id, e.uid, e.reference, b.name AS committee,"
    " e.lead AS lead_id, m.name AS lead, g.code AS lead_agency, e.rrule, e.version, e.sequence, e.created_at,"
    " e.changed_at, e.cancel_reason"
)
"""What `event_in` reads of event `e`; a reader may append more columns."""
FROM_EVENT = (
    " FROM event e JOIN member m ON m.id = e.lead JOIN agency g ON g.id = m.agency"
    f" LEFT JOIN committee b ON b.id = e.committee{MARKED_BY}"
)
"""What follows `EVENT`, before the predicate."""
_EVENT = f"{EVENT}{FROM_EVENT} WHERE MAY_SEE(e)"
_INVITED_TO = "(SELECT i.event FROM invitation i WHERE i.id = {})"
_IN_ORDER = " ORDER BY o.original_start"
_ANY = "SELECT e.id FROM event e WHERE MAY_SEE(e)"
_DATE_COLUMNS = (
    *("id", "event", "original_start", "starts_at", "ends_at", "title", "place", "agenda", "is_canceled"),
    *("is_changed", "version", "sequence", "changed_at", "attendance_closed_at", "cancel_reason", "is_off_record"),
)
_DATE = (
    f"SELECT {', '.join(f'o.{name}' for name in _DATE_COLUMNS)}"
    " FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
)
_DATE_AND_EVENT = (
    f"{EVENT}, {', '.join(f'o.{name} AS date_{name}' for name in _DATE_COLUMNS)}{FROM_EVENT}"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)


async def lines_where(viewer: Viewer, where: str, *arguments: Any) -> list[DateLine]:
    """Return dates in brief; `where` is appended to the predicate."""
    return [date_line_of(row) for row in await rows(_LINES, viewer, where, *arguments)]


async def events_where(viewer: Viewer, where: str, *arguments: Any) -> list[Event]:
    """Return events; `where` is appended to the predicate."""
    return [event_in(row) for row in await rows(_EVENT, viewer, where, *arguments)]


async def lines_between(viewer: Viewer, start: datetime, end: datetime) -> list[DateLine]:
    """Return the dates that overlap [start, end), earliest first, in brief: for calendars and lists."""
    tail = " AND o.starts_at >= {} AND o.starts_at < {} AND o.ends_at > {} ORDER BY o.starts_at, o.id"
    return await lines_where(viewer, tail, start - LONGEST, end, start)


async def next_lines_asking(viewer: Viewer, now: datetime) -> list[DateLine]:
    """Return the next date of each event that follows up after its invitations."""
    tail = (
        " AND e.ask_after <> '' AND o.starts_at = (SELECT MIN(n.starts_at) FROM occurrence n"
        " WHERE n.event = o.event AND NOT n.is_canceled AND n.starts_at > {})"
    )
    return await lines_where(viewer, tail, now)


async def lines_by_id(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> list[DateLine]:
    """Return which of these dates the viewer may see, earliest first."""
    return await lines_where(viewer, " AND o.id IN ({}) ORDER BY o.starts_at, o.id", wanted_ids(occurrence_ids))


async def lines_ahead(viewer: Viewer, event_ids: Iterable[UUID], now: datetime) -> list[DateLine]:
    """Return the dates of these events that take place and are not over, earliest first."""
    tail = (
        " AND o.event IN ({}) AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled'"
        " ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, wanted_ids(event_ids), now)


async def event_by_id(viewer: Viewer, event_id: UUID) -> Event | None:
    """Return one event, or None when it is missing or not for this viewer."""
    return next(iter(await events_where(viewer, " AND e.id = {}", event_id)), None)


async def event_of_invitation(viewer: Viewer, invitation_id: UUID) -> tuple[Event | None, list[Occurrence]]:
    """Return the event of an invitation, if the viewer may see it, and its dates, as `event_with_dates`."""
    dates = " AND o.event = " + _INVITED_TO + _IN_ORDER
    return await _with_dates(viewer, " AND e.id = " + _INVITED_TO, dates, invitation_id)


async def event_with_dates(viewer: Viewer, event_id: UUID) -> tuple[Event | None, list[Occurrence]]:
    """Return an event, if the viewer may see it, and its dates; one visit to the database, so that they fit."""
    return await _with_dates(viewer, " AND e.id = {}", " AND o.event = {}" + _IN_ORDER, event_id)


async def _with_dates(viewer: Viewer, event: str, dates: str, argument: UUID) -> tuple[Event | None, list[Occurrence]]:
    records, dated = await together(rows(_EVENT, viewer, event, argument), rows(_DATE, viewer, dates, argument))
    of = event_in(records[0]) if records else None
    return of, [_occurrence(row, of) for row in dated] if of else []


async def sees_any_event(viewer: Viewer) -> bool:
    """Return whether the viewer may see any event that isn't a draft."""
    return bool(await rows(_ANY, viewer, " AND e.status <> 'draft' LIMIT 1"))


async def dates_in_order(viewer: Viewer, of: Event) -> list[Occurrence]:
    """Return all dates of an event, in the order of the rule."""
    records = await rows(_DATE, viewer, " AND o.event = {} ORDER BY o.original_start", of.id)
    return [_occurrence(row, of) for row in records]


async def date_on_day(viewer: Viewer, event_id: UUID, day: datetime) -> Occurrence | None:
    """Return the date whose original local start falls on the day that begins at `day` (local midnight)."""
    tail = " AND o.event = {} AND o.original_start >= {} AND o.original_start <= {} ORDER BY o.original_start LIMIT 1"
    until = day.replace(hour=23, minute=59, second=59)
    of, records = await together(event_by_id(viewer, event_id), rows(_DATE, viewer, tail, event_id, day, until))
    return _occurrence(records[0], of) if of and records else None


async def date_by_id(viewer: Viewer, occurrence_id: UUID) -> Occurrence | None:
    """Return one date, or None when it is missing or not for this viewer; one visit to the database."""
    records = await rows(_DATE_AND_EVENT, viewer, " AND o.id = {}", occurrence_id)
    if not records:
        return None
    date = {name: records[0][f"date_{name}"] for name in _DATE_COLUMNS}
    return _occurrence(date, event_in(records[0]))


async def dates_beside(viewer: Viewer, occurrence: Occurrence) -> tuple[Occurrence | None, Occurrence | None]:
    """Return the previous and the next date in the same series; a single event has neither."""
    if not occurrence.event.is_series:
        return None, None
    here = occurrence.event.id, occurrence.original_start
    earlier = " AND o.event = {} AND o.original_start < {} ORDER BY o.original_start DESC LIMIT 1"
    later = " AND o.event = {} AND o.original_start > {} ORDER BY o.original_start LIMIT 1"
    before, after = await together(rows(_DATE, viewer, earlier, *here), rows(_DATE, viewer, later, *here))
    first, second = ([_occurrence(row, occurrence.event) for row in records] for records in (before, after))
    return (first[0] if first else None), (second[0] if second else None)


async def published_events(viewer: Viewer, since: datetime, *, invited_only: bool) -> list[Event]:
    """Return every event with a date that ends after `since`: the content of a feed.

    Drafts are in no feed, not even their organizer's own.
    """
    is_invited = (
        " AND (e.lead = {} OR EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {}"
        f" AND i.withdrawn_at IS NULL) OR {SUBSTITUTE})"
        if invited_only
        else ""
    )
    wanted = (
        " AND e.status <> 'draft' AND EXISTS (SELECT 1 FROM occurrence x WHERE x.event = e.id AND x.ends_at > {})"
        + is_invited
    )
    who = (viewer.member_id,) * 3 if invited_only else ()
    return await events_where(viewer, wanted + " ORDER BY e.uid", since, *who)


async def events_of_committee(viewer: Viewer, committee_id: UUID, now: datetime) -> list[Event]:
    """Return the events of a committee that were sent and have a date ahead that takes place."""
    tail = (
        " AND e.committee = {} AND e.status IN ('tentative', 'confirmed') AND EXISTS (SELECT 1 FROM occurrence o"
        " WHERE o.event = e.id AND o.starts_at > {} AND NOT o.is_canceled) ORDER BY e.id"
    )
    return await events_where(viewer, tail, committee_id, now)


async def dates_of_events(viewer: Viewer, events: Iterable[Event]) -> dict[UUID, list[Occurrence]]:
    """Return all dates of several events by the event's id, in the order of the rule."""
    by_id = {event.id: event for event in events}
    dates: dict[UUID, list[Occurrence]] = {event_id: [] for event_id in by_id}
    tail = " AND o.event IN ({}) ORDER BY o.event, o.original_start"
    for row in await rows(_DATE, viewer, tail, wanted_ids(by_id)):
        dates[row["event"]].append(_occurrence(row, by_id[row["event"]]))
    return dates


async def lines_invited_to(viewer: Viewer, start: datetime, end: datetime) -> list[DateLine]:
    """Return the dates in [start, end) of events to which the viewer is invited, earliest first."""
    tail = (
        " AND o.starts_at >= {} AND o.starts_at < {} AND EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id"
        " AND i.member = {} AND i.withdrawn_at IS NULL) ORDER BY o.starts_at, o.id"
    )
    return await lines_where(viewer, tail, start, end, viewer.member_id)


def date_line_of(row: Row) -> DateLine:
    """Return the date in brief from a row of `LINE`."""
    is_off = bool(row["is_canceled"]) or row["status"] == EventStatus.CANCELED
    return DateLine(
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
        marking=marking_in(row),
        reminders=policy_in_row(row),
    )


def event_in(row: Row) -> Event:
    """Return the event in a row of `EVENT`."""
    event = {**row, "marking": marking_in(row), "reminders": policy_in_row(row)}
    return msgspec.convert(event, Event, strict=False)


def _occurrence(row: Row, of: Event) -> Occurrence:
    texts = {"title": of.title, "place": of.place, "agenda": of.agenda}
    own = {name: row[name] for name in texts if row[name] is not None}
    return msgspec.convert({**row, **texts, **own, "event": of}, Occurrence, strict=False)


_ONWARD = "SELECT e.previous_series FROM event e WHERE MAY_SEE(e)"
_LINKS = f"{EVENT}, e.previous_series{FROM_EVENT} WHERE MAY_SEE(e)"
_AROUND = (
    " AND (e.previous_series = {} OR e.id = (SELECT n.previous_series FROM event n WHERE n.id = {}))"
    " ORDER BY e.starts, e.id"
)
_BEFORE = " AND e.id = (SELECT n.previous_series FROM event n WHERE n.id = {})"
_ONWARD_FROM = (
    " AND e.id IN (WITH RECURSIVE onward(id) AS (SELECT n.id FROM event n WHERE n.previous_series = {}"
    " UNION SELECT n.id FROM event n JOIN onward o ON n.previous_series = o.id) SELECT id FROM onward)"
    " ORDER BY e.starts, e.id"
)
_AFTER = " AND e.previous_series = {} ORDER BY e.starts, e.id"


async def series_around(viewer: Viewer, of: Event) -> tuple[Event | None, tuple[Event, ...]]:
    """Return the series that this event continues, and those that continue it, earliest first."""
    before, after = None, []
    for row in await rows(_LINKS, viewer, _AROUND, of.id, of.id):
        if row["previous_series"] == of.id:
            after.append(event_in(row))
        else:
            before = event_in(row)
    return before, tuple(after)


async def series_before(viewer: Viewer, of: Event) -> Event | None:
    """Return the series that this event continues."""
    return next(iter(await events_where(viewer, _BEFORE, of.id)), None)


async def series_after(viewer: Viewer, of: Event) -> tuple[Event, ...]:
    """Return the events that continue this series, earliest first; each split adds one."""
    return tuple(await events_where(viewer, _AFTER, of.id))


async def all_series_after(viewer: Viewer, of: Event) -> tuple[Event, ...]:
    """Return the events that continue this series, and those that continue them, earliest first."""
    return tuple(await events_where(viewer, _ONWARD_FROM, of.id))


async def continued_among(viewer: Viewer, event_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these series are continued by another event."""
    records = await rows(_ONWARD, viewer, " AND e.previous_series IN ({})", wanted_ids(event_ids))
    return frozenset(row["previous_series"] for row in records)


_NEXT_DATES = "SELECT o.id FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
_IS_LED = (
    " AND e.lead = {} AND e.status <> 'canceled' AND o.starts_at = (SELECT MIN(n.starts_at) FROM occurrence n"
    " WHERE n.event = e.id AND n.ends_at > {})"
)

_IS_INVITED = (
    " AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled' AND EXISTS (SELECT 1 FROM invitation i"
    " WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL AND i.role <> 'chair')"
    " ORDER BY o.starts_at, o.id"
)


async def lines_led(viewer: Viewer, member_id: UUID, now: datetime) -> list[DateLine]:
    """Return the next date of each event that a person organizes, earliest first."""
    records = await rows(_NEXT_DATES, viewer, _IS_LED, member_id, now)
    return await lines_by_id(viewer, [row["id"] for row in records])


async def lines_of_invitee(viewer: Viewer, member_id: UUID, now: datetime) -> list[DateLine]:
    """Return the upcoming dates, earliest first, to which a person is invited and which they do not organize."""
    return await lines_where(viewer, _IS_INVITED, now, member_id)


_IMPORTED = "SELECT i.source AS name FROM imported_event i JOIN event e ON e.id = i.event WHERE MAY_SEE(e)"
_OWN_UIDS = "SELECT e.uid AS name FROM event e WHERE MAY_SEE(e)"


async def known_sources(viewer: Viewer, sources: Collection[str]) -> set[str]:
    """Return which of these hashes (`ImportedEvent.source`) belong to events that the viewer may see."""
    among = sql_list(sorted(sources) or [""])
    return {row["name"] for row in await rows(_IMPORTED, viewer, " AND i.source IN ({})", among)}


async def known_uids(viewer: Viewer, uids: Collection[str]) -> set[str]:
    """Return which of these UIDs are our own and belong to events that the viewer may see."""
    among = sql_list(sorted(uids) or [""])
    return {row["name"] for row in await rows(_OWN_UIDS, viewer, " AND e.uid IN ({})", among)}


_CHANGES = (
    f"SELECT h.at, h.verb, h.occurrence, h.fields, h.reason, {with_agency('m', 'g')} AS actor"
    " FROM event_change h JOIN event e ON e.id = h.event"
    " JOIN member m ON m.id = h.actor JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_SAME_CIRCLE = (
    " AND (h.visibility = {} OR (h.visibility = e.visibility"
    " AND (h.committee = e.committee OR (h.committee IS NULL AND e.committee IS NULL)){}))"
)
# The change that invited a person may have changed more at the same moment; they read none of that either.
_WAS_IN_IT = (
    " AND (e.visibility <> {} OR EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {}"
    " AND i.withdrawn_at IS NULL AND COALESCE(i.again_at, i.added_at) < h.at))"
)
_NEWEST_FIRST = " ORDER BY h.at DESC, h.id"
_ALL_OF_IT = " AND h.event = {}" + _SAME_CIRCLE + _NEWEST_FIRST
_OF_DATE = " AND h.event = {}" + _SAME_CIRCLE + " AND (h.occurrence IS NULL OR h.occurrence = {})" + _NEWEST_FIRST


async def changes_seen(viewer: Viewer, of: Event, date: Occurrence | None = None) -> list[HistoryEntry]:
    """Return the changes to an event, newest first; with `date` only those that concern that date."""
    edits = may_edit(viewer, of)
    was_in_it = QueryString("") if edits else QueryString(_WAS_IN_IT, Visibility.NAMED, viewer.member_id)
    if date is None:
        records = await rows(_CHANGES, viewer, _ALL_OF_IT, of.id, Visibility.ALL, was_in_it)
        known = (
            {occurrence.id: occurrence for occurrence in await dates_in_order(viewer, of)}
            if any(row["occurrence"] for row in records)
            else {}
        )
    else:
        records = await rows(_CHANGES, viewer, _OF_DATE, of.id, Visibility.ALL, was_in_it, date.id)
        known = {date.id: date}
    entries = [_history_entry(row, known, edits=edits) for row in records]
    return [entry for entry in entries if entry.changes or entry.verb is not HistoryVerb.CHANGED]


def _history_entry(row: Row, known: dict[UUID, Occurrence], *, edits: bool) -> HistoryEntry:
    changes = [
        FieldChange(field=ChangedField(field), before=before, after=after)
        for field, before, after in json.loads(row["fields"])
    ]
    return HistoryEntry(
        at=row["at"],
        verb=HistoryVerb(row["verb"]),
        date=known.get(row["occurrence"]),
        changes=readable_changes(changes, may_edit=edits),
        reason=row["reason"],
        actor=row["actor"] if edits else None,
    )
