"""One-time sign-in links: made by an administrator or the demo, opened by a button, good for one time."""

from datetime import datetime, timedelta
from uuid import UUID

from tracker import keys
from tracker.database import writing
from tracker.errors import Gone
from tracker.tables.identity import SignInLink
from tracker.usecases import audit
from tracker.usecases.identity import Challenge, challenge_for
from tracker.usecases.identity_accounts import Account, account_of
from tracker.usecases.identity_sessions import open_session

LIFETIME = timedelta(minutes=30)
USED = "This sign-in link was used or has expired. Please ask the coordinator for a new one."


async def issue_link(
    member_id: UUID, now: datetime, lifetime: timedelta = LIFETIME, *, by: UUID | None = None, door: str = "cli"
) -> str:
    """Return the token of a new link; only its hash is stored. `by` is who asked for it, None the system."""
    token = keys.new_token()
    async with writing():
        await SignInLink.delete().where((SignInLink.member == member_id) & (SignInLink.expires_at <= now))
        await SignInLink.insert(
            SignInLink(id=keys.fingerprint(token), member=member_id, expires_at=now + lifetime, used_at=None)
        )
        facts = {"minutes": int(lifetime.total_seconds() // 60)}
        await audit.record(by, door, "link_issued", "member", member_id, facts, now)
    return token


async def check_link(token: str, now: datetime) -> None:
    """Raise `Gone` unless a link is still good; nothing changes, so a mail scanner may look at it."""
    if not await _is_good(token, now):
        raise Gone(USED)


async def redeem_link(
    token: str, now: datetime, *, asks_code: bool, client: str = "", replacing: str = ""
) -> str | Challenge:
    """Use a link: return the token of a new session, or the challenge when `asks_code`.

    A link proves as much as a password: outside a demo the code is asked, or enrolled, all the same. Raises `Gone` for
    links that are unknown, used or over.
    """
    async with writing():
        account = await _spend(token, now)
        if not asks_code:
            return await open_session(account, now, how="link", client=client, replacing=replacing)
    return challenge_for(account, now)


async def _spend(token: str, now: datetime) -> Account:
    unused = (SignInLink.id == keys.fingerprint(token)) & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)
    spent = await SignInLink.update({SignInLink.used_at: now}).where(unused).returning(SignInLink.member)
    account = await account_of(spent[0]["member"]) if spent else None
    if account is None or not account.is_open:
        raise Gone(USED)
    return account


async def _is_good(token: str, now: datetime) -> bool:
    unused = (SignInLink.id == keys.fingerprint(token)) & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)
    return bool(await SignInLink.exists().where(unused))
