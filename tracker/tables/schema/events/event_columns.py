"""An event's fields, its marking and its reminders as columns: what readers select, and the conversion both ways."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any, get_type_hints

from tracker.rules.events.events import FIELDS, EventFields, field_values
from tracker.rules.events.markings import Category, Limit, Marking
from tracker.rules.roster.reminder_policies import LEAD_TIMES, ReminderPolicy, minutes_of

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
POLICY = "e.reminder_leads, e.ask_leads, e.ask_after, e.sends_thanks"
"""What `policy_in_row` reads of event `e`."""
FIELDS_OF_EVENT = ", ".join([*(f"e.{column}" for column in _COLUMNS.values()), POLICY])
"""What `event_fields_in` reads of event `e`, besides `event_columns.MARKING` and `marking_columns.MARK_AGENCY`."""


def event_fields_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an event's fields, by name, from a reader's row."""
    values = {name: row[column] for name, column in _COLUMNS.items()}
    values |= {name: kind(values[name]) for name, kind in _TYPES.items()}
    values["marking"] = marking_in(row)
    values["reminders"] = policy_in_row(row)
    return values


def columns_of_event(event_fields: EventFields, rrule: str | None) -> dict[str, Any]:
    """Return the columns for an event's fields and its recurrence rule."""
    values = field_values(event_fields)
    plain = {column: values[name] for name, column in _COLUMNS.items()}
    return {
        **plain,
        "rrule": rrule,
        **columns_of_marking(event_fields.marking),
        **columns_of_policy(event_fields.reminders),
    }


MARKING = "e.mark_categories, e.mark_limit, e.mark_agency, e.mark_until"
"""What `marking_in` reads of event `e`; a reader may add the agency's name, with the next two."""
MARK_AGENCY = "k.name AS mark_agency_name"
MARKED_BY = " LEFT JOIN agency k ON k.id = e.mark_agency"
BETWEEN_CATEGORIES = "/"


def marking_in(row: Mapping[str, Any]) -> Marking | None:
    """Return the marking in a row of `MARKING`; None where there is no event."""
    if not row["mark_categories"]:
        return None
    return Marking(
        categories=frozenset(Category(one) for one in row["mark_categories"].split(BETWEEN_CATEGORIES)),
        limit=Limit(row["mark_limit"]) if row["mark_limit"] else None,
        agency_id=row["mark_agency"],
        agency=row.get("mark_agency_name", ""),
        decontrol_on=row["mark_until"],
    )


def columns_of_marking(marking: Marking | None) -> dict[str, Any]:
    """Return the columns for a marking, or for none."""
    return {
        "mark_categories": BETWEEN_CATEGORIES.join(sorted(marking.categories)) if marking else "",
        "mark_limit": (marking.limit or "") if marking else "",
        "mark_agency": marking.agency_id if marking else None,
        "mark_until": marking.decontrol_on if marking else None,
    }


BETWEEN_LEADS = ","


@cache
def leads_in_text(text: str) -> frozenset[timedelta]:
    """Return the lead times in a column: "10080,120", in minutes."""
    return frozenset(timedelta(minutes=int(one)) for one in text.split(BETWEEN_LEADS) if one)


def text_of_leads(leads: Iterable[timedelta]) -> str:
    """Return lead times as a column holds them, longest first."""
    return BETWEEN_LEADS.join(minutes_of(lead) for lead in sorted(leads, reverse=True))


USUAL_LEADS = text_of_leads(LEAD_TIMES)


def policy_in_row(row: Mapping[str, Any]) -> ReminderPolicy:
    """Return the policy in a row of `POLICY`."""
    return ReminderPolicy(
        leads=leads_in_text(row["reminder_leads"]),
        asks_before=leads_in_text(row["ask_leads"]),
        asks_after=leads_in_text(row["ask_after"]),
        sends_thanks=bool(row["sends_thanks"]),
    )


def columns_of_policy(policy: ReminderPolicy) -> dict[str, Any]:
    """Return the columns of an event for its policy."""
    return {
        "reminder_leads": text_of_leads(policy.leads),
        "ask_leads": text_of_leads(policy.asks_before),
        "ask_after": text_of_leads(policy.asks_after),
        "sends_thanks": policy.sends_thanks,
    }
