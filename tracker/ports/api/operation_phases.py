"""The phases of an operation in JSON: planned, and timed on the day."""

from typing import Any

from litestar import HttpMethod, Response

from tracker.ports.api.joint_operation_bodies import NewPhase, PhaseTimes
from tracker.ports.api.joint_operation_shapes import PhasesShown, phase_shown
from tracker.ports.api.joint_operations import ETAG_OF, PLAN, changes, matched_plan, plan_reply, read_by, reads
from tracker.ports.api.operations import operation
from tracker.ports.api.reading import body_of, fields_named
from tracker.ports.api.responses import response
from tracker.ports.api.shapes import in_utc
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.path import PathId
from tracker.rules.core.clean_text import clean
from tracker.rules.operations.phases import LONGEST_NAME, PhasePlan
from tracker.usecases.operations import phases

PHASES = f"{PLAN}/phases"
PHASE = f"{PHASES}/{{phase_id:uuid}}"
FIELDS = {"day": "starts_at", "ends": "ends_at", "begun": "begun_at", "ended": "ended_at"}
"""Names in the API for fields that forms call otherwise."""


@operation(HttpMethod.GET, PHASES, reads(summary="List the phases of an operation", response=PhasesShown))
async def list_phases(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Return the phases of an operation."""
    found = (await read_by(viewer, event_id, now)).phases
    return response(request, PhasesShown(items=tuple(map(phase_shown, found.values()))))


@operation(
    HttpMethod.POST,
    PHASES,
    changes(
        summary="Plan a phase",
        body=NewPhase,
        text="Times are kept to the minute, and move with the start of the operation. Each agency has to acknowledge "
        f"the plan again. {ETAG_OF}",
    ),
)
async def add_phase(event_id: PathId, request: FormRequest, viewer: Viewer, now: Now) -> Response[Any]:
    """Plan another phase."""
    plan = await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewPhase)
    with fields_named(FIELDS):
        await phases.add(viewer, event_id, _planned(new), now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.PUT,
    PHASE,
    changes(
        summary="Change a phase’s planned times",
        body=NewPhase,
        text=f"Each agency has to acknowledge the plan again. {ETAG_OF}",
    ),
)
async def change_phase(
    event_id: PathId, phase_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Plan a phase differently."""
    plan = await matched_plan(request, viewer, event_id, now)
    new = await body_of(request, NewPhase)
    with fields_named(FIELDS):
        await phases.change(viewer, event_id, phase_id, _planned(new), now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.DELETE,
    PHASE,
    changes(summary="Remove a phase", text=f"Each agency has to acknowledge the plan again. {ETAG_OF}"),
)
async def remove_phase(
    event_id: PathId, phase_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a phase."""
    plan = await matched_plan(request, viewer, event_id, now)
    await phases.remove(viewer, event_id, phase_id, now, version=plan.version)
    return await plan_reply(request, viewer, now, event_id)


@operation(
    HttpMethod.PUT,
    f"{PHASE}/times",
    changes(
        summary="Record when a phase began and ended",
        body=PhaseTimes,
        text="For people who can edit the operation, once its plan is approved and until it is closed. No agency has "
        f"to acknowledge the plan again. {ETAG_OF}",
    ),
)
async def time_phase(
    event_id: PathId, phase_id: PathId, request: FormRequest, viewer: Viewer, now: Now
) -> Response[Any]:
    """Record when a phase really began and ended."""
    await matched_plan(request, viewer, event_id, now)
    times = await body_of(request, PhaseTimes)
    with fields_named(FIELDS):
        begun_at, ended_at = (in_utc(one) if one else None for one in (times.begun_at, times.ended_at))
        await phases.correct(viewer, event_id, phase_id, begun_at, ended_at, now)
    return await plan_reply(request, viewer, now, event_id)


def _planned(new: NewPhase) -> PhasePlan:
    return PhasePlan(
        name=clean(new.name, LONGEST_NAME, "name"),
        starts_at=in_utc(new.starts_at),
        ends_at=in_utc(new.ends_at) if new.ends_at else None,
    )
