"""Emergency access of administrators to operations, and who had it, for coordinators."""

from typing import Annotated, Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer, Visit
from tracker.ports.http.guards import UNDER_EMERGENCY, signed_in
from tracker.ports.pages.core.dependencies import (
    Form,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    to_reauthentication,
)
from tracker.ports.pages.core.form_shapes import FormShape, Text, form_context
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.operations.access import LONGEST_EMERGENCY_REASON, may_use_emergency_access
from tracker.usecases.operations import emergency_access

AT = "/emergency-access"


class EmergencyForm(FormShape, kw_only=True):
    """Why an administrator needs emergency access."""

    reason: Annotated[str, Text("Why you need it", LONGEST_EMERGENCY_REASON)]


@get(AT, guards=[signed_in])
async def show_emergency_access(pages: Pages, visit: Visit, settings: Settings, now: Now) -> Response[str]:
    """Show how to begin, or what can be opened, and who had it. Errors: NotFound for anyone it isn't for."""
    return await _shown(pages, visit, settings, now)


@post(AT, guards=[signed_in], status_code=303)
async def post_emergency_access(pages: Pages, visit: Visit, form: Form, settings: Settings, now: Now) -> Response[Any]:
    """Begin emergency access."""
    if first := first_reauthenticate(visit, AT, now):
        return first
    try:
        reason = EmergencyForm.read(form).reason
        await emergency_access.begin_emergency_access(
            visit.viewer, visit.session_id, reason, visit.reauthenticated_at, now
        )
    except Invalid as wrong:
        return await _shown(pages, visit, settings, now, form, wrong)
    return pages.redirect(AT, "Emergency access started. The coordinators get an email.")


@post(f"{AT}/end", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_emergency_end(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """End emergency access."""
    try:
        await emergency_access.end_emergency_access(viewer, now)
    except Conflict as over:
        return pages.refuse(AT, over.sentence)
    return pages.redirect(AT, "Emergency access ended.")


@post(f"{AT}/operations/{{event_id:uuid}}", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_emergency_opening(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Open an operation, and go to its page."""
    emergency_date = await emergency_access.open_in_emergency(viewer, event_id, now)
    key = emergency_date.original_start.date().isoformat()
    return pages.redirect(f"/events/{event_id}/{key}", "You can read this operation. Its lead gets an email.")


async def _shown(
    pages: Pages,
    visit: Visit,
    settings: Settings,
    now: Now,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Response[str]:
    viewer = visit.viewer
    return pages.render(
        "operations/emergency.html",
        **form_context(form, wrong, EmergencyForm),
        uses=await emergency_access.emergency_uses(viewer),
        choices=await emergency_access.emergency_choices(viewer, now) if viewer.emergency else [],
        may_begin=may_use_emergency_access(viewer) and viewer.emergency is None,
        confirm=None if is_reauthenticated(visit, now) else to_reauthentication(AT),
        zone=settings.time_zone,
    )
