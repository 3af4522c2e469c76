"""Markings as columns of events, with the conversion in both directions."""

from collections.abc import Mapping
from typing import Any

from tracker.rules.events.markings import Category, Limit, Marking

MARK = "e.mark_categories, e.mark_limit, e.mark_agency, e.mark_until"
"""What `marking_of` reads of event `e`; a reader may add the agency's name, with the next two."""
MARK_AGENCY = "k.name AS mark_agency_name"
MARKED_BY = " LEFT JOIN agency k ON k.id = e.mark_agency"
BETWEEN = "/"


def marking_of(row: Mapping[str, Any]) -> Marking | None:
    """Return the marking in a row of `MARK`; None where there is no event."""
    if not row["mark_categories"]:
        return None
    return Marking(
        categories=frozenset(Category(one) for one in row["mark_categories"].split(BETWEEN)),
        limit=Limit(row["mark_limit"]) if row["mark_limit"] else None,
        agency_id=row["mark_agency"],
        agency=row.get("mark_agency_name", ""),
        decontrol_on=row["mark_until"],
    )


def columns_of(marking: Marking | None) -> dict[str, Any]:
    """Return the columns for a marking, or for none."""
    return {
        "mark_categories": BETWEEN.join(sorted(marking.categories)) if marking else "",
        "mark_limit": (marking.limit or "") if marking else "",
        "mark_agency": marking.agency_id if marking else None,
        "mark_until": marking.decontrol_on if marking else None,
    }
