"""Printouts: the sign-in sheet."""

from uuid import UUID

from msgspec import Struct

from tracker.rules.attendance.printouts import check_sign_in_sheet
from tracker.rules.attendance.quorum_record import QuorumOfRecord
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.events.replies import Participant
from tracker.tables.visible.attendance import quorum as visible_quorum
from tracker.tables.visible.attendance import sheet
from tracker.usecases.events.occurrences import date_for


class Sheet(Struct, frozen=True, kw_only=True):
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


async def sign_in_sheet(viewer: Viewer, event_id: UUID, key: str) -> Sheet:
    """Return who is expected on a date. Errors: NotFound, NotAllowed."""
    occurrence = await date_for(viewer, event_id, key)
    check_sign_in_sheet(viewer, occurrence.event)
    return Sheet(
        occurrence=occurrence,
        people=tuple(await sheet.participants(viewer, occurrence)),
        quorum=(await visible_quorum.recorded(viewer, [occurrence.id])).get(occurrence.id),
    )
