"""The seats and chairs of a roster: they are made to match the rows; new committees are added."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from tracker.crypto import ids
from tracker.rules.core.viewer import Role
from tracker.rules.roster.csv_rows import Entry, Place
from tracker.tables.schema.roster.people import Committee, MemberRole, Seat, SeatHolder
from tracker.usecases.roster import people
from tracker.usecases.roster.csv_import_agencies import Log

Held = set[tuple[UUID, UUID | None, Place]]
"""Committee, agency of the seat (None for a chair), place."""


class Seats:
    """The seats of one import; `notes` on new committees, and on members who are no longer primary."""

    def __init__(self, log: Log, listed: set[str]) -> None:
        self.notes: list[str] = []
        self._log = log
        self._listed = listed
        self._committees: dict[str, UUID] = {}
        self._seats: dict[tuple[UUID, UUID], UUID] = {}
        self._held: dict[UUID, Held] = {}

    async def know(self, entries: Iterable[Entry]) -> None:
        """Read the current seats, and add the committees that the rows name for the first time."""
        self._committees = {
            row["name"].casefold(): row["id"] for row in await Committee.select(Committee.id, Committee.name)
        }
        for one in entries:
            for name in one.seats or ():
                if name.casefold() not in self._committees:
                    await self._add_committee(name)
        for row in await Seat.select(Seat.id, Seat.committee, Seat.agency):
            self._seats[row["committee"], row["agency"]] = row["id"]
        for row in await SeatHolder.select(
            SeatHolder.member, SeatHolder.seat.committee, SeatHolder.seat.agency, SeatHolder.is_primary
        ):
            place = Place.PRIMARY if row["is_primary"] else Place.ALTERNATE
            self._held.setdefault(row["member"], set()).add((row["seat.committee"], row["seat.agency"], place))
        is_chair = MemberRole.role == Role.COMMITTEE_CHAIR
        for row in await MemberRole.select(MemberRole.member, MemberRole.committee).where(is_chair):
            self._held.setdefault(row["member"], set()).add((row["committee"], None, Place.CHAIR))

    async def agree(self, one: Entry, member_id: UUID, agency_id: UUID) -> bool:
        """Make a member's seats match the row; return whether that changed anything."""
        places = {self._committees[name.casefold()]: place for name, place in (one.seats or {}).items()}
        held = self._held.get(member_id, set())
        if self._wanted(places, agency_id) == held:
            return False
        await SeatHolder.delete().where(SeatHolder.member == member_id)
        await MemberRole.delete().where((MemberRole.member == member_id) & (MemberRole.role == Role.COMMITTEE_CHAIR))
        for committee_id, place in places.items():
            await self._sit(member_id, committee_id, agency_id, is_primary=place is not Place.ALTERNATE)
            if place is Place.CHAIR:
                await people.make_chair(committee_id=committee_id, member_id=member_id)
        await people.note_change_in({committee for committee, *_ in held} | set(places))
        return True

    @staticmethod
    def _wanted(places: Mapping[UUID, Place], agency_id: UUID) -> Held:
        first = {committee: Place.PRIMARY if place is Place.CHAIR else place for committee, place in places.items()}
        chairs: Held = {(committee, None, place) for committee, place in places.items() if place is Place.CHAIR}
        return chairs | {(committee, agency_id, place) for committee, place in first.items()}

    async def _sit(self, member_id: UUID, committee_id: UUID, agency_id: UUID, *, is_primary: bool) -> None:
        seat_id = self._seats.get((committee_id, agency_id)) or await self._add_seat(committee_id, agency_id)
        if is_primary:
            await self._step_back(seat_id)
        await people.sit(seat_id=seat_id, member_id=member_id, is_primary=is_primary)

    async def _step_back(self, seat_id: UUID) -> None:
        """Make the current primary an alternate, so that people the file does not name keep their access."""
        of_seat, member = SeatHolder.seat == seat_id, SeatHolder.member
        for row in await SeatHolder.select(SeatHolder.is_primary, member.name, member.email).where(of_seat):
            if row["is_primary"] and row["member.email"] not in self._listed:
                self.notes.append(f"{row['member.name']} is now an alternate. Someone else is the seat’s primary.")
        await SeatHolder.update({SeatHolder.is_primary: False}).where(of_seat)

    async def _add_seat(self, committee_id: UUID, agency_id: UUID) -> UUID:
        seat_id = ids.new_id()
        await Seat.insert(Seat(id=seat_id, committee=committee_id, agency=agency_id))
        self._seats[committee_id, agency_id] = seat_id
        return seat_id

    async def _add_committee(self, name: str) -> None:
        committee_id = await people.add_committee(name=name, kind="committee")
        self._committees[name.casefold()] = committee_id
        self.notes.append(f"{name} is a new committee.")
        await self._log("added", "committee", committee_id, {})
