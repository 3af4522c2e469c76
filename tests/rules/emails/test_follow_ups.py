"""When people who have not replied are asked again by themselves."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.rules.core.wording import to_local
from tracker.rules.emails.follow_ups import (
    NextFollowUp,
    ReplyRequest,
    is_asked_too_soon,
    requests_after_invitation,
    requests_ahead,
    requests_before,
    requests_due,
)
from tracker.rules.emails.reminders import timing_words
from tracker.rules.roster.quorum import ASKS_AFTER_OFFERED, ReminderPolicy

ZONE = "America/Chicago"
STARTS = datetime(2027, 1, 30, 16, tzinfo=UTC)
DAY = timedelta(days=1)


ANN = UUID(int=1)


class Date(NamedTuple):
    """A date of an event that asks again."""

    starts_at: datetime = STARTS
    asks_before: frozenset[timedelta] = frozenset()
    asks_after: frozenset[timedelta] = frozenset()
    id: UUID = UUID(int=2)
    event_id: UUID = UUID(int=3)
    zone: str = ZONE
    is_all_day: bool = False

    @property
    def reminders(self) -> ReminderPolicy:
        return ReminderPolicy(asks_before=self.asks_before, asks_after=self.asks_after)


def after_invitation(sent_at: datetime, *days: timedelta, starts: datetime = STARTS) -> list[ReplyRequest]:
    return requests_after_invitation([Date(starts, asks_after=frozenset(days))], ANN, sent_at)


def mornings(sent_at: datetime, *days: int, starts: datetime = STARTS) -> list[datetime]:
    requests = after_invitation(sent_at, *(day * DAY for day in days), starts=starts)
    return sorted(request.moment.at for request in requests)


def asked_at(requests: Iterable[ReplyRequest], last: Mapping[UUID, datetime], now: datetime) -> list[datetime]:
    """Return when Ann is asked, who has not replied."""
    return [request.moment.at for _, request in requests_ahead(requests, {Date().id: [ANN]}, last, now)]


@pytest.mark.parametrize("hour", [6, 12, 29])  # midnight, 6:00 AM and 11:00 PM of January 12
def test_days_are_counted_from_the_local_day_on_which_the_invitation_was_sent(hour: int) -> None:
    sent_at = datetime(2027, 1, 12, tzinfo=UTC) + timedelta(hours=hour)
    assert mornings(sent_at, 2, 5) == [datetime(2027, 1, day, 14, tzinfo=UTC) for day in (14, 17)]


def test_the_hour_is_the_same_after_the_clocks_go_forward() -> None:
    [at] = mornings(datetime(2027, 3, 13, 18, tzinfo=UTC), 2, starts=datetime(2027, 4, 1, tzinfo=UTC))
    assert to_local(at, ZONE).hour == 8


def test_no_follow_up_comes_after_the_date_has_begun() -> None:
    assert mornings(datetime(2027, 1, 27, 18, tzinfo=UTC), 2, 5) == [datetime(2027, 1, 29, 14, tzinfo=UTC)]
    assert mornings(datetime(2027, 1, 28, 18, tzinfo=UTC), 2, starts=datetime(2027, 1, 30, 14, tzinfo=UTC)) == []


@pytest.mark.parametrize("day", [12, 71])  # the second is March 13, before the night in which the clocks go forward
def test_two_mornings_two_days_apart_both_ask(day: int) -> None:
    first = datetime(2027, 1, 1, 14, tzinfo=UTC) + day * DAY
    second = first + 2 * DAY - timedelta(hours=1 if day == 71 else 0)
    assert to_local(second, ZONE).hour == to_local(first, ZONE).hour
    assert not is_asked_too_soon(first + timedelta(seconds=14), second, ZONE)
    assert is_asked_too_soon(first, second - timedelta(minutes=16), ZONE)


@given(some.sets(some.sampled_from(ASKS_AFTER_OFFERED)))
def test_everything_that_is_offered_can_be_chosen_together(days: set[timedelta]) -> None:
    sent_at = datetime(2027, 3, 8, 20, tzinfo=UTC)
    requests = after_invitation(sent_at, *days, starts=datetime(2027, 5, 1, tzinfo=UTC))
    assert len(asked_at(requests, {}, sent_at)) == len(days)


def test_of_several_on_one_day_the_first_alone_asks() -> None:
    noon, invited_at = datetime(2027, 1, 28, 16, tzinfo=UTC), datetime(2027, 1, 26, 16, tzinfo=UTC)
    morning = noon - timedelta(hours=2)
    both = [*requests_before(Date(asks_before=frozenset({2 * DAY}))), *after_invitation(invited_at, 2 * DAY)]
    assert sorted(request.moment.at for request in both) == [morning, noon]
    assert asked_at(both, {}, invited_at) == [morning]
    assert asked_at(both, {ANN: morning - DAY}, invited_at) == []
    assert asked_at(both, {ANN: morning - 3 * DAY}, invited_at) == [morning]


def test_of_several_dates_at_once_the_earliest_asks_and_a_date_before_an_invitation() -> None:
    later = Date(STARTS + 3 * DAY, asks_before=frozenset({5 * DAY}), id=UUID(int=4))
    both = [*requests_before(later), *requests_before(Date(asks_before=frozenset({2 * DAY})))]
    silent = {Date().id: [ANN], later.id: [ANN]}
    at = STARTS - 2 * DAY
    [request] = requests_due(both, silent, {}, at - DAY, at).values()
    assert request.date.id == Date().id
    assert requests_due(both, {later.id: [ANN]}, {}, at - DAY, at)[ANN].date.id == later.id


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"silent": 3, "people": 3}, "3 people haven’t replied. The next follow-up goes out Thursday, January 14."),
        (
            {"silent": 3, "people": 2},
            "3 people haven’t replied. The next follow-up goes out Thursday, January 14, to 2 of them.",
        ),
        ({"silent": 1, "people": 1}, "1 person hasn’t replied. The next follow-up goes out Thursday, January 14."),
        ({"silent": 1, "at": None}, "1 person hasn’t replied. No follow-ups are planned."),
    ],
)
def test_the_next_follow_up_is_said_with_its_day_in_the_events_zone(facts: dict[str, Any], words: str) -> None:
    at = datetime(2027, 1, 15, 5, 30, tzinfo=UTC)  # still Thursday in Kansas City
    assert NextFollowUp(**{"at": at, **facts}).words(ZONE) == words


def test_the_timing_is_said_in_words() -> None:
    assert timing_words(5 * DAY) == "5 days before"
    assert timing_words(-2 * DAY) == "2 days after the invitation to"
