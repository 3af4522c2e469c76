"""Undoing a recent change before people are notified: what it replaced, and whether that can be put back.

A change is undone by its rows, whatever it did: rows that it changed or deleted are written back, and rows that it made
are deleted. Rows are handled as text here, because only their ids and whether they differ matter.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

import msgspec

from tracker.errors import Gone

UNDO_FOR = timedelta(seconds=20)
"""How long a change can be undone; messages about the event wait for it, edits longer (`outbox`)."""
TOO_LATE = "The 20 seconds are over, so it stays. You can still change or cancel it."
MEANWHILE = "Nothing is undone, because someone has changed it or replied to it since. You can still change it."
NOTIFIED = "Nothing is undone, because an email about it may have gone out. You can still change it."
StoredRows = NewType("StoredRows", str)
"""JSON of the rows that hang on some events: by table, then by id."""
UNNUMBERED = ("message", "event_change")
"""Tables that others write to while a change can be undone, without changing what it changed."""
Row = dict[str, Any]
Tables = dict[str, dict[UUID, Row]]


class Deed(StrEnum):
    """A change that can be undone."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    CHANGED = "changed"


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """What a change replaced, and how it left the events."""

    deed: Deed
    before: Mapping[str, tuple[Row, ...]]
    """By table, the rows that it changed or deleted, as they were."""
    made: Mapping[str, tuple[UUID, ...]]
    """By table, the ids of the rows that it made; the events among them are deleted with all that hangs on them."""
    left: str
    """The fingerprint of the rows after the change."""


def check_open(done_at: datetime, now: datetime) -> None:
    """Check that a change is recent enough to be undone. Errors: Gone."""
    if now - done_at >= UNDO_FOR:
        raise Gone(TOO_LATE)


def difference(deed: Deed, before: StoredRows, after: StoredRows) -> Replaced:
    """Return what a change replaced, from the rows before and after it."""
    was, now = tables_of(before), tables_of(after)
    names = sorted({*was, *now})
    return Replaced(
        deed=deed,
        before={name: tuple(_gone(was.get(name, {}), now.get(name, {}))) for name in names},
        made={name: tuple(sorted(set(now.get(name, {})) - set(was.get(name, {})))) for name in names},
        left=fingerprint(after),
    )


def fingerprint(stored: StoredRows) -> str:
    """Return a text that differs when another person has changed one of the rows, or replied."""
    tables = msgspec.json.decode(stored)
    kept = {name: rows for name, rows in tables.items() if name not in UNNUMBERED}
    return hashlib.sha256(msgspec.json.encode(kept, order="sorted")).hexdigest()


def tables_of(stored: StoredRows) -> Tables:
    """Return the rows by table and id; values are as JSON has them."""
    return msgspec.json.decode(stored, type=Tables)


def renumbered(before: Row, present: Row | None, now: datetime) -> Row:
    """Return an earlier row of an event or date as a new version, because feeds may have shown the changed one.

    Its SEQUENCE rises as it did with the change, and its time of change is `now` if the change set it. `present` is the
    row as the change left it; None if it was deleted.
    """
    if present is None:
        return before | {"version": before["version"] + 1, "sequence": before["sequence"] + 1, "changed_at": now}
    has_risen = before["sequence"] != present["sequence"]
    return before | {
        "version": present["version"] + 1,
        "sequence": present["sequence"] + has_risen,
        "changed_at": now if before["changed_at"] != present["changed_at"] else before["changed_at"],
    }


def _gone(was: Mapping[UUID, Row], now: Mapping[UUID, Row]) -> Iterator[Row]:
    return (row for row_id, row in was.items() if now.get(row_id) != row)
