"""Writing a query for the driver as Piccolo does; on PostgreSQL a list is one array (decision 48)."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.connections import Statement

PLACE = "{}"
OF_ARRAY = {" NOT IN (": " <> ALL (", " IN (": " = ANY ("}


class ValuesOfList(QueryString):
    """The values of a list in the brackets of IN.

    On PostgreSQL they are one array, so that the text is the same for lists of any length, and its plan is kept. A list
    of many parameters would be made an array again for each row that it is compared with.
    """

    __slots__ = ()

    def __init__(self, values: Collection[Any]) -> None:
        super().__init__(", ".join([PLACE] * len(values)), *values)


def compiled(query: QueryString, engine_type: str) -> Statement:
    """Return the SQL of a query and its arguments in their order. Errors: ValueError when their numbers differ."""
    arguments: list[Any] = []
    text = _written(query, arguments, has_arrays=engine_type == "postgres")
    if engine_type == "sqlite":
        return text.replace(PLACE, "?"), arguments
    first, *others = text.split(PLACE)
    return first + "".join(f"${number}{after}" for number, after in enumerate(others, 1)), arguments


def _written(query: QueryString, arguments: list[Any], *, has_arrays: bool) -> str:
    """Return the text of a query with those of the queries in it, and add its arguments."""
    text, *others = query.template.split(PLACE)
    if len(others) != len(query.args):
        raise ValueError(f"{len(query.args)} arguments for {query.template}")
    for value, after in zip(query.args, others, strict=True):
        if not isinstance(value, QueryString):
            arguments.append(value)
            text += PLACE + after
        elif not isinstance(value, ValuesOfList):
            text += _written(value, arguments, has_arrays=has_arrays) + after
        elif has_arrays:
            arguments.append(value.args)
            text = _asking_array(text) + PLACE + after
        else:
            arguments += value.args
            text += value.template + after
    return text


def _asking_array(before: str) -> str:
    """Return the text before a list so that it asks an array."""
    for usual, of_array in OF_ARRAY.items():
        if before.endswith(usual):
            return before.removesuffix(usual) + of_array
    raise ValueError(f"A list is written in the brackets of IN, not after: {before}")


NO_ONE = UUID(int=0)


def sql_list(values: Collection[Any]) -> QueryString:
    """Return values for `IN ({})`. Errors: ValueError without any: SQL has no empty list."""
    if not values:
        raise ValueError("A list in SQL has at least one value.")
    return ValuesOfList(values)


def id_list(ids: Iterable[UUID]) -> QueryString:
    """Return ids for `IN ({})`, each once; without any, one that no row has."""
    return sql_list(sorted({*ids}) or [NO_ONE])


NONE_WANTED = sql_list([NO_ONE])


def wanted_ids(ids: Iterable[UUID]) -> QueryString:
    """Return the ids of the rows that are wanted, for `IN ({})`; without any, `visible.core` asks nothing."""
    each = {*ids}
    return sql_list(sorted(each)) if each else NONE_WANTED
