"""From the form of an event to a plan: every field is read, and all errors are reported together."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct

from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.ports.pages.events.schedule_marking import read_marking
from tracker.ports.pages.events.schedule_people import check_search, picks_of
from tracker.ports.pages.events.schedule_reminders import read_reminders
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import zone_of
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.event import Event, EventStatus, Kind
from tracker.rules.events.event_fields import TEXTS, cleaned
from tracker.rules.events.notifications import Notify
from tracker.rules.events.picks import Picks
from tracker.rules.events.plan import DateChange, Plan
from tracker.rules.recurrence import SUNDAY, Repeat, Rule, rule_for
from tracker.rules.recurrence.holiday_choices import HolidayChoice
from tracker.usecases.events.form_options import Choices, invited

ON_HOLIDAY = "holiday-"
"""Prefix of the fields that hold the choice for a date on a holiday; its day follows."""
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAYS = tuple("0123456")
"""Of the week, as forms send them; Monday = 0."""
UNNAMED_OPERATION = "Operations are for named people unless you decide otherwise. Check who can see it and send again."
ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - local, and only substitutes for a day that cannot be read
Word = TypeVar("Word", bound=StrEnum)


class When(Struct, frozen=True, kw_only=True):
    """When an event takes place: `starts` is local, without offset."""

    starts: datetime
    duration: timedelta
    is_all_day: bool
    rule: Rule | None = None


def read_plan(form: FormValues, offered: Choices, zone: str, event: Event | None = None) -> Plan:
    """Return the plan that a form describes; `event` is the one being changed, `zone` that of a form that names none.

    Errors: Invalid by field.
    """
    reader = FormReader(form)
    when = read_when(reader) or When(starts=ANY_DAY, duration=timedelta(hours=1), is_all_day=False)
    committee_id = _committee(reader, offered, event)
    plan = Plan(
        **read_texts(reader, TEXTS),
        kind=_kind(reader),
        visibility=_visibility(reader, offered),
        starts=when.starts,
        duration=when.duration,
        zone=zone_in(reader, zone),
        is_all_day=when.is_all_day,
        rule=when.rule,
        committee_id=committee_id,
        status=status_of(form, event),
        invitees=invited(_picks(reader, offered), offered),
        on_holidays=holiday_choices(form),
        marking=read_marking(reader, offered, event),
        reminders=read_reminders(form, offered, event, committee_id),
    )
    _check_operation(reader, plan)
    reader.tried(lambda: check_search(form), None)
    reader.tried(lambda: plan_rules.check(plan), None)
    reader.check()
    return plan


def zone_in(reader: FormReader, zone: str) -> str:
    """Return the time zone that a form names; `zone` if it names none, or none that is known."""
    return reader.tried(lambda: zone_of(reader.form["zone"] or zone).key, zone)


def read_texts(reader: FormReader, names: Iterable[str]) -> dict[str, Any]:
    """Return the texts of an event's fields, safe to store; one that is too long counts as empty and is an error."""
    return {name: reader.tried(partial(cleaned, name, reader.form[name]), "") for name in names}


def read_when(reader: FormReader) -> When | None:
    """Return when the event takes place and how it repeats, or None when its days or times can't be read."""
    is_all_day = bool(reader.form["all_day"])
    span = _days(reader) if is_all_day else _hours(reader)
    if span is None:
        return None
    starts, ends = span
    date = DateChange(starts=starts, duration=ends - starts)
    reader.tried(lambda: plan_rules.check_change(date, is_all_day=is_all_day), None)
    rule = reader.tried(lambda: rule_in(reader, starts), None)
    return When(starts=starts, duration=ends - starts, is_all_day=is_all_day, rule=rule)


def rule_in(reader: FormReader, starts: datetime) -> Rule | None:
    """Return how the event repeats when `starts` (local) is its first date. Errors: Invalid by field."""
    choice, form = reader.form["repeat"] or Repeat.NONE, reader.form
    if choice == Repeat.NONE:
        return rule_for(choice, starts)
    interval = reader.number("interval")
    weekdays = [int(one) for one in form.all("weekdays") if one in DAYS] if choice == Repeat.WEEKLY else []
    return rule_for(
        choice,
        starts,
        interval=1 if interval is None else interval,
        weekdays=weekdays,
        week_starts=int(form["week_starts"]) if form["week_starts"] in DAYS else SUNDAY,
        until=reader.day("until"),
        count=reader.number("count"),
    )


def holiday_choices(form: FormValues) -> dict[date, HolidayChoice]:
    """Return the choices for dates on holidays; a field that can't be read is ignored."""
    chosen = {}
    for name in form:
        day = name.removeprefix(ON_HOLIDAY)
        if name.startswith(ON_HOLIDAY) and ISO_DAY.fullmatch(day) and form[name] in set(HolidayChoice):
            with suppress(ValueError):
                chosen[date.fromisoformat(day)] = HolidayChoice(form[name])
    return {day: choice for day, choice in chosen.items() if choice is not HolidayChoice.KEEP}


def notify_in(form: FormValues) -> Notify:
    """Return whom the form of a change says to notify; the usual choice for anything else."""
    return next((one for one in Notify if one == form["notify"]), Notify.CHANGES)


def status_of(form: FormValues, event: Event | None) -> EventStatus:
    """Return the status for the pressed button and the "tentative" check box."""
    if form["save"] in ("draft", "poll") and (event is None or event.status is EventStatus.DRAFT):
        return EventStatus.DRAFT
    return EventStatus.TENTATIVE if form["tentative"] else EventStatus.CONFIRMED


def _days(reader: FormReader) -> tuple[datetime, datetime] | None:
    first, last = reader.day("date", "Choose a date."), reader.day("last_day")
    if first is None:
        return None
    if last is not None and last < first:
        reader.refuse("last_day", "The last day is before the first.")
    days = max((last or first) - first, timedelta(0)) + timedelta(days=1)
    starts = datetime.combine(first, time())
    return starts, starts + min(days, plan_rules.LONGEST + timedelta(days=1))


def _hours(reader: FormReader) -> tuple[datetime, datetime] | None:
    first, last = reader.day("date", "Choose a date."), reader.day("last_day")
    begins, ends = reader.time("starts", "Enter a start time."), reader.time("ends", "Enter an end time.")
    if first is None or begins is None or ends is None:
        return None
    span = datetime.combine(first, begins), datetime.combine(last or first, ends)
    if span[1] <= span[0]:
        reader.refuse("ends", "The event ends before it starts. If it ends on a later day, fill in “Last day” too.")
    return span


def _kind(reader: FormReader) -> Kind:
    return _word(reader, "kind", Kind, "Choose a kind of event.")


def _visibility(reader: FormReader, offered: Choices) -> Visibility:
    chosen = _word(reader, "visibility", Visibility, "Choose who can see it.")
    if chosen not in offered.visibilities:
        reader.refuse("visibility", "Choose who can see it from the list.")
    return chosen


def _word(reader: FormReader, name: str, words: type[Word], sentence: str) -> Word:
    found = next((one for one in words if one == reader.form[name]), None)
    if found is None:
        reader.refuse(name, sentence)
    return found or next(iter(words))


def _committee(reader: FormReader, offered: Choices, event: Event | None) -> UUID | None:
    if not reader.form["committee"]:
        return None
    chosen = id_in(reader.form["committee"])
    if chosen is None or chosen not in {
        *(one.id for one in offered.own_committees),
        event.committee_id if event else None,
    }:
        reader.refuse("committee", "Choose a committee from the list.")
    return chosen


def _picks(reader: FormReader, offered: Choices) -> Picks:
    picks = picks_of(reader.form)
    if not picks.people <= {person.id for person in offered.people}:
        reader.refuse("people", "You can’t invite one of these people. Choose from the list.")
    return picks


def _check_operation(reader: FormReader, plan: Plan) -> None:
    """Allow an operation for more than named people only if the form asked about visibility under that kind."""
    is_open = plan.kind is Kind.JOINT_OPERATION and plan.visibility is not Visibility.NAMED
    if is_open and reader.form["kind_shown"] != Kind.JOINT_OPERATION:
        reader.refuse("visibility", UNNAMED_OPERATION)
