"""Who did what to what and when: entries written in the transaction of the change, chained by HMAC.

The key comes from `crypto.keys` (purpose "audit"). The head, sealed by the same key, says where the chain ends. After
the secret was replaced, entries of before are read by the key of before, and none is written by it any more.
"""

import hmac
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tracker.crypto import keys
from tracker.database import lock_audit_head
from tracker.errors import Invalid
from tracker.rules.core.actors import Actor
from tracker.tables.schema.core.audit import AuditEntry, AuditHead

PURPOSE = "audit"  # of its keys
START = "0" * 64  # what the first entry follows
HEAD = 1  # id of the only head
BATCH = 1_000  # entries read or written at once
WHENCE = ("agency", "address", "session", "request")  # columns that came later: older entries have them empty
UNREADABLE = "The entry cannot be read."


@dataclass(frozen=True)
class Broken:
    """The first entry that is not as it was written, and what is wrong with it."""

    seq: int
    why: str


class AnotherSecret(Exception):
    """The trail was continued with a secret that this process does not know, so it may add nothing."""


@dataclass(frozen=True)
class Head:
    """Where the trail ended at one moment: number and hash of the last entry, sealed by the key of the trail."""

    seq: int
    hash: str
    seal: str


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What an entry is to say, but when; the words are those of `record`."""

    actor: Actor
    verb: str
    subject: str
    subject_id: UUID | str
    facts: Mapping[str, object]


async def record(
    actor: Actor, verb: str, subject: str, subject_id: UUID | str, facts: Mapping[str, object], now: datetime
) -> None:
    """Add an entry inside the caller's `writing()`; without one it raises, and if it fails the change fails.

    `verb` is a past tense ("signed_in"); `facts` names changed fields and what is not secret of them.
    """
    deed = Deed(actor=actor, verb=verb, subject=subject, subject_id=subject_id, facts=facts)
    await record_all([deed], now)


async def record_all(deeds: Sequence[Deed], now: datetime) -> None:
    """Add an entry for each of some deeds, at least one, in their order: `record` for many, at the cost of one."""
    await lock_audit_head()
    end = await _head()
    if end and _age(end["seal"], _sealed(end["seq"], end["hash"])) is None:
        raise AnotherSecret("The audit log goes on under another secret. Start this process anew.")
    last, previous = (end["seq"], end["hash"]) if end else (0, START)
    entries = []
    for seq, deed in enumerate(deeds, last + 1):
        entries.append(_entry(seq, previous, deed, now))
        previous = entries[-1].hash
    for first in range(0, len(entries), BATCH):
        await AuditEntry.insert(*entries[first : first + BATCH])
    await _move_head(last + len(entries), previous, is_first=end is None)


def words_of(facts: Mapping[str, object]) -> str:
    """Return facts as the trail keeps them."""
    return json.dumps(facts, sort_keys=True, default=str)


def _text(id_: UUID | None) -> str:
    return str(id_) if id_ else ""


def _entry(seq: int, previous: str, deed: Deed, now: datetime) -> AuditEntry:
    entry = AuditEntry(
        seq=seq,
        at=now.astimezone(UTC),
        actor=_text(deed.actor.member_id),
        agency=_text(deed.actor.agency_id),
        source=deed.actor.origin.source,
        address=deed.actor.origin.address,
        session=deed.actor.origin.session,
        request=deed.actor.origin.request,
        verb=deed.verb,
        subject=deed.subject,
        subject_id=str(deed.subject_id),
        facts=words_of(deed.facts),
        previous=previous,
    )
    entry.hash = _digest(_said(entry.to_dict()))
    return entry


async def head() -> Head | None:
    """Return the end of the trail, to be kept where whoever owns the database does not reach; None without entries."""
    row = await _head()
    return Head(row["seq"], row["hash"], row["seal"]) if row else None


async def verify(kept: Iterable[Head] = (), *, batch: int = BATCH) -> Broken | None:
    """Return the first broken entry of the trail, or None when all are as written, none missing, none added.

    Against ends that were kept elsewhere it also finds a trail that was cut or written anew by who has the key.
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
        return Broken(seq + 1, f"The entry is missing, and all after it; entry {max(ends)} was there once.")
    return _wrong_end(end, seq, at_end)


class _Unreadable(Exception):
    """The next entry holds what the database cannot give back."""


def _check_seal(kept: Head) -> None:
    if _age(kept.seal, _sealed(kept.seq, kept.hash)) is None:
        raise Invalid(
            f"The end that was kept at entry {kept.seq} is not one of this tracker, or the secret is another."
        )


def _wrong(
    row: Mapping[str, Any], seq: int, previous: str, ends: Mapping[int, set[str]], *, is_ours: bool
) -> Broken | None:
    if row["seq"] != seq:
        return Broken(seq, "The entry is missing.")
    if not is_ours:
        return Broken(seq, "The entry was changed.")
    if row["previous"] != previous:
        return Broken(seq, "The entry does not follow the one before it.")
    if ends.get(seq, {row["hash"]}) != {row["hash"]}:
        return Broken(seq, "The entry is another one than when the end of the trail was kept.")
    return None


def _wrong_end(end: Mapping[str, Any] | None, last: int, at_end: str) -> Broken | None:
    if end is None:
        return Broken(last, "The end of the trail is not recorded.") if last else None
    if _age(end["seal"], _sealed(end["seq"], end["hash"])) is None:
        return Broken(end["seq"], "The recorded end of the trail was changed.")
    if last < end["seq"]:
        return Broken(last + 1, "The entry is missing, and all after it.")
    return None if at_end == end["hash"] else Broken(end["seq"], "The recorded end of the trail is another one.")


async def _entries(batch: int) -> AsyncIterator[Mapping[str, Any]]:
    last = -(2**62)  # before any number that somebody may have put in
    while rows := await _after(last, batch):
        for row in rows:
            yield row
        last = rows[-1]["seq"]


async def _after(last: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return the entries after a number, fewer than `limit` when one that cannot be read is among them."""
    try:
        found: Sequence[Mapping[str, Any]] = (
            await AuditEntry.select().where(AuditEntry.seq > last).order_by(AuditEntry.seq).limit(limit)
        )
    except Exception as fault:  # of whatever kind: what was put there decides which
        if limit == 1:
            raise _Unreadable from fault
        return await _after(last, limit // 2)
    return found


async def _head() -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = await AuditHead.select().where(AuditHead.id == HEAD).first()
    return found


async def _move_head(seq: int, hash_: str, *, is_first: bool) -> None:
    seal = _digest(_sealed(seq, hash_))
    if is_first:
        await AuditHead.insert(AuditHead(id=HEAD, seq=seq, hash=hash_, seal=seal))
    else:
        values: dict[Any, Any] = {AuditHead.seq: seq, AuditHead.hash: hash_, AuditHead.seal: seal}
        await AuditHead.update(values).where(AuditHead.id == HEAD)


def _said(row: Mapping[str, Any]) -> str:
    """Return what the hash of an entry is made of, the same for one that was written before it said from where.

    What is not empty of that stands there by its name, so nothing can be blanked, filled in or moved unnoticed.
    """
    words = [row[name] for name in ("actor", "source", "verb", "subject", "subject_id", "facts", "previous")]
    source = {name: row[name] for name in WHENCE if row[name] != ""}
    try:
        at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
        return json.dumps([row["seq"], at, *words, *([source] if source else [])])
    except (AttributeError, TypeError, OverflowError) as fault:  # SQLite keeps in a column whatever is put there
        raise _Unreadable from fault


def _sealed(seq: int, hash_: str) -> str:
    """Return what the seal of an end is made of."""
    return json.dumps(["head", seq, hash_])


def _digest(text: str) -> str:
    return _digests(text)[0]


def _age(made: object, text: str) -> int | None:
    """Return with which secret a digest was made, 0 = today's, 1 = the one before; None with none that is known."""
    found, known = str(made).encode(), enumerate(_digests(text))
    return next((age for age, one in known if hmac.compare_digest(one.encode(), found)), None)


def _digests(text: str) -> list[str]:
    return [hmac.digest(one, text.encode(), "sha256").hex() for one in keys.every(PURPOSE)]
