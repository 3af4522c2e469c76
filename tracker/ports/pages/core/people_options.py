"""People as the options of a select field, grouped by agency."""

from collections.abc import Iterable
from itertools import groupby

from tracker.rules.events.plan import Person

Options = list[tuple[str, str | list[tuple[str, str]]]]


def people_options(people: Iterable[Person], nobody: str | None = None) -> Options:
    """Return the options for people who come ordered by agency; `nobody` is the label of the empty choice."""
    first: Options = [] if nobody is None else [("", nobody)]
    return first + [
        (agency, [(str(person.id), person.name) for person in of_agency])
        for agency, of_agency in groupby(people, key=lambda person: person.agency)
    ]
