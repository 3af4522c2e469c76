"""When the events of the demo take place, as a pure function of the day on which it starts."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from tracker.demo.days import A_WEEK
from tracker.demo.program import Script
from tracker.rules.recurrence.holidays import HolidayChoice, federal_holidays, held_starts, is_working_day
from tracker.rules.recurrence.series import Rule, dates_by_rule, rule_for_choice


class Timetable(Struct, frozen=True, kw_only=True):
    """When a script takes place: its first date, its rule, and what happens to dates on a holiday. Times are local."""

    starts: datetime
    duration: timedelta
    rule: Rule | None
    on_holidays: Mapping[date, HolidayChoice]

    @property
    def dates(self) -> list[datetime]:
        """Return when each date begins that is held."""
        return [start for _, start in held_starts(dates_by_rule(self.rule, self.starts), self.on_holidays)]


def timetable(script: Script, today: date) -> Timetable:
    """Return when a script takes place in a demo that starts today.

    A date of a series on a federal holiday is held a week later, or left out where that day is no better.
    """
    starts = datetime.combine(script.first(today), time() if script.is_all_day else script.starts)
    rule = rule_for_choice(script.repeat, starts, interval=script.interval)
    return Timetable(
        starts=starts,
        duration=timedelta(minutes=script.minutes),
        rule=rule,
        on_holidays=_on_holidays([moment.date() for moment in dates_by_rule(rule, starts)]) if rule else {},
    )


def _on_holidays(days: list[date]) -> dict[date, HolidayChoice]:
    closed = [day for day in days if day in federal_holidays(day.year)]
    return {day: HolidayChoice.NEXT_WEEK if _is_better(day + A_WEEK, days) else HolidayChoice.SKIP for day in closed}


def _is_better(day: date, days: list[date]) -> bool:
    return is_working_day(day) and day not in days
