"""Whether the tracker does its work: is anything due left lying, does the clock tick, does the database answer.

No counts: how many messages wait would tell an administrator of events that they may not know of.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres, writing
from tracker.database.migrate import newest
from tracker.tables.background.emails import outbox_queue
from tracker.tables.schema.core.outbox import Watermark
from tracker.usecases.audit import verification
from tracker.usecases.emails.reminders import MARK

LATE = timedelta(minutes=5)
REMINDERS, MAIL, AUDIT = MARK, "mail", verification.MARK
NOTED_EVERY = timedelta(seconds=30)
_SIZE = "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()"
_SIZE_POSTGRES = "SELECT pg_database_size(current_database()) AS bytes"
_VERSION = "SELECT sqlite_version() AS version"
_VERSION_POSTGRES = "SELECT current_setting('server_version') AS version"


@dataclass(frozen=True, kw_only=True)
class State:
    """Whether everything due has been dealt with, and whether somebody looks for what becomes due."""

    is_late: bool
    is_ticking: bool

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to be woken."""
        return self.is_ticking and not self.is_late


@dataclass(frozen=True, kw_only=True)
class Storage:
    """The database as its keeper knows it."""

    kind: str
    version: str
    megabytes: int
    """Rounded up, so that it does not tell of single rows."""
    schema: str
    """Name of the newest migration."""


async def state(now: datetime) -> State:
    """Return how the work stands."""
    since = now - LATE
    found = await outbox_queue.health(since, REMINDERS)
    return State(is_late=found.is_late, is_ticking=found.is_ticking)


async def note_look(now: datetime) -> None:
    """Note that all mail that was due has been looked at; at most every half minute."""
    mark = Watermark.name == MAIL
    async with writing():
        found = await Watermark.select(Watermark.until).where(mark).first()
        if found is None:
            await Watermark.insert(Watermark(name=MAIL, until=now))
        elif not timedelta(0) <= now - found["until"] < NOTED_EVERY:
            await Watermark.update({Watermark.until: now}).where(mark)


async def last_looks() -> dict[str, datetime]:
    """Return when each job was last done, by name; one that never was is missing."""
    of_jobs = Watermark.name.is_in([REMINDERS, MAIL, AUDIT])
    found = await Watermark.select(Watermark.name, Watermark.until).where(of_jobs)
    return {row["name"]: row["until"] for row in found}


async def storage() -> Storage:
    """Return what the database is."""
    is_server = is_postgres(engine())
    (size,) = await engine().run_querystring(QueryString(_SIZE_POSTGRES if is_server else _SIZE))
    (version,) = await engine().run_querystring(QueryString(_VERSION_POSTGRES if is_server else _VERSION))
    return Storage(
        kind="PostgreSQL" if is_server else "SQLite",
        version=version["version"],
        megabytes=-(-size["bytes"] // 1_000_000),
        schema=newest(),
    )
