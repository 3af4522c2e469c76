"""The audit log: who did what to what and when, written in the transaction of the change and chained by HMAC.

The key comes from `crypto.keys` (purpose "audit"). The head, sealed with the same key, records where the chain ends.
After the secret is replaced, the previous key still verifies older entries, and no entry is written with it.
Reads of named events and of the log itself are recorded, too: one entry per person, place and day.
"""

import hmac
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import asdict
from piccolo.querystring import QueryString

from tracker.crypto import keys
from tracker.database import engine, lock_audit_head, writing
from tracker.database.binding import bulk_insert, run_for_each
from tracker.database.queries import sql_list
from tracker.errors import Invalid
from tracker.rules.audit.audit_log import SOURCES
from tracker.rules.audit.verbs import AuditVerb
from tracker.rules.core.viewers import Actor, Arm, Viewer
from tracker.rules.events.events import Event, Occurrence
from tracker.tables.schema.core.tables import AuditEntry, AuditHead
from tracker.tables.schema.roster import Member
from tracker.tables.visible import audit

PURPOSE = "audit"  # purpose of the keys
START = "0" * 64  # the `previous` of the first entry
HEAD = 1  # id of the only head
BATCH = 1_000  # entries read at once
SOURCE_COLUMNS = ("agency", "address", "session", "request")  # columns added later: older entries have them empty
UNREADABLE = "The entry can’t be read."
_END = "SELECT seq, hash, seal FROM audit_head WHERE id = {}"
_MOVE = "UPDATE audit_head SET seq = {}, hash = {}, seal = {} WHERE id = {}"
_READS = (
    "SELECT subject_id, facts FROM audit_entry WHERE actor = {} AND at >= {} AND verb = {} AND source = {}"
    " AND address = {} AND subject = {}"
)
_PEOPLE_NAMES = "SELECT m.id, m.name, g.code FROM member m JOIN agency g ON g.id = m.agency WHERE m.id IN ({})"

_ORGANIZATION_NAMES = (
    "SELECT g.id, g.code AS name FROM agency g WHERE g.id IN ({})",
    "SELECT b.id, b.name FROM committee b WHERE b.id IN ({})",
    "SELECT s.id, s.name FROM site s WHERE s.id IN ({})",
)


class BrokenEntry(Struct, frozen=True):
    """The first entry that fails verification, and what is wrong with it."""

    seq: int
    why: str


class AnotherSecret(Exception):
    """The log was continued with a secret that this process does not know, so it may not add entries."""


class AuditLogHead(Struct, frozen=True):
    """The end of the audit log at one moment: number and hash of the last entry, sealed with the log's key."""

    seq: int
    hash: str
    seal: str


class AuditLogEnd(Struct, frozen=True):
    """Where the log ends for the writer of this transaction; `row` None = it has no entry."""

    row: Mapping[str, Any] | None


class NewAuditEntry(Struct, frozen=True):
    """An audit entry without its time; the fields are those of `record`."""

    actor: Actor
    verb: str
    subject: str
    subject_id: UUID | str
    facts: Mapping[str, object]


async def record(
    actor: Actor, verb: str, subject: str, subject_id: UUID | str, facts: Mapping[str, object], now: datetime
) -> None:
    """Add an entry inside the caller's `writing()`.

    Raises without a transaction, and a failure fails the change. `verb` is a past tense ("signed_in"); `facts` has the
    changed fields and their values unless they are secret.
    """
    await record_all([NewAuditEntry(actor, verb, subject, subject_id, facts)], now)


async def record_all(deeds: Sequence[NewAuditEntry], now: datetime) -> None:
    """Add an entry for each of at least one deeds, in order: many entries at the cost of one `record`."""
    await record_after_end(await audit_log_end(), deeds, now)


async def audit_log_end() -> AuditLogEnd:
    """Return where the log ends, for `record_after_end` in the same transaction. Errors: TransactionError without."""
    await lock_audit_head()
    return AuditLogEnd(await _head())


async def record_after_end(at: AuditLogEnd, deeds: Sequence[NewAuditEntry], now: datetime) -> None:
    """Add entries after an end that was read together with what the deed reads; else the same as `record_all`.

    Nothing may have been recorded since: two entries can't have the same number.
    """
    end = at.row
    if end and _secret_age(end["seal"], _sealed(end["seq"], end["hash"])) is None:
        raise AnotherSecret("The audit log now uses another secret. Restart this process.")
    last, previous = (end["seq"], end["hash"]) if end else (0, START)
    entries = []
    for seq, deed in enumerate(deeds, last + 1):
        entry: dict[str, Any] = {
            "seq": seq,
            "at": now.astimezone(UTC),
            "actor": str(deed.actor.member_id or ""),
            "agency": str(deed.actor.agency_id or ""),
            **asdict(deed.actor.origin),
            "verb": deed.verb,
            "subject": deed.subject,
            "subject_id": str(deed.subject_id),
            "facts": facts_text(deed.facts),
            "previous": previous,
        }
        entries.append({**entry, "hash": _digest(_hashed_text(entry))})
        previous = entries[-1]["hash"]
    await bulk_insert(AuditEntry, entries)
    last += len(entries)
    seal = _digest(_sealed(last, previous))
    if end is None:
        await AuditHead.insert(AuditHead(id=HEAD, seq=last, hash=previous, seal=seal))
    else:
        await run_for_each(_MOVE, [[last, previous, seal, HEAD]])


def facts_text(facts: Mapping[str, object]) -> str:
    """Return facts as the audit log stores them."""
    return json.dumps(facts, sort_keys=True, default=str)


async def audit_log_head() -> AuditLogHead | None:
    """Return the end of the audit log, to be kept out of reach of the database's owner; None without entries."""
    row = await _head()
    return AuditLogHead(row["seq"], row["hash"], row["seal"]) if row else None


async def verify_chain(kept: Iterable[AuditLogHead] = (), *, batch: int = BATCH) -> BrokenEntry | None:
    """Return the first broken entry of the audit log, or None when all are unchanged and none is missing or added.

    With ends that were kept elsewhere, it also detects a log that was cut or rewritten by someone who has the key.
    Errors: Invalid for an end that this key did not seal.
    """
    ends: dict[int, set[str]] = {}
    for log_head in kept:
        if _secret_age(log_head.seal, _sealed(log_head.seq, log_head.hash)) is None:
            raise Invalid(
                f"The recorded end at entry {log_head.seq} isn’t from this tracker, or the secret is different."
            )
        ends.setdefault(log_head.seq, set()).add(log_head.hash)
    end = await _head()
    seq, previous, at_end, oldest = 0, START, START, len(keys.every(PURPOSE))
    try:
        async for row in _entries(batch):
            age = _secret_age(row["hash"], _hashed_text(row))
            if wrong := _entry_fault(row, seq + 1, previous, ends, is_ours=age is not None and age <= oldest):
                return wrong
            seq, previous, oldest = row["seq"], row["hash"], age or 0
            if end and seq == end["seq"]:
                at_end = previous
    except _Unreadable:
        return BrokenEntry(seq + 1, UNREADABLE)
    if max(ends, default=0) > seq:
        return BrokenEntry(seq + 1, f"The entry and all after it are missing. Entry {max(ends)} existed before.")
    return _end_fault(end, seq, at_end)


class _Unreadable(Exception):
    """The next entry has a value that the database cannot return."""


def _entry_fault(
    row: Mapping[str, Any], seq: int, previous: str, ends: Mapping[int, set[str]], *, is_ours: bool
) -> BrokenEntry | None:
    if row["seq"] != seq:
        return BrokenEntry(seq, "The entry is missing.")
    if not is_ours:
        return BrokenEntry(seq, "The entry was changed.")
    if row["previous"] != previous:
        return BrokenEntry(seq, "The entry doesn’t follow the one before it.")
    if ends.get(seq, {row["hash"]}) != {row["hash"]}:
        return BrokenEntry(seq, "The entry isn’t the one that was there when the end of the log was recorded.")
    return None


def _end_fault(end: Mapping[str, Any] | None, last: int, at_end: str) -> BrokenEntry | None:
    if end is None:
        return BrokenEntry(last, "The end of the log isn’t recorded.") if last else None
    if _secret_age(end["seal"], _sealed(end["seq"], end["hash"])) is None:
        return BrokenEntry(end["seq"], "The recorded end of the log was changed.")
    if last < end["seq"]:
        return BrokenEntry(last + 1, "The entry and all after it are missing.")
    return None if at_end == end["hash"] else BrokenEntry(end["seq"], "The recorded end of the log is different.")


async def _entries(batch: int) -> AsyncIterator[Mapping[str, Any]]:
    last = -(2**62)  # below any number that could have been inserted
    while rows := await _entries_after(last, batch):
        for row in rows:
            yield row
        last = rows[-1]["seq"]


async def _entries_after(last: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return the entries after a number; fewer than `limit` when one of them cannot be read."""
    try:
        return [*await AuditEntry.select().where(AuditEntry.seq > last).order_by(AuditEntry.seq).limit(limit)]
    except Exception as fault:  # any type: it depends on the value that was inserted
        if limit == 1:
            raise _Unreadable from fault
        return await _entries_after(last, limit // 2)


async def _head() -> Mapping[str, Any] | None:
    rows = await engine().run_querystring(QueryString(_END, HEAD))
    return rows[0] if rows else None


def _hashed_text(row: Mapping[str, Any]) -> str:
    """Return the text that an entry's hash covers; older entries, without `SOURCE_COLUMNS`, keep theirs.

    Those columns are named where they are not empty, so blanking, filling in or swapping one is detected.
    """
    words = [row[name] for name in ("actor", "source", "verb", "subject", "subject_id", "facts", "previous")]
    source = {name: row[name] for name in SOURCE_COLUMNS if row[name] != ""}
    try:
        at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
        return json.dumps([row["seq"], at, *words, *([source] if source else [])])
    except (AttributeError, TypeError, OverflowError) as fault:  # SQLite stores any type in any column
        raise _Unreadable from fault


def _sealed(seq: int, hash_: str) -> str:
    """Return the text that the seal of an end covers."""
    return json.dumps(["head", seq, hash_])


def _digest(text: str) -> str:
    return _digests(text)[0]


def _secret_age(made: object, text: str) -> int | None:
    """Return which secret made a digest: 0 = today's, 1 = the one before, None = unknown."""
    ages = enumerate(_digests(text))
    return next((age for age, digest in ages if hmac.compare_digest(digest.encode(), str(made).encode())), None)


def _digests(text: str) -> list[str]:
    return [hmac.digest(key, text.encode(), "sha256").hex() for key in keys.every(PURPOSE)]


log = logging.getLogger(__name__)


class EventReading(Struct, frozen=True):
    """When a person last read a named event, and from where."""

    name: str
    agency: str
    source: str
    at: datetime


async def record_date_read(viewer: Viewer, occurrence: Occurrence, now: datetime, *, plan: int | None = None) -> None:
    """Record that a named event was read: once per person, version, source, address and day (28 CFR 23.20(e)).

    `plan` is the version of the operation's plan that was shown, if it was.
    """
    if occurrence.event.is_restricted:
        facts = {"date": occurrence.key, "version": occurrence.event.version, "date_version": occurrence.version}
        facts |= {"plan_version": plan} if plan else {}
        await record_read(viewer, AuditVerb.READ, "event", str(occurrence.event.id), facts, now)


async def record_series_read(viewer: Viewer, events: Iterable[Event], now: datetime) -> None:
    """Record that named events were read as a whole, each with all its dates."""
    named = {str(event.id): {"version": event.version} for event in events if event.is_restricted}
    await record_reads(viewer, AuditVerb.READ, "event", named, now)


async def record_read(
    viewer: Viewer, verb: str, subject: str, subject_id: str, facts: Mapping[str, object], now: datetime
) -> None:
    """Record a read, as `record_reads` does."""
    await record_reads(viewer, verb, subject, {subject_id: facts}, now)


async def record_reads(
    viewer: Viewer, verb: str, subject: str, looks: Mapping[str, Mapping[str, object]], now: datetime
) -> None:
    """Record reads of some things, by id, except those already in the audit log since the viewer's midnight.

    Repeated reads cost one indexed query and no write; new ones cost one transaction. If the audit log cannot be
    written, the read continues and the application log records the failure: a full disk must not stop people from
    reading.
    """
    deeds = [NewAuditEntry(viewer.actor, verb, subject, subject_id, facts) for subject_id, facts in looks.items()]
    since = datetime.combine(now.astimezone(ZoneInfo(viewer.zone)).date(), time(), ZoneInfo(viewer.zone))
    known = QueryString(
        _READS, str(viewer.member_id), since, verb, viewer.origin.source, viewer.origin.address, subject
    )
    try:
        if not await _unrecorded_reads(deeds, known):
            return
        async with writing():  # one writer at a time: what is missing now stays missing until the commit
            if missing := await _unrecorded_reads(deeds, known):
                await record_all(missing, now)
    except Exception:  # any fault of the audit log or the disk
        log.exception("A look was not recorded.")


async def was_recorded(viewer: Viewer, verb: str, facts: Mapping[str, object], *, since: datetime) -> bool:
    """Return whether the viewer did a thing with these facts since then."""
    entry = AuditEntry
    recent = (entry.actor == str(viewer.member_id)) & (entry.at >= since)
    return await entry.exists().where(recent & (entry.verb == verb) & (entry.facts == facts_text(facts)))


async def _unrecorded_reads(deeds: list[NewAuditEntry], known: QueryString) -> list[NewAuditEntry]:
    if not deeds:
        return []
    recorded = {(row["subject_id"], row["facts"]) for row in await engine().run_querystring(known)}
    return [deed for deed in deeds if (str(deed.subject_id), facts_text(deed.facts)) not in recorded]


async def readings_of(viewer: Viewer, event_id: UUID) -> list[EventReading]:
    """Return who has read a named event that the viewer may see, and from where; the latest first."""
    latest: dict[tuple[UUID, str], datetime] = {}
    for row in await audit.reading_rows(viewer, event_id):
        latest.setdefault((UUID(row["actor"]), row["source"]), row["at"])
    people = await names_of_people(member_id for member_id, _ in latest)
    return [
        EventReading(*people[member_id], source=SOURCES.get(source, source), at=at)
        for (member_id, source), at in latest.items()
        if member_id in people
    ]


class PersonName(NamedTuple):
    """The name of a member, and the short name of their agency."""

    name: str
    agency: str

    @property
    def words(self) -> str:
        """Return both, as pages name people: "Kim Reyes (FBI)"."""
        return f"{self.name} ({self.agency})"


async def names_of_people(ids: Iterable[UUID]) -> dict[UUID, PersonName]:
    """Return name and agency of members, including those who left."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await engine().run_querystring(QueryString(_PEOPLE_NAMES, sql_list(wanted)))
    return {row["id"]: PersonName(row["name"], row["code"]) for row in rows}


async def arms_of_people(ids: Iterable[UUID]) -> dict[UUID, Arm]:
    """Return the arms in which members serve, or served."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    rows = await Member.select(Member.id, Member.agency.arm).where(Member.id.is_in(wanted))
    return {row["id"]: Arm(row["agency.arm"]) for row in rows}


async def names_of_organizations(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the short names of agencies, and the names of committees and sites."""
    wanted = set(ids)
    if not wanted:
        return {}
    among = sql_list(wanted)
    records = await engine().read_each(*(QueryString(name, among) for name in _ORGANIZATION_NAMES))
    return {row["id"]: row["name"] for rows in records for row in rows}
