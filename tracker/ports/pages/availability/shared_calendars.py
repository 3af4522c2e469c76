"""The page on which members share the busy times of a calendar that they keep elsewhere."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Now, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.rules.availability.shared_calendars import AHEAD, LONGEST_ADDRESS
from tracker.usecases.availability import shared_calendars

SHARED_CALENDAR_PATH = "/settings/calendar"
FIELDS = ("address",)
CALENDAR_SHARED = "Calendar added. We’ll read it within a few minutes."
CALENDAR_REMOVED = "You stopped sharing your calendar. Everything read from it was deleted."


@get(SHARED_CALENDAR_PATH, guards=[signed_in])
async def show_shared_calendar(pages: Pages, viewer: Viewer, settings: Settings) -> Response[str]:
    """Show what the viewer shares, without the address."""
    return await _shared_calendar_page(pages, viewer, settings)


@post(SHARED_CALENDAR_PATH, guards=[signed_in], status_code=303)
async def post_shared_calendar(pages: Pages, viewer: Viewer, form: Form, now: Now, settings: Settings) -> Response[Any]:
    """Share the calendar at an address, or show the form again with its errors."""
    if not settings.shared_calendars:
        raise NotFound
    try:
        await shared_calendars.share_calendar(viewer, form["address"], settings.own_host, now)
    except Invalid as wrong:
        return await _shared_calendar_page(
            pages, viewer, settings, form=form, errors=errors_of(wrong, FIELDS), status_code=422
        )
    return pages.redirect(SHARED_CALENDAR_PATH, CALENDAR_SHARED)


@post(f"{SHARED_CALENDAR_PATH}/removal", guards=[signed_in], status_code=303)
async def post_shared_calendar_removal(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Redirect:
    """Stop sharing a calendar."""
    await shared_calendars.stop_sharing(viewer, now)
    is_on = settings.shared_calendars
    return pages.redirect(SHARED_CALENDAR_PATH if is_on else "/settings", CALENDAR_REMOVED)


async def _shared_calendar_page(
    pages: Pages, viewer: Viewer, settings: Settings, *, status_code: int = 200, **context: Any
) -> Response[str]:
    is_on, shared = settings.shared_calendars, await shared_calendars.own_shared_calendar(viewer)
    if shared is None and not is_on:
        raise NotFound
    values: dict[str, Any] = {
        "shared": shared,
        "is_on": is_on,
        "form": FormValues({}),
        "errors": Errors(),
        "longest": LONGEST_ADDRESS,
        "weeks": AHEAD.days // 7,
    }
    return pages.render("availability/calendar.html", status_code=status_code, **values | context)
