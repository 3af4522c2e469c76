"""Verifying the audit log, on request and every night; each result is itself an entry."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine, writing
from tracker.rules.core.account_messages import AuditLogAltered
from tracker.rules.core.actors import BY_CLOCK, Actor
from tracker.rules.core.outbox import Draft
from tracker.rules.core.viewer import Role, Status
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.tables.schema.core.outbox import Watermark
from tracker.tables.schema.roster.people import Member, MemberRole
from tracker.usecases.core import audit, outbox

MARK = "audit"
AT = time(3)
"""By the task force's clock, when no one waits for pages."""
TOLD = (Role.COORDINATOR, Role.AUDITOR)
_LAST = (
    "SELECT at, facts FROM audit_entry WHERE subject = 'audit' AND verb = 'audit_verified' ORDER BY seq DESC LIMIT 1"
)

log = logging.getLogger(__name__)


class Verification(Struct, frozen=True, kw_only=True):
    """The result of the last verification of the audit log."""

    at: datetime
    broken: audit.Broken | None

    @property
    def is_whole(self) -> bool:
        """Return whether every entry was unchanged."""
        return self.broken is None


async def verify(now: datetime, *, by: Actor) -> Verification:
    """Verify the whole audit log and record the result; `by` is who asked, or the clock."""
    broken = await _first_broken()
    facts = {"broken": broken.seq, "why": broken.why} if broken else {}
    try:
        async with writing():
            await audit.record(by, "audit_verified", "audit", "", facts, now)
    except Exception:  # a log without its end takes no entry, and the person who asked must still learn of it
        log.exception("The verification was not recorded.")
    return Verification(at=now, broken=broken)


async def _first_broken() -> audit.Broken | None:
    """Return the first broken entry; a fault that stops the verification counts too, or it could silence the alarm."""
    try:
        return await audit.verify()
    except Exception:
        log.exception("The log couldn’t be verified.")
        return audit.Broken(0, "The log can’t be read.")


async def last() -> Verification | None:
    """Return the result of the last verification here."""
    found = await engine().run_querystring(QueryString(_LAST))
    if not found:
        return None
    facts = json.loads(found[0]["facts"])
    broken = audit.Broken(facts["broken"], facts["why"]) if "broken" in facts else None
    return Verification(at=found[0]["at"], broken=broken)


async def verify_nightly(now: datetime, zone: str) -> Verification | None:
    """Verify the audit log once after 3 AM each night, in whichever process comes first; None when it was done.

    If it is broken, the application log records it, and coordinators and auditors get one email (SP 800-53 AU-5, AU-9).
    """
    if not await _is_first_since(_last_night(now, zone), now):
        return None
    found = await verify(now, by=BY_CLOCK)
    if found.broken:
        log.error("The audit log was altered. Entry %s: %s", found.broken.seq, found.broken.why)
        await _notify(found.broken, now)
    return found


def _last_night(now: datetime, zone: str) -> datetime:
    today = to_local(now, zone).date()
    tonight = to_utc(datetime.combine(today, AT), zone)
    return tonight if tonight <= now else to_utc(datetime.combine(today - timedelta(days=1), AT), zone)


async def _is_first_since(moment: datetime, now: datetime) -> bool:
    """Claim what has been due since a moment; only one of several processes gets it."""
    mark = Watermark.name == MARK
    async with writing():
        if not await Watermark.exists().where(mark):
            await Watermark.insert(Watermark(name=MARK, until=now))
            return True
        claimed: dict[Any, Any] = {Watermark.until: now}
        return bool(await Watermark.update(claimed).where(mark & (Watermark.until < moment)).returning(Watermark.name))


async def _notify(broken: audit.Broken, now: datetime) -> None:
    async with writing():
        drafts = [
            Draft(content=AuditLogAltered(), recipient_id=reader, key=f"audit_log_altered:{reader}:{broken.seq}")
            for reader in await _readers()
        ]
        await outbox.enqueue_all(drafts, now)


async def _readers() -> Sequence[UUID]:
    roles = MemberRole.select(MemberRole.member).where(MemberRole.role.is_in([one.value for one in TOLD]))
    named = await roles.output(as_list=True)
    active = (Member.status == Status.ACTIVE) & Member.id.is_in(named)
    found: list[UUID] = await Member.select(Member.id).where(active).output(as_list=True) if named else []
    return found
