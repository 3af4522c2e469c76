"""Conflicts of an operation in JSON, as far as the other side discloses itself, and what this side decides."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response

from tracker.errors import NotFound
from tracker.ports.api.joint_operation_bodies import NewDecision
from tracker.ports.api.joint_operation_shapes import HitShown, HitsShown, hit_shown
from tracker.ports.api.joint_operations import PLAN, changes, read_by, reads
from tracker.ports.api.operations import operation
from tracker.ports.api.reading import body_of
from tracker.ports.api.responses import check_match, response
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.path import PathId
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.hits import Hit
from tracker.rules.operations.plans import LONGEST_REASON
from tracker.usecases.operations import deconfliction

HITS = f"{PLAN}/hits"
HIT = f"{HITS}/{{hit_id:uuid}}"


@operation(
    HttpMethod.GET,
    HITS,
    reads(
        summary="List conflicts",
        response=HitsShown,
        text="Returns conflicts with other operations of this task force, for people who can edit the operation and "
        "for its approving supervisor. The list is empty for others who can see the operation. Of the other "
        "operation, you see what it discloses.",
    ),
)
async def list_hits(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the conflicts that the viewer's side may know of."""
    hits = (await read_by(viewer, event_id, now)).view.hits
    return response(request, HitsShown(items=tuple(map(hit_shown, hits))))


@operation(HttpMethod.GET, HIT, reads(summary="Read a conflict", response=HitShown))
async def read_hit(event_id: PathId, hit_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return one conflict."""
    return response(request, hit_shown(await _hit(viewer, event_id, hit_id, now)))


@operation(
    HttpMethod.PUT,
    f"{HIT}/decision",
    changes(
        summary="Decide about a conflict",
        body=NewDecision,
        response=HitShown,
        text="For people who can edit the operation. Replaces what your agency decided before. proceed, joint, and "
        "not_a_conflict end the conflict when both agencies made the same decision; reschedule and cancel when the "
        "operations are no longer near each other. An agency that discloses nothing decides alone. If-Match takes the "
        "conflict’s ETag.",
    ),
)
async def decide_hit(event_id: PathId, hit_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Record what this side decides."""
    check_match(request, hit_shown(await _hit(viewer, event_id, hit_id, now)))
    new = await body_of(request, NewDecision)
    reason = clean(new.reason, LONGEST_REASON, "reason")
    await deconfliction.decide(viewer, event_id, hit_id, new.decision, reason, now)
    return response(request, hit_shown(await _hit(viewer, event_id, hit_id, now)))


async def _hit(viewer: Viewer, event_id: UUID, hit_id: UUID, now: Now) -> Hit:
    hits = (await read_by(viewer, event_id, now)).view.hits
    hit = next((one for one in hits if one.id == hit_id), None)
    if hit is None:
        raise NotFound
    return hit
