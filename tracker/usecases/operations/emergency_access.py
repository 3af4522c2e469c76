"""Emergency access: an administrator gives a reason, and reads operations for an hour (decision 31).

It belongs to the session in which it began, so emails, feeds, and programs never have it. The coordinators are notified
when it begins, and the lead of an operation when it is opened, each in the transaction of the deed.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.bulk_insert import insert_row
from tracker.errors import Conflict, NotFound, ReauthenticationNeeded
from tracker.rules.core.message_types import EmergencyAccessUsed
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, Arm, Emergency, Viewer, is_recent
from tracker.rules.core.viewers import emergency_audience as audience_of
from tracker.rules.events.events import Event
from tracker.rules.operations import access as rules
from tracker.rules.operations.access import EmergencyOpened, EmergencyUse
from tracker.tables.background import operations as background
from tracker.tables.background.events import events as audience_rows
from tracker.tables.background.operations import EmergencyDate
from tracker.tables.schema.operations.records import EmergencyAccess, EmergencyOpening
from tracker.tables.visible.operations import access as visible
from tracker.usecases.core import audit, outbox
from tracker.usecases.identity.sessions import open_among
from tracker.usecases.roster.accounts import coordinators

CONFIRM_FIRST = "Confirm it’s you before you start emergency access."
ALREADY = "You have emergency access already."
ENDED = "Your emergency access has ended."
MOST_USES = 50


class EmergencyChoice(Struct, frozen=True, kw_only=True):
    """An operation in the list: when it is and who leads it, and nothing of what it is."""

    date: EmergencyDate
    lead: str
    is_opened: bool

    @property
    def key(self) -> str:
        """Return the key of its date in addresses."""
        return self.date.original_start.date().isoformat()


async def begin_emergency_access(
    viewer: Viewer, session_id: str, reason: str, reauthenticated_at: datetime, now: datetime
) -> Emergency:
    """Begin emergency access in a session, and notify the coordinators.

    Errors: NotFound for people who aren't administrators, ReauthenticationNeeded, Conflict, Invalid(reason).
    """
    if not rules.may_use_emergency_access(viewer):
        raise NotFound
    if not is_recent(reauthenticated_at, now):
        raise ReauthenticationNeeded(CONFIRM_FIRST)
    rules.check_emergency_reason(reason)
    access = Emergency(id=ids.new_id(), until=now + rules.EMERGENCY_LASTS)
    async with writing():
        is_its = (EmergencyAccess.session == session_id) & EmergencyAccess.ended_at.is_null()
        if await EmergencyAccess.exists().where(is_its & (EmergencyAccess.until > now)):
            raise Conflict(ALREADY)
        began = {"member": viewer.member_id, "session": session_id, "reason": reason, "began_at": now}
        await insert_row(EmergencyAccess, id=access.id, until=access.until, **began)
        others = sorted(await coordinators() - {viewer.member_id})
        await outbox.enqueue_all([_draft(access.id, coordinator) for coordinator in others], now)
        await audit.record(viewer.actor, "emergency_begun", "emergency", access.id, {"why": reason}, now)
    return access


async def emergency_choices(viewer: Viewer, now: datetime) -> list[EmergencyChoice]:
    """Return the operations that the viewer can open. Errors: NotFound without emergency access."""
    access = _access(viewer)
    dates = await background.emergency_dates(now - rules.EMERGENCY_LOOKS_BACK)
    people = await audit.names_of_people({date.lead_id for date in dates})
    opened = await background.opened_operations(access.id)
    return [
        EmergencyChoice(date=date, lead=people[date.lead_id].words, is_opened=date.event_id in opened) for date in dates
    ]


async def open_in_emergency(viewer: Viewer, event_id: UUID, now: datetime) -> EmergencyDate:
    """Let the viewer read an operation until their access ends, and notify its lead; again is no second opening.

    Errors: NotFound without emergency access, or for what isn't in the list.
    """
    access = _access(viewer)
    async with writing():
        emergency_date = await background.emergency_date(event_id, now - rules.EMERGENCY_LOOKS_BACK)
        if emergency_date is None:
            raise NotFound
        if event_id in await background.opened_operations(access.id):
            return emergency_date
        await insert_row(EmergencyOpening, access=access.id, event=event_id, opened_at=now)
        await audience_rows.add_audiences(event_id, {audience_of(access.id)})
        await outbox.enqueue_all([_draft(access.id, emergency_date.lead_id, event_id)], now)
        await audit.record(viewer.actor, "emergency_opened", "event", event_id, {}, now)
    return emergency_date


async def end_emergency_access(viewer: Viewer, now: datetime) -> None:
    """End the viewer's emergency access now. Errors: Conflict when it has ended."""
    if viewer.emergency is None:
        raise Conflict(ENDED)
    async with writing():
        await _close(viewer.emergency.id, now)
        await audit.record(viewer.actor, "emergency_ended", "emergency", viewer.emergency.id, {}, now)


async def end_expired_emergencies(now: datetime) -> int:
    """Close accesses whose hour or session is over, and return how many: a job of the clock.

    They opened nothing since then.
    """
    if not await _over(now):
        return 0
    async with writing():
        ended = await _over(now)
        for access_id, ended_at in ended.items():
            await _close(access_id, ended_at)
            await audit.record(BY_CLOCK, "emergency_expired", "emergency", access_id, {}, now)
    return len(ended)


async def record_emergency_page(viewer: Viewer, path: str, now: datetime) -> None:
    """Record a page that is read under emergency access, each time; without the record there is no page."""
    access = _access(viewer)
    async with writing():
        await audit.record(viewer.actor, "emergency_read", "emergency", access.id, {"page": path}, now)


async def openings_of(viewer: Viewer, event: Event) -> list[EmergencyOpened]:
    """Return who opened an operation under emergency access, the latest first, for law enforcement on it."""
    if not rules.is_on_need_to_know(event) or viewer.arm is not Arm.LAW_ENFORCEMENT:
        return []
    return await visible.emergency_openings(viewer, event)


async def emergency_uses(viewer: Viewer) -> list[EmergencyUse]:
    """Return who had emergency access lately, and why. Errors: NotFound for anyone but its possible readers."""
    if not rules.may_read_emergency_uses(viewer):
        raise NotFound
    rows = await EmergencyAccess.select().order_by(EmergencyAccess.began_at, ascending=False).limit(MOST_USES)
    people = await audit.names_of_people({row["member"] for row in rows})
    return [
        EmergencyUse(
            person=people[row["member"]].words,
            reason=row["reason"],
            began_at=row["began_at"],
            until=row["ended_at"] or row["until"],
        )
        for row in rows
    ]


def _access(viewer: Viewer) -> Emergency:
    if viewer.emergency is None:
        raise NotFound
    return viewer.emergency


async def _over(now: datetime) -> dict[UUID, datetime]:
    """Return the accesses that are over and not closed yet, and when each ended."""
    row = EmergencyAccess
    rows = await row.select(row.id, row.session, row.until).where(row.ended_at.is_null())
    is_open = await open_among([row["session"] for row in rows], now)
    return {row["id"]: min(row["until"], now) for row in rows if row["until"] <= now or row["session"] not in is_open}


async def _close(access_id: UUID, at: datetime) -> None:
    await EmergencyAccess.update(ended_at=at).where(EmergencyAccess.id == access_id)
    await background.close_emergency_audience(access_id)


def _draft(access_id: UUID, recipient_id: UUID, event_id: UUID | None = None) -> NewMessage:
    return NewMessage(
        content=EmergencyAccessUsed(access=access_id),
        recipient_id=recipient_id,
        event_id=event_id,
        key=f"emergency_access:{access_id}:{event_id or ''}:{recipient_id}",
    )
