"""The quiet hours of people who have chosen nothing about them, which coordinators set."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of
from tracker.rules.emails.quiet_hours import check_quiet, quiet_words
from tracker.usecases.emails import preferences

PATH = "/settings/quiet-hours"
FIELDS = ("quiet_from", "quiet_until")


@get(PATH, guards=[signed_in])
async def quiet_hours(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the hours that apply now. Errors: NotAllowed."""
    if not viewer.is_coordinator:
        raise NotAllowed(preferences.ONLY_COORDINATORS)
    hours = await preferences.usual_quiet() or ()
    form = FormValues(dict(zip(FIELDS, [[f"{hour:%H:%M}"] for hour in hours], strict=False)))
    return _page(pages, form, Errors(), 200)


@post(PATH, guards=[signed_in], status_code=303)
async def save_quiet_hours(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Save the hours, or show the form again with its errors."""
    reader = FormReader(form)
    try:
        starts, ends = reader.time("quiet_from"), reader.time("quiet_until")
        reader.check()
        hours = check_quiet(starts, ends)
    except Invalid as wrong:
        return _page(pages, form, errors_of(wrong, FIELDS), 422)
    await preferences.save_usual_quiet(viewer, hours, now)
    said = f"quiet hours are now {quiet_words(hours)}." if hours else "quiet hours are off."
    return pages.redirect("/settings/notifications", f"The task force’s {said}")


def _page(pages: Pages, form: FormValues, errors: Errors, status_code: int) -> Response[str]:
    return pages.render("emails/pages/quiet-hours.html", form=form, errors=errors, status_code=status_code)
