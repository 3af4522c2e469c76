"""The text for a suggested time: how many people are free, and who is not, by name."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from tracker.rules.availability.busy_days import Days, State
from tracker.rules.availability.suggested_times import Suggestion
from tracker.rules.core.wall_clock import to_local
from tracker.rules.core.wording import plural
from tracker.rules.events.plan import Person

NAMED = 6
"""The most people named for one time."""


def unshared(one: Suggestion, required: Iterable[UUID], days: Mapping[UUID, Days], zone: str) -> int:
    """Return how many people who count as free share no calendar that covers the first date."""
    day = to_local(one.starts_at, zone).date()
    as_free = (who for who in required if one.missing.get(who, 0) < one.dates)
    return sum(who in days and not days[who].shares(day, zone) for who in as_free)


def notes(one: Suggestion, required: int, names: Mapping[UUID, Person], unknown: int = 0) -> list[str]:
    """Return the notes on a time; `names` holds everyone but the organizer.

    `unknown` is how many of the required people could share a calendar and don't.
    """
    busy, out, away = (_missing(one, way) for way in (State.BUSY, State.OUT, State.BLACKOUT))
    in_words = ((busy, "busy"), (out, "out of office"), (one.tentative, "tentative"))
    each = (said for people, word in in_words for said in _each(people, word, one.dates, names))
    missing = [*_blackouts(away, one.dates, names), *each]
    more = [f"and {len(missing) - NAMED} more"] if len(missing) > NAMED else []
    free = _free(one, required) + _as_known(unknown)
    return [free, *_quorum(one), *missing[:NAMED], *more, *_optional(len(one.optional_missing))]


def _missing(one: Suggestion, way: State) -> dict[UUID, int]:
    return {who: number for who, number in one.missing.items() if one.why.get(who, State.BUSY) is way}


def _blackouts(people: Mapping[UUID, int], dates: int, names: Mapping[UUID, Person]) -> list[str]:
    """Return each agency once: its people are away together."""
    agencies: dict[str, int] = {}
    for one, number in people.items():
        agency = names[one].agency if one in names else "the organizer’s agency"
        agencies[agency] = max(number, agencies.get(agency, 0))
    return [
        f"{plural(number, 'blackout day')} of {agency}" if dates > 1 else f"blackout day of {agency}"
        for agency, number in agencies.items()
    ]


def _free(one: Suggestion, required: int) -> str:
    if one.dates > 1:
        return f"{one.free} of the next {one.dates} dates free"
    who = "required person is" if required == 1 else "required people are"
    return f"{required - len(one.missing)} of {required} {who} free"


def _as_known(unknown: int) -> str:
    who = plural(unknown, "hasn’t", "haven’t")
    return f" ({who} shared a calendar)" if unknown else ""


def _quorum(one: Suggestion) -> list[str]:
    if one.quorum is None:
        return []
    return [f"Quorum on {one.quorate} of them" if one.dates > 1 else one.quorum.words]


def _optional(number: int) -> list[str]:
    return [f"{plural(number, 'optional person is', 'optional people are')} busy"] if number else []


def _each(people: Mapping[UUID, int], word: str, dates: int, names: Mapping[UUID, Person]) -> list[str]:
    ordered = sorted(people.items(), key=lambda pair: -pair[1])
    return [f"{_name(names.get(one))} is {word}{_on(number, dates)}" for one, number in ordered]


def _name(person: Person | None) -> str:
    return f"{person.name} ({person.agency})" if person else "the organizer"


def _on(number: int, dates: int) -> str:
    return f" on {plural(number, 'date')}" if dates > 1 else ""
