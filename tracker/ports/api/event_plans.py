"""From the JSON of a new or changed event, or of one date, to what the use cases take."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.api.event_shapes import LONGEST_LINK, EventChange, MarkingGiven, NewEvent, Repeat
from tracker.ports.api.occurrence_shapes import OccurrenceChange
from tracker.ports.api.shapes import (
    LONGEST_PLACE,
    LONGEST_REASON,
    LONGEST_TEXT,
    LONGEST_TITLE,
    Cancelling,
    Given,
    local_start,
)
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.clean_text import clean
from tracker.rules.events.event import EventStatus
from tracker.rules.events.markings import Marking
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence import Rule, rule_for

WHOLE_DAY = timedelta(days=1)
AS_GIVEN = ("kind", "visibility", "is_all_day", "committee_id")
LINES = {"title": LONGEST_TITLE, "place": LONGEST_PLACE, "video_link": LONGEST_LINK}
TEXTS = {"description": LONGEST_TEXT, "agenda": LONGEST_TEXT}


def plan_of_new(new: NewEvent, zone: str) -> Plan:
    """Return the plan of a new event; `zone` counts where it names none. Errors: Invalid by field."""
    empty = Plan(
        kind=new.kind,
        title="",
        visibility=new.visibility,
        starts=local_start(new.date, new.time),
        duration=timedelta(minutes=new.minutes),
        zone=zone,
    )
    return _planned(empty, given(new))


def plan_changed(plan: Plan, change: EventChange) -> Plan:
    """Return the plan of an event with what is to change.

    Errors: Invalid by field, Conflict for a canceled one, NotAllowed for opening a named one: that asks for a proof
    of who somebody is, which a program cannot give.
    """
    if plan.status is EventStatus.CANCELED:
        raise Conflict("This event is canceled. Restore it first.")
    changed = _planned(plan, given(change))
    if plan.visibility is Visibility.NAMED and changed.visibility is not Visibility.NAMED:
        raise NotAllowed("Open this event to more people on the site, where you prove first who you are.")
    return changed


def reason_in(why: Cancelling | OccurrenceChange) -> str:
    """Return the reason of a change, clean. Errors: Invalid(reason)."""
    return clean(why.reason, LONGEST_REASON, "reason", multiline=True)


def given(what: Given) -> dict[str, Any]:
    """Return the fields that a program sent, or that have a value of their own."""
    return {name: value for name, value in asdict(what).items() if value is not UNSET}


def moved(starts: datetime, duration: timedelta, fields: Mapping[str, Any]) -> tuple[datetime, timedelta]:
    """Return a local start and a duration with the date, time or minutes that are given."""
    when = local_start(fields.get("date", starts.date()), fields.get("time", f"{starts:%H:%M}"))
    return when, timedelta(minutes=fields["minutes"]) if "minutes" in fields else duration


def tidy(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts that are given, clean. Errors: Invalid by field."""
    lines = {name: clean(fields[name], most, name) for name, most in LINES.items() if fields.get(name) is not None}
    texts = {
        name: clean(fields[name], most, name, multiline=True)
        for name, most in TEXTS.items()
        if fields.get(name) is not None
    }
    return lines | texts


def _planned(plan: Plan, fields: Mapping[str, Any]) -> Plan:
    starts, duration = moved(plan.starts, plan.duration, fields)
    facts: dict[str, Any] = {name: fields[name] for name in AS_GIVEN if name in fields} | tidy(fields)
    if "status" in fields:
        facts["status"] = EventStatus(fields["status"])
    if "people" in fields:
        facts["invitees"] = {one.member_id: AttendeeRole(one.role) for one in fields["people"]}
    if "repeat" in fields:
        facts["rule"] = _rule(fields["repeat"], starts)
    if "marking" in fields:
        facts["marking"] = _marking(fields["marking"])
    zone = fields.get("time_zone", plan.zone)
    planned = replace(plan, starts=starts, duration=duration, zone=zone, **facts)
    if planned.is_all_day and (planned.starts.time() != datetime.min.time() or planned.duration % WHOLE_DAY):
        raise Invalid(minutes="An event of whole days starts at 00:00 and lasts a multiple of 1,440 minutes.")
    return planned


def _marking(given: MarkingGiven | None) -> Marking | None:
    if given is None:
        return None
    return Marking(
        categories=frozenset(given.categories),
        limit=given.limit,
        agency_id=given.agency_id,
        decontrol_on=given.decontrol_on,
    )


def _rule(repeat: Repeat | None, starts: datetime) -> Rule | None:
    if repeat is None:
        return None
    return rule_for(
        repeat.every, starts, interval=repeat.interval, weekdays=repeat.weekdays, until=repeat.until, count=repeat.count
    )
