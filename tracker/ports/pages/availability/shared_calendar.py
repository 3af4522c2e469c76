"""The page on which a member shares when they are busy in a calendar that they keep elsewhere."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid, NotFound
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_of
from tracker.ports.pages.core.request import said, settings_of, viewer_of
from tracker.ports.pages.core.templating import page
from tracker.rules.availability.shared_calendars import AHEAD, LONGEST_ADDRESS
from tracker.usecases.availability import shared_calendars

PATH = "/settings/calendar"
FIELDS = ("address",)
SHARED = "The calendar is added. It is read within a few minutes."
REMOVED = "The calendar is removed, and so is everything that was read from it."


@get(PATH, guards=[signed_in])
async def calendar_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what the viewer shares; the address itself is not shown again."""
    return await _page(request)


@post(PATH, guards=[signed_in], status_code=303)
async def share_calendar(request: Request[Any, Any, Any]) -> Response[Any]:
    """Share the calendar at an address, or show the form again with what is wrong."""
    if not settings_of(request).shared_calendars:
        raise NotFound
    form = await form_of(request)
    try:
        await shared_calendars.share(viewer_of(request), form["address"], settings_of(request).own_host, clock.now())
    except Invalid as wrong:
        return await _page(request, form=form, errors=errors_of(wrong, FIELDS), status_code=422)
    return said(request, PATH, SHARED)


@post(f"{PATH}/removal", guards=[signed_in], status_code=303)
async def remove_calendar(request: Request[Any, Any, Any]) -> Redirect:
    """Share no calendar any more."""
    await shared_calendars.stop(viewer_of(request), clock.now())
    is_on = settings_of(request).shared_calendars
    return said(request, PATH if is_on else "/settings", REMOVED)


async def _page(request: Request[Any, Any, Any], *, status_code: int = 200, **context: Any) -> Response[str]:
    is_on, shared = settings_of(request).shared_calendars, await shared_calendars.mine(viewer_of(request))
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
    return page("views/settings/calendar.html", request, status_code=status_code, **values | context)


handlers = [calendar_page, share_calendar, remove_calendar]
