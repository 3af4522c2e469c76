"""The audit log: who did what to what and when, written in the transaction of the change and chained by HMAC.

The key comes from `crypto.keys` (purpose "audit"). The head, sealed with the same key, records where the chain ends.
After the secret is replaced, the previous key still verifies older entries, and no entry is written with it.
"""

import hmac
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import keys
from tracker.database import engine, lock_audit_head
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.errors import Invalid
from tracker.rules.core.actors import Actor
from tracker.tables.schema.core.audit import AuditEntry, AuditHead

PURPOSE = "audit"  # purpose of the keys
START = "0" * 64  # the `previous` of the first entry
HEAD = 1  # id of the only head
BATCH = 1_000  # entries read at once
SOURCE_COLUMNS = ("agency", "address", "session", "request")  # columns added later: older entries have them empty
UNREADABLE = "The entry can’t be read."
_END = "SELECT seq, hash, seal FROM audit_head WHERE id = {}"
_MOVE = "UPDATE audit_head SET seq = {}, hash = {}, seal = {} WHERE id = {}"


class Broken(Struct, frozen=True):
    """The first entry that fails verification, and what is wrong with it."""

    seq: int
    why: str


class AnotherSecret(Exception):
    """The log was continued with a secret that this process does not know, so it may not add entries."""


class Head(Struct, frozen=True):
    """The end of the audit log at one moment: number and hash of the last entry, sealed with the log's key."""

    seq: int
    hash: str
    seal: str


class End(Struct, frozen=True):
    """Where the log ends for the writer of this transaction; `row` None = it has no entry."""

    row: Mapping[str, Any] | None


class Deed(Struct, frozen=True, kw_only=True):
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
    deed = Deed(actor=actor, verb=verb, subject=subject, subject_id=subject_id, facts=facts)
    await record_all([deed], now)


async def record_all(deeds: Sequence[Deed], now: datetime) -> None:
    """Add an entry for each of at least one deeds, in order: many entries at the cost of one `record`."""
    await record_after(await end(), deeds, now)


async def end() -> End:
    """Return where the log ends, for `record_after` in the same transaction. Errors: TransactionError outside one."""
    await lock_audit_head()
    return End(await _head())


async def record_after(at: End, deeds: Sequence[Deed], now: datetime) -> None:
    """Add entries after an end that was read together with what the deed reads; else the same as `record_all`.

    Nothing may have been recorded since: two entries can't have the same number.
    """
    end = at.row
    if end and _age(end["seal"], _sealed(end["seq"], end["hash"])) is None:
        raise AnotherSecret("The audit log now uses another secret. Restart this process.")
    last, previous = (end["seq"], end["hash"]) if end else (0, START)
    entries = []
    for seq, deed in enumerate(deeds, last + 1):
        entries.append(_entry(seq, previous, deed, now))
        previous = entries[-1]["hash"]
    await bulk_insert(AuditEntry, entries)
    await _move_head(last + len(entries), previous, is_first=end is None)


def words_of(facts: Mapping[str, object]) -> str:
    """Return facts as the audit log stores them."""
    return json.dumps(facts, sort_keys=True, default=str)


def _text(id_: UUID | None) -> str:
    return str(id_) if id_ else ""


def _entry(seq: int, previous: str, deed: Deed, now: datetime) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "seq": seq,
        "at": now.astimezone(UTC),
        "actor": _text(deed.actor.member_id),
        "agency": _text(deed.actor.agency_id),
        "source": deed.actor.origin.source,
        "address": deed.actor.origin.address,
        "session": deed.actor.origin.session,
        "request": deed.actor.origin.request,
        "verb": deed.verb,
        "subject": deed.subject,
        "subject_id": str(deed.subject_id),
        "facts": words_of(deed.facts),
        "previous": previous,
    }
    return {**entry, "hash": _digest(_said(entry))}


async def head() -> Head | None:
    """Return the end of the audit log, to be kept out of reach of the database's owner; None without entries."""
    row = await _head()
    return Head(row["seq"], row["hash"], row["seal"]) if row else None


async def verify(kept: Iterable[Head] = (), *, batch: int = BATCH) -> Broken | None:
    """Return the first broken entry of the audit log, or None when all are unchanged and none is missing or added.

    With ends that were kept elsewhere, it also detects a log that was cut or rewritten by someone who has the key.
    Errors: Invalid for an end that this key did not seal.
    """
    ends: dict[int, set[str]] = {}
    for one in kept:
        _check_seal(one)
        ends.setdefault(one.seq, set()).add(one.hash)
    end = await _head()
    seq, previous, at_end, oldest = 0, START, START, len(keys.every(PURPOSE))
    try:
        async for row in _entries(batch):
            age = _age(row["hash"], _said(row))
            if wrong := _wrong(row, seq + 1, previous, ends, is_ours=age is not None and age <= oldest):
                return wrong
            seq, previous, oldest = row["seq"], row["hash"], age or 0
            if end and seq == end["seq"]:
                at_end = previous
    except _Unreadable:
        return Broken(seq + 1, UNREADABLE)
    if max(ends, default=0) > seq:
        return Broken(seq + 1, f"The entry and all after it are missing. Entry {max(ends)} existed before.")
    return _wrong_end(end, seq, at_end)


class _Unreadable(Exception):
    """The next entry has a value that the database cannot return."""


def _check_seal(kept: Head) -> None:
    if _age(kept.seal, _sealed(kept.seq, kept.hash)) is None:
        raise Invalid(f"The recorded end at entry {kept.seq} isn’t from this tracker, or the secret is different.")


def _wrong(
    row: Mapping[str, Any], seq: int, previous: str, ends: Mapping[int, set[str]], *, is_ours: bool
) -> Broken | None:
    if row["seq"] != seq:
        return Broken(seq, "The entry is missing.")
    if not is_ours:
        return Broken(seq, "The entry was changed.")
    if row["previous"] != previous:
        return Broken(seq, "The entry doesn’t follow the one before it.")
    if ends.get(seq, {row["hash"]}) != {row["hash"]}:
        return Broken(seq, "The entry isn’t the one that was there when the end of the log was recorded.")
    return None


def _wrong_end(end: Mapping[str, Any] | None, last: int, at_end: str) -> Broken | None:
    if end is None:
        return Broken(last, "The end of the log isn’t recorded.") if last else None
    if _age(end["seal"], _sealed(end["seq"], end["hash"])) is None:
        return Broken(end["seq"], "The recorded end of the log was changed.")
    if last < end["seq"]:
        return Broken(last + 1, "The entry and all after it are missing.")
    return None if at_end == end["hash"] else Broken(end["seq"], "The recorded end of the log is different.")


async def _entries(batch: int) -> AsyncIterator[Mapping[str, Any]]:
    last = -(2**62)  # below any number that could have been inserted
    while rows := await _after(last, batch):
        for row in rows:
            yield row
        last = rows[-1]["seq"]


async def _after(last: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return the entries after a number; fewer than `limit` when one of them cannot be read."""
    try:
        found: Sequence[Mapping[str, Any]] = (
            await AuditEntry.select().where(AuditEntry.seq > last).order_by(AuditEntry.seq).limit(limit)
        )
    except Exception as fault:  # any type: it depends on the value that was inserted
        if limit == 1:
            raise _Unreadable from fault
        return await _after(last, limit // 2)
    return found


async def _head() -> Mapping[str, Any] | None:
    found = await engine().run_querystring(QueryString(_END, HEAD))
    return found[0] if found else None


async def _move_head(seq: int, hash_: str, *, is_first: bool) -> None:
    seal = _digest(_sealed(seq, hash_))
    if is_first:
        await AuditHead.insert(AuditHead(id=HEAD, seq=seq, hash=hash_, seal=seal))
    else:
        await run_for_each(_MOVE, [[seq, hash_, seal, HEAD]])


def _said(row: Mapping[str, Any]) -> str:
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


def _age(made: object, text: str) -> int | None:
    """Return which secret made a digest: 0 = today's, 1 = the one before, None = unknown."""
    found, known = str(made).encode(), enumerate(_digests(text))
    return next((age for age, one in known if hmac.compare_digest(one.encode(), found)), None)


def _digests(text: str) -> list[str]:
    return [hmac.digest(one, text.encode(), "sha256").hex() for one in keys.every(PURPOSE)]
