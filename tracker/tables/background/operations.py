"""Plans of operations, access to them, and readiness notices, as the clock and comparisons need them.

Ids, states, places, and times: never content.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import sql_list
from tracker.rules.core.viewers import Audience, emergency_audience
from tracker.rules.events.history import UNDO_FOR, ChangedField
from tracker.rules.operations.deconfliction import (
    AGREED,
    MILLIONTHS_IN_1000_FEET,
    Decision,
    FactsHash,
    Outcome,
    SearchBox,
    box_around,
)
from tracker.rules.operations.plans import LONGEST_BUFFER, Disclosure, Point
from tracker.rules.operations.readiness import WAITING
from tracker.rules.operations.states import COMPARED, OperationState
from tracker.tables.schema.events import EventAudience
from tracker.tables.schema.operations import (
    Clearance,
    DeconflictionHit,
    EmergencyOpening,
    HitDecision,
    OperationApproval,
    OperationPlan,
    ReadinessNotice,
    ReadinessRecipient,
)

_PLANS = (
    "SELECT p.id, p.event AS event_id, e.lead AS lead_id, p.supervisor AS supervisor_id, p.state, p.disclosure,"
    " p.buffer_minutes, p.version, p.checked_start, p.checked_end, o.starts_at, o.ends_at,"
    " (o.is_canceled OR e.status IN ('canceled', 'draft')) AS is_off"
    " FROM operation_plan p JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " WHERE e.kind = 'joint_operation' AND e.rrule IS NULL AND {} ORDER BY p.id"
)
# By time first, because only there is an index that many old operations don't make larger: CROSS JOIN keeps the order.
_NEAR = (
    "SELECT DISTINCT s.plan FROM occurrence o CROSS JOIN operation_plan p CROSS JOIN operation_site s"
    " WHERE p.event = o.event AND s.plan = p.id AND o.starts_at <= {} AND o.starts_at >= {} AND o.ends_at >= {}"
    " AND NOT o.is_canceled AND p.id <> {} AND p.state IN ({}) AND p.disclosure IN ({})"
    " AND s.role <> 'off_site_services' AND ({})"
)
_REACH = "CASE WHEN s.radius_ft > {} THEN s.radius_ft ELSE {} END"
_IN_LATITUDE = f"ABS(s.latitude_e6 - {{}}) <= {_REACH} * {MILLIONTHS_IN_1000_FEET} / 1000 + 2"
_IN_LONGITUDE = f"ABS(s.longitude_e6 - {{}}) <= {_REACH} * {{}} / 1000 + 2"
_ACROSS_THE_DATE_LINE = f"ABS(s.longitude_e6 - {{}}) >= 360000000 - {_REACH} * {{}} / 1000 - 2"
_HAS_OPEN = (
    "EXISTS (SELECT 1 FROM deconfliction_hit h WHERE h.closed_at IS NULL AND (h.first = p.id OR h.second = p.id))"
)
_MOVED = (
    "p.state IN ({}) AND ((o.ends_at > {} AND (p.checked_start IS NULL OR p.checked_start <> o.starts_at"
    " OR p.checked_end <> o.ends_at OR p.was_off <> (o.is_canceled OR e.status IN ('canceled', 'draft'))))"
    f" OR (o.ends_at <= {{}} AND {_HAS_OPEN}))"
)
_WITHOUT_PLACE = (
    "p.state IN ({}) AND o.ends_at > {} AND NOT o.is_canceled AND e.status NOT IN ('canceled', 'draft') AND NOT EXISTS"
    " (SELECT 1 FROM operation_site s WHERE s.plan = p.id AND s.role <> 'off_site_services')"
)
_BY_TIME = (
    "p.state IN ({}) AND o.starts_at <= {} AND o.starts_at >= {} AND o.ends_at >= {} AND NOT o.is_canceled"
    " AND e.status NOT IN ('canceled', 'draft')"
)
_POINTS = (
    "SELECT plan, latitude_e6, longitude_e6, radius_ft FROM operation_site"
    " WHERE role <> 'off_site_services' AND plan IN ({})"
)
_COMPARED = sql_list(sorted(COMPARED))
EVERY_LEVEL = frozenset(Disclosure)
LONGEST_OPERATION = timedelta(days=14)
"""No operation lasts longer (the rules of events refuse it)."""


class ComparedPlan(Struct, frozen=True, kw_only=True):
    """One plan; times aware UTC."""

    id: UUID
    event_id: UUID
    lead_id: UUID
    supervisor_id: UUID | None
    state: OperationState
    disclosure: Disclosure
    buffer_minutes: int
    version: int
    checked_start: datetime | None
    checked_end: datetime | None
    starts_at: datetime
    ends_at: datetime
    is_off: bool
    points: frozenset[Point]
    """Of the sites that are compared."""

    @property
    def shows_itself(self) -> bool:
        """Return whether the other side of a conflict learns that there is one."""
        return self.disclosure is not Disclosure.SILENT


class ConflictPair(Struct, frozen=True, kw_only=True):
    """A conflict: its two plans, and what was measured."""

    id: UUID
    first: UUID
    second: UUID
    distance_ft: int
    gap_minutes: int
    found_at: datetime
    facts: FactsHash
    first_knows: bool
    second_knows: bool
    closed_at: datetime | None
    outcome: Outcome | None

    @property
    def sides(self) -> tuple[UUID, UUID]:
        """Return its two plans."""
        return self.first, self.second

    @property
    def knowing(self) -> list[UUID]:
        """Return the sides that were shown it."""
        return [side for side, knows in zip(self.sides, (self.first_knows, self.second_knows), strict=True) if knows]

    def other_side(self, plan_id: UUID) -> UUID:
        """Return the side that isn't this plan."""
        return self.second if self.first == plan_id else self.first


async def compared_plans(plan_ids: Iterable[UUID]) -> dict[UUID, ComparedPlan]:
    """Return these plans by id."""
    wanted = sorted(plan_ids)
    return {plan.id: plan for plan in await _plans("p.id IN ({})", sql_list(wanted))} if wanted else {}


async def plan_of_event(event_id: UUID) -> ComparedPlan | None:
    """Return the plan of one event; None for an event without one."""
    return next(iter(await _plans("p.event = {}", event_id)), None)


async def plans_near(plan: ComparedPlan, levels: Collection[Disclosure]) -> list[ComparedPlan]:
    """Return the plans of these levels that are compared and whose time and place could be close to those of `plan`."""
    if not plan.points:
        return []
    earliest, latest = plan.starts_at - LONGEST_BUFFER, plan.ends_at + LONGEST_BUFFER
    conditions = [_in(box_around(point)) for point in sorted(plan.points)]
    boxes = QueryString(" OR ".join(["{}"] * len(conditions)), *conditions)
    when = latest, earliest - LONGEST_OPERATION, earliest
    rows = await engine().run_querystring(
        QueryString(_NEAR, *when, plan.id, _COMPARED, sql_list(sorted(levels)), boxes)
    )
    is_on = "p.id IN ({}) AND e.status NOT IN ('canceled', 'draft')"
    return await _plans(is_on, sql_list([row["plan"] for row in rows])) if rows else []


async def plans_without_place(now: datetime) -> list[ComparedPlan]:
    """Return the plans without a site that is compared, and all that could be in the way of one by their time."""
    plans = await _plans(_WITHOUT_PLACE, _COMPARED, now - LONGEST_BUFFER)
    if not plans:
        return []
    earliest = min(compared_plan.starts_at for compared_plan in plans) - LONGEST_BUFFER
    latest = max(compared_plan.ends_at for compared_plan in plans) + LONGEST_BUFFER
    return await _plans(_BY_TIME, _COMPARED, latest, earliest - LONGEST_OPERATION, max(earliest, now - LONGEST_BUFFER))


def _in(box: SearchBox) -> QueryString:
    """Return the condition that a site is in a box."""
    reach = box.radius_ft, box.radius_ft
    latitude = QueryString(_IN_LATITUDE, box.latitude_e6, *reach)
    if box.longitude_in_1000_feet is None:
        return latitude
    east = box.longitude_e6, *reach, box.longitude_in_1000_feet
    beside = QueryString(_IN_LONGITUDE, *east), QueryString(_ACROSS_THE_DATE_LINE, *east)
    return QueryString("({} AND ({} OR {}))", latitude, *beside)


async def moved_plans(now: datetime) -> list[UUID]:
    """Return the plans that were moved, canceled, or restored since they were last compared, or are long over."""
    return [plan.id for plan in await _plans(_MOVED, _COMPARED, now, now - LONGEST_BUFFER)]


async def plans_for_clock() -> list[UUID]:
    """Return the plans that changed and were not compared yet with those that show the other side nothing."""
    plan = OperationPlan
    return sorted(await plan.select(plan.id).where(plan.awaits_clock == True).output(as_list=True))  # noqa: E712 - a column


async def has_plan(event_id: UUID) -> bool:
    """Return whether an event has a plan: then it stays an operation with one date."""
    return await OperationPlan.exists().where(OperationPlan.event == event_id)


async def times_relied_on(plan_id: UUID) -> list[tuple[datetime, datetime]]:
    """Return for which times of the operation its valid deconfliction number or waiver, and approval, were given."""
    number, approval = Clearance, OperationApproval
    numbers = number.select(number.starts_at, number.ends_at).where(
        (number.plan == plan_id) & number.replaced_at.is_null()
    )
    approvals = approval.select(approval.starts_at, approval.ends_at).where(
        (approval.plan == plan_id) & approval.ended_at.is_null()
    )
    return [(row["starts_at"], row["ends_at"]) for row in [*await numbers, *await approvals]]


class HeldApproval(NamedTuple):
    """An approval that holds."""

    id: UUID
    approved_by: UUID


async def approval_that_holds(plan_id: UUID) -> HeldApproval | None:
    """Return the approval of a plan; None while it has none."""
    approval = OperationApproval
    held = await approval.select(approval.id, approval.approved_by).where(
        (approval.plan == plan_id) & approval.ended_at.is_null()
    )
    return HeldApproval(held[0]["id"], held[0]["approved_by"]) if held else None


_LAST_MOVER = (
    "SELECT c.actor FROM event_change c WHERE c.event = {} AND c.fields LIKE {} ORDER BY c.at DESC, c.id DESC LIMIT 1"
)
_MOVES_TIME = f'%["{ChangedField.WHEN}",%'
"""In the JSON of a change's fields; a quotation mark in someone's words is escaped there."""


async def last_mover(event_id: UUID) -> UUID | None:
    """Return who changed the time of an event last; None if no one did, or the change was undone."""
    rows = await engine().run_querystring(QueryString(_LAST_MOVER, event_id, _MOVES_TIME))
    return UUID(str(rows[0]["actor"])) if rows else None


_WINDOW = (
    "SELECT n.starts_at, n.ends_at FROM operation_readiness r JOIN readiness_notice n ON n.id = r.notice"
    " WHERE r.plan = {} AND n.state NOT IN ('draft', 'stood_down', 'closed')"
)


async def window_of_notice(plan_id: UUID) -> tuple[datetime, datetime] | None:
    """Return the window of a plan's notice that is scheduled or released and hasn't ended; None without one."""
    rows = await engine().run_querystring(QueryString(_WINDOW, plan_id))
    windows = [(row["starts_at"], row["ends_at"]) for row in rows]
    return msgspec.convert(windows[0], tuple[datetime, datetime], strict=False) if windows else None


async def open_pairs(plan_id: UUID, levels: Collection[Disclosure] = EVERY_LEVEL) -> list[ConflictPair]:
    """Return the conflicts of a plan with plans of these levels that have no decision yet."""
    hit, wanted = DeconflictionHit, [level.value for level in levels]
    is_first = (hit.first == plan_id) & hit.second.disclosure.is_in(wanted)
    is_second = (hit.second == plan_id) & hit.first.disclosure.is_in(wanted)
    return await _pairs((is_first | is_second) & hit.closed_at.is_null())


async def last_agreed(plan_id: UUID) -> dict[UUID, FactsHash]:
    """Return, for each other plan, the facts about which both sides agreed last."""
    is_its = (DeconflictionHit.first == plan_id) | (DeconflictionHit.second == plan_id)
    pairs = await _pairs(is_its & DeconflictionHit.outcome.is_in([outcome.value for outcome in AGREED]))
    return {pair.other_side(plan_id): pair.facts for pair in pairs}


async def every_open_pair() -> list[ConflictPair]:
    """Return every conflict that has no decision yet, oldest first."""
    return await _pairs(DeconflictionHit.closed_at.is_null())


async def decisions_by_side(hit_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, Decision]]:
    """Return what each side decided last, by conflict and plan."""
    decisions: dict[UUID, dict[UUID, Decision]] = {hit_id: {} for hit_id in hit_ids}
    if decisions:
        hold = HitDecision.hit.is_in(list(decisions)) & HitDecision.replaced_at.is_null()
        for row in await HitDecision.select(HitDecision.hit, HitDecision.plan, HitDecision.decision).where(hold):
            decisions[row["hit"]][row["plan"]] = Decision(row["decision"])
    return decisions


async def _pairs(where: Any) -> list[ConflictPair]:
    fields = ConflictPair.__struct_fields__
    rows = await DeconflictionHit.select(*fields).where(where).order_by(DeconflictionHit.found_at)
    return msgspec.convert(rows, list[ConflictPair], strict=False)


async def _plans(where: str, *arguments: Any) -> list[ComparedPlan]:
    rows = await engine().run_querystring(QueryString(_PLANS, QueryString(where, *arguments)))
    points: dict[UUID, list[Point]] = {row["id"]: [] for row in rows}
    if points:
        for row in await engine().run_querystring(QueryString(_POINTS, sql_list(sorted(points)))):
            points[row["plan"]].append(Point(row["latitude_e6"], row["longitude_e6"], row["radius_ft"]))
    plans = [{**row, "points": points[row["id"]]} for row in rows]
    return msgspec.convert(plans, list[ComparedPlan], strict=False)


_WAITING = (
    "SELECT r.id, r.ordered_at, r.wait_minutes, p.event AS event_id, e.lead AS lead_id FROM operation_release r"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event"
    " WHERE r.withdrawn_at IS NULL AND r.notified_at IS NULL AND p.state IN ('executing', 'aborted')"
    " AND EXISTS (SELECT 1 FROM operation_check_in c WHERE c.plan = p.id AND c.replaced_by IS NULL"
    " AND c.time_in IS NOT NULL AND c.time_out IS NULL) ORDER BY r.id"
)


class OverdueRelease(Struct, frozen=True, kw_only=True):
    """A release after which someone is still in, and the lead wasn't notified."""

    id: UUID
    event_id: UUID
    lead_id: UUID


async def overdue_releases(now: datetime) -> list[OverdueRelease]:
    """Return the releases whose time to check out is over."""
    rows = await engine().run_querystring(QueryString(_WAITING))
    overdue = [row for row in rows if row["ordered_at"] + timedelta(minutes=row["wait_minutes"]) <= now]
    return msgspec.convert(overdue, list[OverdueRelease], strict=False)


UNTIL = (
    "SELECT 'grant', CAST(g.until AS VARCHAR(40)), CAST(g.id AS VARCHAR(36)), CAST(w.member AS VARCHAR(36)){more}"
    " FROM who w JOIN operation_grant g ON g.member = w.member WHERE g.until > {}"
    " AND g.granted_at IS NOT NULL AND g.ended_at IS NULL"
)
"""The access of some people that ends by itself and hasn't yet, among their rights (`usecases.core.viewers.RIGHTS`)."""


_OPEN_GRANTS = (
    "SELECT g.id, g.event AS event_id, g.member AS member_id, g.granted_at IS NOT NULL AS is_granted,"
    " g.approver IS NOT NULL AS is_approved, g.until FROM operation_grant g WHERE g.ended_at IS NULL AND {}"
)


class OpenGrant(Struct, frozen=True, kw_only=True):
    """Access that has not ended, or waits for a second person."""

    id: UUID
    event_id: UUID
    member_id: UUID
    is_granted: bool
    is_approved: bool
    """Whether a second person approved it."""
    until: datetime | None


async def open_grants(event_id: UUID) -> dict[UUID, OpenGrant]:
    """Return the access to an operation that has not ended, by person."""
    return {grant.member_id: grant for grant in await _open_grants(QueryString("g.event = {}", event_id))}


async def limited_access(event_id: UUID) -> dict[UUID, UUID]:
    """Return the people whose access to an operation ends by itself, each with the id of their access."""
    grants = await open_grants(event_id)
    return {member_id: grant.id for member_id, grant in grants.items() if grant.is_granted and grant.until}


async def approved_for(event_id: UUID, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these people were let see an operation with the approval of a second person."""
    known = await open_grants(event_id)
    return frozenset(member_id for member_id in member_ids if member_id in known and known[member_id].is_approved)


async def lapsed_grants(now: datetime) -> list[OpenGrant]:
    """Return the access and requests that have not been ended, and whose time is over."""
    return await _open_grants(QueryString("g.until <= {} ORDER BY g.until, g.id", now))


async def _open_grants(which: QueryString) -> list[OpenGrant]:
    rows = await engine().run_querystring(QueryString(_OPEN_GRANTS, which))
    return msgspec.convert(rows, list[OpenGrant], strict=False)


MOST = 500  # dates in the list
_OPERATIONS = (
    "SELECT e.id AS event_id, e.lead AS lead_id, o.original_start, o.starts_at, o.ends_at"
    " FROM event e JOIN occurrence o ON o.event = e.id"
    " WHERE e.kind = 'joint_operation' AND e.visibility = 'named' AND e.status <> 'draft' AND o.ends_at >= {}{}"
    " ORDER BY o.starts_at, e.id LIMIT {}"
)


class EmergencyDate(Struct, frozen=True, kw_only=True):
    """One date of an operation for named people."""

    event_id: UUID
    lead_id: UUID
    original_start: datetime
    starts_at: datetime
    ends_at: datetime


async def emergency_dates(since: datetime, event_id: UUID | None = None) -> list[EmergencyDate]:
    """Return the dates of operations for named people that end after `since`, or of one of these, in order."""
    which = QueryString(" AND e.id = {}", event_id) if event_id else QueryString("")
    rows = await engine().run_querystring(QueryString(_OPERATIONS, since, which, MOST))
    return msgspec.convert(rows, list[EmergencyDate], strict=False)


async def opened_operations(access_id: UUID) -> frozenset[UUID]:
    """Return the operations that were opened with an access."""
    rows = await EmergencyOpening.select(EmergencyOpening.event).where(EmergencyOpening.access == access_id)
    return frozenset(row["event"] for row in rows)


async def close_emergency_audience(access_id: UUID) -> None:
    """Take the audience of an access away from every operation that was opened with it."""
    await EventAudience.delete().where(EventAudience.audience == Audience(emergency_audience(access_id)))


_IS_OFF = "(p.state = 'stood_down' OR o.is_canceled OR e.status IN ('canceled', 'draft'))"
_FOR_OPERATIONS = (
    "SELECT n.id FROM readiness_notice n JOIN operation_readiness r ON r.notice = n.id"
    " JOIN operation_plan p ON p.id = r.plan JOIN event e ON e.id = p.event JOIN occurrence o ON o.event = e.id"
    " WHERE "
)
_DUE = f"{_FOR_OPERATIONS}n.state = 'scheduled' AND n.release_at <= {{}} AND n.ends_at > {{}} AND NOT {_IS_OFF}"
_CALLED_OFF = (
    f"{_FOR_OPERATIONS}n.state IN ({{}}) AND n.ends_at > {{}} AND {_IS_OFF}"
    " AND NOT EXISTS (SELECT 1 FROM undo_snapshot u WHERE u.event = e.id AND u.at > {})"
)


async def due_notices(now: datetime) -> list[UUID]:
    """Return the notices to release: their time has come, their window isn't over, and the operation is still on."""
    return [row["id"] for row in await engine().run_querystring(QueryString(_DUE, now, now))]


async def called_off_notices(now: datetime) -> list[UUID]:
    """Return the released notices whose operation was canceled or stood down, before their window is over.

    Not while the last change of the operation can be undone: a notice that was stood down stays so.
    """
    rows = await engine().run_querystring(QueryString(_CALLED_OFF, sql_list(sorted(WAITING)), now, now - UNDO_FOR))
    return [row["id"] for row in rows]


async def recipients_of(notice_id: UUID) -> list[UUID]:
    """Return who gets a notice."""
    recipients = ReadinessRecipient.select(ReadinessRecipient.member).where(ReadinessRecipient.notice == notice_id)
    member_ids: list[UUID] = await recipients.output(as_list=True)
    return member_ids


async def window_end(notice_id: UUID) -> datetime:
    """Return when the window of a notice ends."""
    notices = ReadinessNotice.select(ReadinessNotice.ends_at).where(ReadinessNotice.id == notice_id)
    ends: list[datetime] = await notices.output(as_list=True)
    return ends[0]


async def all_acknowledged(notice_id: UUID) -> bool:
    """Return whether every recipient of a notice has acknowledged it."""
    return not await ReadinessRecipient.exists().where(
        (ReadinessRecipient.notice == notice_id) & ReadinessRecipient.acknowledged_at.is_null()
    )
