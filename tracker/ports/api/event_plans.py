"""From the JSON of a new or changed event, or of one date, to the arguments of the use cases."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from tracker.errors import Conflict
from tracker.ports.api.event_shapes import EventChange, MarkingGiven, NewEvent, RemindersGiven, Repeat
from tracker.ports.api.occurrence_shapes import OccurrenceChange
from tracker.ports.api.shapes import Canceling, Given, local_start
from tracker.rules.events.event import EventStatus
from tracker.rules.events.event_fields import TEXTS, cleaned, cleaned_reason
from tracker.rules.events.markings import Marking
from tracker.rules.events.plan import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence import Rule, rule_for
from tracker.rules.roster.reminder_policy import ReminderPolicy

AS_GIVEN = ("kind", "visibility", "is_all_day", "committee_id")
"""Fields that the use cases take as sent; texts are cleaned, and the others have shapes of their own."""


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


def reason_in(why: Canceling | OccurrenceChange) -> str:
    """Return the reason for a change, cleaned. Errors: Invalid(reason)."""
    return cleaned_reason(why.reason)


def given(what: Given) -> dict[str, Any]:
    """Return the fields that a program sent, or that have a default value."""
    return {name: value for name, value in asdict(what).items() if value is not UNSET}


def moved(starts: datetime, duration: timedelta, fields: Mapping[str, Any]) -> tuple[datetime, timedelta]:
    """Return a local start and a duration with the given date, time or minutes in their place."""
    when = local_start(fields.get("date", starts.date()), fields.get("time", f"{starts:%H:%M}"))
    return when, timedelta(minutes=fields["minutes"]) if "minutes" in fields else duration


def tidy(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the given texts, cleaned. Errors: Invalid by field."""
    return {name: cleaned(name, fields[name]) for name in TEXTS if fields.get(name) is not None}


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
    if "reminders" in fields:
        facts["reminders"] = _reminders(fields["reminders"])
    zone = fields.get("time_zone", plan.zone)
    return replace(plan, starts=starts, duration=duration, zone=zone, **facts)


def _marking(given: MarkingGiven | None) -> Marking | None:
    if given is None:
        return None
    return Marking(
        categories=frozenset(given.categories),
        limit=given.limit,
        agency_id=given.agency_id,
        decontrol_on=given.decontrol_on,
    )


def _reminders(given: RemindersGiven) -> ReminderPolicy:
    leads = frozenset(timedelta(minutes=one) for one in given.minutes_before)
    asks_before = frozenset(timedelta(days=one) for one in given.follow_up_days_before)
    asks_after = frozenset(timedelta(days=one) for one in given.follow_up_days_after_invitation)
    return ReminderPolicy(leads=leads, asks_before=asks_before, asks_after=asks_after, sends_thanks=given.sends_thanks)


def _rule(repeat: Repeat | None, starts: datetime) -> Rule | None:
    if repeat is None:
        return None
    return rule_for(
        repeat.every,
        starts,
        interval=repeat.interval,
        weekdays=repeat.weekdays,
        week_starts=repeat.week_starts,
        until=repeat.until,
        count=repeat.count,
    )
