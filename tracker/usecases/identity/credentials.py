"""What people prove who they are with: passwords, codes of an authenticator app, and recovery codes.

Passwords are hashed in separate threads, so that signing in never stalls the server: with argon2id, or with PBKDF2
where only algorithms approved by FIPS 140-3 may be used. An app is enrolled once; each of its codes counts once (TOTP,
RFC 6238). There are ten recovery codes of 80 bits, each usable once (NIST SP 800-63B-4 §3.1.2). Only their hashes are
stored, made with a key that is not in the database, so guessing from a stolen copy is useless.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from msgspec import Struct

from tracker.crypto import keys
from tracker.database import writing
from tracker.errors import Busy, Invalid, NotAllowed, NotFound
from tracker.rules import identity
from tracker.rules.core.viewers import Actor, Origin
from tracker.tables.schema.identity import RecoveryCode
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.identity.sessions import end_sessions
from tracker.usecases.identity.sign_in_attempts import SignInAccount

MEMORY = 64 * 1024  # KiB
ROUNDS = 3  # over that memory
PBKDF2_ROUNDS = 600_000  # of HMAC-SHA-256
SALT = 16  # bytes
_PBKDF2 = re.compile(r"\$pbkdf2-sha256\$i=([0-9]{1,9})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})")
THREADS = 2  # hashes at once: each takes 64 MiB and one core
WAITING = 20  # more than these are asked to try again
COMMON = Path(__file__).with_name("common-passwords.txt")
BUSY = "Many people are signing in right now. Try again in a minute."

HashResult = TypeVar("HashResult")


class HashScheme(Protocol):
    """One way to hash; its hashes begin with `prefix` and name their own cost."""

    prefix: ClassVar[str]

    def hash(self, password: bytes) -> str:
        """Return a salted hash."""

    def matches(self, stored: str, password: bytes) -> bool:
        """Return whether a hash of this scheme, at any cost, belongs to this password."""

    def is_outdated(self, stored: str) -> bool:
        """Return whether a hash of this scheme was made at another cost than today's."""


class Argon2:
    """Argon2id (RFC 9106): costs memory, so that guessing on graphics cards does not pay."""

    prefix: ClassVar[str] = "$argon2id$"

    def __init__(self, *, memory: int = MEMORY, rounds: int = ROUNDS) -> None:
        """Set the cost: `memory` in KiB, `rounds` over it; tests lower both."""
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)

    def hash(self, password: bytes) -> str:
        return self._hasher.hash(password)

    def matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)


class Pbkdf2(Struct, frozen=True, kw_only=True):
    """PBKDF2 with HMAC-SHA-256 (NIST SP 800-132), by the OpenSSL module that Python runs on."""

    rounds: int = PBKDF2_ROUNDS
    prefix: ClassVar[str] = "$pbkdf2-sha256$"

    def hash(self, password: bytes) -> str:
        salt = secrets.token_bytes(SALT)
        return f"{self.prefix}i={self.rounds}${_letters(salt)}${_letters(_derive(password, salt, self.rounds))}"

    def matches(self, stored: str, password: bytes) -> bool:
        match = _PBKDF2.fullmatch(stored)
        if match is None:
            return False
        made = _derive(password, base64.b64decode(match[2] + "=="), int(match[1]))
        return hmac.compare_digest(_letters(made), match[3])

    def is_outdated(self, stored: str) -> bool:
        return not stored.startswith(f"{self.prefix}i={self.rounds}$")


def _derive(password: bytes, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password, salt, rounds)


def _letters(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode("ascii")


class Hashing:
    """Hashes by one scheme and checks the other's hashes, two at a time; raises `Busy` when too many wait."""

    def __init__(self, scheme: HashScheme | None = None, *, threads: int = THREADS, waiting: int = WAITING) -> None:
        """Hash by a scheme from now on, argon2id by default; hashes of the other scheme still work."""
        self._scheme = scheme or Argon2()
        self._known = (self._scheme, Argon2(), Pbkdf2())
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="hash")
        self._most = threads + waiting
        self._open = 0

    async def hash(self, password: str) -> str:
        """Return a salted hash that names its own cost."""
        return await self._run(self._scheme.hash, _bytes(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Return whether a password matches a hash; without a hash it takes the same time and never matches.

        A hash of the other scheme takes its own time, until its owner signs in and it is renewed.
        """
        if stored is None or len(password) > identity.LONGEST:
            stored, password = None, ""
        return await self._run(self._verify, stored, _bytes(password))

    def is_outdated(self, stored: str) -> bool:
        """Return whether a hash was made by another scheme, or at another cost, than today's."""
        return not stored.startswith(self._scheme.prefix) or self._scheme.is_outdated(stored)

    @cached_property
    def _decoy(self) -> str:
        return self._scheme.hash(secrets.token_bytes(16))

    def _verify(self, stored: str | None, password: bytes) -> bool:
        decoy = self._decoy  # made during the first sign-in, whether or not the account exists
        against = stored or decoy
        made_by = next((scheme for scheme in self._known if against.startswith(scheme.prefix)), None)
        return made_by is not None and made_by.matches(against, password) and stored is not None

    async def _run(self, work: Callable[..., HashResult], *arguments: object) -> HashResult:
        if self._open >= self._most:
            raise Busy(BUSY)
        self._open += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._open -= 1


_hashing = Hashing()


def use_hashing(hashing: Hashing) -> None:
    """Hash at another cost from now on; called once at start, and by tests."""
    global _hashing  # noqa: PLW0603 - one pool of threads for the process, set once at start
    _hashing = hashing


def hashing_in_use() -> Hashing:
    """Return the hashing in use."""
    return _hashing


async def set_password(member_id: UUID, password: str, now: datetime, *, by: Actor, keeping: str | None = None) -> None:
    """Give a member a password and end their sessions, except the one whose id is `keeping`.

    `by` is who sets it. Errors: `Invalid(password=…)` with the reason, `NotFound`, `Busy`.
    """
    stored = await checked_hash(member_id, password)
    async with writing():
        await store_hash(member_id, stored, now, by=by, keeping=keeping)


async def checked_hash(member_id: UUID, password: str) -> str:
    """Return the hash of an acceptable password. Errors: `Invalid(password=…)`, `NotFound`, `Busy`.

    Hashing takes a while, so it comes before the transaction that stores the hash.
    """
    row = await Member.select(Member.name, Member.email, Member.agency.code).where(Member.id == member_id).first()
    if row is None:
        raise NotFound
    personal = (row["name"], row["email"], row["agency.code"])
    if why := identity.password_refusal(password, common_passwords(), personal):
        raise Invalid(password=why)
    return await _hashing.hash(password)


async def store_hash(member_id: UUID, stored: str, now: datetime, *, by: Actor, keeping: str | None = None) -> None:
    """Store a hash and end sessions, as `set_password` does; the caller is inside `writing()`."""
    await Member.update({Member.password_hash: stored}).where(Member.id == member_id)
    await end_sessions(member_id, keeping=keeping)
    await audit.record(by, "password_changed", "member", member_id, {}, now)


async def renew_hash(member_id: UUID, stored: str, password: str) -> str:
    """Hash a correct password again if the scheme or cost has changed; return the hash that is stored now."""
    if not _hashing.is_outdated(stored):
        return stored
    renewed = await _hashing.hash(password)
    still_the_same = (Member.id == member_id) & (Member.password_hash == stored)
    changed = await Member.update({Member.password_hash: renewed}).where(still_the_same).returning(Member.id)
    return renewed if changed else stored


@lru_cache(1)
def common_passwords() -> frozenset[str]:
    """Return the most commonly guessed passwords; the list is part of the product."""
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # exact: nothing is trimmed, composed or cut


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
