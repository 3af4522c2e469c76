"""Hashing passwords: argon2id, or PBKDF2 where only algorithms approved by FIPS 140-3 may be used."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import ClassVar, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from msgspec import Struct

MEMORY = 64 * 1024  # KiB
ROUNDS = 3  # over that memory
PBKDF2_ROUNDS = 600_000  # of HMAC-SHA-256
SALT = 16  # bytes
_PBKDF2 = re.compile(r"\$pbkdf2-sha256\$i=([0-9]{1,9})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})")


class Scheme(Protocol):
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
        found = _PBKDF2.fullmatch(stored)
        if found is None:
            return False
        made = _derive(password, base64.b64decode(found[2] + "=="), int(found[1]))
        return hmac.compare_digest(_letters(made), found[3])

    def is_outdated(self, stored: str) -> bool:
        return not stored.startswith(f"{self.prefix}i={self.rounds}$")


def of(stored: str, known: Sequence[Scheme]) -> Scheme | None:
    """Return the scheme that made a hash, or None when none of the known ones did."""
    return next((scheme for scheme in known if stored.startswith(scheme.prefix)), None)


def _derive(password: bytes, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password, salt, rounds)


def _letters(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode("ascii")
