"""Conflicts with the typed times: double-booked people, blackout days, a room that is double-booked or too small."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tracker.database import together
from tracker.errors import Invalid
from tracker.ports.pages.core.form_values import FormReader, FormValues
from tracker.ports.pages.events.preview import Editing
from tracker.ports.pages.events.schedule_form import holiday_choices, read_when
from tracker.ports.pages.events.schedule_people import picks_of
from tracker.rules.availability.blackout_days import Blackout, on
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import local
from tracker.rules.events import plan
from tracker.rules.events.event import Kind, Occurrence
from tracker.rules.events.plan import Slot
from tracker.rules.recurrence import dates
from tracker.rules.recurrence.holiday_choices import held
from tracker.rules.views.impact import Consequences
from tracker.usecases.availability import blackout_days, suggested_times
from tracker.usecases.events.form_options import Choices, invited
from tracker.usecases.roster import sites


async def double_bookings_in(
    viewer: Viewer,
    form: FormValues,
    offered: Choices,
    zone: str,
    editing: Editing | None,
    outcome: Consequences | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the values of the panel, from what the viewer may see.

    An event that is being changed has the dates of the outcome, with those that keep a time of their own.
    """
    people = [one for one, role in invited(picks_of(form), offered).items() if role.takes_part]
    event_id = editing.event.id if editing else None
    takes_time = form["kind"] != Kind.DEADLINE
    if editing and outcome and takes_time:
        dates = _dates_then(form, editing, outcome, now)
        slots, there = _slots(dates), _slots(one for one in dates if one.place == form["place"])
    else:
        slots = there = _typed_slots(form, zone) if takes_time else []
    return await conflicts_at(viewer, slots, zone, people, offered.lead_id, form["place"], event_id, there=there)


def _dates_then(form: FormValues, editing: Editing, outcome: Consequences, now: datetime) -> list[Occurrence]:
    """Return the upcoming dates, from the one on from which an event is changed, as saving the form leaves them."""
    if editing.is_as_opened(form):
        every = [one for one in editing.edit_impact.dates if one.ends_at > now and not one.is_off]
    else:
        every = list(outcome.dates)
    first = editing.edit_impact.first
    return [one for one in every if first is None or one.original_start >= first.original_start]


def _slots(dates: Iterable[Occurrence]) -> list[Slot]:
    return sorted((one.starts_at, one.ends_at) for one in dates)[: suggested_times.MOST_DATES]


async def conflicts_at(
    viewer: Viewer,
    slots: Sequence[Slot],
    zone: str,
    people: Collection[UUID],
    lead_id: UUID,
    place: str,
    event_id: UUID | None,
    *,
    there: Sequence[Slot] | None = None,
) -> dict[str, Any]:
    """Return the same for known times and people, and who leads; `there` are the times at this place, if not all."""
    every = {lead_id, *people}
    double_bookings, blackouts, room = await together(
        suggested_times.double_bookings(viewer, every, slots, event_id),
        _blackouts(viewer, every, slots, zone),
        sites.room_of(viewer, place, slots if there is None else there, event_id),
    )
    return {"double_bookings": double_bookings, "blackouts": blackouts, "room": room}


async def _blackouts(
    viewer: Viewer, people: set[UUID], slots: Sequence[Slot], zone: str
) -> list[tuple[date, Blackout]]:
    days = [day for slot in slots for day in _days_of(slot, zone)]
    if not days:
        return []
    found = await blackout_days.of_people(viewer, people, min(days), max(days))
    return on((one for some in found.values() for one in some), days)


def _days_of(slot: Slot, zone: str) -> list[date]:
    first, last = local(slot[0], zone).date(), local(slot[1] - timedelta.resolution, zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _typed_slots(form: FormValues, zone: str) -> list[Slot]:
    """Return the first typed dates; none for text that can't be read."""
    reader = FormReader(form)
    when = read_when(reader)
    if when is None or reader.wrong:
        return []
    try:
        starts = [day for _, day in held(dates(when.rule, when.starts), holiday_choices(form))]
    except Invalid:
        return []
    return [plan.slot(start, when.duration, zone) for start in starts[: suggested_times.MOST_DATES]]
