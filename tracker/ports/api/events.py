"""Events in JSON: list, schedule, read, change as a whole, cancel, restore; and the plans that JSON asks for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import convert
from msgspec.structs import asdict, replace

from tracker.errors import Conflict
from tracker.ports.api.event_shapes import EventChange, EventPage, EventShown, NewEvent, event_shown
from tracker.ports.api.operations import CREATED, Resource, operation, read_operation
from tracker.ports.api.responses import PageItem, place_words
from tracker.ports.api.shapes import CancelingHeld, PageQuery, given, local_start
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.rules.events.events import TEXTS, Event, EventStatus
from tracker.rules.events.markings import Marking
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.identity import ApiScope
from tracker.rules.recurrence.series import rule_for_choice
from tracker.rules.roster.meetings import ReminderPolicy
from tracker.usecases.core import audit
from tracker.usecases.events import scheduling
from tracker.usecases.operations.states import plan_state, plan_states
from tracker.usecases.roster import committees
from tracker.usecases.views import search
from tracker.usecases.views.search import ListPlace

TAG = "Events"
READ, WRITE = ApiScope.EVENTS_READ, ApiScope.EVENTS_WRITE


async def _event(viewer: Viewer, _: datetime, event_id: UUID) -> tuple[Event, EventShown]:
    event = await scheduling.event_seen_by(viewer, event_id)
    return event, event_shown(viewer, event, await plan_state(viewer, event_id))


async def _note(viewer: Viewer, event: Event, now: datetime) -> None:
    await audit.record_series_read(viewer, [event], now)


EVENT = Resource(name="event", path="/events/{event_id:uuid}", shape=EventShown, see=_event, note=_note)
changes = partial(operation, tag=TAG, scope=WRITE, of=EVENT, is_conditional=True, may_conflict=True)
"""Every change to an existing event."""


@operation(
    "GET",
    "/events",
    "List events",
    tag=TAG,
    scope=READ,
    response=EventPage,
    text="Returns all events you can see, including your own drafts, in the order they were created.",
)
async def list_events(query: PageQuery, after: ListPlace, viewer: Viewer, now: Now) -> list[PageItem]:
    """Return a page of the list."""
    events = await search.page_of_events(viewer, after, query.limit + 1)
    states = await plan_states(viewer)
    await audit.record_series_read(viewer, events[: query.limit], now)
    return [
        (place_words(event.created_at, event.id), event_shown(viewer, event, states.get(event.id))) for event in events
    ]


@operation(
    "POST",
    "/events",
    "Schedule an event",
    tag=TAG,
    scope=WRITE,
    gives=EVENT,
    status=CREATED,
    may_conflict=True,
    text="Creates the event with all its dates and emails invitations, unless it is a draft.",
)
async def schedule_event(
    new: NewEvent, request_key: UUID | None, viewer: Viewer, zone: Zone, now: Now
) -> dict[str, UUID]:
    """Schedule an event."""
    plan = plan_of_new(new, zone, await committees.policy_of_committee(new.committee_id))
    return {"event_id": await scheduling.schedule_event(viewer, plan, now, form_id=request_key)}


read_event = read_operation(EVENT, "Read an event", tag=TAG, scope=READ)


@changes(
    "PATCH",
    EVENT.path,
    "Change an event",
    may_vanish=True,
    text="Changes all its dates. If the time or rule of a series that has started changes, the series ends and a "
    "new one continues it. The response is the new series, and Content-Location its address.",
)
async def change_event(event: Event, new: EventChange, viewer: Viewer, now: Now) -> dict[str, UUID]:
    """Change the given fields of an event."""
    _, plan = await scheduling.plan_to_change(viewer, event.id)
    changed = plan_changed(plan, new)
    return {"event_id": await scheduling.change_event(viewer, event.id, changed, event.version, now, notify=new.notify)}


@changes(
    "POST",
    f"{EVENT.path}/cancellation",
    "Cancel an event",
    may_vanish=True,
    text="Cancels all upcoming dates and emails everyone invited, if there are any. Past dates of a series stay "
    "in reports. An event with one date whose attendance is closed needs `record`. A draft is discarded, and "
    "the response has no content.",
)
async def cancel_event(event: Event, new: CancelingHeld, viewer: Viewer, now: Now) -> None:
    """Cancel an event, or discard a draft."""
    await scheduling.cancel_event(viewer, event.id, event.version, new.reason, now, record=new.record)


@changes(
    "POST",
    f"{EVENT.path}/restoration",
    "Restore an event",
    text="Notifies people who may know of the cancellation, unless there are no upcoming dates.",
)
async def restore_event(event: Event, viewer: Viewer, now: Now) -> None:
    """Restore a canceled event."""
    await scheduling.restore_event(viewer, event.id, event.version, now)


AS_GIVEN = ("kind", "visibility", "is_all_day", "committee_id", *TEXTS)
"""Fields that the use cases take as sent; the others have shapes of their own."""


def plan_of_new(new: NewEvent, zone: str, usual: ReminderPolicy) -> Plan:
    """Return the plan of a new event; `zone` and the `usual` reminders are the defaults. Errors: Invalid by field."""
    empty = Plan(
        kind=new.kind,
        title="",
        visibility=new.visibility,
        starts=local_start(new.date, new.time),
        duration=timedelta(minutes=new.minutes),
        zone=zone,
        reminders=usual,
    )
    return _planned(empty, given(new))


def plan_changed(plan: Plan, change: EventChange) -> Plan:
    """Return the plan of an event with its changes.

    Errors: Invalid by field, Conflict for a canceled one.
    """
    if plan.status is EventStatus.CANCELED:
        raise Conflict("This event is canceled. Restore it first.")
    return _planned(plan, given(change))


def moved(starts: datetime, duration: timedelta, fields: Mapping[str, Any]) -> tuple[datetime, timedelta]:
    """Return a local start and a duration with the given date, time or minutes in their place."""
    when = local_start(fields.get("date", starts.date()), fields.get("time", f"{starts:%H:%M}"))
    return when, timedelta(minutes=fields["minutes"]) if "minutes" in fields else duration


def _planned(plan: Plan, fields: Mapping[str, Any]) -> Plan:
    starts, duration = moved(plan.starts, plan.duration, fields)
    facts: dict[str, Any] = {name: fields[name] for name in AS_GIVEN if name in fields}
    if "status" in fields:
        facts["status"] = EventStatus(fields["status"])
    if "people" in fields:
        facts["invitees"] = {field.member_id: AttendeeRole(field.role) for field in fields["people"]}
    if "repeat" in fields:
        choice = asdict(fields["repeat"]) if fields["repeat"] else None
        facts["rule"] = rule_for_choice(choice.pop("every"), starts, **choice) if choice else None
    if "marking" in fields:
        marking = fields["marking"]
        facts["marking"] = convert(marking, Marking, from_attributes=True) if marking else None
    if "reminders" in fields:
        reminders = fields["reminders"]
        facts["reminders"] = ReminderPolicy(
            leads=frozenset(timedelta(minutes=lead) for lead in reminders.minutes_before),
            asks_before=frozenset(timedelta(days=days) for days in reminders.follow_up_days_before),
            asks_after=frozenset(timedelta(days=days) for days in reminders.follow_up_days_after_invitation),
            sends_thanks=reminders.sends_thanks,
        )
    zone = fields.get("time_zone", plan.zone)
    return replace(plan, starts=starts, duration=duration, zone=zone, **facts)
