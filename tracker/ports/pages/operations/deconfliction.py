"""Conflicts between operations: what a side decides, and the page of the deconfliction officer."""

from typing import Any

from litestar import Response, get, post

from tracker.ports.http.dependencies import Now, PathId, PathText, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.operations.plans import PLAN, DecisionForm, plan_address, plan_refusals
from tracker.rules.operations.deconfliction import DECISION_WORDS
from tracker.rules.operations.plans import DISCLOSURE_WORDS
from tracker.usecases.operations import deconfliction, officer


@post(f"{PLAN}/conflicts/{{hit_id:uuid}}/decisions", guards=[signed_in], status_code=303)
async def post_decision(
    event_id: PathId, key: PathText, hit_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record this side's decision about a conflict."""
    async with plan_refusals(pages, viewer, event_id, key, form, now, hit_id) as refusals:
        side = DecisionForm.read(form)
        await deconfliction.decide_conflict(viewer, event_id, hit_id, side.decision, side.reason, now)
        return pages.redirect(plan_address(event_id, key), "Decision recorded.")
    return refusals.response


@get("/deconfliction", guards=[signed_in])
async def show_open_conflicts(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Response[str]:
    """Show the open conflicts. Errors: NotFound for everyone but deconfliction officers."""
    return pages.render(
        "operations/officer.html",
        cases=await officer.open_conflicts(viewer, now),
        unplaced=await officer.unplaced_operations(viewer, now),
        searchers=await officer.people_who_search(viewer, now),
        zone=settings.time_zone,
        disclosures=DISCLOSURE_WORDS,
        decisions=DECISION_WORDS,
    )
