"""Sessions: opened at the end of every kind of sign-in, found by the hash of their cookie, ended for good.

All access that works without signing in again ends in one step and one transaction. A new kind of access (a token, an
app password) belongs here too: lost phones and offboarding rely on it. The mark of a form that keeps a draft ends with
its session.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.custom_types import Combinable

from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core.viewers import Actor, Viewer
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.identity import Session, SignInLink
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import IDLE, LONGEST, REMEMBERED
from tracker.usecases.identity import api_tokens
from tracker.usecases.identity.sign_in_attempts import SignInAccount, SignInArrival, forget_failures, note_arrival

CLIENT = 200  # characters kept of what a browser calls itself
NOT_NOW = "You can’t sign in right now. Ask the coordinator."


class OpenSession(Struct, frozen=True, kw_only=True):
    """A browser in which a member is signed in; `client` is its address and what it calls itself."""

    id: str
    created_at: datetime
    seen_at: datetime
    client: str


async def open_session(account: SignInAccount, now: datetime, arrival: SignInArrival, *, how: str) -> str:
    """Complete a sign-in: return the token of a new session; only its hash is stored.

    Every kind of sign-in ends here, and sessions are made nowhere else. The browser's earlier session, sessions beyond
    the limit per person, and unused sign-in links end.
    Errors: `NotAllowed` when member or agency is not active.
    """
    if not account.is_open(now):
        raise NotAllowed(NOT_NOW)
    token = keys.new_token()
    session_id = keys.token_hash(token)
    async with writing():
        await Session.delete().where(Session.id == keys.token_hash(arrival.replacing))
        waiting = SignInLink.used_at.is_null() & (SignInLink.purpose == "sign_in")
        await SignInLink.delete().where((SignInLink.member == account.member_id) & waiting)
        await _forget_ended(now)
        await _make_room(account.member_id, arrival, now)
        await Session.insert(
            Session(
                id=session_id,
                member=account.member_id,
                created_at=now,
                seen_at=now,
                reauthenticated_at=now,
                client=f"{arrival.origin.address} {arrival.browser}"[:CLIENT].rstrip(),
            )
        )
        await Member.update({Member.signed_in_at: now}).where(Member.id == account.member_id)
        await forget_failures(account.key)
        await note_arrival(arrival, now)
        by, facts = account.actor(arrival.origin.within(session_id)), {"how": how, "browser": arrival.browser}
        await audit.record(by, "signed_in", "member", account.member_id, facts, now)
    return token


async def sign_out(viewer: Viewer, session_id: str, now: datetime) -> None:
    """End the viewer's current session; does nothing when it has ended already."""
    await _end_own(viewer, session_id, "signed_out", now)


async def end_sessions(member_id: UUID, *, keeping: str | None = None) -> None:
    """End a member's sessions, except the one with the id `keeping`; forms that were open in them are not kept.

    The caller is inside `writing()`.
    """
    condition = Session.member == member_id
    await Session.delete().where(condition & (Session.id != keeping) if keeping else condition)


async def sessions_of(member_id: UUID, now: datetime) -> list[OpenSession]:
    """Return a member's open sessions, most recently used first."""
    columns = (Session.id, Session.created_at, Session.seen_at, Session.client)
    condition = (Session.member == member_id) & _is_open(now)
    rows = await Session.select(*columns).where(condition).order_by(Session.seen_at, ascending=False)
    return [OpenSession(**row) for row in rows]


async def open_among(session_ids: Sequence[str], now: datetime) -> frozenset[str]:
    """Return which of these sessions are open."""
    if not session_ids:
        return frozenset()
    found = Session.select(Session.id).where(Session.id.is_in([*session_ids]) & _is_open(now))
    return frozenset(await found.output(as_list=True))


async def end_session(viewer: Viewer, session_id: str, now: datetime) -> None:
    """End one of the viewer's own sessions; does nothing for one that is not theirs or has ended."""
    await _end_own(viewer, session_id, "session_ended", now)


async def sign_out_everywhere(member_id: UUID, now: datetime, *, by: Actor) -> None:
    """End all sessions of a member; `by` is who does it."""
    async with writing():
        await end_sessions(member_id)
        await audit.record(by, "signed_out_everywhere", "member", member_id, {}, now)


async def note_reauthentication(session_id: str, now: datetime) -> None:
    """Record that the person behind a session has just confirmed who they are."""
    await Session.update({Session.reauthenticated_at: now, Session.seen_at: now}).where(Session.id == session_id)


async def _forget_ended(now: datetime) -> None:
    """Delete the sessions that ended by their time, a day after their last use."""
    await Session.delete().where(Session.seen_at <= now - REMEMBERED)


async def _make_room(member_id: UUID, arrival: SignInArrival, now: datetime) -> None:
    facts = {"why": f"more than {arrival.most}"}
    for session in (await sessions_of(member_id, now))[max(0, arrival.most - 1) :]:
        await Session.delete().where(Session.id == session.id)
        await audit.record(Actor(origin=arrival.origin), "session_ended", "member", member_id, facts, now)


def _is_open(now: datetime) -> Combinable:
    return (Session.seen_at > now - IDLE) & (Session.created_at > now - LONGEST)


async def _end_own(viewer: Viewer, session_id: str, verb: str, now: datetime) -> None:
    condition = (Session.id == session_id) & (Session.member == viewer.member_id)
    async with writing():
        if await Session.delete().where(condition).returning(Session.id):
            await audit.record(viewer.actor, verb, "member", viewer.member_id, {}, now)


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
        "tokens": await api_tokens.revoke_all_tokens(member_id, now),
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
    condition = (Subscription.member == member_id) & Subscription.revoked_at.is_null()
    turned_off: dict[Any, Any] = {Subscription.revoked_at: now}
    return len(await Subscription.update(turned_off).where(condition).returning(Subscription.id))


async def end_links(member_id: UUID) -> int:
    """Invalidate a member's unused links; return how many. The caller is inside `writing()`."""
    waiting = (SignInLink.member == member_id) & SignInLink.used_at.is_null()
    return len(await SignInLink.delete().where(waiting).returning(SignInLink.id))
