"""Importing a calendar file: each event becomes one of the coordinator's, for everyone; all of it or nothing."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from tracker import chance
from tracker.database import writing
from tracker.rules import planning
from tracker.rules.calendar_import import CalendarFile, Incoming, Report, check_importer, report_on
from tracker.rules.people import Viewer
from tracker.rules.planning import DateChange
from tracker.tables import meetings as rows
from tracker.tables import visible_imports
from tracker.tables.calendar_imports import ImportedEvent
from tracker.usecases import audit, meetings
from tracker.usecases.series import add_dates


async def preview(viewer: Viewer, file: CalendarFile) -> Report:
    """Return what an import would do, row by row. Errors: NotAllowed."""
    check_importer(viewer)
    return report_on(file, await _known(viewer, file))


async def import_calendar(viewer: Viewer, file: CalendarFile, now: datetime, *, skips_refused: bool) -> Report:
    """Save every event of a file that is not known yet, and return what became of each row.

    With a refused row nothing is saved, unless `skips_refused`. Nobody is invited, so no mail goes out.
    Errors: NotAllowed.
    """
    check_importer(viewer)
    async with writing():
        report = report_on(file, await _known(viewer, file))
        if report.refused and not skips_refused:
            return report
        for one in report.new:
            await _save(viewer, one, now)
    return report


async def _known(viewer: Viewer, file: CalendarFile) -> frozenset[int]:
    """Return the rows whose events the viewer may see already: imported before, or written by this tracker."""
    imported = await visible_imports.known_sources(viewer, {_mark(one) for one in file.events})
    own = await visible_imports.known_uids(viewer, {one.uid for one in file.events})
    return frozenset(one.row for one in file.events if _mark(one) in imported or one.uid in own)


def _mark(one: Incoming) -> str:
    return sha256(one.uid.encode()).hexdigest()


async def _save(viewer: Viewer, one: Incoming, now: datetime) -> None:
    planning.check(one.plan)
    meetings.allow(viewer, one.plan)
    event_id = await meetings.add_event(viewer, one.plan, now)
    await _agree_dates(event_id, one, now)
    await ImportedEvent.insert(ImportedEvent(id=chance.new_id(), event=event_id, source=_mark(one)))
    facts = {"kind": one.plan.kind, "imported": True}
    await audit.record(viewer.member_id, viewer.door, "scheduled", "event", event_id, facts, now)


async def _agree_dates(event_id: UUID, one: Incoming, now: datetime) -> None:
    """Leave dates out, add some, and change single ones, as the file says."""
    if one.left_out:
        gone = rows.Occurrence.original_start.is_in(sorted(one.left_out))
        await rows.Occurrence.delete().where((rows.Occurrence.event == event_id) & gone)
    if one.added:
        await add_dates(event_id, [(start, one.slots[start]) for start in one.added], now)
    for start, change in one.changes.items():
        same = (rows.Occurrence.event == event_id) & (rows.Occurrence.original_start == start)
        await rows.Occurrence.update(_columns(one, start, change)).where(same)


def _columns(one: Incoming, start: datetime, change: DateChange | None) -> dict[Any, Any]:
    if change is None:
        return {"is_cancelled": True, "is_changed": True}
    plan = one.plan
    starts_at, ends_at = planning.slot(change.starts, change.duration, plan.zone)
    title = None if change.title in (None, plan.title) else change.title
    place = None if change.place in (None, plan.place) else change.place
    is_changed = (starts_at, ends_at) != one.slots[start] or title is not None or place is not None
    return {"starts_at": starts_at, "ends_at": ends_at, "title": title, "place": place, "is_changed": is_changed}
