"""Quorum of record: what was true when attendance was closed, no matter who holds the seats today."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.audiences import Arm
from tracker.rules.roster.quorum import Count, QuorumRule, counted


class SeatOfRecord(Struct, frozen=True, kw_only=True):
    """A seat that the committee had then."""

    agency_id: UUID
    agency: str
    """Short name, for example KCPD."""
    arm: Arm
    is_filled: bool
    """Whether its primary or an alternate was present."""


class QuorumOfRecord(Struct, frozen=True, kw_only=True):
    """The committee's rule and seats at the moment of closing."""

    rule: QuorumRule
    seats: Sequence[SeatOfRecord]
    recorded_at: datetime

    @property
    def count(self) -> Count:
        """Return how many seats were filled, compared with the rule."""
        return counted(self.rule, [one.arm for one in self.seats if one.is_filled], len(self.seats))

    @property
    def words(self) -> str:
        """Return "Quorum: 6 of 8 seats (5 needed)", or why there was no quorum."""
        return self.count.words

    @property
    def present(self) -> str:
        """Return the agencies whose seats were filled."""
        return _listed(one.agency for one in self.seats if one.is_filled)

    @property
    def missing(self) -> str:
        """Return the agencies whose seats were empty."""
        return _listed(one.agency for one in self.seats if not one.is_filled)


def _listed(agencies: Iterable[str]) -> str:
    return ", ".join(sorted(agencies, key=str.casefold)) or "none"
