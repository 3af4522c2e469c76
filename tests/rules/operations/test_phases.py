"""When a phase can be planned, and when it can have begun and ended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tracker.errors import Invalid
from tracker.rules.operations.orders import PhasePlan, check_phase_plan, check_phase_times

STARTS = datetime(2027, 1, 16, 12, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=6)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REACH = timedelta(days=2)
NAME = {"name": "Enter the phase in up to 60 characters."}
ORDER = {"ends": "The phase ends before it starts."}
FAR = {"day": "Choose a time at most 2 days before or after the operation."}
PASSED = "Enter a time that has passed."


@pytest.mark.parametrize(
    ("name", "starts", "ends", "wrong"),
    [
        ("Briefing", -HOUR, HOUR, {}),
        ("All out", 6 * HOUR, None, {}),
        ("x" * 60, -REACH, 6 * HOUR + REACH, {}),
        ("x" * 61, -HOUR, HOUR, NAME),
        ("", -HOUR, HOUR, NAME),
        ("Briefing", HOUR, HOUR, ORDER),
        ("Briefing", HOUR, -HOUR, ORDER),
        ("Briefing", -REACH - MINUTE, HOUR, FAR),
        ("Briefing", HOUR, 6 * HOUR + REACH + MINUTE, FAR),
        ("Briefing", 6 * HOUR + REACH + MINUTE, None, FAR),
    ],
)
def test_a_phase_has_a_name_and_an_order_of_times_near_the_operation(
    name: str, starts: timedelta, ends: timedelta | None, wrong: dict[str, str]
) -> None:
    plan = PhasePlan(name=name, starts_at=STARTS + starts, ends_at=None if ends is None else STARTS + ends)
    assert refused(lambda: check_phase_plan(plan, STARTS, ENDS)) == wrong


def refused(check: Callable[[], None]) -> dict[str, str]:
    """Return the sentences of a check by field, none when it passes."""
    try:
        check()
    except Invalid as wrong:
        return dict(wrong.fields)
    return {}


@pytest.mark.parametrize(
    ("begun", "ended", "wrong"),
    [
        (None, None, {}),
        (-HOUR, None, {}),
        (-HOUR, timedelta(0), {}),
        (-HOUR, -HOUR, {}),
        (None, -HOUR, {"begun": "Enter when the phase started."}),
        (MINUTE, None, {"begun": PASSED}),
        (-HOUR, MINUTE, {"ended": PASSED}),
        (-HOUR, -2 * HOUR, {"ended": "The phase ended before it began."}),
    ],
)
def test_a_phase_begins_before_it_ends_and_neither_is_ahead(
    begun: timedelta | None, ended: timedelta | None, wrong: dict[str, str]
) -> None:
    at = [None if one is None else STARTS + one for one in (begun, ended)]
    assert refused(lambda: check_phase_times(*at, STARTS)) == wrong
