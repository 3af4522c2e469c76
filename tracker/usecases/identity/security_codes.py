"""Security codes from an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

An app is enrolled once; each of its codes counts once. There are ten recovery codes of 80 bits, each usable once
(NIST SP 800-63B-4 §3.1.2). Only their hashes are stored, made with a key that is not in the database, so guessing from
a stolen copy is useless.
"""

import base64
import re
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp
from msgspec import Struct

from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core.viewers import Actor, Origin
from tracker.tables.schema.identity import RecoveryCode
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.identity.sessions import end_sessions
from tracker.usecases.identity.sign_in_attempts import SignInAccount

PURPOSE = "authenticator"  # of the key that seals the secrets of apps
PERIOD = 30  # seconds of a code
WINDOW = (0, -1, 1)  # periods around now that are accepted: phone clocks differ
ISSUER = "Task Force Tracker"
WRONG_CODE = (
    "That code didn’t match. Codes change every 30 seconds and work only once. Make sure your phone’s clock is set "
    "automatically, then enter the newest code."
)
AGAIN = "You need to set up your authenticator app again. Ask the coordinator."
RECOVERY_CODES = 10
BYTES = 10  # random bytes in a code: 16 characters
GROUP = 4  # characters between two hyphens
LOOK_ALIKE = str.maketrans("018", "OIB")  # the alphabet of the codes has no 0, 1, 8, 9 (RFC 4648 §6)


class Enrollment(Struct, frozen=True):
    """A new secret, not yet in force: `uri` for the QR code, `secret` to type, `sealed` to send back with the form."""

    uri: str
    secret: str
    sealed: str


def enrollment_for(account: SignInAccount, within: str, sealed: str = "") -> Enrollment:
    """Return a new secret for an authenticator app, or the one that a form sent back, so that it needs no new scan.

    Nothing is stored until a code confirms it. `within` is the challenge or session; the sealed secret is accepted only
    together with it.
    """
    bound_to = _bound(account, within)
    secret = _opened(sealed, bound_to) if sealed else pyotp.random_base32()
    sealed = sealed or keys.seal(keys.named(PURPOSE), secret, bound_to)
    uri = pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=ISSUER)
    return Enrollment(uri=uri, secret=secret, sealed=sealed)


async def set_up_authenticator(
    account: SignInAccount, within: str, sealed: str, code: str, now: datetime, origin: Origin, *, replaces: bool
) -> bool:
    """Put a secret in force if `code` comes from it, and return whether it does; the caller is inside `writing()`.

    With `replaces`, it replaces the authenticator that the account has. Errors: `NotAllowed` when another was set up
    meanwhile.
    """
    secret = _opened(sealed, _bound(account, within))
    step = _step_of(secret, code, now)
    if step is None:
        return False
    changed: dict[Any, Any] = {
        Member.totp_sealed: keys.seal(keys.named(PURPOSE), secret, _bound(account)),
        Member.totp_last_step: step,
        Member.totp_at: now,
    }
    unchanged = Member.totp_sealed.is_null()
    if replaces and account.totp_sealed:
        unchanged = Member.totp_sealed == account.totp_sealed
    if not await Member.update(changed).where((Member.id == account.member_id) & unchanged).returning(Member.id):
        raise NotAllowed("Another authenticator app was set up in the meantime. Sign in with its code.")
    verb = "authenticator_replaced" if replaces else "authenticator_added"
    await audit.record(account.actor(origin), verb, "member", account.member_id, {}, now)
    return True


async def use_code(account: SignInAccount, code: str, now: datetime) -> bool:
    """Return whether a code is right and unused, and use it up. The caller is inside `writing()`."""
    if account.totp_sealed is None:
        return False
    step = _step_of(_opened(account.totp_sealed, _bound(account)), code, now)
    if step is None:
        return False
    newer = (Member.id == account.member_id) & (Member.totp_last_step < step)
    return bool(await Member.update({Member.totp_last_step: step}).where(newer).returning(Member.id))


async def delete_authenticator(member_id: UUID, now: datetime, *, by: Actor) -> None:
    """Remove a member's authenticator (lost phone), to enroll again at the next sign-in; sessions and codes end."""
    forgotten: dict[Any, Any] = {Member.totp_sealed: None, Member.totp_last_step: 0, Member.totp_at: None}
    async with writing():
        await Member.update(forgotten).where(Member.id == member_id)
        await forget_codes(member_id)
        await end_sessions(member_id)
        await audit.record(by, "authenticator_removed", "member", member_id, {}, now)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the period of this code; all are compared, so the time taken reveals nothing."""
    typed = re.sub(r"[\s-]", "", code)
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    present = int(now.timestamp()) // PERIOD
    codes = pyotp.HOTP(secret)
    steps = [present + off for off in WINDOW if keys.same(codes.at(present + off), typed)]
    return steps[0] if steps else None


def _opened(sealed: str, bound_to: str) -> str:
    try:
        return keys.unseal(PURPOSE, sealed, bound_to)
    except keys.BrokenSeal as broken:
        raise NotAllowed(AGAIN) from broken


def _bound(account: SignInAccount, within: str = "") -> str:
    return f"{account.member_id} {keys.token_hash(within)}" if within else str(account.member_id)


async def renew_codes(member_id: UUID, now: datetime, *, by: Actor) -> list[str]:
    """Replace a member's codes with ten new ones and return them; they cannot be shown again."""
    randoms = [base64.b32encode(secrets.token_bytes(BYTES)).decode("ascii") for _ in range(RECOVERY_CODES)]
    codes = ["-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP)) for letters in randoms]
    made = [
        RecoveryCode(id=_recovery_hashes(member_id, code)[0], member=member_id, made_at=now, used_at=None)
        for code in codes
    ]
    async with writing():
        await forget_codes(member_id)
        await RecoveryCode.insert(*made)
        await audit.record(by, "recovery_codes_made", "member", member_id, {"codes": RECOVERY_CODES}, now)
    return codes


async def use_recovery_code(account: SignInAccount, typed: str, now: datetime) -> bool:
    """Return whether a code is right and unused, and use it up. The caller is inside `writing()`."""
    unused = RecoveryCode.id.is_in(_recovery_hashes(account.member_id, typed)) & RecoveryCode.used_at.is_null()
    return bool(await RecoveryCode.update({RecoveryCode.used_at: now}).where(unused).returning(RecoveryCode.id))


async def codes_left(member_id: UUID) -> int:
    """Return how many unused codes a member has."""
    condition = (RecoveryCode.member == member_id) & RecoveryCode.used_at.is_null()
    left: int = await RecoveryCode.count().where(condition)
    return left


async def forget_codes(member_id: UUID) -> None:
    """Delete a member's codes, used or not; the caller is inside `writing()`."""
    await RecoveryCode.delete().where(RecoveryCode.member == member_id)


def _recovery_hashes(member_id: UUID, typed: str) -> list[str]:
    """Return the hashes under which a code may be stored: with today's key, then with earlier ones."""
    letters = re.sub(r"[\s-]", "", typed).upper().translate(LOOK_ALIKE)
    return [keys.mac(key, f"{member_id} {letters}") for key in keys.every("recovery code")]
