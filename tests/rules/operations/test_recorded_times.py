"""A typed time has a lower bound, so that a wrong year or month is noticed."""

from datetime import UTC, datetime, timedelta

import pytest

from tracker.errors import Invalid
from tracker.rules.operations.check_ins import BEFORE_THE_OPERATION, LONG_AGO, check_not_long_before

STARTS = datetime(2027, 5, 15, 11, tzinfo=UTC)
SECOND, MONTH, HOUR = timedelta(seconds=1), timedelta(days=30), timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "first", "sentence"),
    [
        (STARTS, STARTS - MONTH, BEFORE_THE_OPERATION),
        (STARTS + 90 * 24 * HOUR, STARTS - MONTH, BEFORE_THE_OPERATION),
        (STARTS - 60 * 24 * HOUR, STARTS - 60 * 24 * HOUR - MONTH, LONG_AGO),
    ],
    ids=["as it starts", "months later", "months before"],
)
def test_a_time_is_at_most_thirty_days_before_the_operation_or_today(
    now: datetime, first: datetime, sentence: str
) -> None:
    check_not_long_before({"at": (first, None)}, STARTS, now)
    with pytest.raises(Invalid) as refused:
        check_not_long_before({"begun": (first - SECOND, None), "ended": (first, None)}, STARTS, now)
    assert refused.value.fields == {"begun": sentence}


def test_a_time_that_is_kept_or_left_blank_is_fine() -> None:
    long_ago = STARTS - 2 * MONTH
    check_not_long_before({"at": (long_ago, long_ago), "ended": (None, STARTS)}, STARTS, STARTS)
