"""The one place that reads the wall clock; everything below the ports gets `now` as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime


def _real() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _real


def now() -> datetime:
    """Return the present time, aware, in UTC; a demo may have started it at another time."""
    return _read()


def start_at(moment: datetime | None, *, is_still: bool = False) -> None:
    """Run the clock from `moment` (aware) on, or stop it there; None restores the real time."""
    global _read  # noqa: PLW0603 - the clock is one for the process, set once at start
    if moment is None:
        _read = _real
        return
    start, ahead = moment.astimezone(UTC), moment - _real()
    _read = (lambda: start) if is_still else (lambda: _real() + ahead)
