"""Password resets: with a link from an administrator, a member sets another password, once.

The authenticator stays: the new password alone is not enough to sign in (OWASP ASVS 6.4.3).
"""

from datetime import datetime
from uuid import UUID

from tracker.database import writing
from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.actors import Actor, Origin
from tracker.usecases.identity.accounts import account_of
from tracker.usecases.identity.failed_logins import release
from tracker.usecases.identity.one_time_links import RESET, check_link, issue_link, spend
from tracker.usecases.identity.passwords import checked_hash, store_hash

CLOSED = "This account is suspended or removed. Restore it before you create a link."


async def issue_reset(member_id: UUID, now: datetime, *, by: Actor) -> str:
    """Return the token of a link that works once, for 30 minutes; the member's earlier reset links stop working.

    Errors: NotFound, NotAllowed for an account that is not open.
    """
    account = await account_of(member_id)
    if account is None:
        raise NotFound
    if not account.is_open(now):
        raise NotAllowed(CLOSED)
    return await issue_link(member_id, now, purpose=RESET, by=by)


async def check_reset(token: str, now: datetime) -> str:
    """Return the email address of the link's member. Nothing changes. Errors: Gone when it is not valid."""
    return (await check_link(token, now, RESET)).email


async def reset_password(token: str, password: str, now: datetime, origin: Origin) -> None:
    """Set a password and use up the link; sessions and a pause after failed sign-ins end.

    Errors: Gone, Invalid(password) with the reason, after which the link still works, Busy.
    """
    account = await check_link(token, now, RESET)
    stored = await checked_hash(account.member_id, password)
    async with writing():
        await spend(token, now, RESET)
        await store_hash(account.member_id, stored, now, by=account.actor(origin))
        if account.locked_at is not None:
            await release(account.member_id, now, by=account.actor(origin))
