"""The column that refers to a row of another table."""

from typing import Any, TypeVar

from piccolo.columns import column_types
from piccolo.table import Table

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
