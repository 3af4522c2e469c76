"""Any series that the form permits, for tests that try many."""

from datetime import date, datetime, timedelta

from hypothesis import reject
from hypothesis import strategies as some

from tracker.errors import Invalid
from tracker.rules.recurrence.series import RepeatChoice, Rule, rule_for_choice

CHOICES = [choice for choice in RepeatChoice if choice is not RepeatChoice.NONE]
CLOCK = [(1, 30), (2, 0), (2, 30), (0, 0), (14, 0), (20, 15), (23, 59)]
"""Hours that the change of the clocks skips and doubles come often."""


@some.composite
def a_series(
    draw: some.DrawFn, first: date = date(2026, 1, 1), last: date = date(2028, 12, 31), most: int = 200
) -> tuple[Rule, datetime]:
    """Return a rule and its local start between two days: any choice and length, but no more than `most` dates."""
    day = draw(some.dates(first, last))
    start = datetime(day.year, day.month, day.day, *draw(some.sampled_from(CLOCK)))  # noqa: DTZ001 - local
    choice = draw(some.sampled_from(CHOICES))
    interval = draw(some.one_of(some.integers(1, 3), some.integers(1, 60)))
    weekdays = {day.weekday(), *draw(some.sets(some.integers(0, 6), max_size=3))}
    week_starts = draw(some.integers(0, 6))
    is_counted = draw(some.booleans())
    ends = (
        {"count": draw(some.integers(1, most))}
        if is_counted
        else {"until": day + timedelta(days=draw(some.integers(0, 1826)))}
    )
    try:
        rule = rule_for_choice(choice, start, interval=interval, weekdays=weekdays, week_starts=week_starts, **ends)
    except Invalid:
        reject()
    assert rule is not None
    return rule, start
