"""The confidential places of the viewer's agency: no one at another agency gets their addresses."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, form_version
from tracker.rules.roster.confidential_sites import (
    LONGEST_ADDRESS,
    LONGEST_DIRECTIONS,
    LONGEST_NAME,
    ConfidentialSiteFacts,
    OwnSite,
)
from tracker.usecases.roster import confidential_sites

PATH = "/confidential-places"
FIELDS = ("name", "address", "directions")
CLOSED = "closed"
LIMITS = {"name": LONGEST_NAME, "address": LONGEST_ADDRESS, "directions": LONGEST_DIRECTIONS}


@get(PATH, guards=[signed_in])
async def confidential_sites_page(pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the confidential places of the viewer's agency, with their addresses."""
    return pages.render(
        "roster/sites/confidential.html",
        sites=await confidential_sites.own_sites_of(viewer),
        form=FormValues({}),
        errors=Errors(),
        limits=LIMITS,
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
            status_code=422,
            sites=await confidential_sites.own_sites_of(viewer),
            form=form,
            errors=errors_of(wrong, FIELDS),
            limits=LIMITS,
        )
    return pages.redirect(PATH, f"{facts.name} added. Other agencies see this name and no address.")


@get(f"{PATH}/{{site_id:uuid}}/edit", guards=[signed_in])
async def confidential_site_page(site_id: PathId, pages: Pages, viewer: Viewer) -> Response[str]:
    """Show the form of a place. Errors: NotFound for one of another agency."""
    site = await confidential_sites.own_site_for(viewer, site_id)
    return _edited(pages, site, _typed(site), Errors())


@post(f"{PATH}/{{site_id:uuid}}/edit", guards=[signed_in], status_code=303)
async def save_confidential_site(site_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Change a place, or show the form again with what was refused."""
    site = await confidential_sites.own_site_for(viewer, site_id)
    try:
        facts = _facts_in(form)
        await confidential_sites.change_confidential_site(viewer, site_id, facts, form_version(form), now)
    except Invalid as wrong:
        return _edited(pages, site, form, errors_of(wrong, FIELDS))
    except Conflict as changed:  # what was typed is shown again, and can be sent once more
        current = form.but({"version": str(site.version)})
        return _edited(pages, site, current, errors_of(Invalid(changed.sentence), FIELDS))
    return pages.redirect(PATH, f"{facts.name} saved.")


def _edited(pages: Pages, site: OwnSite, form: FormValues, errors: Errors) -> Response[str]:
    return pages.render(
        "roster/sites/confidential-edit.html",
        status_code=422 if errors else 200,
        site=site,
        form=form,
        errors=errors,
        limits=LIMITS,
    )


def _facts_in(form: FormValues) -> ConfidentialSiteFacts:
    reader = FormReader(form)
    name, address = reader.named("name", LONGEST_NAME), reader.text("address", LONGEST_ADDRESS)
    directions = reader.text("directions", LONGEST_DIRECTIONS, multiline=True)
    reader.check()
    return ConfidentialSiteFacts(name=name, address=address, directions=directions, is_open=form["status"] != CLOSED)


def _typed(site: OwnSite) -> FormValues:
    facts = site.facts
    return FormValues(
        {
            "name": [facts.name],
            "address": [facts.address],
            "directions": [facts.directions],
            "status": ["open" if facts.is_open else CLOSED],
            "version": [str(site.version)],
        }
    )
