"""Service-readiness notices as the people who lead an operation make them: written, scheduled, activated, closed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.operations import readiness as rules
from tracker.rules.operations.plans import Operation, check_kind, may_plan
from tracker.rules.operations.readiness import LedNotice, NoticeState, NoticeText
from tracker.rules.operations.states import OVER
from tracker.rules.roster.confidential_sites import PublicSite
from tracker.tables.schema.operations.readiness import OperationReadiness, ReadinessNotice, ReadinessRecipient
from tracker.tables.visible.events import events
from tracker.tables.visible.operations import plans
from tracker.tables.visible.operations import readiness as visible
from tracker.tables.visible.operations.off_site import off_site
from tracker.tables.visible.roster.confidential_sites import own_sites, public_sites
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_for
from tracker.usecases.operations.lookup import NOT_THEIRS, operation_for, operation_to_change
from tracker.usecases.operations.readiness_states import enter
from tracker.usecases.roster.known_people import Candidates, among, both, by_agency, either, known_to, of_arm, only

NO_RECIPIENTS = "Choose who gets it."
NOT_A_DRAFT = "This notice is no longer a draft, so it can’t be changed."
HAS_ONE = "This operation has a notice already. Stand down services or close it before you write another one."
OPERATION_OVER = "The operation is over, so this notice can’t be released or activated."
CHANGE_FIRST = "Change this notice first."
VERBS = {
    NoticeState.SCHEDULED: "readiness_scheduled",
    NoticeState.DRAFT: "readiness_unscheduled",
    NoticeState.ACTIVATED: "readiness_activated",
    NoticeState.STOOD_DOWN: "readiness_stood_down",
    NoticeState.CLOSED: "readiness_closed",
}


class ReadinessView(Struct, frozen=True, kw_only=True):
    """The notices of an operation, and what the viewer may do with them."""

    occurrence: Occurrence
    operation: Operation
    may_plan: bool
    notices: list[LedNotice]
    candidates: Candidates
    """People of victim services whom the people who lead it may choose."""
    can_choose: bool
    """Whether there is anyone among them whom the viewer knows; False for people who don’t lead."""
    current: LedNotice | None
    """The notice that hasn't ended."""
    off_site: list[PublicSite]
    """Where the operation has off-site services."""
    places: list[PublicSite]
    """Confidential sites that the people who lead it can choose."""
    own_addresses: dict[UUID, str]
    """Addresses of the sites of the viewer's own agency."""
    is_outside: bool
    """Whether the operation isn't within the window of the current notice."""

    @property
    def is_over(self) -> bool:
        """Return whether the operation is over, so that no notice can be written for it."""
        return self.operation.state in OVER

    @property
    def moves(self) -> tuple[NoticeState, ...]:
        """Return where the current notice can be taken now."""
        return rules.moves(self.current.state, self.operation.state) if self.current else ()

    @property
    def may_change(self) -> bool:
        """Return whether the viewer can change the plan now: the people who lead it, until the operation is over."""
        return self.may_plan and not self.is_over

    @property
    def may_write(self) -> bool:
        """Return whether the viewer can write a notice, or change the one that is a draft."""
        return self.may_change and (self.current is None or self.current.state is NoticeState.DRAFT)


async def readiness_view(viewer: Viewer, event_id: UUID, key: str) -> ReadinessView:
    """Return what the page shows. Errors: NotFound for an event without a plan, or that the viewer may not see."""
    occurrence = await date_for(viewer, event_id, key)
    check_kind(occurrence.event)
    operation = await plans.operation(viewer, occurrence.event)
    if operation is None:
        raise NotFound
    leads = may_plan(viewer, occurrence.event)
    notices = await visible.notices_of(viewer, occurrence.event)
    current = next((one for one in notices if not one.is_over), None)
    span = occurrence.starts_at, occurrence.ends_at
    here = await off_site(viewer, occurrence.event)
    return ReadinessView(
        occurrence=occurrence,
        operation=operation,
        may_plan=leads,
        notices=notices,
        candidates=_candidates(viewer, current),
        can_choose=leads and bool(await by_agency(_candidates(viewer, current))),
        current=current,
        off_site=here,
        places=[one for one in await public_sites(viewer) if one not in here] if leads else [],
        own_addresses={one.id: one.facts.address for one in await own_sites(viewer)},
        is_outside=current is not None and rules.is_outside(current.text, span),
    )


async def candidates(viewer: Viewer, event_id: UUID) -> Candidates:
    """Return whom the viewer can choose as recipients. Errors: NotFound, NotAllowed."""
    operation = await operation_to_change(viewer, event_id)
    return _candidates(viewer, await _current(viewer, operation))


async def save(
    viewer: Viewer, event_id: UUID, text: NoticeText, release_at: datetime, to: Collection[UUID], now: datetime
) -> None:
    """Write a notice as a draft, in place of an earlier draft. Errors: NotFound, NotAllowed, Invalid by field."""
    async with writing():
        operation = await operation_to_change(viewer, event_id)
        current = await _current(viewer, operation)
        if current and current.state is not NoticeState.DRAFT:
            raise NotAllowed(HAS_ONE)
        rules.check(text, release_at, await _span(viewer, operation), operation.names, now)
        known = await among(_candidates(viewer, current), to)
        if not to or not set(known).issuperset(to):
            raise Invalid(recipient=NO_RECIPIENTS)
        if current:
            await _delete(current)
        await _insert(operation, text, release_at, to, now)
        await audit.record(viewer.actor, "readiness_saved", "event", event_id, {}, now)


async def discard(viewer: Viewer, event_id: UUID, notice_id: UUID, now: datetime) -> None:
    """Delete a draft. Errors: NotFound, NotAllowed."""
    async with writing():
        _, notice = await _notice_to_change(viewer, event_id, notice_id)
        if notice.state is not NoticeState.DRAFT:
            raise NotAllowed(NOT_A_DRAFT)
        await _delete(notice)
        await audit.record(viewer.actor, "readiness_discarded", "event", event_id, {}, now)


async def move(viewer: Viewer, event_id: UUID, notice_id: UUID, to: NoticeState, now: datetime) -> None:
    """Take a notice to another state; its recipients are emailed when services are activated or stood down.

    The audit entry is about the operation and doesn't name the notice. Errors: NotFound, NotAllowed.
    """
    async with writing():
        operation, notice = await _notice_to_change(viewer, event_id, notice_id)
        if to not in rules.MOVES[notice.state]:
            state = rules.STATE_WORDS[notice.state].lower()
            raise NotAllowed(f"The notice is {state} now. Reload the page to see the next steps.")
        if to not in rules.moves(notice.state, operation.state):
            raise NotAllowed(OPERATION_OVER)
        if to is NoticeState.SCHEDULED:
            await _check_still_neutral(viewer, operation, notice, now)
        await enter(notice.id, to, now)
        await audit.record(viewer.actor, VERBS[to], "event", event_id, {}, now)


async def _check_still_neutral(viewer: Viewer, operation: Operation, notice: LedNotice, now: datetime) -> None:
    """Check a draft as when it was saved: the operation may have another name, place, or time by now."""
    try:
        rules.check(notice.text, notice.release_at, await _span(viewer, operation), operation.names, now)
    except Invalid as wrong:
        raise NotAllowed(CHANGE_FIRST, *wrong.fields.values()) from wrong


async def _notice_to_change(viewer: Viewer, event_id: UUID, notice_id: UUID) -> tuple[Operation, LedNotice]:
    operation = await operation_for(viewer, event_id)
    if not may_plan(viewer, operation.event):
        raise NotAllowed(NOT_THEIRS)
    notice = next((one for one in await visible.notices_of(viewer, operation.event) if one.id == notice_id), None)
    if notice is None:
        raise NotFound
    return operation, notice


async def _current(viewer: Viewer, operation: Operation) -> LedNotice | None:
    notices = await visible.notices_of(viewer, operation.event)
    return next((one for one in notices if not one.is_over), None)


async def _span(viewer: Viewer, operation: Operation) -> tuple[datetime, datetime]:
    [date] = await events.dates(viewer, operation.event)
    return date.starts_at, date.ends_at


def _candidates(viewer: Viewer, current: LedNotice | None) -> Candidates:
    """Return the people of victim services whom the viewer knows, and recipients whom others chose."""
    known = both(known_to(viewer), of_arm(Arm.VICTIM_SERVICES))
    return either(known, only(one.id for one in current.recipients)) if current else known


async def _delete(draft: LedNotice) -> None:
    """Delete a notice; its recipients and its link to the operation go with it."""
    await ReadinessNotice.delete().where(ReadinessNotice.id == draft.id)


async def _insert(
    operation: Operation, text: NoticeText, release_at: datetime, to: Collection[UUID], now: datetime
) -> None:
    notice_id = ids.new_id()
    await ReadinessNotice.insert(
        ReadinessNotice(
            id=notice_id,
            uid=ids.new_uid(),
            state=NoticeState.DRAFT,
            release_at=release_at,
            changed_at=now,
            **_columns(text),
        )
    )
    await ReadinessRecipient.insert(
        *(ReadinessRecipient(id=ids.new_id(), notice=notice_id, member=one) for one in sorted(set(to)))
    )
    await OperationReadiness.insert(
        OperationReadiness(id=ids.new_id(), plan=operation.id, notice=notice_id, made_at=now)
    )


def _columns(text: NoticeText) -> dict[str, Any]:
    return {
        "starts_at": text.starts_at,
        "ends_at": text.ends_at,
        "fewest": text.fewest,
        "most": text.most,
        "languages": text.languages,
        "minors": text.minors,
        "needs": text.needs,
        "place": text.place,
        "contact": text.contact,
    }
