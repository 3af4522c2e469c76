"""Signing in: a password or a link opens a challenge, a security code completes it, and a session begins.

People who are signed in confirm who they are in the same way, and set up another authenticator. In a demo, a visitor
signs in as one of its people (a persona) by a press, without a password or a code.

Links are made by an administrator or the demo, or emailed; each works once and for one purpose. With one for a new
password, a member sets another password, once. The authenticator stays: the new password alone is not enough to sign in
(OWASP ASVS 6.4.3).
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from piccolo.custom_types import Combinable

from tracker.crypto import keys
from tracker.crypto.signed_links import Links
from tracker.database import together, writing
from tracker.database.binding import bulk_insert
from tracker.errors import Gone, Invalid, NotAllowed, NotFound
from tracker.rules.core.viewers import BY_COMMAND, Actor, Origin, Viewer
from tracker.tables.schema.identity import SignInLink
from tracker.usecases.core import audit
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.identity.credentials import (
    WRONG_CODE,
    Enrollment,
    checked_hash,
    codes_left,
    enrollment_for,
    hashing_in_use,
    renew_codes,
    renew_hash,
    set_up_authenticator,
    store_hash,
    use_code,
    use_recovery_code,
)
from tracker.usecases.identity.sessions import end_sessions, note_reauthentication, open_session
from tracker.usecases.identity.sign_in_attempts import (
    UNKNOWN_ARRIVAL,
    SignInAccount,
    SignInArrival,
    account_at,
    account_of,
    check_network,
    clean_address,
    clear_pause,
    count_failure,
    failures_key_of,
    refuse_attempt,
)

CHALLENGE = timedelta(minutes=10)  # to find the phone and type the code
WRONG = (
    "We can’t sign you in with that email and password. Check both and try again. After 5 failed attempts, sign-in "
    "pauses for 15 minutes."
)
WRONG_RECOVERY_CODE = "That recovery code didn’t match or was already used. Each works once."
OVER = "This took too long. Start over."


class Challenge(Struct, frozen=True):
    """Half a sign-in, sealed: the first credential was right, the code is missing; it opens nothing by itself."""

    token: str
    needs_enrollment: bool


class SecondStep(Struct, frozen=True):
    """A kind of code that completes a challenge: how it is used up, and the message when it is wrong."""

    name: str
    use: Callable[[SignInAccount, str, datetime], Awaitable[bool]]
    refusal: str


SECURITY_CODE = SecondStep("code", use_code, WRONG_CODE)
RECOVERY_CODE = SecondStep("recovery code", use_recovery_code, WRONG_RECOVERY_CODE)


class FirstSignIn(Struct, frozen=True):
    """The token of the new session, the recovery codes (shown only now), and whether there is a password."""

    session: str
    recovery_codes: list[str]
    has_password: bool


async def sign_in(email: str, password: str, now: datetime, arrival: SignInArrival = UNKNOWN_ARRIVAL) -> Challenge:
    """Check a password and return the challenge for the security code.

    Errors: the same `Invalid`, after the same work, for an unknown address, a wrong or over-long password, and a paused
    or suspended account; another for a network with too many failed attempts; `Busy` when too many passwords wait to
    be checked.
    """
    await check_network(arrival.origin.address, now)
    address = clean_address(email)
    account = await account_at(address)
    stored = account.password_hash if account and account.is_open(now) else None
    is_right = await hashing_in_use().matches(stored, password)
    async with writing():
        account = await account_at(address)  # again, because another try may have paused it since
        is_right = is_right and account is not None and account.password_hash == stored and not account.is_paused(now)
        if not is_right:
            await count_failure(failures_key_of(address), account, now, arrival, what="password")
    if account is None or stored is None or not is_right:
        raise Invalid(WRONG)
    renewed = await renew_hash(account.member_id, stored, password)
    return challenge_for(replace(account, password_hash=renewed), now)


def challenge_for(account: SignInAccount, now: datetime) -> Challenge:
    """Return the challenge for an account whose first credential was right."""
    words = {"m": str(account.member_id), "e": (now + CHALLENGE).timestamp(), "p": _password_mark(account)}
    return Challenge(keys.seal(_key(), json.dumps(words)), needs_enrollment=account.totp_sealed is None)


async def answer_code(
    challenge: str,
    code: str,
    now: datetime,
    arrival: SignInArrival = UNKNOWN_ARRIVAL,
    *,
    by: SecondStep = SECURITY_CODE,
) -> str:
    """Complete a challenge with a security code, or `by` a recovery code, and return the token of the new session.

    Errors: `Invalid(code=…)` with the attempts that are left, `Gone` when the challenge has expired.
    """
    account = await account_challenged(challenge, now)
    async with writing():
        account = await account_unchanged(account, now)
        if not account.is_paused(now) and await by.use(account, code, now):
            if by is RECOVERY_CODE:
                by_member, facts = account.actor(arrival.origin), {"left": await codes_left(account.member_id)}
                await audit.record(by_member, "recovery_code_used", "member", account.member_id, facts, now)
            return await open_session(account, now, arrival, how=by.name)
        refused = await refuse_attempt(account, now, arrival, field="code", why=by.refusal)
    raise refused


async def enroll(challenge: str, now: datetime, sealed: str = "") -> Enrollment:
    """Return a new secret for the authenticator app, or the one that a form sent back as `sealed`."""
    account = await account_challenged(challenge, now)
    if account.totp_sealed is not None:
        raise Gone(OVER)
    return enrollment_for(account, challenge, sealed)


async def confirm_totp(
    challenge: str, sealed: str, code: str, now: datetime, arrival: SignInArrival = UNKNOWN_ARRIVAL
) -> FirstSignIn:
    """Put a new authenticator in force by its first code, make recovery codes, and open a session.

    Errors: as `answer_code`, and `NotAllowed` when the form was altered or another authenticator came first.
    """
    account = await account_challenged(challenge, now)
    async with writing():
        account = await account_unchanged(account, now)
        if not account.is_paused(now) and await set_up_authenticator(
            account, challenge, sealed, code, now, arrival.origin, replaces=False
        ):
            session = await open_session(account, now, arrival, how="new authenticator")
            codes = await renew_codes(account.member_id, now, by=account.actor(arrival.origin))
            return FirstSignIn(session, codes, has_password=account.password_hash is not None)
        refused = await refuse_attempt(account, now, arrival, field="code", why=WRONG_CODE)
    raise refused


async def account_challenged(challenge: str, now: datetime) -> SignInAccount:
    """Return the challenge's account. Errors: `Gone` when it has expired, is forged, or the account changed since."""
    try:
        words = json.loads(keys.open_sealed(_key(), challenge))
    except keys.BrokenSeal as broken:
        raise Gone(OVER) from broken
    account = await account_of(UUID(words["m"]))
    is_good = account is not None and account.is_open(now) and words["p"] == _password_mark(account)
    if account is None or not is_good or now.timestamp() >= words["e"]:
        raise Gone(OVER)
    return account


async def reauthentication_asked(member_id: UUID) -> str | None:
    """Return how a signed-in person can confirm who they are: "code", "password", or None."""
    account = await account_of(member_id)
    if account is None:
        return None
    return "code" if account.totp_sealed else "password" if account.password_hash else None


async def reauthenticate(
    member_id: UUID, session_id: str, proof: str, now: datetime, arrival: SignInArrival = UNKNOWN_ARRIVAL
) -> None:
    """Confirm a signed-in person by a code, or by the password where there is no authenticator.

    Errors: `Invalid(proof=…)`; `NotAllowed` for a person with neither, who needs a new sign-in link instead.
    """
    account = await account_of(member_id)
    if account is None or (account.totp_sealed is None and account.password_hash is None):
        raise NotAllowed("You don’t have a password yet. Ask the coordinator for a new sign-in link.")
    is_right = account.totp_sealed is None and await hashing_in_use().matches(account.password_hash, proof)
    async with writing():
        account = await account_unchanged(account, now)
        if not account.is_paused(now) and (is_right or await use_code(account, proof, now)):
            await note_reauthentication(session_id, now)
            return
        why = WRONG_CODE if account.totp_sealed else "That password didn’t match."
        refused = await refuse_attempt(account, now, arrival, field="proof", why=why)
    raise refused


async def reauthenticate_by_press(member_id: UUID, session_id: str, now: datetime) -> None:
    """Confirm a person who has neither code nor password by a press of a button; for demos only.

    Errors: `NotAllowed` for a person who has one of them.
    """
    async with writing():
        if await reauthentication_asked(member_id) is not None:
            raise NotAllowed("Confirm with your code or your password.")
        await note_reauthentication(session_id, now)


async def account_unchanged(account: SignInAccount, now: datetime) -> SignInAccount:
    """Read an account again inside the transaction; the credential that was checked must still be current."""
    again = await account_of(account.member_id)
    if again is None or not again.is_open(now) or _password_mark(again) != _password_mark(account):
        raise Gone(OVER)
    return again


def _password_mark(account: SignInAccount) -> str:
    """Return a value that changes with the password, so that a new password ends the challenge."""
    return keys.mac(_key(), account.password_hash or "")[:16]


def _key() -> bytes:
    return keys.named("challenge")


class Credentials(Struct, frozen=True, kw_only=True):
    """A member's credentials: whether there is a password, since when an authenticator, and how many codes are left."""

    has_password: bool
    has_authenticator: bool
    authenticator_since: datetime | None
    codes_left: int


async def credentials_of(member_id: UUID) -> Credentials:
    """Return which credentials a member has, never the credentials themselves. Errors: NotFound."""
    account, left = await together(_known_account(member_id), codes_left(member_id))
    return Credentials(
        has_password=account.password_hash is not None,
        has_authenticator=account.totp_sealed is not None,
        authenticator_since=account.totp_at,
        codes_left=left,
    )


async def new_authenticator(member_id: UUID, session_id: str, sealed: str = "") -> Enrollment:
    """Return a new secret for the authenticator app, or the one in a form that this session sent back.

    Errors: NotAllowed for a secret of another session.
    """
    return enrollment_for(await _known_account(member_id), session_id, sealed)


async def set_authenticator(
    member_id: UUID, session_id: str, sealed: str, code: str, now: datetime, arrival: SignInArrival = UNKNOWN_ARRIVAL
) -> None:
    """Put a new secret in force by its first code, replacing the earlier one; other sessions end.

    Errors: Invalid(code) with the attempts that are left, NotAllowed for a secret of another session.
    """
    account = await _known_account(member_id)
    async with writing():
        account = await account_unchanged(account, now)
        if not account.is_paused(now) and await set_up_authenticator(
            account, session_id, sealed, code, now, arrival.origin, replaces=True
        ):
            await end_sessions(member_id, keeping=session_id)
            return
        refused = await refuse_attempt(account, now, arrival, field="code", why=WRONG_CODE)
    raise refused


async def _known_account(member_id: UUID) -> SignInAccount:
    account = await account_of(member_id)
    if account is None:
        raise NotFound
    return account


async def personas_at(addresses: Collection[str], now: datetime) -> list[Viewer]:
    """Return the people with these email addresses who can sign in now, in the same order."""
    accounts = [await account_at(address) for address in addresses]
    return [await viewer_for(account.member_id, now) for account in accounts if account and account.is_open(now)]


async def sign_in_as(
    address: str, addresses: Collection[str], now: datetime, arrival: SignInArrival = UNKNOWN_ARRIVAL
) -> str:
    """Return the token of a new session of one of these people; for demos only.

    Errors: `NotFound` for anyone else; `NotAllowed` when they can't sign in now.
    """
    account = await account_at(address) if address in addresses else None
    if account is None:
        raise NotFound
    return await open_session(account, now, arrival, how="persona")


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


def emailed_token(member_id: UUID, link_id: UUID) -> str:
    """Return the token of an emailed link; with the secret it can be computed from the two ids."""
    return Links(keys.named("links")).invitation(member_id, link_id)


async def issue_emailed_links(links: Mapping[UUID, UUID], until: datetime) -> None:
    """Store a link for each of some members, by the id that its email names, replacing earlier links.

    The caller is inside `writing()` and audits it.
    """
    earlier = SignInLink.member.is_in(list(links)) & (SignInLink.purpose == SIGN_IN)
    await SignInLink.delete().where(earlier)
    made = [
        {"id": keys.token_hash(emailed_token(member, link)), "member": member, "expires_at": until, "purpose": SIGN_IN}
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
