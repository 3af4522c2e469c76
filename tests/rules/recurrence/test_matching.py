"""Which date of a changed rule takes the place of which earlier one."""

from datetime import date, datetime, time

from tracker.rules.recurrence.series import Rule, dates_by_rule, match_starts, reach_of_matches, rule_for_choice

WEDNESDAY = datetime(2027, 3, 3, 10)  # noqa: DTZ001 - local


def days(rule: Rule | None, start: datetime) -> list[datetime]:
    return list(dates_by_rule(rule, start))


def followed(before: tuple[str, str], after: tuple[str, str], **about: object) -> dict[str, str]:
    """Return the days that follow those of a rule: each rule is a choice of the form and its first day."""
    rules = []
    for choice, first in (before, after):
        starts = datetime.combine(date.fromisoformat(first), time(10))
        interval = 2 if choice == "biweekly" else 1
        rules.append(
            (rule_for_choice(choice.removeprefix("bi"), starts, interval=interval, until=date(2027, 5, 31)), starts)
        )
    (old, first), (new, later) = rules
    assert old is not None
    pairs = match_starts(days(old, first), (), days(new, later), reach_of_matches(old, new))
    return {f"{was:%m-%d}": f"{becomes:%m-%d}" for was, becomes in sorted(pairs.items())[:4]}


def test_a_date_stays_on_its_day() -> None:
    weekly = ("weekly", "2027-03-03")
    assert followed(weekly, ("biweekly", "2027-03-03")) == {
        "03-03": "03-03",
        "03-17": "03-17",
        "03-31": "03-31",
        "04-14": "04-14",
    }


def test_a_series_that_moves_to_another_weekday_takes_its_dates_along_in_order() -> None:
    same = {"03-03": "03-04", "03-10": "03-11", "03-17": "03-18", "03-24": "03-25"}
    assert followed(("weekly", "2027-03-03"), ("weekly", "2027-03-04")) == same
    backward = {"03-03": "03-01", "03-10": "03-08", "03-17": "03-15", "03-24": "03-22"}
    assert followed(("weekly", "2027-03-03"), ("weekly", "2027-03-01")) == backward


def test_a_series_that_begins_a_week_later_leaves_out_its_first_date_and_shifts_no_other() -> None:
    later = {"03-10": "03-11", "03-17": "03-18", "03-24": "03-25", "03-31": "04-01"}
    assert followed(("weekly", "2027-03-03"), ("weekly", "2027-03-11")) == later


def test_a_monthly_date_goes_to_the_date_of_its_month() -> None:
    assert followed(("monthly_nth", "2027-03-01"), ("monthly_last", "2027-03-26")) == {
        "03-01": "03-26",
        "04-05": "04-30",
        "05-03": "05-28",
    }


def test_between_rules_of_another_rhythm_a_date_only_stays_on_its_day() -> None:
    assert followed(("weekly", "2027-03-03"), ("biweekly", "2027-03-04")) == {}
    assert followed(("weekly", "2027-03-02"), ("monthly_nth", "2027-03-09")) == {
        "03-09": "03-09",
        "04-13": "04-13",
        "05-11": "05-11",
    }


def test_two_days_a_week_that_shift_keep_the_day_they_share() -> None:
    monday = datetime(2027, 3, 1, 10)  # noqa: DTZ001 - local
    old = rule_for_choice("weekly", monday, weekdays=(0, 2), count=4)
    new = rule_for_choice("weekly", WEDNESDAY, weekdays=(2, 4), count=4)
    assert old is not None
    pairs = match_starts(days(old, monday), (), days(new, WEDNESDAY), reach_of_matches(old, new))
    assert sorted((was.day, becomes.day) for was, becomes in pairs.items()) == [(1, 5), (3, 3), (8, 12), (10, 10)]


def test_an_added_date_stays_on_its_day_and_goes_to_no_other() -> None:
    thursday = WEDNESDAY.replace(day=4)
    added = [datetime(2027, 3, 4, 14), datetime(2027, 3, 6, 14)]  # noqa: DTZ001 - local
    old, new = rule_for_choice("weekly", WEDNESDAY, count=2), rule_for_choice("weekly", thursday, count=2)
    assert old is not None
    pairs = match_starts(days(old, WEDNESDAY), added, days(new, thursday), reach_of_matches(old, new))
    assert pairs == {added[0]: thursday, WEDNESDAY.replace(day=10): thursday.replace(day=11)}
