"""What changed about an event that the viewer may see.

Changes made while everyone could see the event stay readable. Changes made while fewer people could see it are shown
only while it has that same visibility: when it opens to more people, they do not read its earlier changes. For an event
for named people, a new invitee reads only later changes, unless they may edit the event.
"""

import json
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Event, Occurrence, may_edit
from tracker.rules.events.history import ChangedField, FieldChange, HistoryEntry, HistoryVerb, readable_changes
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import dates_in_order

_CHANGES = (
    "SELECT h.at, h.verb, h.occurrence, h.fields, h.reason, m.name, g.code"
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
        actor=f"{row['name']} ({row['code']})" if edits else None,
    )
