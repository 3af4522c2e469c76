"""The roster as a list with the columns of the import: importing it again changes nothing."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tracker.database import writing
from tracker.rules.core.clean_text import csv_bytes
from tracker.rules.core.viewers import BY_COMMAND, Role
from tracker.rules.roster.csv_file import COLUMNS, ROLES, SeatPlace
from tracker.tables.schema.roster import Agency, Committee, Member, MemberRole, SeatHolder
from tracker.usecases.core import audit

Roles = dict[UUID, list[str]]
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
        roles, seats = await _roles(), await _seats()
        names = {row["id"]: row["name"] for row in await Committee.select(Committee.id, Committee.name)}
        rows = [
            _row(member, agencies, roles.get(member["id"], []), _placed(seats.get(member["id"], {}), names))
            for member in members
        ]
        await audit.record(BY_COMMAND, "exported", "roster", "", {"rows": len(rows)}, now)
    return ExportedRoster(csv_bytes([COLUMNS, *sorted(rows)]), len(rows))


def _row(
    member: dict[str, Any], agencies: dict[UUID, dict[str, Any]], roles: list[str], seats: list[str]
) -> tuple[str, ...]:
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
        "roles": "; ".join(sorted(roles)),
        "seats": "; ".join(seats),
        "status": member["status"],
    }
    return tuple(cells[name] for name in COLUMNS)


async def _roles() -> Roles:
    held: Roles = {}
    for row in await MemberRole.select(MemberRole.member, MemberRole.role):
        if row["role"] in ROLES:
            held.setdefault(row["member"], []).append(row["role"])
    return held


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


def _placed(places: dict[UUID, SeatPlace], names: dict[UUID, str]) -> list[str]:
    return sorted(f"{names[committee_id]} ({place})" for committee_id, place in places.items())
