"""What the templates of the schedule form are given."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from litestar import Request, Response

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.pages.edits import ChangeInWords
from tracker.ports.pages.form_values import Errors, FormValues
from tracker.ports.pages.schedule_form import picks_of, read_plan
from tracker.ports.pages.schedule_words import dates_in_words, repeat_options
from tracker.ports.pages.templating import page
from tracker.rules.meetings import Event
from tracker.rules.notices import Notices
from tracker.usecases.previews import Choices, Outlook, invited, mails, sending

FIELDS = (
    "title", "kind", "visibility", "body", "date", "starts", "ends", "last_day", "repeat", "interval", "until", "count",
    "weekdays", "holidays", "people", "place", "video_link", "agenda", "description",
)  # fmt: skip
"""The fields of the form, from top to bottom."""


class Editing(NamedTuple):
    """What a form that changes a known event carries beside its fields."""

    event: Event
    version: int
    was: str
    outlook: Outlook
    changes: Sequence[ChangeInWords] | None = None
    """What somebody else saved meanwhile; None when nobody did."""


def schedule_context(form: FormValues, offered: Choices, zone: str, editing: Editing | None = None) -> dict[str, Any]:
    """Return what every part of the form shows."""
    event = editing.event if editing else None
    bodies = {one.id: one.name for one in offered.own_bodies}
    if event and event.body_id:
        bodies[event.body_id] = event.body or ""
    return {
        "form": form, "offered": offered, "event": event, "bodies": list(bodies.items()),
        "sending": sending(invited(picks_of(form), offered), offered),
        "words": dates_in_words(form, zone, clock.now()), "repeats": repeat_options(form),
        "outlook": editing.outlook if editing else None, "clashes": (),
        "mails": _mails(form, offered, zone, editing) if editing else None,
        "names": {one.id: f"{one.name} ({one.agency})" for one in offered.people},
    }  # fmt: skip


def _mails(form: FormValues, offered: Choices, zone: str, editing: Editing) -> Notices | None:
    """Return who gets which mail when the form is saved as it is; None while it cannot be."""
    try:
        plan = read_plan(form.but({"save": "send"}), offered, zone, editing.event)
    except Invalid:
        return None
    return mails(editing.event, plan, editing.outlook, notify=bool(form["notify"]))


def schedule_form(
    request: Request[Any, Any, Any],
    form: FormValues,
    offered: Choices,
    zone: str,
    *,
    form_id: object = "",
    errors: Mapping[str, str] | None = None,
    editing: Editing | None = None,
    status_code: int = 200,
    **found: Any,
) -> Response[str]:
    """Return the whole form, with everything that was typed; `found` is what was looked for beside it (`times`)."""
    address = f"/events/{editing.event.id}/edit" if editing else "/events"
    return page(
        "schedule/form.html", request, status_code=status_code, form_id=form_id, errors=errors or Errors(),
        action=address, version=editing.version if editing else 0, was=editing.was if editing else "",
        changes=editing.changes if editing else None, **schedule_context(form, offered, zone, editing),
        **{"times": None, "zone_name": zone, "templates": (), **found},
    )  # fmt: skip
