"""The one place that reads the wall clock; everything below the ports gets `now` as an argument."""

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """Return the present moment, aware, in UTC; a demo may have started it elsewhere."""
    return datetime.now(UTC) + _offset


def start_at(moment: datetime | None) -> None:
    """Let the clock run on from `moment` (aware); None brings back the real time."""
    global _offset  # noqa: PLW0603 - the clock is one for the process, set once at start
    _offset = timedelta(0) if moment is None else moment - datetime.now(UTC)
