"""The cast of `scenarios`: agencies, committees and people by role, and short ways to schedule for them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.crypto import keys
from tracker.database import writing
from tracker.rules.core.viewers import Arm, Level, Origin, Role, Viewer, Visibility
from tracker.rules.events.events import Kind
from tracker.rules.events.markings import Category, Marking
from tracker.rules.events.plans import Plan
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.roster.directory import AgencyFacts, CommitteeFacts, PersonFacts
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster import agencies as roster_agencies
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster import people as roster_people

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
"""Tuesday, 9:00 AM in Kansas City."""
LINK, PROGRAM = Origin("link", "198.51.100.7"), Origin("api", "198.51.100.8")
"""From where someone comes by a link in an email, and their program by its token."""
SECRET = "a secret of the tests, long enough"
ZONE = "America/Chicago"

AGENCIES = (
    ("USAO", "U.S. Attorney's Office, Western District of Missouri", Arm.LAW_ENFORCEMENT, Level.FEDERAL, None),
    ("FBI", "Federal Bureau of Investigation", Arm.LAW_ENFORCEMENT, Level.FEDERAL, None),
    ("HSI", "Homeland Security Investigations", Arm.LAW_ENFORCEMENT, Level.FEDERAL, None),
    ("HHS", "U.S. Department of Health and Human Services", Arm.LAW_ENFORCEMENT, Level.FEDERAL, None),
    ("KCPD", "Kansas City, Missouri, Police Department", Arm.LAW_ENFORCEMENT, Level.LOCAL, None),
    ("IPD", "Independence, Missouri, Police Department", Arm.LAW_ENFORCEMENT, Level.LOCAL, None),
    ("CAHT", "Coalition Against Human Trafficking", Arm.VICTIM_SERVICES, Level.NON_GOVERNMENTAL, None),
    ("Harbor House", "Harbor House", Arm.VICTIM_SERVICES, Level.NON_GOVERNMENTAL, "CAHT"),
    ("Bridge Legal", "Bridge Legal", Arm.VICTIM_SERVICES, Level.NON_GOVERNMENTAL, "CAHT"),
)
PEOPLE: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("coordinator", "USAO", (Role.COORDINATOR,)),
    ("fbi_lead", "FBI", (Role.AGENCY_LEAD,)),
    ("fbi_alternate", "FBI", ()),
    ("hsi_liaison", "HSI", ()),
    ("hhs_liaison", "HHS", ()),
    ("kcpd_detective", "KCPD", ()),
    ("kcpd_alternate", "KCPD", ()),
    ("ipd_liaison", "IPD", ()),
    ("caht_lead", "CAHT", (Role.AGENCY_LEAD,)),
    ("caht_alternate", "CAHT", ()),
    ("harbor_advocate", "Harbor House", ()),
    ("bridge_advocate", "Bridge Legal", ()),
    ("administrator", "USAO", (Role.ADMINISTRATOR,)),
    ("auditor", "USAO", (Role.AUDITOR,)),
)
OF_NO_EVENT = ("coordinator", "administrator", "auditor")
STEERING = (
    "coordinator",
    "fbi_lead",
    "hsi_liaison",
    "hhs_liaison",
    "kcpd_detective",
    "ipd_liaison",
    "caht_lead",
    "harbor_advocate",
)


class Cast(Struct, frozen=True):
    """Everyone by name, as viewers; `agencies` and `committees` by code and name, as ids."""

    members: Mapping[str, Viewer]
    agencies: Mapping[str, UUID]
    committees: Mapping[str, UUID]

    def __getattr__(self, name: str) -> Viewer:
        """Return a person: cast.fbi_lead."""
        try:
            return self.members[name]
        except KeyError as unknown:
            raise AttributeError(name) from unknown


async def people_of_the_task_force() -> Cast:
    """Write the cast into the bound database."""
    keys.use_secret(SECRET)
    agencies: dict[str, UUID] = {}
    ids: dict[str, UUID] = {}
    async with writing():
        for code, name, arm, level, coalition in AGENCIES:
            agencies[code] = await roster_agencies.insert_agency(
                AgencyFacts(
                    name=name, code=code, arm=arm, level=level, coalition_id=agencies[coalition] if coalition else None
                )
            )
        for name, agency, roles in PEOPLE:
            ids[name] = await roster_people.insert_member(
                PersonFacts(
                    agency_id=agencies[agency],
                    name=name.replace("_", " ").capitalize(),
                    roles=frozenset(roles),
                    zone=ZONE,
                    email=f"{name}@{agency.lower().replace(' ', '-')}.example",
                ),
                NOW,
            )
        committees = await _committees(agencies, ids)
    return Cast({name: await viewer_for(one, NOW) for name, one in ids.items()}, agencies, committees)


async def _committees(agencies: Mapping[str, UUID], ids: Mapping[str, UUID]) -> dict[str, UUID]:
    agency_of = {name: agency for name, agency, _ in PEOPLE}
    committees = {
        "steering": await roster_committees.insert_committee(
            CommitteeFacts(name="Steering Committee", kind="steering", place="USAO conference room")
        ),
        "enforcement": await roster_committees.insert_committee(
            CommitteeFacts(name="Law Enforcement Committee", kind="committee", arm=Arm.LAW_ENFORCEMENT)
        ),
        "services": await roster_committees.insert_committee(
            CommitteeFacts(name="Victim Services Committee", kind="committee", arm=Arm.VICTIM_SERVICES)
        ),
    }
    for name in STEERING:
        alternates = [ids[f"{name.split('_')[0]}_alternate"]] if f"{name.split('_')[0]}_alternate" in ids else []
        await roster_committees.insert_seat(
            committee_id=committees["steering"],
            agency_id=agencies[agency_of[name]],
            primary=ids[name],
            alternates=alternates,
        )
    for name in STEERING[:6]:
        await roster_committees.insert_seat(
            committee_id=committees["enforcement"], agency_id=agencies[agency_of[name]], primary=ids[name]
        )
    for name in ("caht_lead", "harbor_advocate", "bridge_advocate"):
        await roster_committees.insert_seat(
            committee_id=committees["services"], agency_id=agencies[agency_of[name]], primary=ids[name]
        )
    await roster_committees.make_chair(committee_id=committees["services"], member_id=ids["caht_lead"])
    return committees


def meeting(*invitees: Viewer, **facts: Any) -> Plan:
    """Return the plan of a meeting for everyone on January 12, 2027, 10:00–11:30 AM; `facts` replace its fields."""
    return _plan(
        invitees,
        {
            "kind": Kind.MEETING,
            "title": "Monthly task force meeting",
            "visibility": Visibility.ALL,
            "starts": datetime(2027, 1, 12, 10),  # noqa: DTZ001 - local to the zone
            "duration": timedelta(minutes=90),
            "place": "USAO conference room",
            **facts,
        },
    )


def operation(*invitees: Viewer, **facts: Any) -> Plan:
    """Return the plan of a joint operation for named people on January 16, 2027, 6:00 AM–noon."""
    return _plan(
        invitees,
        {
            "kind": Kind.JOINT_OPERATION,
            "title": "Operation Bluestem",
            "visibility": Visibility.NAMED,
            "starts": datetime(2027, 1, 16, 6),  # noqa: DTZ001 - local to the zone
            "duration": timedelta(hours=6),
            "place": "Staging at Larkspur Lot",
            "description": "Canary in the notes",
            **facts,
        },
    )


def marking(cast: Cast, agency: str = "FBI", **facts: Any) -> Marking:
    """Return the marking CUI//SP-INV/LEI until the end of 2027; `facts` replace its fields."""
    return Marking(
        **{
            "categories": frozenset({Category.LEI, Category.SP_INV}),
            "agency_id": cast.agencies[agency],
            "decontrol_on": date(2027, 12, 31),
            **facts,
        }
    )


def _plan(invitees: tuple[Viewer, ...], facts: dict[str, Any]) -> Plan:
    return Plan(zone=ZONE, invitees={one.member_id: AttendeeRole.REQUIRED for one in invitees}, **facts)


def everyone(cast: Cast) -> tuple[Viewer, ...]:
    """Return all members but the coordinator, and those who keep accounts or read the log."""
    return tuple(viewer for name, viewer in cast.members.items() if name not in OF_NO_EVENT)
