"""Whatever three people do to a plan and to its event, in any order: no plan is approved by one of them alone."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.faults.senders import IS_FULL
from tests.scenarios.series_editor import no_event
from tests.usecases.operations.world import FAR, RISSAFE, plan_operation, site, with_another_lead
from tracker.errors import TrackerError
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.orders import Paragraph
from tracker.rules.operations.plans import Operation
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.operations import ComparedPlaces
from tracker.usecases.events import history, scheduling
from tracker.usecases.operations import approvals, deconfliction, orders, plans
from tracker.usecases.operations.plans import plan_basics
from tracker.usecases.operations.states import operation_for

LEAD, COORDINATOR, ALTERNATE = PEOPLE = ("fbi_lead", "coordinator", "fbi_alternate")
KINDS = ("Arrest", "Search warrant")
MINUTES = (-90, -30, 30, 90)


class Deed(NamedTuple):
    """One try: what, who, and a number that says which."""

    name: str
    who: str
    which: int = 0


class Approvers:
    """Bluestem, which the FBI's lead and the coordinator can edit, and whose supervisor any of the three may name."""

    def __init__(self, cast: Cast) -> None:
        self._cast, self._now = cast, NOW
        self._deeds: dict[str, Callable[[Viewer, int], Awaitable[object]]] = {
            "name": self._name,
            "kind": lambda who, which: plans.choose_operation_kind(who, self.plan, KINDS[which % 2], KINDS, self._now),
            "order": self._order,
            "site": lambda who, _: plans.add_site_to_plan(who, self.plan, site(FAR), self._now),
            "shift": self._shift,
            "retitle": self._retitle,
            "undo": self._undo,
            "number": lambda who, _: approvals.record_deconfliction_number(who, self.plan, RISSAFE, self._now),
            "waive": lambda who, _: approvals.waive_deconfliction(who, self.plan, "A child is in danger.", self._now),
            "submit": lambda who, _: self._enter(who, OperationState.SUBMITTED),
            "approve": lambda who, _: self._enter(who, OperationState.APPROVED),
            "return": lambda who, _: self._enter(who, OperationState.PLANNING),
            "clock": lambda _, __: deconfliction.compare_due(self._now),
        }

    @property
    def names(self) -> list[str]:
        """Return the names of what can be tried."""
        return list(self._deeds)

    async def begin(self) -> None:
        """Plan the operation, with nothing before it."""
        await no_event()
        await ComparedPlaces.delete(force=True)
        self.plan = await plan_operation(self._cast.fbi_lead, self._cast.coordinator, self._cast.fbi_alternate)

    async def held(self) -> Operation:
        """Return the plan as it is."""
        return await operation_for(self._cast.fbi_lead, self.plan)

    async def attempt(self, deed: Deed) -> None:
        """Try it, a minute after the one before; what is refused changes nothing. The clock is a deed."""
        self._now += timedelta(minutes=1)
        with suppress(TrackerError):
            await self._deeds[deed.name](self._cast.members[deed.who], deed.which)

    async def _enter(self, who: Viewer, to: OperationState) -> None:
        await approvals.change_plan_state(who, self.plan, to, self._now)

    async def _name(self, who: Viewer, which: int) -> None:
        basics = plan_basics(await operation_for(who, self.plan))
        named = self._cast.members[PEOPLE[which % 3]].member_id
        await plans.change_plan_basics(who, self.plan, replace(basics, supervisor_id=named), self._now)

    async def _order(self, who: Viewer, which: int) -> None:
        read = (await orders.order_view(who, self.plan, "2027-01-16")).version
        text = {Paragraph.MISSION: f"Secure lot {which}."}
        await orders.save_operations_order(who, self.plan, text, self._now, read=read)

    async def _shift(self, who: Viewer, which: int) -> None:
        event, plan = await scheduling.plan_to_change(who, self.plan)
        assert plan.starts
        later = plan.starts + timedelta(minutes=MINUTES[which % len(MINUTES)])
        await scheduling.change_event(who, self.plan, replace(plan, starts=later), event.version, self._now)

    async def _retitle(self, who: Viewer, which: int) -> None:
        event, plan = await scheduling.plan_to_change(who, self.plan)
        plan = replace(plan, title=f"Operation Bluestem {which}")
        await scheduling.change_event(who, self.plan, plan, event.version, self._now)

    async def _undo(self, who: Viewer, which: int) -> None:
        """Undo what this person did a minute ago, as if it were seconds."""
        made_at = self._now - timedelta(minutes=1)
        change_id = await history.change_made_at(who, self.plan, made_at)
        if change_id:
            await history.undo_change(who, self.plan, change_id, made_at + timedelta(seconds=which))


NAMES = Approvers(Cast({}, {}, {})).names
anything = some.builds(Deed, some.sampled_from(NAMES), some.sampled_from(PEOPLE), some.integers(0, 11))
onward = some.sampled_from(
    [
        Deed("name", LEAD, 1),
        Deed("submit", LEAD),
        Deed("number", LEAD),
        Deed("approve", COORDINATOR),
        Deed("shift", COORDINATOR, 2),
    ]
)
bounded = settings(
    max_examples=300 if IS_FULL else 20,
    derandomize=not IS_FULL,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Each example begins with a new plan in the same database; `make faults` tries many more."""
READY = [Deed("name", LEAD, 1), Deed("submit", LEAD), Deed("number", LEAD)]
ALONE = {
    "a small move by the supervisor": [*READY, Deed("shift", COORDINATOR, 2)],
    "a small move that the clock has compared": [*READY, Deed("shift", COORDINATOR, 2), Deed("clock", LEAD)],
    "a small move under another person's title": [*READY, Deed("shift", COORDINATOR, 2), Deed("retitle", LEAD)],
    "a move before the lead submits": [Deed("name", LEAD, 1), Deed("shift", COORDINATOR, 3), *READY[1:]],
    "their own naming": [Deed("name", COORDINATOR, 1), *READY[1:]],
    "their own submission": [Deed("name", LEAD, 1), Deed("submit", COORDINATOR), Deed("number", LEAD)],
}


async def approvals_in(cast: Cast, deeds: list[Deed]) -> int:
    """Try the deeds; check who took part in each plan that was approved, and return how many were."""
    approvers = Approvers(await with_another_lead(cast))
    await approvers.begin()
    submitted_by = made_by = named_by = None
    approved = 0
    for deed in deeds:
        before = await approvers.held()
        await approvers.attempt(deed)
        after, by = await approvers.held(), cast.members[deed.who].member_id
        if after.state is OperationState.APPROVED is not before.state:
            assert by not in {before.event.lead_id, submitted_by, made_by, named_by}
            approved += 1
        if after.state is OperationState.SUBMITTED is not before.state:
            submitted_by = by
        if after.supervisor_id != before.supervisor_id:
            named_by = by if by == after.supervisor_id else None
        is_moved = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
        if is_moved or (deed.name in {"name", "kind", "order", "site"} and after.version != before.version):
            made_by = by
    return approved


@bounded
@given(deeds=some.lists(onward | onward | anything, max_size=20))
async def test_no_plan_is_approved_by_one_person_alone(cast: Cast, deeds: list[Deed]) -> None:
    await approvals_in(cast, deeds)


@pytest.mark.parametrize("deeds", ALONE.values(), ids=ALONE.keys())
async def test_no_known_way_makes_the_supervisor_the_only_one_who_took_part(cast: Cast, deeds: list[Deed]) -> None:
    assert await approvals_in(cast, [*deeds, Deed("approve", COORDINATOR)]) == 0


async def test_a_second_person_approves_what_the_lead_moved_last(cast: Cast) -> None:
    deeds = [*READY, Deed("shift", COORDINATOR, 2), Deed("shift", LEAD, 1), Deed("approve", COORDINATOR)]
    assert await approvals_in(cast, deeds) == 1
