"""How many places people may have compared with other operations: enough to plan, too few to search for one.

Each comparison of a place at a time says whether another operation is near. Someone who tries address after address and
hour after hour would find operations that they may not know of.
"""

from datetime import timedelta
from typing import NamedTuple

from tracker.rules.operations.plans import Operation
from tracker.rules.operations.sites import Site
from tracker.rules.operations.states import COMPARED, OperationState

MOST_IN_AN_HOUR, MOST_IN_A_DAY = 100, 300  # places of one person
OF_AN_AGENCY = 2  # times as many
AFTER_AN_HOUR = "Try again in an hour, or ask a deconfliction officer."
AFTER_A_DAY = "Try again tomorrow, or ask a deconfliction officer."
BACK_TO_DRAFT = frozenset(
    {OperationState.PLANNING, OperationState.SUBMITTED, OperationState.APPROVED, OperationState.BRIEFED}
)
"""From where a plan whose time moves too often is taken out of the comparison; never once the operation has begun."""


class Used(NamedTuple):
    """Places that were compared in the last hour and in the last 24 hours."""

    in_an_hour: int
    in_a_day: int


def refusal(person: Used, agency: Used) -> str:
    """Return why another place isn't compared now, and what to do; empty when it is."""
    for who, used, times in (("You have", person, 1), ("Your agency has", agency, OF_AN_AGENCY)):
        if used.in_a_day >= times * MOST_IN_A_DAY:
            most, span, then = times * MOST_IN_A_DAY, "in 24 hours", AFTER_A_DAY
        elif used.in_an_hour >= times * MOST_IN_AN_HOUR:
            most, span, then = times * MOST_IN_AN_HOUR, "in an hour", AFTER_AN_HOUR
        else:
            continue
        return f"{who} had {most} sites compared with other operations {span}, which is the limit. {then}"
    return ""


def of_site(operation: Operation, site: Site) -> int:
    """Return how many places are compared because of a new site."""
    return int(operation.state in COMPARED and site.is_compared)


def of_buffer(operation: Operation, buffer: timedelta) -> int:
    """Return how many places are compared because of another buffer: a longer one reaches further."""
    return _places(operation) if operation.state in COMPARED and buffer > operation.buffer else 0


def of_move(operation: Operation, to: OperationState) -> int:
    """Return how many places are compared because a plan that was not compared enters a state in which it is."""
    return _places(operation) if to in COMPARED and operation.state not in COMPARED else 0


def _places(operation: Operation) -> int:
    return sum(site.is_compared for site in operation.sites)
