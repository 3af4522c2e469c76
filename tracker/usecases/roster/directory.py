"""The directory: people, agencies, and committees as a viewer sees them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import convert
from piccolo.querystring import QueryString

from tracker.database import together, writing
from tracker.errors import NotFound
from tracker.rules.core.clean_text import csv_bytes, has_all
from tracker.rules.core.viewers import BY_COMMAND, Role, Status, Viewer
from tracker.rules.roster.csv_file import COLUMNS, ROLES, SeatPlace
from tracker.rules.roster.directory import (
    AccountCard,
    AgencyCard,
    AgencyContact,
    AgencyFound,
    CommitteeCard,
    CommitteeFound,
    CommitteePlace,
    CommitteeStatus,
    PeopleFound,
    PersonCard,
    PersonFound,
    SeatCard,
    contains_words,
    mobile_for,
)
from tracker.rules.roster.meetings import QuorumRule
from tracker.tables.schema.roster import Agency, Committee, Member, MemberRole, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.roster import directory_rows as rows
from tracker.usecases.roster.directory_rows import Row

_SEARCHED = ("name", "title", "email", "code", "agency_name")
"""What of a person a search looks through; the rows of the index hold the same."""


async def people_for(viewer: Viewer, *, with_departed: bool = False) -> list[PersonCard]:
    """Return the people the viewer may know, by agency and name; departed ones only for account managers."""
    known = await rows.known_to(viewer)
    return await _cards(viewer, known, rows.ANYONE if with_departed else rows.PRESENT)


async def search_people(viewer: Viewer, words: str, *, at_most: int, with_departed: bool = False) -> PeopleFound:
    """Return the first people whose name, title, address or agency contains the words, and the number of matches."""
    known = await rows.known_to(viewer)
    if not words and not with_departed:
        counts, first = await together(rows.count_by_agency(known), _cards(viewer, known, rows.PRESENT, at_most))
        number = sum(counts.values())
        return PeopleFound(people=first, matching=number, known=number, agencies=len(counts))
    listed = await rows.brief_rows(known, rows.ANYONE if with_departed else rows.PRESENT)
    matches = [row["id"] for row in listed if contains_words(words, *(row[column] for column in _SEARCHED))]
    return PeopleFound(
        people=await _cards(viewer, known, rows.is_one_of(matches[:at_most])),
        matching=len(matches),
        known=len(listed),
        agencies=len({row["agency"] for row in listed}),
    )


async def people_with_words(
    viewer: Viewer, words: Sequence[str], at_most: int
) -> tuple[list[PersonFound], list[AgencyFound]]:
    """Return people the viewer may know whose name, title, address or agency has all the words, and such agencies.

    People are in the order of agency and name, and agencies, found by code or name, in that of their code. The index
    knows who serves where. The few people at other agencies whom the viewer knows are looked through. Agencies are
    those whose page the viewer may open.
    """
    known, elsewhere = await rows.known_and_elsewhere(viewer)
    records, every, others = await together(
        rows.brief_rows_with_words(viewer, known, words, at_most),
        rows.agency_rows(),
        rows.brief_rows(elsewhere, rows.PRESENT),
    )
    records += [row for row in others if has_all(words, *(row[column] for column in _SEARCHED))]
    people = [_found(row) for row in records]
    open_to_viewer = {viewer.agency_id, *(row["agency"] for row in others)}
    agencies = [
        row
        for row in every
        if (viewer.manages_accounts or row["id"] in open_to_viewer) and has_all(words, row["code"], row["name"])
    ]
    in_order = sorted(people, key=lambda person: (person.agency, person.name, person.id))
    return in_order[:at_most], convert(agencies[:at_most], list[AgencyFound], strict=False)


async def people_with_email(viewer: Viewer, address: str) -> list[PersonFound]:
    """Return the person with this email address, if the viewer may know them."""
    return [_found(row) for row in await rows.brief_rows(await rows.known_to(viewer), rows.has_email(address))]


def _found(row: Row) -> PersonFound:
    return PersonFound(id=row["id"], name=row["name"], title=row["title"], email=row["email"], agency=row["code"])


async def committees_with(viewer: Viewer, words: Sequence[str], at_most: int) -> list[CommitteeFound]:
    """Return the committees that the viewer may know whose name or place has all the words, by name."""
    records = [row for row in await rows.committee_rows(viewer) if has_all(words, row["name"], row["place"])]
    return convert(records[:at_most], list[CommitteeFound], strict=False)


async def person_for(viewer: Viewer, member_id: UUID) -> PersonCard:
    """Return one person. Errors: NotFound when there is none, or the viewer may not know them."""
    for person in await _cards(viewer, await rows.known_to(viewer), rows.is_person(member_id)):
        return person
    raise NotFound


async def phones_known_to(viewer: Viewer, member_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the numbers to call people at, of those among them whom the viewer may know and who have a number."""
    wanted = set(member_ids)
    return await rows.phones(await rows.known_to(viewer), wanted) if wanted else {}


async def agencies_for(viewer: Viewer) -> list[AgencyCard]:
    """Return the agencies where the viewer may know someone; all of them for roster managers."""
    known = await rows.known_to(viewer)
    counts, seated, every = await together(rows.count_by_agency(known), _seated(viewer), rows.agency_rows())
    return [
        _agency(row, counts.get(row["id"], 0), (), seated.get(row["id"], []))
        for row in every
        if viewer.manages_accounts or row["id"] in counts
    ]


async def active_agencies_for(viewer: Viewer) -> QueryString:
    """Return the query for id and code of the active ones of those agencies, by code, for a choice list."""
    return rows.active_agencies_query(None if viewer.manages_accounts else await rows.known_to(viewer))


async def agency_for(viewer: Viewer, agency_id: UUID) -> AgencyCard:
    """Return one agency with those of its people the viewer may know; departed ones only for account managers.

    Errors: NotFound when there is none, or the viewer may know no one there.
    """
    known = await rows.known_to(viewer)
    person_cards, agencies, seated = await together(
        _cards(viewer, known, rows.serves_at(agency_id)), rows.agency_rows(), _seated(viewer)
    )
    row = next((agency for agency in agencies if agency["id"] == agency_id), None)
    if row is None or not (person_cards or viewer.manages_accounts):
        raise NotFound
    present = sum(person_card.status is not Status.DEPARTED for person_card in person_cards)
    return _agency(row, present, person_cards, seated.get(agency_id, []))


async def committees_for(viewer: Viewer) -> list[CommitteeCard]:
    """Return the committees in which the viewer sits, by name; all of them for roster managers."""
    records, every_seat, every_chair, known = await together(
        rows.committee_rows(viewer), rows.seat_rows(), rows.chair_rows(), rows.known_to(viewer)
    )
    ids = {row["id"] for row in records}
    seats = [row for row in every_seat if row["committee"] in ids]
    chairs = [row for row in every_chair if row["committee"] in ids]
    sitting = {row["member"] for row in [*seats, *chairs] if row["member"]}
    people = {card.id: card for card in await _cards(viewer, known, rows.is_one_of(sitting))}
    return [_committee(row, people, seats, chairs) for row in records]


async def committee_for(viewer: Viewer, committee_id: UUID) -> CommitteeCard:
    """Return one committee. Errors: NotFound when there is none, or the viewer does not sit in it."""
    for committee in await committees_for(viewer):
        if committee.id == committee_id:
            return committee
    raise NotFound


async def _cards(
    viewer: Viewer, known: QueryString, narrowed: QueryString, at_most: int = rows.NO_LIMIT
) -> list[PersonCard]:
    records, roles, places, feeds = await together(
        rows.people_rows(known, narrowed, at_most), rows.roles_by_member(), _places(viewer), rows.feeds_known_to(viewer)
    )
    return [
        _person(viewer, row, roles.get(row["id"], frozenset()), places.get(row["id"], ()), feeds) for row in records
    ]


async def _places(viewer: Viewer) -> dict[UUID, list[CommitteePlace]]:
    """Return people's seats and chairs in the committees that the viewer may know."""
    committees, seats, chairs = await together(rows.committee_rows(viewer), rows.seat_rows(), rows.chair_rows())
    names = {row["id"]: row["name"] for row in committees}
    seated = {
        (row["member"], row["committee"]): bool(row["is_primary"])
        for row in seats
        if row["member"] and row["committee"] in names
    }
    chairing = {(row["member"], row["committee"]) for row in chairs if row["committee"] in names}
    places: dict[UUID, list[CommitteePlace]] = {}
    for member_id, committee_id in sorted({*seated, *chairing}, key=lambda pair: names[pair[1]]):
        key = (member_id, committee_id)
        place = CommitteePlace(
            committee_id=committee_id,
            committee=names[committee_id],
            is_primary=seated.get(key, False),
            is_chair=key in chairing,
            has_seat=key in seated,
        )
        places.setdefault(member_id, []).append(place)
    return places


async def _seated(viewer: Viewer) -> dict[UUID, list[tuple[UUID, str]]]:
    committees, seats = await together(rows.committee_rows(viewer), rows.seat_rows())
    names = {row["id"]: row["name"] for row in committees if row["status"] == CommitteeStatus.ACTIVE}
    pairs = {(row["agency"], row["committee"]) for row in seats if row["committee"] in names}
    seated: dict[UUID, list[tuple[UUID, str]]] = {}
    for agency_id, committee_id in sorted(pairs, key=lambda pair: names[pair[1]]):
        seated.setdefault(agency_id, []).append((committee_id, names[committee_id]))
    return seated


def _person(
    viewer: Viewer,
    row: Row,
    roles: frozenset[Role],
    places: Sequence[CommitteePlace],
    feeds: Mapping[UUID, list[Any]] | None,
) -> PersonCard:
    mobile = mobile_for(viewer, row["id"], row["mobile"], is_private=bool(row["is_mobile_private"]))
    account = None
    if feeds is not None:
        fetched = feeds.get(row["id"], [])
        fetched_at = max((moment for moment in fetched if moment), default=None)
        account = convert({**row, "feeds": len(fetched), "fetched_at": fetched_at}, AccountCard, strict=False)
    card = {**row, "mobile": mobile, "roles": roles, "places": places, "account": account}
    return convert(card, PersonCard, strict=False)


def _agency(row: Row, count: int, known: Sequence[PersonCard], seated: Sequence[tuple[UUID, str]]) -> AgencyCard:
    contact = AgencyContact(
        name=row["contact_name"], phone=row["contact_phone"], email=row["contact_email"], address=row["address"]
    )
    card = {**row, "count": count, "people": known, "committees": seated, "contact": contact}
    return convert(card, AgencyCard, strict=False)


def _committee(
    row: Row, known: Mapping[UUID, PersonCard], seats: Iterable[Row], chairs: Iterable[Row]
) -> CommitteeCard:
    held: dict[UUID, list[Row]] = {}
    for seat in seats:
        if seat["committee"] == row["id"]:
            held.setdefault(seat["seat"], []).append(seat)
    chairing = [chair["member"] for chair in chairs if chair["committee"] == row["id"]]
    card = {
        **row,
        "quorum": QuorumRule(seats=row["quorum"], both_arms=bool(row["both_arms"])),
        "chairs": [known[member_id] for member_id in chairing if member_id in known],
        "seats": [_seat(holders, known) for holders in held.values()],
    }
    return convert(card, CommitteeCard, strict=False)


def _seat(holders: list[Row], known: Mapping[UUID, PersonCard]) -> SeatCard:
    sitting = [(known[holder["member"]], holder["is_primary"]) for holder in holders if holder["member"] in known]
    alternates = [card for card, is_primary in sitting if not is_primary]
    return SeatCard(
        id=holders[0]["seat"],
        agency_id=holders[0]["agency"],
        agency=holders[0]["code"],
        primary=next((card for card, is_primary in sitting if is_primary), None),
        alternates=sorted(alternates, key=lambda card: card.name),
    )


Seats = dict[UUID, dict[UUID, SeatPlace]]
"""Each member's place on each committee; at its own agency's seat, or as chair."""


class ExportedRoster(NamedTuple):
    """A file, and how many people are in it."""

    content: bytes
    people: int


async def export_roster(now: datetime) -> ExportedRoster:
    """Return the roster as CSV, by agency and name, for the person who runs the server; the audit log has an entry.

    Everyone is in it who has not left. It doesn't say who signs in by email only, and until when an account holds.
    """
    async with writing():
        agencies = {row["id"]: row for row in await Agency.select()}
        members = await Member.select().where(Member.status != "departed")
        roles, seats = await rows.roles_by_member(), await _seats()
        names = {row["id"]: row["name"] for row in await Committee.select(Committee.id, Committee.name)}
        lines = []
        for member in members:
            granted = sorted(role for role in roles.get(member["id"], ()) if role in ROLES)
            places = seats.get(member["id"], {})
            seated = sorted(f"{names[committee_id]} ({place})" for committee_id, place in places.items())
            lines.append(_line(member, agencies, granted, seated))
        await audit.record(BY_COMMAND, "exported", "roster", "", {"rows": len(lines)}, now)
    return ExportedRoster(csv_bytes([COLUMNS, *sorted(lines)]), len(lines))


def _line(member: Row, agencies: Mapping[UUID, Row], roles: Sequence[str], seats: Sequence[str]) -> tuple[str, ...]:
    agency = agencies[member["agency"]]
    coalition = agencies.get(agency["coalition"])
    cells = {
        "agency_code": agency["code"],
        "name": member["name"],
        "email": member["email"],
        "agency_name": agency["name"],
        "arm": agency["arm"],
        "level": agency["level"],
        "coalition": coalition["code"] if coalition else "",
        "agency_contact": agency["contact_name"],
        "agency_phone": agency["contact_phone"],
        "agency_email": agency["contact_email"],
        "agency_address": agency["address"],
        "title": member["title"],
        "phone": member["phone"],
        "mobile": member["mobile"],
        "mobile_private": "yes" if member["is_mobile_private"] else "no",
        "zone": member["zone"],
        "roles": "; ".join(roles),
        "seats": "; ".join(seats),
        "status": member["status"],
    }
    return tuple(cells[name] for name in COLUMNS)


async def _seats() -> Seats:
    held: Seats = {}
    for row in await SeatHolder.select(SeatHolder.member, SeatHolder.seat.committee, SeatHolder.is_primary):
        place = SeatPlace.PRIMARY if row["is_primary"] else SeatPlace.ALTERNATE
        held.setdefault(row["member"], {})[row["seat.committee"]] = place
    is_chair = MemberRole.role == Role.COMMITTEE_CHAIR
    for row in await MemberRole.select(MemberRole.member, MemberRole.committee).where(is_chair):
        places = held.setdefault(row["member"], {})
        if places.get(row["committee"]) is SeatPlace.PRIMARY:  # a list can't name a chair who isn't primary
            places[row["committee"]] = SeatPlace.CHAIR
    return held
