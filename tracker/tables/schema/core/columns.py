"""What columns are made of: constraints declared beside the table, foreign keys, and new ids."""

from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct
from piccolo.columns import column_types
from piccolo.columns.defaults.uuid import UUID4  # noqa: TID251 - here it gets its equality
from piccolo.table import Table


class Unique(Struct, frozen=True):
    """No two rows have the same values in all of these columns."""

    columns: tuple[str, ...]


class Check(Struct, frozen=True):
    """A SQL condition that is true, or unknown, for each row."""

    sql: str


class Index(Struct, frozen=True):
    """An index on columns, over the rows for which `where` is true; empty = over all."""

    name: str
    columns: tuple[str, ...]
    where: str
    is_unique: bool
    """Whether it also refuses a second row with the same values."""


Constraint = Unique | Check | Index


def unique(*columns: str) -> Unique:
    """Refuse a second row with the same values; a row with a NULL differs from all others."""
    return Unique(columns)


def index(name: str, *columns: str, where: str = "") -> Index:
    """Find rows by these columns, leftmost first."""
    return Index(name, columns, where, is_unique=False)


def unique_index(name: str, *columns: str, where: str) -> Index:
    """Refuse a second row with the same values among the rows for which `where` is true."""
    return Index(name, columns, where, is_unique=True)


def check(sql: str) -> Check:
    """Refuse a row for which the condition is false."""
    return Check(sql)


def one_of(column: str, words: type[StrEnum]) -> Check:
    """Refuse a row whose column holds none of the values of an enumeration of the rules."""
    return Check(f"{column} IN ({', '.join(repr(word.value) for word in words)})")


Other = TypeVar("Other", bound=Table)


class ForeignKey(column_types.ForeignKey[Other]):
    """Piccolo's own, which copies the other table's columns for joins, but not before a join asks for the first.

    Of 145 keys, few are ever asked; making 3,000 copies took a thirtieth of each start.
    """

    def set_proxy_columns(self) -> None:
        """Leave it to `__getattr__`, which Python asks for what isn't there."""

    def __getattr__(self, name: str) -> Any:
        """Return a column of the other table, and have them all from now on. Errors: AttributeError."""
        others = () if name.startswith("_") else self._foreign_key_meta.resolved_references._meta.columns  # noqa: SLF001 - Piccolo's documented way
        copies = {one._meta.name: one.copy() for one in others}  # noqa: SLF001 - as above
        if name not in copies:
            raise AttributeError(f"{type(self).__name__} has no attribute {name}.")
        vars(self).update(copies)
        self._foreign_key_meta.proxy_columns = list(copies.values())
        return self.__getattribute__(name)


class NewId(UUID4):
    """A random UUID as Piccolo's own, but equal to itself alone.

    Piccolo asks of each column whether its default equals `uuid.uuid4`, and its own class compares the text of its
    signature: half a millisecond for each table.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__


NEW_ID = NewId()
