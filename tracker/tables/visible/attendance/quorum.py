"""Quorum of record of dates that the viewer may see, for viewers who may know the committee that met."""

from collections.abc import Iterable
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database.sql_list import sql_list
from tracker.rules.attendance.quorum_record import QuorumOfRecord, SeatOfRecord
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.quorum import QuorumRule
from tracker.tables.visible.core.rows import Row, rows

_RECORDS = (
    "SELECT q.occurrence, q.needed, q.both_arms, q.recorded_at, t.agency, g.code, t.arm, t.is_filled"
    " FROM quorum_record q JOIN occurrence o ON o.id = q.occurrence JOIN event e ON e.id = o.event"
    " JOIN quorum_seat t ON t.record = q.id JOIN agency g ON g.id = t.agency WHERE MAY_SEE(e)"
)
_OF_DATES = " AND q.replaced_at IS NULL AND q.occurrence IN ({}){} ORDER BY g.code, t.id"
_OF_THEIRS = " AND 'committee:' || CAST(q.committee AS VARCHAR(36)) IN ({})"


async def recorded(viewer: Viewer, occurrence_ids: Iterable[UUID]) -> dict[UUID, QuorumOfRecord]:
    """Return the quorum of each of these dates that was recorded when attendance was last closed.

    Members of the committee may know it, and coordinators, also when the committee has ended since.
    """
    wanted = list(occurrence_ids)
    if not wanted:
        return {}
    among = sql_list(wanted)
    seats: dict[UUID, list[Row]] = {}
    for row in await rows(_RECORDS, viewer, _OF_DATES, among, _known_to(viewer)):
        seats.setdefault(row["occurrence"], []).append(row)
    return {occurrence_id: _record(found) for occurrence_id, found in seats.items()}


def _known_to(viewer: Viewer) -> QueryString:
    if viewer.is_coordinator:
        return QueryString("")
    held = sorted(viewer.audiences)
    return QueryString(_OF_THEIRS, sql_list(held))


def _record(found: list[Row]) -> QuorumOfRecord:
    return QuorumOfRecord(
        rule=QuorumRule(seats=found[0]["needed"], both_arms=bool(found[0]["both_arms"])),
        seats=[
            SeatOfRecord(
                agency_id=row["agency"], agency=row["code"], arm=Arm(row["arm"]), is_filled=bool(row["is_filled"])
            )
            for row in found
        ],
        recorded_at=found[0]["recorded_at"],
    )
