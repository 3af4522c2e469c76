"""Ids and names that cannot be guessed: random, or repeatable for a seeded demo. Tokens are never made here."""

import hashlib
import json
import random
import secrets
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Protocol, runtime_checkable
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U: read aloud and typed without error

_source: random.Random = secrets.SystemRandom()


def seed(number: int | None) -> None:
    """Make ids repeatable (demo and benchmarks only); None makes them random again."""
    global _source  # noqa: PLW0603 - one source for the process, set once at start
    _source = secrets.SystemRandom() if number is None else random.Random(number)  # noqa: S311 - ids of a demo


@runtime_checkable
class HasIdentity(Protocol):
    """A value that says which of its fields make it what it is."""

    @property
    def identity(self) -> Mapping[str, object]:
        """The values of these fields by name."""
        ...


def new_id() -> UUID:
    """Return a random UUID (version 4)."""
    return UUID(int=_source.getrandbits(128), version=4)


def id_from(*facts: object) -> UUID:
    """Return the same id for the same facts in every process, so that a form sent twice creates one thing.

    Include the sender in the facts, so that no one can aim at another person's id. Of a fact that is
    `HasIdentity`, only its identity counts. Errors: TypeError for a fact whose text may differ between processes, such
    as a float or an object of a custom class.
    """
    text = json.dumps(_canonical(facts))
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4)


def _canonical(fact: object) -> object:
    """Return a fact in the types of JSON, with the name of its type where JSON has none for it."""
    if fact is None or isinstance(fact, str | int):
        return fact
    if isinstance(fact, list | tuple):
        return [_canonical(part) for part in fact]
    if isinstance(fact, AbstractSet):
        return {"set": sorted((_canonical(member) for member in fact), key=json.dumps)}
    if isinstance(fact, Mapping):
        pairs = ([_canonical(key), _canonical(value)] for key, value in fact.items())
        return {"mapping": sorted(pairs, key=json.dumps)}
    name = type(fact).__name__
    if isinstance(fact, date | timedelta | UUID):
        return {name: str(fact)}
    if isinstance(fact, HasIdentity | Struct):
        fields = fact.identity if isinstance(fact, HasIdentity) else asdict(fact)
        return {name: {field: _canonical(value) for field, value in fields.items()}}
    raise TypeError(f"No id can be made from {name}. Give it a form that is the same everywhere.")


def new_uid() -> str:
    """Return an iCalendar UID (RFC 7986 §5.3: no host name, and nothing that identifies people)."""
    return str(new_id())


def reference(prefix: str, length: int = 4) -> str:
    """Return `prefix-XXXX`, for people to say; the caller's unique index catches the rare duplicate."""
    return f"{prefix}-{''.join(_source.choices(ALPHABET, k=length))}"
