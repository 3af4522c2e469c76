"""The timeline of phases holds every planned and actual time, and marks full hours."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.operations.orders import (
    MOST_TICKS,
    TIMELINE_MARGIN,
    TIMELINE_WIDTH,
    Phase,
    TimelineBar,
    draw_timeline,
)

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
