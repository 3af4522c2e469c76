"""Converting ids and times that come out of SQLite, and times that go in, as Piccolo does and in half the time.

A month reads 500 dates with two times and three ids each; `replace(tzinfo=…)` alone takes six times as long as parsing
the time. A series of five years writes 260 dates with four times each. Home reads 600 ids, the same each time.
"""

import sqlite3
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from piccolo.engine import sqlite as stock  # noqa: F401 - it registers its own, which must be there before ours

IDS = 16_384  # that are kept: 5 MB


def register() -> None:
    """Make every connection of this process convert ids and times this way."""
    sqlite3.register_converter("UUID", _id)
    sqlite3.register_converter("TIMESTAMPTZ", _moment)
    sqlite3.register_adapter(datetime, _text)


@lru_cache(IDS)
def _id(value: bytes) -> UUID:
    """Return the same object for the same id, as long as it is kept: sets and dicts know it without comparing."""
    return UUID(int=int(value.replace(b"-", b""), 16))


def _text(value: datetime) -> str:
    """Return a local time as it is, and a moment in UTC, so that moments sort as texts."""
    if value.tzinfo is None:
        return str(value)
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.date()} {moment.time()}+00:00"


def _moment(value: bytes) -> datetime:
    moment = datetime.fromisoformat(value.decode())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
