"""The joint operations of a report: counted for people who can see them, and withheld from everyone else.

A 0 would be a wrong figure for a reader who isn't named on the operations of a period, and a blank only where there are
some would give them away. So the cell of a reader who sees none always says that it is withheld, whether or not there
were any; and no total of their report includes one.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct


class TookPart(NamedTuple):
    """That an agency took part in an operation that was held: it leads it, or commits something to it."""

    occurrence_id: UUID
    agency: str


class Operations(Struct, frozen=True, kw_only=True):
    """The operations that were held, as far as the reader can see them."""

    held: int
    agencies: tuple[str, ...]
    """Those that took part, each once, by short name."""

    @property
    def is_withheld(self) -> bool:
        """Return whether the reader sees none, so that the figure says nothing of whether there were any."""
        return self.held == 0


def operations_of(took_part: Iterable[TookPart]) -> Operations:
    """Return how many operations these are, and which agencies took part in them."""
    every = list(took_part)
    return Operations(
        held=len({one.occurrence_id for one in every}),
        agencies=tuple(sorted({one.agency for one in every}, key=str.casefold)),
    )
