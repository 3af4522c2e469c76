"""Revoking all access that works without signing in again, in one step and one transaction.

A new kind of access (a token, an app password) belongs here too: lost phones and offboarding rely on it. The mark of a
form that keeps a draft ends with its session.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.rules.core.viewer import Viewer
from tracker.tables.schema.calendars.subscriptions import Subscription
from tracker.usecases.core import audit
from tracker.usecases.identity import api_tokens
from tracker.usecases.identity.one_time_links import end_links
from tracker.usecases.identity.sessions import end_sessions, sessions_of


async def revoke_access(member_id: UUID, now: datetime, *, keeping: str | None = None) -> dict[str, int]:
    """End a member's sessions, except the one with the id `keeping`, and their links, feeds and tokens.

    Return how many of each there were, for the audit log. The caller is inside `writing()`.
    """
    ending = [session for session in await sessions_of(member_id, now) if session.id != keeping]
    await end_sessions(member_id, keeping=keeping)
    return {
        "sessions": len(ending),
        "links": await end_links(member_id),
        "feeds": await revoke_feeds(member_id, now),
        "tokens": await api_tokens.revoke_all(member_id, now),
    }


async def report_lost_phone(
    viewer: Viewer, now: datetime, *, of: UUID | None = None, keeping: str | None = None
) -> dict[str, int]:
    """Revoke what a lost phone may hold, the viewer's own or that `of` another member; return how much was revoked.

    The viewer's current session, `keeping`, stays open.
    """
    whose = of or viewer.member_id
    async with writing():
        shut = await revoke_access(whose, now, keeping=keeping)
        await audit.record(viewer.actor, "phone_lost", "member", whose, shut, now)
    return shut


async def revoke_feeds(member_id: UUID, now: datetime) -> int:
    """Turn off all feed addresses of a member; return how many. The caller is inside `writing()` and audits it."""
    theirs = (Subscription.member == member_id) & Subscription.revoked_at.is_null()
    turned_off: dict[Any, Any] = {Subscription.revoked_at: now}
    return len(await Subscription.update(turned_off).where(theirs).returning(Subscription.id))
