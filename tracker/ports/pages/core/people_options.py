"""People as the options of a select field, grouped by agency."""

from collections.abc import Iterable
from itertools import groupby

from tracker.rules.events.plan import Person

Options = list[tuple[str, str | list[tuple[str, str]]]]


def people_options(people: Iterable[Person], empty: str | None = None) -> Options:
    """Return the options for people who come ordered by agency; `empty` is the label of the empty choice."""
    first: Options = [] if empty is None else [("", empty)]
    return first + [
        (agency, [(str(person.id), person.name) for person in of_agency])
        for agency, of_agency in groupby(people, key=lambda person: person.agency)
    ]
