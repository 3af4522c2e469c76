"""Plans that their supervisor sends back, in JSON."""

from typing import Any

from litestar import HttpMethod, Response

from tracker.ports.api.joint_operation_bodies import NewReturn
from tracker.ports.api.joint_operation_shapes import ReturnsShown, return_shown
from tracker.ports.api.joint_operations import ETAG_OF, PLAN, changes, matched_plan, plan_reply, read_by, reads
from tracker.ports.api.operations import operation
from tracker.ports.api.reading import body_of
from tracker.ports.api.responses import response
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.path import PathId
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.plans import LONGEST_REASON
from tracker.usecases.operations import returns


@operation(
    HttpMethod.GET,
    f"{PLAN}/returns",
    reads(
        summary="List plans sent back",
        response=ReturnsShown,
        text="Which versions the supervisor sent back, and what should change. For people who can edit the operation "
        "and its supervisor; empty for others.",
    ),
)
async def list_returns(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return what was sent back."""
    await read_by(viewer, event_id, now)
    found = await returns.returns_of(viewer, event_id)
    return response(request, ReturnsShown(items=tuple(map(return_shown, found))))


@operation(
    HttpMethod.POST,
    f"{PLAN}/returns",
    changes(
        summary="Send a plan back",
        body=NewReturn,
        text="For the approving supervisor, while the plan is submitted. It goes back to planning, and its lead gets "
        f"an email that says only to sign in. {ETAG_OF}",
    ),
)
async def send_plan_back(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Send the version of a plan that the program read back to planning."""
    plan = await matched_plan(request, viewer, event_id, now)
    comment = clean((await body_of(request, NewReturn)).comment, LONGEST_REASON, "comment")
    await returns.send_back(viewer, event_id, comment, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)
