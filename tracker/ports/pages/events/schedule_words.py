"""What the form says about dates while it is filled in: ways to repeat, the sentence, the next dates, holidays."""

from datetime import date, datetime, time

from msgspec import Struct

from tracker.errors import Invalid
from tracker.ports.pages.core.form_values import FormReader, FormValues
from tracker.ports.pages.events.schedule_form import When, holiday_choices, read_when
from tracker.rules.core.wording import local, zone_word
from tracker.rules.events.clock_changes import clock_notes
from tracker.rules.events.replies import reply_by
from tracker.rules.recurrence import Repeat, dates, rule_for
from tracker.rules.recurrence.holiday_choices import Choices, held, may_wait
from tracker.rules.recurrence.holidays import holiday_notes
from tracker.rules.recurrence.words import pattern_words, sentence

SHOWN = 5  # dates
SHOWN_HOLIDAYS = 6
PLAIN_WORDS = {
    Repeat.NONE: "Doesn’t repeat",
    Repeat.DAILY: "Every day",
    Repeat.WEEKLY: "Every week",
    Repeat.MONTHLY_DAY: "Every month on the same day",
    Repeat.MONTHLY_LAST_DAY: "Every month on the last day",
    Repeat.MONTHLY_NTH: "Every month on the same weekday",
    Repeat.MONTHLY_LAST: "Every month on the last such weekday",
    Repeat.YEARLY: "Every year on the same day",
    Repeat.YEARLY_NTH: "Every year on the same weekday of the month",
    Repeat.YEARLY_LAST: "Every year on the last such weekday of the month",
}
"""The label of a choice while the date is unknown or does not fit it."""


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


def dates_in_words(form: FormValues, zone: str, now: datetime) -> DatesInWords:
    """Return what the date fields of a form mean; never raises. `now` is aware."""
    reader = FormReader(form)
    when = read_when(reader)
    if when is None or reader.wrong:
        return DatesInWords(wrong=tuple(reader.wrong.values()))
    try:
        return _in_words(when, zone, holiday_choices(form), local(now, zone))
    except Invalid as refused:
        return DatesInWords(wrong=tuple(refused.fields.values()))


def repeat_options(form: FormValues) -> list[tuple[str, str]]:
    """Return the ways to repeat that fit the first date, in its words; the chosen one stays even if it doesn't fit."""
    day = FormReader(form).day("date")
    fitting = [(choice.value, words) for choice in Repeat if (words := _words(choice, day)) is not None]
    if day is None or form["repeat"] in {value for value, _ in fitting} or form["repeat"] not in set(Repeat):
        return fitting
    return [*fitting, (form["repeat"], PLAIN_WORDS[Repeat(form["repeat"])])]


def _words(choice: Repeat, day: date | None) -> str | None:
    if choice is Repeat.NONE or day is None:
        return PLAIN_WORDS[choice]
    try:
        rule = rule_for(choice, datetime.combine(day, time()), count=1)
    except Invalid:
        return None
    return pattern_words(rule) if rule else None


def _in_words(when: When, zone: str, chosen: Choices, now: datetime) -> DatesInWords:
    by_rule = dates(when.rule, when.starts)
    on = [day for _, day in held(by_rule, chosen)]
    every = [day.date() for day in on]
    holidays = holiday_notes(by_rule)
    notes = [] if when.is_all_day else clock_notes(on, when.duration, zone)
    return DatesInWords(
        sentence=sentence(when.rule, when.starts, when.duration, zone, is_all_day=when.is_all_day),
        next_dates=tuple(every[:SHOWN]) if when.rule else (),
        more_dates=max(0, len(every) - SHOWN),
        holidays=tuple(holidays[:SHOWN_HOLIDAYS]),
        more_holidays=max(0, len(holidays) - SHOWN_HOLIDAYS),
        no_next_week=frozenset(day for day, _ in holidays[:SHOWN_HOLIDAYS] if not may_wait(day, by_rule, chosen)),
        clock_notes=tuple(notes[:SHOWN]),
        zone=zone_word(zone),
        is_over=bool(every) and every[-1] < now.date(),
        reply_by=reply_by((on or by_rule)[0].replace(tzinfo=now.tzinfo), now),
    )
