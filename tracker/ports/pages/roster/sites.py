"""The sites where the task force meets, and the confidential places of agencies."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post

from tracker.config.settings import Settings
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Page, Pages
from tracker.ports.pages.core.form_shapes import Choice, FormShape, NameField, Text, Typed, Whole, form_context
from tracker.ports.pages.core.form_values import FormValues, form_version
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.roster.coordinates import Coordinates, Region, coordinates_in
from tracker.rules.roster.meetings import (
    LONGEST_ADDRESS,
    LONGEST_CONFIDENTIAL_ADDRESS,
    LONGEST_CONFIDENTIAL_NAME,
    LONGEST_DIRECTIONS,
    LONGEST_EQUIPMENT,
    LONGEST_NAME,
    SEATS_WANTED,
    ConfidentialSiteFacts,
    MeetingSiteFacts,
    OwnSite,
)
from tracker.usecases.roster import agencies

OPEN, CLOSED = "open", "closed"
STATUS_WORDS = {OPEN: "Open", CLOSED: "Closed"}


def meant_coordinates(form: FormValues) -> tuple[FormValues, bool]:
    """Return a form with what was chosen when its coordinates were asked about, and whether they stay outside."""
    try:
        typed = coordinates_in(form["coordinates"])
    except Invalid:
        return form, False
    if typed is None or not form["meant"] or typed.text != form["asked_about"]:
        return form, False
    return form.but({"coordinates": form["meant"]}), form["meant"] == form["asked_about"]


class MeetingSiteForm(FormShape, kw_only=True):
    """A site where the task force meets."""

    name: Annotated[str, NameField("Name", LONGEST_NAME)]
    address: Annotated[str, Text("Address", LONGEST_ADDRESS)]
    coordinates: Annotated[Coordinates | None, Typed("Coordinates", 60, of_text=coordinates_in)]
    capacity: Annotated[int | None, Whole("Capacity", 4, unreadable=SEATS_WANTED)]
    equipment: Annotated[str, Text("Equipment", LONGEST_EQUIPMENT)]
    status: Annotated[
        str,
        Choice(
            "Status",
            words=STATUS_WORDS,
            notes={
                OPEN: "Suggested when you schedule an event",
                CLOSED: "No longer suggested. Events there don’t change",
            },
            of="is_open",
        ),
    ] = OPEN


@get("/sites", guards=[signed_in])
async def sites_page(pages: Pages, viewer: Viewer) -> Page:
    """Show the sites. Errors: NotFound for people who neither schedule nor manage them."""
    if not (viewer.may_schedule or viewer.manages_accounts):
        raise NotFound
    return pages.render("roster/sites/list.html", sites=await agencies.every_site())


async def _texts(_: Viewer, site_id: UUID, __: str) -> tuple[FormValues, int]:
    site = await agencies.meeting_site(site_id)
    coordinates = site.coordinates.text if site.coordinates else ""
    texts = MeetingSiteForm.texts_of(site, coordinates=coordinates, status=OPEN if site.is_open else CLOSED)
    return texts, site.version


async def _shown(_: Viewer, site_id: UUID | None, __: FormValues) -> Mapping[str, Any]:
    return {"site": await agencies.meeting_site(site_id) if site_id else None}


def _read(form: FormValues, _: str, settings: Settings) -> MeetingSiteFacts:
    form, is_outside = meant_coordinates(form)
    site = MeetingSiteForm.read(form)
    if site.coordinates and not is_outside:
        Region(*settings.region_degrees).check(site.coordinates)
    return site.facts(MeetingSiteFacts, is_open=site.status != CLOSED)


site_form = handlers_of(
    AdminForm(
        address="/sites",
        key="site_id",
        template="roster/sites/form.html",
        shape=MeetingSiteForm,
        read=_read,
        add=agencies.add_meeting_site,
        change=agencies.change_meeting_site,
        texts=_texts,
        shown=_shown,
        leads_to=lambda _: "/sites",
    )
)
PATH = "/confidential-places"


class ConfidentialSiteForm(FormShape, kw_only=True):
    """A confidential place."""

    name: Annotated[str, NameField("Public name", LONGEST_CONFIDENTIAL_NAME)]
    address: Annotated[str, Text("Address", LONGEST_CONFIDENTIAL_ADDRESS)]
    directions: Annotated[str, Text("Directions", LONGEST_DIRECTIONS, is_multiline=True)]
    status: Annotated[
        str,
        Choice(
            "Status",
            words=STATUS_WORDS,
            notes={OPEN: "Offered for off-site services", CLOSED: "No longer offered. Existing plans keep it"},
        ),
    ] = OPEN

    def place(self) -> ConfidentialSiteFacts:
        """Return the place."""
        return ConfidentialSiteFacts(
            name=self.name, address=self.address, directions=self.directions, is_open=self.status != CLOSED
        )


@get(PATH, guards=[signed_in])
async def confidential_sites_page(pages: Pages, viewer: Viewer) -> Page:
    """Show the confidential places of the viewer's agency, with their addresses."""
    return pages.render(
        "roster/sites/confidential.html",
        sites=await agencies.own_sites_of(viewer),
        **form_context(None, None, ConfidentialSiteForm),
    )


@post(PATH, guards=[signed_in], status_code=303)
async def post_confidential_site(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Add a place of the viewer's agency, or show the form again with what was refused."""
    try:
        facts = ConfidentialSiteForm.read(form).place()
        await agencies.add_confidential_site(viewer, facts, now)
    except Invalid as wrong:
        return pages.render(
            "roster/sites/confidential.html",
            sites=await agencies.own_sites_of(viewer),
            **form_context(form, wrong, ConfidentialSiteForm),
        )
    return pages.redirect(PATH, f"{facts.name} added. Other agencies see this name and no address.")


@get(f"{PATH}/{{site_id:uuid}}/edit", guards=[signed_in])
async def confidential_site_page(site_id: PathId, pages: Pages, viewer: Viewer) -> Page:
    """Show the form of a place. Errors: NotFound for one of another agency."""
    site = await agencies.own_site_for(viewer, site_id)
    status = OPEN if site.facts.is_open else CLOSED
    form = ConfidentialSiteForm.texts_of(site.facts, status=status)
    return _edited(pages, site, form.but({"version": str(site.version)}))


@post(f"{PATH}/{{site_id:uuid}}/edit", guards=[signed_in], status_code=303)
async def save_confidential_site(site_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Change a place, or show the form again with what was refused."""
    site = await agencies.own_site_for(viewer, site_id)
    try:
        facts = ConfidentialSiteForm.read(form).place()
        await agencies.change_confidential_site(viewer, site_id, facts, form_version(form), now)
    except Invalid as wrong:
        return _edited(pages, site, form, wrong)
    except Conflict as changed:  # what was typed is shown again, and can be sent once more
        current = form.but({"version": str(site.version)})
        return _edited(pages, site, current, Invalid(changed.sentence))
    return pages.redirect(PATH, f"{facts.name} saved.")


def _edited(pages: Pages, site: OwnSite, form: FormValues, wrong: Invalid | None = None) -> Page:
    return pages.render(
        "roster/sites/confidential-edit.html", site=site, **form_context(form, wrong, ConfidentialSiteForm)
    )
