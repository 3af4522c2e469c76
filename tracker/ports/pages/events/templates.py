"""Event templates: save the form as one, use one, remove one."""

from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.errors import Invalid
from tracker.ports.http.cookies import Flash
from tracker.ports.http.dependencies import Now, PathId, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, errors_of, id_in
from tracker.ports.pages.events.schedule import check_organizer
from tracker.ports.pages.events.schedule_context import FIELDS, schedule_form
from tracker.ports.pages.events.schedule_people import filled, settled
from tracker.rules.events.templates import is_shared, may_remove
from tracker.usecases.events import form_options, templates
from tracker.usecases.events.form_options import Choices

PATH = "/schedule/templates"


@get(PATH, guards=[signed_in])
async def templates_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """List the templates that the viewer may use."""
    check_organizer(viewer)
    every = await templates.templates_for(viewer)
    return pages.render("events/schedule/templates.html", rows=[(one, may_remove(viewer, one)) for one in every])


@post(PATH, guards=[signed_in], status_code=200)
async def save_template(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[str]:
    """Save the content of the form as a template, and show the form again unchanged."""
    check_organizer(viewer)
    offered = await filled(viewer, await form_options.choices(viewer), form)
    form_id = id_in(form["form_id"]) or ids.new_id()
    kept = settled(form)
    texts = {name: kept.all(name) for name in kept}
    try:
        await templates.save(viewer, form["template_name"], texts, _committee(form, offered), now)
    except Invalid as wrong:
        errors = errors_of(wrong, (*FIELDS, "template_name"))
        return await schedule_form(
            pages, viewer, form, offered, zone, now, form_id=form_id, errors=errors, status_code=422
        )
    saved = Flash(sentence=f"Template “{form['template_name'].strip()}” saved. Nothing has been sent yet.")
    return await schedule_form(
        pages, viewer, form.but({"template_name": ""}), offered, zone, now, form_id=form_id, flash=saved
    )


@post(PATH + "/{template_id:uuid}/removal", guards=[signed_in], status_code=303)
async def remove_template(pages: Pages, viewer: Viewer, now: Now, template_id: PathId) -> Redirect:
    """Remove a template."""
    name = await templates.remove(viewer, template_id, now)
    return pages.redirect(PATH, f"Template “{name}” removed.")


def _committee(form: FormValues, offered: Choices) -> UUID | None:
    """Return the committee whose schedulers may use the template; None for the viewer's own."""
    chosen = id_in(form["committee"])
    is_offered = chosen in {one.id for one in offered.own_committees}
    return chosen if is_offered and is_shared(form["visibility"]) else None
