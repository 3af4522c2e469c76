"""The owner of the token, and the people, agencies, committees, and sites that they may name in other operations."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from tracker.ports.api.event_shapes import RemindersShown, reminders_shown
from tracker.ports.api.operations import operation
from tracker.ports.api.shapes import Name, NamedId, Shown, list_of, shown
from tracker.ports.http.dependencies import Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.viewers import Arm, Level, Role, Status
from tracker.rules.identity import ApiScope
from tracker.usecases.roster import agencies, committees, directory
from tracker.usecases.roster.known_people import active_among, all_candidates, people_to_invite

TAG = "You and others"


class Me(Shown):
    """The owner of the token, and the scopes of the token."""

    id: UUID
    name: str
    email: str
    agency: str
    arm: Arm
    time_zone: str
    roles: tuple[Role, ...]
    scopes: tuple[ApiScope, ...]


class PersonShown(Name):
    """A person with their numbers; null where none is given, or you may not see it."""

    phone: Annotated[str | None, Meta(description="At work.")]
    mobile: Annotated[str | None, Meta(description="Some people show it to coordinators and administrators only.")]


PeopleShown = list_of("PeopleShown", PersonShown, "People by agency and name.")


class AgencyContactShown(Shown):
    """Whom to ask for at an agency, and the address of its office; null where none is given."""

    name: str | None
    phone: str | None
    email: str | None
    address: str | None


class AgencyShown(Shown):
    """An agency of the task force; `coalition_id` is the agency whose coalition it belongs to."""

    id: UUID
    code: str
    name: str
    arm: Arm
    level: Level
    status: Status
    coalition_id: UUID | None
    contact: AgencyContactShown


AgenciesShown = list_of("AgenciesShown", AgencyShown, "Agencies by code.")


class CommitteeShown(NamedId):
    """A committee or a team, with the ids of the people who hold its seats."""

    place: str
    members: tuple[UUID, ...]
    reminders: Annotated[RemindersShown, Meta(description="With which its new events begin.")]


CommitteesShown = list_of("CommitteesShown", CommitteeShown, "Committees by name.")


class SiteShown(Shown):
    """A place where the task force meets."""

    name: str
    address: str
    place: Annotated[str, Meta(description="What to send as the place of an event there.")]
    seats: int | None
    equipment: str


SitesShown = list_of("SitesShown", SiteShown, "Sites by name.")


_lists = partial(operation, "GET", tag=TAG, scope=ApiScope.EVENTS_READ)


@operation("GET", "/me", "Read the token’s owner", tag=TAG, scope=None, response=Me)
async def read_me(request: FormRequest, viewer: Viewer) -> Me:
    """Return the owner of the token."""
    scopes = tuple(sorted(request.scope["state"]["scopes"]))
    roles = tuple(sorted(viewer.roles))
    return shown(Me, viewer, id=viewer.member_id, time_zone=viewer.zone, roles=roles, scopes=scopes)


@_lists(
    "/people",
    "List people",
    response=PeopleShown,
    text="Returns people you can invite: your own arm, and everyone you share a committee with. If you can’t "
    "schedule events, returns the people that the directory shows you.",
)
async def list_people(viewer: Viewer) -> Iterable[PersonShown]:
    """Return the people whom the viewer may know; the numbers are for those who may know them in the directory."""
    cards = {person.id: person for person in await directory.people_for(viewer)}
    people = await all_candidates(people_to_invite(viewer) if viewer.may_schedule else active_among(cards))
    unknown = {"phone": "", "mobile": ""}
    return [
        shown(PersonShown, person, **({"phone": card.phone, "mobile": card.mobile} if card else unknown))
        for person in people
        for card in [cards.get(person.id)]
    ]


@_lists(
    "/agencies",
    "List agencies",
    response=AgenciesShown,
    text="Returns agencies with people you can invite, or all agencies for a coordinator or administrator.",
)
async def list_agencies(viewer: Viewer) -> Iterable[AgencyShown]:
    """Return the agencies that the viewer may know."""
    agencies = await directory.agencies_for(viewer)
    return [shown(AgencyShown, agency, contact=shown(AgencyContactShown, agency.contact)) for agency in agencies]


@_lists(
    "/committees",
    "List committees",
    response=CommitteesShown,
    text="Returns committees you have a seat on, or all for a coordinator.",
)
async def list_committees(viewer: Viewer) -> Iterable[CommitteeShown]:
    """Return the committees that the viewer may know."""
    choices, policies = await committees.committee_choices(viewer), await committees.reminder_policies()
    return [
        shown(
            CommitteeShown,
            committee,
            members=sorted(committee.members),
            reminders=reminders_shown(policies.of(committee.id)),
        )
        for committee in choices
    ]


@_lists(
    "/sites",
    "List sites",
    response=SitesShown,
    text="Returns sites suggested for new events. An event can also be anywhere else.",
)
async def list_sites() -> Iterable[SiteShown]:
    """Return the sites that are offered for events; every member may know them."""
    return [shown(SiteShown, site, seats=site.capacity) for site in await agencies.open_sites()]
