"""What becomes of the single dates of a series when the series changes, and which of their own details stay.

A detail of its own is a time, place, title or agenda in which a date differs from its series. It stays whatever changes
about the series; a cancellation stays too, and so does a date that was added beside the rule. What the new rule has no
date for is lost. `matching` in `rules.recurrence` says which new date takes the place of which earlier one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from textwrap import shorten
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.wording import local, short_day
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import Event, EventFields, Occurrence, field_values
from tracker.rules.events.plans import Plan, Slot
from tracker.rules.recurrence.holidays import HolidayChoice
from tracker.rules.recurrence.series import ANY_DISTANCE, match_starts, reach_of_matches

OWN_TEXTS = frozenset({"title", "place", "agenda"})
"""The texts that a date may have of its own; `own_texts` returns them."""
SAME_FOR_ALL = {
    "description": "Notes are the same for all dates. Change them in the whole series.",
    "video_link": "The video link is the same for all dates. Change it in the whole series.",
    "reminders": "Reminders are the same for all dates. Change them in the whole series.",
}
"""What no date has of its own, and what refuses to change them from a date on."""
SHOWN = 120  # characters of such a text in a list


class DateDetail(StrEnum):
    """What of a date can differ from its series; the value is its name for people."""

    TIME = "time"
    PLACE = "place"
    TITLE = "title"
    AGENDA = "agenda"
    CANCELED = "canceled"
    ADDED = "added"


class DateDetails(NamedTuple):
    """The details of its own that one date keeps or loses."""

    date: Occurrence
    """The date before the change."""
    details: tuple[DateDetail, ...]

    @property
    def words(self) -> str:
        """Return "Thu, Apr 15 (time and place)", by the day on which people know the date."""
        *most, last = self.details
        named = f"{', '.join(most)} and {last}" if most else last
        return f"{_day_of(self.date)} ({named})"

    @property
    def texts(self) -> str:
        """Return "Thu, Apr 15: title “Review”, place “Annex”": the texts among its details; long ones shortened."""
        texts = own_texts(self.date)
        said = [
            f"{detail} “{shorten(texts[detail], SHOWN, placeholder='…')}”"
            for detail in self.details
            if detail in OWN_TEXTS
        ]
        return f"{_day_of(self.date)}: {', '.join(said)}"


class SeriesDate(NamedTuple):
    """A date as its series has it after a change; for texts, None means the series' own."""

    original_start: datetime
    starts_at: datetime
    ends_at: datetime
    is_moved: bool = False
    title: str | None = None
    place: str | None = None
    agenda: str | None = None
    is_canceled: bool = False
    cancel_reason: str = ""
    sequence: int = 0
    was: Occurrence | None = None
    """The date whose row it takes over, with everything that refers to it."""

    @property
    def is_changed(self) -> bool:
        """Return whether it differs from the rule, and so is an override in feeds."""
        return self.is_moved or self.is_canceled or (self.title, self.place, self.agenda) != (None, None, None)

    @property
    def slot(self) -> Slot:
        """Return its start and end."""
        return self.starts_at, self.ends_at


class CarriedDates(Struct, frozen=True, kw_only=True):
    """The dates of a changed series, and those of the earlier one that it has no date for."""

    dates: tuple[SeriesDate, ...]
    gone: tuple[Occurrence, ...]


def dates_of_new_event(plan: Plan) -> tuple[SeriesDate, ...]:
    """Return the dates of a plan for a new event."""
    return tuple(
        SeriesDate(start, *plan_rules.slot_at(held, plan.duration, plan.zone), is_moved=start != held)
        for start, held in plan_rules.days_of_plan(plan)
    )


def carry_dates(
    before: Sequence[Occurrence], event: Event, plan: Plan, shown: EventFields, now: datetime
) -> CarriedDates:
    """Return the dates that replace those of `before`, which belong to `event`, when it becomes what the plan says.

    `shown` are the fields as the form showed them: a date that had another text keeps it. A date of a series that was
    held before `now` stays with the earlier series; the new one has a canceled date in its place. The only date of an
    event always goes along.
    """
    ruled, rule = set(plan_rules.starts_by_rule(event)), plan_rules.rule_of(event)
    starts = [occurrence.original_start for occurrence in before]
    starts_of_rule = [start for start in starts if start in ruled]
    reach = ANY_DISTANCE if rule is None or len(starts_of_rule) == 1 else reach_of_matches(rule, plan.rule)
    added = [start for start in starts if start not in ruled]
    new = [start for start, _ in plan_rules.slots_of_plan(plan)]
    pairs = match_starts(starts_of_rule, added, new, reach)
    taken = {
        pairs[occurrence.original_start]: occurrence for occurrence in before if occurrence.original_start in pairs
    }
    beside = [
        occurrence
        for occurrence in before
        if occurrence.original_start not in ruled and occurrence.original_start not in pairs
    ]
    by_rule = (_by_rule(new, taken.get(new.original_start), plan, shown, now) for new in dates_of_new_event(plan))
    return CarriedDates(
        dates=(*by_rule, *(_beside(occurrence, plan, shown) for occurrence in beside if occurrence.starts_at > now)),
        gone=tuple(occurrence for occurrence in before if occurrence.original_start in ruled - pairs.keys()),
    )


def event_with_usual_texts(event: Event, following: Iterable[Occurrence]) -> Event:
    """Return the event with the texts that most of these dates have; in a tie, with its own.

    So a change of this and following dates begins with what they say, even after an earlier such change.
    """
    texts_of_dates = [own_texts(occurrence) for occurrence in following]
    usual: dict[str, Any] = {}
    for name, of_series in own_texts(event).items():
        number = Counter(texts[name] for texts in texts_of_dates)
        usual[name] = max([of_series, *number], key=number.__getitem__)
    return replace(event, **usual)


def plan_shown_from(event: Event, plan: Plan, first: Occurrence, every: Iterable[Occurrence]) -> Plan:
    """Return what the form for a date and those after it shows, of what the form of the whole series shows.

    Its texts are those that most of these dates have.
    """
    shown = event_with_usual_texts(
        event, [occurrence for occurrence in every if occurrence.original_start >= first.original_start]
    )
    onward = plan_rules.plan_from_start(plan, first.original_start)
    return replace(onward, title=shown.title, place=shown.place, agenda=shown.agenda)


def usual_texts_of_dates(following: Sequence[Occurrence]) -> dict[str, str]:
    """Return the texts that most of these dates have; in a tie, those of the date that changed last.

    So they are what a change from the first of them on has just given to those without a text of their own.
    """
    said = [(own_texts(occurrence), occurrence.changed_at) for occurrence in following]
    numbers = {name: Counter(texts[name] for texts, _ in said) for name in said[0][0]}
    return {
        name: max(said, key=lambda date: (number[date[0][name]], date[1]))[0][name] for name, number in numbers.items()
    }


def dates_with_texts(following: Iterable[Occurrence], event: Event, shown: EventFields, plan: Plan) -> list[SeriesDate]:
    """Return those of the dates that take a text of the plan, because they had the one that the form showed."""
    of_series, before, after = own_texts(event), own_texts(shown), own_texts(plan)
    dates = []
    for occurrence in following:
        texts = own_texts(occurrence)
        takes = {name: after[name] for name, text in texts.items() if text == before[name] != after[name]}
        if takes:
            own = {name: None if text == of_series[name] else text for name, text in (texts | takes).items()}
            date = SeriesDate(
                original_start=occurrence.original_start,
                starts_at=occurrence.starts_at,
                ends_at=occurrence.ends_at,
                is_moved=plan_rules.is_moved(occurrence),
                is_canceled=occurrence.is_canceled,
                cancel_reason=occurrence.cancel_reason,
                sequence=occurrence.sequence,
                was=occurrence,
                **own,
            )
            dates.append(date)
    return dates


def check_texts_from_a_date_on(plan: Plan, shown: Plan, lead_id: UUID) -> None:
    """Check that a change of nothing but texts, from a date on, leaves those alone that are the same for all dates.

    Otherwise a line of notes would end the series, and invite everyone to another one. With a new time, rule or list,
    another series begins anyway, and has texts of its own. Errors: Invalid by field.
    """
    if plan_rules.changes_only(plan, shown, OWN_TEXTS | SAME_FOR_ALL.keys(), lead_id):
        before, after = field_values(shown), field_values(plan)
        if wrong := {name: said for name, said in SAME_FOR_ALL.items() if after[name] != before[name]}:
            raise Invalid(**wrong)


def own_texts(event: EventFields | Occurrence) -> dict[str, str]:
    """Return the texts that a date may have of its own, of an event or a date."""
    return {"title": event.title, "place": event.place, "agenda": event.agenda}


def kept_details(before: Iterable[Occurrence], after: Iterable[Occurrence]) -> list[DateDetails]:
    """Return the dates that had details of their own, were canceled, or were added, and still are so."""
    earlier, present = list(before), {occurrence.id: occurrence for occurrence in after}
    ruled = {occurrence.event.id: frozenset(plan_rules.starts_by_rule(occurrence.event)) for occurrence in earlier}
    kept: list[tuple[Occurrence, list[DateDetail]]] = []
    for occurrence in earlier:
        current = present.get(occurrence.id)
        if current is None or not occurrence.event.is_series:
            continue
        details = [detail for detail in details_of_date(occurrence) if _has(current, occurrence, detail)]
        if occurrence.is_canceled and current.is_canceled:
            details.append(DateDetail.CANCELED)
        if occurrence.original_start not in ruled[occurrence.event.id]:
            details.append(DateDetail.ADDED)
        kept.append((occurrence, details))
    return _listed(kept)


def lost_details(before: Iterable[Occurrence], after: Iterable[Occurrence]) -> list[DateDetails]:
    """Return the dates that had details of their own and no longer have them.

    A canceled date loses nothing but its place in the history, when no date takes over from it.
    """
    present = {occurrence.id: occurrence for occurrence in after}
    lost: list[tuple[Occurrence, list[DateDetail]]] = []
    for occurrence in before:
        current = present.get(occurrence.id)
        details = [detail for detail in details_of_date(occurrence) if not _has(current, occurrence, detail)]
        if occurrence.is_canceled:
            details = [DateDetail.CANCELED] if current is None and occurrence.event.is_series else []
        elif DateDetail.TIME in details and current is not None and plan_rules.is_a_week_later(occurrence):
            details.remove(DateDetail.TIME)  # the form names such a date, and its hours are those of the series
        lost.append((occurrence, details))
    return _listed(lost)


def dates_with_own_texts(dates: Iterable[Occurrence]) -> list[DateDetails]:
    """Return the dates with texts of their own that are not blank."""
    return _listed(
        (occurrence, [detail for detail in details_of_date(occurrence) if own_texts(occurrence).get(detail)])
        for occurrence in dates
    )


def details_of_date(occurrence: Occurrence) -> list[DateDetail]:
    """Return the details in which a date differs from its series."""
    if not occurrence.event.is_series:
        return []
    of_series = own_texts(occurrence.event)
    texts = [DateDetail(name) for name, text in own_texts(occurrence).items() if text != of_series[name]]
    return [DateDetail.TIME, *texts] if plan_rules.is_moved(occurrence) else texts


def _day_of(occurrence: Occurrence) -> str:
    return short_day(local(occurrence.starts_at, occurrence.event.zone))


def _listed(dates: Iterable[tuple[Occurrence, list[DateDetail]]]) -> list[DateDetails]:
    return [DateDetails(occurrence, tuple(details)) for occurrence, details in dates if details]


def _has(after: Occurrence | None, occurrence: Occurrence, detail: DateDetail) -> bool:
    if after is None:
        return False
    if detail is DateDetail.TIME:
        return (after.starts_at, after.ends_at) == (occurrence.starts_at, occurrence.ends_at)
    return own_texts(after)[detail] == own_texts(occurrence)[detail]


def _by_rule(
    new: SeriesDate, occurrence: Occurrence | None, plan: Plan, shown: EventFields, now: datetime
) -> SeriesDate:
    if occurrence is None:
        return new
    if occurrence.event.is_series and occurrence.starts_at <= now:
        return new._replace(is_canceled=True)
    return _with_details(new, occurrence, _own_slot(occurrence, new.original_start, plan), plan, shown)


def _beside(occurrence: Occurrence, plan: Plan, shown: EventFields) -> SeriesDate:
    """Return a date that was added beside the rule: it keeps its day and start, and has the length of the series."""
    starts = occurrence.original_start
    if plan.is_all_day != occurrence.event.is_all_day:
        starts = datetime.combine(starts.date(), plan.starts.time())
    at = plan_rules.slot_at(starts, plan.duration, plan.zone)
    new = SeriesDate(original_start=starts, starts_at=at[0], ends_at=at[1])
    return _with_details(new, occurrence, _own_slot(occurrence, None, plan), plan, shown)


def _with_details(
    new: SeriesDate, occurrence: Occurrence, at: Slot | None, plan: Plan, shown: EventFields
) -> SeriesDate:
    own_slot = at if at != plan_rules.slot_at(new.original_start, plan.duration, plan.zone) else None
    before, after = own_texts(shown), own_texts(plan)
    texts: dict[str, Any] = {
        name: None if text in (before[name], after[name]) else text for name, text in own_texts(occurrence).items()
    }
    return new._replace(
        starts_at=at[0] if at else new.starts_at,
        ends_at=at[1] if at else new.ends_at,
        is_moved=own_slot is not None if at else new.is_moved,
        is_canceled=occurrence.is_canceled,
        cancel_reason=occurrence.cancel_reason,
        sequence=occurrence.sequence,
        was=occurrence,
        **texts,
    )


def _own_slot(occurrence: Occurrence, start: datetime | None, plan: Plan) -> Slot | None:
    """Return the time that the date keeps; None = the one that the plan gives its new start.

    What people choose about a date on a holiday is part of the plan: such a date follows the plan, with its hours.
    """
    if plan.is_all_day != occurrence.event.is_all_day or not plan_rules.is_moved(occurrence):
        return None
    if start is not None:
        chosen = plan.on_holidays.get(start.date()) is HolidayChoice.NEXT_WEEK
        if chosen or (plan_rules.is_a_week_later(occurrence) and start.date() == occurrence.original_start.date()):
            return None
    return occurrence.starts_at, occurrence.ends_at
