"""Ids and names that nobody can count: random always, repeatable only for a seeded demo. Tokens are never made here."""

import hashlib
import random
import secrets
from uuid import UUID

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read aloud and typed without error

_source: random.Random = secrets.SystemRandom()


def seed(number: int | None) -> None:
    """Make ids repeatable (demo and benchmarks only); None brings back true chance."""
    global _source  # noqa: PLW0603 - one source for the process, set once at start
    _source = secrets.SystemRandom() if number is None else random.Random(number)  # noqa: S311 - ids of a demo


def new_id() -> UUID:
    """Return a random UUID (version 4)."""
    return UUID(int=_source.getrandbits(128), version=4)


def id_from(*facts: object) -> UUID:
    """Return the one id that these facts have, so that what is sent twice is made once.

    Who sent it belongs among them: then nobody can aim at what somebody else made.
    """
    digest = hashlib.sha256(" ".join(map(repr, facts)).encode()).digest()
    return UUID(bytes=digest[:16], version=4)


def new_uid() -> str:
    """Return an iCalendar UID (RFC 7986 §5.3: no host name, nothing that tells)."""
    return str(new_id())


def reference(prefix: str, length: int = 4) -> str:
    """Return `prefix-XXXX`, for people to say; the caller's unique index catches the rare double."""
    return f"{prefix}-{''.join(_source.choices(ALPHABET, k=length))}"
