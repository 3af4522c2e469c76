"""The operations order and the phases, written by the people who lead the operation, and the brief on paper.

The order has a version each time it is saved. Phases are planned with it, and timed on the day. A brief is issued in
numbered copies, each of one version and with an accountable person.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict, replace

from tracker.database import writing
from tracker.database.binding import insert_row
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence, may_edit
from tracker.rules.events.replies import Participant
from tracker.rules.operations import orders as rules
from tracker.rules.operations.check_ins import check_not_long_before
from tracker.rules.operations.deconfliction import Hit
from tracker.rules.operations.orders import (
    NumberedCopy,
    OperationContact,
    Order,
    OrderVersion,
    Paragraphs,
    Phase,
    PhasePlan,
)
from tracker.rules.operations.plans import Operation, PlannedSite, may_plan
from tracker.rules.roster.meetings import PublicSite
from tracker.tables.schema.operations import BriefCopy, OperationOrder, OperationPhase
from tracker.tables.visible import attendance
from tracker.tables.visible.operations import plans, records
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.operations import states

A_MINUTE = timedelta(minutes=1)


class OrderView(states.OperationView, frozen=True, kw_only=True):
    """An operation with its order, and its phases by id."""

    order: Order | None
    versions: list[OrderVersion]
    phases: dict[UUID, Phase]
    may_print: bool
    """Whether the viewer may issue copies of the brief."""
    may_time: bool
    """Whether the viewer may record now when phases begin and end."""

    @property
    def version(self) -> int:
        """Return the version of the order; 0 before the first one."""
        return self.order.version if self.order else 0


async def order_view(viewer: Viewer, event_id: UUID, key: str) -> OrderView:
    """Return what the page of the order shows. Errors: NotFound, also for an operation without a plan."""
    view = await states.operation_view(viewer, event_id, key)
    event = view.occurrence.event
    return OrderView(
        **asdict(view),
        order=await plans.operations_order(viewer, event),
        versions=await plans.order_versions(viewer, event),
        phases=await plans.operation_phases(viewer, event),
        may_print=may_edit(viewer, event),
        may_time=_may_time_phases(viewer, view.operation),
    )


async def order_to_change(viewer: Viewer, event_id: UUID, key: str) -> OrderView:
    """Return the same for the form. Errors: NotFound, NotAllowed."""
    view = await order_view(viewer, event_id, key)
    await states.operation_to_change(viewer, event_id)
    return view


async def order_of_version(viewer: Viewer, event_id: UUID, key: str, version: int) -> tuple[OrderView, Order]:
    """Return the order as it was saved in one version of the plan. Errors: NotFound."""
    view = await order_view(viewer, event_id, key)
    order = await plans.order_in_version(viewer, view.occurrence.event, version)
    if order is None:
        raise NotFound
    return view, order


async def phase_to_change(viewer: Viewer, event_id: UUID, key: str, phase_id: UUID) -> tuple[OrderView, Phase]:
    """Return a phase for its forms. Errors: NotFound, NotAllowed."""
    view = await order_view(viewer, event_id, key)
    if phase_id not in view.phases:
        raise NotFound
    if not view.may_change and not view.may_time:
        raise NotAllowed(states.NOT_A_LEAD)
    return view, view.phases[phase_id]


async def save_operations_order(
    viewer: Viewer, event_id: UUID, paragraphs: Paragraphs, now: datetime, *, read: int
) -> int:
    """Save the order, and return the version of the plan that it makes; the same text makes none.

    `read` is the version of the order that the viewer started from, 0 for none.
    Errors: NotFound, NotAllowed, Conflict when the order was saved since, Invalid by field.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id)
        current = await plans.operations_order(viewer, operation.event)
        if read != (current.version if current else 0):
            raise Conflict("Someone saved the order after you opened it.")
        full = rules.checked_paragraphs(paragraphs)
        if current and full == current.paragraphs:
            return current.version
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        version = operation.version + 1
        texts: dict[str, Any] = {paragraph.value: text for paragraph, text in full.items()}
        await insert_row(
            OperationOrder, plan=operation.id, version=version, saved_by=viewer.member_id, saved_at=now, **texts
        )
        await audit.record(viewer.actor, "order_saved", "event", event_id, {"version": version}, now)
    return version


async def plan_phase(
    viewer: Viewer, event_id: UUID, plan: PhasePlan, now: datetime, *, version: int | None = None
) -> None:
    """Plan a phase; each agency has to acknowledge the plan again.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        if len(await plans.operation_phases(viewer, operation.event)) >= rules.MOST_PHASES:
            raise Invalid(name=f"An operation has at most {rules.MOST_PHASES} phases.")
        columns = _phase_columns(operation, plan)
        await insert_row(OperationPhase, plan=operation.id, **columns)
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        await audit.record(viewer.actor, "phase_added", "event", event_id, {}, now)


async def replan_phase(
    viewer: Viewer, event_id: UUID, phase_id: UUID, plan: PhasePlan, now: datetime, *, version: int | None = None
) -> None:
    """Plan a phase differently; each agency has to acknowledge the plan again, unless nothing is different.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since, Invalid by field.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        phase = await _phase_of(viewer, operation, phase_id)
        columns = _phase_columns(operation, plan)
        if (plan.name, plan.starts_at, plan.ends_at) == (phase.name, phase.starts_at, phase.ends_at):
            return
        await OperationPhase.update(**columns).where(OperationPhase.id == phase_id)
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        await audit.record(viewer.actor, "phase_changed", "event", event_id, {"phase": phase_id}, now)


async def delete_phase(
    viewer: Viewer, event_id: UUID, phase_id: UUID, now: datetime, *, version: int | None = None
) -> Phase:
    """Remove a phase and return it; each agency has to acknowledge the plan again.

    Errors: NotFound, NotAllowed, Conflict when the plan has changed since.
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id, version)
        phase = await _phase_of(viewer, operation, phase_id)
        await OperationPhase.delete().where(OperationPhase.id == phase_id)
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        await audit.record(viewer.actor, "phase_removed", "event", event_id, {"phase": phase_id}, now)
    return phase


async def begin_phase(viewer: Viewer, event_id: UUID, phase_id: UUID, now: datetime) -> Phase:
    """Record that a phase begins now, and return it. Errors: NotFound, NotAllowed, Conflict if it has begun."""
    async with writing():
        _, phase = await _phase_to_time(viewer, event_id, phase_id)
        if phase.begun_at:
            raise Conflict(f"{phase.name} has already started.")
        return await _record_times(viewer, event_id, replace(phase, begun_at=now), now)


async def end_phase(viewer: Viewer, event_id: UUID, phase_id: UUID, now: datetime) -> Phase:
    """Record that a phase ends now, and return it. Errors: NotFound, NotAllowed, Conflict unless it is under way."""
    async with writing():
        _, phase = await _phase_to_time(viewer, event_id, phase_id)
        if not phase.begun_at or phase.ended_at:
            raise Conflict(f"{phase.name} has already ended." if phase.ended_at else f"{phase.name} hasn’t started.")
        return await _record_times(viewer, event_id, replace(phase, ended_at=now), now)


async def undo_phase_time(viewer: Viewer, event_id: UUID, phase_id: UUID, moment: datetime, now: datetime) -> Phase:
    """Take back that a phase began or ended at `moment`, and return it.

    Errors: NotFound, NotAllowed, Conflict when it is something else by now.
    """
    async with writing():
        _, phase = await _phase_to_time(viewer, event_id, phase_id)
        if phase.ended_at == moment:
            return await _record_times(viewer, event_id, replace(phase, ended_at=None), now)
        if phase.begun_at == moment and phase.ended_at is None:
            return await _record_times(viewer, event_id, replace(phase, begun_at=None), now)
        raise Conflict(f"The times of {phase.name} have changed since.")


async def correct_phase_times(
    viewer: Viewer,
    event_id: UUID,
    phase_id: UUID,
    begun_at: datetime | None,
    ended_at: datetime | None,
    now: datetime,
    *,
    seen: int | None = None,
) -> Phase:
    """Record other times for a phase, and return it; `seen` is the version of its times that the viewer started from.

    Errors: NotFound, NotAllowed, Conflict when its times have changed since, Invalid by field.
    """
    async with writing():
        operation, phase = await _phase_to_time(viewer, event_id, phase_id)
        if seen not in (None, phase.version):
            raise Conflict(f"The times of {phase.name} have changed since.")
        rules.check_phase_times(begun_at, ended_at, now)
        typed = {"begun": (begun_at, phase.begun_at), "ended": (ended_at, phase.ended_at)}
        check_not_long_before(typed, operation.starts_at, now)
        return await _record_times(viewer, event_id, replace(phase, begun_at=begun_at, ended_at=ended_at), now)


def _may_time_phases(viewer: Viewer, operation: Operation) -> bool:
    return may_plan(viewer, operation.event) and operation.state in rules.TIMED_IN


async def _phase_to_time(viewer: Viewer, event_id: UUID, phase_id: UUID) -> tuple[Operation, Phase]:
    operation = await states.operation_led(viewer, event_id)
    if not _may_time_phases(viewer, operation):
        raise NotAllowed("Times are recorded once the plan is approved, until the operation is closed.")
    return operation, await _phase_of(viewer, operation, phase_id)


async def _phase_of(viewer: Viewer, operation: Operation, phase_id: UUID) -> Phase:
    phase = (await plans.operation_phases(viewer, operation.event)).get(phase_id)
    if phase is None:
        raise NotFound
    return phase


async def _record_times(viewer: Viewer, event_id: UUID, phase: Phase, now: datetime) -> Phase:
    await OperationPhase.update(
        begun_at=phase.begun_at, ended_at=phase.ended_at, version=OperationPhase.version + 1
    ).where(OperationPhase.id == phase.id)
    facts = {"phase": phase.id, "begun": phase.begun_at, "ended": phase.ended_at}
    await audit.record(viewer.actor, "phase_timed", "event", event_id, facts, now)
    return phase


def _phase_columns(operation: Operation, plan: PhasePlan) -> dict[str, Any]:
    """Return the columns of a phase, its times counted from the start of the operation. Errors: Invalid by field."""
    rules.check_phase_plan(plan, operation.starts_at, operation.ends_at)
    return {
        "name": plan.name,
        "start_minutes": (plan.starts_at - operation.starts_at) // A_MINUTE,
        "end_minutes": None if plan.ends_at is None else (plan.ends_at - operation.starts_at) // A_MINUTE,
    }


class Brief(Struct, frozen=True, kw_only=True):
    """An operation's date with the people on it, its plan if it has one, and the copies of its brief so far."""

    occurrence: Occurrence
    operation: Operation | None
    people: tuple[Participant, ...]
    copies: tuple[NumberedCopy, ...]

    @property
    def version(self) -> int | None:
        """Return the version that the next copy shows; None without a plan."""
        return self.operation.version if self.operation else None

    @property
    def agencies(self) -> Counter[str]:
        """Return how many people are on the operation, by the short name of their agency."""
        return Counter(person.agency for person in self.people)


class PrintedCopy(Struct, frozen=True, kw_only=True):
    """What is on one copy; of the plan, what both its holder and the person who prints it may see."""

    brief: Brief
    copy: NumberedCopy
    order: Order | None
    phases: tuple[Phase, ...]
    sites: tuple[PlannedSite, ...]
    sites_left_out: int
    off_site: tuple[PublicSite, ...]
    """Where the operation has off-site services, by public name."""
    contacts: tuple[OperationContact, ...]
    """People with a role and their numbers; empty when victim services hold or print the copy."""
    hits: tuple[Hit, ...]
    """Conflicts with other operations and what was agreed; only if holder and printer both may know of them."""


async def brief_with_copies(viewer: Viewer, event_id: UUID, key: str) -> Brief:
    """Return an operation with the copies of its brief. Errors: NotFound, NotAllowed."""
    occurrence = await date_seen_by(viewer, event_id, key)
    rules.check_brief(viewer, occurrence.event)
    return Brief(
        occurrence=occurrence,
        operation=await plans.operation_plan(viewer, occurrence.event),
        people=tuple(await attendance.participants(viewer, occurrence)),
        copies=tuple(await records.brief_copies(viewer, occurrence)),
    )


async def issue_brief_copy(viewer: Viewer, event_id: UUID, key: str, member_id: UUID | None, now: datetime) -> int:
    """Issue the next copy of a brief, in the version of now, to one of the people on the operation; return its number.

    Errors: NotFound, NotAllowed, Invalid(member) for a person who is not on the operation.
    """
    async with writing():
        brief = await brief_with_copies(viewer, event_id, key)
        if member_id is None or member_id not in {person.member_id for person in brief.people}:
            raise Invalid(member="Choose the person responsible for this copy from the people on the operation.")
        number = max((copy.number for copy in brief.copies), default=0) + 1
        await insert_row(
            BriefCopy,
            occurrence=brief.occurrence.id,
            number=number,
            issued_to=member_id,
            issued_by=viewer.member_id,
            issued_at=now,
            version=brief.version,
        )
        facts = {"date": key, "copy": number, "to": member_id, "version": brief.occurrence.event.version}
        facts |= {"plan_version": brief.version} if brief.version else {}
        await audit.record(viewer.actor, "brief_printed", "occurrence", brief.occurrence.id, facts, now)
    return number


async def printed_copy(viewer: Viewer, event_id: UUID, key: str, number: int, now: datetime) -> PrintedCopy:
    """Return what is on one copy.

    Errors: NotFound, NotAllowed, Conflict when the plan has another version by now, or its holder lost access.
    """
    brief = await brief_with_copies(viewer, event_id, key)
    numbered_copy = next((copy for copy in brief.copies if copy.number == number), None)
    if numbered_copy is None:
        raise NotFound
    if reason := rules.why_outdated(numbered_copy, brief.version):
        raise Conflict(reason)
    holder = (await viewers_for([numbered_copy.issued_to_id], now)).get(numbered_copy.issued_to_id)
    if holder is None or numbered_copy.issued_to_id not in {person.member_id for person in brief.people}:
        raise Conflict(f"{numbered_copy.issued_to} is no longer on the operation.")
    event, operation = brief.occurrence.event, brief.operation
    sites, holders_sites = await plans.plan_sites(viewer, event), await plans.plan_sites(holder, event)
    shared = tuple(site for site_id, site in sites.items() if holders_sites.get(site_id) == site)
    known = [await plans.plan_hits(reader, operation) for reader in (viewer, holder)] if operation else [[], []]
    return PrintedCopy(
        brief=brief,
        copy=numbered_copy,
        order=await plans.operations_order(viewer, event),
        phases=tuple((await plans.operation_phases(viewer, event)).values()),
        sites=shared,
        sites_left_out=len(sites) - len(shared),
        off_site=tuple(await records.off_site_places(viewer, event)),
        contacts=tuple(await records.operation_contacts(viewer, event))
        if rules.may_carry_contacts(viewer, holder)
        else (),
        hits=rules.shared_agreements(*known),
    )
