"""Sessions: opened at the end of every way to sign in, found by the hash of their cookie, ended for good."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker import keys
from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.tables.identity import Session, SignInLink
from tracker.tables.people import Member
from tracker.usecases import audit
from tracker.usecases.identity_accounts import Account
from tracker.usecases.identity_tries import forget_failures
from tracker.usecases.viewers import IDLE, LONGEST

CLIENT = 200  # letters kept of what a browser says it is
MOST = 3  # sessions of one person, unless the settings say otherwise
NOT_NOW = "You cannot sign in now. Please ask the coordinator."


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A browser in which a member is signed in; `client` is from where, and what it says it is."""

    id: str
    created_at: datetime
    seen_at: datetime
    client: str


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """How somebody comes to sign in: from where and with what, and in a browser of which earlier session.

    `most` is how many sessions one person may have; the one that was used longest ago gives way (SP 800-53 AC-10).
    """

    client: str = ""
    replacing: str = ""
    most: int = MOST


UNKNOWN = Arrival()
"""Where nobody knows or needs to know it: commands and tests."""


async def open_session(account: Account, now: datetime, arrival: Arrival, *, how: str) -> str:
    """End a sign-in: return the token of a new session; only its hash is stored.

    Every way to sign in ends here, and nowhere else is a session made. The earlier session of the same browser ends,
    and so do what is more than one person may have, and sign-in links that wait: whoever is in needs none. Raises
    `NotAllowed` when member or agency are not active.
    """
    if not account.is_open(now):
        raise NotAllowed(NOT_NOW)
    token = keys.new_token()
    async with writing():
        await Session.delete().where(Session.id == keys.fingerprint(arrival.replacing))
        await _end_links(account.member_id)
        await _end_old(account.member_id, now)
        await _make_room(account.member_id, arrival.most, now)
        await Session.insert(
            Session(
                id=keys.fingerprint(token),
                member=account.member_id,
                created_at=now,
                seen_at=now,
                proved_at=now,
                client=arrival.client[:CLIENT],
            )
        )
        await Member.update({Member.signed_in_at: now}).where(Member.id == account.member_id)
        await forget_failures(account.key)
        facts = {"how": how, "client": arrival.client[:CLIENT]}
        await audit.record(account.member_id, "page", "signed_in", "member", account.member_id, facts, now)
    return token


async def _end_links(member_id: UUID) -> None:
    waiting = SignInLink.used_at.is_null() & (SignInLink.purpose == "sign_in")
    await SignInLink.delete().where((SignInLink.member == member_id) & waiting)


async def sign_out(token: str, now: datetime) -> None:
    """End a session; an unknown one is ended already."""
    id_ = keys.fingerprint(token)
    async with writing():
        row = await Session.select(Session.member).where(Session.id == id_).first()
        if row:
            await Session.delete().where(Session.id == id_)
            await audit.record(row["member"], "page", "signed_out", "member", row["member"], {}, now)


async def end_sessions(member_id: UUID, *, keeping: str | None = None) -> int:
    """End a member's sessions, all but the one with the id `keeping`; return how many ended.

    The caller is inside `writing()`.
    """
    mine = Session.member == member_id
    return len(await Session.delete().where(mine & (Session.id != keeping) if keeping else mine).returning(Session.id))


async def sessions_of(member_id: UUID, now: datetime) -> list[OpenSession]:
    """Return a member's open sessions, the one used last first."""
    columns = (Session.id, Session.created_at, Session.seen_at, Session.client)
    is_open = (Session.seen_at > now - IDLE) & (Session.created_at > now - LONGEST)
    mine = (Session.member == member_id) & is_open
    found = await Session.select(*columns).where(mine).order_by(Session.seen_at, ascending=False)
    return [OpenSession(**row) for row in found]


async def end_session(member_id: UUID, session_id: str, now: datetime) -> None:
    """End one of a member's own sessions; one that is not theirs, or over, is ended already."""
    mine = (Session.id == session_id) & (Session.member == member_id)
    async with writing():
        if await Session.delete().where(mine).returning(Session.id):
            await audit.record(member_id, "page", "session_ended", "member", member_id, {}, now)


async def sign_out_everywhere(member_id: UUID, now: datetime, *, by: UUID | None, door: str) -> None:
    """End all sessions of a member; `by` is who does it, None the system."""
    async with writing():
        await end_sessions(member_id)
        await audit.record(by, door, "signed_out_everywhere", "member", member_id, {}, now)


async def prove(session_id: str, now: datetime) -> None:
    """Note that the person behind a session has just proved who they are once more."""
    await Session.update({Session.proved_at: now, Session.seen_at: now}).where(Session.id == session_id)


async def _end_old(member_id: UUID, now: datetime) -> None:
    is_over = (Session.seen_at <= now - IDLE) | (Session.created_at <= now - LONGEST)
    await Session.delete().where((Session.member == member_id) & is_over)


async def _make_room(member_id: UUID, most: int, now: datetime) -> None:
    for session in (await sessions_of(member_id, now))[max(0, most - 1) :]:
        await Session.delete().where(Session.id == session.id)
        await audit.record(None, "page", "session_ended", "member", member_id, {"why": f"more than {most}"}, now)
