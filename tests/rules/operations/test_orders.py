"""The operations order, briefs, approvals, and what is learned afterward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid
from tracker.rules.operations.approvals import why_too_early
from tracker.rules.operations.orders import (
    EMPTY_ORDER,
    LONGEST_PARAGRAPH,
    MOST_TICKS,
    TIMELINE_MARGIN,
    TIMELINE_WIDTH,
    NumberedCopy,
    Paragraph,
    Phase,
    PhasePlan,
    TimelineBar,
    check_phase_plan,
    check_phase_times,
    checked_paragraphs,
    draw_timeline,
    why_outdated,
)
from tracker.rules.operations.plans import check_neutral, telltale_names, telltales


def test_paragraphs_that_are_left_out_are_empty() -> None:
    assert checked_paragraphs({Paragraph.MISSION: "Serve the warrant."}) == {
        Paragraph.SITUATION: "",
        Paragraph.MISSION: "Serve the warrant.",
        Paragraph.EXECUTION: "",
        Paragraph.ADMINISTRATION: "",
        Paragraph.COMMAND: "",
    }


def test_an_order_without_text_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        checked_paragraphs({Paragraph.MISSION: ""})
    assert refused.value.fields == {"situation": EMPTY_ORDER}


def test_each_paragraph_that_is_too_long_is_named() -> None:
    longest, longer = "x" * LONGEST_PARAGRAPH, "x" * (LONGEST_PARAGRAPH + 1)
    with pytest.raises(Invalid) as refused:
        checked_paragraphs({Paragraph.SITUATION: longest, Paragraph.MISSION: longer, Paragraph.COMMAND: longer})
    assert refused.value.fields == dict.fromkeys(
        ("mission", "command"), "Use at most 5,000 characters. This has 5,001."
    )


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
    assert refused_sentences(lambda: check_phase_plan(plan, STARTS, ENDS)) == wrong


def refused_sentences(check: Callable[[], None]) -> dict[str, str]:
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
    assert refused_sentences(lambda: check_phase_times(*at, STARTS)) == wrong


SIX = datetime(2027, 1, 16, 12, tzinfo=UTC)
NOW = SIX + timedelta(hours=2)
MINUTES = st.integers(-48 * 60, 54 * 60)


def minutes(count: int) -> datetime:
    return SIX + timedelta(minutes=count)


def phase(start: int, end: int | None, begun: int | None = None, ended: int | None = None) -> Phase:
    at = [None if one is None else minutes(one) for one in (end, begun, ended)]
    return Phase(
        id=UUID(int=1), name="Staging", starts_at=minutes(start), ends_at=at[0], begun_at=at[1], ended_at=at[2]
    )


def test_without_phases_there_is_nothing_to_draw() -> None:
    assert draw_timeline([], NOW) is None


def test_bars_have_the_proportions_of_their_times() -> None:
    drawn = draw_timeline([phase(0, 60), phase(60, 240, begun=90, ended=210)], NOW)
    assert drawn
    width = TIMELINE_WIDTH - 2 * TIMELINE_MARGIN
    assert [row.planned for row in drawn.rows] == [
        TimelineBar(TIMELINE_MARGIN, width // 4),
        TimelineBar(TIMELINE_MARGIN + width // 4, width - width // 4),
    ]
    assert [row.actual for row in drawn.rows] == [
        None,
        TimelineBar(TIMELINE_MARGIN + round(width * 3 / 8), round(width / 2)),
    ]
    assert [tick.at for tick in drawn.ticks] == [minutes(60 * hour) for hour in range(5)]


def test_a_phase_that_is_under_way_reaches_to_now() -> None:
    drawn = draw_timeline([phase(0, 240, begun=60)], NOW)
    assert drawn
    assert drawn.rows[0].actual == TimelineBar(
        TIMELINE_MARGIN + (TIMELINE_WIDTH - 2 * TIMELINE_MARGIN) // 4, (TIMELINE_WIDTH - 2 * TIMELINE_MARGIN) // 4
    )


def test_days_are_marked_when_the_phases_are_days_apart() -> None:
    near, far = draw_timeline([phase(0, 600)], NOW), draw_timeline([phase(0, 600, begun=-18 * 24 * 60, ended=0)], NOW)
    assert near
    assert far
    assert (near.is_in_days, far.is_in_days) == (False, True)


def test_a_moment_is_still_seen() -> None:
    drawn = draw_timeline([phase(30, None)], NOW)
    assert drawn
    assert drawn.rows[0].planned.width > 0


spans = st.builds(
    lambda start, length, begun, lasted: phase(start, start + length, begun, begun + lasted),
    MINUTES,
    st.integers(1, 600),
    MINUTES,
    st.integers(0, 600),
)


@given(st.lists(spans, min_size=1, max_size=20))
def test_everything_is_inside_the_drawing(phases: list[Phase]) -> None:
    drawn = draw_timeline(phases, NOW)
    assert drawn
    bars = [bar for row in drawn.rows for bar in (row.planned, row.actual) if bar]
    assert all(bar.x >= TIMELINE_MARGIN and bar.x + bar.width <= TIMELINE_WIDTH - TIMELINE_MARGIN + 2 for bar in bars)
    assert 2 <= len(drawn.ticks) <= MOST_TICKS + 1
    assert all(
        TIMELINE_MARGIN <= tick.x <= TIMELINE_WIDTH - TIMELINE_MARGIN and tick.at.minute == 0 for tick in drawn.ticks
    )


ISSUED = datetime(2026, 12, 15, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of_copy", "of_plan", "reason"),
    [
        (None, None, ""),
        (7, 7, ""),
        (7, 9, "Copy 3 shows version 7, and the plan is version 9 now. Issue a new copy."),
        (None, 1, "Copy 3 shows the operation before it had a plan, and the plan is version 1 now. Issue a new copy."),
    ],
)
def test_a_copy_of_another_version_says_why_it_is_not_printed(
    of_copy: int | None, of_plan: int | None, reason: str
) -> None:
    copy = NumberedCopy(
        number=3, version=of_copy, issued_at=ISSUED, issued_to_id=UUID(int=1), issued_to="KCPD", issued_by="FBI"
    )
    assert why_outdated(copy, of_plan) == reason


APPROVALS_SIX = datetime(2027, 5, 15, 11, tzinfo=UTC)  # 6:00 AM in Kansas City
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "now", [APPROVALS_SIX - timedelta(hours=12), APPROVALS_SIX, APPROVALS_SIX + timedelta(hours=30)]
)
def test_an_operation_begins_from_twelve_hours_before_its_start(now: datetime) -> None:
    assert why_too_early(APPROVALS_SIX, "America/Chicago", now) == ""


def test_before_that_the_reason_says_when_it_can_begin_and_what_to_do() -> None:
    assert why_too_early(APPROVALS_SIX, "America/Chicago", APPROVALS_SIX - timedelta(hours=12) - SECOND) == (
        "It can begin on Fri, May 14 at 6:00 PM, 12 hours before its planned start. If it begins earlier, change the"
        " time of the event first."
    )


PLACES = ("Motel on the frontage road", "Lot")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Buy radios", ()),
        ("Radios for BLUESTEM", ("Bluestem",)),
        ("Keys of the motel on the Frontage Road", ("Motel on the frontage road",)),
        ("A lot of operations", ()),
        ("Radios for Blue-stem", ("Bluestem",)),
        ("Radios for the blue stem", ("Bluestem",)),
        ("The Bluestems meet", ("Bluestem",)),
        ("Bluestem’s radios", ("Bluestem",)),
        ("Radios for Bluestam", ("Bluestem",)),
        ("Radios for Bluestm", ("Bluestem",)),
        ("Radios for Bluesttem", ("Bluestem",)),
        ("A blue system of stems", ()),
        ("Plan the next operation", ()),
    ],
)
def test_a_name_of_the_operation_is_found_in_a_text_whatever_its_case(text: str, found: tuple[str, ...]) -> None:
    for title in ("Operation Bluestem", "Bluestem"):
        assert telltales(text, telltale_names(title, PLACES)) == found


def test_a_text_that_gives_the_operation_away_is_refused_at_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_neutral("neutral_title", "After Bluestem", telltale_names("Operation Bluestem", ()))
    assert refused.value.fields == {"neutral_title": "Leave out “Bluestem”. It would give the operation away."}
