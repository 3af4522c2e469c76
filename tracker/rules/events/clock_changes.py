"""What happens to hours that the clocks skip or show twice, in a sentence for the person who types them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tracker.rules.core.wall_clock import is_doubled, to_local
from tracker.rules.core.wording import clock_time, short_weekday_date
from tracker.rules.events.plan import slot


def clock_notes(starts: Iterable[datetime], duration: timedelta, zone: str) -> list[str]:
    """Return a sentence for each date, by its naive local start, whose hours a clock change of `zone` affects."""
    every = list(starts)
    named = [("This date" if len(every) == 1 else short_weekday_date(one), one) for one in every]
    return [f"{name} {words}." for name, one in named if (words := _words(one, duration, zone))]


def _words(start: datetime, duration: timedelta, zone: str) -> str:
    typed = start, start + duration
    shown = [to_local(one, zone).replace(tzinfo=None) for one in slot(start, duration, zone)]
    hours = list(zip(("starts", "ends"), typed, shown, strict=True))
    if forward := [f"{verb} at {clock_time(real)}" for verb, wanted, real in hours if real != wanted]:
        return f"{' and '.join(forward)}, because clocks go forward"
    if twice := [f"{verb} at the first {clock_time(real)}" for verb, _, real in hours if is_doubled(real, zone)]:
        return f"{' and '.join(twice)}, because clocks go back"
    return ""
