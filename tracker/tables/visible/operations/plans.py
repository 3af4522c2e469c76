"""Plans of operations, their sites, approvals, and orders, as far as the viewer may see the operation."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from tracker.database.queries import sql_list, wanted_ids
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event
from tracker.rules.operations.approvals import Approval, PlanDuty, PlanReturn
from tracker.rules.operations.deconfliction import Hit, Outcome
from tracker.rules.operations.moves import Span
from tracker.rules.operations.orders import Order, OrderVersion, Paragraph, Phase
from tracker.rules.operations.plans import (
    Commitment,
    Disclosure,
    Operation,
    PlanClearance,
    PlannedSite,
    Point,
    SiteRole,
    knows_conflicts,
)
from tracker.rules.operations.readiness import is_outside_window
from tracker.rules.operations.states import FALLS_BACK, OperationState
from tracker.tables.visible.core import Row, rows, rows_as, with_agency
from tracker.tables.visible.events.events import LINE, date_line_of, events_where

PLANNED_DATES = "operation_plan p CROSS JOIN event e CROSS JOIN occurrence o"
OF_THEIR_PLAN = "e.id = p.event AND o.event = e.id"
"""The condition that belongs to it."""
_PLAN = (
    "SELECT p.id, o.starts_at, o.ends_at, p.state, p.supervisor AS supervisor_id,"
    f" COALESCE({with_agency('m', 'g')}, '') AS supervisor, p.disclosure, p.buffer_minutes * 60 AS buffer,"
    " p.version, p.kind, p.supervisor_named_by AS supervisor_named_by_id, p.changed_by AS changed_by_id,"
    " (SELECT c.entered_by FROM operation_state_change c WHERE c.plan = p.id AND c.state = 'submitted'"
    " ORDER BY c.entered_at DESC LIMIT 1) AS submitted_by_id,"
    " (SELECT MAX(v.version) FROM operation_approval v WHERE v.plan = p.id AND v.ended_at IS NULL) AS approved_version"
    " FROM operation_plan p JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " LEFT JOIN member m ON m.id = p.supervisor LEFT JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_SITES = (
    "SELECT s.id, s.role, s.place, s.latitude_e6, s.longitude_e6, s.radius_ft FROM operation_site s"
    " JOIN operation_plan p ON p.id = s.plan JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"
)
_AGENCIES = (
    "SELECT a.agency AS agency_id, g.code AS agency, a.people, a.vehicles, a.skills, a.acknowledged,"
    " COALESCE(m.name, '') AS acknowledged_by, a.acknowledged_at"
    " FROM operation_agency a JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN agency g ON g.id = a.agency LEFT JOIN member m ON m.id = a.acknowledged_by WHERE MAY_SEE(e)"
)
_CLEARANCES = (
    f"SELECT c.system, c.number, c.result, c.reason, c.submitted_at, {with_agency('m', 'g')} AS by, c.recorded_at,"
    f" c.replaced_at, COALESCE({with_agency('x', 'y')}, '') AS ended_by FROM clearance c"
    " JOIN operation_plan p ON p.id = c.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = c.submitted_by JOIN agency g ON g.id = m.agency"
    " LEFT JOIN member x ON x.id = c.ended_by LEFT JOIN agency y ON y.id = x.agency WHERE MAY_SEE(e)"
)
# The other side, x and its date y, is read whether or not the viewer may see it: as far as it discloses itself.
_HITS = (
    "SELECT h.id, q.id AS other_plan, h.found_at, h.closed_at, h.dropped_at, h.outcome, h.distance_ft,"
    " h.gap_minutes * 60 AS gap, q.disclosure, m.name, m.phone, m.email, g.code AS agency, y.starts_at, y.ends_at,"
    " mine.decision AS mine, theirs.decision AS theirs, COALESCE(mine.reason, '') AS reason,"
    " COALESCE(CASE WHEN h.first = p.id THEN one.name ELSE two.name END, '') AS lead,"
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
    records = await rows(_PLAN, viewer, " AND p.event = {}", event.id)
    if not records:
        return None
    parts = {
        "event": event,
        "sites": [*(await plan_sites(viewer, event)).values()],
        "commitments": await rows_as(Commitment, _AGENCIES, viewer, " AND p.event = {} ORDER BY g.code", event.id),
        "clearances": await rows_as(PlanClearance, _CLEARANCES, viewer, _NEWEST, event.id),
    }
    return msgspec.convert({**records[0], **parts}, Operation, strict=False)


async def plan_sites(viewer: Viewer, event: Event) -> dict[UUID, PlannedSite]:
    """Return the sites of an operation by id, targets first."""
    records = await rows(_SITES, viewer, " AND p.event = {} ORDER BY s.id", event.id)
    sites = {}
    for row in records:
        point = Point(row["latitude_e6"], row["longitude_e6"], row["radius_ft"])
        sites[row["id"]] = PlannedSite(role=SiteRole(row["role"]), place=row["place"], point=point)
    order = list(SiteRole)
    return dict(sorted(sites.items(), key=lambda site: (order.index(site[1].role), site[1].place)))


async def plan_hits(viewer: Viewer, of: Operation) -> list[Hit]:
    """Return the conflicts of an operation that its side may know of, oldest first; none for others who see it."""
    if not knows_conflicts(viewer, of):
        return []
    return [_hit(row) for row in await rows(_HITS, viewer, "", of.event.id)]


async def undecided_conflicts(viewer: Viewer) -> dict[UUID, int]:
    """Return how many conflicts without a decision the sides of operations are shown, by the date of the operation."""
    return {row["id"]: row["conflicts"] for row in await rows(_UNDECIDED, viewer, "")}


_NEWEST = " AND p.event = {} ORDER BY CASE WHEN c.replaced_at IS NULL THEN 0 ELSE 1 END, c.replaced_at DESC, c.id"


def _hit(row: Row) -> Hit:
    is_over = row["closed_at"] is not None
    is_open = row["disclosure"] == Disclosure.OPEN and not is_over
    was_silent = is_over and row["their_lead"] is None  # it decided alone, and this side is shown nothing of that
    conflict = {
        "other": {
            "agency": row["agency"],
            "lead": (row["their_lead"] or "") if is_over else row["name"],
            "phone": "" if is_over else row["phone"],
            "email": "" if is_over else row["email"],
            "starts_at": row["starts_at"] if is_open else None,
            "ends_at": row["ends_at"] if is_open else None,
        },
        "distance_ft": row["distance_ft"] if is_open else None,
        "gap": row["gap"] if is_open else None,
        "theirs": None if was_silent else row["theirs"],
        "outcome": Outcome.SUPERSEDED if was_silent else row["outcome"],
    }
    return msgspec.convert({**row, **conflict}, Hit, strict=False)


_STATES = "SELECT p.event, p.state, p.version FROM operation_plan p JOIN event e ON e.id = p.event WHERE MAY_SEE(e)"


async def state_of_plan(viewer: Viewer, event_id: UUID) -> OperationState | None:
    """Return the state of the plan of one event; None for an event without one."""
    records = await rows(_STATES, viewer, " AND p.event = {}", event_id)
    return OperationState(records[0]["state"]) if records else None


async def every_plan_state(viewer: Viewer) -> dict[UUID, OperationState]:
    """Return the states of the plans that the viewer may see, by event."""
    return {row["event"]: OperationState(row["state"]) for row in await rows(_STATES, viewer, "")}


_PLANNED = (
    " AND e.kind = 'joint_operation' AND e.visibility = 'named' AND e.rrule IS NULL"
    " AND EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id)"
    " AND (e.created_at > {} OR (e.created_at = {} AND e.id > {})) ORDER BY e.created_at, e.id LIMIT {}"
)


class PlanState(NamedTuple):
    """Where a plan is, and its version."""

    state: OperationState
    version: int


async def planned_operations(viewer: Viewer, after: tuple[datetime, UUID], limit: int) -> list[Event]:
    """Return operations with a plan, in the order in which their events were created."""
    return await events_where(viewer, _PLANNED, after[0], *after, limit)


async def versions_and_states(viewer: Viewer, of: Iterable[Event]) -> dict[UUID, PlanState]:
    """Return where the plans of these operations are, by event."""
    records = await rows(_STATES, viewer, " AND p.event IN ({})", wanted_ids(event.id for event in of))
    return {row["event"]: PlanState(OperationState(row["state"]), row["version"]) for row in records}


_DUTIES = (
    f"{LINE}, p.state, p.version, p.supervisor AS supervisor_id, a.id IS NOT NULL AS is_committed, a.acknowledged"
    f" FROM {PLANNED_DATES}"
    f" LEFT JOIN operation_agency a ON a.plan = p.id AND a.agency = {{}} WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
)
_TO_COME = (
    " AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled' AND (p.supervisor = {} OR a.id IS NOT NULL)"
    " ORDER BY o.starts_at, o.id"
)
# Someone who could be named now: `rules.operations.guards.Facts.has_supervisor`.
_CAN_APPROVE = (
    "SELECT 1 FROM invitation i JOIN member m ON m.id = i.member JOIN agency g ON g.id = m.agency"
    " WHERE i.event = e.id AND i.member = p.supervisor AND i.withdrawn_at IS NULL AND m.id <> e.lead"
    " AND m.status = 'active' AND g.arm = 'law_enforcement'"
)
_WITHOUT_SUPERVISOR = (
    f"{LINE} FROM {PLANNED_DATES} WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
    " AND p.state = 'submitted' AND e.lead = {} AND o.ends_at > {}"
    f" AND NOT o.is_canceled AND e.status <> 'canceled' AND NOT EXISTS ({_CAN_APPROVE}) ORDER BY o.starts_at, o.id"
)


async def plans_without_supervisor(viewer: Viewer, now: datetime) -> list[DateLine]:
    """Return the operations that the viewer leads whose submitted plan no one can approve, soonest first."""
    return [date_line_of(row) for row in await rows(_WITHOUT_SUPERVISOR, viewer, "", viewer.member_id, now)]


async def plan_duties(viewer: Viewer, now: datetime) -> list[PlanDuty]:
    """Return the plans that the viewer approves, or to which their agency commits something, soonest first."""
    records = await rows(_DUTIES, viewer, _TO_COME, viewer.agency_id, now, viewer.member_id)
    return [msgspec.convert({**row, "line": date_line_of(row)}, PlanDuty, strict=False) for row in records]


_RETURN = f"r.version, r.comment, r.returned_at, {with_agency('m', 'g')} AS by"
_WHO = " JOIN member m ON m.id = r.returned_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
_RETURNS = (
    f"SELECT {_RETURN} FROM operation_return r"
    f" JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event{_WHO}"
    " AND p.event = {} ORDER BY r.returned_at DESC, r.id"
)
# Until the plan goes to another state, which the return itself was the last to do.
_RETURNED = (
    f"{LINE}, {_RETURN} FROM {PLANNED_DATES} JOIN operation_return r ON r.plan = p.id{_WHO} AND {OF_THEIR_PLAN}"
    " AND p.state = 'planning' AND e.lead = {} AND o.ends_at > {} AND NOT o.is_canceled AND e.status <> 'canceled'"
    " AND r.returned_at = (SELECT MAX(s.entered_at) FROM operation_state_change s WHERE s.plan = p.id)"
    " ORDER BY o.starts_at, o.id"
)


class ReturnedLine(NamedTuple):
    """An operation whose plan was sent back."""

    line: DateLine
    given: PlanReturn


async def plan_returns(viewer: Viewer, of: Operation) -> list[PlanReturn]:
    """Return what the supervisor sent back, newest first; none for others who see the operation.

    A comment can be about a conflict, so it is read by those who may know of conflicts.
    """
    if not knows_conflicts(viewer, of):
        return []
    return await rows_as(PlanReturn, _RETURNS, viewer, "", of.event.id)


async def returned_plans(viewer: Viewer, now: datetime) -> list[ReturnedLine]:
    """Return the operations to come that the viewer leads and whose plan was sent back, soonest first."""
    records = await rows(_RETURNED, viewer, "", viewer.member_id, now)
    return [ReturnedLine(date_line_of(row), msgspec.convert(row, PlanReturn, strict=False)) for row in records]


# The tracker took the plan back, so no one entered the state, and it was the last to change.
_IS_BACK = (
    "(p.state = 'planning' AND EXISTS (SELECT 1 FROM operation_state_change s WHERE s.plan = p.id"
    " AND s.state = 'planning' AND s.entered_by IS NULL AND s.was IN ({})"
    " AND s.entered_at = (SELECT MAX(t.entered_at) FROM operation_state_change t WHERE t.plan = p.id)))"
)
_MOVED = (
    f"{LINE}, {_IS_BACK} AS is_back, n.starts_at AS window_starts, n.ends_at AS window_ends FROM {PLANNED_DATES}"
    " LEFT JOIN (SELECT r.plan, m.starts_at, m.ends_at FROM operation_readiness r"
    " JOIN readiness_notice m ON m.id = r.notice WHERE m.state NOT IN ('draft', 'stood_down', 'closed')) n"
    f" ON n.plan = p.id WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
)
_TO_FOLLOW_UP = (
    f" AND e.lead = {{}} AND o.ends_at > {{}} AND NOT o.is_canceled AND e.status <> 'canceled'"
    f" AND ({_IS_BACK} OR n.ends_at <= o.starts_at OR n.starts_at >= o.ends_at) ORDER BY o.starts_at, o.id"
)


class MovedLine(NamedTuple):
    """An operation that moved: whether its plan returned to planning, and the window that its notice still names."""

    line: DateLine
    is_back: bool
    window: Span | None


async def moved_operations(viewer: Viewer, now: datetime) -> list[MovedLine]:
    """Return the operations to come that the viewer leads and whose plan or notice a move left behind, soonest first.

    A notice counts whose window no longer touches the operation, or, while the plan is back, doesn't hold all of it.
    """
    fallen = sql_list(sorted(FALLS_BACK))
    moved = []
    for row in await rows(_MOVED, viewer, _TO_FOLLOW_UP, fallen, viewer.member_id, now, fallen):
        line = date_line_of(row)
        shown = row["window_starts"], row["window_ends"]
        window = msgspec.convert(shown, Span, strict=False) if row["window_starts"] else None
        is_left = window is not None and is_outside_window(window, (line.starts_at, line.ends_at))
        moved.append(MovedLine(line, bool(row["is_back"]), window if is_left else None))
    return moved


_APPROVALS = (
    f"SELECT a.version, {with_agency('m', 'g')} AS by, a.approved_at, a.ended_at FROM operation_approval a"
    " JOIN operation_plan p ON p.id = a.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = a.approved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


async def plan_approvals(viewer: Viewer, of: Event) -> list[Approval]:
    """Return who approved the plan of an operation, newest first."""
    return await rows_as(Approval, _APPROVALS, viewer, " AND p.event = {} ORDER BY a.approved_at DESC, a.id", of.id)


_FROM = (
    " FROM operation_order r JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " JOIN member m ON m.id = r.saved_by JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_VERSIONS = f"SELECT r.version, r.saved_at, {with_agency('m', 'g')} AS saved_by{_FROM}"
_ORDERS = (
    f"SELECT r.version, r.saved_at, {with_agency('m', 'g')} AS saved_by, r.situation, r.mission, r.execution,"
    f" r.administration, r.command{_FROM}"
)
_NEWEST_ORDER = " AND p.event = {} ORDER BY r.version DESC"


async def operations_order(viewer: Viewer, event: Event) -> Order | None:
    """Return the order of an operation as it is; None before the first one."""
    records = await rows(_ORDERS, viewer, " AND p.event = {} ORDER BY r.version DESC LIMIT 1", event.id)
    return _order(records[0]) if records else None


async def order_in_version(viewer: Viewer, event: Event, version: int) -> Order | None:
    """Return the order that made a version of the plan; None for a version that something else made."""
    records = await rows(_ORDERS, viewer, " AND p.event = {} AND r.version = {}", event.id, version)
    return _order(records[0]) if records else None


async def order_versions(viewer: Viewer, event: Event) -> list[OrderVersion]:
    """Return when the order was saved, and by whom, newest first."""
    return await rows_as(OrderVersion, _VERSIONS, viewer, _NEWEST_ORDER, event.id)


def _order(row: Row) -> Order:
    paragraphs = {paragraph: row[paragraph] for paragraph in Paragraph}
    return msgspec.convert({**row, "paragraphs": paragraphs}, Order, strict=False)


_PHASES = (
    "SELECT f.id, f.name, f.start_minutes, f.end_minutes, f.begun_at, f.ended_at, f.version, o.starts_at"
    " FROM operation_phase f JOIN operation_plan p ON p.id = f.plan JOIN event e ON e.id = p.event"
    " JOIN occurrence o ON o.event = e.id WHERE MAY_SEE(e)"
)
_EARLIEST = " AND p.event = {} ORDER BY f.start_minutes, f.end_minutes, f.name, f.id"


async def operation_phases(viewer: Viewer, event: Event) -> dict[UUID, Phase]:
    """Return the phases of an operation by id, as they are planned now, earliest first."""
    phases = {}
    for row in await rows(_PHASES, viewer, _EARLIEST, event.id):
        start, end = row["starts_at"], row["end_minutes"]
        planned = {
            "starts_at": start + timedelta(minutes=row["start_minutes"]),
            "ends_at": None if end is None else start + timedelta(minutes=end),
        }
        phases[row["id"]] = msgspec.convert({**row, **planned}, Phase, strict=False)
    return phases
