"""The confidential places of the viewer's agency: no one at another agency gets their addresses."""

from typing import Annotated, Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_shapes import FormShape, Name, Text, form_context
from tracker.ports.pages.core.form_values import FormValues, form_version
from tracker.rules.roster.confidential_sites import (
    LONGEST_ADDRESS,
    LONGEST_DIRECTIONS,
    LONGEST_NAME,
    ConfidentialSiteFacts,
    OwnSite,
)
from tracker.usecases.roster import confidential_sites

PATH = "/confidential-places"
CLOSED = "closed"


class ConfidentialSiteForm(FormShape, kw_only=True):
    """A confidential place."""

    name: Annotated[str, Name("Public name", LONGEST_NAME)]
    address: Annotated[str, Text("Address", LONGEST_ADDRESS)]
    directions: Annotated[str, Text("Directions", LONGEST_DIRECTIONS, is_multiline=True)]


@get(PATH, guards=[signed_in])
async def confidential_sites_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the confidential places of the viewer's agency, with their addresses."""
    return pages.render(
        "roster/sites/confidential.html",
        sites=await confidential_sites.own_sites_of(viewer),
        **form_context(None, None, ConfidentialSiteForm),
    )


@post(PATH, guards=[signed_in], status_code=303)
async def post_confidential_site(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Add a place of the viewer's agency, or show the form again with what was refused."""
    try:
        facts = _facts_in(form)
        await confidential_sites.add_confidential_site(viewer, facts, now)
    except Invalid as wrong:
        return pages.render(
            "roster/sites/confidential.html",
            sites=await confidential_sites.own_sites_of(viewer),
            **form_context(form, wrong, ConfidentialSiteForm),
        )
    return pages.redirect(PATH, f"{facts.name} added. Other agencies see this name and no address.")


@get(f"{PATH}/{{site_id:uuid}}/edit", guards=[signed_in])
async def confidential_site_page(site_id: PathId, pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the form of a place. Errors: NotFound for one of another agency."""
    site = await confidential_sites.own_site_for(viewer, site_id)
    return _edited(pages, site, _typed(site))


@post(f"{PATH}/{{site_id:uuid}}/edit", guards=[signed_in], status_code=303)
async def save_confidential_site(site_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Change a place, or show the form again with what was refused."""
    site = await confidential_sites.own_site_for(viewer, site_id)
    try:
        facts = _facts_in(form)
        await confidential_sites.change_confidential_site(viewer, site_id, facts, form_version(form), now)
    except Invalid as wrong:
        return _edited(pages, site, form, wrong)
    except Conflict as changed:  # what was typed is shown again, and can be sent once more
        current = form.but({"version": str(site.version)})
        return _edited(pages, site, current, Invalid(changed.sentence))
    return pages.redirect(PATH, f"{facts.name} saved.")


def _edited(pages: Pages, site: OwnSite, form: FormValues, wrong: Invalid | None = None) -> Response[str]:
    return pages.render(
        "roster/sites/confidential-edit.html", site=site, **form_context(form, wrong, ConfidentialSiteForm)
    )


def _facts_in(form: FormValues) -> ConfidentialSiteFacts:
    return ConfidentialSiteForm.read(form).facts(ConfidentialSiteFacts, is_open=form["status"] != CLOSED)


def _typed(site: OwnSite) -> FormValues:
    status = "open" if site.facts.is_open else CLOSED
    return ConfidentialSiteForm.texts_of(site.facts).but({"status": status, "version": str(site.version)})
