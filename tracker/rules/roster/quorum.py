"""Quorum: how many seats of a committee must be filled, and whether each arm must be present; pure."""

from collections.abc import Container, Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.rules.core.audiences import Arm
from tracker.rules.core.wording import plural

MOST_SEATS = 99


class QuorumRule(Struct, frozen=True, kw_only=True):
    """A committee's quorum requirement; by default none."""

    seats: int | None = None
    """How many of its seats must be filled."""
    both_arms: bool = False

    @property
    def is_asked(self) -> bool:
        """Return whether the committee requires a quorum."""
        return self.seats is not None or self.both_arms

    def words(self, of: int) -> str:
        """Return the rule for a committee with `of` seats: "5 of 8 seats, both arms"."""
        seats = f"{self.seats} of {plural(of, 'seat')}" if self.seats is not None else ""
        return ", ".join(filter(None, (seats, "both arms" if self.both_arms else ""))) or "none"

    def check(self, arm: Arm | None) -> None:
        """Raise `Invalid` for a rule that a committee of this arm (None: of both) can't require."""
        if self.seats is not None and not 1 <= self.seats <= MOST_SEATS:
            raise Invalid(quorum=f"Enter how many seats must be present, 1 to {MOST_SEATS}, or leave it blank.")
        if self.both_arms and arm is not None:
            raise Invalid(both_arms="This committee has one arm. Clear the check box, or choose both arms.")


NO_QUORUM = QuorumRule()


class FillableSeat(Struct, frozen=True, kw_only=True):
    """A seat of an agency, and who may fill it: its primary and alternates."""

    agency_id: UUID
    arm: Arm
    holders: frozenset[UUID]


class QuorumCount(Struct, frozen=True, kw_only=True):
    """How many seats are filled, compared with the requirement."""

    filled: int
    of: int
    needed: int
    absent: tuple[Arm, ...]
    """Required arms with no one present."""

    @property
    def is_met(self) -> bool:
        """Return whether there is a quorum."""
        return self.filled >= self.needed and not self.absent

    @property
    def words(self) -> str:
        """Return "Quorum: 6 of 8 seats (5 needed)", or why there is no quorum."""
        needed = f" ({self.needed} needed)" if self.needed else ""
        seats = f"{self.filled} of {plural(self.of, 'seat')}{needed}"
        if self.is_met:
            return f"Quorum: {seats}"
        few = seats if self.filled < self.needed else ""
        no_one = f"no one from {' or '.join(arm.label.lower() for arm in self.absent)}" if self.absent else ""
        return "No quorum: " + ", ".join(filter(None, (few, no_one)))


class Quorum(Struct, frozen=True, kw_only=True):
    """The rule of a committee and its seats."""

    rule: QuorumRule
    seats: Sequence[FillableSeat]

    @property
    def holders(self) -> frozenset[UUID]:
        """Return all people who may fill a seat."""
        return frozenset(holder for seat in self.seats for holder in seat.holders)

    def among(self, invited: Container[UUID]) -> "Quorum":
        """Return the committee reduced to seats of which a member is invited; an alternate may come then.

        No one fills the others.
        """
        kept = (seat if any(holder in invited for holder in seat.holders) else _empty(seat) for seat in self.seats)
        return Quorum(rule=self.rule, seats=tuple(kept))

    def count(self, absent: Container[UUID]) -> QuorumCount:
        """Return how many seats are filled when some people can't come."""
        return self._counted([seat for seat in self.seats if any(holder not in absent for holder in seat.holders)])

    def count_present(self, present: Container[UUID]) -> QuorumCount:
        """Return how many seats are filled by the people present."""
        return self._counted(self.filled(present))

    def filled(self, present: Container[UUID]) -> list[FillableSeat]:
        """Return the seats of which a holder is present."""
        return [seat for seat in self.seats if any(holder in present for holder in seat.holders)]

    def _counted(self, filled: Sequence[FillableSeat]) -> QuorumCount:
        return count_quorum(self.rule, [seat.arm for seat in filled], len(self.seats))


def count_quorum(rule: QuorumRule, filled: Sequence[Arm], of: int) -> QuorumCount:
    """Return how many of a committee's `of` seats are filled, compared with the rule; `filled` are their arms."""
    return QuorumCount(
        filled=len(filled),
        of=of,
        needed=rule.seats or 0,
        absent=tuple(arm for arm in Arm if arm not in filled) if rule.both_arms else (),
    )


def _empty(seat: FillableSeat) -> FillableSeat:
    return replace(seat, holders=frozenset())
