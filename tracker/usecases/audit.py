"""The audit log for people, backups, the replacement of its secret, and health checks.

Health: whether due work is done, the clock runs, and the database responds. No counts: the number of waiting messages
would tell an administrator of events that they may not know of.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import to_thread
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.config import installation
from tracker.crypto import keys, sealed_files
from tracker.database import copies, engine, is_postgres, together, writing
from tracker.database.migrate import migrate, newest, unknown_migrations
from tracker.errors import Invalid, NotFound
from tracker.rules.audit import audit_log as audit_facts
from tracker.rules.audit.audit_log import AuditFilter, AuditLine, DeedEntries, readable_facts, whole_deeds
from tracker.rules.audit.verbs import OPEN_SUBJECTS
from tracker.rules.core.message_types import AuditLogAltered
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import BY_CLOCK, BY_COMMAND, Actor, Origin, Role, Status, Viewer
from tracker.rules.core.wording import to_local, to_utc
from tracker.tables.background.emails import outbox_queue
from tracker.tables.schema.availability import SharedCalendar
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.core.tables import Deployment, Watermark
from tracker.tables.schema.events import marking_in
from tracker.tables.schema.roster import Member, MemberRole
from tracker.tables.visible import audit as entry_rows
from tracker.usecases import availability
from tracker.usecases.calendars import subscriptions
from tracker.usecases.core import audit, outbox, process_locks
from tracker.usecases.core.audit import record_read
from tracker.usecases.emails.reminders import PLANNER_MARK
from tracker.usecases.identity import credentials
from tracker.usecases.roster import known_people
from tracker.usecases.roster.known_people import Candidates

PAGE = 50  # deeds
MOST_READ = 100  # entries of one page
MOST = 50_000  # entries of one export
HIDDEN = {"about": "one subject", "via": "one address or session"}
"""What the record of a reading says instead of what was looked up."""
UNKNOWN = "Someone not on the roster"
_deed_of = itemgetter("at", "actor", "agency", "source", "address", "session", "request")
"""What the entries of one deed have in common: a request or a run of the clock has one time."""

Row = dict[str, Any]
Names = dict[UUID, Any]
VERIFICATION_MARK = "audit"
VERIFIED_AT = time(3)
"""By the task force's clock, when no one waits for pages."""
NOTIFIED_ROLES = (Role.COORDINATOR, Role.AUDITOR)
_LAST = (
    "SELECT at, facts FROM audit_entry WHERE subject = 'audit' AND verb = 'audit_verified' ORDER BY seq DESC LIMIT 1"
)

log = logging.getLogger(__name__)


class AuditPage(Struct, frozen=True, kw_only=True):
    """Deeds with their entries, newest first.

    When there are older entries, `next_skip` of those at the moment of the last one have been shown.

    A deed of more entries than a page holds continues on the next one.
    """

    deeds: Sequence[DeedEntries]
    has_older: bool
    next_until: datetime | None = None
    next_skip: int = 0

    @property
    def entries(self) -> list[AuditLine]:
        """Return the entries of all its deeds."""
        return [entry for deed in self.deeds for entry in deed.entries]


class Verification(Struct, frozen=True, kw_only=True):
    """The result of the last verification of the audit log."""

    at: datetime
    broken: audit.BrokenEntry | None

    @property
    def is_whole(self) -> bool:
        """Return whether every entry was unchanged."""
        return self.broken is None


async def note_reading(viewer: Viewer, asked: dict[str, str], now: datetime) -> None:
    """Record, before a page is read, that it is: once a day for each filter (`asked`).

    The record does not name the subject that was looked up, because its readers may not know of that subject.

    Errors: NotFound for a viewer who may not read the audit log.
    """
    _check_reader(viewer)
    await record_read(viewer, "audit_read", "audit", "", _filter_facts(asked), now)


async def read_page(viewer: Viewer, choice: AuditFilter) -> AuditPage:
    """Return a page of the audit log, whose reading the caller has noted. Errors: as above."""
    _check_reader(viewer)
    records = await entry_rows.audit_rows(viewer, choice, MOST_READ + 1)
    known, has_more = records[:MOST_READ], len(records) > MOST_READ
    rows = whole_deeds(known, [_deed_of(row) for row in known], PAGE, has_more=has_more)
    lines = iter(await _lines(viewer, [row for deed in rows for row in deed]))
    deeds = [DeedEntries(entries=[next(lines) for _ in deed]) for deed in rows]
    shown = [entry.at for deed in deeds for entry in deed.entries]
    if len(shown) == len(records):
        return AuditPage(deeds=deeds, has_older=False)
    last = shown[-1]
    skip = shown.count(last) + (choice.skip if last == choice.until else 0)
    return AuditPage(deeds=deeds, has_older=True, next_until=last, next_skip=skip)


async def export_entries(
    viewer: Viewer, choice: AuditFilter, asked: dict[str, str], now: datetime
) -> Sequence[AuditLine]:
    """Return all entries of a choice, newest first, at most 50,000, and record the export. Errors: NotFound."""
    _check_reader(viewer)
    rows = await entry_rows.audit_rows(viewer, choice, MOST)
    async with writing():
        await audit.record(viewer.actor, "audit_exported", "audit", "", _filter_facts(asked), now)
    return await _lines(viewer, rows)


def actors_for(viewer: Viewer) -> Candidates:
    """Return the people by whom the log can be filtered, also those who left. Errors: NotFound."""
    _check_reader(viewer)
    return known_people.EVERYONE


async def verify_log_for(viewer: Viewer, now: datetime) -> Verification:
    """Verify the whole audit log and record the result. Errors: NotFound for a viewer who may not read it."""
    _check_reader(viewer)
    return await verify_log(now, by=viewer.actor)


async def last_verification_for(viewer: Viewer) -> Verification | None:
    """Return the result of the last verification. Errors: NotFound."""
    _check_reader(viewer)
    return await last_verification()


def _check_reader(viewer: Viewer) -> None:
    if not viewer.reads_audit:
        raise NotFound


def _filter_facts(asked: dict[str, str]) -> dict[str, object]:
    """Return the facts of a reading without what was looked up, because readers of the log may see them."""
    kept = {name: HIDDEN.get(name, value) for name, value in asked.items()}
    return {"filter": kept} if kept else {}


async def _lines(viewer: Viewer, rows: Iterable[Row]) -> list[AuditLine]:
    """Return entries with the names that they need, read at once."""
    records = list(rows)
    in_facts = audit_facts.ids_in_facts([json.loads(row["facts"]) for row in records])
    actors = {UUID(row["actor"]) for row in records if row["actor"]}
    agencies = {UUID(row["agency"]) for row in records if row["agency"]}
    organizations = _ids(records, "agency") | _ids(records, "committee") | _ids(records, "site") | agencies | in_facts
    people, organized = await together(
        audit.names_of_people(_ids(records, "member") | actors | in_facts), audit.names_of_organizations(organizations)
    )
    called = {key: f"{name} ({agency})" for key, (name, agency) in people.items()} | organized
    return [_line(viewer, row, called, _author(row, people, called)) for row in records]


def _ids(rows: Sequence[Row], subject: str) -> set[UUID]:
    return {subject_id for row in rows if row["subject"] == subject and (subject_id := _id(row["subject_id"]))}


def _author(row: Row, people: Mapping[UUID, tuple[str, str]], called: Names) -> str:
    """Return the actor, with the agency they acted for then; older entries have only today's."""
    if not row["actor"]:
        return "System"
    if UUID(row["actor"]) not in people:
        return UNKNOWN
    name, agency = people[UUID(row["actor"])]
    return f"{name} ({called.get(UUID(row['agency']), agency) if row['agency'] else agency})"


def _line(viewer: Viewer, row: Row, called: Names, author: str) -> AuditLine:
    is_open = bool(row["event"] or row["sees_item"] or row["subject"] in OPEN_SUBJECTS)
    title, address = _subject_of(row, called) if is_open else ("", "")
    said = json.loads(row["facts"])
    facts = readable_facts(said, reads_all=viewer.reads_all_audit) if is_open else {}
    # In older entries, only the facts of a sign-in say where the action came from.
    client = row["address"] or str(said.get("client", "")).partition(" ")[0]
    return AuditLine(
        seq=row["seq"],
        at=row["at"],
        origin=Origin(row["source"], client, row["session"], row["request"] if viewer.reads_all_audit else ""),
        verb=row["verb"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        actor_id=_id(row["actor"]),
        actor=author,
        title=title,
        address=address,
        facts=audit_facts.facts_with_names(facts, called),
        is_open=is_open,
        marking=marking_in(row),
    )


def _subject_of(row: Row, called: Names) -> tuple[str, str]:
    """Return the name and address of an entry's subject, if the reader may open it."""
    if row["reference"]:
        return f"{row['reference']} {row['item_title']}", f"/action-items/{row['reference']}"
    if row["event"]:
        date = row["original_start"]
        return row["event_title"], f"/events/{row['event']}" + (f"/{date.date().isoformat()}" if date else "")
    if row["subject"] == "address":
        return row["subject_id"], ""
    subject_id = _id(row["subject_id"])
    return (called.get(subject_id, "") if subject_id else ""), ""


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def verify_log(now: datetime, *, by: Actor) -> Verification:
    """Verify the whole audit log and record the result; `by` is who asked, or the clock."""
    broken = await _first_broken()
    facts = {"broken": broken.seq, "why": broken.why} if broken else {}
    try:
        async with writing():
            await audit.record(by, "audit_verified", "audit", "", facts, now)
    except Exception:  # a log without its end takes no entry, and the person who asked must still learn of it
        log.exception("The verification was not recorded.")
    return Verification(at=now, broken=broken)


async def _first_broken() -> audit.BrokenEntry | None:
    """Return the first broken entry; a fault that stops the verification counts too, or it could silence the alarm."""
    try:
        return await audit.verify_chain()
    except Exception:
        log.exception("The log couldn’t be verified.")
        return audit.BrokenEntry(0, "The log can’t be read.")


async def last_verification() -> Verification | None:
    """Return the result of the last verification here."""
    rows = await engine().run_querystring(QueryString(_LAST))
    if not rows:
        return None
    facts = json.loads(rows[0]["facts"])
    broken = audit.BrokenEntry(facts["broken"], facts["why"]) if "broken" in facts else None
    return Verification(at=rows[0]["at"], broken=broken)


async def verify_nightly(now: datetime, zone: str) -> Verification | None:
    """Verify the audit log once after 3 AM each night, in whichever process comes first; None when it was done.

    If it is broken, the application log records it, and coordinators and auditors get one email (SP 800-53 AU-5, AU-9).
    """
    today = to_local(now, zone).date()
    tonight = to_utc(datetime.combine(today, VERIFIED_AT), zone)
    last_night = to_utc(datetime.combine(today - timedelta(days=1), VERIFIED_AT), zone)
    if not await _is_first_since(tonight if tonight <= now else last_night, now):
        return None
    verification = await verify_log(now, by=BY_CLOCK)
    if verification.broken:
        log.error("The audit log was altered. Entry %s: %s", verification.broken.seq, verification.broken.why)
        async with writing():
            drafts = [
                NewMessage(
                    content=AuditLogAltered(),
                    recipient_id=reader_id,
                    key=f"audit_log_altered:{reader_id}:{verification.broken.seq}",
                )
                for reader_id in await _readers_to_notify()
            ]
            await outbox.enqueue_all(drafts, now)
    return verification


async def _is_first_since(moment: datetime, now: datetime) -> bool:
    """Claim what has been due since a moment; only one of several processes gets it."""
    mark = Watermark.name == VERIFICATION_MARK
    async with writing():
        if not await Watermark.exists().where(mark):
            await Watermark.insert(Watermark(name=VERIFICATION_MARK, until=now))
            return True
        claimed: dict[Any, Any] = {Watermark.until: now}
        return bool(await Watermark.update(claimed).where(mark & (Watermark.until < moment)).returning(Watermark.name))


async def _readers_to_notify() -> Sequence[UUID]:
    roles = MemberRole.select(MemberRole.member).where(MemberRole.role.is_in([role.value for role in NOTIFIED_ROLES]))
    named = await roles.output(as_list=True)
    active = (Member.status == Status.ACTIVE) & Member.id.is_in(named)
    ids: list[UUID] = await Member.select(Member.id).where(active).output(as_list=True) if named else []
    return ids


SQLITE, POSTGRES = "sqlite", "postgresql"
NAMES = {SQLITE: installation.DATABASE, POSTGRES: "tracker.dump"}
"""The file name of the database in a backup, beside the settings."""


class Backup(Struct, frozen=True, kw_only=True):
    """An opened backup, and where its database is."""

    made_at: datetime
    is_postgres: bool
    database: Path


async def back_up(target: Path, scratch: Path, settings: str, secret: str, now: datetime) -> int:
    """Write a sealed backup file, record it in the audit log and as the last backup, and return its size in bytes.

    `scratch` is an empty folder for the unsealed copy, on a disk as trusted as the database's. Errors: Conflict when
    the file exists, Invalid when the database cannot be copied; OSError.
    """
    kind = POSTGRES if is_postgres(engine()) else SQLITE
    await copies.copy_to(scratch / NAMES[kind])
    facts = {"made_at": now.isoformat(), "database": kind}

    def seal() -> int:
        (scratch / installation.NAME).write_text(settings, encoding="utf-8")
        return sealed_files.write_archive(target, scratch, secret, facts)

    size = await to_thread.run_sync(seal)
    async with writing():
        await Deployment.update({Deployment.backed_up_at: now}).where(Deployment.id == process_locks.ONLY_ROW)
        await audit.record(BY_COMMAND, "backed_up", "deployment", "", {"bytes": size}, now)
    return size


def unpack(source: Path, secret: str, folder: Path) -> Backup:
    """Write the contents of a backup into a folder: the settings, and the database or a dump of it.

    Errors: Invalid when it is not a backup, was changed, or was sealed with another secret; OSError.
    """
    facts = sealed_files.read_archive(source, secret, folder, (installation.NAME, *NAMES.values()))
    kind, made_at = facts["database"], datetime.fromisoformat(facts["made_at"])
    return Backup(made_at=made_at, is_postgres=kind == POSTGRES, database=folder / NAMES[kind])


async def settle_copy(backup: Backup, now: datetime) -> audit.BrokenEntry | None:
    """Make the bound database an up-to-date copy on hold: the unpacked file, or filled from it.

    Return the first broken entry of the audit log, if any. Errors: Invalid when the database is damaged.
    """
    if backup.is_postgres:
        await copies.fill_from(backup.database)
        backup.database.unlink()
    if not await copies.is_whole():
        raise Invalid("The database in the backup is damaged. Take another backup.")
    if unknown := await unknown_migrations():
        raise Invalid(f"The backup was made by a newer release, which knows {unknown[0]}. Install that one.")
    await migrate()
    broken = await audit.verify_chain()
    await process_locks.hold_sending(backup.made_at, now)
    return broken


SEALED: tuple[tuple[Any, str, str], ...] = (
    (Member, "totp_sealed", credentials.PURPOSE),
    (Subscription, "token_sealed", subscriptions.FEED_PURPOSE),
    (SharedCalendar, "address_sealed", availability.PURPOSE),
)
"""Every column that holds sealed values, each bound to the id of its row, and the purpose of its key."""


async def reseal_everything(now: datetime) -> int:
    """Seal everything with the new secret, so the old one opens nothing in this database; return how many values."""
    number = 0
    async with writing():
        for table, column, purpose in SEALED:
            # Row by row: each seal differs, and this happens once in years.
            sealed_rows = [row for row in await table.select("id", column) if row[column] is not None]
            for row in sealed_rows:
                bound_to = str(row["id"])
                sealed = keys.seal(keys.named(purpose), keys.unseal(purpose, row[column], bound_to), bound_to)
                await table.update({column: sealed}).where(table.id == row["id"])
            number += len(sealed_rows)
        await audit.record(BY_COMMAND, "secret_replaced", "deployment", "", {}, now)
    return number


LATE = timedelta(minutes=5)
REMINDERS, EMAIL_RUNS, AUDIT = PLANNER_MARK, "mail", VERIFICATION_MARK
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


async def note_email_run(now: datetime) -> None:
    """Record that all due emails have been processed; at most every half minute."""
    mark = Watermark.name == EMAIL_RUNS
    async with writing():
        row = await Watermark.select(Watermark.until).where(mark).first()
        if row is None:
            await Watermark.insert(Watermark(name=EMAIL_RUNS, until=now))
        elif not timedelta(0) <= now - row["until"] < NOTED_EVERY:
            await Watermark.update({Watermark.until: now}).where(mark)


async def last_runs() -> dict[str, datetime]:
    """Return when each job last ran, by name; a job that never ran is missing."""
    of_jobs = Watermark.name.is_in([REMINDERS, EMAIL_RUNS, AUDIT])
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
