"""Conflicts with the typed times: double-booked people, blackout days, a room that is double-booked or too small."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tracker.errors import Invalid
from tracker.ports.pages.core.form_values import FormValues, Reader
from tracker.ports.pages.events.schedule_form import holiday_choices, read_when
from tracker.ports.pages.events.schedule_people import picks_of
from tracker.rules.availability.blackout_days import Blackout, on
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import local
from tracker.rules.events import plan
from tracker.rules.events.event import Kind
from tracker.rules.events.plan import Slot
from tracker.rules.recurrence import dates
from tracker.rules.recurrence.holiday_choices import held
from tracker.usecases.availability import blackout_days, suggested_times
from tracker.usecases.events.form_options import Choices, invited
from tracker.usecases.roster import sites


async def double_bookings_in(
    viewer: Viewer, form: FormValues, offered: Choices, zone: str, event_id: UUID | None
) -> dict[str, Any]:
    """Return the values of the panel, from what the viewer may see; `event_id` is the event being changed."""
    people = [one for one, role in invited(picks_of(form), offered).items() if role.takes_part]
    return await conflicts_at(viewer, _typed_slots(form, zone), zone, people, offered.lead_id, form["place"], event_id)


async def conflicts_at(
    viewer: Viewer,
    slots: Sequence[Slot],
    zone: str,
    people: Collection[UUID],
    lead_id: UUID,
    place: str,
    event_id: UUID | None,
) -> dict[str, Any]:
    """Return the same for known times and people."""
    return {
        "double_bookings": await suggested_times.double_bookings(viewer, people, slots, event_id),
        "blackouts": await _blackouts(viewer, {lead_id, *people}, slots, zone),
        "room": await sites.room_of(viewer, place, slots, event_id),
    }


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
    """Return the first typed dates; none for a deadline, which takes no time, or for text that can't be read."""
    reader = Reader(form)
    when = read_when(reader)
    if when is None or reader.wrong or form["kind"] == Kind.DEADLINE:
        return []
    try:
        starts = [day for _, day in held(dates(when.rule, when.starts), holiday_choices(form))]
    except Invalid:
        return []
    return [plan.slot(start, when.duration, zone) for start in starts[: suggested_times.MOST_DATES]]
