"""The way of a plan to approval: states, deconfliction numbers, waivers, sending it back, and acknowledgments.

An agency acknowledges a plan on the plan's page and on the home page.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, post

from tracker.errors import Conflict, NotAllowed, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Form, HomeRows, Pages
from tracker.ports.pages.core.form_values import FormReader
from tracker.ports.pages.core.home_part import is_from_home
from tracker.ports.pages.operations.plans import (
    PLAN,
    NumberForm,
    ReturnForm,
    WaiverForm,
    plan_address,
    plan_refusals,
    plan_version_in,
)
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.operations.plans import OutsideCheck
from tracker.rules.operations.states import STATES, OperationState
from tracker.rules.views.home import OpenAcknowledgment
from tracker.usecases.operations import approvals
from tracker.usecases.operations.states import event_to_plan


@post(f"{PLAN}/states", guards=[signed_in], status_code=303)
async def post_state(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Take the plan to another state; the page says why not, if it can't."""
    try:
        to = OperationState(form["to"])
    except ValueError as odd:
        raise NotFound from odd
    try:
        await approvals.change_plan_state(viewer, event_id, to, now, version=plan_version_in(form))
    except (NotAllowed, Conflict) as refused:
        return pages.refuse(plan_address(event_id, key), f"Not changed. {refused.sentence}")
    return pages.redirect(plan_address(event_id, key), STATES[to].sentence)


@post(f"{PLAN}/clearances", guards=[signed_in], status_code=303)
async def post_number(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record a deconfliction number."""
    async with plan_refusals(pages, viewer, event_id, key, form, now) as refusals:
        typed = NumberForm.read(form)
        zone = (await event_to_plan(viewer, event_id)).zone
        day, at = typed.submitted_on, typed.submitted_at
        submitted_at = to_utc(datetime.combine(day, at), zone) if day and at else None
        asked = OutsideCheck(system=typed.system, number=typed.number, result=typed.result, submitted_at=submitted_at)
        await approvals.record_deconfliction_number(viewer, event_id, asked, now)
        return pages.redirect(plan_address(event_id, key), "Number recorded.")
    return refusals.response


@post(f"{PLAN}/waivers", guards=[signed_in], status_code=303)
async def post_waiver(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Waive the deconfliction number."""
    async with plan_refusals(pages, viewer, event_id, key, form, now) as refusals:
        await approvals.waive_deconfliction(viewer, event_id, WaiverForm.read(form).waiver, now)
        return pages.redirect(plan_address(event_id, key), "Deconfliction number waived.")
    return refusals.response


@post(f"{PLAN}/returns", guards=[signed_in], status_code=303)
async def post_return(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Send the plan back to planning with a comment."""
    async with plan_refusals(pages, viewer, event_id, key, form, now) as refusals:
        comment = ReturnForm.read(form).comment
        await approvals.return_plan(viewer, event_id, comment, now, version=plan_version_in(form))
        return pages.redirect(plan_address(event_id, key), "Plan sent back. Its lead gets an email.")
    return refusals.response


@post("/events/{event_id:uuid}/{key:str}/plan/acknowledgments", guards=[signed_in], status_code=303)
async def post_acknowledgment(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, *, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Acknowledge the version that was shown, or say that the plan has changed since."""
    version = FormReader(form).number("version") or 0
    said, refused = f"{viewer.agency} has acknowledged version {version}.", ""
    try:
        await approvals.acknowledge_plan_version(viewer, event_id, version, now)
    except (Conflict, NotAllowed) as changed:
        said = refused = changed.sentence
    if home_rows.are_asked_for(form):
        return await _row(home_rows, event_id, key, said, refused)
    address = HOME if is_from_home(form) else f"/events/{event_id}/{key}/plan"
    return pages.refuse(address, refused) if refused else pages.redirect(address, said)


async def _row(home_rows: HomeRows, event_id: UUID, key: str, said: str, refused: str) -> Response[str]:
    """Return the row of the home page as it is now; when nothing is left to do, it says what was done."""
    home = await home_rows.found()
    row = next(
        (
            row
            for row in home.follow_up
            if isinstance(row, OpenAcknowledgment) and (row.line.event_id, row.line.key) == (event_id, key)
        ),
        None,
    )
    template = "core/home/row-plan.html" if row else "core/home/row-settled.html"
    return home_rows.show(template, home, said, refused=refused, row=row, key=f"plan-{event_id}-{key}")
