"""Health checks: whether due work is done, the clock runs, and the database responds.

No counts: the number of waiting messages would tell an administrator of events that they may not know of.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine, is_postgres, writing
from tracker.database.migrate import newest
from tracker.tables.background.emails import outbox_queue
from tracker.tables.schema.core.tables import Watermark
from tracker.usecases.audit import audit_log
from tracker.usecases.emails.reminders import PLANNER_MARK

LATE = timedelta(minutes=5)
REMINDERS, MAIL, AUDIT = PLANNER_MARK, "mail", audit_log.VERIFICATION_MARK
NOTED_EVERY = timedelta(seconds=30)
WorkState = outbox_queue.WorkState
_SIZE = "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()"
_SIZE_POSTGRES = "SELECT pg_database_size(current_database()) AS bytes"
_VERSION = "SELECT sqlite_version() AS version"
_VERSION_POSTGRES = "SELECT current_setting('server_version') AS version"


class Storage(Struct, frozen=True, kw_only=True):
    """The database, as its administrator sees it."""

    kind: str
    version: str
    megabytes: int
    """Rounded up, so that it reveals nothing about single rows."""
    schema: str
    """Name of the newest migration."""


async def work_state(now: datetime) -> WorkState:
    """Return whether everything due has been done, and whether the clock still checks for due work."""
    return await outbox_queue.outbox_health(now - LATE, REMINDERS)


async def note_mail_run(now: datetime) -> None:
    """Record that all due emails have been processed; at most every half minute."""
    mark = Watermark.name == MAIL
    async with writing():
        row = await Watermark.select(Watermark.until).where(mark).first()
        if row is None:
            await Watermark.insert(Watermark(name=MAIL, until=now))
        elif not timedelta(0) <= now - row["until"] < NOTED_EVERY:
            await Watermark.update({Watermark.until: now}).where(mark)


async def last_runs() -> dict[str, datetime]:
    """Return when each job last ran, by name; a job that never ran is missing."""
    of_jobs = Watermark.name.is_in([REMINDERS, MAIL, AUDIT])
    rows = await Watermark.select(Watermark.name, Watermark.until).where(of_jobs)
    return {row["name"]: row["until"] for row in rows}


async def storage() -> Storage:
    """Return the database's engine, version, size and schema."""
    is_server = is_postgres(engine())
    (size,) = await engine().run_querystring(QueryString(_SIZE_POSTGRES if is_server else _SIZE))
    (version,) = await engine().run_querystring(QueryString(_VERSION_POSTGRES if is_server else _VERSION))
    return Storage(
        kind="PostgreSQL" if is_server else "SQLite",
        version=version["version"],
        megabytes=-(-size["bytes"] // 1_000_000),
        schema=newest(),
    )
