"""A list of values in SQL, each of them a parameter."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.compiling import Question

NOBODY = UUID(int=0)


def places(number: int) -> str:
    """Return so many placeholders."""
    return ", ".join(["{}"] * number)


def sql_list(values: Collection[Any]) -> QueryString:
    """Return values for `IN ({})`. Errors: ValueError without any: SQL has no empty list."""
    if not values:
        raise ValueError("A list in SQL has at least one value.")
    return Question(places(len(values)), *values)


def id_list(ids: Iterable[UUID]) -> QueryString:
    """Return ids for `IN ({})`, each once; without any, one that no row has."""
    return sql_list(sorted({*ids}) or [NOBODY])
