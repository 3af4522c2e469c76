"""People who do anything to the plans of two operations, in any order, and what the tables hold afterward."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tests.cast import NOW, Cast
from tests.scenarios.series_editor import no_event
from tests.usecases.operations.world import BEGINS, FAR, RISSAFE, SIX, A, B, disclose, plan_operation, site
from tracker.errors import TrackerError
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.states import STATES, OperationState
from tracker.tables.schema import operations as rows
from tracker.tables.schema.events import Occurrence
from tracker.tables.schema.operations import ComparedPlaces
from tracker.tables.visible.operations import plans as visible
from tracker.usecases.events import scheduling
from tracker.usecases.operations import approvals, deconfliction, plans
from tracker.usecases.operations.plans import plan_basics
from tracker.usecases.operations.states import operation_for

LEAD, SUPERVISOR, ANOTHER, RIVAL = "fbi_lead", "fbi_alternate", "kcpd_detective", "kcpd_alternate"
PEOPLE = (LEAD, SUPERVISOR, ANOTHER, RIVAL, "hsi_liaison", "coordinator", "caht_lead", "administrator")
IN_ORDER = tuple(OperationState)
MINUTES = (-90, -45, -30, 30, 45, 90)


class Deed(NamedTuple):
    """One try: what, who, and a number that says which."""

    name: str
    who: str
    which: int


class StoredPlan(Struct, frozen=True):
    """What the tables hold of Bluestem, read without the product's rules."""

    state: OperationState
    supervisor: UUID | None
    buffer: int
    version: int
    starts_at: datetime
    ends_at: datetime
    sites: frozenset[tuple[str, int, int, int]]
    acknowledged: frozenset[int | None]
    clearance: tuple[datetime, datetime] | None
    """For which time the number or the waiver was given that holds."""
    approval: tuple[UUID, datetime, datetime] | None
    """By whom, and for which time, the approval was given that holds."""
    shown_conflicts: int
    """Conflicts without a decision with operations that show themselves."""


class PlanMakers:
    """Bluestem of the FBI, Larkspur of the KCPD, and everyone who tries something."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._deeds: dict[str, Callable[[Viewer, int], Awaitable[object]]] = {
            "advance": self._advance,
            "move": self._move,
            "add site": self._add_site,
            "remove site": self._remove_site,
            "basics": self._basics,
            "number": self._number,
            "waive": self._waive,
            "commit": self._commit,
            "withdraw": self._withdraw,
            "acknowledge": self._acknowledge,
            "shift": self._shift,
            "cancel": self._cancel,
            "restore": self._restore,
            "rival": self._rival,
            "decide": self._decide,
            "clock": self._clock,
        }

    @property
    def names(self) -> list[str]:
        """Return the names of what can be tried."""
        return list(self._deeds)

    async def begin(self) -> None:
        """Plan both operations, far apart, with nothing before them."""
        await no_event()
        await ComparedPlaces.delete(force=True)
        cast = self._cast
        on_it = cast.fbi_alternate, cast.kcpd_detective, cast.hsi_liaison
        self.bluestem = await plan_operation(cast.fbi_lead, *on_it)
        self.larkspur = await plan_operation(cast.kcpd_alternate, cast.ipd_liaison, title="Operation Larkspur", at=FAR)
        supervisor = cast.fbi_alternate.member_id
        basics = plan_basics(await operation_for(cast.fbi_lead, self.bluestem))
        await plans.change_plan_basics(cast.fbi_lead, self.bluestem, replace(basics, supervisor_id=supervisor), NOW)
        await plans.commit_resources(
            cast.fbi_lead, self.bluestem, cast.agencies["KCPD"], people=4, vehicles=2, skills="", now=NOW
        )

    async def attempt(self, deed: Deed) -> None:
        """Try it; what is refused changes nothing, and the clock compares afterward."""
        with suppress(TrackerError):
            await self._deeds[deed.name](self._cast.members[deed.who], deed.which)
        await deconfliction.compare_due(NOW)

    async def held(self) -> StoredPlan:
        """Return what the tables hold."""
        [plan] = await rows.OperationPlan.select().where(rows.OperationPlan.event == self.bluestem)
        [date] = await Occurrence.select().where(Occurrence.event == self.bluestem)
        is_its = plan["id"]
        sites = await rows.OperationSite.select().where(rows.OperationSite.plan == is_its)
        agencies = await rows.OperationAgency.select().where(rows.OperationAgency.plan == is_its)
        numbers = await rows.Clearance.select().where(
            (rows.Clearance.plan == is_its) & rows.Clearance.replaced_at.is_null()
        )
        approvals_held = await rows.OperationApproval.select().where(
            (rows.OperationApproval.plan == is_its) & rows.OperationApproval.ended_at.is_null()
        )
        return StoredPlan(
            state=OperationState(plan["state"]),
            supervisor=plan["supervisor"],
            buffer=plan["buffer_minutes"],
            version=plan["version"],
            starts_at=date["starts_at"],
            ends_at=date["ends_at"],
            sites=frozenset((one["role"], one["latitude_e6"], one["longitude_e6"], one["radius_ft"]) for one in sites),
            acknowledged=frozenset(one["acknowledged"] for one in agencies),
            clearance=next(((one["starts_at"], one["ends_at"]) for one in numbers), None),
            approval=next(((one["approved_by"], one["starts_at"], one["ends_at"]) for one in approvals_held), None),
            shown_conflicts=await self._shown_conflicts(is_its),
        )

    async def _shown_conflicts(self, plan_id: UUID) -> int:
        hit, shown = rows.DeconflictionHit, [Disclosure.OPEN.value, Disclosure.CONTACT_ONLY.value]
        is_shown = ((hit.first == plan_id) & hit.second.disclosure.is_in(shown)) | (
            (hit.second == plan_id) & hit.first.disclosure.is_in(shown)
        )
        count: int = await hit.count().where(is_shown & hit.closed_at.is_null())
        return count

    async def _advance(self, _: Viewer, which: int) -> None:
        """Do what is missing for the next step, by the people whose part it is; sometimes leave one thing out."""
        lead, supervisor, another = (self._cast.members[one] for one in (LEAD, SUPERVISOR, ANOTHER))
        operation = await operation_for(lead, self.bluestem)
        following = STATES[operation.state].next
        if following is OperationState.APPROVED and operation.clearance is None and which != 0:
            await approvals.record_deconfliction_number(lead, self.bluestem, RISSAFE, NOW)
        if following is OperationState.BRIEFED and operation.waiting and which != 1:
            await approvals.acknowledge_plan_version(another, self.bluestem, operation.version, NOW)
        if following:
            by = supervisor if following is OperationState.APPROVED else lead
            await approvals.change_plan_state(by, self.bluestem, following, _when(following))

    async def _move(self, who: Viewer, which: int) -> None:
        to = IN_ORDER[which % len(IN_ORDER)]
        await approvals.change_plan_state(who, self.bluestem, to, _when(to))

    async def _add_site(self, who: Viewer, which: int) -> None:
        await plans.add_site_to_plan(who, self.bluestem, site((A, B)[which % 2]), NOW)

    async def _remove_site(self, who: Viewer, which: int) -> None:
        operation = await operation_for(who, self.bluestem)
        sites = sorted(await visible.plan_sites(who, operation.event))
        if sites:
            await plans.remove_site_from_plan(who, self.bluestem, sites[which % len(sites)], NOW)

    async def _basics(self, who: Viewer, which: int) -> None:
        basics = plan_basics(await operation_for(who, self.bluestem))
        other = self._cast.members[(LEAD, SUPERVISOR, "hsi_liaison", RIVAL)[which % 4]].member_id
        changed = (
            replace(basics, supervisor_id=other),
            replace(basics, buffer=timedelta(minutes=(60, 600)[which % 2])),
            replace(basics, disclosure=list(Disclosure)[which % 3]),
        )[which % 3]
        await plans.change_plan_basics(who, self.bluestem, changed, NOW)

    async def _number(self, who: Viewer, which: int) -> None:
        await approvals.record_deconfliction_number(who, self.bluestem, replace(RISSAFE, number=f"RS-{which}"), NOW)

    async def _waive(self, who: Viewer, _: int) -> None:
        await approvals.waive_deconfliction(who, self.bluestem, "A child is in danger.", NOW)

    async def _commit(self, who: Viewer, which: int) -> None:
        await plans.commit_resources(
            who, self.bluestem, who.agency_id, people=which + 1, vehicles=1, skills="", now=NOW
        )

    async def _withdraw(self, who: Viewer, _: int) -> None:
        await plans.withdraw_resources(who, self.bluestem, who.agency_id, NOW)

    async def _acknowledge(self, who: Viewer, which: int) -> None:
        version = (await operation_for(who, self.bluestem)).version
        await approvals.acknowledge_plan_version(who, self.bluestem, version - which % 2, NOW)

    async def _shift(self, who: Viewer, which: int) -> None:
        event, plan = await scheduling.plan_to_change(who, self.bluestem)
        later = (plan.starts or SIX) + timedelta(minutes=MINUTES[which % len(MINUTES)])
        await scheduling.change_event(who, self.bluestem, replace(plan, starts=later), event.version, NOW)

    async def _cancel(self, who: Viewer, _: int) -> None:
        event, _plan = await scheduling.plan_to_change(who, self.bluestem)
        await scheduling.cancel_event(who, self.bluestem, event.version, "", NOW)

    async def _restore(self, who: Viewer, _: int) -> None:
        event, _plan = await scheduling.plan_to_change(who, self.bluestem)
        await scheduling.restore_event(who, self.bluestem, event.version, NOW)

    async def _rival(self, _: Viewer, which: int) -> None:
        """Let Larkspur get in the way, show itself otherwise, or be called off and planned again."""
        rival = self._cast.members[RIVAL]
        if which % 3 == 0:
            await plans.add_site_to_plan(rival, self.larkspur, site(B), NOW)
        elif which % 3 == 1:
            await disclose(rival, self.larkspur, list(Disclosure)[which % 2])
        else:
            state = (await operation_for(rival, self.larkspur)).state
            is_off = state is OperationState.STOOD_DOWN
            to = OperationState.PLANNING if is_off else OperationState.STOOD_DOWN
            await approvals.change_plan_state(rival, self.larkspur, to, NOW)

    async def _decide(self, who: Viewer, which: int) -> None:
        """Decide about the first conflict that someone is shown."""
        event_id = self.larkspur if who.member_id == self._cast.members[RIVAL].member_id else self.bluestem
        operation = await operation_for(who, event_id)
        hits = [one for one in await visible.plan_hits(who, operation) if one.is_open]
        if hits:
            decision = (Decision.PROCEED, Decision.RESCHEDULE, Decision.NOT_A_CONFLICT)[which % 3]
            await deconfliction.decide_conflict(who, event_id, hits[0].id, decision, "Agreed by phone.", NOW)

    async def _clock(self, _: Viewer, __: int) -> None:
        """Do nothing but let the clock compare."""


def _when(to: OperationState) -> datetime:
    """Return when someone takes the operation to a state: it begins on its day."""
    return BEGINS + timedelta(hours=12) if to is OperationState.EXECUTING else NOW
