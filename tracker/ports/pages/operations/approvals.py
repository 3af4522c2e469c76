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
from tracker.ports.pages.operations.plans import PLAN, do_and_show_plan, member_in, plan_address, plan_version_in
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.operations.plans import LONGEST_NUMBER, LONGEST_REASON, OutsideCheck, OutsideResult, System
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

    async def deed() -> None:
        reader = FormReader(form)
        system = member_in(reader, "system", System, "Choose the system.")
        number = reader.text("number", LONGEST_NUMBER)
        result = member_in(reader, "result", OutsideResult, "Choose the result.")
        day, at = reader.day("submitted_on"), reader.time("submitted_at")
        if (day is None) is not (at is None):
            reader.refuse("submitted_on", "Enter both the day and the time, or leave both blank.")
        reader.check()
        zone = (await event_to_plan(viewer, event_id)).zone
        submitted_at = to_utc(datetime.combine(day, at), zone) if day and at else None
        asked = OutsideCheck(system=system, number=number, result=result, submitted_at=submitted_at)
        await approvals.record_deconfliction_number(viewer, event_id, asked, now)

    return await do_and_show_plan(pages, viewer, (event_id, key), form, deed, "Number recorded.", now=now)


@post(f"{PLAN}/waivers", guards=[signed_in], status_code=303)
async def post_waiver(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Waive the deconfliction number."""

    async def deed() -> None:
        reader = FormReader(form)
        reason = reader.text("waiver", LONGEST_REASON)
        reader.check()
        await approvals.waive_deconfliction(viewer, event_id, reason, now)

    return await do_and_show_plan(pages, viewer, (event_id, key), form, deed, "Deconfliction number waived.", now=now)


@post(f"{PLAN}/returns", guards=[signed_in], status_code=303)
async def post_return(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Send the plan back to planning with a comment."""

    async def deed() -> None:
        reader = FormReader(form)
        comment = reader.text("comment", LONGEST_REASON)
        reader.check()
        await approvals.return_plan(viewer, event_id, comment, now, version=plan_version_in(form))

    sentence = "Plan sent back. Its lead gets an email."
    return await do_and_show_plan(pages, viewer, (event_id, key), form, deed, sentence, now=now)


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
    at = (event_id, key)
    left = [one for one in home.follow_up if isinstance(one, OpenAcknowledgment)]
    row = next(
        (
            open_acknowledgment
            for open_acknowledgment in left
            if (open_acknowledgment.line.event_id, open_acknowledgment.line.key) == at
        ),
        None,
    )
    template = "views/home/row-plan.html" if row else "views/home/row-settled.html"
    return home_rows.show(template, home, said, refused=refused, row=row, key=f"plan-{event_id}-{key}")
