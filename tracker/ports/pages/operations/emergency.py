"""Emergency access of administrators to operations, and who had it, for coordinators."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, Settings, Viewer, Visit
from tracker.ports.http.guards import UNDER_EMERGENCY, signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate, is_reauthenticated, to_reauthentication
from tracker.rules.operations.emergency import LONGEST_REASON, may_use
from tracker.usecases.operations import emergency

AT = "/emergency-access"


@get(AT, guards=[signed_in])
async def emergency_page(pages: Pages, visit: Visit, settings: Settings, now: Now) -> Response[str]:
    """Show how to begin, or what can be opened, and who had it. Errors: NotFound for anyone it isn't for."""
    return await _shown(pages, visit, settings, now)


@post(AT, guards=[signed_in], status_code=303)
async def begin(pages: Pages, visit: Visit, form: Form, settings: Settings, now: Now) -> Response[Any]:
    """Begin emergency access."""
    if first := first_reauthenticate(visit, AT, now):
        return first
    try:
        reader = Reader(form)
        reason = reader.text("reason", LONGEST_REASON)
        reader.check()
        await emergency.begin(visit.viewer, visit.session_id, reason, visit.reauthenticated_at, now)
    except Invalid as wrong:
        return await _shown(pages, visit, settings, now, form, wrong)
    return pages.redirect(AT, "Emergency access started. The coordinators get an email.")


@post(f"{AT}/end", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def end(pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """End emergency access."""
    try:
        await emergency.end(viewer, now)
    except Conflict as over:
        return pages.refuse(AT, over.sentence)
    return pages.redirect(AT, "Emergency access ended.")


@post(f"{AT}/operations/{{event_id:uuid}}", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def open_operation(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Open an operation, and go to its page."""
    found = await emergency.open_operation(viewer, event_id, now)
    key = found.original_start.date().isoformat()
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
        status_code=422 if wrong else 200,
        uses=await emergency.uses(viewer),
        choices=await emergency.choices(viewer, now) if viewer.emergency else [],
        may_begin=may_use(viewer) and viewer.emergency is None,
        confirm=None if is_reauthenticated(visit, now) else to_reauthentication(AT),
        form=form or FormValues({}),
        errors=errors_of(wrong, ("reason",)),
        zone=settings.time_zone,
    )
