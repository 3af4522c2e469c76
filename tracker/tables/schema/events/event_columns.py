"""An event's fields as columns: what readers select, how a row becomes fields, and fields become columns."""

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from tracker.rules.events.event_fields import FIELDS, EventFields, values_of
from tracker.tables.schema.events import marking_columns

_OTHER_NAMES = {"committee_id": "committee"}
"""Fields whose column has another name."""
_COLUMNS = {name: _OTHER_NAMES.get(name, name) for name in FIELDS if name != "marking"}
"""Each field that is one column; a marking is four."""
_TYPES = {
    one.name: one.type
    for one in fields(EventFields)
    if isinstance(one.type, type) and issubclass(one.type, StrEnum | bool)
}
"""The fields that a column holds as another type: words as text, and a yes or no as a number (SQLite)."""
FIELDS_OF_EVENT = ", ".join(f"e.{column}" for column in _COLUMNS.values())
"""What `fields_in` reads of event `e`, besides `marked.MARK` and `marked.MARK_AGENCY`."""


def fields_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an event's fields, by name, that a reader's row holds."""
    values = {name: row[column] for name, column in _COLUMNS.items()}
    values |= {name: kind(values[name]) for name, kind in _TYPES.items()}
    values["marking"] = marking_columns.marking_of(row)
    return values


def columns_of(one: EventFields, rrule: str | None) -> dict[str, Any]:
    """Return the columns that keep an event's fields and the rule by which it repeats."""
    values = values_of(one)
    plain = {column: values[name] for name, column in _COLUMNS.items()}
    return {**plain, "rrule": rrule, **marking_columns.columns_of(one.marking)}
