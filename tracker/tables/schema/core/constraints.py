"""What the database holds rows to, declared beside their columns; migrations make it, and a test compares the two.

    constraints = (unique("event", "member"), index("invitation_member", "member", "event"), one_of("role", Role))

A rule or an index of one column is said at the column (`unique=True`, `index=True`). The rest cannot be said to Piccolo
(1.38): it knows no index of several columns or with a condition, and makes its own `Unique` and `Check` on PostgreSQL
alone. Nothing here runs while the product does.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Unique:
    """No two rows have the same values in all of these columns."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A sentence of SQL that is true, or unknown, of each row."""

    sql: str


@dataclass(frozen=True)
class Index:
    """A way to find rows by columns, of those rows for which `where` is true; empty = of all."""

    name: str
    columns: tuple[str, ...]
    where: str
    is_unique: bool
    """Whether it also refuses a second row with the same values."""


Constraint = Unique | Check | Index


def unique(*columns: str) -> Unique:
    """Refuse a second row with the same values; rows with an empty one differ from all others."""
    return Unique(columns)


def index(name: str, *columns: str, where: str = "") -> Index:
    """Find rows by these columns, leftmost first."""
    return Index(name, columns, where, is_unique=False)


def unique_index(name: str, *columns: str, where: str) -> Index:
    """Refuse a second row with the same values among the rows for which `where` is true."""
    return Index(name, columns, where, is_unique=True)


def check(sql: str) -> Check:
    """Refuse a row of which the sentence is false."""
    return Check(sql)


def one_of(column: str, words: type[StrEnum]) -> Check:
    """Refuse a row whose column holds none of the words of an enumeration of the rules."""
    return Check(f"{column} IN ({', '.join(repr(word.value) for word in words)})")
