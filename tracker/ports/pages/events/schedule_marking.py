"""The marking in the form of an event: its choices, what is read from it, and the texts of a known marking."""

from typing import Any
from uuid import UUID

from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.rules.events.event import Event
from tracker.rules.events.markings import Category, Limit, Marking, banner
from tracker.usecases.events.form_options import Choices

FIELDS = ("mark_categories", "mark_limit", "mark_agency", "mark_until")
CATEGORIES = [
    (one.value, f"{one.words}{' (Specified)' if one.is_specified else ''}", one.value)
    for one in sorted(Category, key=lambda one: (one.words, one.is_specified))
]
LIMITS = [("", "No further limit"), *((one.value, f"{one}: {one.words}") for one in Limit)]


def read_marking(reader: FormReader, offered: Choices, event: Event | None) -> Marking | None:
    """Return the marking that a form describes; None where it describes none, or can't be read."""
    form = reader.form
    if not form["mark_categories"] and _says_no_more(form, event.marking if event else None):
        return None
    categories, limit = _categories(form), _limit(form)
    if not categories:
        reader.refuse("mark_categories", "Choose at least one category.")
    if form["mark_limit"] and limit is None:
        reader.refuse("mark_limit", "Choose a limit from the list.")
    agency_id = _agency(reader, offered, event)
    until = reader.day("mark_until", "Choose a decontrol date.")
    if agency_id is None or until is None:
        return None
    return Marking(categories=categories, limit=limit, agency_id=agency_id, decontrol_on=until)


def shown(form: FormValues, offered: Choices, event: Event | None) -> dict[str, Any]:
    """Return the values of the templates: all choices, and the banner of the present ones, if a category is chosen."""
    categories, limit = _categories(form), _limit(form)
    return {
        "categories": CATEGORIES,
        "limits": LIMITS,
        "designators": agencies(offered, event),
        "banner": banner(categories, {limit} if limit else ()) if categories else "",
    }


def texts_of(marking: Marking | None) -> dict[str, tuple[str, ...]]:
    """Return the texts of the fields that describe a marking; empty for none."""
    if marking is None:
        return dict.fromkeys(FIELDS, ())
    return {
        "mark_categories": tuple(sorted(marking.categories)),
        "mark_limit": (marking.limit or "",),
        "mark_agency": (str(marking.agency_id),),
        "mark_until": (marking.decontrol_on.isoformat(),),
    }


def ready(form: FormValues, offered: Choices) -> FormValues:
    """Return the form with the viewer's own agency as designator; without a marking for people who may not mark."""
    if not offered.designators:
        return form.but(texts_of(None))
    agency_id = id_in(form["mark_agency"])
    return form if agency_id in offered.designators else form.but({"mark_agency": str(next(iter(offered.designators)))})


def agencies(offered: Choices, event: Event | None) -> list[tuple[str, str]]:
    """Return the agencies that the form offers, including that of a known event."""
    kept = {event.marking.agency_id: event.marking.agency} if event and event.marking else {}
    return [(str(agency_id), name) for agency_id, name in {**kept, **offered.designators}.items()]


def _says_no_more(form: FormValues, before: Marking | None) -> bool:
    """Return whether nothing was typed beside the categories since the form was opened."""
    known = FormValues(texts_of(before))
    return all(form[name] in ("", known[name]) for name in ("mark_limit", "mark_until"))


def _categories(form: FormValues) -> frozenset[Category]:
    return frozenset(one for one in Category if one in form.all("mark_categories"))


def _limit(form: FormValues) -> Limit | None:
    return next((one for one in Limit if one == form["mark_limit"]), None)


def _agency(reader: FormReader, offered: Choices, event: Event | None) -> UUID | None:
    """Return the designator; a known event always keeps its own."""
    chosen = id_in(reader.form["mark_agency"])
    kept = event.marking.agency_id if event and event.marking else None
    if chosen is None or (offered.designators and chosen not in {*offered.designators, kept}):
        reader.refuse("mark_agency", "Choose the agency that designates it from the list.")
        return None
    return chosen
