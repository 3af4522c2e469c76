"""The plan of an operation: its sites, agency resources, and conflicts, and its forms."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of, id_in
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.operations.deconfliction import ALONE_WORDS, DECISION_WORDS, OUTCOME_WORDS
from tracker.rules.operations.plans import DISCLOSURE_WORDS, LONGEST_SKILLS, OUTSIDE_RESULTS, SYSTEM_WORDS, Disclosure
from tracker.rules.operations.sites import (
    LONGEST_PLACE,
    NO_PLACE,
    SITE_WORDS,
    PlannedSite,
    Point,
    SiteRole,
    draw_site_map,
    point_at,
)
from tracker.rules.operations.states import STATES
from tracker.rules.roster.sites import _TYPED, NO_COORDINATES
from tracker.usecases.core import audit
from tracker.usecases.operations import plans
from tracker.usecases.operations.plans import PlanBasics, PlanView, coordinates_of, plan_view

PLAN = "/events/{event_id:uuid}/{key:str}/plan"
PLAN_FIELDS = (
    "supervisor",
    "disclosure",
    "buffer",
    "role",
    "place",
    "coordinates",
    "radius",
    "agency",
    "people",
    "vehicles",
    "skills",
    "system",
    "number",
    "result",
    "submitted_on",
    "submitted_at",
    "waiver",
    "comment",
    "decision",
    "reason",
)

Deed = Callable[[], Awaitable[object]]


@get(PLAN, guards=[signed_in])
async def show_plan(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the plan, or the button that begins one."""
    view = await plan_view(viewer, event_id, key, now)
    plan = view.operation.version if view.operation else None
    await audit.record_date_read(viewer, view.occurrence, now, plan=plan)
    return _show_plan(pages, view)


@post(PLAN, guards=[signed_in], status_code=303)
async def post_plan(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Begin the plan."""
    await plans.start_plan(viewer, event_id, now)
    return pages.redirect(plan_address(event_id, key), "Plan started. Add its sites next.")


@post(f"{PLAN}/basics", guards=[signed_in], status_code=303)
async def post_basics(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Change the approving supervisor, the disclosure, and the buffer."""

    async def deed() -> None:
        reader = FormReader(form)
        minutes = reader.number("buffer", "Enter the buffer in minutes, from 0 to 1440.")
        if minutes is None:
            reader.refuse("buffer", "Enter the buffer in minutes, from 0 to 1440.")
        level = member_in(reader, "disclosure", Disclosure, "Choose what others are shown.")
        reader.check()
        supervisor_id = id_in(form["supervisor"])
        if form["supervisor"] and supervisor_id is None:
            raise Invalid(supervisor="Choose the supervisor from the list.")
        wanted = PlanBasics(supervisor_id=supervisor_id, disclosure=level, buffer=timedelta(minutes=minutes or 0))
        await plans.change_plan_basics(viewer, event_id, wanted, now, version=plan_version_in(form))

    return await do_and_show_plan(pages, viewer, (event_id, key), form, deed, "Plan saved.", now=now)


@post(f"{PLAN}/sites", guards=[signed_in], status_code=303)
async def post_site(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Add a site, and compare the plan again."""

    async def deed() -> None:
        known = form["coordinates"].strip() or await coordinates_of(form["place"])
        await plans.add_site_to_plan(viewer, event_id, _site_in(form.but({"coordinates": known})), now)

    sentence = f"{form['place'].strip()} added. The plan was checked again for conflicts."
    return await do_and_show_plan(pages, viewer, (event_id, key), form, deed, sentence, now=now)


@post(f"{PLAN}/sites/{{site_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_site_removal(
    event_id: PathId, key: PathText, site_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a site, and compare the plan again."""
    site = await plans.remove_site_from_plan(viewer, event_id, site_id, now)
    return pages.redirect(
        plan_address(event_id, key), f"{site.place} ({site.point.latitude}, {site.point.longitude}) removed."
    )


@post(f"{PLAN}/commitments", guards=[signed_in], status_code=303)
async def post_commitment(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record what an agency commits."""

    async def deed() -> None:
        reader = FormReader(form)
        people, vehicles = reader.number("people"), reader.number("vehicles")
        skills = reader.text("skills", LONGEST_SKILLS)
        agency_id = id_in(form["agency"])
        if agency_id is None:
            reader.refuse("agency", "Choose the agency.")
        reader.check()
        await plans.commit_resources(
            viewer,
            event_id,
            agency_id or viewer.agency_id,
            people=people or 0,
            vehicles=vehicles or 0,
            skills=skills,
            now=now,
        )

    return await do_and_show_plan(pages, viewer, (event_id, key), form, deed, "Resources saved.", now=now)


@post(f"{PLAN}/commitments/{{agency_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_commitment_removal(
    event_id: PathId, key: PathText, agency_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove what an agency committed."""
    await plans.withdraw_resources(viewer, event_id, agency_id, now)
    return pages.redirect(plan_address(event_id, key), "Resources removed.")


async def do_and_show_plan(
    pages: Pages,
    viewer: Viewer,
    date: tuple[UUID, str],
    form: FormValues,
    deed: Deed,
    sentence: str,
    *,
    now: datetime,
    hit_id: UUID | None = None,
) -> Response[Any]:
    """Do it and come back to the plan of a date, or show it again with what was typed and why it was refused."""
    try:
        await deed()
    except Invalid as wrong:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, wrong, hit_id)
    except Conflict as changed:  # what was typed is shown beside the plan as it is now, and can be sent again
        view = await plan_view(viewer, *date, now)
        current = form.but({"version": str(view.operation.version if view.operation else "")})
        return _show_plan(pages, view, current, Invalid(changed.sentence), hit_id)
    return pages.redirect(plan_address(*date), sentence)


def _show_plan(
    pages: Pages,
    view: PlanView,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
    hit_id: UUID | None = None,
) -> Response[str]:
    """Render the page; after an error with what was typed, for a conflict in the form of that conflict."""
    return pages.render(
        "operations/plan.html",
        status_code=422 if wrong else 200,
        view=view,
        event=view.occurrence.event,
        form=form or FormValues({}),
        posted_hit=hit_id,
        errors=errors_of(wrong, PLAN_FIELDS),
        map=draw_site_map(view.sites.values()),
        states=STATES,
        roles=[(site_role, words) for site_role, words in SITE_WORDS.items()],
        disclosures=[(disclosure, words) for disclosure, words in DISCLOSURE_WORDS.items()],
        results=[(outside_result, words) for outside_result, words in OUTSIDE_RESULTS.items()],
        systems=[(system, words) for system, words in SYSTEM_WORDS.items()],
        decisions=[(decision, words) for decision, words in DECISION_WORDS.items()],
        alone=list(ALONE_WORDS.items()),
        decision_words=DECISION_WORDS,
        outcomes=OUTCOME_WORDS,
        **occurrence_times(view.occurrence),
    )


def _site_in(form: FormValues) -> PlannedSite:
    """Return the site of a form. Errors: Invalid by field."""
    reader = FormReader(form)
    role = member_in(reader, "role", SiteRole, "Choose what the site is for.")
    place = reader.text("place", LONGEST_PLACE)
    if not place:
        reader.refuse("place", NO_PLACE)
    radius = reader.number("radius", "Enter the radius in feet.")
    degrees = _TYPED.fullmatch(form["coordinates"])
    if degrees is None:
        reader.refuse("coordinates", NO_COORDINATES)
    latitude, longitude = (float(degrees[1]), float(degrees[2])) if degrees else (0.0, 0.0)
    point = reader.tried(lambda: _point(latitude, longitude, radius or 0), Point(0, 0, 0))
    reader.check()
    return PlannedSite(role=role, place=place, point=point)


def _point(latitude: float, longitude: float, radius_ft: int) -> Point:
    try:
        return point_at(latitude, longitude, radius_ft)
    except Invalid as wrong:
        far = wrong.fields.get("latitude") or wrong.fields.get("longitude")
        fields = {"coordinates": far, "radius": wrong.fields.get("radius")}
        raise Invalid(**{name: sentence for name, sentence in fields.items() if sentence}) from wrong


def plan_version_in(form: FormValues) -> int:
    """Return the version of the plan that the page showed; 0, which no plan has, for anything else."""
    return FormReader(form).number("version") or 0


def member_in(reader: FormReader, name: str, words: Any, sentence: str) -> Any:
    """Return the member of an enumeration that a field names; record `sentence` for anything else."""
    try:
        return words(reader.form[name])
    except ValueError:
        reader.refuse(name, sentence)
        return None


def plan_address(event_id: UUID, key: str) -> str:
    """Return the address of the page of a plan."""
    return f"/events/{event_id}/{key}/plan"
