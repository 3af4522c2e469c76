"""One-time links: made by an administrator or the demo, or emailed; each works once and for one purpose.

With one for a new password, a member sets another password, once. The authenticator stays: the new password alone is
not enough to sign in (OWASP ASVS 6.4.3).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piccolo.custom_types import Combinable

from tracker.crypto import keys
from tracker.crypto.signed_links import Links
from tracker.database import writing
from tracker.database.bulk_insert import bulk_insert
from tracker.errors import Gone, NotAllowed, NotFound
from tracker.rules.core.viewers import BY_COMMAND, Actor, Origin
from tracker.tables.schema.identity import SignInLink
from tracker.usecases.core import audit
from tracker.usecases.identity.passwords import checked_hash, store_hash
from tracker.usecases.identity.sessions import open_session
from tracker.usecases.identity.sign_in import Challenge, challenge_for
from tracker.usecases.identity.sign_in_attempts import (
    UNKNOWN_ARRIVAL,
    SignInAccount,
    SignInArrival,
    account_of,
    clear_pause,
)

LIFETIME = timedelta(minutes=30)
SIGN_IN = "sign_in"
RESET = "reset"
USED = "This sign-in link was already used or has expired. Ask the coordinator for a new one."
CLOSED = "This account is suspended or removed. Restore it before you create a link."


async def issue_link(
    member_id: UUID, now: datetime, lifetime: timedelta = LIFETIME, *, purpose: str = SIGN_IN, by: Actor = BY_COMMAND
) -> str:
    """Return the token of a new link; only its hash is stored. `by` is who asked for it.

    It replaces the member's earlier links of the same purpose, which were shown only once.
    """
    token = keys.new_token()
    condition = SignInLink.member == member_id
    async with writing():
        await SignInLink.delete().where(condition & ((SignInLink.expires_at <= now) | (SignInLink.purpose == purpose)))
        await SignInLink.insert(
            SignInLink(
                id=keys.token_hash(token), member=member_id, expires_at=now + lifetime, used_at=None, purpose=purpose
            )
        )
        facts = {"minutes": int(lifetime.total_seconds() // 60), "for": purpose}
        await audit.record(by, "link_issued", "member", member_id, facts, now)
    return token


def mailed_token(member_id: UUID, link_id: UUID) -> str:
    """Return the token of an emailed link; with the secret it can be computed from the two ids."""
    return Links(keys.named("links")).invitation(member_id, link_id)


async def issue_mailed_links(links: Mapping[UUID, UUID], until: datetime) -> None:
    """Store a link for each of some members, by the id that its email names, replacing earlier links.

    The caller is inside `writing()` and audits it.
    """
    earlier = SignInLink.member.is_in(list(links)) & (SignInLink.purpose == SIGN_IN)
    await SignInLink.delete().where(earlier)
    made = [
        {"id": keys.token_hash(mailed_token(member, link)), "member": member, "expires_at": until, "purpose": SIGN_IN}
        for member, link in links.items()
    ]
    await bulk_insert(SignInLink, made)


async def check_link(token: str, now: datetime, purpose: str = SIGN_IN) -> SignInAccount:
    """Return a link's account; nothing changes, because mail scanners open links. Errors: Gone when it is not valid."""
    row = await SignInLink.select(SignInLink.member).where(_unused(token, now, purpose)).first()
    return await _holder(row["member"] if row else None, now)


async def redeem_link(
    token: str, now: datetime, arrival: SignInArrival = UNKNOWN_ARRIVAL, *, asks_code: bool
) -> str | Challenge:
    """Use a link: return the token of a new session, or the challenge when `asks_code`.

    A link counts as much as a password: outside a demo, a code is still asked for, or enrolled.
    Errors: Gone for links that are unknown, used or expired.
    """
    async with writing():
        account = await use_up_link(token, now)
        if not asks_code:
            return await open_session(account, now, arrival, how="link")
    return challenge_for(account, now)


async def use_up_link(token: str, now: datetime, purpose: str = SIGN_IN) -> SignInAccount:
    """Use up a link and return its account. The caller is inside `writing()`. Errors: Gone, as above."""
    used: dict[Any, Any] = {SignInLink.used_at: now}
    spent = await SignInLink.update(used).where(_unused(token, now, purpose)).returning(SignInLink.member)
    return await _holder(spent[0]["member"] if spent else None, now)


async def unused_links() -> frozenset[tuple[UUID, datetime]]:
    """Return the members with unused sign-in links, and when each link expires."""
    waiting = (SignInLink.purpose == SIGN_IN) & SignInLink.used_at.is_null()
    rows = await SignInLink.select(SignInLink.member, SignInLink.expires_at).where(waiting)
    return frozenset((row["member"], row["expires_at"]) for row in rows)


async def _holder(member_id: UUID | None, now: datetime) -> SignInAccount:
    account = await account_of(member_id) if member_id else None
    if account is None or not account.is_open(now):
        raise Gone(USED)
    return account


def _unused(token: str, now: datetime, purpose: str) -> Combinable:
    is_this = (SignInLink.id == keys.token_hash(token)) & (SignInLink.purpose == purpose)
    return is_this & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)


async def issue_reset_link(member_id: UUID, now: datetime, *, by: Actor) -> str:
    """Return the token of a link that works once, for 30 minutes; the member's earlier reset links stop working.

    Errors: NotFound, NotAllowed for an account that is not open.
    """
    account = await account_of(member_id)
    if account is None:
        raise NotFound
    if not account.is_open(now):
        raise NotAllowed(CLOSED)
    return await issue_link(member_id, now, purpose=RESET, by=by)


async def email_of_reset_link(token: str, now: datetime) -> str:
    """Return the email address of the link's member. Nothing changes. Errors: Gone when it is not valid."""
    return (await check_link(token, now, RESET)).email


async def reset_password(token: str, password: str, now: datetime, origin: Origin) -> None:
    """Set a password and use up the link; sessions and a pause after failed sign-ins end.

    Errors: Gone, Invalid(password) with the reason, after which the link still works, Busy.
    """
    account = await check_link(token, now, RESET)
    stored = await checked_hash(account.member_id, password)
    async with writing():
        await use_up_link(token, now, RESET)
        await store_hash(account.member_id, stored, now, by=account.actor(origin))
        if account.locked_at is not None:
            await clear_pause(account.member_id, now, by=account.actor(origin))
