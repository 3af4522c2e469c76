"""Audiences: names for who may see an event, and which of them hold for a person.

An audience is one of `all`, `arm:<arm>`, `agency:<id>`, `committee:<id>`, `member:<id>`. `federal:<id>` is a member
only while they serve at a federal agency, `government:<id>` only while they serve at a government agency. The id of a
person whose access to an event ends by itself is that of the access, which holds for them until then. An event is
visible to a viewer when one of its audiences is among those that hold for the viewer now.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import StrEnum
from itertools import product
from typing import NewType
from uuid import UUID

from tracker.rules.core.wording import Worded

Audience = NewType("Audience", str)
"""An audience as the row of an event stores it."""
EVERYONE = "all"


class Arm(Worded):
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


class Capacity(StrEnum):
    """In what capacity a person on a named event's list sees it: as a person, or while they serve at such an agency."""

    MEMBER = "member"
    FEDERAL = "federal"
    GOVERNMENT = "government"


def arm_audience(name: Arm) -> str:
    """Return the audience of everyone who serves in one arm."""
    return f"arm:{name}"


def agency_audience(agency_id: UUID) -> str:
    """Return the audience of everyone who serves at one agency."""
    return f"agency:{agency_id}"


def committee_audience(committee_id: UUID) -> str:
    """Return the audience of everyone who holds a seat on one committee, alternates included."""
    return f"committee:{committee_id}"


def member_audience(member_id: UUID) -> str:
    """Return the audience of one person."""
    return named_audience(member_id, Capacity.MEMBER)


def named_audience(member_id: UUID, standing: Capacity) -> str:
    """Return the audience of one person while they serve in this capacity."""
    return f"{standing}:{member_id}"


def emergency_audience(access_id: UUID) -> str:
    """Return the audience of one emergency access to operations (decision 31)."""
    return f"emergency:{access_id}"


def audiences_of_one(member_id: UUID) -> frozenset[str]:
    """Return every audience that can consist of this one person."""
    return frozenset(named_audience(member_id, standing) for standing in Capacity)


def event_audiences(
    visibility: Visibility, committee_id: UUID | None, people: Iterable[UUID], standing: Capacity = Capacity.MEMBER
) -> frozenset[str]:
    """Return the audiences of an event; `people` are on the list of a named event and see it as `standing`."""
    match visibility:
        case Visibility.ALL:
            return frozenset({EVERYONE})
        case Visibility.LAW_ENFORCEMENT | Visibility.VICTIM_SERVICES:
            return frozenset({arm_audience(Arm(visibility))})
        case Visibility.COMMITTEE if committee_id is not None:
            return frozenset({committee_audience(committee_id)})
        case _:
            return frozenset(named_audience(person, standing) for person in people)


def widens_audiences(before: AbstractSet[str], after: Iterable[str]) -> bool:
    """Return whether the audiences `after` may hold people who are in none of those `before`.

    Audiences are compared by name, not by who is in them. A person in one capacity is part of that person.
    """
    return EVERYONE not in before and any(not {one, _person_of(one)} & before for one in after)


def _person_of(audience: str) -> str:
    """Return the audience of the person of whom this one is a capacity; any other has none of that name."""
    return f"{Capacity.MEMBER}:{audience.partition(':')[2]}"


def person_audiences(
    names: AbstractSet[UUID],
    agency_id: UUID,
    arms: Iterable[Arm],
    committees: Iterable[UUID],
    standings: Iterable[Capacity],
) -> frozenset[str]:
    """Return the audiences that hold for an active person: committees, arm, agency, and the person in each capacity.

    `names` are the id of the person, and of their accesses that end by themselves and haven't yet.
    """
    oneself = {named_audience(name, capacity) for name, capacity in product(names, standings)}
    return frozenset(
        {EVERYONE, agency_audience(agency_id), *oneself}
        | {arm_audience(arm) for arm in arms}
        | {committee_audience(committee) for committee in committees}
    )
