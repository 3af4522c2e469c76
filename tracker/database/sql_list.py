"""A list of values in SQL."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.compiling import ValuesOfList

NOBODY = UUID(int=0)


def sql_list(values: Collection[Any]) -> QueryString:
    """Return values for `IN ({})`. Errors: ValueError without any: SQL has no empty list."""
    if not values:
        raise ValueError("A list in SQL has at least one value.")
    return ValuesOfList(values)


def id_list(ids: Iterable[UUID]) -> QueryString:
    """Return ids for `IN ({})`, each once; without any, one that no row has."""
    return sql_list(sorted({*ids}) or [NOBODY])


NONE_WANTED = sql_list([NOBODY])


def wanted_ids(ids: Iterable[UUID]) -> QueryString:
    """Return the ids of the rows that are wanted, for `IN ({})`; without any, `visible.core.rows` asks nothing."""
    each = {*ids}
    return sql_list(sorted(each)) if each else NONE_WANTED
