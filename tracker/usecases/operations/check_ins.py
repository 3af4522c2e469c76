"""Checking people in and out of an operation: taps that may arrive late or twice, walk-ins, corrections, and undo."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Status, Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.operations import check_ins as rules
from tracker.rules.operations.accountability import Release
from tracker.rules.operations.check_ins import CheckIn, Correction, Press, Tally, Tap, WalkIn
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.recorded_times import check_not_long_before
from tracker.tables.schema.operations.check_ins import OperationCheckIn
from tracker.tables.schema.roster.people import Agency
from tracker.tables.visible.operations import check_ins, plans, releases
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.operations.releases import follow

NOT_THEIRS = "You can check in yourself and people from your agency. The operation lead can check in anyone."
OUTSIDER = "a walk-in"


class CheckInList(Struct, frozen=True, kw_only=True):
    """An operation's check-in list as one viewer sees it."""

    occurrence: Occurrence
    operation: Operation
    lines: list[CheckIn]
    leads: bool
    """Whether the viewer is one of the people who lead it."""
    mine: frozenset[UUID]
    """The people whom the viewer may check in and out."""
    why_not_in: str | None
    """Why no one can check in now; None when people can."""
    release: Release | None
    """That everyone was released."""
    is_overdue: bool
    """Whether people are still in so long after the release that the lead was notified."""

    @property
    def agencies(self) -> Mapping[str, list[CheckIn]]:
        """Return the lines by the short name of their agency."""
        return rules.by_agency(self.lines)

    @property
    def tally(self) -> Tally:
        """Return the list in numbers."""
        return rules.tally(self.lines)

    @property
    def still_in(self) -> list[CheckIn]:
        """Return the people who have not checked out."""
        return rules.still_in(self.lines)

    @property
    def not_out(self) -> str:
        """Return the sentence that names the people who have not checked out."""
        return rules.not_out([one.words for one in self.still_in])

    @property
    def takes_taps(self) -> bool:
        """Return whether people can check in, or at least out."""
        return self.operation.state in rules.CHECKS_OUT

    @property
    def takes_walk_ins(self) -> bool:
        """Return whether the viewer can add a walk-in now."""
        return self.why_not_in is None and bool(self.leads or self.mine)

    def line(self, person_id: UUID) -> CheckIn:
        """Return one person's line. Errors: NotFound."""
        found = next((one for one in self.lines if one.person_id == person_id), None)
        if found is None:
            raise NotFound
        return found


async def check_in_list(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> CheckInList:
    """Return the check-in list of an operation. Errors: NotFound, also without a plan and outside law enforcement."""
    occurrence = await date_for(viewer, event_id, key)
    check_kind(occurrence.event)
    operation = await plans.operation(viewer, occurrence.event)
    if operation is None or not rules.may_read(viewer):
        raise NotFound
    expected = await check_ins.expected(viewer, occurrence.event)
    lines = rules.listed(expected, await check_ins.recorded(viewer, occurrence.event))
    leads = may_plan(viewer, occurrence.event)
    is_on_it = viewer.member_id in {one.member_id for one in expected}
    release = await releases.release(viewer, occurrence.event)
    is_due = release is not None and release.due_at <= now and operation.state in rules.CHECKS_OUT
    return CheckInList(
        occurrence=occurrence,
        operation=operation,
        lines=lines,
        leads=leads,
        mine=frozenset(one.person_id for one in lines if rules.may_record(viewer, one, leads=leads, is_on_it=is_on_it)),
        why_not_in=rules.why_not_in(occurrence, operation.state, now),
        release=release,
        is_overdue=is_due and bool(rules.still_in(lines)),
    )


async def agency_choices(viewer: Viewer, *, leads: bool) -> dict[UUID, str]:
    """Return the law-enforcement agencies of which the viewer may add walk-ins: all for who leads, else their own."""
    if not leads:
        return {viewer.agency_id: viewer.agency}
    is_known = (Agency.status == Status.ACTIVE.value) & (Agency.arm == Arm.LAW_ENFORCEMENT.value)
    found = await Agency.select(Agency.id, Agency.code).where(is_known).order_by(Agency.code)
    return {row["id"]: row["code"] for row in found}


async def tap(viewer: Viewer, event_id: UUID, key: str, press: Press, now: datetime) -> CheckIn:
    """Check a person in or out, and return their line; the same tap twice counts once.

    Errors: NotFound, NotAllowed, Invalid for someone who checks out and never checked in.
    """
    async with writing():
        found = await _theirs(viewer, event_id, key, press.person_id, now)
        line = found.line(press.person_id)
        row_id = ids.id_from(viewer.member_id, found.operation.id, press.person_id, press.tap_id, press.button)
        if await check_ins.written(viewer, found.occurrence.event, row_id):
            return line
        rules.check_tap(press.button, found.occurrence, found.operation.state, now)
        after = rules.tapped(line, press.button, press.was, press.at(now))
        if after == line:
            return line
        at = after.time_in if press.button is Tap.IN else after.time_out
        return await _replace(viewer, found, line, after, f"checked_{press.button}", {"at": at}, now, row_id=row_id)


async def add_walk_in(viewer: Viewer, event_id: UUID, key: str, walk_in: WalkIn, now: datetime) -> CheckIn:
    """Check in a person who isn't on the operation; the same form twice adds them once.

    Errors: NotFound, NotAllowed, Invalid by field.
    """
    async with writing():
        found = await check_in_list(viewer, event_id, key, now)
        rules.check_tap(Tap.IN, found.occurrence, found.operation.state, now)
        if not found.takes_walk_ins:
            raise NotAllowed(NOT_THEIRS)
        agency, guest_agency = await _agency_of(viewer, walk_in, leads=found.leads)
        person_id = ids.id_from(viewer.member_id, found.operation.id, walk_in)
        line = CheckIn(
            person_id=person_id,
            member_id=None,
            name=walk_in.name,
            agency_id=walk_in.agency_id,
            agency=agency or guest_agency,
            contact=walk_in.contact,
            assignment=walk_in.assignment,
        )
        if await check_ins.written(viewer, found.occurrence.event, person_id):
            return next((one for one in found.lines if one.person_id == person_id), line)
        after = replace(line, time_in=now, tapped_at=now)
        return await _replace(viewer, found, line, after, "walk_in_checked_in", {"at": now}, now, row_id=person_id)


async def correct(
    viewer: Viewer, event_id: UUID, key: str, person_id: UUID, to: Correction, now: datetime, *, seen: UUID | None
) -> CheckIn:
    """Correct a person's times, contact, and assignment; `seen` is the row that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when it has changed since, Invalid by field.
    """
    async with writing():
        found = await _theirs(viewer, event_id, key, person_id, now)
        line = found.line(person_id)
        if line.id != seen:
            raise Conflict("Someone changed this since you opened it. Check it, and save again.")
        after = rules.corrected(line, to, found.operation.state, now)
        typed = {"time_in": (to.time_in, line.time_in), "time_out": (to.time_out, line.time_out)}
        check_not_long_before(typed, found.occurrence.starts_at, now)
        if after == line:
            return line
        facts = {"in": after.time_in, "out": after.time_out}
        return await _replace(viewer, found, line, after, "check_in_corrected", facts, now)


async def undo(viewer: Viewer, event_id: UUID, key: str, row_id: UUID, now: datetime) -> CheckIn:
    """Restore a line as it was before the viewer's own tap, unless a newer one counts. Errors: NotFound, NotAllowed."""
    async with writing():
        found = await check_in_list(viewer, event_id, key, now)
        step = await check_ins.last_by(viewer, found.occurrence.event, row_id)
        if step is None:
            raise NotAllowed("There’s nothing to undo: someone recorded something else since.")
        line, before = step
        rules.check_undo(found.operation.state)
        back = before or replace(line, time_in=None, time_out=None)
        after = replace(
            line, time_in=back.time_in, time_out=back.time_out, contact=back.contact, assignment=back.assignment
        )
        return await _replace(viewer, found, line, after, "check_in_undone", {}, now)


async def last_tap(viewer: Viewer, found: CheckInList, row_id: UUID) -> CheckIn | None:
    """Return the line that the viewer recorded last and can take back, if it still counts."""
    step = await check_ins.last_by(viewer, found.occurrence.event, row_id)
    return step[0] if step else None


async def _theirs(viewer: Viewer, event_id: UUID, key: str, person_id: UUID, now: datetime) -> CheckInList:
    found = await check_in_list(viewer, event_id, key, now)
    if found.line(person_id).person_id not in found.mine:
        raise NotAllowed(NOT_THEIRS)
    return found


async def _agency_of(viewer: Viewer, walk_in: WalkIn, *, leads: bool) -> tuple[str, str]:
    """Return the code of a walk-in's agency, or the name of one that isn't in the list. Errors: Invalid by field."""
    if not walk_in.name:
        raise Invalid(name="Enter the name of the person who came.")
    choices = await agency_choices(viewer, leads=leads)
    if walk_in.agency_id is not None and walk_in.agency_id not in choices:
        raise Invalid(agency="Choose an agency from the list.")
    if walk_in.agency_id is None and not (leads and walk_in.agency):
        raise Invalid(agency="Choose an agency from the list, or enter its name." if leads else "Choose your agency.")
    return (choices[walk_in.agency_id], "") if walk_in.agency_id else ("", walk_in.agency)


async def _replace(
    viewer: Viewer,
    found: CheckInList,
    line: CheckIn,
    after: CheckIn,
    verb: str,
    facts: Mapping[str, object],
    now: datetime,
    *,
    row_id: UUID | None = None,
) -> CheckIn:
    """Write a line in place of the earlier one, which stays, and one audit entry; the last check-out may end it all."""
    new_id = row_id or ids.new_id()
    if line.id:
        await OperationCheckIn.update({OperationCheckIn.replaced_by: new_id}).where(OperationCheckIn.id == line.id)
    await OperationCheckIn.insert(_row(viewer, found.operation, replace(after, id=new_id), now))
    whom = {"person": line.member_id or OUTSIDER, **facts}
    await audit.record(viewer.actor, verb, "event", found.occurrence.event.id, whom, now)
    await follow(viewer, found.occurrence.event.id, now)
    return replace(after, id=new_id)


def _row(viewer: Viewer, operation: Operation, line: CheckIn, now: datetime) -> OperationCheckIn:
    return OperationCheckIn(
        id=line.id,
        plan=operation.id,
        person=line.person_id,
        member=line.member_id,
        guest=line.name if line.is_walk_in else "",
        guest_agency=line.agency if line.agency_id is None else "",
        agency=line.agency_id,
        contact=line.contact,
        assignment=line.assignment,
        time_in=line.time_in,
        time_out=line.time_out,
        tapped_at=line.tapped_at,
        recorded_by=viewer.member_id,
        recorded_at=now,
        replaced_by=None,
    )
