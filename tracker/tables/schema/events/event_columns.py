"""An event's fields as columns: what readers select, and the conversion in both directions."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, get_type_hints

from tracker.rules.events.event_fields import FIELDS, EventFields, values_of
from tracker.tables.schema.events import marking_columns, policy_columns

_OTHER_NAMES = {"committee_id": "committee"}
"""Fields whose column has another name."""
_COLUMNS = {name: _OTHER_NAMES.get(name, name) for name in FIELDS if name not in ("marking", "reminders")}
"""Each field that is one column; a marking is four, and reminders are three."""
_TYPES = {
    name: kind
    for name, kind in get_type_hints(EventFields).items()
    if isinstance(kind, type) and issubclass(kind, StrEnum | bool)
}
"""Fields that a column holds as another type: words as text, and booleans as numbers (SQLite)."""
FIELDS_OF_EVENT = ", ".join([*(f"e.{column}" for column in _COLUMNS.values()), policy_columns.POLICY])
"""What `fields_in` reads of event `e`, besides `marking_columns.MARK` and `marking_columns.MARK_AGENCY`."""


def fields_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an event's fields, by name, from a reader's row."""
    values = {name: row[column] for name, column in _COLUMNS.items()}
    values |= {name: kind(values[name]) for name, kind in _TYPES.items()}
    values["marking"] = marking_columns.marking_of(row)
    values["reminders"] = policy_columns.policy_of(row)
    return values


def columns_of(one: EventFields, rrule: str | None) -> dict[str, Any]:
    """Return the columns for an event's fields and its recurrence rule."""
    values = values_of(one)
    plain = {column: values[name] for name, column in _COLUMNS.items()}
    return {
        **plain,
        "rrule": rrule,
        **marking_columns.columns_of(one.marking),
        **policy_columns.columns_of(one.reminders),
    }
