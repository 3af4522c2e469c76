"""The plan of an operation and its way to approval: forms, sites, agency resources, numbers, states, and conflicts."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post

from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.date_entries import is_from_home
from tracker.ports.pages.core.dependencies import Form, HomeRows, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import Choice, DayField, FormShape, Id, Text, TimeOfDay, Whole, form_context
from tracker.ports.pages.core.form_values import FormValues, form_version
from tracker.ports.pages.core.sheets import NO_FORM
from tracker.ports.pages.events.date_pages import date_context
from tracker.ports.pages.operations.sites import PLAN, SiteForm, site_in, site_saved_words
from tracker.rules.core.wording import to_utc
from tracker.rules.operations.deconfliction import ALONE_WORDS, Decision, Outcome
from tracker.rules.operations.plans import (
    LONGEST_NUMBER,
    LONGEST_REASON,
    LONGEST_SKILLS,
    OUTSIDE_RESULTS,
    DeconflictionCheck,
    Disclosure,
    OutsideResult,
    SiteRole,
    System,
)
from tracker.rules.operations.site_maps import draw_site_map, nearest_place_words
from tracker.rules.operations.states import STATES, OperationState
from tracker.rules.views.home import OpenAcknowledgment
from tracker.usecases.core import audit
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.plans import PlanBasics, PlanView, plan_view
from tracker.usecases.operations.states import event_to_plan

NO_BUFFER = "Enter the buffer in minutes, from 0 to 1440."


class BasicsForm(FormShape, kw_only=True):
    """Who approves a plan, what others are shown of it, and how near in time others conflict."""

    supervisor: Annotated[UUID | None, Id("Approving supervisor", unknown="Choose the supervisor from the list.")]
    disclosure: Annotated[
        Disclosure,
        Choice(
            "In a conflict, the other operation’s lead sees",
            words=Disclosure.labels(),
            missing="Choose what others are shown.",
        ),
    ]
    buffer: Annotated[int, Whole("Buffer in minutes", 4, unreadable=NO_BUFFER, missing=NO_BUFFER)]


class ResourcesForm(FormShape, kw_only=True):
    """What an agency commits."""

    agency: Annotated[UUID, Id("Agency", missing="Choose the agency.")]
    people: Annotated[int, Whole("People", 3)] = 0
    vehicles: Annotated[int, Whole("Vehicles", 3)] = 0
    skills: Annotated[str, Text("Capabilities", LONGEST_SKILLS)]


class NumberForm(FormShape, kw_only=True):
    """A deconfliction number."""

    system: Annotated[System, Choice("System", words=System.labels(), missing="Choose the system.")]
    number: Annotated[str, Text("Number", LONGEST_NUMBER)]
    result: Annotated[OutsideResult, Choice("Result", words=OUTSIDE_RESULTS, missing="Choose the result.")]
    submitted_on: Annotated[date | None, DayField("Submitted on")]
    submitted_at: Annotated[time | None, TimeOfDay("Time")]

    @classmethod
    def refusals(cls, _: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a day without a time, and a time without a day."""
        is_half = (values["submitted_on"] is None) is not (values["submitted_at"] is None)
        return [("submitted_on", "Enter both the day and the time, or leave both blank.")] if is_half else []


class WaiverForm(FormShape, kw_only=True):
    """Why a plan needs no deconfliction number."""

    waiver: Annotated[str, Text("Reason", LONGEST_REASON)]


class ReturnForm(FormShape, kw_only=True):
    """Why a plan is sent back."""

    comment: Annotated[str, Text("What should change", LONGEST_REASON)]


class DecisionForm(FormShape, kw_only=True):
    """What a side decides about a conflict."""

    decision: Annotated[Decision, Choice("Your decision", words=Decision.labels(), missing="Choose a decision.")]
    reason: Annotated[str, Text("Reason, or what you agreed", LONGEST_REASON)]


PLAN_FORMS = (BasicsForm, SiteForm, ResourcesForm, NumberForm, WaiverForm, ReturnForm, DecisionForm)
"""The forms on the page of a plan, in order."""


@get(PLAN, guards=[signed_in])
async def show_plan(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the plan, or the button that begins one."""
    view = await plan_view(viewer, *date, now)
    plan = view.operation.version if view.operation else None
    await audit.record_date_read(viewer, view.occurrence, now, plan=plan)
    return _show_plan(pages, view)


@post(PLAN, guards=[signed_in], status_code=303)
async def post_plan(date: OnDate, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Begin the plan."""
    await plans.start_plan(viewer, date.event_id, now)
    return pages.redirect(date.plan, "Plan started. Add its sites next.")


@post(f"{PLAN}/basics", guards=[signed_in], status_code=303)
async def post_basics(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Change the approving supervisor, the disclosure, and the buffer."""
    try:
        basics = BasicsForm.read(form)
        wanted = PlanBasics(
            supervisor_id=basics.supervisor, disclosure=basics.disclosure, buffer=timedelta(minutes=basics.buffer)
        )
        await plans.change_plan_basics(viewer, date.event_id, wanted, now, version=form_version(form))
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal)
    return pages.redirect(date.plan, "Plan saved.")


@post(f"{PLAN}/sites", guards=[signed_in], status_code=303)
async def post_site(date: OnDate, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now) -> Page:
    """Add a site, and compare the plan again."""
    try:
        site, region = await site_in(form, settings)
        saved = await plans.add_site_to_plan(viewer, date.event_id, site, now, region=region)
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal)
    return pages.redirect(date.plan, site_saved_words(site, "added", saved))


@post(f"{PLAN}/commitments", guards=[signed_in], status_code=303)
async def post_commitment(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record what an agency commits."""
    try:
        resources = ResourcesForm.read(form)
        await plans.commit_resources(
            viewer,
            date.event_id,
            resources.agency,
            people=resources.people,
            vehicles=resources.vehicles,
            skills=resources.skills,
            now=now,
        )
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal)
    return pages.redirect(date.plan, "Resources saved.")


@post(f"{PLAN}/commitments/{{agency_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_commitment_removal(date: OnDate, agency_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Remove what an agency committed."""
    await plans.withdraw_resources(viewer, date.event_id, agency_id, now)
    return pages.redirect(date.plan, "Resources removed.")


def _show_plan(
    pages: Pages,
    view: PlanView,
    form: FormValues | None = None,
    refusal: Invalid | Conflict | None = None,
    hit_id: UUID | None = None,
) -> Page:
    """Render the page; when something was refused with what was typed, for a conflict in the form of that conflict.

    When the plan was changed meanwhile, what was typed is beside the plan as it is now, and can be sent again.
    """
    if isinstance(refusal, Conflict):
        form = (form or NO_FORM).but({"version": str(view.operation.version if view.operation else "")})
        refusal = Invalid(refusal.sentence)
    return pages.render(
        "operations/plan.html",
        **form_context(form, refusal, *PLAN_FORMS),
        view=view,
        posted_hit=hit_id,
        map=draw_site_map(view.sites.values(), view.places),
        nearest={site_id: nearest_place_words(site.point, view.places) for site_id, site in view.sites.items()},
        states=STATES,
        site_words=SiteRole.labels(),
        alone=list(ALONE_WORDS.items()),
        outcomes=Outcome.labels(),
        **date_context(view.occurrence),
    )


@post(f"{PLAN}/states", guards=[signed_in], status_code=303)
async def post_state(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Take the plan to another state; the page says why not, if it can't."""
    try:
        to = OperationState(form["to"])
    except ValueError as odd:
        raise NotFound from odd
    deed = approvals.change_plan_state(viewer, date.event_id, to, now, version=form_version(form))
    return await pages.respond(date.plan, deed, str, (NotAllowed, Conflict), refused="Not changed. ")


@post(f"{PLAN}/clearances", guards=[signed_in], status_code=303)
async def post_number(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record a deconfliction number."""
    try:
        typed = NumberForm.read(form)
        zone = (await event_to_plan(viewer, date.event_id)).zone
        day, at = typed.submitted_on, typed.submitted_at
        submitted_at = to_utc(datetime.combine(day, at), zone) if day and at else None
        asked = DeconflictionCheck(
            system=typed.system, number=typed.number, result=typed.result, submitted_at=submitted_at
        )
        await approvals.record_deconfliction_number(viewer, date.event_id, asked, now)
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal)
    return pages.redirect(date.plan, "Number recorded.")


@post(f"{PLAN}/waivers", guards=[signed_in], status_code=303)
async def post_waiver(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Waive the deconfliction number."""
    try:
        waiver = WaiverForm.read(form).waiver
        await approvals.waive_deconfliction(viewer, date.event_id, waiver, now, version=form_version(form))
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal)
    return pages.redirect(date.plan, "Deconfliction number waived.")


@post(f"{PLAN}/returns", guards=[signed_in], status_code=303)
async def post_return(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Send the plan back to planning with a comment."""
    try:
        comment = ReturnForm.read(form).comment
        await approvals.return_plan(viewer, date.event_id, comment, now, version=form_version(form))
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal)
    return pages.redirect(date.plan, "Plan sent back. Its lead gets an email.")


@post(f"{PLAN}/acknowledgments", guards=[signed_in], status_code=303)
async def post_acknowledgment(
    date: OnDate, pages: Pages, viewer: Viewer, form: Form, *, home_rows: HomeRows, now: Now
) -> Page:
    """Acknowledge the version that was shown, or say that the plan has changed since."""
    version = form_version(form)
    said, refused = f"{viewer.agency} has acknowledged version {version}.", ""
    try:
        await approvals.acknowledge_plan_version(viewer, date.event_id, version, now)
    except (Conflict, NotAllowed) as changed:
        said = refused = changed.sentence
    if home_rows.are_asked_for(form):
        home = await home_rows.found()
        plans_to_acknowledge = (row for row in home.follow_up if isinstance(row, OpenAcknowledgment))
        row = next((row for row in plans_to_acknowledge if (row.line.event_id, row.line.key) == date), None)
        template = "core/home/row-plan.html" if row else "core/home/row-settled.html"
        return home_rows.show(template, home, said, refused=refused, row=row, key=f"plan-{date.event_id}-{date.key}")
    address = HOME if is_from_home(form) else date.plan
    return pages.refuse(address, refused) if refused else pages.redirect(address, said)


@post(f"{PLAN}/conflicts/{{hit_id:uuid}}/decisions", guards=[signed_in], status_code=303)
async def post_decision(date: OnDate, hit_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record this side's decision about a conflict."""
    try:
        side = DecisionForm.read(form)
        await deconfliction.decide_conflict(viewer, date.event_id, hit_id, side.decision, side.reason, now)
    except (Invalid, Conflict) as refusal:
        return _show_plan(pages, await plan_view(viewer, *date, now), form, refusal, hit_id)
    return pages.redirect(date.plan, "Decision recorded.")


@get("/deconfliction", guards=[signed_in])
async def show_open_conflicts(pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the open conflicts. Errors: NotFound for everyone but deconfliction officers."""
    return pages.render(
        "operations/officer.html",
        cases=await deconfliction.open_conflicts(viewer, now),
        unplaced=await deconfliction.unplaced_operations(viewer, now),
        searchers=await deconfliction.people_who_search(viewer, now),
        disclosures=Disclosure.labels(),
        decisions=Decision.labels(),
    )
