"""Audiences: the words by which an event names who may see it, and which of them hold for a person.

An audience is one of `all`, `arm:<arm>`, `agency:<id>`, `body:<id>`, `member:<id>`. An event is visible to a viewer
when one of its audiences is among those that hold for the viewer now.
"""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

EVERYONE = "all"


class Arm(StrEnum):
    """The two arms of the task force, both led by the U.S. Attorney's Office."""

    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SERVICES = "victim_services"


class Visibility(StrEnum):
    """Who may see an event, as a coordinator chooses it."""

    ALL = "all"
    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SERVICES = "victim_services"
    BODY = "body"
    NAMED = "named"


def arm(name: Arm) -> str:
    """Return the audience of everybody who serves in one arm."""
    return f"arm:{name}"


def agency(agency_id: UUID) -> str:
    """Return the audience of everybody who serves at one agency."""
    return f"agency:{agency_id}"


def body(body_id: UUID) -> str:
    """Return the audience of everybody who holds a seat in one body, alternates included."""
    return f"body:{body_id}"


def member(member_id: UUID) -> str:
    """Return the audience of one person."""
    return f"member:{member_id}"


def of_event(visibility: Visibility, body_id: UUID | None, named: Iterable[UUID]) -> frozenset[str]:
    """Return the audiences of an event; `named` are the people on the list of a named event (its lead among them)."""
    match visibility:
        case Visibility.ALL:
            return frozenset({EVERYONE})
        case Visibility.LAW_ENFORCEMENT | Visibility.VICTIM_SERVICES:
            return frozenset({arm(Arm(visibility))})
        case Visibility.BODY if body_id is not None:
            return frozenset({body(body_id)})
        case _:
            return frozenset(member(person) for person in named)


def of_person(member_id: UUID, agency_id: UUID, arms: Iterable[Arm], bodies: Iterable[UUID]) -> frozenset[str]:
    """Return the audiences that hold for an active person: a seat, an arm, an agency, the person."""
    return frozenset(
        {EVERYONE, agency(agency_id), member(member_id)} | {arm(one) for one in arms} | {body(one) for one in bodies}
    )
