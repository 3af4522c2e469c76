"""Importing a roster: its agencies, people, seats, and chairs are made to match the rows of a CSV file.

A new deployment begins with one.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core import viewers
from tracker.rules.core.viewers import BY_COMMAND, Actor, Arm, Level, Role, Status, Viewer
from tracker.rules.roster import directory
from tracker.rules.roster.csv_file import AGENCY_COLUMNS, RosterRow, RowFault, SeatPlace, read_roster
from tracker.rules.roster.directory import GUEST_ROLES, AgencyContact, AgencyFacts, CommitteeFacts, PersonFacts
from tracker.tables.background.events import events as transfer
from tracker.tables.schema import events
from tracker.tables.schema.roster import Agency, Committee, Member, MemberRole, Seat, SeatHolder
from tracker.usecases.core import audit
from tracker.usecases.identity.sign_in import issue_link
from tracker.usecases.identity.sign_in_attempts import account_at
from tracker.usecases.roster import agencies, committees, people
from tracker.usecases.roster.accounts import close_account, coordinators, remove_from_task_force, reopened_columns
from tracker.usecases.roster.agencies import ONLY_COORDINATORS_MOVE_AGENCIES
from tracker.usecases.roster.people import ONLY_COORDINATORS, ONLY_COORDINATORS_MOVE_PEOPLE, is_other_arm

HAND_OVER = "Remove them on their page instead, where you choose a successor."
LEFT_WITHOUT = "People who left have no role or seat. Leave both cells empty."
NO_COORDINATOR = (
    "No one would be coordinator, so no one could schedule for everyone. Give at least one member that role."
)
AuditWriter = Callable[[str, str, UUID | str, dict[str, object]], Awaitable[None]]
"""Writes an audit entry: verb, subject, its id, facts."""
HeldPlaces = set[tuple[UUID, UUID | None, SeatPlace]]
"""Committee, agency of the seat (None for a chair), place."""


class RowOutcome(Struct, frozen=True, kw_only=True):
    """The result for one row: the member was added, changed in these fields, or left as is."""

    row: int
    name: str
    agency: str
    is_new: bool
    changes: tuple[str, ...]


class RosterImportReport(Struct, frozen=True, kw_only=True):
    """The result of an import, row by row; if a row has a fault, nothing was written."""

    outcomes: Sequence[RowOutcome] = ()
    notes: Sequence[str] = ()
    """Sentences about agencies, committees and seats."""
    faults: Sequence[RowFault] = ()


async def import_for_manager(
    viewer: Viewer, content: bytes, reauthenticated_at: datetime, now: datetime, zone: str
) -> RosterImportReport:
    """Import a list for a viewer who manages the roster, within what they may change by hand.

    Errors: NotAllowed, and as `import_roster`.
    """
    directory.check_manager(viewer, reauthenticated_at, now)
    return await _imported(content, _Import(now, zone, viewer.actor, viewer))


class _Undo(Exception):
    """Rolls the transaction back, and carries the report out of it."""

    def __init__(self, report: RosterImportReport) -> None:
        super().__init__()
        self.report = report


async def import_roster(
    content: bytes, now: datetime, zone: str, *, by: Actor = BY_COMMAND, is_trial: bool = False
) -> RosterImportReport:
    """Read a CSV file and make the roster match it; people are identified by their email address.

    People who are not in the file stay as they are, and so do fields without a column. `zone` is for new members for
    whom the file gives none. Nothing is written when a row has a fault, or in a trial.
    Errors: `Invalid` or `TooLarge` when the file as a whole is not a roster.
    """
    return await _imported(content, _Import(now, zone, by, is_trial=is_trial))


async def _imported(content: bytes, work: "_Import") -> RosterImportReport:
    entries, faults = read_roster(content)
    if faults:
        return RosterImportReport(faults=faults)
    try:
        async with writing():
            return await work.all(entries)
    except _Undo as undone:
        return undone.report


class ImportedAgencies:
    """The agencies of one import; `ids` by code in lower case, `notes` on the changes."""

    def __init__(self, log: AuditWriter) -> None:
        self.ids: dict[str, UUID] = {}
        self.notes: list[str] = []
        self._log = log

    async def agree(self, entries: Iterable[RosterRow], *, may_move: bool = True) -> list[RowFault]:
        """Make the agencies match the rows, or return why they cannot; inside the caller's transaction.

        `may_move`: whether an agency may move to the other arm.
        """
        stored = {row["code"].casefold(): row for row in await Agency.select()}
        self.ids = {code: row["id"] for code, row in stored.items()}
        named: dict[str, list[RosterRow]] = {}
        for entry in entries:
            named.setdefault(entry.agency_code.casefold(), []).append(entry)
        if faults := list(_agency_faults(named, stored, may_move=may_move)):
            return faults
        for code, rows in named.items():
            await (self._change(stored[code], rows) if code in stored else self._add(code, rows))
        for code, rows in named.items():  # after every agency has been added
            await self._join(code, stored.get(code), rows)
        return []

    async def _add(self, code: str, rows: list[RosterRow]) -> None:
        given = _values_in(rows)
        shown = rows[0].agency_code
        contact = AgencyContact(
            name=given.get("contact_name", ""),
            phone=given.get("contact_phone", ""),
            email=given.get("contact_email", ""),
            address=given.get("address", ""),
        )
        facts = AgencyFacts(
            name=given.get("name", shown),
            code=shown,
            arm=Arm(given["arm"]),
            level=Level(given["level"]),
            contact=contact,
        )
        self.ids[code] = await agencies.insert_agency(facts)
        self.notes.append(f"{shown} is a new agency.")
        await self._log("added", "agency", self.ids[code], {})

    async def _change(self, stored: dict[str, Any], rows: list[RosterRow]) -> None:
        changed = {name: value for name, value in _values_in(rows).items() if value != stored[name]}
        if changed:
            values: dict[Any, Any] = {**changed, "version": Agency.version + 1}
            await Agency.update(values).where(Agency.id == stored["id"])
            self.notes.append(f"{stored['code']} changed: {', '.join(changed)}.")
            await self._log("updated", "agency", stored["id"], {"fields": list(changed)})

    async def _join(self, code: str, stored: dict[str, Any] | None, rows: list[RosterRow]) -> None:
        coalition = next((self.ids[row.coalition.casefold()] for row in rows if row.coalition), None)
        if coalition and (stored is None or stored["coalition"] != coalition):
            values: dict[Any, Any] = {Agency.coalition: coalition, Agency.version: Agency.version + 1}
            await Agency.update(values).where(Agency.id == self.ids[code])
            await self._log("updated", "agency", self.ids[code], {"fields": ["coalition"]})


class ImportedSeats:
    """The seats of one import; `notes` on new committees, and on members who are no longer primary."""

    def __init__(self, log: AuditWriter, listed: set[str]) -> None:
        self.notes: list[str] = []
        self._log = log
        self._listed = listed
        self._committees: dict[str, UUID] = {}
        self._seats: dict[tuple[UUID, UUID], UUID] = {}
        self._held: dict[UUID, HeldPlaces] = {}

    async def know(self, entries: Iterable[RosterRow]) -> None:
        """Read the current seats, and add the committees that the rows name for the first time."""
        self._committees = {
            row["name"].casefold(): row["id"] for row in await Committee.select(Committee.id, Committee.name)
        }
        for entry in entries:
            for name in entry.seats or ():
                if name.casefold() not in self._committees:
                    committee_id = await committees.insert_committee(CommitteeFacts(name=name, kind="committee"))
                    self._committees[name.casefold()] = committee_id
                    self.notes.append(f"{name} is a new committee.")
                    await self._log("added", "committee", committee_id, {})
        for row in await Seat.select(Seat.id, Seat.committee, Seat.agency):
            self._seats[row["committee"], row["agency"]] = row["id"]
        for row in await SeatHolder.select(
            SeatHolder.member, SeatHolder.seat.committee, SeatHolder.seat.agency, SeatHolder.is_primary
        ):
            place = SeatPlace.PRIMARY if row["is_primary"] else SeatPlace.ALTERNATE
            self._held.setdefault(row["member"], set()).add((row["seat.committee"], row["seat.agency"], place))
        is_chair = MemberRole.role == Role.COMMITTEE_CHAIR
        for row in await MemberRole.select(MemberRole.member, MemberRole.committee).where(is_chair):
            self._held.setdefault(row["member"], set()).add((row["committee"], None, SeatPlace.CHAIR))

    async def agree(self, roster_row: RosterRow, member_id: UUID, agency_id: UUID) -> bool:
        """Make a member's seats match the row; return whether that changed anything."""
        places = {self._committees[name.casefold()]: place for name, place in (roster_row.seats or {}).items()}
        held = self._held.get(member_id, set())
        chairs: HeldPlaces = {(chaired, None, place) for chaired, place in places.items() if place is SeatPlace.CHAIR}
        seats: HeldPlaces = {
            (committee, agency_id, SeatPlace.PRIMARY if place is SeatPlace.CHAIR else place)
            for committee, place in places.items()
        }
        if chairs | seats == held:
            return False
        await SeatHolder.delete().where(SeatHolder.member == member_id)
        await MemberRole.delete().where((MemberRole.member == member_id) & (MemberRole.role == Role.COMMITTEE_CHAIR))
        for committee_id, place in places.items():
            if (seat_id := self._seats.get((committee_id, agency_id))) is None:
                seat_id = self._seats[committee_id, agency_id] = ids.new_id()
                await Seat.insert(Seat(id=seat_id, committee=committee_id, agency=agency_id))
            is_primary = place is not SeatPlace.ALTERNATE
            if is_primary:
                await self._step_back(seat_id)
            await committees.add_seat_holder(seat_id=seat_id, member_id=member_id, is_primary=is_primary)
            if place is SeatPlace.CHAIR:
                await committees.make_chair(committee_id=committee_id, member_id=member_id)
        await committees.touch_committees({committee for committee, *_ in held} | set(places))
        return True

    async def _step_back(self, seat_id: UUID) -> None:
        """Make the current primary an alternate, so that people the file does not name keep their access."""
        of_seat, member = SeatHolder.seat == seat_id, SeatHolder.member
        for row in await SeatHolder.select(SeatHolder.is_primary, member.name, member.email).where(of_seat):
            if row["is_primary"] and row["member.email"] not in self._listed:
                self.notes.append(f"{row['member.name']} is now an alternate. Someone else is the seat’s primary.")
        await SeatHolder.update({SeatHolder.is_primary: False}).where(of_seat)


class _Import:
    """One import in progress, inside its transaction."""

    def __init__(
        self, now: datetime, zone: str, by: Actor, manager: Viewer | None = None, *, is_trial: bool = False
    ) -> None:
        self._now, self._zone, self._by = now, zone, by
        self._manager, self._is_trial = manager, is_trial
        self._is_bound = manager is not None and not manager.is_coordinator
        self._faults: list[RowFault] = []

    async def all(self, entries: list[RosterRow]) -> RosterImportReport:
        """Write every row, and return the report. Errors: _Undo with the report, for faults and in a trial."""
        agencies = ImportedAgencies(self._log)
        if faults := await agencies.agree(entries, may_move=not self._is_bound):
            raise _Undo(RosterImportReport(faults=faults))
        seats = ImportedSeats(self._log, {entry.email for entry in entries})
        await seats.know(entries)
        known = {row["email"]: row for row in await Member.select(exclude_secrets=True)}
        roles: dict[UUID, set[Role]] = {}
        for row in await MemberRole.select(MemberRole.member, MemberRole.role).where(MemberRole.committee.is_null()):
            roles.setdefault(row["member"], set()).add(Role(row["role"]))
        outcomes = [await self._member(entry, agencies, seats, known.get(entry.email), roles) for entry in entries]
        if not self._faults and not await coordinators():
            self._faults.append(RowFault(row=1, field="roles", sentence=NO_COORDINATOR))
        if self._faults:
            raise _Undo(RosterImportReport(faults=self._faults))
        added = sum(outcome.is_new for outcome in outcomes)
        await self._log("imported", "roster", "", {"rows": len(entries), "added": added})
        report = RosterImportReport(outcomes=outcomes, notes=[*agencies.notes, *seats.notes])
        if self._is_trial:
            raise _Undo(report)
        return report

    async def _member(
        self,
        roster_row: RosterRow,
        agencies: ImportedAgencies,
        seats: ImportedSeats,
        known: dict[str, Any] | None,
        roles: dict[UUID, set[Role]],
    ) -> RowOutcome:
        agency_id = agencies.ids[roster_row.agency_code.casefold()]
        member_id = known["id"] if known else await self._add(roster_row, agency_id)
        changes = await self._update(roster_row, agency_id, known) if known else []
        held = roles.get(member_id, set())
        granted = held if roster_row.roles is None else roster_row.roles
        if roster_row.roles is not None and roster_row.roles != held:
            await people.set_roles(member_id, roster_row.roles, held)
            await Member.update({Member.version: Member.version + 1}).where(Member.id == member_id)
            changes.append("roles")
        if roster_row.seats is not None and await seats.agree(roster_row, member_id, agency_id):
            changes.append("seats")
        if changes or not known:
            await events.raise_audience_versions([viewers.member_audience(member_id)])
            self._check(roster_row, member_id, known, held, granted)
            await self._log("updated" if known else "added", "member", member_id, {"fields": changes})
        return RowOutcome(
            row=roster_row.row,
            name=roster_row.name,
            agency=roster_row.agency_code,
            is_new=known is None,
            changes=tuple(changes) if known else (),
        )

    def _check(
        self,
        roster_row: RosterRow,
        member_id: UUID,
        known: dict[str, Any] | None,
        held: set[Role],
        granted: AbstractSet[Role],
    ) -> None:
        """Add a fault for each change that this manager may not make, or that no one may make."""
        has_left = (roster_row.status or (known and known["status"])) == Status.DEPARTED
        if has_left and (roster_row.roles or roster_row.seats):
            self._faults.append(RowFault(row=roster_row.row, field="status", sentence=LEFT_WITHOUT))
        if known and known["is_guest"] and granted:
            self._faults.append(RowFault(row=roster_row.row, field="roles", sentence=GUEST_ROLES))
        if self._manager is None:
            return
        if Role.COORDINATOR in held ^ granted and self._is_bound:
            self._faults.append(RowFault(row=roster_row.row, field="roles", sentence=ONLY_COORDINATORS))
        try:
            directory.check_account(self._manager, member_id, held)
        except NotAllowed as refused:
            self._faults.append(RowFault(row=roster_row.row, field="", sentence=refused.sentence))

    async def _add(self, roster_row: RosterRow, agency_id: UUID) -> UUID:
        facts = PersonFacts(
            agency_id=agency_id,
            name=roster_row.name,
            email=roster_row.email,
            zone=roster_row.zone or self._zone,
            title=roster_row.title or "",
            phone=roster_row.phone or "",
            mobile=roster_row.mobile or "",
            is_mobile_private=bool(roster_row.mobile_private),
        )
        member_id = await people.insert_member(facts, self._now)
        if roster_row.status not in (None, Status.ACTIVE):
            await Member.update({Member.status: roster_row.status}).where(Member.id == member_id)
        return member_id

    async def _update(self, roster_row: RosterRow, agency_id: UUID, known: dict[str, Any]) -> list[str]:
        said = {
            "name": roster_row.name,
            "title": roster_row.title,
            "phone": roster_row.phone,
            "mobile": roster_row.mobile,
            "is_mobile_private": roster_row.mobile_private,
            "zone": roster_row.zone,
            "status": roster_row.status,
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
            values |= reopened_columns(known["expires_at"], self._now)
        await Member.update(values).where(Member.id == known["id"])
        if "agency" in changed and self._is_bound and await is_other_arm(known["agency"], agency_id):
            self._faults.append(
                RowFault(row=roster_row.row, field="agency_code", sentence=ONLY_COORDINATORS_MOVE_PEOPLE)
            )
        if roster_row.status is Status.SUSPENDED and "status" in changed:
            await close_account(known["id"])
        if roster_row.status is Status.DEPARTED and "status" in changed:
            # Whose work is to be handed over is removed by a person, who chooses a successor.
            has_work = await transfer.events_led(known["id"], self._now) or await transfer.items_owned(known["id"])
            if self._manager or has_work:
                self._faults.append(RowFault(row=roster_row.row, field="status", sentence=HAND_OVER))
            await remove_from_task_force(known["id"], None, self._now)
        return list(changed)

    async def _log(self, verb: str, subject: str, subject_id: UUID | str, facts: dict[str, object]) -> None:
        await audit.record(self._by, verb, subject, subject_id, facts, self._now)


def _values_in(rows: list[RosterRow]) -> dict[str, str]:
    """Return the values that the rows of one agency give; the rows do not contradict each other."""
    said: dict[str, str] = {}
    for row in rows:
        for column, value in row.of_agency.items():
            if value and column != "coalition":
                said.setdefault(AGENCY_COLUMNS[column], str(value))
    return said


def _agency_faults(
    named: dict[str, list[RosterRow]], stored: dict[str, dict[str, Any]], *, may_move: bool
) -> Iterator[RowFault]:
    for code, rows in named.items():
        missing = [name for name in ("arm", "level") if name not in _values_in(rows)]
        if code not in stored and missing:
            sentence = f"{rows[0].agency_code} is a new agency, so one of its rows must have {' and '.join(missing)}."
            yield RowFault(row=rows[0].row, field=missing[0], sentence=sentence)
        for row in rows:
            coalition = (row.coalition or "").casefold()
            if coalition and (coalition == code or coalition not in {*named, *stored}):
                yield RowFault(row=row.row, field="coalition", sentence="Enter the code of another agency in the file.")
    for code, rows in () if may_move else named.items():
        for row in rows:
            if code in stored and row.arm and row.arm != stored[code]["arm"]:
                yield RowFault(row=row.row, field="arm", sentence=ONLY_COORDINATORS_MOVE_AGENCIES)


async def import_first_people(roster: bytes, email: str, now: datetime, zone: str, lifetime: timedelta) -> str:
    """Import the first people into an empty database, and return the token of a sign-in link for one of them.

    Errors: Conflict when the database has people already, Invalid when the roster cannot be imported.
    """
    if await Member.exists():
        raise Conflict("The database already has people. Use an empty one, or leave it out.")
    report = await import_roster(roster, now, zone)
    account = await account_at(email)
    if report.faults or account is None:
        raise Invalid(report.faults[0].sentence if report.faults else f"{email} isn’t on the roster.")
    return await issue_link(account.member_id, now, lifetime)
