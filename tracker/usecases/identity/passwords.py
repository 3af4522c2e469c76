"""Passwords: set and checked, hashed in separate threads, so that signing in never stalls the server.

The schemes are argon2id, and PBKDF2 where only algorithms approved by FIPS 140-3 may be used.
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
from typing import ClassVar, Protocol, TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from msgspec import Struct

from tracker.database import writing
from tracker.errors import Busy, Invalid, NotFound
from tracker.rules.core.viewers import Actor
from tracker.rules.identity import passwords
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.identity.sessions import end_sessions

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
        if stored is None or len(password) > passwords.LONGEST:
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
    if why := passwords.password_refusal(password, common_passwords(), personal):
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
