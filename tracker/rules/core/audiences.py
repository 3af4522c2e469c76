"""Audiences: the words by which an event names who may see it, and which of them hold for a person.

An audience is one of `all`, `arm:<arm>`, `agency:<id>`, `committee:<id>`, `member:<id>`; `federal:<id>` is a
member while
they serve at a federal agency, `government:<id>` at a governmental one. An event is visible to a viewer when one of its
audiences is among those that hold for the viewer now.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NewType
from uuid import UUID

Audience = NewType("Audience", str)
"""As it stands in a row of an event."""
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
    COMMITTEE = "committee"
    NAMED = "named"


class Standing(StrEnum):
    """As what somebody on the list of a named event sees it: as themselves, or while they serve at such an agency."""

    MEMBER = "member"
    FEDERAL = "federal"
    GOVERNMENT = "government"


def arm(name: Arm) -> str:
    """Return the audience of everybody who serves in one arm."""
    return f"arm:{name}"


def agency(agency_id: UUID) -> str:
    """Return the audience of everybody who serves at one agency."""
    return f"agency:{agency_id}"


def committee(committee_id: UUID) -> str:
    """Return the audience of everybody who holds a seat in one committee, alternates included."""
    return f"committee:{committee_id}"


def member(member_id: UUID) -> str:
    """Return the audience of one person."""
    return named(member_id, Standing.MEMBER)


def named(member_id: UUID, standing: Standing) -> str:
    """Return the audience of one person while they have this standing."""
    return f"{standing}:{member_id}"


def of_one(member_id: UUID) -> frozenset[str]:
    """Return every audience that is of one person alone."""
    return frozenset(named(member_id, standing) for standing in Standing)


def of_event(
    visibility: Visibility, committee_id: UUID | None, people: Iterable[UUID], standing: Standing = Standing.MEMBER
) -> frozenset[str]:
    """Return the audiences of an event; `people` are those on the list of a named event, who see it as `standing`."""
    match visibility:
        case Visibility.ALL:
            return frozenset({EVERYONE})
        case Visibility.LAW_ENFORCEMENT | Visibility.VICTIM_SERVICES:
            return frozenset({arm(Arm(visibility))})
        case Visibility.COMMITTEE if committee_id is not None:
            return frozenset({committee(committee_id)})
        case _:
            return frozenset(named(person, standing) for person in people)


def of_person(
    member_id: UUID, agency_id: UUID, arms: Iterable[Arm], committees: Iterable[UUID], standings: Iterable[Standing]
) -> frozenset[str]:
    """Return the audiences that hold for an active person: a seat, an arm, an agency, the person and their standing."""
    oneself = {named(member_id, one) for one in standings}
    return frozenset(
        {EVERYONE, agency(agency_id), *oneself} | {arm(one) for one in arms} | {committee(one) for one in committees}
    )
