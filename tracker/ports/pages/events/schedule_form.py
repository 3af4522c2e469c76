"""The form of an event and its plan: every field is read, with all errors together, and a plan becomes texts again."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.ports.pages.core.form_shapes import form_fields
from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.ports.pages.events.event_form import NO_COMMITTEE, NO_DESIGNATOR, EventForm
from tracker.ports.pages.events.schedule_people import EVERY_AGENCY, check_search_used, picks_in_form
from tracker.rules.core.viewers import Visibility
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import TEXTS, Event, EventStatus, Kind
from tracker.rules.events.events import field_texts as texts_of_event
from tracker.rules.events.forms import ROLE, BoxReason, Template
from tracker.rules.events.markings import Marking, banner_of
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import DateChange, Plan
from tracker.rules.recurrence.holidays import HolidayChoice
from tracker.rules.recurrence.series import SUNDAY, RepeatChoice, Rule, choice_of, rule_for_choice
from tracker.rules.roster.meetings import (
    ASKS_AFTER_OFFERED,
    ASKS_OFFERED,
    OFFERED,
    ReminderPolicy,
    minutes_of,
    policy_in,
    time_choices,
)
from tracker.usecases.events.form_options import EventChoices, invited_by_form

ON_HOLIDAY = "holiday-"
"""Prefix of the fields that hold the choice for a date on a holiday; its day follows."""
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNNAMED_OPERATION = "Operations are for named people unless you decide otherwise. Check who can see it and send again."
ONE_DAY = timedelta(days=1)
ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - local, and only substitutes for a day that cannot be read


class EventTimes(Struct, frozen=True, kw_only=True):
    """When an event takes place: `starts` is local, without offset."""

    starts: datetime
    duration: timedelta
    is_all_day: bool
    rule: Rule | None = None


def read_event_plan(form: FormValues, offered: EventChoices, zone: str, event: Event | None = None) -> Plan:
    """Return the plan that a form describes; `event` is the one being changed, `zone` that of a form that names none.

    Errors: Invalid by field.
    """
    reader = FormReader(form)
    when = read_when(reader) or EventTimes(starts=ANY_DAY, duration=timedelta(hours=1), is_all_day=False)
    committee_id = _committee(reader, offered, event)
    chosen = EventForm.value(reader, "visibility")
    if chosen not in offered.visibilities:
        reader.refuse("visibility", "Choose who can see it from the list.")
    picks = picks_in_form(reader.form)
    if not picks.people <= {person.id for person in offered.people}:
        reader.refuse("people", "You can’t invite one of these people. Choose from the list.")
    plan = Plan(
        **{name: EventForm.value(reader, name) for name in TEXTS},
        kind=EventForm.value(reader, "kind"),
        visibility=chosen,
        starts=when.starts,
        duration=when.duration,
        zone=zone_in_form(reader, zone),
        is_all_day=when.is_all_day,
        rule=when.rule,
        committee_id=committee_id,
        status=status_in_form(form, event),
        invitees=invited_by_form(picks, offered),
        on_holidays=holiday_choices_in(form),
        marking=read_marking(reader, offered, event),
        reminders=read_reminders(form, offered, event, committee_id),
    )
    is_open = plan.kind is Kind.JOINT_OPERATION and plan.visibility is not Visibility.NAMED
    if is_open and reader.form["kind_shown"] != Kind.JOINT_OPERATION:
        reader.refuse("visibility", UNNAMED_OPERATION)
    reader.tried(lambda: check_search_used(form), None)
    reader.tried(lambda: plan_rules.check_plan(plan), None)
    reader.check()
    return plan


def zone_in_form(reader: FormReader, zone: str) -> str:
    """Return the time zone that a form names; `zone` if it names none, or none that is known."""
    return EventForm.value(reader, "zone") or zone


def read_when(reader: FormReader) -> EventTimes | None:
    """Return when the event takes place and how it repeats, or None when its days or times can't be read."""
    is_all_day = bool(reader.form["all_day"])
    span = _span(reader, is_all_day=is_all_day)
    if span is None:
        return None
    starts, ends = span
    date = DateChange(starts=starts, duration=ends - starts)
    reader.tried(lambda: plan_rules.check_date_change(date, is_all_day=is_all_day), None)
    rule = reader.tried(lambda: rule_in_form(reader, starts), None)
    return EventTimes(starts=starts, duration=ends - starts, is_all_day=is_all_day, rule=rule)


def rule_in_form(reader: FormReader, starts: datetime) -> Rule | None:
    """Return how the event repeats when `starts` (local) is its first date. Errors: Invalid by field."""
    choice, form = reader.form["repeat"] or RepeatChoice.NONE, reader.form
    if choice == RepeatChoice.NONE:
        return rule_for_choice(choice, starts)
    days = EventForm.value(reader, "weekdays") if choice == RepeatChoice.WEEKLY else ()
    return rule_for_choice(
        choice,
        starts,
        interval=EventForm.value(reader, "interval"),
        weekdays=[int(day) for day in form.all("weekdays") if day in days],
        week_starts=int(EventForm.value(reader, "week_starts")),
        until=EventForm.value(reader, "until"),
        count=EventForm.value(reader, "count"),
    )


def holiday_choices_in(form: FormValues) -> dict[date, HolidayChoice]:
    """Return the choices for dates on holidays; a field that can't be read is ignored."""
    chosen = {}
    for name in form:
        day = name.removeprefix(ON_HOLIDAY)
        if name.startswith(ON_HOLIDAY) and ISO_DAY.fullmatch(day) and form[name] in set(HolidayChoice):
            with suppress(ValueError):
                chosen[date.fromisoformat(day)] = HolidayChoice(form[name])
    return {day: choice for day, choice in chosen.items() if choice is not HolidayChoice.KEEP}


def notify_in_form(form: FormValues) -> Notify:
    """Return whom the form of a change says to notify; the usual choice for anything else."""
    return next((notify for notify in Notify if notify == form["notify"]), Notify.CHANGES)


def status_in_form(form: FormValues, event: Event | None) -> EventStatus:
    """Return the status for the pressed button and the "tentative" check box."""
    if form["save"] in ("draft", "poll") and (event is None or event.status is EventStatus.DRAFT):
        return EventStatus.DRAFT
    return EventStatus.TENTATIVE if form["tentative"] else EventStatus.CONFIRMED


def _span(reader: FormReader, *, is_all_day: bool) -> tuple[datetime, datetime] | None:
    first, last = EventForm.value(reader, "date"), EventForm.value(reader, "last_day")
    if is_all_day and first:
        if last and last < first:
            reader.refuse("last_day", "The last day is before the first.")
        days = max((last or first) - first, timedelta(0)) + ONE_DAY
        starts = datetime.combine(first, time())
        return starts, starts + min(days, plan_rules.LONGEST + ONE_DAY)
    if is_all_day:
        return None
    begins, ends = EventForm.value(reader, "starts"), EventForm.value(reader, "ends")
    if first is None or begins is None or ends is None:
        return None
    span = datetime.combine(first, begins), datetime.combine(last or first, ends)
    if span[1] <= span[0]:
        reader.refuse("ends", "The event ends before it starts. If it ends on a later day, fill in “Last day” too.")
    return span


def _committee(reader: FormReader, offered: EventChoices, event: Event | None) -> UUID | None:
    chosen: UUID | None = EventForm.value(reader, "committee")
    own = {*(committee.id for committee in offered.own_committees), event.committee_id if event else None}
    if chosen is not None and chosen not in own:
        reader.refuse("committee", NO_COMMITTEE)
    return chosen


def read_marking(reader: FormReader, offered: EventChoices, event: Event | None) -> Marking | None:
    """Return the marking that a form describes; None where it describes none, or can't be read."""
    form = reader.form
    known = FormValues(marking_texts(event.marking if event else None))
    says_more = any(form[name] not in ("", known[name]) for name in ("mark_limit", "mark_until"))
    if not form["mark_categories"] and not says_more:
        return None
    categories, limit = EventForm.value(reader, "mark_categories"), EventForm.value(reader, "mark_limit")
    agency_id = _designator(reader, offered, event)
    until = EventForm.value(reader, "mark_until")
    if agency_id is None or until is None:
        return None
    return Marking(categories=categories, limit=limit, agency_id=agency_id, decontrol_on=until)


def marking_context(form: FormValues, offered: EventChoices, event: Event | None) -> dict[str, Any]:
    """Return the values of the templates: all choices, and the banner of the present ones, if a category is chosen."""
    reader, fields = FormReader(form), form_fields(EventForm)
    categories, limit = EventForm.value(reader, "mark_categories"), EventForm.value(reader, "mark_limit")
    return {
        "fields": fields,
        "designators": designator_options(offered, event),
        "banner": banner_of(categories, {limit} if limit else ()) if categories else "",
    }


def marking_texts(marking: Marking | None) -> dict[str, tuple[str, ...]]:
    """Return the texts of the fields that describe a marking; empty for none."""
    if marking is None:
        return dict.fromkeys((name for name in form_fields(EventForm) if name.startswith("mark_")), ())
    return {
        "mark_categories": tuple(sorted(marking.categories)),
        "mark_limit": (marking.limit or "",),
        "mark_agency": (str(marking.agency_id),),
        "mark_until": (marking.decontrol_on.isoformat(),),
    }


def ready_to_mark(form: FormValues, offered: EventChoices) -> FormValues:
    """Return the form with the viewer's own agency as designator; without a marking for people who may not mark."""
    if not offered.designators:
        return form.but(marking_texts(None))
    agency_id = id_in(form["mark_agency"])
    return form if agency_id in offered.designators else form.but({"mark_agency": str(next(iter(offered.designators)))})


def designator_options(offered: EventChoices, event: Event | None) -> list[tuple[str, str]]:
    """Return the agencies that the form offers, including that of a known event."""
    kept = {event.marking.agency_id: event.marking.agency} if event and event.marking else {}
    return [(str(agency_id), name) for agency_id, name in {**kept, **offered.designators}.items()]


def _designator(reader: FormReader, offered: EventChoices, event: Event | None) -> UUID | None:
    """Return the designator; a known event always keeps its own."""
    chosen: UUID | None = EventForm.value(reader, "mark_agency")
    kept = event.marking.agency_id if event and event.marking else None
    if chosen is None or (offered.designators and chosen not in {*offered.designators, kept}):
        reader.refuse("mark_agency", NO_DESIGNATOR)
        return None
    return chosen


OWN_REMINDERS, USUAL_REMINDERS = "own", "usual"


def read_reminders(
    form: FormValues, offered: EventChoices, event: Event | None, committee_id: UUID | None
) -> ReminderPolicy:
    """Return the reminders that a form asks for; without a choice, those of the event or of its committee."""
    if form["reminders"] == OWN_REMINDERS:
        return policy_in_form(form)
    if event is not None:
        return event.reminders
    return offered.policies.get(committee_id, offered.usual_policy) if committee_id else offered.usual_policy


def policy_in_form(form: FormValues) -> ReminderPolicy:
    """Return the reminders that the fields of a form describe."""
    days = form.all("asks_before"), form.all("asks_after")
    return policy_in(form.all("leads"), *days, sends_thanks=bool(form["sends_thanks"]))


def reminder_texts(policy: ReminderPolicy) -> dict[str, Sequence[str]]:
    """Return the texts of the fields that describe a policy."""
    return {
        "reminders": (OWN_REMINDERS,),
        "leads": tuple(minutes_of(span) for span in OFFERED if span in policy.leads),
        "asks_before": tuple(minutes_of(span) for span in ASKS_OFFERED if span in policy.asks_before),
        "asks_after": tuple(minutes_of(span) for span in ASKS_AFTER_OFFERED if span in policy.asks_after),
        "sends_thanks": ("yes",) if policy.sends_thanks else (),
    }


def usual_reminder_texts(usual: ReminderPolicy) -> dict[str, Sequence[str]]:
    """Return the texts of a form that asks for the usual reminders."""
    return {**reminder_texts(usual), "reminders": (USUAL_REMINDERS,)}


def offered_lead_times() -> dict[str, Any]:
    """Return the times that the fields of a policy offer."""
    return {
        "offered_leads": time_choices(OFFERED),
        "offered_asks": time_choices(ASKS_OFFERED, "before the event"),
        "offered_asks_after": time_choices(ASKS_AFTER_OFFERED, "after the invitation"),
    }


def reminder_context(offered: EventChoices) -> dict[str, Any]:
    """Return what the form offers: lead times, and the usual reminders in words, by committee."""
    return {
        **offered_lead_times(),
        "usual_reminders": [
            *(
                (committee.name, offered.policies[committee.id].words)
                for committee in offered.own_committees
                if committee.id in offered.policies
            ),
            ("Other events" if offered.policies else "", offered.usual_policy.words),
        ],
    }


BEGINS, ENDS = time(9), time(10)
"""The hours of an empty form."""
LAST_HOUR, LAST_MINUTE = 23, time(23, 59)


def empty_form(kind: Kind, day: date, offered: EventChoices, starts: time = BEGINS) -> FormValues:
    """Return the form of a new event: an operation is for named people unless its organizer chooses otherwise.

    It takes an hour; one that starts late ends at the last minute of the day. A chair who schedules for their committee
    only begins with that committee.
    """
    visibility = Visibility.NAMED if kind is Kind.JOINT_OPERATION else Visibility.ALL
    visibilities, own_committees = offered.visibilities, offered.own_committees
    is_chair = Visibility.ALL not in visibilities and Visibility.COMMITTEE in visibilities
    form = FormValues(
        {
            name: (text,)
            for name, text in {
                "kind": kind,
                "kind_shown": kind,
                "visibility": visibility if visibility in visibilities else next(iter(visibilities), ""),
                "committee": str(own_committees[0].id) if is_chair and own_committees else "",
                "date": day.isoformat(),
                "starts": _clock_text(starts),
                "ends": _clock_text(starts.replace(hour=starts.hour + 1) if starts.hour < LAST_HOUR else LAST_MINUTE),
                "repeat": RepeatChoice.NONE,
                "interval": "1",
                "week_starts": str(SUNDAY),
            }.items()
        }
        | usual_reminder_texts(offered.usual_policy)
    )
    return ready_to_mark(form, offered)


def form_of_plan(plan: Plan) -> FormValues:
    """Return the form that describes a plan."""
    ends = plan.starts + plan.duration
    last = ends - ONE_DAY if plan.is_all_day else ends
    texts = {
        **texts_of_event(plan),
        "kind": plan.kind,
        "kind_shown": plan.kind,
        "visibility": plan.visibility,
        "committee": str(plan.committee_id or ""),
        "tentative": "yes" if plan.status is EventStatus.TENTATIVE else "",
        "zone": plan.zone,
        "all_day": "yes" if plan.is_all_day else "",
        "date": plan.starts.date().isoformat(),
        "last_day": "" if last.date() == plan.starts.date() else last.date().isoformat(),
        "starts": _clock_text(BEGINS if plan.is_all_day else plan.starts.time()),
        "ends": _clock_text(ENDS if plan.is_all_day else ends.time()),
        **_repeat_texts(plan.rule),
    }
    chosen = {f"{ON_HOLIDAY}{day.isoformat()}": (choice,) for day, choice in plan.on_holidays.items()}
    roles = {f"role-{member_id}": (role,) for member_id, role in plan.invitees.items()}
    return FormValues(
        {
            **{name: (text,) for name, text in texts.items()},
            **roles,
            **chosen,
            "weekdays": tuple(str(day) for day in plan.rule.weekdays) if plan.rule else (),
            "person": tuple(str(member_id) for member_id in plan.invitees),
            **marking_texts(plan.marking),
            **reminder_texts(plan.reminders),
        }
    )


def form_of_copy(plan: Plan, day: str, offered: EventChoices) -> FormValues:
    """Return the form of a new event like another one: it starts on `day` (ISO) and doesn't repeat.

    People whom the form does not offer are left out, such as its own organizer.
    """
    people = {person.id for person in offered.people}
    invitees = {member_id: role for member_id, role in plan.invitees.items() if member_id in people}
    form = form_of_plan(replace(plan, on_holidays={}, invitees=invitees))
    length = date.fromisoformat(form["last_day"]) - date.fromisoformat(form["date"]) if form["last_day"] else None
    return form.but(
        {
            "date": day,
            "last_day": (date.fromisoformat(day) + length).isoformat() if length else "",
            "repeat": RepeatChoice.NONE,
            "until": "",
            "count": "",
            "weekdays": (),
            "tentative": "",
        }
    )


def form_of_template(template: Template, day: date, offered: EventChoices) -> tuple[FormValues, int]:
    """Return the form that a template starts on `day`, and how many of its people the form does not offer.

    Only choices that its user may make are kept: a committee, who can see it, and people.
    """
    kept = FormValues(template.form)
    kind = next((kind for kind in Kind if kind == kept["kind"]), Kind.MEETING)
    people = {str(person.id) for person in offered.people}
    chosen: dict[str, Sequence[str]] = {
        name: kept.all(name) for name in kept if not name.startswith(ROLE) or name.removeprefix(ROLE) in people
    }
    for name in ("person", BoxReason.BY_NAME):
        chosen[name] = [member_id for member_id in kept.all(name) if member_id in people]
    chosen["agency"] = _texts_among(kept.all("agency"), (EVERY_AGENCY, *(agency.id for agency in offered.agencies)))
    chosen["seats"] = _texts_among(kept.all("seats"), (committee.id for committee in offered.committees))
    for name, known in (
        ("visibility", offered.visibilities),
        ("committee", [str(committee.id) for committee in offered.own_committees]),
    ):
        if kept[name] not in known:
            chosen.pop(name, None)
    return ready_to_mark(empty_form(kind, day, offered).but(chosen), offered), len(set(kept.all("person")) - people)


def _texts_among(texts: Sequence[str], values: Iterable[UUID | str]) -> list[str]:
    offered = {str(value) for value in values}
    return [text for text in texts if text in offered]


def _repeat_texts(rule: Rule | None) -> dict[str, str]:
    if rule is None:
        return {"repeat": RepeatChoice.NONE, "interval": "1", "week_starts": str(SUNDAY), "until": "", "count": ""}
    return {
        "repeat": choice_of(rule),
        "interval": str(rule.interval),
        "week_starts": str(rule.week_starts),
        "until": rule.until.isoformat() if rule.until else "",
        "count": str(rule.count or ""),
    }


def _clock_text(moment: time) -> str:
    return moment.isoformat(timespec="minutes")
