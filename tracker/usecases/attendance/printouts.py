"""Printouts: the sign-in sheet, and numbered copies of a brief, each with an accountable person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotFound
from tracker.rules.attendance.printouts import Copy, check_brief, check_sign_in_sheet
from tracker.rules.attendance.quorum_record import QuorumOfRecord
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.events.replies import Participant
from tracker.tables.schema.attendance.printouts import BriefCopy
from tracker.tables.visible.attendance import printouts, sheet
from tracker.tables.visible.attendance import quorum as visible_quorum
from tracker.usecases.core import audit
from tracker.usecases.events.occurrences import date_for


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One date with the people invited to it, by agency and name."""

    occurrence: Occurrence
    people: tuple[Participant, ...]
    quorum: QuorumOfRecord | None = None
    """As it was when attendance was last closed, on a sheet printed afterward."""

    @property
    def agencies(self) -> dict[str, list[Participant]]:
        """Return the people by the short name of their agency."""
        groups: dict[str, list[Participant]] = {}
        for one in self.people:
            groups.setdefault(one.agency, []).append(one)
        return groups


@dataclass(frozen=True, kw_only=True)
class Brief(Sheet):
    """An operation's date, and the copies of its brief so far."""

    copies: tuple[Copy, ...]

    def copy(self, number: int) -> Copy:
        """Return one copy. Errors: NotFound."""
        found = next((one for one in self.copies if one.number == number), None)
        if found is None:
            raise NotFound
        return found


async def sign_in_sheet(viewer: Viewer, event_id: UUID, key: str) -> Sheet:
    """Return who is expected on a date. Errors: NotFound, NotAllowed."""
    occurrence = await date_for(viewer, event_id, key)
    check_sign_in_sheet(viewer, occurrence.event)
    return Sheet(
        occurrence=occurrence,
        people=tuple(await sheet.participants(viewer, occurrence)),
        quorum=(await visible_quorum.recorded(viewer, [occurrence.id])).get(occurrence.id),
    )


async def brief(viewer: Viewer, event_id: UUID, key: str) -> Brief:
    """Return what the cover of an operation's brief shows. Errors: NotFound, NotAllowed."""
    occurrence = await date_for(viewer, event_id, key)
    check_brief(viewer, occurrence.event)
    return Brief(
        occurrence=occurrence,
        people=tuple(await sheet.participants(viewer, occurrence)),
        copies=tuple(await printouts.copies(viewer, occurrence)),
    )


async def issue_copy(viewer: Viewer, event_id: UUID, key: str, member_id: UUID | None, now: datetime) -> int:
    """Issue the next copy of a brief to one of the people on the operation, and return its number.

    Errors: NotFound, NotAllowed, Invalid(member) for a person who is not on the operation.
    """
    async with writing():
        found = await brief(viewer, event_id, key)
        if member_id is None or member_id not in {one.member_id for one in found.people}:
            raise Invalid(member="Choose the person responsible for this copy from the people on the operation.")
        number = max((one.number for one in found.copies), default=0) + 1
        await BriefCopy.insert(
            BriefCopy(
                id=ids.new_id(),
                occurrence=found.occurrence.id,
                number=number,
                issued_to=member_id,
                issued_by=viewer.member_id,
                issued_at=now,
            )
        )
        facts = {"date": key, "copy": number, "to": member_id, "version": found.occurrence.event.version}
        await audit.record(viewer.actor, "brief_printed", "occurrence", found.occurrence.id, facts, now)
    return number
