"""Agencies, members, committees and seats: adding them, and listing people for the forms."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.core import audiences
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Level, Role, Viewer
from tracker.rules.events.plan import Person
from tracker.rules.roster.contacts import NO_CONTACT, AgencyContact
from tracker.rules.roster.quorum import NO_QUORUM, QuorumRule
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.roster.people import Agency, Committee, Member, MemberRole, Seat, SeatHolder

_PEOPLE = "SELECT m.id, m.name, m.email, m.agency, m.title FROM member m WHERE m.status = 'active'"
_AGENCIES = "SELECT g.id, g.code, g.arm, g.name FROM agency g WHERE g.status = 'active'"
COMMITTEES = "SELECT b.id, b.name, b.place FROM committee b WHERE b.status = 'active' ORDER BY b.name"
"""The query for the active committees, by name; its reader leaves out those that the viewer may not know."""
_HOLDERS = "SELECT t.committee, h.member, h.is_primary FROM seat_holder h JOIN seat t ON t.id = h.seat"


class CommitteeChoice(Struct, frozen=True, kw_only=True):
    """A committee that the viewer may choose for an event, with the people who hold its seats."""

    id: UUID
    name: str
    place: str
    members: frozenset[UUID]
    primaries: frozenset[UUID]


class SeatHeld(NamedTuple):
    """A seat of an agency on a committee, and its primary."""

    committee_id: UUID
    agency_id: UUID
    member_id: UUID


async def add_agency(
    *, name: str, code: str, arm: Arm, level: Level, coalition: UUID | None = None, contact: AgencyContact = NO_CONTACT
) -> UUID:
    """Add an agency; the caller is inside a transaction and has checked the names."""
    agency = Agency(
        id=ids.new_id(),
        name=name,
        code=code,
        arm=arm,
        level=level,
        coalition=coalition,
        status="active",
        contact_name=contact.name,
        contact_phone=contact.phone,
        contact_email=contact.email,
        address=contact.address,
    )
    await Agency.insert(agency)
    return agency.id


async def add_member(
    *,
    agency_id: UUID,
    name: str,
    email: str,
    now: datetime,
    zone: str,
    title: str = "",
    phone: str = "",
    roles: Iterable[Role] = (),
) -> UUID:
    """Add a member with their roles (a committee chair's role is given with the committee)."""
    member = Member(
        id=ids.new_id(),
        agency=agency_id,
        name=name,
        title=title,
        email=email.lower(),
        phone=phone,
        zone=zone,
        status="active",
        joined_at=now,
    )
    await Member.insert(member)
    for role in roles:
        await MemberRole.insert(MemberRole(id=ids.new_id(), member=member.id, role=role))
    return member.id


async def set_roles(member_id: UUID, wanted: AbstractSet[Role], held: AbstractSet[Role]) -> None:
    """Replace the roles a member holds with these; a chair's role comes and goes with the committee."""
    if lost := held - wanted:
        of_member = (MemberRole.member == member_id) & MemberRole.committee.is_null()
        await MemberRole.delete().where(of_member & MemberRole.role.is_in(sorted(lost)))
    for role in sorted(wanted - held):
        await MemberRole.insert(MemberRole(id=ids.new_id(), member=member_id, role=role))


async def add_committee(
    *, name: str, kind: str, place: str = "", arm: Arm | None = None, quorum: QuorumRule = NO_QUORUM
) -> UUID:
    """Add a committee without seats."""
    committee = Committee(
        id=ids.new_id(),
        name=name,
        kind=kind,
        arm=arm,
        place=place,
        status="active",
        quorum=quorum.seats,
        both_arms=quorum.both_arms,
    )
    await Committee.insert(committee)
    return committee.id


async def add_seat(*, committee_id: UUID, agency_id: UUID, primary: UUID, alternates: Iterable[UUID] = ()) -> UUID:
    """Give an agency a seat in a committee, with its primary and alternates."""
    seat = Seat(id=ids.new_id(), committee=committee_id, agency=agency_id)
    await Seat.insert(seat)
    holders = [(primary, True), *((one, False) for one in alternates)]
    await SeatHolder.insert(
        *(SeatHolder(id=ids.new_id(), seat=seat.id, member=one, is_primary=first) for one, first in holders)
    )
    return seat.id


async def sit(*, seat_id: UUID, member_id: UUID, is_primary: bool) -> None:
    """Add a member to a seat, as its primary or an alternate."""
    await SeatHolder.insert(SeatHolder(id=ids.new_id(), seat=seat_id, member=member_id, is_primary=is_primary))


async def primaries(committee_id: UUID) -> frozenset[UUID]:
    """Return the primaries of a committee's seats."""
    return frozenset(one.member_id for one in await seats_held() if one.committee_id == committee_id)


async def seats_held() -> frozenset[SeatHeld]:
    """Return the seats of all committees that have a primary."""
    first = SeatHolder.is_primary.eq(value=True)
    found = await SeatHolder.select(SeatHolder.seat.committee, SeatHolder.seat.agency, SeatHolder.member).where(first)
    return frozenset(SeatHeld(row["seat.committee"], row["seat.agency"], row["member"]) for row in found)


async def make_chair(*, committee_id: UUID, member_id: UUID) -> None:
    """Make a member the chair of a committee."""
    await MemberRole.insert(
        MemberRole(id=ids.new_id(), member=member_id, role=Role.COMMITTEE_CHAIR, committee=committee_id)
    )


async def note_change_in(committee_ids: Iterable[UUID]) -> None:
    """Raise the versions of committees whose seats or chairs changed, for open forms and members' calendars."""
    changed = sorted(set(committee_ids))
    if changed:
        await Committee.update({Committee.version: Committee.version + 1}).where(Committee.id.is_in(changed))
        await audience_versions.touch(audiences.committee(one) for one in changed)


async def people_by_id(member_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Return the active people among these ids; the caller has checked that the viewer may know them."""
    wanted = list(member_ids)
    if not wanted:
        return {}
    among = sql_list(wanted)
    return {person.id: person for person in await _people(QueryString(_PEOPLE + " AND m.id IN ({})", among))}


async def committees(viewer: Viewer) -> list[CommitteeChoice]:
    """Return the active committees that the viewer chairs or sits in; all of them for a coordinator."""
    found, holders = await engine().read_each(QueryString(COMMITTEES), QueryString(_HOLDERS))
    return [_committee(row, holders) for row in found if audiences.committee(row["id"]) in viewer.audiences]


async def committee_names(viewer: Viewer) -> dict[UUID, str]:
    """Return the names of the same committees, in their order."""
    found = await engine().run_querystring(QueryString(COMMITTEES))
    return {row["id"]: row["name"] for row in found if audiences.committee(row["id"]) in viewer.audiences}


async def _people(query: QueryString) -> list[Person]:
    """Return the members that a query finds at active agencies; agencies are read once instead of joined to each."""
    found, active = await engine().read_each(query, QueryString(_AGENCIES))
    agencies = {row["id"]: {**row, "arm": Arm(row["arm"])} for row in active}
    return [_person(row, agencies[row["agency"]]) for row in found if row["agency"] in agencies]


def _person(row: Mapping[str, Any], agency: Mapping[str, Any]) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        agency_id=row["agency"],
        agency=agency["code"],
        arm=agency["arm"],
        title=row["title"],
        agency_name=agency["name"],
    )


def _committee(row: Mapping[str, Any], holders: Iterable[Mapping[str, Any]]) -> CommitteeChoice:
    sitting = [one for one in holders if one["committee"] == row["id"]]
    return CommitteeChoice(
        id=row["id"],
        name=row["name"],
        place=row["place"],
        members=frozenset(one["member"] for one in sitting),
        primaries=frozenset(one["member"] for one in sitting if one["is_primary"]),
    )
