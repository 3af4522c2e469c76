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
from tracker.ports.pages.events.schedule_context import EVENT_FORM_FIELDS, render_schedule_form
from tracker.ports.pages.events.schedule_people import fill_choices, settle_boxes
from tracker.ports.pages.events.scheduling import check_organizer
from tracker.rules.events.templates import may_be_shared, may_remove_template
from tracker.usecases.events import form_options, templates
from tracker.usecases.events.form_options import EventChoices

TEMPLATES_PATH = "/schedule/templates"


@get(TEMPLATES_PATH, guards=[signed_in])
async def show_templates(pages: Pages, viewer: Viewer) -> Response[str]:
    """List the templates that the viewer may use."""
    check_organizer(viewer)
    every = await templates.templates_for(viewer)
    return pages.render(
        "events/schedule/templates.html", rows=[(template, may_remove_template(viewer, template)) for template in every]
    )


@post(TEMPLATES_PATH, guards=[signed_in], status_code=200)
async def post_template(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[str]:
    """Save the content of the form as a template, and show the form again unchanged."""
    check_organizer(viewer)
    offered = await fill_choices(viewer, await form_options.choices_in_form(viewer), form)
    form_id = id_in(form["form_id"]) or ids.new_id()
    kept = settle_boxes(form)
    texts = {name: kept.all(name) for name in kept}
    try:
        await templates.save_template(viewer, form["template_name"], texts, _committee_of_template(form, offered), now)
    except Invalid as wrong:
        errors = errors_of(wrong, (*EVENT_FORM_FIELDS, "template_name"))
        return await render_schedule_form(
            pages, viewer, form, offered, zone, now, form_id=form_id, errors=errors, status_code=422
        )
    saved = Flash(sentence=f"Template “{form['template_name'].strip()}” saved. Nothing has been sent yet.")
    return await render_schedule_form(
        pages, viewer, form.but({"template_name": ""}), offered, zone, now, form_id=form_id, flash=saved
    )


@post(TEMPLATES_PATH + "/{template_id:uuid}/removal", guards=[signed_in], status_code=303)
async def post_template_removal(pages: Pages, viewer: Viewer, now: Now, template_id: PathId) -> Redirect:
    """Remove a template."""
    name = await templates.remove_template(viewer, template_id, now)
    return pages.redirect(TEMPLATES_PATH, f"Template “{name}” removed.")


def _committee_of_template(form: FormValues, offered: EventChoices) -> UUID | None:
    """Return the committee whose schedulers may use the template; None for the viewer's own."""
    chosen = id_in(form["committee"])
    is_offered = chosen in {committee.id for committee in offered.own_committees}
    return chosen if is_offered and may_be_shared(form["visibility"]) else None
