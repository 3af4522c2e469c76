"""Which date of a changed rule takes the place of which earlier date, so that changes to single dates can follow."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tracker.rules.recurrence.rule import Frequency, Rule

ANY_DISTANCE = timedelta.max
ONLY_ON_ITS_DAY = timedelta(0)
LONGEST_UNIT = {
    Frequency.DAILY: timedelta(days=1),
    Frequency.WEEKLY: timedelta(days=7),
    Frequency.MONTHLY: timedelta(days=31),
    Frequency.YEARLY: timedelta(days=366),
}


def reach(before: Rule, after: Rule | None) -> timedelta:
    """Return how far from its day a date may go: less than one interval, if both rules have the same rhythm.

    The same rhythm means as many dates in as many days, weeks, months or years: from Wednesdays to Thursdays, from the
    first Monday to the last Friday. Between any other two rules no date corresponds to another by its place in order,
    so a date stays on its day, or is not in the new rule.
    """
    if after is None or _rhythm(before) != _rhythm(after):
        return ONLY_ON_ITS_DAY
    return LONGEST_UNIT[before.frequency] * before.interval


def matched(
    before: Iterable[datetime], added: Iterable[datetime], after: Iterable[datetime], within: timedelta
) -> dict[datetime, datetime]:
    """Return the new local start for each earlier one that has a successor.

    A date that has a new one on its day stays on its day. The others follow in order, each to the next free one less
    than `within` away. Dates in `added` are those that people added beside the rule: they stay on their day only.
    """
    by_rule, beside, new = sorted(before), sorted(added), sorted(after)
    on_day = {start.date(): start for start in new}
    kept = {start: on_day[start.date()] for start in (*beside, *by_rule) if start.date() in on_day}
    taken = set(kept.values())
    left = [start for start in by_rule if start not in kept]
    return kept | dict(_in_order(left, [start for start in new if start not in taken], within))


def _in_order(left: list[datetime], free: list[datetime], within: timedelta) -> Iterator[tuple[datetime, datetime]]:
    here, there = 0, 0
    while here < len(left) and there < len(free):
        was, becomes = left[here], free[there]
        if abs(becomes.date() - was.date()) < within:
            yield was, becomes
            here, there = here + 1, there + 1
        elif becomes < was:
            there += 1
        else:
            here += 1


def _rhythm(rule: Rule) -> tuple[Frequency, int, int]:
    return rule.frequency, rule.interval, len(rule.weekdays)
