"""Importing the roster: agencies, members, committees and seats from a list; all rows or none."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.database import writing
from tracker.errors import NotAllowed
from tracker.rules.core import audiences
from tracker.rules.core.actors import BY_COMMAND, Actor
from tracker.rules.core.viewer import Role, Status, Viewer
from tracker.rules.roster import accounts
from tracker.rules.roster.csv_file import read
from tracker.rules.roster.csv_rows import Entry, Fault
from tracker.rules.roster.people_changes import GUEST_ROLES
from tracker.tables.background.events import transfer
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.roster.people import Member, MemberRole
from tracker.usecases.core import audit
from tracker.usecases.roster import people
from tracker.usecases.roster.accounts import reopened
from tracker.usecases.roster.close_account import coordinators, shut
from tracker.usecases.roster.csv_import_agencies import Agencies
from tracker.usecases.roster.csv_import_seats import Seats
from tracker.usecases.roster.ended_roles import leave
from tracker.usecases.roster.people_changes import ONLY_COORDINATORS, ONLY_COORDINATORS_MOVE, is_other_arm

HAND_OVER = "Remove them on their page instead, where you choose a successor."
LEFT_WITHOUT = "People who left have no role or seat. Leave both cells empty."
NO_COORDINATOR = (
    "No one would be coordinator, so no one could schedule for everyone. Give at least one member that role."
)
_MEMBER = (
    Member.id,
    Member.email,
    Member.agency,
    Member.name,
    Member.title,
    Member.phone,
    Member.mobile,
    Member.is_mobile_private,
    Member.zone,
    Member.status,
    Member.is_guest,
    Member.expires_at,
    Member.version,
)


class Outcome(Struct, frozen=True, kw_only=True):
    """The result for one row: the member was added, changed in these fields, or left as is."""

    row: int
    name: str
    agency: str
    is_new: bool
    changes: tuple[str, ...]


class Report(Struct, frozen=True, kw_only=True):
    """The result of an import, row by row; if a row has a fault, nothing was written."""

    outcomes: Sequence[Outcome] = ()
    notes: Sequence[str] = ()
    """Sentences about agencies, committees and seats."""
    faults: Sequence[Fault] = ()


async def import_as(viewer: Viewer, content: bytes, reauthenticated_at: datetime, now: datetime, zone: str) -> Report:
    """Import a list for a viewer who manages the roster, within what they may change by hand.

    Errors: NotAllowed, and as `import_roster`.
    """
    accounts.check_manager(viewer, reauthenticated_at, now)
    return await _import(content, _Import(now, zone, viewer.actor, viewer), is_trial=False)


class _Undo(Exception):
    """Rolls the transaction back, and carries the report out of it."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


async def import_roster(
    content: bytes, now: datetime, zone: str, *, by: Actor = BY_COMMAND, is_trial: bool = False
) -> Report:
    """Read a CSV file and make the roster match it; people are identified by their email address.

    People who are not in the file stay as they are, and so do fields without a column. `zone` is for new members for
    whom the file gives none. Nothing is written when a row has a fault, or in a trial.
    Errors: `Invalid` or `TooLarge` when the file as a whole is not a roster.
    """
    return await _import(content, _Import(now, zone, by), is_trial=is_trial)


async def _import(content: bytes, work: "_Import", *, is_trial: bool) -> Report:
    entries, faults = read(content)
    if faults:
        return Report(faults=faults)
    try:
        async with writing():
            report = await work.all(entries)
            _keep(report, is_trial=is_trial)
    except _Undo as undone:
        return undone.report
    return report


def _keep(report: Report, *, is_trial: bool) -> None:
    if report.faults or is_trial:
        raise _Undo(report)


class _Import:
    """One import in progress, inside its transaction."""

    def __init__(self, now: datetime, zone: str, by: Actor, manager: Viewer | None = None) -> None:
        self._now, self._zone, self._by = now, zone, by
        self._manager = manager
        self._is_bound = manager is not None and not manager.is_coordinator
        self._faults: list[Fault] = []

    async def all(self, entries: list[Entry]) -> Report:
        """Write every row, and return the report."""
        agencies = Agencies(self._log)
        if faults := await agencies.agree(entries, may_move=not self._is_bound):
            return Report(faults=faults)
        seats = Seats(self._log, {one.email for one in entries})
        await seats.know(entries)
        known = {row["email"]: row for row in await Member.select(Member.id, *_MEMBER)}
        roles = await _roles()
        outcomes = [await self._member(one, agencies, seats, known.get(one.email), roles) for one in entries]
        if self._faults:
            return Report(faults=self._faults)
        if not await coordinators():
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
        granted = held if one.roles is None else one.roles
        if one.roles is not None and one.roles != held:
            await people.set_roles(member_id, one.roles, held)
            await Member.update({Member.version: Member.version + 1}).where(Member.id == member_id)
            changes.append("roles")
        if one.seats is not None and await seats.agree(one, member_id, agency_id):
            changes.append("seats")
        if changes or not known:
            await audience_versions.touch([audiences.member(member_id)])
            self._check(one, member_id, known, held, granted)
            await self._log("updated" if known else "added", "member", member_id, {"fields": changes})
        return Outcome(
            row=one.row,
            name=one.name,
            agency=one.agency_code,
            is_new=known is None,
            changes=tuple(changes) if known else (),
        )

    def _check(
        self, one: Entry, member_id: UUID, known: dict[str, Any] | None, held: set[Role], granted: AbstractSet[Role]
    ) -> None:
        """Add a fault for each change that this manager may not make, or that no one may make."""
        has_left = (one.status or (known and known["status"])) == Status.DEPARTED
        if has_left and (one.roles or one.seats):
            self._faults.append(Fault(row=one.row, field="status", sentence=LEFT_WITHOUT))
        if known and known["is_guest"] and granted:
            self._faults.append(Fault(row=one.row, field="roles", sentence=GUEST_ROLES))
        if self._manager is None:
            return
        if Role.COORDINATOR in held ^ granted and self._is_bound:
            self._faults.append(Fault(row=one.row, field="roles", sentence=ONLY_COORDINATORS))
        try:
            accounts.check_account(self._manager, member_id, held)
        except NotAllowed as refused:
            self._faults.append(Fault(row=one.row, field="", sentence=refused.sentence))

    async def _add(self, one: Entry, agency_id: UUID) -> UUID:
        member_id = await people.add_member(
            agency_id=agency_id,
            name=one.name,
            email=one.email,
            now=self._now,
            zone=one.zone or self._zone,
            title=one.title or "",
            phone=one.phone or "",
        )
        mobile: dict[Any, Any] = {Member.mobile: one.mobile or "", Member.is_mobile_private: bool(one.mobile_private)}
        await Member.update(mobile).where(Member.id == member_id)
        if one.status not in (None, Status.ACTIVE):
            await Member.update({Member.status: one.status}).where(Member.id == member_id)
        return member_id

    async def _update(self, one: Entry, agency_id: UUID, known: dict[str, Any]) -> list[str]:
        said = {
            "name": one.name,
            "title": one.title,
            "phone": one.phone,
            "mobile": one.mobile,
            "is_mobile_private": one.mobile_private,
            "zone": one.zone,
            "status": one.status,
        }
        changed: dict[Any, Any] = {
            name: value for name, value in said.items() if value is not None and value != known[name]
        }
        if agency_id != known["agency"]:
            changed["agency"] = agency_id
        if not changed:
            return []
        values = {**changed, "version": known["version"] + 1}
        if changed.get("status") == Status.ACTIVE:
            values |= reopened(known["expires_at"], self._now)
        await Member.update(values).where(Member.id == known["id"])
        if "agency" in changed and self._is_bound and await is_other_arm(known["agency"], agency_id):
            self._faults.append(Fault(row=one.row, field="agency_code", sentence=ONLY_COORDINATORS_MOVE))
        if one.status is Status.SUSPENDED and "status" in changed:
            await shut(known["id"])
        if one.status is Status.DEPARTED and "status" in changed:
            await self._see_out(one, known["id"])
        return list(changed)

    async def _see_out(self, one: Entry, member_id: UUID) -> None:
        """Offboard a member; add a fault when they still lead events or own items, or a person runs the import."""
        has_work = await transfer.led(member_id, self._now) or await transfer.owned(member_id)
        if self._manager or has_work:
            self._faults.append(Fault(row=one.row, field="status", sentence=HAND_OVER))
        await leave(member_id, None, self._now)

    async def _log(self, verb: str, subject: str, subject_id: UUID | str, facts: dict[str, object]) -> None:
        await audit.record(self._by, verb, subject, subject_id, facts, self._now)


async def _roles() -> dict[UUID, set[Role]]:
    held: dict[UUID, set[Role]] = {}
    for row in await MemberRole.select(MemberRole.member, MemberRole.role).where(MemberRole.committee.is_null()):
        held.setdefault(row["member"], set()).add(Role(row["role"]))
    return held
