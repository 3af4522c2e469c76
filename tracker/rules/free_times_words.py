"""What is said of a suggested time: how many are free, and who is not, by name."""

from collections.abc import Mapping
from uuid import UUID

from tracker.rules.free_times import Suggestion
from tracker.rules.planning import Person
from tracker.rules.wording import plural

NAMED = 6
"""How many people are named for one time."""


def notes(one: Suggestion, required: int, names: Mapping[UUID, Person]) -> list[str]:
    """Return what there is to say of a time; `names` holds everybody but the organizer."""
    missing = [*_each(one.missing, "busy", one.dates, names), *_each(one.tentative, "tentative", one.dates, names)]
    more = [f"and {len(missing) - NAMED} more"] if len(missing) > NAMED else []
    optional = len(one.optional_missing)
    verb = "person is" if optional == 1 else "people are"
    return [
        *_free(one, required), *missing[:NAMED], *more, *([f"{optional} optional {verb} busy"] if optional else [])
    ]  # fmt: skip


def _free(one: Suggestion, required: int) -> list[str]:
    if one.dates > 1:
        return [f"{one.free} of the next {one.dates} dates free"]
    who = "required person is" if required == 1 else "required people are"
    return [f"{required - len(one.missing)} of {required} {who} free"]


def _each(people: Mapping[UUID, int], word: str, dates: int, names: Mapping[UUID, Person]) -> list[str]:
    ordered = sorted(people.items(), key=lambda pair: -pair[1])
    return [f"{_name(names.get(one))} is {word}{_on(number, dates)}" for one, number in ordered]


def _name(person: Person | None) -> str:
    return f"{person.name} ({person.agency})" if person else "the organizer"


def _on(number: int, dates: int) -> str:
    return f" on {plural(number, 'date')}" if dates > 1 else ""
