"""Everything by which a member can reach the tracker without signing in again: shut in one step, in one transaction.

A new way in (a token, a password for apps) is shut here too: a lost phone and a departure rely on it.
"""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.rules.people import Viewer
from tracker.usecases import api_tokens, audit
from tracker.usecases.identity_sessions import end_sessions
from tracker.usecases.subscriptions import revoke_all


async def shut_outlets(member_id: UUID, now: datetime, *, keeping: str | None = None) -> dict[str, int]:
    """End a member's sessions, all but the one with the id `keeping`, turn their feeds off, revoke their tokens.

    Return how many of each there were, for the audit trail. The caller is inside `writing()`.
    """
    return {
        "sessions": await end_sessions(member_id, keeping=keeping),
        "feeds": await revoke_all(member_id, now),
        "tokens": await api_tokens.revoke_all(member_id, now),
    }


async def report_lost_phone(viewer: Viewer, session_id: str, now: datetime) -> dict[str, int]:
    """Shut what a lost phone may hold; only the session in which the loss is told goes on. Return what was shut."""
    async with writing():
        shut = await shut_outlets(viewer.member_id, now, keeping=session_id)
        await audit.record(viewer.member_id, viewer.door, "phone_lost", "member", viewer.member_id, shut, now)
    return shut
