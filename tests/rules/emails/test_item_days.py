"""On which days people have an email about items, and what a day without one leaves to the next."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.wall_clock import to_local
from tracker.rules.emails.escalations import (
    CoveredDays,
    DueDayEmail,
    day_emails_due,
    days_with_morning,
    end_of_day,
    morning_of,
    next_chance_to_send,
)
from tracker.rules.emails.preferences import QuietHours

CHICAGO = "America/Chicago"
D8, D9, D10, D11 = (date(2027, 2, day) for day in (8, 9, 10, 11))
LATE = QuietHours(starts=time(23), ends=time(9), zone=CHICAGO)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def only(*days: date) -> list[CoveredDays]:
    return [CoveredDays(day=one, since=one) for one in days]


def test_the_emails_of_a_day_go_out_at_eight_or_when_quiet_hours_end() -> None:
    assert morning_of(D9, CHICAGO, None) == at("2027-02-09T14:00")
    assert morning_of(D9, CHICAGO, LATE) == at("2027-02-09T15:00")


@pytest.mark.parametrize(("day", "hour"), [("2027-03-13", 14), ("2027-03-14", 13)])
def test_eight_is_eight_on_the_wall_on_both_sides_of_the_change_of_clocks(day: str, hour: int) -> None:
    assert morning_of(date.fromisoformat(day), CHICAGO, None) == at(f"{day}T{hour}:00")


def test_each_morning_is_found_once_however_the_clock_ticks() -> None:
    assert days_with_morning(at("2027-02-07T15:00"), at("2027-02-09T14:00"), CHICAGO, None) == only(D8, D9)
    assert days_with_morning(at("2027-02-09T14:00"), at("2027-02-10T13:59"), CHICAGO, None) == []
    assert days_with_morning(at("2027-02-09T14:00"), at("2027-02-09T15:00"), CHICAGO, LATE) == only(D9)


def test_after_a_day_without_service_its_email_is_too_late_and_the_next_covers_it() -> None:
    assert day_emails_due(only(D8, D9), {D8, D9}, None, D9) == [
        DueDayEmail(day=D8, since=D8, is_in_time=False),
        DueDayEmail(day=D9, since=D8, is_in_time=True),
    ]


def test_before_the_morning_after_a_missed_day_nothing_is_sent() -> None:
    assert day_emails_due(only(D8), {D8}, None, D9) == [DueDayEmail(day=D8, since=D8, is_in_time=False)]


def test_an_email_that_was_not_sent_is_made_up_for_by_the_next_even_if_nothing_else_is_due() -> None:
    assert day_emails_due(only(D10), set(), D8, D10) == [DueDayEmail(day=D10, since=D8, is_in_time=True)]
    assert day_emails_due(only(D10), set(), None, D10) == []


def test_days_of_quiet_hours_are_covered_by_the_first_day_after_them() -> None:
    [email] = day_emails_due([CoveredDays(day=D11, since=D9)], {D10}, None, D11)
    assert (email.since, email.day) == (D9, D11)


def test_a_day_whose_quiet_hours_end_on_another_day_has_no_email() -> None:
    weekend = QuietHours(has_weekends=True, zone=CHICAGO)
    monday = [CoveredDays(day=D8, since=date(2027, 2, 6))]
    assert days_with_morning(at("2027-02-05T15:00"), at("2027-02-08T15:00"), CHICAGO, weekend) == monday


def test_after_an_outage_an_email_waits_for_the_end_of_quiet_hours_or_is_left_to_the_next_day() -> None:
    noon = QuietHours(starts=time(12), ends=time(14), zone=CHICAGO)
    assert next_chance_to_send(D9, at("2027-02-09T19:00"), CHICAGO, noon) == at("2027-02-09T20:00")
    assert next_chance_to_send(D9, at("2027-02-09T21:00"), CHICAGO, noon) == at("2027-02-09T14:00")
    assert next_chance_to_send(D9, at("2027-02-10T05:30"), CHICAGO, LATE) is None


@given(
    ticks=some.lists(some.integers(1, 5_000), min_size=1, max_size=40),
    heard=some.sets(some.sampled_from([date(2027, 3, day) for day in range(6, 22)])),
    unsent=some.sets(some.sampled_from([date(2027, 3, day) for day in range(6, 22)])),
    quiet=some.sampled_from([None, LATE, QuietHours(starts=time(6), ends=time(17, 59), zone=CHICAGO)]),
)
def test_no_one_ever_has_two_emails_on_one_day_and_every_day_is_covered_once_one_is_sent(
    ticks: list[int], heard: set[date], unsent: set[date], quiet: QuietHours | None
) -> None:
    now, sent, owed = at("2027-03-06T01:00"), list[DueDayEmail](), None
    for minutes in ticks:
        after, now = now, now + timedelta(minutes=minutes)
        today = to_local(now, CHICAGO).date()
        for email in day_emails_due(days_with_morning(after, now, CHICAGO, quiet), heard, owed, today):
            chance = next_chance_to_send(email.day, now, CHICAGO, quiet) if email.is_in_time else None
            goes_out = chance is not None and email.day not in unsent
            owed = None if goes_out else email.since
            if goes_out:
                assert chance is not None
                assert to_local(chance, CHICAGO).date() == email.day
                assert max(chance, now) < end_of_day(email.day, CHICAGO)
                sent.append(email)
    days = [email.day for email in sent]
    assert len(days) == len(set(days))
    first, last = at("2027-03-06T01:00").date(), max(days, default=None)
    covered = {day for day in heard if any(one.since <= day <= one.day for one in sent)}
    assert {day for day in heard if last and first <= day <= last} <= covered
