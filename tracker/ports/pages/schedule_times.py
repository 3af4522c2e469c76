"""Finding a time while an event is scheduled: suggested times to choose from, and everybody's day beside each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, post

from tracker import chance, clock
from tracker.ports.guards import signed_in
from tracker.ports.pages.form_values import FormValues, Reader, form_of, id_in, version_in
from tracker.ports.pages.request import is_from_htmx, viewer_of, zone_of
from tracker.ports.pages.schedule import offered_in, organizer
from tracker.ports.pages.schedule_context import Editing, schedule_form
from tracker.ports.pages.schedule_form import picks_of, read_when
from tracker.ports.pages.templating import page
from tracker.rules import free_times as rules
from tracker.rules.free_times import Cell, Days, State, Suggestion
from tracker.rules.holidays import next_working_day
from tracker.rules.invitations import AttendeeRole
from tracker.rules.planning import Person
from tracker.rules.wording import local
from tracker.usecases import free_times
from tracker.usecases.previews import Choices, invited

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
USE = "use-time"
"""What the button is worth that puts the chosen time into the form."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person's day."""

    person: Person
    cells: list[Cell]


@dataclass(frozen=True, kw_only=True)
class Times:
    """What was found; `day` is the one that is drawn."""

    required: int
    suggestions: list[tuple[str, Suggestion]]
    """Each with the value of its field: the local start and end."""
    names: Mapping[UUID, Person]
    day: date
    lines: list[Line]
    free: list[int]
    """How many required people are free in each half hour of the day."""
    hours: list[datetime]


@post("/schedule/times", guards=[signed_in], status_code=200)
async def find_times(request: Request[Any, Any, Any]) -> Response[str]:
    """Suggest times for the people who are ticked; with a time chosen, put it into the form."""
    form = await form_of(request)
    event_id = id_in(form["event"])
    viewer = viewer_of(request) if event_id else organizer(request)
    offered, editing = await offered_in(viewer, event_id, form["from"])
    zone = editing.event.zone if editing else zone_of(request)
    if form["save"] == USE:
        return _whole(request, form.but(chosen_time(form)), offered, editing, zone)
    times = await _times(request, form, offered, zone)
    if is_from_htmx(request):
        return page("schedule/times-part.html", request, times=times, zone_name=zone)
    return _whole(request, form, offered, editing, zone, times)


def chosen_time(form: FormValues) -> dict[str, str]:
    """Return the fields of day and hours for the chosen time; none when it cannot be read."""
    day, _, hours = form["slot"].partition("T")
    starts, _, ends = hours.partition("/")
    chosen = FormValues({"date": [day], "starts": [starts], "ends": [ends]})
    reader = Reader(chosen)
    whole = reader.day("date") and reader.time("starts") and reader.time("ends") and not reader.wrong
    return {"date": day, "starts": starts, "ends": ends, "last_day": "", "all_day": ""} if whole else {}


async def _times(request: Request[Any, Any, Any], form: FormValues, offered: Choices, zone: str) -> Times:
    invitees = {offered.lead_id: AttendeeRole.CHAIR, **invited(picks_of(form), offered)}
    now, when = clock.now(), read_when(Reader(form))
    tomorrow = next_working_day(local(now, zone).date())
    first = when.starts.date() if when and when.starts.date() > tomorrow - A_DAY else tomorrow
    length = when.duration if when and not when.is_all_day else AN_HOUR
    found, days = await free_times.find(viewer_of(request), invitees, first, length, zone, now)
    names = {one.id: one for one in offered.people}
    day = local(found[0].starts_at, zone).date() if found else first
    required = [one for one, role in invitees.items() if role is not AttendeeRole.OPTIONAL]
    return Times(
        required=len(required), suggestions=[(_value(one, zone), one) for one in found], names=names, day=day,
        lines=_lines(days, [names[one] for one in invitees if one in names], day, zone),
        free=_free([days[one] for one in required if one in days], day, zone), hours=rules.half_hours(day),
    )  # fmt: skip


def _lines(days: Mapping[UUID, Days], people: list[Person], day: date, zone: str) -> list[Line]:
    ordered = sorted((one for one in people if one.id in days), key=lambda one: (one.agency.casefold(), one.name))
    return [Line(person=one, cells=rules.row(days[one.id], day, zone)) for one in ordered]


def _free(days: list[Days], day: date, zone: str) -> list[int]:
    rows = [[cell.state for cell in rules.row(one, day, zone) for _ in range(cell.span)] for one in days]
    return [sum(state is State.FREE for state in column) for column in zip(*rows, strict=True)]


def _value(one: Suggestion, zone: str) -> str:
    return f"{local(one.starts_at, zone):%Y-%m-%dT%H:%M}/{local(one.ends_at, zone):%H:%M}"


def _whole(
    request: Request[Any, Any, Any], form: FormValues, offered: Choices, editing: Editing | None, zone: str,
    times: Times | None = None,
) -> Response[str]:  # fmt: skip
    kept = editing and editing._replace(version=version_in(form), was=form["was"])
    form_id = id_in(form["form_id"]) or chance.new_id()
    return schedule_form(request, form, offered, zone, form_id=form_id, editing=kept, times=times)


handlers = [find_times]
