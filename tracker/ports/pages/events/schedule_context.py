"""The values for the templates of the schedule form."""

from typing import Any
from uuid import UUID

from litestar import Response

from tracker.database import together
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.pages.core.dependencies import Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of
from tracker.ports.pages.events import preview, schedule_marking, schedule_reminders
from tracker.ports.pages.events.preview import Editing, Foreseen
from tracker.ports.pages.events.schedule_conflicts import double_bookings_in
from tracker.ports.pages.events.schedule_form import zone_in
from tracker.ports.pages.events.schedule_people import ROLE_OPTIONS, lists_of, picks_of, search_of
from tracker.ports.pages.events.schedule_words import dates_in_words, repeat_options
from tracker.rules.core.wording import zone_choices
from tracker.rules.events.event import Event
from tracker.rules.events.event_fields import TEXTS
from tracker.rules.views.impact import NO_OPENING, Consequences
from tracker.usecases.events.form_options import Choices, invited, sending

FIELDS = (
    "title",
    "kind",
    "visibility",
    "committee",
    "date",
    "starts",
    "ends",
    "last_day",
    "zone",
    "repeat",
    "interval",
    "until",
    "count",
    "weekdays",
    "week_starts",
    "holidays",
    "people",
    "find",
    *(name for name in TEXTS if name != "title"),
    *schedule_marking.FIELDS,
    *schedule_reminders.FIELDS,
)
"""The fields of the form, from top to bottom."""


async def schedule_context(
    viewer: Viewer,
    form: FormValues,
    offered: Choices,
    zone: str,
    now: Now,
    editing: Editing | None = None,
    *,
    is_tried: bool = True,
) -> dict[str, Any]:
    """Return what every part of the form shows; without `is_tried`, not the effect of sending it."""
    event, zone = editing.event if editing else None, zone_in(FormReader(form), zone)
    foreseen = await preview.of_form(viewer, form, offered, zone, editing, now, is_tried=is_tried)
    reading = double_bookings_in(viewer, form, offered, zone, editing, foreseen.outcome, now)
    search, double_bookings = await together(search_of(viewer, form, offered), reading)
    return {
        "form": form,
        "offered": offered,
        "event": event,
        "committees": _committees(offered, event),
        "sending": sending(invited(picks_of(form), offered), offered),
        "words": dates_in_words(form, zone, now),
        "repeats": repeat_options(form),
        "role_options": ROLE_OPTIONS,
        "lists": lists_of(form, offered),
        "search": search,
        "edit_impact": editing.edit_impact if editing else None,
        **schedule_marking.shown(form, offered, event) | schedule_reminders.shown(offered),
        **double_bookings,
        "outcome": foreseen.outcome,
        "hindrance": foreseen.hindrance,
        "to_fix": _to_fix(foreseen),
        "unheard": foreseen.unheard,
        **details_of(foreseen.outcome, editing),
        "outcome_zone": zone,
        "zone_name": zone,
        "zones": zone_choices(zone),
        "names": {one.id: f"{one.name} ({one.agency})" for one in (*offered.people, offered.lead) if one},
    }


def _to_fix(foreseen: Foreseen) -> Errors:
    """Return every reason why the form can't be saved yet, each under its field."""
    if foreseen.wrong:
        return errors_of(foreseen.wrong, FIELDS)
    return Errors({"": foreseen.hindrance} if foreseen.hindrance else {})


def _committees(offered: Choices, event: Event | None) -> list[tuple[UUID, str]]:
    """Return the committees to choose from, with the one that the event has."""
    named = {one.id: one.name for one in offered.own_committees}
    if event and event.committee_id:
        named[event.committee_id] = event.committee or ""
    return list(named.items())


def details_of(outcome: Consequences | None, editing: Editing | None) -> dict[str, Any]:
    """Return the dates that keep their own details when the form is saved, those that cannot, and what opens.

    When a series changes from one of its dates on, the earlier ones are not named.
    """
    if outcome is None or editing is None:
        return {"kept_details": (), "lost_details": (), "opening": NO_OPENING}
    first = editing.edit_impact.first
    return {
        "kept_details": [
            one.words for one in outcome.kept_details if not first or one.date.original_start >= first.original_start
        ],
        "lost_details": [one.words for one in outcome.lost_details],
        "opening": outcome.opening,
    }


async def schedule_form(
    pages: Pages,
    viewer: Viewer,
    form: FormValues,
    offered: Choices,
    zone: str,
    now: Now,
    *,
    editing: Editing | None = None,
    is_tried: bool = True,
    **found: Any,
) -> Response[str]:
    """Return the whole form, with everything that was typed; `found` is what else it shows, and its status.

    Without `is_tried` the page requests the preview itself after it has loaded: a GET of the form of a new event waits
    for no writer.
    """
    usual = {
        "action": _edit_address(editing) if editing else "/events",
        "form_id": "",
        "errors": Errors(),
        "times": None,
        "templates": (),
        "asks_reauthentication": False,
        "proposed": None,
    }
    return pages.render(
        "events/schedule/form.html",
        version=editing.version if editing else 0,
        was=editing.was if editing else "",
        changes=editing.changes if editing else None,
        **await schedule_context(viewer, form, offered, zone, now, editing, is_tried=is_tried),
        **usual | found,
    )


def _edit_address(editing: Editing) -> str:
    """Return where the form of a known event is sent: after an error, that address opens the same form again."""
    path = f"/events/{editing.event.id}/edit"
    return f"{path}?from={editing.first_key}" if editing.first_key else path
