"""The plan of an operation: sites, agency resources, conflicts, deconfliction numbers, and the way to approval."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, errors_of, id_in
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.operations.deconfliction import DISCLOSURE_WORDS, Disclosure
from tracker.rules.operations.hits import ALONE_WORDS, DECISION_WORDS, OUTCOME_WORDS, Decision
from tracker.rules.operations.plans import (
    LONGEST_NUMBER,
    LONGEST_REASON,
    LONGEST_SKILLS,
    OUTSIDE_RESULTS,
    SYSTEM_WORDS,
    OutsideCheck,
    OutsideResult,
    System,
)
from tracker.rules.operations.site_map import site_map
from tracker.rules.operations.sites import LONGEST_PLACE, NO_PLACE, SITE_WORDS, Point, Site, SiteRole, point_at
from tracker.rules.operations.states import STATE_WORDS, OperationState
from tracker.rules.roster.coordinates import NO_COORDINATES, WRITTEN
from tracker.usecases.core import access_records
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.known_places import coordinates_of
from tracker.usecases.operations.lookup import event_for
from tracker.usecases.operations.plan_page import PlanView, plan_view
from tracker.usecases.operations.plans import Basics

AT = "/events/{event_id:uuid}/{key:str}/plan"
STEP_LABELS = {
    OperationState.PLANNING: "Start planning",
    OperationState.SUBMITTED: "Submit for approval",
    OperationState.APPROVED: "Approve",
    OperationState.BRIEFED: "Mark as briefed",
    OperationState.EXECUTING: "Begin the operation",
    OperationState.RELEASED: "Mark as released",
    OperationState.DEBRIEFED: "Mark as debriefed",
    OperationState.CLOSED: "Close the operation",
}
"""What the button of the next step says."""
SAID = {
    OperationState.DRAFT: "Returned to draft.",
    OperationState.PLANNING: "Planning started.",
    OperationState.SUBMITTED: "Plan submitted for approval.",
    OperationState.APPROVED: "Plan approved.",
    OperationState.BRIEFED: "Marked as briefed.",
    OperationState.EXECUTING: "The operation has begun.",
    OperationState.RELEASED: "Everyone is out. Operation marked as released.",
    OperationState.DEBRIEFED: "Marked as debriefed.",
    OperationState.CLOSED: "Operation closed.",
    OperationState.STOOD_DOWN: "Operation stood down. No one on it was emailed.",
    OperationState.ABORTED: "Operation aborted. No one was emailed.",
}
FIELDS = (
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


@get(AT, guards=[signed_in])
async def plan_page(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show the plan, or the button that begins one."""
    view = await plan_view(viewer, event_id, key, now)
    plan = view.operation.version if view.operation else None
    await access_records.note_date(viewer, view.occurrence, now, plan=plan)
    return _shown(pages, view)


@post(AT, guards=[signed_in], status_code=303)
async def begin(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Begin the plan."""
    await plans.start(viewer, event_id, now)
    return pages.redirect(_at(event_id, key), "Plan started. Add its sites next.")


@post(f"{AT}/basics", guards=[signed_in], status_code=303)
async def change_basics(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Change the approving supervisor, the disclosure, and the buffer."""

    async def deed() -> None:
        reader = Reader(form)
        minutes = reader.number("buffer", "Enter the buffer in minutes, from 0 to 1440.")
        if minutes is None:
            reader.refuse("buffer", "Enter the buffer in minutes, from 0 to 1440.")
        level = _one_of(reader, "disclosure", Disclosure, "Choose what others are shown.")
        reader.check()
        supervisor_id = id_in(form["supervisor"])
        if form["supervisor"] and supervisor_id is None:
            raise Invalid(supervisor="Choose the supervisor from the list.")
        wanted = Basics(supervisor_id=supervisor_id, disclosure=level, buffer=timedelta(minutes=minutes or 0))
        await plans.change(viewer, event_id, wanted, now, version=version_in(form))

    return await done(pages, viewer, (event_id, key), form, deed, "Plan saved.", now=now)


@post(f"{AT}/sites", guards=[signed_in], status_code=303)
async def add_site(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Add a site, and compare the plan again."""

    async def deed() -> None:
        known = form["coordinates"].strip() or await coordinates_of(form["place"])
        await plans.add_site(viewer, event_id, _site_in(form.but({"coordinates": known})), now)

    sentence = f"{form['place'].strip()} added. The plan was checked again for conflicts."
    return await done(pages, viewer, (event_id, key), form, deed, sentence, now=now)


@post(f"{AT}/sites/{{site_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def remove_site(
    event_id: PathId, key: PathText, site_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a site, and compare the plan again."""
    site = await plans.remove_site(viewer, event_id, site_id, now)
    return pages.redirect(_at(event_id, key), f"{site.place} ({site.point.latitude}, {site.point.longitude}) removed.")


@post(f"{AT}/commitments", guards=[signed_in], status_code=303)
async def commit(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Record what an agency commits."""

    async def deed() -> None:
        reader = Reader(form)
        people, vehicles = reader.number("people"), reader.number("vehicles")
        skills = reader.text("skills", LONGEST_SKILLS)
        agency_id = id_in(form["agency"])
        if agency_id is None:
            reader.refuse("agency", "Choose the agency.")
        reader.check()
        await plans.commit(
            viewer,
            event_id,
            agency_id or viewer.agency_id,
            people=people or 0,
            vehicles=vehicles or 0,
            skills=skills,
            now=now,
        )

    return await done(pages, viewer, (event_id, key), form, deed, "Resources saved.", now=now)


@post(f"{AT}/commitments/{{agency_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def withdraw(
    event_id: PathId, key: PathText, agency_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove what an agency committed."""
    await plans.withdraw(viewer, event_id, agency_id, now)
    return pages.redirect(_at(event_id, key), "Resources removed.")


@post(f"{AT}/clearances", guards=[signed_in], status_code=303)
async def record_number(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record a deconfliction number."""

    async def deed() -> None:
        reader = Reader(form)
        system = _one_of(reader, "system", System, "Choose the system.")
        number = reader.text("number", LONGEST_NUMBER)
        result = _one_of(reader, "result", OutsideResult, "Choose the result.")
        day, at = reader.day("submitted_on"), reader.time("submitted_at")
        if (day is None) is not (at is None):
            reader.refuse("submitted_on", "Enter both the day and the time, or leave both blank.")
        reader.check()
        zone = (await event_for(viewer, event_id)).zone
        submitted_at = to_utc(datetime.combine(day, at), zone) if day and at else None
        asked = OutsideCheck(system=system, number=number, result=result, submitted_at=submitted_at)
        await approvals.record_number(viewer, event_id, asked, now)

    return await done(pages, viewer, (event_id, key), form, deed, "Number recorded.", now=now)


@post(f"{AT}/states", guards=[signed_in], status_code=303)
async def move(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Take the plan to another state; the page says why not, if it can't."""
    try:
        to = OperationState(form["to"])
    except ValueError as odd:
        raise NotFound from odd
    try:
        await approvals.move(viewer, event_id, to, now, version=version_in(form))
    except (NotAllowed, Conflict) as refused:
        return pages.refuse(_at(event_id, key), f"Not changed. {refused.sentence}")
    return pages.redirect(_at(event_id, key), SAID[to])


@post(f"{AT}/conflicts/{{hit_id:uuid}}/decisions", guards=[signed_in], status_code=303)
async def decide(
    event_id: PathId, key: PathText, hit_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record this side's decision about a conflict."""

    async def deed() -> None:
        reader = Reader(form)
        decision = _one_of(reader, "decision", Decision, "Choose a decision.")
        reason = reader.text("reason", LONGEST_REASON)
        reader.check()
        await deconfliction.decide(viewer, event_id, hit_id, decision, reason, now)

    return await done(pages, viewer, (event_id, key), form, deed, "Decision recorded.", hit_id=hit_id, now=now)


async def done(
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
        return _shown(pages, await plan_view(viewer, *date, now), form, wrong, hit_id)
    except Conflict as changed:  # what was typed is shown beside the plan as it is now, and can be sent again
        view = await plan_view(viewer, *date, now)
        current = form.but({"version": str(view.operation.version if view.operation else "")})
        return _shown(pages, view, current, Invalid(changed.sentence), hit_id)
    return pages.redirect(_at(*date), sentence)


def _shown(
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
        errors=errors_of(wrong, FIELDS),
        map=site_map(view.sites.values()),
        states=STATE_WORDS,
        step_labels=STEP_LABELS,
        roles=[(one, words) for one, words in SITE_WORDS.items()],
        disclosures=[(one, words) for one, words in DISCLOSURE_WORDS.items()],
        results=[(one, words) for one, words in OUTSIDE_RESULTS.items()],
        systems=[(one, words) for one, words in SYSTEM_WORDS.items()],
        decisions=[(one, words) for one, words in DECISION_WORDS.items()],
        alone=list(ALONE_WORDS.items()),
        decision_words=DECISION_WORDS,
        outcomes=OUTCOME_WORDS,
        **times_of(view.occurrence),
    )


def _site_in(form: FormValues) -> Site:
    """Return the site of a form. Errors: Invalid by field."""
    reader = Reader(form)
    role = _one_of(reader, "role", SiteRole, "Choose what the site is for.")
    place = reader.text("place", LONGEST_PLACE)
    if not place:
        reader.refuse("place", NO_PLACE)
    radius = reader.number("radius", "Enter the radius in feet.")
    degrees = WRITTEN.fullmatch(form["coordinates"])
    if degrees is None:
        reader.refuse("coordinates", NO_COORDINATES)
    latitude, longitude = (float(degrees[1]), float(degrees[2])) if degrees else (0.0, 0.0)
    point = reader.tried(lambda: _point(latitude, longitude, radius or 0), Point(0, 0, 0))
    reader.check()
    return Site(role=role, place=place, point=point)


def _point(latitude: float, longitude: float, radius_ft: int) -> Point:
    try:
        return point_at(latitude, longitude, radius_ft)
    except Invalid as wrong:
        far = wrong.fields.get("latitude") or wrong.fields.get("longitude")
        fields = {"coordinates": far, "radius": wrong.fields.get("radius")}
        raise Invalid(**{name: sentence for name, sentence in fields.items() if sentence}) from wrong


def version_in(form: FormValues) -> int:
    """Return the version of the plan that the page showed; 0, which no plan has, for anything else."""
    return Reader(form).number("version") or 0


def _one_of(reader: Reader, name: str, words: Any, sentence: str) -> Any:
    """Return the member of an enumeration that a field names; record `sentence` for anything else."""
    try:
        return words(reader.form[name])
    except ValueError:
        reader.refuse(name, sentence)
        return None


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan"
