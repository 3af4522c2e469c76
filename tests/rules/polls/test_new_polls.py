"""What people can be asked: 2 to 20 dates ahead, each once, and to reply before the first of them."""

# ruff: noqa: DTZ001 - proposed dates are local to the zone of the event

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.rules.polls.drafts import draft
from tracker.errors import Invalid
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.polls.polls import NewPoll, check_new_poll, poll_hindrance, usual_reply_by

NOW = datetime(2027, 1, 4, 15, tzinfo=UTC)
FIRST = datetime(2027, 1, 12, 10)
DAY = timedelta(days=1)
IN_TIME = datetime(2027, 1, 8, 23, tzinfo=UTC)


def wrong(*starts: datetime, reply_by: datetime = IN_TIME) -> str:
    """Return the fields of the errors."""
    with pytest.raises(Invalid) as refused:
        check_new_poll(NewPoll(starts=starts, reply_by=reply_by), draft(), NOW)
    return " ".join(refused.value.fields)


@pytest.mark.parametrize("number", [2, 20])
def test_two_to_twenty_dates_can_be_proposed(number: int) -> None:
    check_new_poll(NewPoll(starts=[FIRST + one * DAY for one in range(number)], reply_by=IN_TIME), draft(), NOW)


@pytest.mark.parametrize("number", [0, 1, 21])
def test_no_other_number_of_dates_can(number: int) -> None:
    assert wrong(*(FIRST + one * DAY for one in range(number))) == "dates"


def test_a_date_is_proposed_once() -> None:
    assert wrong(FIRST, FIRST) == "dates"


def test_a_date_is_ahead() -> None:
    assert wrong(FIRST, datetime(2027, 1, 4, 9)) == "dates"


def test_a_time_that_the_clocks_skip_is_not_proposed() -> None:
    assert wrong(FIRST, datetime(2027, 3, 14, 2, 30)) == "dates"


@pytest.mark.parametrize("at", [NOW, datetime(2027, 1, 12, 16, tzinfo=UTC)])
def test_people_reply_in_the_future_and_before_the_first_date(at: datetime) -> None:
    assert wrong(FIRST, FIRST + DAY, reply_by=at) == "reply_by"


def test_both_errors_of_the_dates_and_of_the_day_to_reply_by_are_shown_at_once() -> None:
    assert wrong(FIRST, reply_by=datetime(2027, 1, 13, 23, tzinfo=UTC)) == "dates reply_by"


def test_a_draft_with_one_date_and_people_can_have_a_poll() -> None:
    assert poll_hindrance(draft(), 1) == ""


def test_nothing_else_can() -> None:
    weekly = draft(rrule="FREQ=WEEKLY;COUNT=3")
    others = (draft(status=EventStatus.CONFIRMED), weekly, draft(kind=Kind.DEADLINE))
    assert all(poll_hindrance(one, 1) for one in others)
    assert poll_hindrance(draft(), 0)


@pytest.mark.parametrize(
    ("first", "by"),
    [
        (date(2027, 3, 1), date(2027, 1, 11)),  # a week
        (date(2027, 1, 9), date(2027, 1, 8)),
        (date(2027, 1, 8), date(2027, 1, 7)),
        (date(2027, 1, 5), date(2027, 1, 4)),
        (date(2026, 12, 1), date(2027, 1, 11)),  # over
    ],
)
def test_the_form_begins_with_a_deadline_before_its_first_date(first: date, by: date) -> None:
    assert usual_reply_by(first, date(2027, 1, 4)) == by
