"""The seats and chairs of a roster: who sits where agrees with the row; bodies named for the first time are added."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from tracker.crypto import ids
from tracker.rules.core.viewer import Role
from tracker.rules.roster.csv_rows import Entry, Place
from tracker.tables.schema.roster.people import Body, MemberRole, Seat, SeatHolder
from tracker.usecases.roster import people
from tracker.usecases.roster.csv_import_agencies import Log

Held = set[tuple[UUID, UUID | None, Place]]
"""Body, agency whose seat it is (None for a chair), place."""


class Seats:
    """The seats of one import; `notes` on new bodies, and on who lost the first place in one."""

    def __init__(self, log: Log, listed: set[str]) -> None:
        self.notes: list[str] = []
        self._log = log
        self._listed = listed
        self._bodies: dict[str, UUID] = {}
        self._seats: dict[tuple[UUID, UUID], UUID] = {}
        self._held: dict[UUID, Held] = {}

    async def know(self, entries: Iterable[Entry]) -> None:
        """Read what there is, and add the bodies that the rows name for the first time."""
        self._bodies = {row["name"].casefold(): row["id"] for row in await Body.select(Body.id, Body.name)}
        for one in entries:
            for name in one.seats or ():
                if name.casefold() not in self._bodies:
                    await self._add_body(name)
        for row in await Seat.select(Seat.id, Seat.body, Seat.agency):
            self._seats[row["body"], row["agency"]] = row["id"]
        for row in await SeatHolder.select(
            SeatHolder.member, SeatHolder.seat.body, SeatHolder.seat.agency, SeatHolder.is_primary
        ):
            place = Place.PRIMARY if row["is_primary"] else Place.ALTERNATE
            self._held.setdefault(row["member"], set()).add((row["seat.body"], row["seat.agency"], place))
        is_chair = MemberRole.role == Role.BODY_CHAIR
        for row in await MemberRole.select(MemberRole.member, MemberRole.body).where(is_chair):
            self._held.setdefault(row["member"], set()).add((row["body"], None, Place.CHAIR))

    async def agree(self, one: Entry, member_id: UUID, agency_id: UUID) -> bool:
        """Make a member's seats agree with the row; say whether that changed anything."""
        places = {self._bodies[name.casefold()]: place for name, place in (one.seats or {}).items()}
        held = self._held.get(member_id, set())
        if self._wanted(places, agency_id) == held:
            return False
        await SeatHolder.delete().where(SeatHolder.member == member_id)
        await MemberRole.delete().where((MemberRole.member == member_id) & (MemberRole.role == Role.BODY_CHAIR))
        for body_id, place in places.items():
            await self._sit(member_id, body_id, agency_id, is_primary=place is not Place.ALTERNATE)
            if place is Place.CHAIR:
                await people.make_chair(body_id=body_id, member_id=member_id)
        await people.note_change_in({body for body, *_ in held} | set(places))
        return True

    @staticmethod
    def _wanted(places: Mapping[UUID, Place], agency_id: UUID) -> Held:
        first = {body: Place.PRIMARY if place is Place.CHAIR else place for body, place in places.items()}
        chairs: Held = {(body, None, place) for body, place in places.items() if place is Place.CHAIR}
        return chairs | {(body, agency_id, place) for body, place in first.items()}

    async def _sit(self, member_id: UUID, body_id: UUID, agency_id: UUID, *, is_primary: bool) -> None:
        seat_id = self._seats.get((body_id, agency_id)) or await self._add_seat(body_id, agency_id)
        if is_primary:
            await self._step_back(seat_id)
        await people.sit(seat_id=seat_id, member_id=member_id, is_primary=is_primary)

    async def _step_back(self, seat_id: UUID) -> None:
        """Make whoever was primary an alternate: nobody whom the file does not name loses sight of the body."""
        of_seat, member = SeatHolder.seat == seat_id, SeatHolder.member
        for row in await SeatHolder.select(SeatHolder.is_primary, member.name, member.email).where(of_seat):
            if row["is_primary"] and row["member.email"] not in self._listed:
                self.notes.append(f"{row['member.name']} is now an alternate: another has the first place of the seat.")
        await SeatHolder.update({SeatHolder.is_primary: False}).where(of_seat)

    async def _add_seat(self, body_id: UUID, agency_id: UUID) -> UUID:
        seat_id = ids.new_id()
        await Seat.insert(Seat(id=seat_id, body=body_id, agency=agency_id))
        self._seats[body_id, agency_id] = seat_id
        return seat_id

    async def _add_body(self, name: str) -> None:
        body_id = await people.add_body(name=name, kind="committee")
        self._bodies[name.casefold()] = body_id
        self.notes.append(f"{name} is a new body.")
        await self._log("added", "body", body_id, {})
