"""The audit log for people: a page of the entries that its reader may know of, and a record of each reading."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.database import together, writing
from tracker.errors import NotFound
from tracker.rules.audit import facts as audit_facts
from tracker.rules.audit.deeds import DeedEntries, whole_deeds
from tracker.rules.audit.facts import readable_facts
from tracker.rules.audit.words import OPEN_SUBJECTS, Entry
from tracker.rules.core.actors import Origin
from tracker.rules.core.viewer import Viewer
from tracker.tables.schema.events.marking_columns import marking_of
from tracker.tables.visible.audit import entries as entry_rows
from tracker.tables.visible.audit.entries import Choice
from tracker.usecases.audit import verification
from tracker.usecases.audit.verification import Verification
from tracker.usecases.core import audit, names
from tracker.usecases.core.access_records import note
from tracker.usecases.roster import known_people
from tracker.usecases.roster.known_people import Candidates

__all__ = ["Choice", "Verification", "actors", "export", "last_verification", "note_reading", "page", "verify"]

PAGE = 50  # deeds
MOST_READ = 100  # entries of one page
MOST = 50_000  # entries of one export
HIDDEN = {"about": "one subject", "via": "one address or session"}
"""What the record of a reading says instead of what was looked up."""
UNKNOWN = "Someone not on the roster"

Row = dict[str, Any]
Names = dict[UUID, Any]


class Page(Struct, frozen=True, kw_only=True):
    """Deeds with their entries, newest first.

    When there are older entries, `next_skip` of those at the moment of the last one have been shown.

    A deed of more entries than a page holds continues on the next one.
    """

    deeds: Sequence[DeedEntries]
    has_older: bool
    next_until: datetime | None = None
    next_skip: int = 0

    @property
    def entries(self) -> list[Entry]:
        """Return the entries of all its deeds."""
        return [entry for deed in self.deeds for entry in deed.entries]


async def note_reading(viewer: Viewer, asked: dict[str, str], now: datetime) -> None:
    """Record, before a page is read, that it is: once a day for each filter (`asked`).

    The record does not name the subject that was looked up, because its readers may not know of that subject.

    Errors: NotFound for a viewer who may not read the audit log.
    """
    _check(viewer)
    await note(viewer, "audit_read", "audit", "", _asked(asked), now)


async def page(viewer: Viewer, choice: Choice) -> Page:
    """Return a page of the audit log, whose reading the caller has noted. Errors: as above."""
    _check(viewer)
    found = await entry_rows.entries(viewer, choice, MOST_READ + 1)
    known, has_more = found[:MOST_READ], len(found) > MOST_READ
    rows = whole_deeds(known, [_deed(row) for row in known], PAGE, has_more=has_more)
    told = iter(await _told(viewer, [row for deed in rows for row in deed]))
    deeds = [DeedEntries(entries=[next(told) for _ in deed]) for deed in rows]
    shown = [entry.at for deed in deeds for entry in deed.entries]
    if len(shown) == len(found):
        return Page(deeds=deeds, has_older=False)
    last = shown[-1]
    skip = shown.count(last) + (choice.skip if last == choice.until else 0)
    return Page(deeds=deeds, has_older=True, next_until=last, next_skip=skip)


def _deed(row: Row) -> tuple[Any, ...]:
    """Return what the entries of one deed have in common: a request or a run of the clock has one time."""
    return tuple(row[name] for name in ("at", "actor", "agency", "source", "address", "session", "request"))


async def export(viewer: Viewer, choice: Choice, asked: dict[str, str], now: datetime) -> Sequence[Entry]:
    """Return all entries of a choice, newest first, at most 50,000, and record the export. Errors: NotFound."""
    _check(viewer)
    found = await entry_rows.entries(viewer, choice, MOST)
    async with writing():
        await audit.record(viewer.actor, "audit_exported", "audit", "", _asked(asked), now)
    return await _told(viewer, found)


def actors(viewer: Viewer) -> Candidates:
    """Return the people by whom the log can be filtered, also those who left. Errors: NotFound."""
    _check(viewer)
    return known_people.EVERYONE


async def verify(viewer: Viewer, now: datetime) -> Verification:
    """Verify the whole audit log and record the result. Errors: NotFound for a viewer who may not read it."""
    _check(viewer)
    return await verification.verify(now, by=viewer.actor)


async def last_verification(viewer: Viewer) -> Verification | None:
    """Return the result of the last verification. Errors: NotFound."""
    _check(viewer)
    return await verification.last()


def _check(viewer: Viewer) -> None:
    if not viewer.reads_audit:
        raise NotFound


def _asked(asked: dict[str, str]) -> dict[str, object]:
    """Return the facts of a reading without what was looked up, because readers of the log may see them."""
    kept = {name: HIDDEN.get(name, value) for name, value in asked.items()}
    return {"filter": kept} if kept else {}


async def _told(viewer: Viewer, rows: Iterable[Row]) -> list[Entry]:
    """Return entries with the names that they need, read at once."""
    found = list(rows)
    in_facts = audit_facts.ids_in([json.loads(row["facts"]) for row in found])
    actors = {UUID(row["actor"]) for row in found if row["actor"]}
    agencies = {UUID(row["agency"]) for row in found if row["agency"]}
    organizations = _ids(found, "agency") | _ids(found, "committee") | _ids(found, "site") | agencies | in_facts
    people, organized = await together(
        names.people(_ids(found, "member") | actors | in_facts), names.organizations(organizations)
    )
    called = {key: f"{name} ({agency})" for key, (name, agency) in people.items()} | organized
    return [_entry(viewer, row, called, _author(row, people, called)) for row in found]


def _ids(rows: Sequence[Row], subject: str) -> set[UUID]:
    return {found for row in rows if row["subject"] == subject and (found := _id(row["subject_id"]))}


def _author(row: Row, people: dict[UUID, tuple[str, str]], called: Names) -> str:
    """Return the actor, with the agency they acted for then; older entries have only today's."""
    if not row["actor"]:
        return "System"
    if UUID(row["actor"]) not in people:
        return UNKNOWN
    name, agency = people[UUID(row["actor"])]
    return f"{name} ({called.get(UUID(row['agency']), agency) if row['agency'] else agency})"


def _origin(viewer: Viewer, row: Row, facts: dict[str, object]) -> Origin:
    """Return where the action came from; in older entries, only the facts of a sign-in say so."""
    address = row["address"] or str(facts.get("client", "")).partition(" ")[0]
    return Origin(row["source"], address, row["session"], row["request"] if viewer.reads_all_audit else "")


def _entry(viewer: Viewer, row: Row, called: Names, author: str) -> Entry:
    is_open = bool(row["event"] or row["sees_item"] or row["subject"] in OPEN_SUBJECTS)
    title, address = _subject(row, called) if is_open else ("", "")
    said = json.loads(row["facts"])
    facts = readable_facts(said, reads_all=viewer.reads_all_audit) if is_open else {}
    return Entry(
        seq=row["seq"],
        at=row["at"],
        origin=_origin(viewer, row, said),
        verb=row["verb"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        actor_id=_id(row["actor"]),
        actor=author,
        title=title,
        address=address,
        facts=audit_facts.named(facts, called),
        is_open=is_open,
        marking=marking_of(row),
    )


def _subject(row: Row, called: Names) -> tuple[str, str]:
    """Return the name and address of an entry's subject, if the reader may open it."""
    if row["reference"]:
        return f"{row['reference']} {row['item_title']}", f"/action-items/{row['reference']}"
    if row["event"]:
        date = row["original_start"]
        return row["event_title"], f"/events/{row['event']}" + (f"/{date.date().isoformat()}" if date else "")
    if row["subject"] == "address":
        return row["subject_id"], ""
    found = _id(row["subject_id"])
    return (called.get(found, "") if found else ""), ""


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
