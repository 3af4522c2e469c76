"""Everything by which a member can reach the tracker without signing in again: shut in one step, in one transaction.

A new way in (a token, a password for apps) is shut here too: a lost phone and a departure rely on it.
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
from tracker.usecases.identity.sessions import end_sessions


async def revoke_access(member_id: UUID, now: datetime, *, keeping: str | None = None) -> dict[str, int]:
    """End a member's sessions, all but the one with the id `keeping`, and their links; shut their feeds and tokens.

    Return how many of each there were, for the audit log. The caller is inside `writing()`.
    """
    return {
        "sessions": await end_sessions(member_id, keeping=keeping),
        "links": await end_links(member_id),
        "feeds": await revoke_feeds(member_id, now),
        "tokens": await api_tokens.revoke_all(member_id, now),
    }


async def report_lost_phone(
    viewer: Viewer, now: datetime, *, of: UUID | None = None, keeping: str | None = None
) -> dict[str, int]:
    """Shut what a lost phone may hold, the viewer's own or that `of` another member; return how much was shut.

    Of the viewer's sessions the one in which they tell of it goes on: `keeping`.
    """
    whose = of or viewer.member_id
    async with writing():
        shut = await revoke_access(whose, now, keeping=keeping)
        await audit.record(viewer.actor, "phone_lost", "member", whose, shut, now)
    return shut


async def revoke_feeds(member_id: UUID, now: datetime) -> int:
    """Turn all feed addresses of a member off for good; return how many. The caller is in `writing()` and audits it."""
    theirs = (Subscription.member == member_id) & Subscription.revoked_at.is_null()
    turned_off: dict[Any, Any] = {Subscription.revoked_at: now}
    return len(await Subscription.update(turned_off).where(theirs).returning(Subscription.id))
