"""Sessions: opened at the end of every way to sign in, found by the hash of their cookie, ended for good."""

from datetime import datetime
from uuid import UUID

from tracker import keys
from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.tables.identity import Session
from tracker.tables.people import Member
from tracker.usecases import audit
from tracker.usecases.identity_accounts import Account, forget_failures
from tracker.usecases.viewers import IDLE, LONGEST

CLIENT = 200  # letters kept of what a browser says it is
NOT_NOW = "You cannot sign in now. Please ask the coordinator."


async def open_session(account: Account, now: datetime, *, how: str, client: str, replacing: str = "") -> str:
    """End a sign-in: return the token of a new session; only its hash is stored.

    Every way to sign in ends here, and nowhere else is a session made. `replacing` is the token of an earlier session
    of the same browser, which ends. Raises `NotAllowed` when member or agency are not active.
    """
    if not account.is_open:
        raise NotAllowed(NOT_NOW)
    token = keys.new_token()
    async with writing():
        await Session.delete().where(Session.id == keys.fingerprint(replacing))
        await _end_old(account.member_id, now)
        await Session.insert(
            Session(
                id=keys.fingerprint(token),
                member=account.member_id,
                created_at=now,
                seen_at=now,
                proved_at=now,
                client=client[:CLIENT],
            )
        )
        await Member.update({Member.signed_in_at: now}).where(Member.id == account.member_id)
        await forget_failures(account.key)
        facts = {"how": how, "client": client[:CLIENT]}
        await audit.record(account.member_id, "page", "signed_in", "member", account.member_id, facts, now)
    return token


async def sign_out(token: str, now: datetime) -> None:
    """End a session; an unknown one is ended already."""
    id_ = keys.fingerprint(token)
    async with writing():
        row = await Session.select(Session.member).where(Session.id == id_).first()
        if row:
            await Session.delete().where(Session.id == id_)
            await audit.record(row["member"], "page", "signed_out", "member", row["member"], {}, now)


async def end_sessions(member_id: UUID, *, keeping: str | None = None) -> None:
    """End a member's sessions, all but the one with the id `keeping`; the caller is inside `writing()`."""
    mine = Session.member == member_id
    await Session.delete().where(mine & (Session.id != keeping) if keeping else mine)


async def prove(session_id: str, now: datetime) -> None:
    """Note that the person behind a session has just proved who they are once more."""
    await Session.update({Session.proved_at: now, Session.seen_at: now}).where(Session.id == session_id)


async def _end_old(member_id: UUID, now: datetime) -> None:
    is_over = (Session.seen_at <= now - IDLE) | (Session.created_at <= now - LONGEST)
    await Session.delete().where((Session.member == member_id) & is_over)
