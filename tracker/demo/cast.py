"""The people of the demo: the agencies of the model task force, two invented organizations, people named by role."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Level, Role, Viewer
from tracker.rules.roster.quorum import NO_QUORUM, QuorumRule
from tracker.rules.roster.sites import MeetingSiteFacts
from tracker.usecases.core.viewers import viewer_for
from tracker.usecases.roster import agencies as roster_agencies
from tracker.usecases.roster import committees as roster_committees
from tracker.usecases.roster import people as roster_people
from tracker.usecases.roster import sites

LAW, SERVICES = Arm.LAW_ENFORCEMENT, Arm.VICTIM_SERVICES


class Agency(NamedTuple):
    """A member organization of the demo; `coalition` is the code of another one."""

    code: str
    name: str
    arm: Arm
    level: Level
    coalition: str | None = None


class Committee(NamedTuple):
    """A committee of the demo: who holds its seats, and who may substitute for whom."""

    name: str
    kind: str
    arm: Arm | None
    place: str
    seats: tuple[str, ...]
    alternates: Mapping[str, str]
    quorum: QuorumRule = NO_QUORUM


AGENCIES = (
    Agency("USAO", "U.S. Attorney’s Office, Western District of Missouri", LAW, Level.FEDERAL),
    Agency("FBI", "Federal Bureau of Investigation", LAW, Level.FEDERAL),
    Agency("HSI", "Homeland Security Investigations", LAW, Level.FEDERAL),
    Agency("HHS", "U.S. Department of Health and Human Services", LAW, Level.FEDERAL),
    Agency("KCPD", "Kansas City, Missouri, Police Department", LAW, Level.LOCAL),
    Agency("IPD", "Independence, Missouri, Police Department", LAW, Level.LOCAL),
    Agency("CAHT", "Coalition Against Human Trafficking", SERVICES, Level.NON_GOVERNMENTAL),
    Agency("Harbor House", "Harbor House (invented)", SERVICES, Level.NON_GOVERNMENTAL, "CAHT"),
    Agency("Bridge Legal", "Bridge Legal (invented)", SERVICES, Level.NON_GOVERNMENTAL, "CAHT"),
)
PEOPLE: Mapping[str, tuple[tuple[str, str, tuple[Role, ...]], ...]] = {
    "USAO": (
        ("coordinator", "Task force coordinator", (Role.COORDINATOR,)),
        ("attorney", "Assistant U.S. attorney", ()),
        ("witness_specialist", "Victim witness specialist", ()),
        ("administrator", "Systems administrator", (Role.ADMINISTRATOR,)),
        ("auditor", "Records auditor", (Role.AUDITOR,)),
    ),
    "FBI": (
        ("fbi_lead", "FBI operation lead", (Role.AGENCY_LEAD,)),
        ("fbi_agent", "FBI special agent", ()),
        ("fbi_specialist", "FBI victim specialist", ()),
    ),
    "HSI": (
        ("hsi_liaison", "HSI liaison", (Role.AGENCY_LEAD,)),
        ("hsi_agent", "HSI special agent", ()),
        ("hsi_specialist", "HSI victim assistance specialist", ()),
    ),
    "HHS": (("hhs_liaison", "HHS liaison", ()), ("hhs_specialist", "HHS regional specialist", ())),
    "KCPD": (
        ("kcpd_sergeant", "KCPD sergeant", (Role.AGENCY_LEAD,)),
        ("kcpd_detective", "KCPD detective", ()),
        ("kcpd_analyst", "KCPD analyst", ()),
    ),
    "IPD": (("ipd_liaison", "IPD liaison", ()), ("ipd_detective", "IPD detective", ())),
    "CAHT": (
        ("caht_lead", "CAHT lead", (Role.AGENCY_LEAD,)),
        ("caht_deputy", "CAHT deputy lead", ()),
        ("caht_training", "CAHT training lead", ()),
        ("caht_outreach", "CAHT outreach lead", ()),
    ),
    "Harbor House": (
        ("shelter_lead", "Shelter program lead", ()),
        ("advocate", "Harbor House advocate", ()),
        ("night_lead", "Shelter night lead", ()),
    ),
    "Bridge Legal": (
        ("bridge_attorney", "Bridge Legal attorney", ()),
        ("bridge_advocate", "Bridge Legal advocate", ()),
    ),
}
"""Key, name and roles by the agency's code."""
COMMITTEES = {
    "steering": Committee(
        "Steering Committee",
        "steering",
        None,
        "5th-floor conference room",
        tuple("coordinator fbi_lead hsi_liaison hhs_liaison kcpd_detective ipd_liaison caht_lead shelter_lead".split()),
        {"coordinator": "attorney", "fbi_lead": "fbi_agent", "kcpd_detective": "kcpd_sergeant"}
        | {"caht_lead": "caht_deputy"},
        QuorumRule(seats=5, both_arms=True),
    ),
    "enforcement": Committee(
        "Law Enforcement Committee",
        "committee",
        LAW,
        "FBI field office, room 210",
        ("attorney", "fbi_lead", "hsi_liaison", "hhs_liaison", "kcpd_detective", "ipd_liaison"),
        {"fbi_lead": "fbi_agent", "hsi_liaison": "hsi_agent", "kcpd_detective": "kcpd_analyst"},
    ),
    "services": Committee(
        "Victim Services Committee",
        "committee",
        SERVICES,
        "Harbor House, community room",
        ("caht_lead", "shelter_lead", "bridge_attorney"),
        {"caht_lead": "caht_deputy", "shelter_lead": "advocate", "bridge_attorney": "bridge_advocate"},
    ),
}
CHAIRS = {"services": "caht_lead"}
SITES = (
    MeetingSiteFacts(
        name="5th-floor conference room",
        address="400 E 9th St, Kansas City",
        capacity=24,
        equipment="Projector, video",
        is_open=True,
    ),
    MeetingSiteFacts(name="FBI field office, room 210", address="", capacity=16, equipment="Video", is_open=True),
    MeetingSiteFacts(name="KCPD academy, room 4", address="", capacity=40, equipment="Projector", is_open=True),
)
"""Harbor House is not among them: the place of a shelter is never given."""
BEHIND_THE_SCENES = ("administrator", "auditor")
"""Administrators and auditors, who are invited to nothing."""
PHONE = "816-555-{:04}"  # 555-01xx numbers are reserved for fiction


class Company(Struct, frozen=True):
    """The demo's people as viewers by key; committees by key as ids, with the keys of their members."""

    members: Mapping[str, Viewer]
    committees: Mapping[str, UUID]
    agencies: Mapping[str, UUID]

    def named(self, *words: str) -> tuple[str, ...]:
        """Return the keys of people, given by keys of people or committees, an arm's name or "everyone"; each once."""
        return tuple(dict.fromkeys(key for word in words for key in self._behind(word)))

    def _behind(self, word: str) -> Iterable[str]:
        if word == "everyone":
            return [key for key in self.members if key not in BEHIND_THE_SCENES]
        if word in COMMITTEES:
            return COMMITTEES[word].seats
        if word in set(Arm):
            return [key for key in self.named("everyone") if self.members[key].arm == word]
        return (word,)


async def assemble(now: datetime, zone: str) -> Company:
    """Write agencies, people and committees into the empty database, inside the caller's transaction."""
    agencies: dict[str, UUID] = {}
    for agency in AGENCIES:
        agencies[agency.code] = await roster_agencies.insert_agency(
            name=agency.name,
            code=agency.code,
            arm=agency.arm,
            level=agency.level,
            coalition=agencies[agency.coalition] if agency.coalition else None,
        )
    ids = await _people(agencies, now, zone)
    committees = {key: await _committee(committee, agencies, ids) for key, committee in COMMITTEES.items()}
    for key, chair in CHAIRS.items():
        await roster_committees.make_chair(committee_id=committees[key], member_id=ids[chair])
    for site in SITES:
        await sites.add_meeting_site(await viewer_for(ids["coordinator"], now), site, now, now)
    return await company(ids, committees, agencies, now)


async def company(
    ids: Mapping[str, UUID], committees: Mapping[str, UUID], agencies: Mapping[str, UUID], now: datetime
) -> Company:
    """Return the people as viewers, with the rights that they hold now."""
    return Company({key: await viewer_for(one, now) for key, one in ids.items()}, committees, agencies)


def address(key: str) -> str:
    """Return the email address of a person: the domain can't exist (RFC 2606)."""
    agency = next(code for code, members in PEOPLE.items() if key in (member[0] for member in members))
    return f"{key.replace('_', '.')}@{agency.lower().replace(' ', '-')}.example"


async def _people(agencies: Mapping[str, UUID], now: datetime, zone: str) -> dict[str, UUID]:
    every = [(agency, *person) for agency, members in PEOPLE.items() for person in members]
    return {
        key: await roster_people.insert_member(
            agency_id=agencies[agency],
            name=name,
            email=address(key),
            now=now,
            zone=zone,
            roles=roles,
            phone=PHONE.format(100 + number),
        )
        for number, (agency, key, name, roles) in enumerate(every)
    }


async def _committee(committee: Committee, agencies: Mapping[str, UUID], ids: Mapping[str, UUID]) -> UUID:
    agency_of = {key: agency for agency, members in PEOPLE.items() for key, *_ in members}
    committee_id = await roster_committees.insert_committee(
        name=committee.name, kind=committee.kind, place=committee.place, arm=committee.arm, quorum=committee.quorum
    )
    for key in committee.seats:
        alternates = [ids[committee.alternates[key]]] if key in committee.alternates else []
        await roster_committees.insert_seat(
            committee_id=committee_id, agency_id=agencies[agency_of[key]], primary=ids[key], alternates=alternates
        )
    return committee_id
