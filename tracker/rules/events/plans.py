"""A plan for an event, as people fill in the form or a calendar file has it, and the checks that allow it to be saved.

Also what happens to hours that the clocks skip or show twice, in a sentence for the person who types them; and an
import, row by row: which rows of a file can become events, which can't, and why.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from tracker.errors import Invalid, NotAllowed, ReauthenticationNeeded, TooLarge
from tracker.rules.core.viewers import Arm, Viewer, Visibility, is_recent
from tracker.rules.core.wording import (
    clock,
    is_doubled,
    is_shown,
    plural,
    short_date,
    short_weekday_date,
    time_span,
    to_local,
    to_utc,
    zone_word,
)
from tracker.rules.events import events as event_rules
from tracker.rules.events.events import Event, EventFields, Kind, Occurrence
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.holidays import WEEK, HolidayChoices, doubled_days, held_starts
from tracker.rules.recurrence.series import Rule, dates_by_rule, from_rrule, to_rrule

WHOLE_DAY = timedelta(days=1)
LONGEST = timedelta(days=14)
WHOLE_DAYS = "An all-day event starts at 00:00 and lasts whole days."
CONFIRM_FIRST = "To let more people see this event, confirm it’s you on the website first."
REPLIES_SURVIVE = timedelta(hours=1)
"""A date that moves by less than this on the same day needs no new replies."""

VISIBILITY_REACH = {
    Visibility.ALL: 3,
    Visibility.LAW_ENFORCEMENT: 2,
    Visibility.VICTIM_SERVICES: 2,
    Visibility.COMMITTEE: 1,
    Visibility.NAMED: 0,
}
"""The reach of each choice, from everyone to a list."""

Slot = tuple[datetime, datetime]
"""Start and end of a date, aware UTC; the end is excluded."""


class Plan(EventFields, frozen=True, kw_only=True):
    """What is to be scheduled: an event's fields, how it repeats, and who is invited."""

    rule: Rule | None = None
    invitees: Mapping[UUID, AttendeeRole] = field(default_factory=dict)
    on_holidays: HolidayChoices = field(default_factory=dict)
    """What happens to dates of the rule that fall on a holiday."""

    @property
    def rrule(self) -> str | None:
        """Return the RRULE value, or None for a single event."""
        return to_rrule(self.rule, self.starts, None if self.is_all_day else self.zone) if self.rule else None


class Person(NamedTuple):
    """A member as the people field of a form shows them."""

    id: UUID
    name: str
    email: str
    agency_id: UUID
    agency: str
    arm: Arm
    title: str = ""
    agency_name: str = ""
    """The full name of the agency, by which people look for its members."""


def check_joint_operation(plan: Plan) -> None:
    """Check a change of an event that has a plan of an operation. Errors: Invalid for another kind, or more dates."""
    wrong: dict[str, str] = {}
    if plan.kind is not Kind.JOINT_OPERATION:
        wrong["kind"] = "It has a plan, so it stays a joint operation. Cancel it, and schedule the other event."
    if plan.rule is not None:
        wrong["repeat"] = "It has a plan, so it has one date. Schedule the other dates as operations of their own."
    if plan.visibility is not Visibility.NAMED:
        wrong["visibility"] = "It has a plan, so it stays for named people only."
    if wrong:
        raise Invalid(**wrong)


def check_plan(plan: Plan) -> None:
    """Check that the plan can be saved. Errors: Invalid with a sentence for each wrong field."""
    wrong = event_rules.wrong_field_texts(event_rules.field_texts(plan))
    if not plan.title.strip():
        wrong["title"] = event_rules.NO_TITLE
    wrong |= _wrong_span(plan.starts, plan.duration, is_all_day=plan.is_all_day)
    if plan.visibility is Visibility.COMMITTEE and plan.committee_id is None:
        wrong["committee"] = "Choose the committee whose members can see it."
    if plan.visibility is Visibility.NAMED and not plan.invitees:
        wrong["people"] = "Choose the people who can see it."
    if not wrong and plan.on_holidays:
        wrong = _wrong_on_holidays(plan)
    if wrong:
        raise Invalid(**wrong)


def is_of_whole_days(starts: datetime, duration: timedelta) -> bool:
    """Return whether a local start and a length are those of an all-day event."""
    return starts.time() == time() and not duration % WHOLE_DAY


def _wrong_span(starts: datetime, duration: timedelta, *, is_all_day: bool) -> dict[str, str]:
    if duration <= timedelta(0):
        return {"ends": "The event ends before it starts."}
    if duration > LONGEST:
        return {"ends": "An event can last at most 14 days. Schedule two events instead."}
    if is_all_day and not is_of_whole_days(starts, duration):
        return {"ends": WHOLE_DAYS}
    return {}


def _wrong_on_holidays(plan: Plan) -> dict[str, str]:
    starts = dates_by_rule(plan.rule, plan.starts)
    if not held_starts(starts, plan.on_holidays):
        return {"holidays": "No dates would be left. Keep one, or move one to the next week."}
    if twice := doubled_days(starts, plan.on_holidays):
        on = ", ".join(short_weekday_date(day) for day in twice)
        return {"holidays": f"Two dates of the series would fall on {on}. Skip one, or keep it."}
    return {}


def slots_of_plan(plan: Plan) -> list[tuple[datetime, Slot]]:
    """Return (original local start, UTC slot) for each date of the plan, by wall clock (`rules.core.wall_clock`)."""
    return [(start, slot_at(day, plan.duration, plan.zone)) for start, day in days_of_plan(plan)]


def days_of_plan(plan: Plan) -> list[tuple[datetime, datetime]]:
    """Return (start by the rule, start as held) for each date of the plan; both local."""
    return held_starts(dates_by_rule(plan.rule, plan.starts), plan.on_holidays)


def is_plan_over(plan: Plan, now: datetime) -> bool:
    """Return whether the last date of a plan has ended."""
    last = max(day for _, day in days_of_plan(plan))
    return slot_at(last, plan.duration, plan.zone)[1] <= now


def slot_at(starts: datetime, duration: timedelta, zone: str) -> Slot:
    """Return the UTC slot of a local start; the end is by wall clock too, so that 9 to 5 stays 9 to 5.

    A date whose start the clocks skip moves forward and keeps its length; otherwise it could end before it starts.
    """
    begins, ends = to_utc(starts, zone), to_utc(starts + duration, zone)
    if ends - begins != duration < WHOLE_DAY and not is_shown(begins, starts, zone):
        return begins, begins + duration
    return begins, ends


def rule_of(event: Event) -> Rule | None:
    """Return the rule of a stored event."""
    return from_rrule(event.rrule, None if event.is_all_day else event.zone) if event.rrule else None


def starts_by_rule(event: Event) -> tuple[datetime, ...]:
    """Return the local starts of a stored event's rule, including those that were taken out of the series."""
    return dates_by_rule(rule_of(event), event.starts)


def plan_of_event(event: Event, invitees: Mapping[UUID, AttendeeRole]) -> Plan:
    """Return the plan that would make this event, for its form."""
    return Plan(**event_rules.field_values(event), rule=rule_of(event), invitees=dict(invitees))


def moves_event(plan: Plan, event: Event) -> bool:
    """Return whether the plan changes when the event takes place: start, length, zone or rule."""
    return (event_rules.when_fields(plan), plan.rrule) != (event_rules.when_fields(event), event.rrule)


def goes_elsewhere(plan: Plan, event: Event) -> bool:
    """Return whether the plan changes where people go: the place or the video link."""
    return event_rules.where_fields(plan) != event_rules.where_fields(event)


def only_end_moves(plan: Plan, event: Event) -> bool:
    """Return whether the plan changes only the end of a series, and nothing else about when it takes place."""
    new, old = plan.rule, rule_of(event)
    if new is None or old is None or new == old or event_rules.when_fields(plan) != event_rules.when_fields(event):
        return False
    return replace(new, until=old.until, count=old.count) == old


def only_end_changes(plan: Plan, event: Event) -> bool:
    """Return whether the plan changes only the end of a series, and nothing else about the event."""
    return only_end_moves(plan, event) and event_rules.field_values(plan) == event_rules.field_values(event)


def needs_new_series(plan: Plan, event: Event) -> bool:
    """Return whether this plan ends a series that has begun and starts a new one."""
    return moves_event(plan, event) and not only_end_moves(plan, event)


def needs_split(event: Event, every: Iterable[Occurrence], now: datetime) -> bool:
    """Return whether a change of time or rule needs a new series: one of the dates of the old rule has begun."""
    by_rule = set(starts_by_rule(event))
    return event.is_series and any(
        occurrence.original_start in by_rule for occurrence in every if occurrence.starts_at <= now
    )


def plan_from_start(plan: Plan, first: datetime) -> Plan:
    """Return the plan for the part of a series that begins with its date `first` (local), with the same last date."""
    if plan.rule is None:
        return plan
    last = dates_by_rule(plan.rule, plan.starts)[-1].date()
    return replace(plan, starts=first, rule=replace(plan.rule, until=last, count=None))


def changes_only(plan: Plan, shown: Plan, names: Container[str], lead_id: UUID) -> bool:
    """Return whether a plan differs from the one that its form showed in nothing but these fields.

    The organizer is on every list, so it does not matter whether a plan names them.
    """
    days = {start.date() for start in dates_by_rule(plan.rule, plan.starts)}

    def others(plan: Plan) -> tuple[object, ...]:
        fields = {name: value for name, value in event_rules.field_values(plan).items() if name not in names}
        people = {invitee: role for invitee, role in plan.invitees.items() if invitee != lead_id}
        holidays = {day: choice for day, choice in plan.on_holidays.items() if day in days}
        return fields, plan.rrule, people, holidays

    return others(plan) == others(shown)


def narrows_event(plan: Plan, event: Event) -> bool:
    """Return whether the plan reaches fewer people than the event, or named ones: its earlier dates then do too."""
    return VISIBILITY_REACH[plan.visibility] < VISIBILITY_REACH[event.visibility] or plan.visibility is Visibility.NAMED


def check_opening(plan: Plan, event: Event, reauthenticated_at: datetime | None, now: datetime) -> None:
    """Check that a plan which makes a restricted event visible to more people is allowed.

    Errors: ReauthenticationNeeded unless the person confirmed their identity at `reauthenticated_at`, a short while
    ago; a program (None) can't.
    """
    is_opened = event.is_restricted and plan.visibility is not Visibility.NAMED
    if is_opened and (reauthenticated_at is None or not is_recent(reauthenticated_at, now)):
        raise ReauthenticationNeeded(CONFIRM_FIRST)


def asks_reply_again(before: Slot, after: Slot, *, place_changed: bool, zone: str) -> bool:
    """Return whether replies given for `before` no longer count for `after`."""
    same_day = to_local(before[0], zone).date() == to_local(after[0], zone).date()
    small = all(abs(new - old) < REPLIES_SURVIVE for old, new in zip(before, after, strict=True))
    return place_changed or not (same_day and small)


class DateChange(Struct, frozen=True, kw_only=True):
    """What one date is to become; None = the same as the series."""

    starts: datetime
    """Local to the event's zone, without offset."""
    duration: timedelta
    title: str | None = None
    place: str | None = None
    agenda: str | None = None
    reason: str = ""
    may_double: bool = False
    """Whether it may fall on the day of another date of its series: the person was warned."""


def check_date_change(change: DateChange, *, is_all_day: bool) -> None:
    """Check that a date of an event can become this. Errors: Invalid with a sentence for each wrong field."""
    wrong = event_rules.wrong_field_texts({"title": change.title, "place": change.place, "agenda": change.agenda})
    wrong |= _wrong_span(change.starts, change.duration, is_all_day=is_all_day)
    if wrong:
        raise Invalid(**wrong)


def is_added(occurrence: Occurrence) -> bool:
    """Return whether this date was added outside the rule of its series."""
    return occurrence.original_start not in starts_by_rule(occurrence.event)


def may_change_from(occurrence: Occurrence, previous: Occurrence | None, now: datetime) -> bool:
    """Return whether a series can change from this date on, and not only as a whole: an upcoming date of its rule."""
    return previous is not None and occurrence.starts_at > now and not is_added(occurrence)


def slot_by_rule(occurrence: Occurrence) -> Slot:
    """Return the slot that the rule gives this date."""
    return slot_at(occurrence.original_start, occurrence.event.duration, occurrence.event.zone)


def is_moved(occurrence: Occurrence) -> bool:
    """Return whether this date is not where the rule puts it."""
    return (occurrence.starts_at, occurrence.ends_at) != slot_by_rule(occurrence)


def is_a_week_later(occurrence: Occurrence) -> bool:
    """Return whether this date is held a week after its day, at the hours of its series, as dates on holidays are."""
    event = occurrence.event
    held_at = slot_at(occurrence.original_start + WEEK, event.duration, event.zone)
    return (occurrence.starts_at, occurrence.ends_at) == held_at


def clock_notes(starts: Iterable[datetime], duration: timedelta, zone: str) -> list[str]:
    """Return a sentence for each date, by its naive local start, whose hours a clock change of `zone` affects."""
    every = list(starts)
    named = [("This date" if len(every) == 1 else short_weekday_date(moment), moment) for moment in every]
    return [f"{name} {words}." for name, moment in named if (words := _clock_words(moment, duration, zone))]


def _clock_words(start: datetime, duration: timedelta, zone: str) -> str:
    typed = start, start + duration
    shown = [to_local(moment, zone).replace(tzinfo=None) for moment in slot_at(start, duration, zone)]
    hours = list(zip(("starts", "ends"), typed, shown, strict=True))
    if forward := [f"{verb} at {clock(real)}" for verb, wanted, real in hours if real != wanted]:
        return f"{' and '.join(forward)}, because clocks go forward"
    if twice := [f"{verb} at the first {clock(real)}" for verb, _, real in hours if is_doubled(real, zone)]:
        return f"{' and '.join(twice)}, because clocks go back"
    return ""


MOST_DATES = 20_000
"""The most dates of all events of a file together, because they are saved in one transaction."""

ONLY_COORDINATORS = "Only coordinators can import calendar files because everyone can see the events."
ALREADY_IMPORTED = "It’s already in the tracker."


class ImportLimits(Struct, frozen=True, kw_only=True):
    """How much of one file is imported at once."""

    size: int
    """In bytes."""
    events: int
    dates: int
    seconds: float
    """How long reading it may take."""

    def times(self, factor: int) -> "ImportLimits":
        """Return limits that are so many times as high."""
        return ImportLimits(**{name: limit * factor for name, limit in asdict(self).items()})


class FileEvent(Struct, frozen=True, kw_only=True):
    """One event of a file as it would be saved; times are local to the zone of its plan, without offset."""

    row: int
    """Its position among the events of the file, from 1."""
    uid: str
    """The identifier that the program that wrote the file gave it."""
    plan: Plan
    left_out: frozenset[datetime] = frozenset()
    """Dates of the rule that are left out (EXDATE)."""
    added: tuple[datetime, ...] = ()
    """Extra dates beside the rule (RDATE)."""
    changes: Mapping[datetime, DateChange | None] = field(default_factory=dict)
    """Changes to single dates; None = canceled."""
    notes: tuple[str, ...] = ()
    """How the import differs from the file, one sentence each."""

    @property
    def slots(self) -> dict[datetime, Slot]:
        """Return (original local start, UTC slot) of every date as the rule and the extra dates give it."""
        by_rule = {start: slot for start, slot in slots_of_plan(self.plan) if start not in self.left_out}
        extra = {moment: slot_at(moment, self.plan.duration, self.plan.zone) for moment in self.added}
        return extra | by_rule


class ImportOutcome(StrEnum):
    """What happens to a row."""

    NEW = "new"
    KNOWN = "known"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


class ImportRow(Struct, frozen=True, kw_only=True):
    """A row of the file and what happens to it; `event` is what was read, if it could be."""

    row: int
    title: str
    outcome: ImportOutcome
    sentence: str = ""
    event: FileEvent | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how the saved event differs from the file, one sentence each."""
        return self.event.notes if self.event and self.outcome is ImportOutcome.NEW else ()


class CalendarFile(Struct, frozen=True, kw_only=True):
    """A file as it was read; `rest` are the rows that are not imported, `notes` concern content beside events."""

    events: Sequence[FileEvent] = ()
    rest: Sequence[ImportRow] = ()
    notes: Sequence[str] = ()


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import does, row by row, in the order of the file."""

    rows: Sequence[ImportRow]
    notes: Sequence[str] = ()

    @property
    def new(self) -> list[FileEvent]:
        """Return the events that are saved."""
        return [row.event for row in self.rows if row.outcome is ImportOutcome.NEW and row.event]

    @property
    def refused(self) -> list[ImportRow]:
        """Return the rows that prevent the others from being saved."""
        return [row for row in self.rows if row.outcome is ImportOutcome.REFUSED]

    @property
    def differing(self) -> int:
        """Return how many of the saved events differ from the file."""
        return sum(1 for row in self.rows if row.notes)

    @property
    def words(self) -> str:
        """Return the totals: "4 events added, 1 already here, 1 left out, 2 refused"; zeros are omitted."""
        sums = Counter(row.outcome for row in self.rows)
        said = {
            ImportOutcome.KNOWN: "already here",
            ImportOutcome.LEFT_OUT: "left out",
            ImportOutcome.REFUSED: "refused",
        }
        rest = [f"{sums[outcome]} {word}" for outcome, word in said.items() if sums[outcome]]
        return ", ".join([f"{plural(sums[ImportOutcome.NEW], 'event')} added", *rest])


def report_on_import(file: CalendarFile, known: frozenset[int]) -> ImportReport:
    """Return what an import of a file does, given the rows that are in the tracker already."""
    rows = [*file.rest]
    for event in file.events:
        outcome, sentence = (ImportOutcome.KNOWN, ALREADY_IMPORTED) if event.row in known else (ImportOutcome.NEW, "")
        rows.append(ImportRow(row=event.row, title=event.plan.title, outcome=outcome, sentence=sentence, event=event))
    return ImportReport(rows=sorted(rows, key=lambda row: row.row), notes=file.notes)


def check_importer(viewer: Viewer) -> None:
    """Raise `NotAllowed` for people who may not add events for everyone to all calendars at once."""
    if not viewer.is_coordinator:
        raise NotAllowed(ONLY_COORDINATORS)


def check_import_size(dates: int, limits: ImportLimits) -> None:
    """Raise `TooLarge` for more dates of all events together than are imported at once."""
    if dates > limits.dates:
        raise TooLarge(f"The file has more than {limits.dates:,} dates. Split it, or end its series earlier.")


def file_event_in_words(file_event: FileEvent) -> str:
    """Return when an event takes place: "Tue, Jan 12, 2027, 10:00–11:30 AM Central, 12 dates to Dec 14, 2027"."""
    slots, zone = file_event.slots, file_event.plan.zone
    first, last = min(slots), max(slots)
    hours = time_span(first, first + file_event.plan.duration, file_event.plan.is_all_day)
    words = f"{short_weekday_date(first)}, {hours if file_event.plan.is_all_day else f'{hours} {zone_word(zone)}'}"
    return f"{words}, {len(slots):,} dates to {short_date(last)}" if len(slots) > 1 else words
