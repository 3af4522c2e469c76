"""Importing a calendar file: each event becomes one of the coordinator's, visible to everyone; all rows or none."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.database.bulk_insert import bulk_insert
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.calendar_import import CalendarFile, FileEvent, ImportReport, check_importer, report_on_import
from tracker.tables.schema import events as rows
from tracker.tables.schema.events import ImportedEvent
from tracker.tables.visible.events import events
from tracker.usecases.core import audit
from tracker.usecases.events import scheduling as event_deeds
from tracker.usecases.events.invitees import make_organizer
from tracker.usecases.events.visibility import check_may_schedule


async def preview_calendar_import(viewer: Viewer, file: CalendarFile) -> ImportReport:
    """Return what an import would do, row by row. Errors: NotAllowed."""
    check_importer(viewer)
    return report_on_import(file, await _known_rows(viewer, file))


async def import_calendar(viewer: Viewer, file: CalendarFile, now: datetime, *, skips_refused: bool) -> ImportReport:
    """Save the events of a file that are not known yet, and return the result for each row.

    If a row is refused, nothing is saved, unless `skips_refused`. No one is invited, so no email goes out.
    Errors: NotAllowed.
    """
    check_importer(viewer)
    async with writing():
        report = report_on_import(file, await _known_rows(viewer, file))
        if report.refused and not skips_refused:
            return report
        if report.new:
            await _save(viewer, report.new, now)
    return report


async def _known_rows(viewer: Viewer, file: CalendarFile) -> frozenset[int]:
    """Return the rows whose events the viewer may see already: imported before, or written by this tracker."""
    imported = await events.known_sources(viewer, {_mark(event) for event in file.events})
    own = await events.known_uids(viewer, {event.uid for event in file.events})
    return frozenset(event.row for event in file.events if _mark(event) in imported or event.uid in own)


def _mark(file_event: FileEvent) -> str:
    return sha256(file_event.uid.encode()).hexdigest()


async def _save(viewer: Viewer, new: Sequence[FileEvent], now: datetime) -> None:
    """Write the rows of all events table by table; one event at a time, 2,000 events took a minute."""
    for file_event in new:
        plan_rules.check_plan(file_event.plan)
        check_may_schedule(viewer, file_event.plan)
    events = [event_deeds.new_event_row(event.plan, viewer.member_id, now) for event in new]
    await bulk_insert(rows.Event, events)
    made: dict[UUID, FileEvent] = {row["id"]: file_event for row, file_event in zip(events, new, strict=True)}
    dates = [
        {"id": ids.new_id(), "event": event_id, "changed_at": now, **date}
        for event_id, file_event in made.items()
        for date in reversed([*_date_rows(file_event)])  # search numbers an event by the month of its last date
    ]
    await bulk_insert(rows.Occurrence, dates)
    seen_by = {
        event_id: viewers.event_audiences(event.plan.visibility, event.plan.committee_id, {viewer.member_id})
        for event_id, event in made.items()
    }
    audience_rows = [
        {"id": ids.new_id(), "event": event_id, "audience": audience}
        for event_id, held in seen_by.items()
        for audience in sorted(held)
    ]
    await bulk_insert(rows.EventAudience, audience_rows)
    await make_organizer(viewer, made, now)
    await rows.raise_audience_versions({viewers.member_audience(viewer.member_id)}.union(*seen_by.values()))
    sources = [
        {"id": ids.new_id(), "event": event_id, "source": _mark(file_event)} for event_id, file_event in made.items()
    ]
    await bulk_insert(ImportedEvent, sources)
    facts = {event_id: {"kind": file_event.plan.kind, "imported": True} for event_id, file_event in made.items()}
    deeds = [
        audit.NewAuditEntry(actor=viewer.actor, verb="scheduled", subject="event", subject_id=event_id, facts=fact)
        for event_id, fact in facts.items()
    ]
    await audit.record_all(deeds, now)


def _date_rows(file_event: FileEvent) -> Iterator[dict[str, Any]]:
    """Yield each date of an event in the file: by its rule, added, or changed; excluded dates have no row."""
    plan = file_event.plan
    for start, slot in file_event.slots.items():
        change = file_event.changes.get(start)
        is_canceled = start in file_event.changes and change is None
        at, title, place = slot, None, None
        if change:
            at = plan_rules.slot_at(change.starts, change.duration, plan.zone)
            title = None if change.title == plan.title else change.title
            place = None if change.place == plan.place else change.place
        yield {
            "original_start": start,
            "starts_at": at[0],
            "ends_at": at[1],
            "title": title,
            "place": place,
            "is_canceled": is_canceled,
            "is_moved": at != slot,
            "is_changed": is_canceled or at != slot or (title, place) != (None, None),
        }
