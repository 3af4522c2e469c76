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
        """Return a column of the other table, and have them all from now on."""
        if name.startswith("_") or self._foreign_key_meta.proxy_columns:
            raise AttributeError(name)
        super().set_proxy_columns()
        return self.__getattribute__(name)
