"""Writing a query for the driver as Piccolo does, in a quarter of the time.

Piccolo parses each text with `string.Formatter`; a page has 20 queries with a dozen placeholders each.
"""

from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from typing import Any, Literal

from piccolo.columns import Column
from piccolo.querystring import QueryString

from tracker.database.connections import Statement

PLACE = "{}"
VALUE: Literal["value"] = "value"
ARRAY: Literal["array"] = "array"
OF_ARRAY = {" NOT IN (": " <> ALL (", " IN (": " = ANY ("}
Inner = Literal["value", "array"] | tuple[str, "Shape"]
Shape = tuple[Inner, ...]
"""What is at each place of a template: a value, an array, or a query with a template and a shape of its own."""


class Question(QueryString):
    """A query whose arguments are values and other queries, never columns: Piccolo asks that of each of them."""

    __slots__ = ()

    def process_args(self, args: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Column]]:
        """Return the arguments as they are."""
        return args, ()


class ValuesOfList(Question):
    """The values of a list in the brackets of IN.

    On PostgreSQL they are one array, so that the text is the same for lists of any length, and its plan is kept. A list
    of many parameters would be made an array again for each row that it is compared with.
    """

    __slots__ = ()

    def __init__(self, values: Collection[Any]) -> None:
        super().__init__(", ".join([PLACE] * len(values)), *values)


@cache
def _is_query(kind: type) -> bool:
    """Return whether values of a type are queries; the types of Piccolo take longer to ask."""
    return issubclass(kind, QueryString)


def compiled(query: QueryString, engine_type: str) -> Statement:
    """Return the SQL of a query and its arguments in their order. Errors: ValueError when their numbers differ."""
    arguments: list[Any] = []
    shape = _shape(query, arguments, has_arrays=engine_type == "postgres")
    return _written(query.template, shape, engine_type), arguments


def _shape(query: QueryString, arguments: list[Any], *, has_arrays: bool) -> Shape:
    """Return what the SQL of a query depends on beside its template; add its arguments."""
    if not any(map(_is_query, map(type, query.args))):
        arguments += query.args
        return (VALUE,) * len(query.args)
    shape: list[Inner] = []
    for value in query.args:
        if not _is_query(value.__class__):
            arguments.append(value)
            shape.append(VALUE)
        elif has_arrays and value.__class__ is ValuesOfList:
            arguments.append(value.args)
            shape.append(ARRAY)
        else:
            shape.append((value.template, _shape(value, arguments, has_arrays=has_arrays)))
    return tuple(shape)


@lru_cache(maxsize=1024)
def _written(template: str, shape: Shape, engine_type: str) -> str:
    """Return the SQL of all queries of a shape: those of a page come again with every page."""
    text = _flat(template, shape)
    if engine_type == "sqlite":
        return text.replace(PLACE, "?")
    first, *others = text.split(PLACE)
    return first + "".join(f"${number}{one}" for number, one in enumerate(others, 1))


def _flat(template: str, shape: Shape) -> str:
    """Return the text of a query, with those of the queries in it."""
    text, *others = template.split(PLACE)
    if len(others) != len(shape):
        raise ValueError(f"{len(shape)} arguments for {template}")
    for inner, after in zip(shape, others, strict=True):
        if inner == ARRAY:
            text = _asking_array(text)
        text += PLACE if isinstance(inner, str) else _flat(*inner)
        text += after
    return text


def _asking_array(before: str) -> str:
    """Return the text before a list so that it asks an array."""
    for usual, of_array in OF_ARRAY.items():
        if before.endswith(usual):
            return before.removesuffix(usual) + of_array
    raise ValueError(f"A list is written in the brackets of IN, not after: {before}")
