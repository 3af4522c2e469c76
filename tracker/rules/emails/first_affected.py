"""From which date on a change of a series counts, for the subject of its email: others keep their own time or texts."""

from collections.abc import Mapping, Sequence

from tracker.rules.events.events import Event, Occurrence
from tracker.rules.events.kept_dates import own_texts
from tracker.rules.events.plans import is_moved, starts_by_rule


def first_by_rule(event: Event, dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of these dates that is when the rule says; None when all of them are moved or added."""
    by_rule = set(starts_by_rule(event))
    return next(
        (occurrence for occurrence in dates if occurrence.original_start in by_rule and not is_moved(occurrence)), None
    )


def first_at(place: str, dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of the dates that is held at a place; None when all of them are held elsewhere."""
    return first_with({"place": place}, dates)


def first_with(texts: Mapping[str, str], dates: Sequence[Occurrence]) -> Occurrence | None:
    """Return the first of the dates that has these texts, by their fields; None when all of them have others."""
    return next((occurrence for occurrence in dates if texts.items() <= own_texts(occurrence).items()), None)
