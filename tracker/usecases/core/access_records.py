"""Records of who read named events and the audit log: one audit entry per person, place and day."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine, writing
from tracker.rules.audit.words import READ, SOURCES
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Occurrence
from tracker.tables.visible.audit import entries
from tracker.usecases.core import audit, names
from tracker.usecases.core.audit import Deed

_KNOWN = (
    "SELECT subject_id, facts FROM audit_entry WHERE actor = {} AND at >= {} AND verb = {} AND source = {}"
    " AND address = {} AND subject = {}"
)

log = logging.getLogger(__name__)


class Reading(Struct, frozen=True):
    """When a person last read a named event, and from where."""

    name: str
    agency: str
    source: str
    at: datetime


async def note_date(viewer: Viewer, occurrence: Occurrence, now: datetime, *, plan: int | None = None) -> None:
    """Record that a named event was read: once per person, version, source, address and day (28 CFR 23.20(e)).

    `plan` is the version of the operation's plan that was shown, if it was.
    """
    if occurrence.event.is_restricted:
        facts = {"date": occurrence.key, "version": occurrence.event.version, "date_version": occurrence.version}
        facts |= {"plan_version": plan} if plan else {}
        await note(viewer, READ, "event", str(occurrence.event.id), facts, now)


async def note_series(viewer: Viewer, events: Iterable[Event], now: datetime) -> None:
    """Record that named events were read as a whole, each with all its dates."""
    named = {str(event.id): {"version": event.version} for event in events if event.is_restricted}
    await note_all(viewer, READ, "event", named, now)


async def note(
    viewer: Viewer, verb: str, subject: str, subject_id: str, facts: Mapping[str, object], now: datetime
) -> None:
    """Record a read, as `note_all` does."""
    await note_all(viewer, verb, subject, {subject_id: facts}, now)


async def note_all(
    viewer: Viewer, verb: str, subject: str, looks: Mapping[str, Mapping[str, object]], now: datetime
) -> None:
    """Record reads of some things, by id, except those already in the audit log since the viewer's midnight.

    Repeated reads cost one indexed query and no write; new ones cost one transaction. If the audit log cannot be
    written, the read continues and the application log records the failure: a full disk must not stop people from
    reading.
    """
    deeds = [
        Deed(actor=viewer.actor, verb=verb, subject=subject, subject_id=one, facts=facts)
        for one, facts in looks.items()
    ]
    since = datetime.combine(now.astimezone(ZoneInfo(viewer.zone)).date(), time(), ZoneInfo(viewer.zone))
    known = QueryString(
        _KNOWN, str(viewer.member_id), since, verb, viewer.origin.source, viewer.origin.address, subject
    )
    try:
        if not await _missing(deeds, known):
            return
        async with writing():  # one writer at a time: what is missing now stays missing until the commit
            if missing := await _missing(deeds, known):
                await audit.record_all(missing, now)
    except Exception:  # any fault of the audit log or the disk
        log.exception("A look was not recorded.")


async def _missing(deeds: list[Deed], known: QueryString) -> list[Deed]:
    if not deeds:
        return []
    found = {(row["subject_id"], row["facts"]) for row in await engine().run_querystring(known)}
    return [one for one in deeds if (str(one.subject_id), audit.words_of(one.facts)) not in found]


async def readings_of(viewer: Viewer, event_id: UUID) -> list[Reading]:
    """Return who has read a named event that the viewer may see, and from where; the latest first."""
    latest: dict[tuple[UUID, str], datetime] = {}
    for row in await entries.looks(viewer, event_id):
        latest.setdefault((UUID(row["actor"]), row["source"]), row["at"])
    people = await names.people(member_id for member_id, _ in latest)
    return [
        Reading(*people[member_id], source=SOURCES.get(source, source), at=at)
        for (member_id, source), at in latest.items()
        if member_id in people
    ]
