"""Service-readiness notices: written, scheduled, activated, and closed by the people who lead an operation.

The clock releases them, and stands down those of operations that were called off. Their recipients read and
acknowledge them. A plan names the places for off-site services by their public names alone.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import asdict

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.binding import insert_row
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.audit.verbs import AuditVerb
from tracker.rules.core import viewers
from tracker.rules.core.message_types import ReadinessChanged
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, Arm, Viewer
from tracker.rules.operations import readiness as rules
from tracker.rules.operations.plans import MOST_SITES, Operation
from tracker.rules.operations.readiness import LedNotice, Notice, NoticeState, NoticeText
from tracker.rules.roster.meetings import PublicSite
from tracker.tables.background import operations
from tracker.tables.background.operations import all_acknowledged
from tracker.tables.schema import events as audience_versions
from tracker.tables.schema.operations import OperationOffSite, OperationReadiness, ReadinessNotice, ReadinessRecipient
from tracker.tables.visible.operations import records as visible
from tracker.tables.visible.operations.records import off_site_places
from tracker.tables.visible.roster import own_sites, public_sites
from tracker.usecases.core import audit, outbox
from tracker.usecases.operations import states
from tracker.usecases.roster.known_people import (
    Candidates,
    active_among,
    both,
    candidates_among,
    candidates_of_arm,
    count_candidates,
    either,
    people_to_invite,
)

VERBS = {
    NoticeState.SCHEDULED: "readiness_scheduled",
    NoticeState.DRAFT: "readiness_unscheduled",
    NoticeState.ACTIVATED: "readiness_activated",
    NoticeState.STOOD_DOWN: "readiness_stood_down",
    NoticeState.CLOSED: "readiness_closed",
}
HAS_ENDED = "This notice has ended, so there is nothing to acknowledge."
EMAILED_STATES = frozenset({NoticeState.RELEASED, NoticeState.ACTIVATED, NoticeState.STOOD_DOWN})
"""The states of which recipients are notified, once."""
CALENDAR_STATES = frozenset({NoticeState.RELEASED, NoticeState.STOOD_DOWN})
"""The states that change the calendar entry of a notice."""
NOTICE = "readiness_notice"
"""The subject of audit entries that must not lead to an operation."""


class ReadinessView(states.OperationView, frozen=True, kw_only=True):
    """The notices of an operation, and what the viewer may do with them."""

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
    def moves(self) -> tuple[NoticeState, ...]:
        """Return where the current notice can be taken now."""
        return rules.notice_moves(self.current.state, self.operation.state) if self.current else ()

    @property
    def may_write(self) -> bool:
        """Return whether the viewer can write a notice, or change the one that is a draft."""
        return self.may_change and (self.current is None or self.current.state is NoticeState.DRAFT)


async def readiness_view(viewer: Viewer, event_id: UUID, key: str) -> ReadinessView:
    """Return what the page shows. Errors: NotFound for an event without a plan, or that the viewer may not see."""
    view = await states.operation_view(viewer, event_id, key)
    occurrence, leads = view.occurrence, view.leads
    notices = await visible.notices_of(viewer, occurrence.event)
    current = _current(notices)
    candidates = _known_candidates(viewer, current)
    span = occurrence.starts_at, occurrence.ends_at
    here = await off_site_places(viewer, occurrence.event)
    return ReadinessView(
        **asdict(view),
        notices=notices,
        candidates=candidates,
        can_choose=leads and bool(await count_candidates(candidates)),
        current=current,
        off_site=here,
        places=[site for site in await public_sites(viewer) if site not in here] if leads else [],
        own_addresses={site.id: site.facts.address for site in await own_sites(viewer)},
        is_outside=current is not None and rules.is_outside_window(current.text.window, span),
    )


async def recipient_candidates(viewer: Viewer, event_id: UUID) -> Candidates:
    """Return whom the viewer can choose as recipients. Errors: NotFound, NotAllowed."""
    operation = await states.operation_to_change(viewer, event_id)
    return _known_candidates(viewer, _current(await visible.notices_of(viewer, operation.event)))


async def save_readiness_notice(
    viewer: Viewer, event_id: UUID, text: NoticeText, release_at: datetime, to: Collection[UUID], now: datetime
) -> None:
    """Write a notice as a draft, in place of an earlier draft. Errors: NotFound, NotAllowed, Invalid by field."""
    async with writing():
        operation = await states.operation_to_change(viewer, event_id)
        current = _current(await visible.notices_of(viewer, operation.event))
        if current and current.state is not NoticeState.DRAFT:
            raise NotAllowed(
                "This operation has a notice already. Stand down services or close it before you write another one."
            )
        rules.check_notice(text, release_at, (operation.starts_at, operation.ends_at), operation.names, now)
        known = await candidates_among(_known_candidates(viewer, current), to)
        if not to or not set(known).issuperset(to):
            raise Invalid(recipient="Choose who gets it.")
        if current:
            await ReadinessNotice.delete().where(ReadinessNotice.id == current.id)
        draft = {"state": NoticeState.DRAFT, "release_at": release_at, "changed_at": now}
        notice_id = await insert_row(ReadinessNotice, uid=ids.new_uid(), **draft, **asdict(text))
        await ReadinessRecipient.insert(
            *(ReadinessRecipient(id=ids.new_id(), notice=notice_id, member=person) for person in sorted(set(to)))
        )
        await insert_row(OperationReadiness, plan=operation.id, notice=notice_id, made_at=now)
        await audit.record(viewer.actor, "readiness_saved", "event", event_id, {}, now)


async def discard_draft_notice(viewer: Viewer, event_id: UUID, notice_id: UUID, now: datetime) -> None:
    """Delete a draft. Errors: NotFound, NotAllowed."""
    async with writing():
        _, notice = await _notice_to_change(viewer, event_id, notice_id)
        if notice.state is not NoticeState.DRAFT:
            raise NotAllowed("This notice is no longer a draft, so it can’t be changed.")
        await ReadinessNotice.delete().where(ReadinessNotice.id == notice.id)
        await audit.record(viewer.actor, "readiness_discarded", "event", event_id, {}, now)


async def change_notice_state(
    viewer: Viewer, event_id: UUID, notice_id: UUID, to: NoticeState, now: datetime
) -> LedNotice:
    """Take a notice to another state, and return it as it was; recipients are emailed of activating and standing down.

    The audit entry is about the operation and doesn't name the notice. Errors: NotFound, NotAllowed.
    """
    async with writing():
        operation, notice = await _notice_to_change(viewer, event_id, notice_id)
        if to not in rules.NOTICE_MOVES[notice.state]:
            state = notice.state.label.lower()
            raise NotAllowed(f"The notice is {state} now. Reload the page to see the next steps.")
        if to not in rules.notice_moves(notice.state, operation.state):
            raise NotAllowed("The operation is over, so this notice can’t be released or activated.")
        if to is NoticeState.SCHEDULED:  # the operation may have another name, place, or time by now
            span = operation.starts_at, operation.ends_at
            try:
                rules.check_notice(notice.text, notice.release_at, span, operation.names, now)
            except Invalid as wrong:
                raise NotAllowed("Change this notice first.", *wrong.fields.values()) from wrong
        await enter_notice_state(notice.id, to, now)
        await audit.record(viewer.actor, VERBS[to], "event", event_id, {}, now)
    return notice


async def _notice_to_change(viewer: Viewer, event_id: UUID, notice_id: UUID) -> tuple[Operation, LedNotice]:
    operation = await states.operation_led(viewer, event_id)
    notices = {notice.id: notice for notice in await visible.notices_of(viewer, operation.event)}
    if notice_id not in notices:
        raise NotFound
    return operation, notices[notice_id]


def _current(notices: Iterable[LedNotice]) -> LedNotice | None:
    return next((notice for notice in notices if not notice.is_over), None)


def _known_candidates(viewer: Viewer, current: LedNotice | None) -> Candidates:
    """Return the people of victim services whom the viewer knows, and recipients whom others chose."""
    known = both(people_to_invite(viewer), candidates_of_arm(Arm.VICTIM_SERVICES))
    return either(known, active_among(recipient.id for recipient in current.recipients)) if current else known


async def add_off_site_place(viewer: Viewer, event_id: UUID, site_id: UUID | None, now: datetime) -> None:
    """Add a confidential site for off-site services; each agency must acknowledge the plan again.

    It has no coordinates and is never compared with other operations. Errors: NotFound, NotAllowed, Invalid(site).
    """
    async with writing():
        operation = await states.operation_to_change(viewer, event_id)
        here = {place.id for place in await off_site_places(viewer, operation.event)}
        if site_id not in {site.id for site in await public_sites(viewer)} - here:
            raise Invalid(site="Choose a place from the list.")
        if len(here) >= MOST_SITES:
            raise Invalid(site=f"A plan has at most {MOST_SITES} places for off-site services.")
        await insert_row(OperationOffSite, plan=operation.id, site=site_id)
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        await audit.record(viewer.actor, "off_site_added", "event", event_id, {}, now)


async def remove_off_site_place(viewer: Viewer, event_id: UUID, site_id: UUID, now: datetime) -> None:
    """Remove such a site; each agency must acknowledge the plan again. Errors: NotFound, NotAllowed."""
    async with writing():
        operation = await states.operation_to_change(viewer, event_id)
        if site_id not in {place.id for place in await off_site_places(viewer, operation.event)}:
            raise NotFound
        condition = (OperationOffSite.plan == operation.id) & (OperationOffSite.site == site_id)
        await OperationOffSite.delete().where(condition)
        await states.raise_plan_version(operation.id, now, viewer.member_id)
        await audit.record(viewer.actor, "off_site_removed", "event", event_id, {}, now)


async def notice_for(viewer: Viewer, notice_id: UUID, now: datetime) -> Notice:
    """Return a notice that was released to the viewer, and note that it was read. Errors: NotFound."""
    notice = await visible.given_notice(viewer, notice_id)
    if notice is None:
        raise NotFound
    await audit.record_read(viewer, AuditVerb.READ, NOTICE, str(notice_id), {}, now)
    return notice


async def notices_in_force(viewer: Viewer, now: datetime) -> list[Notice]:
    """Return the notices for which the viewer holds themselves ready, by their window."""
    return [
        notice for notice in await visible.given_notices(viewer) if notice.is_in_force and notice.text.ends_at > now
    ]


async def notices_between(viewer: Viewer, start: datetime, end: datetime) -> list[Notice]:
    """Return the notices that were released to the viewer and whose window overlaps [start, end)."""
    every = await visible.given_notices(viewer)
    return [notice for notice in every if notice.text.starts_at < end and notice.text.ends_at > start]


async def acknowledge_notice(viewer: Viewer, notice_id: UUID, now: datetime) -> Notice:
    """Acknowledge a notice and return it; a second time changes nothing. Errors: NotFound, NotAllowed after its end."""
    async with writing():
        notice = await visible.given_notice(viewer, notice_id)
        if notice is None:
            raise NotFound
        if notice.acknowledged_at is not None:
            return notice
        if not notice.is_in_force:
            raise NotAllowed(HAS_ENDED)
        condition = (ReadinessRecipient.notice == notice_id) & (ReadinessRecipient.member == viewer.member_id)
        await ReadinessRecipient.update(acknowledged_at=now).where(condition)
        if notice.state is NoticeState.RELEASED and await all_acknowledged(notice_id):
            await ReadinessNotice.update(state=NoticeState.ACKNOWLEDGED).where(ReadinessNotice.id == notice_id)
        await audit.record(viewer.actor, "readiness_acknowledged", NOTICE, notice_id, {}, now)
        return (await visible.given_notice(viewer, notice_id)) or notice


async def run_due_notices(now: datetime) -> int:
    """Release the notices whose time has come, stand down those of operations that were called off: a job of the clock.

    Returns how many.
    """
    if not (await operations.due_notices(now) or await operations.called_off_notices(now)):
        return 0
    async with writing():
        due, called_off = await operations.due_notices(now), await operations.called_off_notices(now)
        for notice_id in due:
            await enter_notice_state(notice_id, NoticeState.RELEASED, now)
            facts = {"for": sorted(await operations.recipients_of(notice_id))}
            await audit.record(BY_CLOCK, "readiness_released", NOTICE, notice_id, facts, now)
        for notice_id in called_off:
            await enter_notice_state(notice_id, NoticeState.STOOD_DOWN, now)
            await audit.record(BY_CLOCK, "readiness_called_off", NOTICE, notice_id, {}, now)
    return len(due) + len(called_off)


async def enter_notice_state(notice_id: UUID, state: NoticeState, now: datetime) -> None:
    """Take a notice to a state inside the caller's `writing()`: its recipients' calendars and emails follow."""
    recipients = await operations.recipients_of(notice_id)
    columns: dict[Any, Any] = {"state": state}
    if state is NoticeState.RELEASED:
        columns |= {"released_at": now, "changed_at": now}
    elif state is NoticeState.STOOD_DOWN:
        columns |= {"changed_at": now, "sequence": ReadinessNotice.sequence + 1}
    await ReadinessNotice.update(columns).where(ReadinessNotice.id == notice_id)
    if state in CALENDAR_STATES:
        await audience_versions.raise_audience_versions(viewers.member_audience(recipient) for recipient in recipients)
    if state in EMAILED_STATES:
        ends_at = await operations.window_end(notice_id)
        drafts = [
            NewMessage(
                content=ReadinessChanged(notice=notice_id, state=state),
                recipient_id=recipient,
                key=f"readiness:{notice_id}:{state}:{recipient}",
                not_after=ends_at,
            )
            for recipient in recipients
        ]
        await outbox.enqueue_all(drafts, now)
