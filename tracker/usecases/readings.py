"""Who has read what: looks at named events and at the audit trail, each in the trail once per person and day."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from piccolo.querystring import QueryString

from tracker.database import engine, writing
from tracker.rules.audit_words import DOORS, READ
from tracker.rules.meetings import Event, Occurrence
from tracker.rules.people import Viewer
from tracker.tables import visible_audit
from tracker.usecases import audit, names

_KNOWN = (
    "SELECT 1 AS known FROM audit_entry WHERE subject = {} AND subject_id = {} AND actor = {} AND verb = {}"
    " AND door = {} AND facts = {} AND at >= {} LIMIT 1"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """When somebody last read a named event, and by which way."""

    name: str
    agency: str
    door: str
    at: datetime


async def note_date(viewer: Viewer, occurrence: Occurrence, now: datetime) -> None:
    """Record that a named event was read: once per person, version, way and day (28 CFR 23.20(e))."""
    if occurrence.event.is_restricted:
        facts = {"date": occurrence.key, "version": occurrence.event.version, "date_version": occurrence.version}
        await note(viewer, READ, "event", str(occurrence.event.id), facts, now)


async def note_series(viewer: Viewer, event: Event, now: datetime) -> None:
    """Record that the list of all dates of a named event was read."""
    if event.is_restricted:
        await note(viewer, READ, "event", str(event.id), {"version": event.version}, now)


async def note_feed(viewer: Viewer, events: Iterable[Event], now: datetime) -> None:
    """Record that named events went out to a calendar feed, under the same rule."""
    for event in events:
        await note(replace(viewer, door="feed"), READ, "event", str(event.id), {"version": event.version}, now)


async def note(
    viewer: Viewer, verb: str, subject: str, subject_id: str, facts: Mapping[str, object], now: datetime
) -> None:
    """Record a look, unless the same one is in the trail since the viewer's midnight.

    The usual look costs one indexed query and no write. When the trail takes no entry, the look goes on and the log
    says so: reading must not end with the disk.
    """
    since = datetime.combine(now.astimezone(ZoneInfo(viewer.zone)).date(), time(), ZoneInfo(viewer.zone))
    text = json.dumps(facts, sort_keys=True, default=str)
    known = QueryString(_KNOWN, subject, subject_id, str(viewer.member_id), verb, viewer.door, text, since)
    try:
        if await engine().run_querystring(known):
            return
        async with writing():  # one writer at a time: what is not there now is not there before the commit
            if not await engine().run_querystring(known):
                await audit.record(viewer.member_id, viewer.door, verb, subject, subject_id, facts, now)
    except Exception:  # whatever is wrong with the trail or the disk
        log.exception("A look was not recorded.")


async def readings_of(viewer: Viewer, event_id: UUID) -> list[Reading]:
    """Return who has read a named event that the viewer may see, and by which way; the latest first."""
    latest: dict[tuple[UUID, str], datetime] = {}
    for row in await visible_audit.looks(viewer, event_id):
        latest.setdefault((UUID(row["actor"]), row["door"]), row["at"])
    people = await names.people(member_id for member_id, _ in latest)
    return [
        Reading(*people[member_id], door=DOORS.get(door, door), at=at)
        for (member_id, door), at in latest.items()
        if member_id in people
    ]
