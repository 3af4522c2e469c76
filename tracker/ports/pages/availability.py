"""Suggested times beside the form of an event, and people’s shared calendars."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect
from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Now, Settings, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Page, Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of, id_in
from tracker.ports.pages.core.sheets import NO_FORM
from tracker.ports.pages.events.previews import OpenedForm
from tracker.ports.pages.events.schedule_form import EventTimes, holiday_choices_in, read_when, rule_in_form
from tracker.ports.pages.events.schedule_people import picks_in_form
from tracker.ports.pages.events.scheduling import open_form, show_form_again
from tracker.rules.availability import suggested_times as rules
from tracker.rules.availability.shared_calendars import AHEAD, LONGEST_ADDRESS
from tracker.rules.availability.suggested_times import (
    Availability,
    BusyDays,
    GridCell,
    Suggestion,
    count_unshared,
    grid_row,
    half_hours_of,
    suggestion_notes,
)
from tracker.rules.core.wording import local
from tracker.rules.events.plans import Person
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.holidays import held_starts, next_working_day
from tracker.rules.recurrence.series import RepeatChoice, dates_by_rule
from tracker.usecases import availability
from tracker.usecases.availability import TimeSearch
from tracker.usecases.events.form_options import invited_by_form

AN_HOUR = timedelta(hours=1)
JUDGED = 12
"""How many dates of a series are checked."""
AHEAD_OF: Mapping[str, int] = {RepeatChoice.DAILY: 7, RepeatChoice.WEEKLY: 7}
"""Days in which the first date of such a series can be; later ones would give the same series again."""
USE = "use-time"
"""The value of the button that puts the chosen time into the form."""
WHEN = ("date", "starts", "ends", "last_day", "all_day")
"""The fields that it fills in."""


class DayLine(Struct, frozen=True, kw_only=True):
    """One person's day."""

    person: Person
    cells: list[GridCell]
    shares: bool
    """Whether the person's shared calendar covers the day, in addition to the events here."""


class TimeChoice(Struct, frozen=True, kw_only=True):
    """A time to choose: the value of its field, when it is on the wall clock, and its notes."""

    value: str
    starts: datetime
    ends: datetime
    notes: str


class TimesShown(Struct, frozen=True, kw_only=True):
    """The result; `day` is the day that is drawn."""

    required: int
    reads_outside: bool
    """Whether people can share calendars that they keep elsewhere."""
    typed: TimeChoice | None
    """The time in the form."""
    choices: list[TimeChoice]
    day: date
    lines: list[DayLine]
    free: list[int]
    """How many required people are free in each half hour of the day."""
    hours: list[datetime]
    looked_from: str
    """Day and hours from which the search started, so that choosing a time does not change them."""


@post("/schedule/times", guards=[signed_in], status_code=200)
async def post_time_search(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now, settings: Settings) -> Page:
    """Suggest times for the selected people; a chosen time is put into the form above the same suggestions."""
    opened = await open_form(viewer, form, zone, now)
    is_chosen = form["save"] == USE
    looked = form
    if is_chosen:
        fields = parse_qs(form["looked_from"], keep_blank_values=True)
        looked = form.but({name: fields[name][-1] for name in WHEN if name in fields})
    times = await _times_shown(viewer, now, settings, looked, opened)
    if pages.is_htmx:
        return pages.render("events/schedule/times-part.html", times=times, zone_name=opened.zone, form=form)
    filled = _with_chosen_time(form) if is_chosen else form
    return await show_form_again(pages, viewer, filled, opened, now, times=times)


def _with_chosen_time(form: FormValues) -> FormValues:
    """Return the form with day and hours of the chosen time; unchanged when that can't be read."""
    day, _, hours = form["slot"].partition("T")
    starts, _, ends = hours.partition("/")
    chosen = form.but({"date": day, "starts": starts, "ends": ends, "last_day": "", "all_day": ""})
    reader = FormReader(chosen)
    is_whole = reader.day("date") and reader.time("starts") and reader.time("ends") and not reader.wrong
    return chosen if is_whole else form


async def _times_shown(
    viewer: Viewer, now: Now, settings: Settings, form: FormValues, opened: OpenedForm
) -> TimesShown:
    offered, zone = opened.offered, opened.zone
    roles = invited_by_form(picks_in_form(form), offered)
    asked = {member_id: role for member_id, role in roles.items() if role.takes_part}
    invitees = {offered.lead_id: AttendeeRole.CHAIR, **asked}
    wanted = replace(
        _time_search(form, zone, now),
        event_id=id_in(form["event"]),
        committee_id=id_in(form["committee"]),
        reads_outside=settings.shared_calendars,
    )
    times_found = await availability.find_times(viewer, invitees, wanted, now)
    names = {person.id: person for person in (*offered.people, offered.lead) if person}
    required = [member_id for member_id, role in invitees.items() if role is not AttendeeRole.OPTIONAL]
    busy = times_found.days
    days = busy if wanted.reads_outside else {}
    chosen_as = partial(time_choice, zone=zone, required=required, names=names, days=days)
    choices = [chosen_as(suggestion) for suggestion in times_found.suggestions]
    chosen = [choice for choice in choices if form["save"] == USE and choice.value == form["slot"]]
    typed = chosen[0] if chosen else chosen_as(times_found.typed) if times_found.typed else None
    drawn = [typed] if typed else choices
    day = drawn[0].starts.date() if drawn else wanted.first.date()
    people = sorted(
        (names[member_id] for member_id in invitees if member_id in names and member_id in busy),
        key=lambda person: (person.agency.casefold(), person.name),
    )
    rows = [grid_row(busy[member_id], day, zone) for member_id in required if member_id in busy]
    states = [[cell.state for cell in row for _ in range(cell.span)] for row in rows]
    return TimesShown(
        required=len(required),
        reads_outside=wanted.reads_outside,
        choices=choices,
        day=day,
        hours=half_hours_of(day),
        typed=typed,
        looked_from=urlencode({name: form[name] for name in WHEN}),
        lines=[
            DayLine(person=person, cells=grid_row(busy[person.id], day, zone), shares=busy[person.id].shares(day, zone))
            for person in people
        ],
        free=[sum(state is Availability.FREE for state in column) for column in zip(*states, strict=True)],
    )


def _time_search(form: FormValues, zone: str, now: Now) -> TimeSearch:
    """Return the search: from the typed day and hour on, or from the next working day on."""
    when = read_when(FormReader(form))
    tomorrow = next_working_day(local(now, zone).date())
    if when is None or when.is_all_day:
        first = when.starts.date() if when and when.starts.date() > tomorrow else tomorrow
        return TimeSearch(first=datetime.combine(first, rules.OPENS), length=AN_HOUR, zone=zone)
    first = when.starts if when.starts.date() >= tomorrow else datetime.combine(tomorrow, when.starts.time())
    dates_of = dates_of_series_from(form, when)
    on = dates_of(when.starts.date())
    return TimeSearch(
        first=first,
        length=when.duration,
        zone=zone,
        dates_of=dates_of,
        ahead=AHEAD_OF.get(form["repeat"], availability.AHEAD),
        typed=rules.candidate_from(on, when.starts.time(), when.duration, zone) if on else None,
    )


def dates_of_series_from(form: FormValues, when: EventTimes) -> Callable[[date], Sequence[date]]:
    """Return a function from a first day to the days of the typed series; () where there is no such series."""

    def dates_of(first: date) -> Sequence[date]:
        starts = datetime.combine(first, when.starts.time())
        with suppress(Invalid):
            by_rule = dates_by_rule(rule_in_form(FormReader(form), starts), starts)[:JUDGED]
            return [day.date() for _, day in held_starts(by_rule, holiday_choices_in(form))]
        return ()

    return dates_of


def time_choice(
    suggestion: Suggestion,
    zone: str,
    required: Sequence[UUID],
    names: Mapping[UUID, Person],
    days: Mapping[UUID, BusyDays],
) -> TimeChoice:
    """Return a time with its notes; `days` is empty where no calendars are shared."""
    starts, ends = local(suggestion.starts_at, zone), local(suggestion.ends_at, zone)
    value = f"{starts:%Y-%m-%dT%H:%M}/{ends:%H:%M}"
    said = suggestion_notes(suggestion, len(required), names, count_unshared(suggestion, required, days, zone))
    return TimeChoice(value=value, starts=starts, ends=ends, notes=" · ".join(said))


SHARED_CALENDAR_PATH = "/settings/calendar"
FIELDS = ("address",)
CALENDAR_SHARED = "Calendar added. We’ll read it within a few minutes."
CALENDAR_REMOVED = "You stopped sharing your calendar. Everything read from it was deleted."


@get(SHARED_CALENDAR_PATH, guards=[signed_in])
async def show_shared_calendar(pages: Pages, viewer: Viewer, settings: Settings) -> Page:
    """Show what the viewer shares, without the address."""
    return await _shared_calendar_page(pages, viewer, settings)


@post(SHARED_CALENDAR_PATH, guards=[signed_in], status_code=303)
async def post_shared_calendar(pages: Pages, viewer: Viewer, form: Form, now: Now, settings: Settings) -> Page:
    """Share the calendar at an address, or show the form again with its errors."""
    if not settings.shared_calendars:
        raise NotFound
    try:
        await availability.share_calendar(viewer, form["address"], settings.own_host, now)
    except Invalid as wrong:
        return await _shared_calendar_page(pages, viewer, settings, form, wrong)
    return pages.redirect(SHARED_CALENDAR_PATH, CALENDAR_SHARED)


@post(f"{SHARED_CALENDAR_PATH}/removal", guards=[signed_in], status_code=303)
async def post_shared_calendar_removal(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Redirect:
    """Stop sharing a calendar."""
    await availability.stop_sharing(viewer, now)
    is_on = settings.shared_calendars
    return pages.redirect(SHARED_CALENDAR_PATH if is_on else "/settings", CALENDAR_REMOVED)


async def _shared_calendar_page(
    pages: Pages, viewer: Viewer, settings: Settings, form: FormValues | None = None, wrong: Invalid | None = None
) -> Page:
    is_on, shared = settings.shared_calendars, await availability.own_shared_calendar(viewer)
    if shared is None and not is_on:
        raise NotFound
    return pages.render(
        "availability/calendar.html",
        shared=shared,
        is_on=is_on,
        longest=LONGEST_ADDRESS,
        weeks=AHEAD.days // 7,
        status_code=422 if wrong else 200,
        form=form or NO_FORM,
        errors=errors_of(wrong, FIELDS),
    )
