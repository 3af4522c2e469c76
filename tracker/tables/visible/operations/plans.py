"""The plan of an operation, and its conflicts as its own side sees them, for a viewer who may see the operation.

Lists of plans are read from the plans on: CROSS JOIN keeps the order in SQLite (https://sqlite.org/lang_select.html).
By itself it would begin at the index of starts, or at the events that the viewer leads, and go through all dates that
were ever stored for a handful of plans.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from tracker.database.sql_list import sql_list
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.deconfliction import Decision, Hit, OtherSide, Outcome
from tracker.rules.operations.plans import (
    Commitment,
    Disclosure,
    Operation,
    OutsideResult,
    PlanClearance,
    System,
    knows_conflicts,
)
from tracker.rules.operations.sites import PlannedSite, Point, SiteRole
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import Row, rows
from tracker.tables.visible.events.events import events_where

PLANNED_DATES = "operation_plan p CROSS JOIN event e CROSS JOIN occurrence o"
OF_THEIR_PLAN = "e.id = p.event AND o.event = e.id"
"""The condition that belongs to it."""
_PLAN = (
    "SELECT p.id, p.state, p.supervisor, m.name, g.code, p.disclosure, p.buffer_minutes, p.version, p.kind"
    " FROM operation_plan p JOIN event e ON e.id = p.event LEFT JOIN member m ON m.id = p.supervisor"
    " LEFT JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_SITES = (
    "SELECT s.id, s.role, s.place, s.latitude_e6, s.longitude_e6, s.radius_ft FROM operation_site s"
    " JOIN operation_plan p ON p.id = s.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_AGENCIES = (
    "SELECT a.agency, g.code, a.people, a.vehicles, a.skills, a.acknowledged, m.name, a.acknowledged_at"
    " FROM operation_agency a JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN agency g ON g.id = a.agency LEFT JOIN member m ON m.id = a.acknowledged_by WHERE MAY_SEE(e)"
)
_CLEARANCES = (
    "SELECT c.system, c.number, c.result, c.reason, c.submitted_at, m.name, g.code, c.recorded_at, c.replaced_at,"
    " x.name AS ended_by, y.code AS ended_by_agency FROM clearance c"
    " JOIN operation_plan p ON p.id = c.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = c.submitted_by JOIN agency g ON g.id = m.agency"
    " LEFT JOIN member x ON x.id = c.ended_by LEFT JOIN agency y ON y.id = x.agency WHERE MAY_SEE(e)"
)
# The other side, x and its date y, is read whether or not the viewer may see it: as far as it discloses itself.
_HITS = (
    "SELECT h.id, q.id AS other_plan, h.found_at, h.closed_at, h.dropped_at, h.outcome, h.distance_ft, h.gap_minutes,"
    " q.disclosure, m.name, m.phone, m.email, g.code, y.starts_at, y.ends_at, mine.decision AS mine,"
    " theirs.decision AS theirs, mine.reason,"
    " CASE WHEN h.first = p.id THEN one.name ELSE two.name END AS our_lead,"
    " CASE WHEN h.first = p.id THEN two.name ELSE one.name END AS their_lead"
    " FROM operation_plan p JOIN event e ON e.id = p.event"
    " JOIN deconfliction_hit h ON h.first = p.id OR h.second = p.id"
    " JOIN operation_plan q ON q.id = CASE WHEN h.first = p.id THEN h.second ELSE h.first END"
    " JOIN event x ON x.id = q.event JOIN occurrence y ON y.event = x.id"
    " JOIN member m ON m.id = x.lead JOIN agency g ON g.id = m.agency"
    " LEFT JOIN member one ON one.id = h.first_lead LEFT JOIN member two ON two.id = h.second_lead"
    " LEFT JOIN hit_decision mine ON mine.hit = h.id AND mine.plan = p.id AND mine.replaced_at IS NULL"
    " LEFT JOIN hit_decision theirs ON theirs.hit = h.id AND theirs.plan = q.id AND theirs.replaced_at IS NULL"
    " WHERE MAY_SEE(e) AND p.event = {} AND CASE WHEN h.closed_at IS NULL THEN q.disclosure <> 'silent'"
    " WHEN h.first = p.id THEN h.first_knows ELSE h.second_knows END ORDER BY h.found_at, h.id"
)


_UNDECIDED = (
    "SELECT o.id, COUNT(*) AS conflicts FROM deconfliction_hit h"
    " JOIN operation_plan p ON p.id = h.first OR p.id = h.second"
    " JOIN operation_plan q ON q.id = CASE WHEN h.first = p.id THEN h.second ELSE h.first END"
    " JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " WHERE h.closed_at IS NULL AND q.disclosure <> 'silent' AND MAY_SEE(e) GROUP BY o.id"
)


async def operation_plan(viewer: Viewer, event: Event) -> Operation | None:
    """Return the plan of an operation, or None while it has none."""
    found = await rows(_PLAN, viewer, " AND p.event = {}", event.id)
    if not found:
        return None
    row = found[0]
    return Operation(
        id=row["id"],
        event=event,
        state=OperationState(row["state"]),
        supervisor_id=row["supervisor"],
        supervisor=f"{row['name']} ({row['code']})" if row["supervisor"] else "",
        disclosure=Disclosure(row["disclosure"]),
        buffer=timedelta(minutes=row["buffer_minutes"]),
        version=row["version"],
        kind=row["kind"],
        sites=tuple((await plan_sites(viewer, event)).values()),
        commitments=tuple(_commitment(one) for one in await rows(_AGENCIES, viewer, _BY_AGENCY, event.id)),
        clearances=tuple(_clearance(one) for one in await rows(_CLEARANCES, viewer, _NEWEST, event.id)),
    )


async def plan_sites(viewer: Viewer, event: Event) -> dict[UUID, PlannedSite]:
    """Return the sites of an operation by id, targets first."""
    found = {row["id"]: _site(row) for row in await rows(_SITES, viewer, " AND p.event = {} ORDER BY s.id", event.id)}
    order = list(SiteRole)
    return dict(sorted(found.items(), key=lambda one: (order.index(one[1].role), one[1].place)))


async def plan_hits(viewer: Viewer, of: Operation) -> list[Hit]:
    """Return the conflicts of an operation that its side may know of, oldest first; none for others who see it."""
    if not knows_conflicts(viewer, of):
        return []
    return [_hit(row) for row in await rows(_HITS, viewer, "", of.event.id)]


async def undecided_conflicts(viewer: Viewer) -> dict[UUID, int]:
    """Return how many conflicts without a decision the sides of operations are shown, by the date of the operation."""
    return {row["id"]: row["conflicts"] for row in await rows(_UNDECIDED, viewer, "")}


_BY_AGENCY = " AND p.event = {} ORDER BY g.code"
_NEWEST = " AND p.event = {} ORDER BY CASE WHEN c.replaced_at IS NULL THEN 0 ELSE 1 END, c.replaced_at DESC, c.id"


def _site(row: Row) -> PlannedSite:
    point = Point(row["latitude_e6"], row["longitude_e6"], row["radius_ft"])
    return PlannedSite(role=SiteRole(row["role"]), place=row["place"], point=point)


def _commitment(row: Row) -> Commitment:
    return Commitment(
        agency_id=row["agency"],
        agency=row["code"],
        people=row["people"],
        vehicles=row["vehicles"],
        skills=row["skills"],
        acknowledged=row["acknowledged"],
        acknowledged_by=row["name"] or "",
        acknowledged_at=row["acknowledged_at"],
    )


def _clearance(row: Row) -> PlanClearance:
    return PlanClearance(
        system=System(row["system"]) if row["system"] else None,
        number=row["number"],
        result=OutsideResult(row["result"]) if row["result"] else None,
        reason=row["reason"],
        submitted_at=row["submitted_at"],
        by=f"{row['name']} ({row['code']})",
        recorded_at=row["recorded_at"],
        replaced_at=row["replaced_at"],
        ended_by=f"{row['ended_by']} ({row['ended_by_agency']})" if row["ended_by"] else "",
    )


def _hit(row: Row) -> Hit:
    is_over = row["closed_at"] is not None
    is_open = Disclosure(row["disclosure"]) is Disclosure.OPEN and not is_over
    was_silent = is_over and row["their_lead"] is None  # it decided alone, and this side is shown nothing of that
    outcome = Outcome.SUPERSEDED if was_silent else row["outcome"]
    return Hit(
        id=row["id"],
        other_plan=row["other_plan"],
        found_at=row["found_at"],
        other=OtherSide(
            agency=row["code"],
            lead=(row["their_lead"] or "") if is_over else row["name"],
            phone="" if is_over else row["phone"],
            email="" if is_over else row["email"],
            starts_at=row["starts_at"] if is_open else None,
            ends_at=row["ends_at"] if is_open else None,
        ),
        distance_ft=row["distance_ft"] if is_open else None,
        gap=timedelta(minutes=row["gap_minutes"]) if is_open else None,
        mine=Decision(row["mine"]) if row["mine"] else None,
        theirs=Decision(row["theirs"]) if row["theirs"] and not was_silent else None,
        outcome=Outcome(outcome) if outcome else None,
        closed_at=row["closed_at"],
        lead=row["our_lead"] or "",
        reason=row["reason"] or "",
        dropped_at=row["dropped_at"],
    )


_STATE_OF_EACH = "SELECT p.event, p.state FROM operation_plan p JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"


async def state_of_plan(viewer: Viewer, event_id: UUID) -> OperationState | None:
    """Return the state of the plan of one event; None for an event without one."""
    found = await rows(_STATE_OF_EACH, viewer, " AND p.event = {}", event_id)
    return OperationState(found[0]["state"]) if found else None


async def every_plan_state(viewer: Viewer) -> dict[UUID, OperationState]:
    """Return the states of the plans that the viewer may see, by event."""
    return {row["event"]: OperationState(row["state"]) for row in await rows(_STATE_OF_EACH, viewer, "")}


_PLANNED = (
    " AND e.kind = 'joint_operation' AND e.visibility = 'named' AND e.rrule IS NULL"
    " AND EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id)"
    " AND (e.created_at > {} OR (e.created_at = {} AND e.id > {})) ORDER BY e.created_at, e.id LIMIT {}"
)
_STATES = "SELECT p.event, p.state, p.version FROM operation_plan p JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"


class PlanState(NamedTuple):
    """Where a plan is, and its version."""

    state: OperationState
    version: int


async def planned_operations(viewer: Viewer, after: tuple[datetime, UUID], limit: int) -> list[Event]:
    """Return operations with a plan, in the order in which their events were created."""
    return await events_where(viewer, _PLANNED, after[0], *after, limit)


async def versions_and_states(viewer: Viewer, of: Iterable[Event]) -> dict[UUID, PlanState]:
    """Return where the plans of these operations are, by event."""
    wanted = [one.id for one in of]
    if not wanted:
        return {}
    listed = sql_list(wanted)
    found = await rows(_STATES, viewer, " AND p.event IN ({})", listed)
    return {row["event"]: PlanState(OperationState(row["state"]), row["version"]) for row in found}
