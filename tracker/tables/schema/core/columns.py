"""What tables are made of: the id of a row, and constraints declared beside the table."""

from enum import StrEnum

from msgspec import Struct
from piccolo.columns import UUID


class Identified:
    """What almost every row begins with: an id that says nothing of its row (`crypto.ids`)."""

    id = UUID(primary_key=True)


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
