"""What forms show before they are saved: what the typed dates mean, the effects, and conflicts.

The effects are on emails, replies, reminders, and feeds. A conflict is
double-booked people, blackout days, or a room that is double-booked or too small.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.database import surviving_failures, together
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.ports.pages.core.form_values import FormReader, FormValues
from tracker.ports.pages.core.sheets import FieldConflict, form_record
from tracker.ports.pages.events.event_form import PLAIN_WORDS
from tracker.ports.pages.events.schedule_form import holiday_choices_in, notify_in_form, read_event_plan, read_when
from tracker.ports.pages.events.schedule_people import picks_in_form
from tracker.rules.availability.double_bookings import MOST_DATES, double_booked_words
from tracker.rules.availability.suggested_times import BlackoutDays, blackouts_on
from tracker.rules.calendars.calendars import days_between
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import local, zone_word
from tracker.rules.events import notifications
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import Event, EventStatus, Kind, Occurrence
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.notifications import Notify
from tracker.rules.events.plans import Plan, Slot, clock_notes
from tracker.rules.events.replies import reply_deadline
from tracker.rules.recurrence.holidays import held_starts, holiday_notes, may_wait_a_week
from tracker.rules.recurrence.series import RepeatChoice, dates_by_rule, pattern_words, rule_for_choice, series_sentence
from tracker.rules.views.impact import Consequences, no_consequences
from tracker.usecases import availability
from tracker.usecases.events import form_options, scheduling, series_split
from tracker.usecases.events.form_options import EditImpact, EventChoices, invited_by_form
from tracker.usecases.roster import agencies, known_people
from tracker.usecases.views.impact import Deed, dry_run


class Editing(NamedTuple):
    """What a form that changes a known event carries beside its fields."""

    event: Event
    version: int
    was: str
    edit_impact: EditImpact
    shown: Plan
    """What the form shows before anything is edited."""
    changes: Sequence[FieldConflict] | None = None
    """What another person saved meanwhile; None when no one did."""

    @property
    def first_key(self) -> str:
        """Return the name of the first date of the series that changes; empty when the whole series does."""
        return self.edit_impact.first.key if self.edit_impact.first else ""

    def is_as_opened(self, form: FormValues) -> bool:
        """Return whether the form shows the event unchanged, so that there is no effect to compute."""
        return self.event.status is not EventStatus.DRAFT and self.was == form_record(form)


class OpenedForm(NamedTuple):
    """What a form of an event is about; `editing` is none for a new event."""

    offered: EventChoices
    zone: str
    editing: Editing | None = None

    @property
    def event(self) -> Event | None:
        """Return the event that it changes."""
        return self.editing.event if self.editing else None

    @property
    def event_id(self) -> UUID | None:
        """Return the id of that event."""
        return self.editing.event.id if self.editing else None


class ChangePreview(NamedTuple):
    """The effect of a change, or why it can't be made as it is."""

    outcome: Consequences | None = None
    hindrance: str = ""
    wrong: Invalid | None = None
    """Which fields of a form hinder it, where they do."""
    unheard: str = ""
    """What it means that people get no email, where they would get one by the usual choice."""


async def save_event_form(
    viewer: Viewer,
    editing: Editing,
    plan: Plan,
    version: int,
    now: datetime,
    *,
    notify: Notify,
    reauthenticated_at: datetime,
) -> UUID:
    """Save what a form describes, for all dates or from one on. Errors: as in the use case that it calls."""
    event_id = editing.event.id
    if key := editing.first_key:
        return await series_split.change_from_date_on(
            viewer, event_id, key, plan, version, now, notify=notify, reauthenticated_at=reauthenticated_at
        )
    return await scheduling.change_event(
        viewer, event_id, plan, version, now, notify=notify, reauthenticated_at=reauthenticated_at
    )


async def preview_form(
    viewer: Viewer, form: FormValues, opened: OpenedForm, now: datetime, *, is_tried: bool
) -> ChangePreview:
    """Return what sending the form of an event would do, or what prevents it.

    A form that can't be saved is not tried, so it waits for no lock; nor is any form without `is_tried`.
    """
    editing = opened.editing
    if editing and editing.is_as_opened(form):
        return ChangePreview(no_consequences())
    try:
        plan = read_event_plan(form.but({"save": "send", "find": ""}), opened.offered, opened.zone, opened.event)
    except Invalid as unfit:
        return ChangePreview(hindrance=unfit.sentence, wrong=unfit)
    if not is_tried:
        return ChangePreview()

    async def deed() -> UUID:
        if editing is None:
            return await scheduling.schedule_event(viewer, plan, now, notified_at=now + UNDO_FOR)
        notify = notify_in_form(form)
        # A preview shows the effect of sending; opening a restricted event asks to confirm identity when it is sent.
        return await save_event_form(
            viewer, editing, plan, editing.event.version, now, notify=notify, reauthenticated_at=now
        )

    change_preview = await preview_deed(viewer, opened.event_id, deed, now)
    if editing is None or notify_in_form(form) is not Notify.NO_ONE:
        return change_preview
    staying = notifications.everyone_asked(editing.edit_impact.invited) & frozenset(plan.invitees)
    return change_preview._replace(unheard=notifications.words_if_silent(len(staying), plan, editing.shown))


async def preview_deed(
    viewer: Viewer, event_id: UUID | None, deed: Deed, now: datetime, *, date_id: UUID | None = None
) -> ChangePreview:
    """Return the effect of a change, or why it can't be made; neither while the database can't be written.

    `date_id` is the only date that it changes.
    """
    change_preview = ChangePreview()
    with surviving_failures():
        try:
            change_preview = ChangePreview(await dry_run(viewer, event_id, deed, now, date_id=date_id))
        except (Invalid, Conflict, NotAllowed) as hindered:
            change_preview = ChangePreview(hindrance=hindered.sentence)
    return change_preview


NOT_COMPLETE: Final[dict[str, Any]] = {
    "outcome": None,
    "clock_notes": [],
    "double_bookings": [],
    "double_booked": "",
    "blackouts": [],
    "room": None,
    "number": 0,
    "names": {},
}


async def date_outcome(
    viewer: Viewer,
    event: Event,
    starts: datetime,
    duration: timedelta,
    place: str,
    deed: Deed,
    now: datetime,
    *,
    date_id: UUID | None = None,
) -> dict[str, Any]:
    """Return what the template shows for a date that starts at `starts` (local) at some place; new without an id."""
    _, plan = await scheduling.plan_to_change(viewer, event.id)
    takes_time = event.kind is not Kind.DEADLINE
    going = [member_id for member_id, role in plan.invitees.items() if takes_time and role.takes_part]
    known = await known_people.people_by_id(going)
    at = plan_rules.slot_at(starts, duration, event.zone)
    return {
        "outcome": (await preview_deed(viewer, event.id, deed, now, date_id=date_id)).outcome,
        "outcome_zone": event.zone,
        "clock_notes": [] if event.is_all_day else clock_notes([starts], duration, event.zone),
        "number": len(set(going) - {event.lead_id}),
        "names": {person.id: f"{person.name} ({person.agency})" for person in known.values()},
        **await conflicts_with(viewer, [at], event.zone, going, event.lead_id, place, event.id),
    }


async def conflicts_in_form(
    viewer: Viewer, form: FormValues, opened: OpenedForm, outcome: Consequences | None, now: datetime
) -> dict[str, Any]:
    """Return the values of the panel, from what the viewer may see.

    An event that is being changed has the upcoming dates of the outcome, from the one on from which it changes, with
    those that keep a time of their own.
    """
    offered, editing = opened.offered, opened.editing
    invited = invited_by_form(picks_in_form(form), offered)
    people = [member_id for member_id, role in invited.items() if role.takes_part]
    slots: list[Slot] = []
    there = None
    takes_time = form["kind"] != Kind.DEADLINE
    if takes_time and editing and outcome:
        first, every = editing.edit_impact.first, outcome.dates
        if editing.is_as_opened(form):
            every = tuple(date for date in editing.edit_impact.dates if date.is_ahead(now))
        dates = [
            date
            for date in every
            if first is None or date.event.id != opened.event_id or date.original_start >= first.original_start
        ]
        slots, there = _slots_of(dates), _slots_of(date for date in dates if date.place == form["place"])
    elif takes_time:
        slots = _typed_slots(form, opened.zone)
    return await conflicts_with(
        viewer, slots, opened.zone, people, offered.lead_id, form["place"], opened.event_id, there=there
    )


def _slots_of(dates: Iterable[Occurrence]) -> list[Slot]:
    return sorted((date.starts_at, date.ends_at) for date in dates)[:MOST_DATES]


def _typed_slots(form: FormValues, zone: str) -> list[Slot]:
    """Return the first typed dates; none for text that can't be read."""
    reader = FormReader(form)
    when = read_when(reader)
    if when is None or reader.wrong:
        return []
    try:
        starts = [day for _, day in held_starts(dates_by_rule(when.rule, when.starts), holiday_choices_in(form))]
    except Invalid:
        return []
    return [plan_rules.slot_at(start, when.duration, zone) for start in starts[:MOST_DATES]]


async def conflicts_with(
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
        availability.double_bookings_of(viewer, every, slots, event_id),
        _blackouts_on(viewer, every, slots, zone),
        agencies.room_of(viewer, place, slots if there is None else there, event_id),
    )
    is_own = lead_id == viewer.member_id
    return {
        "double_bookings": double_bookings,
        "double_booked": double_booked_words(double_bookings, slots, len(every), is_own=is_own),
        "blackouts": blackouts,
        "room": room,
    }


async def double_booked_in(viewer: Viewer, event_id: UUID, first_key: str, changed_id: UUID, now: datetime) -> str:
    """Return how many people of an event that was just saved are double-booked, as its form said; or "".

    Of a series that changed from the date `first_key` on, only these dates count; `changed_id` is the event whose form
    it was.
    """
    with suppress(NotFound, NotAllowed):  # the change may have taken it from the viewer
        event, _, edit_impact = await form_options.event_in_form(viewer, event_id, "", now)
        if event.kind is Kind.DEADLINE or event.status is EventStatus.DRAFT:
            return ""
        slots = _slots_of(
            date
            for date in edit_impact.dates
            if date.is_ahead(now) and (event_id != changed_id or date.key >= first_key)
        )
        every = {event.lead_id, *(person for person, role in edit_impact.invited.items() if role.takes_part)}
        bookings = await availability.double_bookings_of(viewer, every, slots, event_id)
        return double_booked_words(bookings, slots, len(every), is_own=event.lead_id == viewer.member_id)
    return ""


async def _blackouts_on(
    viewer: Viewer, people: set[UUID], slots: Sequence[Slot], zone: str
) -> list[tuple[date, BlackoutDays]]:
    days = [
        day
        for starts_at, ends_at in slots
        for day in days_between(local(starts_at, zone).date(), local(ends_at - timedelta.resolution, zone).date())
    ]
    if not days:
        return []
    by_person = await availability.blackouts_of_people(viewer, people, min(days), max(days))
    return blackouts_on(chain.from_iterable(by_person.values()), days)


NEXT_DATES_SHOWN = 5  # dates
SHOWN_HOLIDAYS = 6


class DatesInWords(Struct, frozen=True, kw_only=True):
    """What the typed dates mean, or why they mean nothing yet."""

    sentence: str = ""
    next_dates: tuple[date, ...] = ()
    more_dates: int = 0
    holidays: tuple[tuple[date, str], ...] = ()
    more_holidays: int = 0
    no_next_week: frozenset[date] = frozenset()
    """Holidays that can't be moved a week later: another date of the series is on that day."""
    clock_notes: tuple[str, ...] = ()
    """What happens to hours that the clocks skip or show twice."""
    zone: str = ""
    is_over: bool = False
    reply_by: datetime | None = None
    """The deadline for replies to the first date, on the wall clock of the zone; None when it has passed."""
    wrong: tuple[str, ...] = ()

    @property
    def free_days(self) -> frozenset[date]:
        """Return the dates that are federal holidays."""
        return frozenset(day for day, _ in self.holidays)


def typed_dates_in_words(form: FormValues, zone: str, now: datetime) -> DatesInWords:
    """Return what the date fields of a form mean; never raises. `now` is aware."""
    reader = FormReader(form)
    when = read_when(reader)
    if when is None or reader.wrong:
        return DatesInWords(wrong=tuple(reader.wrong.values()))
    chosen, here = holiday_choices_in(form), local(now, zone)
    try:
        by_rule = dates_by_rule(when.rule, when.starts)
        on = [day for _, day in held_starts(by_rule, chosen)]
    except Invalid as refused:
        return DatesInWords(wrong=tuple(refused.fields.values()))
    every = [day.date() for day in on]
    holidays = holiday_notes(by_rule)
    shown_holidays = tuple(holidays[:SHOWN_HOLIDAYS])
    notes = [] if when.is_all_day else clock_notes(on, when.duration, zone)
    return DatesInWords(
        sentence=series_sentence(when.rule, when.starts, when.duration, zone, is_all_day=when.is_all_day),
        next_dates=tuple(every[:NEXT_DATES_SHOWN]) if when.rule else (),
        more_dates=max(0, len(every) - NEXT_DATES_SHOWN),
        holidays=shown_holidays,
        more_holidays=max(0, len(holidays) - SHOWN_HOLIDAYS),
        no_next_week=frozenset(day for day, _ in shown_holidays if not may_wait_a_week(day, by_rule, chosen)),
        clock_notes=tuple(notes[:NEXT_DATES_SHOWN]),
        zone=zone_word(zone),
        is_over=bool(every) and every[-1] < here.date(),
        reply_by=reply_deadline((on or by_rule)[0].replace(tzinfo=here.tzinfo), here),
    )


def repeat_options(form: FormValues) -> list[tuple[str, str]]:
    """Return the ways to repeat that fit the first date, in its words; the chosen one stays even if it doesn't fit."""
    day = FormReader(form).day("date")
    fitting = [(choice.value, words) for choice in RepeatChoice if (words := _repeat_words(choice, day)) is not None]
    if day is None or form["repeat"] in {value for value, _ in fitting} or form["repeat"] not in set(RepeatChoice):
        return fitting
    return [*fitting, (form["repeat"], PLAIN_WORDS[RepeatChoice(form["repeat"])])]


def _repeat_words(choice: RepeatChoice, day: date | None) -> str | None:
    if choice is RepeatChoice.NONE or day is None:
        return PLAIN_WORDS[choice]
    try:
        rule = rule_for_choice(choice, datetime.combine(day, time()), count=1)
    except Invalid:
        return None
    return pattern_words(rule) if rule else None
