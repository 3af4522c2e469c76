"""Schedule an event, change it as a whole, cancel it, restore it, or give it a new organizer; import a calendar file.

Each event of a file becomes one of the coordinator's, visible to everyone; all rows or none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from tracker.crypto import ids
from tracker.database import together, writing
from tracker.database.binding import bulk_insert
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import viewers
from tracker.rules.core.drafts import SentForm
from tracker.rules.core.message_types import Canceled, Changed, KnownBefore, Restored
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import notifications
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence, may_edit, next_sequence, when_fields
from tracker.rules.events.history import ChangedField, FieldChange, HistoryVerb, UndoableDeed, UndoReach
from tracker.rules.events.kept_dates import SeriesDate, dates_of_new_event, own_texts
from tracker.rules.events.notifications import Notify, Recipients, RecordChoice
from tracker.rules.events.plans import CalendarFile, FileEvent, ImportReport, Plan, check_importer, report_on_import
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.holidays import WEEK, holiday_choices_before
from tracker.rules.recurrence.series import dates_by_rule, pattern_words
from tracker.tables.background.events.events import is_draft_event
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.background.operations import has_plan
from tracker.tables.background.polls import has_open_poll
from tracker.tables.schema import events as rows
from tracker.tables.schema.events import ImportedEvent, columns_of_event
from tracker.tables.visible import attendance
from tracker.tables.visible.events import events
from tracker.usecases.core import audit, outbox
from tracker.usecases.events import history, visibility
from tracker.usecases.events.history import keep_new_event, keeping_undoable
from tracker.usecases.events.invitees import change_lead, entry_in_calendars, invite_people, make_organizer
from tracker.usecases.events.invitees import notify_invitees as send
from tracker.usecases.events.replies import ask_after_change
from tracker.usecases.events.series import ids_of_lost_dates, move_dates, split_series, write_dates
from tracker.usecases.events.visibility import check_may_schedule

NO_DELAY = timedelta(0)


async def schedule_event(
    viewer: Viewer,
    plan: Plan,
    now: datetime,
    *,
    form_id: UUID | None = None,
    form: SentForm | None = None,
    notified_at: datetime | None = None,
) -> UUID:
    """Save a plan as an event with all its dates, invite its people (unless it is a draft), and return its id.

    The same plan from the same form (`form_id`) makes one event, however often it is sent. Undo makes `form` a draft.
    People are notified from `notified_at` on, or at once without it.
    Errors: Invalid by field, NotAllowed when the viewer may not schedule such an event.
    """
    plan_rules.check_plan(plan)
    await visibility.check_may_schedule_marked(viewer, plan, now)
    event_id = ids.id_from(viewer.member_id, form_id, plan) if form_id else ids.new_id()
    async with writing():
        if form_id and await events.event_by_id(viewer, event_id):
            return event_id
        await write_new_event(viewer, plan, now, event_id=event_id)
        await keep_new_event(viewer, event_id, now, form)
        if notified_at:
            await outbox.hold_messages(event_id, notified_at)
        await audit.record(viewer.actor, "scheduled", "event", event_id, {"kind": plan.kind}, now)
    return event_id


async def write_new_event(
    viewer: Viewer,
    plan: Plan,
    now: datetime,
    *,
    previous: Event | None = None,
    event_id: UUID | None = None,
    dates: Sequence[SeriesDate] = (),
    invited: frozenset[UUID] | None = None,
) -> UUID:
    """Write the rows of a new event in the caller's transaction; one that follows `previous` keeps its organizer.

    Without `dates` it has those of the plan. Without `invited`, everyone on its list gets an invitation by email.
    """
    lead_id = previous.lead_id if previous else viewer.member_id
    event = new_event_row(plan, lead_id, now, event_id=event_id, previous=previous)
    new_id: UUID = event["id"]
    await bulk_insert(rows.Event, [event])
    await write_dates(new_id, dates or dates_of_new_event(plan), now, is_new=True)
    if previous:
        seen_by = await visibility.write_audiences(viewer, new_id, lead_id, plan, now, list_of=previous.id)
    else:
        seen_by = await visibility.write_first_audiences(viewer, new_id, lead_id, plan)
    notified = Recipients(invitation=notifications.notified_of_new(plan, lead_id, now) if invited is None else invited)
    await invite_people(viewer, new_id, lead_id, plan, event["version"], now, notified=notified)
    await rows.raise_audience_versions(
        seen_by | {viewers.member_audience(person) for person in (lead_id, *plan.invitees)}
    )
    return new_id


def new_event_row(
    plan: Plan, lead_id: UUID, now: datetime, *, event_id: UUID | None = None, previous: Event | None = None
) -> dict[str, Any]:
    """Return the row of a new event; an operation gets a reference number."""
    return {
        "id": event_id or ids.new_id(),
        "uid": ids.new_uid(),
        "lead": lead_id,
        "sequence": 0,
        "version": 1,
        "created_at": now,
        "previous_series": previous.id if previous else None,
        **_columns(plan, now),
        "reference": ids.reference("OP") if plan.kind is Kind.JOINT_OPERATION else None,
    }


async def event_seen_by(viewer: Viewer, event_id: UUID) -> Event:
    """Return the event. Errors: NotFound when it is missing or the viewer may not see it."""
    event = await events.event_by_id(viewer, event_id)
    if event is None:
        raise NotFound
    return event


async def event_to_edit(viewer: Viewer, event_id: UUID) -> Event:
    """Return the event if the viewer may change it. Errors: NotFound, NotAllowed."""
    event = await event_seen_by(viewer, event_id)
    if not may_edit(viewer, event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can change this event.")
    return event


async def event_to_change(viewer: Viewer, event_id: UUID, expected_version: int) -> Event:
    """Return the event if the viewer may change it and it has not changed since they read it.

    Errors: NotFound, NotAllowed, Conflict.
    """
    event = await event_to_edit(viewer, event_id)
    if event.version != expected_version:
        raise Conflict
    return event


async def change_event(
    viewer: Viewer,
    event_id: UUID,
    plan: Plan,
    expected_version: int,
    now: datetime,
    *,
    notify: Notify = Notify.CHANGES,
    reauthenticated_at: datetime | None = None,
) -> UUID:
    """Change the whole event and return its id, or the id of the series that continues it.

    When the time or rule of a running series changes, the series ends with its last date before `now`, and a new one
    with its own UID continues it (Open-Xchange refuses the same UID with another start). A series of which only the end
    moves stays the same one. Single dates keep their own details (`kept_dates`). `notify` says whether people who stay
    invited get an email. `reauthenticated_at` is when the viewer last confirmed who they are;
    opening a restricted event needs that.
    Errors: NotFound, NotAllowed, ReauthenticationNeeded, Conflict, Invalid by field.
    """
    async with writing():
        event = await event_to_change(viewer, event_id, expected_version)
        plan_rules.check_plan(plan)
        plan = replace(plan, title=plan.title.strip())
        plan_rules.check_opening(plan, event, reauthenticated_at, now)
        await visibility.check_may_schedule_marked(viewer, plan, now, event)
        if await has_plan(event.id):
            plan_rules.check_joint_operation(plan)
        invited, before = await invitees_of(event_id), await events.dates_in_order(viewer, event)
        is_split = plan_rules.needs_new_series(plan, event) and plan_rules.needs_split(event, before, now)
        reach = UndoReach(lost=ids_of_lost_dates(event, before, plan, now, is_split=is_split))
        async with keeping_undoable(viewer, event_id, UndoableDeed.CHANGED, now, reach) as made:
            if is_split:
                new_id = await split_series(viewer, event, plan, now, write_new_event, notify=notify)
                made.append(new_id)
                await history.record_plan_change(viewer, event, plan, invited, before, now, went_on_as=new_id)
            else:
                new_id = await _change_in_place(viewer, event, plan, invited, now, notify)
                await history.record_plan_change(viewer, event, plan, invited, before, now)
        facts = {"fields": changed_field_names(plan, event), **notifications.silence_facts(notify)}
        await audit.record(viewer.actor, "changed", "event", event_id, facts, now)
    return new_id


async def cancel_event(
    viewer: Viewer,
    event_id: UUID,
    expected_version: int,
    reason: str,
    now: datetime,
    *,
    record: RecordChoice | None = None,
) -> None:
    """Cancel the event with all upcoming dates; a draft is discarded.

    Dates of a series that are over stay in reports. `record` says what becomes of the closed attendance of an event
    with one date.
    Errors: NotFound, NotAllowed, Conflict, Invalid(record) when such attendance is closed and `record` is missing.
    """
    await _set_status(viewer, event_id, expected_version, EventStatus.CANCELED, reason, now, record=record)


async def restore_event(viewer: Viewer, event_id: UUID, expected_version: int, now: datetime) -> None:
    """Restore a canceled event. Errors: NotFound, NotAllowed, Conflict."""
    await _set_status(viewer, event_id, expected_version, EventStatus.CONFIRMED, "", now)


async def _change_in_place(
    viewer: Viewer, event: Event, plan: Plan, invited: notifications.InvitedRoles, now: datetime, notify: Notify
) -> UUID:
    notified = notifications.notified_of_change(event, plan, invited, now, splits=False, notify=notify)
    is_moved, is_elsewhere = plan_rules.moves_event(plan, event), plan_rules.goes_elsewhere(plan, event)
    is_new = event.status is EventStatus.DRAFT and plan.status is not EventStatus.DRAFT
    if plan.status is EventStatus.DRAFT and event.status is not EventStatus.DRAFT:
        raise Invalid(status="People have already been notified of this event. Cancel it instead.")
    before = await events.dates_in_order(viewer, event)
    sequence = next_sequence(event, before) if (is_moved or is_elsewhere) and not is_new else event.sequence
    entry = await entry_in_calendars(viewer, event, now)
    closes = entry if notifications.closes_to_named(event, plan) else None
    await visibility.raise_calendar_versions(event.id)
    columns = {**_columns(plan, now), "version": event.version + 1, "sequence": sequence}
    await rows.Event.update(columns).where(rows.Event.id == event.id)
    if is_moved:
        await move_dates(viewer, event, before, plan, now)
    await _forget_equal_texts(event, plan)
    if is_moved or is_elsewhere:
        await ask_after_change(viewer, event, before, plan, sequence, now)
    await visibility.write_audiences(viewer, event.id, event.lead_id, plan, now)
    await invite_people(viewer, event.id, event.lead_id, plan, event.version + 1, now, notified=notified, entry=entry)
    announced = Changed(before=known_before(event), entry=closes, is_moved=when_fields(plan) != when_fields(event))
    concerned = [] if plan_rules.only_end_changes(plan, event) else before
    dates = {occurrence.id: notifications.known_before_date(occurrence) for occurrence in concerned}
    await send(announced, event.id, event.version + 1, now, whom=notified.update, dates=dates)
    await visibility.raise_calendar_versions(event.id)
    return event.id


async def _forget_equal_texts(event: Event, plan: Plan) -> None:
    """Let dates whose own text is now that of the series follow the series from now on."""
    columns = {"title": rows.Occurrence.title, "place": rows.Occurrence.place, "agenda": rows.Occurrence.agenda}
    before, after = own_texts(event), own_texts(plan)
    for name, column in columns.items():
        if before[name] != after[name]:
            is_equal = (rows.Occurrence.event == event.id) & (column == after[name])
            await rows.Occurrence.update({column: None}).where(is_equal)


async def _set_status(
    viewer: Viewer,
    event_id: UUID,
    expected_version: int,
    status: EventStatus,
    reason: str,
    now: datetime,
    *,
    record: RecordChoice | None = None,
) -> None:
    async with writing():
        event = await event_to_change(viewer, event_id, expected_version)
        is_off = status is EventStatus.CANCELED
        if (event.status is EventStatus.CANCELED) == is_off:
            raise Conflict
        if event.status is EventStatus.DRAFT:  # it is deleted: canceled, the people it was meant for would see it
            if await has_open_poll(event.id):
                raise Invalid("This draft has an open date poll. Cancel the date poll first.")
            await outbox.detach_event(event.id)
            await rows.Event.delete().where(rows.Event.id == event.id)
            await audit.record(viewer.actor, "discarded", "event", event.id, {}, now)
            return
        dates = await events.dates_in_order(viewer, event)
        facts: dict[str, RecordChoice] = {}
        if is_off and not event.is_series:
            notifications.check_record_choice(dates[0], record)
            facts = {"record": record} if record and notifications.is_on_record(dates[0]) else {}
        announced = Canceled(reason=reason) if is_off else Restored()
        verb = HistoryVerb.CANCELED if is_off else HistoryVerb.RESTORED
        reach = UndoReach(dates=() if event.is_series else tuple(occurrence.id for occurrence in dates))
        async with keeping_undoable(
            viewer, event_id, UndoableDeed.CANCELED if is_off else UndoableDeed.CHANGED, now, reach
        ):
            await _save_status(event, dates, status, reason, facts, now)
            whom = notifications.notified_of_cancellation(event, dates, await invitees_of(event.id), now)
            await send(announced, event.id, event.version + 1, now, whom=whom)
            await history.record_change(viewer, event, verb, (), now, reason=reason)
        await audit.record(viewer.actor, verb, "event", event_id, facts, now)


async def _save_status(
    event: Event,
    dates: Iterable[Occurrence],
    status: EventStatus,
    reason: str,
    facts: Mapping[str, RecordChoice],
    now: datetime,
) -> None:
    version, sequence = event.version + 1, next_sequence(event, dates)
    await rows.Event.update(
        status=status, cancel_reason=reason, version=version, sequence=sequence, changed_at=now
    ).where(rows.Event.id == event.id)
    if not event.is_series:  # its date is what the event is
        is_removed = RecordChoice.REMOVE in facts.values()
        columns: dict[Any, Any] = {"is_off_record": is_removed, "is_canceled": False, "cancel_reason": ""}
        await rows.Occurrence.update(columns).where(rows.Occurrence.event == event.id)
    await visibility.raise_calendar_versions(event.id)


def _columns(plan: Plan, now: datetime) -> dict[Any, Any]:
    return {**columns_of_event(plan, plan.rrule), "title": plan.title.strip(), "changed_at": now}


def known_before(event: Event) -> KnownBefore:
    """Return what people knew of the whole event before a change."""
    starts_at, ends_at = plan_rules.slot_at(event.starts, event.duration, event.zone)
    rule = plan_rules.rule_of(event)
    return KnownBefore(
        starts_at=starts_at,
        ends_at=ends_at,
        place=event.place,
        repeats=pattern_words(rule) if rule else "",
        until=dates_by_rule(rule, event.starts)[-1].date() if rule else None,
        was_tentative=event.status is EventStatus.TENTATIVE,
        details=notifications.detail_hashes(event, own_texts(event)),
    )


def changed_field_names(plan: Plan, event: Event) -> list[str]:
    """Return the names of the columns in which the plan differs from the event."""
    new = _columns(plan, event.changed_at)
    old = _columns(plan_rules.plan_of_event(event, {}), event.changed_at)
    return sorted(name for name in new if new[name] != old[name])


async def plan_to_change(viewer: Viewer, event_id: UUID) -> tuple[Event, Plan]:
    """Return the event and the plan that its form shows. Errors: NotFound, NotAllowed."""
    event = await event_to_edit(viewer, event_id)
    invitees, every = await together(
        attendance.current_invitees(viewer, event.id), events.dates_in_order(viewer, event)
    )
    return event, plan_in_form(event, invitees, every)


def plan_in_form(event: Event, invitees: Mapping[UUID, AttendeeRole], every: Iterable[Occurrence]) -> Plan:
    """Return the plan that the form of an event with these dates shows."""
    plan = plan_rules.plan_of_event(event, invitees)
    if plan.rule is None:
        return plan
    held = {
        occurrence.original_start: occurrence.original_start
        + (WEEK if plan_rules.is_a_week_later(occurrence) else NO_DELAY)
        for occurrence in every
    }
    return replace(plan, on_holidays=holiday_choices_before(dates_by_rule(plan.rule, plan.starts), held))


ORGANIZER_LEFT = "Its organizer left the task force."


async def transfer_event(by: Viewer, event: Event, new_owner: Viewer, now: datetime) -> None:
    """Make a person who may see the event its organizer, and notify only them."""
    await visibility.raise_calendar_versions(event.id)
    changed = rows.Event.update(lead=new_owner.member_id, version=event.version + 1, changed_at=now)
    await changed.where(rows.Event.id == event.id)
    await change_lead(by, event.id, event.lead_id, new_owner.member_id, now)
    await visibility.raise_calendar_versions(event.id)
    words = FieldChange(
        field=ChangedField.LEAD,
        before=f"{event.lead} ({event.lead_agency})",
        after=f"{new_owner.name} ({new_owner.agency})",
    )
    await history.record_change(by, event, HistoryVerb.CHANGED, [words], now)
    await audit.record(by.actor, "changed", "event", event.id, {"fields": ["lead"]}, now)


async def cancel_without_organizer(by: Viewer, event_id: UUID, now: datetime) -> None:
    """Cancel an event that only its organizer could see, and notify invited guests; a draft is discarded."""
    if await is_draft_event(event_id):
        await outbox.detach_event(event_id)
        await rows.Event.delete().where(rows.Event.id == event_id)
        await audit.record(by.actor, "discarded", "event", event_id, {}, now)
        return
    changed = rows.Event.update(
        status=EventStatus.CANCELED,
        cancel_reason=ORGANIZER_LEFT,
        changed_at=now,
        version=rows.Event.version + 1,
        sequence=rows.Event.sequence + 1,
    )
    [after] = await changed.where(rows.Event.id == event_id).returning(rows.Event.version)
    await visibility.raise_calendar_versions(event_id)
    whom = notifications.everyone_asked(await invitees_of(event_id))
    await send(Canceled(reason=ORGANIZER_LEFT), event_id, after["version"], now, whom=whom)
    await audit.record(by.actor, "canceled", "event", event_id, {}, now)


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
    events = [new_event_row(event.plan, viewer.member_id, now) for event in new]
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
