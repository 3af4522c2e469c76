"""A list of values in SQL, each of them a parameter."""

from collections.abc import Collection
from typing import Any

from piccolo.querystring import QueryString


def sql_list(values: Collection[Any]) -> QueryString:
    """Return values for `IN ({})`. Errors: ValueError without any: SQL has no empty list."""
    if not values:
        raise ValueError("A list in SQL has at least one value.")
    return QueryString(", ".join(["{}"] * len(values)), *values)
