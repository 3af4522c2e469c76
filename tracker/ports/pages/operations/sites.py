"""The sites of a plan: their form, the page that changes one, and what is said of one that was saved."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from litestar import get, post

from tracker.config.settings import Settings as SettingsInUse
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import Choice, FormShape, Text, Typed, Whole, form_context
from tracker.ports.pages.core.form_values import FormValues, form_version
from tracker.ports.pages.events.date_pages import date_context
from tracker.ports.pages.roster.sites import meant_coordinates
from tracker.rules.operations.next_steps import site_effect
from tracker.rules.operations.plans import (
    GREATEST_RADIUS,
    LEAST_RADIUS,
    LONGEST_PLACE,
    NO_PLACE,
    WRONG_RADIUS,
    PlannedSite,
    Point,
    SiteRole,
)
from tracker.rules.roster.coordinates import NO_COORDINATES, Coordinates, Region, coordinates_in
from tracker.usecases.core import audit
from tracker.usecases.operations import plans
from tracker.usecases.operations.plans import PlanView, SavedSite, coordinates_of, plan_view

PLAN = "/events/{event_id:uuid}/{key:str}/plan"
SITE = f"{PLAN}/sites/{{site_id:uuid}}"


def _coordinates_typed(text: str) -> Coordinates:
    """Return the coordinates that a text says. Errors: Invalid, for an empty one too."""
    coordinates = coordinates_in(text)
    if coordinates is None:
        raise Invalid(NO_COORDINATES)
    return coordinates


class SiteForm(FormShape, kw_only=True):
    """A site of a plan."""

    role: Annotated[SiteRole, Choice("What it’s for", words=SiteRole.labels(), missing="Choose what the site is for.")]
    place: Annotated[str, Text("Place", LONGEST_PLACE, missing=NO_PLACE)]
    coordinates: Annotated[Coordinates, Typed("Coordinates", 60, of_text=_coordinates_typed)]
    radius: Annotated[
        int,
        Whole(
            "Radius in feet",
            6,
            unreadable="Enter the radius in feet.",
            least=LEAST_RADIUS,
            greatest=GREATEST_RADIUS,
            outside=WRONG_RADIUS,
            missing=WRONG_RADIUS,
        ),
    ]


async def site_in(form: FormValues, settings: SettingsInUse) -> tuple[PlannedSite, Region | None]:
    """Return the site of a form, and the region that it must be in; None for one that is known to be outside.

    A site that the task force knows needs no coordinates. Errors: Invalid by field.
    """
    form, is_outside = meant_coordinates(form)
    coordinates = form["coordinates"].strip() or await coordinates_of(form["place"])
    site = SiteForm.read(form.but({"coordinates": coordinates}))
    planned = PlannedSite(role=site.role, place=site.place, point=Point(*site.coordinates, site.radius))
    return planned, None if is_outside else Region(*settings.region_degrees)


def site_saved_words(site: PlannedSite, deed: str, saved: SavedSite) -> str:
    """Return what is said of a site that was added or changed: how far off it is, and whether it was compared."""
    where = f" {saved.nearest}." if saved.nearest else ""
    compared = " The plan was checked again for conflicts." if saved.is_compared else ""
    return f"{site.place} {deed}.{where}{compared}"


@get(f"{SITE}/edit", guards=[signed_in])
async def edit_site(date: OnDate, site_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the form of a site. Errors: NotFound for people who can't change the plan."""
    view, site = await _site_to_change(viewer, date, site_id, now)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version if view.operation else None)
    texts = SiteForm.texts_of(site, coordinates=site.point.coordinates.text, radius=str(site.point.radius_ft))
    return _render_site(pages, view, site, texts)


@post(f"{SITE}/edit", guards=[signed_in], status_code=303)
async def save_site(
    date: OnDate, site_id: PathId, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now
) -> Page:
    """Change a site, and compare the plan again if it is another place."""
    try:
        site, region = await site_in(form, settings)
        saved = await plans.change_site_of_plan(
            viewer, date.event_id, site_id, site, now, region=region, version=form_version(form)
        )
    except (Invalid, Conflict) as refusal:
        view, earlier = await _site_to_change(viewer, date, site_id, now)
        wrong = refusal if isinstance(refusal, Invalid) else Invalid(refusal.sentence)
        return _render_site(pages, view, earlier, form, wrong)
    return pages.redirect(date.plan, site_saved_words(site, "saved", saved))


@post(f"{SITE}/removal", guards=[signed_in], status_code=303)
async def post_site_removal(date: OnDate, site_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Remove a site, and compare the plan again."""
    site = await plans.remove_site_from_plan(viewer, date.event_id, site_id, now)
    return pages.redirect(date.plan, f"{site.place} ({site.point.coordinates.text}) removed.")


async def _site_to_change(viewer: Viewer, date: OnDate, site_id: UUID, now: Now) -> tuple[PlanView, PlannedSite]:
    view = await plan_view(viewer, *date, now)
    sites: Mapping[UUID, PlannedSite] = view.sites if view.may_change else {}
    if site_id not in sites:
        raise NotFound
    return view, sites[site_id]


def _render_site(
    pages: Pages, view: PlanView, site: PlannedSite, form: FormValues, wrong: Invalid | None = None
) -> Page:
    operation = view.operation
    version = str(operation.version) if operation else ""
    return pages.render(
        "operations/site-edit.html",
        **form_context(form.but({"version": version}), wrong, SiteForm),
        view=view,
        site=site,
        effect=site_effect(operation) if operation else None,
        **date_context(view.occurrence),
    )
