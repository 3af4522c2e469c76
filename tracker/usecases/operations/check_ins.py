"""Checking people in and out of an operation, and releasing everyone, which ends it with the last check-out.

Taps may arrive late or twice; there are walk-ins, corrections, and undo. Personnel accountability: the lead gets one
email for a release after which someone hasn't checked out in time.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec.structs import asdict, replace

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.binding import insert_row
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core.button_effects import ButtonEffect
from tracker.rules.core.message_types import CheckOutMissing
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Arm, Status, Viewer
from tracker.rules.events.events import DateLine
from tracker.rules.operations import check_ins as rules
from tracker.rules.operations.approvals import ONLY_WHO_LEADS
from tracker.rules.operations.check_ins import CheckIn, CheckInTally, Direction, LineCorrection, Tap, WalkIn
from tracker.rules.operations.plans import Operation, may_plan
from tracker.rules.operations.states import STATES, OperationState
from tracker.tables.background import operations as background
from tracker.tables.schema.operations import OperationCheckIn, OperationRelease
from tracker.tables.schema.roster import Agency
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import records
from tracker.usecases.core import audit, outbox
from tracker.usecases.operations.deconfliction import compare_plan
from tracker.usecases.operations.states import (
    OperationView,
    enter_plan_state,
    operation_for,
    operation_led,
    operation_view,
)

NOT_THEIR_CHECK_IN = "You can check in yourself and people from your agency. The operation lead can check in anyone."
OUTSIDER = "a walk-in"


class CheckInList(OperationView, frozen=True, kw_only=True):
    """An operation's check-in list as one viewer sees it."""

    lines: list[CheckIn]
    recordable: frozenset[UUID]
    """The people whom the viewer may check in and out."""
    own: CheckIn | None
    """The viewer's own line, if they are on the list and may check themself in."""
    why_not_in: str | None
    """Why no one can check in now; None when people can."""
    release: rules.Release | None
    """That everyone was released."""
    is_overdue: bool
    """Whether people are still in so long after the release that the lead was notified."""

    @property
    def agencies(self) -> Mapping[str, list[CheckIn]]:
        """Return the lines by the short name of their agency."""
        groups: dict[str, list[CheckIn]] = {}
        for line in self.lines:
            groups.setdefault(line.agency, []).append(line)
        return groups

    @property
    def tally(self) -> CheckInTally:
        """Return the list in numbers."""
        return CheckInTally(
            listed=len(self.lines),
            checked_in=sum(line.presence is not rules.Presence.EXPECTED for line in self.lines),
            checked_out=sum(line.presence is rules.Presence.OUT for line in self.lines),
        )

    @property
    def turnout(self) -> rules.Turnout:
        """Return who came, and who never checked in."""
        return rules.turnout_of(self.lines)

    @property
    def releasing(self) -> ButtonEffect:
        """Return what releasing everyone does now."""
        return rules.release_effect(self.turnout, self.occurrence.event.lead)

    @property
    def still_in(self) -> list[CheckIn]:
        """Return the people who have not checked out."""
        return rules.lines_still_in(self.lines)

    @property
    def not_out(self) -> str:
        """Return the sentence that names the people who have not checked out."""
        return rules.who_is_not_out([check_in.words for check_in in self.still_in])

    @property
    def takes_taps(self) -> bool:
        """Return whether people can check in, or at least out."""
        return self.operation.state in rules.CHECKS_OUT

    @property
    def takes_walk_ins(self) -> bool:
        """Return whether the viewer can add a walk-in now."""
        return self.why_not_in is None and bool(self.leads or self.recordable)

    def line(self, person_id: UUID) -> CheckIn:
        """Return one person's line. Errors: NotFound."""
        check_in = next((line for line in self.lines if line.person_id == person_id), None)
        if check_in is None:
            raise NotFound
        return check_in


async def check_in_list(viewer: Viewer, event_id: UUID, key: str, now: datetime) -> CheckInList:
    """Return the check-in list of an operation. Errors: NotFound, also without a plan and outside law enforcement."""
    view = await operation_view(viewer, event_id, key)
    if not rules.may_read_check_ins(viewer):
        raise NotFound
    event, state = view.occurrence.event, view.operation.state
    expected = await records.expected_lines(viewer, event)
    lines = rules.check_in_lines(expected, await records.recorded_lines(viewer, event))
    role = {"leads": view.leads, "is_on_it": viewer.member_id in {check_in.member_id for check_in in expected}}
    release = await records.release_of(viewer, event)
    is_due = release is not None and release.due_at <= now and state in rules.CHECKS_OUT
    recordable = [line for line in lines if rules.may_record_check_in(viewer, line, **role)]
    return CheckInList(
        **asdict(view),
        lines=lines,
        recordable=frozenset(line.person_id for line in recordable),
        own=next((line for line in recordable if line.member_id == viewer.member_id), None),
        why_not_in=rules.why_no_check_in(view.occurrence, state, now),
        release=release,
        is_overdue=is_due and bool(rules.lines_still_in(lines)),
    )


async def walk_in_agencies(viewer: Viewer, *, leads: bool) -> dict[UUID, str]:
    """Return the law-enforcement agencies of which the viewer may add walk-ins: all for who leads, else their own."""
    if not leads:
        return {viewer.agency_id: viewer.agency}
    is_known = (Agency.status == Status.ACTIVE.value) & (Agency.arm == Arm.LAW_ENFORCEMENT.value)
    rows = await Agency.select(Agency.id, Agency.code).where(is_known).order_by(Agency.code)
    return {row["id"]: row["code"] for row in rows}


async def record_tap(viewer: Viewer, event_id: UUID, key: str, tap: Tap, now: datetime) -> CheckIn:
    """Check a person in or out, and return their line; the same tap twice counts once.

    Errors: NotFound, NotAllowed, Invalid for someone who checks out and never checked in.
    """
    async with writing():
        check_ins_list = await _list_with(viewer, event_id, key, tap.person_id, now)
        line = check_ins_list.line(tap.person_id)
        row_id = ids.id_from(viewer.member_id, check_ins_list.operation.id, tap.person_id, tap.tap_id, tap.button)
        if await records.is_tap_recorded(viewer, check_ins_list.occurrence.event, row_id):
            return line
        rules.check_tap(tap.button, check_ins_list.occurrence, check_ins_list.operation.state, now)
        after = rules.line_after_tap(line, tap.button, tap.was, tap.at(now))
        if after == line:
            return line
        is_in = tap.button is Direction.IN
        verb, at = ("checked_in", after.time_in) if is_in else ("checked_out", after.time_out)
        return await _replace_line(viewer, check_ins_list, line, after, verb, {"at": at}, now, row_id=row_id)


async def check_in_walk_in(viewer: Viewer, event_id: UUID, key: str, walk_in: WalkIn, now: datetime) -> CheckIn:
    """Check in a person who isn't on the operation; the same form twice adds them once.

    Errors: NotFound, NotAllowed, Invalid by field.
    """
    async with writing():
        check_ins_list = await check_in_list(viewer, event_id, key, now)
        rules.check_tap(Direction.IN, check_ins_list.occurrence, check_ins_list.operation.state, now)
        if not check_ins_list.takes_walk_ins:
            raise NotAllowed(NOT_THEIR_CHECK_IN)
        agency = await _walk_in_agency(viewer, walk_in, leads=check_ins_list.leads)
        person_id = ids.id_from(viewer.member_id, check_ins_list.operation.id, walk_in)
        line = CheckIn(
            person_id=person_id,
            member_id=None,
            name=walk_in.name,
            agency_id=walk_in.agency_id,
            agency=agency,
            contact=walk_in.contact,
            assignment=walk_in.assignment,
        )
        if await records.is_tap_recorded(viewer, check_ins_list.occurrence.event, person_id):
            return next((line for line in check_ins_list.lines if line.person_id == person_id), line)
        after = replace(line, time_in=now, tapped_at=now)
        return await _replace_line(
            viewer, check_ins_list, line, after, "walk_in_checked_in", {"at": now}, now, row_id=person_id
        )


async def correct_line(
    viewer: Viewer, event_id: UUID, key: str, person_id: UUID, to: LineCorrection, now: datetime, *, seen: UUID | None
) -> CheckIn:
    """Correct a person's times, contact, and assignment; `seen` is the row that the viewer read.

    Errors: NotFound, NotAllowed, Conflict when it has changed since, Invalid by field.
    """
    async with writing():
        check_ins_list = await _list_with(viewer, event_id, key, person_id, now)
        line = check_ins_list.line(person_id)
        if line.id != seen:
            raise Conflict("Someone changed this since you opened it. Check it, and save again.")
        after = rules.corrected_line(line, to, check_ins_list.operation.state, now)
        typed = {"time_in": (to.time_in, line.time_in), "time_out": (to.time_out, line.time_out)}
        rules.check_not_long_before(typed, check_ins_list.occurrence.starts_at, now)
        if after == line:
            return line
        facts = {"in": after.time_in, "out": after.time_out}
        return await _replace_line(viewer, check_ins_list, line, after, "check_in_corrected", facts, now)


async def undo_tap(viewer: Viewer, event_id: UUID, key: str, row_id: UUID, now: datetime) -> CheckIn:
    """Restore a line as it was before the viewer's own tap, unless a newer one counts. Errors: NotFound, NotAllowed."""
    async with writing():
        check_ins_list = await check_in_list(viewer, event_id, key, now)
        step = await records.last_line_by(viewer, check_ins_list.occurrence.event, row_id)
        if step is None:
            raise NotAllowed("There’s nothing to undo: someone recorded something else since.")
        line, before = step
        rules.check_tap_undo(check_ins_list.operation.state)
        back = before or replace(line, time_in=None, time_out=None)
        after = replace(
            line, time_in=back.time_in, time_out=back.time_out, contact=back.contact, assignment=back.assignment
        )
        return await _replace_line(viewer, check_ins_list, line, after, "check_in_undone", {}, now)


async def last_tap(viewer: Viewer, check_ins_list: CheckInList, row_id: UUID) -> CheckIn | None:
    """Return the line that the viewer recorded last and can take back, if it still counts."""
    step = await records.last_line_by(viewer, check_ins_list.occurrence.event, row_id)
    return step[0] if step else None


async def _list_with(viewer: Viewer, event_id: UUID, key: str, person_id: UUID, now: datetime) -> CheckInList:
    check_ins_list = await check_in_list(viewer, event_id, key, now)
    if check_ins_list.line(person_id).person_id not in check_ins_list.recordable:
        raise NotAllowed(NOT_THEIR_CHECK_IN)
    return check_ins_list


async def _walk_in_agency(viewer: Viewer, walk_in: WalkIn, *, leads: bool) -> str:
    """Return the code of a walk-in's agency, or the name of one that isn't in the list. Errors: Invalid by field."""
    if not walk_in.name:
        raise Invalid(name="Enter the name of the person who came.")
    choices = await walk_in_agencies(viewer, leads=leads)
    if walk_in.agency_id is not None and walk_in.agency_id not in choices:
        raise Invalid(agency="Choose an agency from the list.")
    if walk_in.agency_id is None and not (leads and walk_in.agency):
        raise Invalid(agency="Choose an agency from the list, or enter its name." if leads else "Choose your agency.")
    return choices[walk_in.agency_id] if walk_in.agency_id else walk_in.agency


async def _replace_line(
    viewer: Viewer,
    check_ins_list: CheckInList,
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
        await OperationCheckIn.update(replaced_by=new_id).where(OperationCheckIn.id == line.id)
    await insert_row(
        OperationCheckIn,
        id=new_id,
        plan=check_ins_list.operation.id,
        person=after.person_id,
        member=after.member_id,
        guest=after.name if after.is_walk_in else "",
        guest_agency=after.agency if after.agency_id is None else "",
        agency=after.agency_id,
        contact=after.contact,
        assignment=after.assignment,
        time_in=after.time_in,
        time_out=after.time_out,
        tapped_at=after.tapped_at,
        recorded_by=viewer.member_id,
        recorded_at=now,
    )
    whom = {"person": line.member_id or OUTSIDER, **facts}
    await audit.record(viewer.actor, verb, "event", check_ins_list.occurrence.event.id, whom, now)
    await follow_check_outs(viewer, check_ins_list.occurrence.event.id, now)
    return replace(after, id=new_id)


async def release_everyone(viewer: Viewer, event_id: UUID, minutes: int | None, now: datetime) -> OperationState:
    """Release everyone, and return the state: that of the last check-out when no one is in.

    The lead is notified of people who are still in after so many minutes. Errors: NotFound, NotAllowed,
    Invalid(minutes).
    """
    async with writing():
        operation = await operation_led(viewer, event_id, ONLY_WHO_LEADS)
        wait = rules.check_wait(minutes)
        rules.check_release(operation.state, await records.release_of(viewer, operation.event))
        await _insert_release(viewer, operation, wait, now)
        await audit.record(viewer.actor, "everyone_released", "event", event_id, {"minutes": wait}, now)
        return await follow_check_outs(viewer, event_id, now)


async def withdraw_release(viewer: Viewer, event_id: UUID, now: datetime) -> None:
    """Take the release back while the operation is under way. Errors: NotFound, NotAllowed."""
    async with writing():
        operation = await operation_led(viewer, event_id, ONLY_WHO_LEADS)
        if operation.state is not OperationState.EXECUTING or not await records.release_of(viewer, operation.event):
            raise NotAllowed("There’s no release to undo.")
        is_its = (OperationRelease.plan == operation.id) & OperationRelease.withdrawn_at.is_null()
        await OperationRelease.update(withdrawn_at=now).where(is_its)
        await audit.record(viewer.actor, "release_withdrawn", "event", event_id, {}, now)


async def record_ending_release(viewer: Viewer, operation: Operation, to: OperationState, now: datetime) -> None:
    """Record that everyone is released because the operation ends, inside the caller's `writing()`."""
    ends = to in {OperationState.RELEASED, OperationState.ABORTED}
    if ends and not await records.release_of(viewer, operation.event):
        await _insert_release(viewer, operation, rules.DEFAULT_RELEASE_WAIT, now)


async def follow_check_outs(viewer: Viewer, event_id: UUID, now: datetime) -> OperationState:
    """Take the plan to the state that follows from who is in, inside the caller's `writing()`, and return it."""
    operation = await operation_for(viewer, event_id)
    release = await records.release_of(viewer, operation.event)
    still_in = await people_still_in(viewer, operation)
    to = rules.state_after_check_out(operation.state, release, is_anyone_in=bool(still_in))
    if to is not operation.state:
        await enter_plan_state(operation.id, to, now)
        await compare_plan(operation.id, now)
        facts = {"from": operation.state, "to": to, "version": operation.version}
        await audit.record(viewer.actor, STATES[to].verb, "event", event_id, facts, now)
    return to


async def people_still_in(viewer: Viewer, operation: Operation) -> tuple[str, ...]:
    """Return the names of the people who have not checked out, for a viewer who reads the check-in list."""
    if not rules.may_read_check_ins(viewer):
        return ()
    lines = rules.check_in_lines([], await records.recorded_lines(viewer, operation.event))
    return tuple(check_in.words for check_in in rules.lines_still_in(lines))


async def turnout(viewer: Viewer, operation: Operation) -> rules.Turnout:
    """Return who came and who never checked in, for a viewer who reads the check-in list."""
    if not rules.may_read_check_ins(viewer):
        return rules.Turnout()
    expected = await records.expected_lines(viewer, operation.event)
    return rules.turnout_of(rules.check_in_lines(expected, await records.recorded_lines(viewer, operation.event)))


async def _insert_release(viewer: Viewer, operation: Operation, wait: int, now: datetime) -> None:
    by = viewer.member_id
    await insert_row(OperationRelease, plan=operation.id, wait_minutes=wait, ordered_at=now, ordered_by=by)


async def notify_leads_of_missing(now: datetime) -> int:
    """Email the leads of operations on which someone hasn't checked out in time; return how many: a job of the clock.

    Each release is notified once, whether or not people check out or in afterward.
    """
    if not await background.overdue_releases(now):
        return 0
    async with writing():
        overdue = await background.overdue_releases(now)
        drafts = [
            NewMessage(
                content=CheckOutMissing(release=release.id),
                recipient_id=release.lead_id,
                key=f"check_out_missing:{release.id}",
                event_id=release.event_id,
            )
            for release in overdue
        ]
        await outbox.enqueue_all(drafts, now)
        of_these = OperationRelease.id.is_in([release.id for release in overdue])
        await OperationRelease.update(notified_at=now).where(of_these)
    return len(overdue)


async def unaccounted_people(viewer: Viewer, now: datetime) -> list[tuple[DateLine, tuple[str, ...]]]:
    """Return the operations that the viewer leads with people who haven't checked out in time, and their names."""
    if not rules.may_read_check_ins(viewer):
        return []
    names = await records.overdue_check_outs(viewer, now)
    led = [line for line in await events.lines_by_id(viewer, names) if may_plan(viewer, line)]
    return [(line, tuple(names[line.id])) for line in led]
