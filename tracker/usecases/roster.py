"""Importing the roster: agencies, members, bodies and seats from a list, all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker import chance
from tracker.database import writing
from tracker.rules import audiences
from tracker.rules.people import Role, Status
from tracker.rules.roster import Entry, Fault
from tracker.rules.roster_file import read
from tracker.tables import audience_versions
from tracker.tables.people import Member, MemberRole
from tracker.usecases import audit, people
from tracker.usecases.roster_agencies import Agencies
from tracker.usecases.roster_seats import Seats

NO_COORDINATOR = "Nobody would be coordinator, so nobody could schedule for all. Give at least one member that role."
_MEMBER = (
    Member.id, Member.email, Member.agency, Member.name, Member.title, Member.phone, Member.zone, Member.status,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one row: a member was added, changed in these fields, or left as is."""

    row: int
    name: str
    agency: str
    is_new: bool
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an import did, row by row; with a fault in it nothing was written."""

    outcomes: Sequence[Outcome] = ()
    notes: Sequence[str] = ()
    """Sentences on agencies, bodies and seats."""
    faults: Sequence[Fault] = ()


class _Undo(Exception):
    """Takes the transaction back, and carries out of it what was found."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


async def import_roster(
    content: bytes, now: datetime, zone: str, *, by: UUID | None = None, door: str = "cli", is_trial: bool = False
) -> Report:
    """Read a CSV file and make the roster agree with it; people are known by their address.

    Who is not in the file stays as they are; so does what a missing column would say. `zone` is that of new members
    for whom the file says none. Nothing is written when a row has a fault, or in a trial. Raises `Invalid` or
    `TooLarge` when the file as a whole is not a roster.
    """
    entries, faults = read(content)
    if faults:
        return Report(faults=faults)
    try:
        async with writing():
            report = await _Import(now, zone, by, door).all(entries)
            _keep(report, is_trial=is_trial)
    except _Undo as undone:
        return undone.report
    return report


def _keep(report: Report, *, is_trial: bool) -> None:
    if report.faults or is_trial:
        raise _Undo(report)


class _Import:
    """One import under way, inside its transaction."""

    def __init__(self, now: datetime, zone: str, by: UUID | None, door: str) -> None:
        self._now, self._zone, self._by, self._door = now, zone, by, door

    async def all(self, entries: list[Entry]) -> Report:
        """Write every row, and say what that did."""
        agencies = Agencies(self._log)
        if faults := await agencies.agree(entries):
            return Report(faults=faults)
        seats = Seats(self._log, {one.email for one in entries})
        await seats.know(entries)
        known = {row["email"]: row for row in await Member.select(Member.id, *_MEMBER)}
        roles = await _roles()
        outcomes = [await self._member(one, agencies, seats, known.get(one.email), roles) for one in entries]
        if not await _has_coordinator():
            return Report(faults=[Fault(row=1, field="roles", sentence=NO_COORDINATOR)])
        added = sum(one.is_new for one in outcomes)
        await self._log("imported", "roster", "", {"rows": len(entries), "added": added})
        return Report(outcomes=outcomes, notes=[*agencies.notes, *seats.notes])

    async def _member(
        self, one: Entry, agencies: Agencies, seats: Seats, known: dict[str, Any] | None, roles: dict[UUID, set[Role]]
    ) -> Outcome:
        agency_id = agencies.ids[one.agency_code.casefold()]
        member_id = known["id"] if known else await self._add(one, agency_id)
        changes = await self._update(one, agency_id, known) if known else []
        held = roles.get(member_id, set())
        if one.roles is not None and one.roles != held:
            await _set_roles(member_id, one.roles, held)
            changes.append("roles")
        if one.seats is not None and await seats.agree(one, member_id, agency_id):
            changes.append("seats")
        if changes or not known:
            await audience_versions.touch([audiences.member(member_id)])
            await self._log("updated" if known else "added", "member", member_id, {"fields": changes})
        return Outcome(
            row=one.row,
            name=one.name,
            agency=one.agency_code,
            is_new=known is None,
            changes=tuple(changes) if known else (),
        )

    async def _add(self, one: Entry, agency_id: UUID) -> UUID:
        member_id = await people.add_member(
            agency_id=agency_id, name=one.name, email=one.email, now=self._now, zone=one.zone or self._zone,
            title=one.title or "", phone=one.phone or "",
        )  # fmt: skip
        if one.status not in (None, Status.ACTIVE):
            await Member.update({Member.status: one.status}).where(Member.id == member_id)
        return member_id

    async def _update(self, one: Entry, agency_id: UUID, known: dict[str, Any]) -> list[str]:
        said = {"name": one.name, "title": one.title, "phone": one.phone, "zone": one.zone, "status": one.status}
        changed: dict[Any, Any] = {
            name: value for name, value in said.items() if value is not None and value != known[name]
        }
        if agency_id != known["agency"]:
            changed["agency"] = agency_id
        if changed:
            await Member.update(changed).where(Member.id == known["id"])
        return list(changed)

    async def _log(self, verb: str, subject: str, subject_id: UUID | str, facts: dict[str, object]) -> None:
        await audit.record(self._by, self._door, verb, subject, subject_id, facts, self._now)


async def _roles() -> dict[UUID, set[Role]]:
    held: dict[UUID, set[Role]] = {}
    for row in await MemberRole.select(MemberRole.member, MemberRole.role).where(MemberRole.body.is_null()):
        held.setdefault(row["member"], set()).add(Role(row["role"]))
    return held


async def _set_roles(member_id: UUID, wanted: frozenset[Role], held: set[Role]) -> None:
    if lost := held - wanted:
        await MemberRole.delete().where(
            (MemberRole.member == member_id) & MemberRole.body.is_null() & MemberRole.role.is_in(sorted(lost))
        )
    for role in sorted(wanted - held):
        await MemberRole.insert(MemberRole(id=chance.new_id(), member=member_id, role=role))


async def _has_coordinator() -> bool:
    is_one = (MemberRole.role == Role.COORDINATOR) & (MemberRole.member.status == Status.ACTIVE)
    return bool(await MemberRole.exists().where(is_one))
