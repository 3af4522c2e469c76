"""The owner of the token, and the people, agencies, committees, and sites that they may name in other operations."""

from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response
from msgspec import Meta

from tracker.ports.api.event_shapes import RemindersShown, reminders_shown
from tracker.ports.api.operations import Operation, operation
from tracker.ports.api.responses import json_response
from tracker.ports.api.shapes import Name, Shown
from tracker.ports.http.dependencies import Viewer
from tracker.ports.http.forms import FormRequest
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Level, Role, Status
from tracker.rules.events.plans import Person
from tracker.rules.identity.api_tokens import ApiScope
from tracker.rules.roster.directory import PersonCard
from tracker.usecases.roster import committees, directory, reminder_policies, sites
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


class PeopleShown(Shown):
    """People by agency and name."""

    items: tuple[PersonShown, ...]


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


class AgenciesShown(Shown):
    """Agencies by code."""

    items: tuple[AgencyShown, ...]


class CommitteeShown(Shown):
    """A committee or a team, with the ids of the people who hold its seats."""

    id: UUID
    name: str
    place: str
    members: tuple[UUID, ...]
    reminders: Annotated[RemindersShown, Meta(description="With which its new events begin.")]


class CommitteesShown(Shown):
    """Committees by name."""

    items: tuple[CommitteeShown, ...]


class SiteShown(Shown):
    """A place where the task force meets."""

    name: str
    address: str
    place: Annotated[str, Meta(description="What to send as the place of an event there.")]
    seats: int | None
    equipment: str


class SitesShown(Shown):
    """Sites by name."""

    items: tuple[SiteShown, ...]


@operation(HttpMethod.GET, "/me", Operation(summary="Read the token’s owner", tag=TAG, scope=None, response=Me))
async def read_me(request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return the owner of the token."""
    scopes = request.scope["state"]["scopes"]
    shown = Me(
        id=viewer.member_id,
        name=viewer.name,
        email=viewer.email,
        agency=viewer.agency,
        arm=viewer.arm,
        time_zone=viewer.zone,
        roles=tuple(sorted(viewer.roles)),
        scopes=tuple(sorted(scopes)),
    )
    return json_response(request, shown)


@operation(
    HttpMethod.GET,
    "/people",
    Operation(
        summary="List people",
        tag=TAG,
        scope=ApiScope.EVENTS_READ,
        response=PeopleShown,
        text="Returns people you can invite: your own arm, and everyone you share a committee with. If you can’t "
        "schedule events, returns the people that the directory shows you.",
    ),
)
async def list_people(request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return the people whom the viewer may know."""
    cards = {person.id: person for person in await directory.people_for(viewer)}
    people = await all_candidates(people_to_invite(viewer) if viewer.may_schedule else active_among(cards))
    return json_response(request, PeopleShown(items=tuple(_person(person, cards.get(person.id)) for person in people)))


def _person(person: Person, card: PersonCard | None) -> PersonShown:
    """Return a person; the numbers are for those who may know the person in the directory."""
    return PersonShown(
        id=person.id,
        name=person.name,
        agency=person.agency,
        phone=(card.phone or None) if card else None,
        mobile=(card.mobile or None) if card else None,
    )


@operation(
    HttpMethod.GET,
    "/agencies",
    Operation(
        summary="List agencies",
        tag=TAG,
        scope=ApiScope.EVENTS_READ,
        response=AgenciesShown,
        text="Returns agencies with people you can invite, or all agencies for a coordinator or administrator.",
    ),
)
async def list_agencies(request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return the agencies that the viewer may know."""
    agency_cards = await directory.agencies_for(viewer)
    items = (
        AgencyShown(
            id=agency_card.id,
            code=agency_card.code,
            name=agency_card.name,
            arm=agency_card.arm,
            level=agency_card.level,
            status=agency_card.status,
            coalition_id=agency_card.coalition_id,
            contact=AgencyContactShown(
                name=agency_card.contact.name or None,
                phone=agency_card.contact.phone or None,
                email=agency_card.contact.email or None,
                address=agency_card.contact.address or None,
            ),
        )
        for agency_card in agency_cards
    )
    return json_response(request, AgenciesShown(items=tuple(items)))


@operation(
    HttpMethod.GET,
    "/committees",
    Operation(
        summary="List committees",
        tag=TAG,
        scope=ApiScope.EVENTS_READ,
        response=CommitteesShown,
        text="Returns committees you have a seat on, or all for a coordinator.",
    ),
)
async def list_committees(request: FormRequest, viewer: Viewer) -> Response[Any]:
    """Return the committees that the viewer may know."""
    committee_choices = await committees.committee_choices(viewer)
    policies = await reminder_policies.reminder_policies()
    items = (
        CommitteeShown(
            id=committee_choice.id,
            name=committee_choice.name,
            place=committee_choice.place,
            members=tuple(sorted(committee_choice.members)),
            reminders=reminders_shown(policies.of(committee_choice.id)),
        )
        for committee_choice in committee_choices
    )
    return json_response(request, CommitteesShown(items=tuple(items)))


@operation(
    HttpMethod.GET,
    "/sites",
    Operation(
        summary="List sites",
        tag=TAG,
        scope=ApiScope.EVENTS_READ,
        response=SitesShown,
        text="Returns sites suggested for new events. An event can also be anywhere else.",
    ),
)
async def list_sites(request: FormRequest) -> Response[Any]:
    """Return the sites that are offered for events; every member may know them."""
    items = (
        SiteShown(name=site.name, address=site.address, place=site.place, seats=site.capacity, equipment=site.equipment)
        for site in await sites.open_sites()
    )
    return json_response(request, SitesShown(items=tuple(items)))
