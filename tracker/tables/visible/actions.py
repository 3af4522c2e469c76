"""Action items."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.querystring import QueryString

from tracker.database.queries import sql_list, wanted_ids
from tracker.rules.actions import UNDID_EMAIL, ActionItem, ItemNote, item_audience_label
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.core.wording import local, short_day
from tracker.tables.schema.events import MARK_AGENCY, MARKED_BY, MARKING, marking_in
from tracker.tables.visible.core import Row, contains_word, rows, rows_as, seen_by, seen_with_words, word_pattern

_COLUMNS = (
    "SELECT i.id, i.uid, i.reference, i.title, i.owner AS owner_id, m.name AS owner, m.email AS owner_email,"
    " i.agency AS agency_id, g.code AS agency, i.due, i.origin AS origin_id, e.id AS origin_event_id,"
    " i.committee AS committee_id, i.audience, i.status, i.progress, i.created_by AS created_by_id, i.created_at,"
    " i.changed_at, i.closed_at, i.blocked_at, i.version, i.sequence, o.original_start, o.starts_at,"
    f" COALESCE(NULLIF(o.title, ''), e.title) AS event_title, e.visibility, e.zone, {MARKING}, {MARK_AGENCY}"
)
_JOINED = (
    " JOIN member m ON m.id = i.owner JOIN agency g ON g.id = i.agency"
    f" LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event{MARKED_BY}"
)
_ITEM = f"{_COLUMNS} FROM action_item i{_JOINED} WHERE ((i.origin IS NOT NULL AND MAY_SEE(e))"
_FOUND = (
    f"{_COLUMNS} FROM ({{}}) f JOIN item_text t ON t.id = f.rowid JOIN action_item i ON i.id = t.item"
    f"{_JOINED} WHERE ((i.origin IS NOT NULL AND MAY_SEE(e))"
)
_NOTE = (
    "SELECT n.item, n.at, n.source, n.change, n.text, COALESCE(w.name, '') AS by"
    " FROM action_note n JOIN action_item i ON i.id = n.item"
    " LEFT JOIN member w ON w.id = n.by"
    " LEFT JOIN occurrence o ON o.id = i.origin LEFT JOIN event e ON e.id = o.event"
    " WHERE ((i.origin IS NOT NULL AND MAY_SEE(e))"
)
_OR_OWN_AUDIENCE = " OR (i.origin IS NULL AND i.audience IN ({})))"
_IN_ORDER = " ORDER BY i.due, i.reference"
# A canceled meeting doesn't count, nor one that began before the item was assigned or ended after it was closed.
_CARRIED = (
    "SELECT COUNT(*) AS meetings FROM occurrence o JOIN event e ON e.id = o.event WHERE MAY_SEE(e)"
    " AND e.committee = {} AND e.kind = 'meeting' AND e.status IN ('tentative', 'confirmed') AND NOT o.is_canceled"
    " AND o.starts_at > {} AND o.ends_at <= {}"
)


async def listed_items(viewer: Viewer, closed_since: datetime | None = None) -> list[ActionItem]:
    """Return the open items, soonest due first, and those closed since `closed_since` if given."""
    if closed_since is None:
        return await _items(viewer, _OR_OWN_AUDIENCE + " AND i.closed_at IS NULL" + _IN_ORDER)
    also_closed = " AND (i.closed_at IS NULL OR i.closed_at >= {})"
    return await _items(viewer, _OR_OWN_AUDIENCE + also_closed + _IN_ORDER, closed_since)


async def reported_items(viewer: Viewer, since: datetime, until: datetime) -> list[ActionItem]:
    """Return the items that were assigned before `until` and not closed before `since`, soonest due first."""
    tail = _OR_OWN_AUDIENCE + " AND i.created_at < {} AND (i.closed_at IS NULL OR i.closed_at >= {})" + _IN_ORDER
    return await _items(viewer, tail, until, since)


async def items_after(
    viewer: Viewer, place: tuple[datetime, UUID], limit: int, owners: Iterable[UUID]
) -> list[ActionItem]:
    """Return items after a cursor, open or closed, in the order of assignment; only those of `owners` if given."""
    wanted, tail = list(owners), _OR_OWN_AUDIENCE + " AND (i.created_at > {} OR (i.created_at = {} AND i.id > {}))"
    order = " ORDER BY i.created_at, i.id LIMIT {}"
    if not wanted:
        return await _items(viewer, tail + order, place[0], *place, limit)
    return await _items(viewer, tail + " AND i.owner IN ({})" + order, place[0], *place, sql_list(wanted), limit)


async def items_of_committee(viewer: Viewer, committee_id: UUID) -> list[ActionItem]:
    """Return the open items of a committee, soonest due first."""
    tail = _OR_OWN_AUDIENCE + " AND i.committee = {} AND i.closed_at IS NULL" + _IN_ORDER
    return await _items(viewer, tail, committee_id)


async def items_from_event(viewer: Viewer, event_id: UUID, *, closed_too: UUID | None = None) -> list[ActionItem]:
    """Return the open items that come from any date of an event, soonest due first; those of one date if closed too."""
    tail = _OR_OWN_AUDIENCE + " AND o.event = {} AND (i.closed_at IS NULL OR i.origin = {})" + _IN_ORDER
    return await _items(viewer, tail, event_id, closed_too)


async def items_from_date(viewer: Viewer, occurrence_id: UUID) -> list[ActionItem]:
    """Return the items, open or closed, that come from one date."""
    return await _items(viewer, _OR_OWN_AUDIENCE + " AND i.origin = {}" + _IN_ORDER, occurrence_id)


async def item_by_reference(viewer: Viewer, reference: str) -> ActionItem | None:
    """Return one item, or None when it is missing or not for this viewer."""
    return next(iter(await _items(viewer, _OR_OWN_AUDIENCE + " AND i.reference = {}", reference)), None)


async def item_by_id(viewer: Viewer, item_id: UUID) -> ActionItem | None:
    """Return one item, or None when it is missing or not for this viewer."""
    return next(iter(await _items(viewer, _OR_OWN_AUDIENCE + " AND i.id = {}", item_id)), None)


async def visible_items_by_id(viewer: Viewer, item_ids: Iterable[UUID]) -> dict[UUID, ActionItem]:
    """Return which of these items the viewer may see, open or closed."""
    action_items = await _items(viewer, _OR_OWN_AUDIENCE + " AND i.id IN ({})", wanted_ids(item_ids))
    return {action_item.id: action_item for action_item in action_items}


async def item_history(viewer: Viewer, of: ActionItem) -> list[ItemNote]:
    """Return the history of an item, newest first."""
    tail = _OR_OWN_AUDIENCE + " AND i.id = {} ORDER BY n.at DESC, n.id"
    return await rows_as(ItemNote, _NOTE, viewer, tail, seen_by(viewer)[0], of.id)


async def block_reasons(viewer: Viewer, item_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return why each of these items is blocked: the first note since then, if there is one."""
    said = (
        _OR_OWN_AUDIENCE
        + " AND i.id IN ({}) AND n.at >= i.blocked_at AND n.text NOT IN ('', {}) ORDER BY n.at DESC, n.id"
    )
    records = await rows(_NOTE, viewer, said, seen_by(viewer)[0], wanted_ids(item_ids), UNDID_EMAIL)
    return {row["item"]: row["text"] for row in records}


async def items_with_words(viewer: Viewer, words: Sequence[str], limit: int) -> list[ActionItem]:
    """Return items, open or done, that have all the words in their title, number, owner, or notes.

    Open ones come first, soonest due first, then the last ones done. Of more than `limit`, those assigned last.
    """
    latest = seen_with_words("item", viewer, words, limit)
    action_items = [_item(row) for row in await rows(_FOUND, viewer, _OR_OWN_AUDIENCE, latest, seen_by(viewer)[0])]
    by_due = sorted(action_items, key=lambda action_item: (action_item.due, action_item.reference))
    done = [action_item for action_item in reversed(by_due) if not action_item.is_open]
    return [*(action_item for action_item in by_due if action_item.is_open), *done]


async def note_texts(viewer: Viewer, item_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the texts of the notes of these items, newest first, by item."""
    return await _note_texts(viewer, " AND i.id IN ({}) AND n.text <> ''", wanted_ids(item_ids))


async def notes_with_words(viewer: Viewer, words: Iterable[str]) -> dict[UUID, list[str]]:
    """Return the texts of notes that contain one of these lower-case words, newest first, by item."""
    each = [QueryString(contains_word("n.text"), word_pattern(word)) for word in words]
    return await _note_texts(viewer, " AND ({})", QueryString(" OR ".join(["{}"] * len(each)), *each)) if each else {}


async def _note_texts(viewer: Viewer, which: str, argument: QueryString) -> dict[UUID, list[str]]:
    texts: dict[UUID, list[str]] = {}
    tail = f"{_OR_OWN_AUDIENCE}{which} ORDER BY n.at DESC, n.id"
    for row in await rows(_NOTE, viewer, tail, seen_by(viewer)[0], argument):
        texts.setdefault(row["item"], []).append(row["text"])
    return texts


async def _items(viewer: Viewer, tail: str, *arguments: Any) -> list[ActionItem]:
    return [_item(row) for row in await rows(_ITEM, viewer, tail, seen_by(viewer)[0], *arguments)]


def _item(row: Row) -> ActionItem:
    computed: dict[str, Any] = {
        "visibility": item_audience_label(row["audience"]),
        "origin": None,
        "origin_key": None,
        "is_restricted": False,
        "marking": marking_in(row),
    }
    if row["origin_id"]:
        day = short_day(local(row["starts_at"], row["zone"]))
        computed |= {
            "visibility": Visibility(row["visibility"]),
            "origin": f"{row['event_title']}, {day}",
            "origin_key": row["original_start"].date().isoformat(),
            "is_restricted": row["visibility"] == Visibility.NAMED,
        }
    return msgspec.convert({**row, **computed}, ActionItem, strict=False)


async def count_meetings_over(viewer: Viewer, item: ActionItem, now: datetime) -> int:
    """Return how many meetings took place while an item that the viewer sees was open."""
    if item.committee_id is None:
        return 0
    records = await rows(_CARRIED, viewer, "", item.committee_id, item.created_at, item.closed_at or now)
    return int(records[0]["meetings"])
