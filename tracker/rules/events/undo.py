"""Undoing a recent change before people are notified: what it replaced, and whether that can be put back.

A change is undone by its rows, whatever it did: rows that it changed or deleted are written back, and rows that it made
are deleted. Rows are handled as text here, because only their ids and whether they differ matter.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

import msgspec

from tracker.errors import Gone
from tracker.rules.core.drafts import SentForm

UNDO_FOR = timedelta(seconds=20)
"""How long a change can be undone; messages about the event wait for it, edits longer (`outbox`)."""
TOO_LATE_TO_UNDO = "It’s too late to undo this because 20 seconds have passed. You can still change or cancel it."
MEANWHILE = "Nothing was undone because someone has changed it or replied since. You can still change it."
NOTIFIED = "Nothing was undone because an email about it may have been sent. You can still change it."
StoredRows = NewType("StoredRows", str)
"""JSON of the rows that hang on some events: by table, then by id."""
StoredRow = dict[str, Any]
StoredTables = dict[str, dict[UUID, StoredRow]]


class UndoableDeed(StrEnum):
    """A change that can be undone."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    CHANGED = "changed"


class UndoReach(msgspec.Struct, frozen=True, kw_only=True):
    """What a change may write: only this is read for undo. Without limits, the whole event except its records.

    Records are replies, history and copies on paper; there may be thousands, so those that stay are not read.
    """

    dates: tuple[UUID, ...] | None = None
    """The only dates that it changes, and none of the people or of who can see it; None = all dates, and those."""
    lost: tuple[UUID, ...] = ()
    """Dates that it may delete or move to another event, with their records."""


WHOLE_EVENT = UndoReach()


class ReplacedRows(msgspec.Struct, frozen=True, kw_only=True):
    """What a change replaced, and how it left the events."""

    deed: UndoableDeed
    reach: UndoReach
    before: msgspec.Raw
    """The rows within its reach, as they were."""
    last_numbers: Mapping[UUID, int]
    """By invitation, the number of the last reply that isn't about a lost date; the change made those after it."""
    superseded: tuple[UUID, ...]
    """The waiting messages that it superseded."""
    made: tuple[UUID, ...]
    """The events that it made; they are deleted with all that hangs on them."""
    left: str
    """The fingerprint of the events after the change."""
    form: SentForm | None = None
    """The form that a new event was made from; its person gets it back as a draft."""


class UndoneChange(msgspec.Struct, frozen=True, kw_only=True):
    """What was undone."""

    deed: UndoableDeed
    form_page: str = ""
    """The address of the form that is back as a draft, if one is."""
    is_form_lost: bool = False
    """Whether the form of a new event could not be put back; another draft may be there by now."""


def check_undo_open(done_at: datetime, now: datetime) -> None:
    """Check that a change is recent enough to be undone. Errors: Gone."""
    if now - done_at >= UNDO_FOR:
        raise Gone(TOO_LATE_TO_UNDO)


def fingerprint_of(state: Sequence[object]) -> str:
    """Return a text that differs when another person has changed the events, or replied."""
    return hashlib.sha256(msgspec.json.encode(state)).hexdigest()


def tables_of(stored: StoredRows | msgspec.Raw) -> StoredTables:
    """Return the rows by table and id; values are as JSON has them."""
    return msgspec.json.decode(stored, type=StoredTables)


def replaced_rows(before: Mapping[UUID, StoredRow], present: Mapping[UUID, StoredRow]) -> list[StoredRow]:
    """Return the rows of a table that a change altered or deleted, as they were."""
    return [row for row_id, row in before.items() if present.get(row_id) != row]


def renumber_row(before: StoredRow, present: StoredRow | None, now: datetime) -> StoredRow:
    """Return an earlier row of an event or date as a new version, because feeds may have shown the changed one.

    Its SEQUENCE rises as it did with the change, and its time of change is `now` if the change set it. `present` is the
    row as the change left it; None if it was deleted.
    """
    if present is None:
        return before | {"version": before["version"] + 1, "sequence": before["sequence"] + 1, "changed_at": now}
    has_risen = before["sequence"] != present["sequence"]
    return before | {
        "version": present["version"] + 1,
        "sequence": max(before["sequence"], present["sequence"]) + has_risen,
        "changed_at": now if before["changed_at"] != present["changed_at"] else before["changed_at"],
    }
