"""The quorum of a committee: its rule and the holders of its seats today."""

from uuid import UUID

from tracker.rules.core.audiences import Arm, committee
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.quorum import Quorum, QuorumRule, Seat
from tracker.tables.schema.roster.people import Committee
from tracker.usecases.roster import directory_rows


async def quorum_of(viewer: Viewer, committee_id: UUID | None) -> Quorum | None:
    """Return a committee's quorum rule and seat holders; None when it has no rule, or the viewer may not know it."""
    is_known = committee_id is not None and committee(committee_id) in viewer.audiences
    return await quorum_today(committee_id) if is_known else None


async def quorum_today(committee_id: UUID | None) -> Quorum | None:
    """Return the same for a record, no matter who makes it; None when the committee has no rule."""
    if committee_id is None:
        return None
    row = await Committee.select(Committee.quorum, Committee.both_arms).where(Committee.id == committee_id).first()
    rule = QuorumRule(seats=row["quorum"], both_arms=bool(row["both_arms"])) if row else QuorumRule()
    return Quorum(rule=rule, seats=await _seats(committee_id)) if rule.is_asked else None


async def _seats(committee_id: UUID) -> list[Seat]:
    seats: dict[UUID, tuple[UUID, Arm]] = {}
    holders: dict[UUID, set[UUID]] = {}
    for row in await directory_rows.seats():
        if row["committee"] == committee_id:
            seats[row["seat"]] = row["agency"], Arm(row["arm"])
            holders.setdefault(row["seat"], set()).update({row["member"]} - {None})
    return [
        Seat(agency_id=agency_id, arm=arm, holders=frozenset(holders[seat])) for seat, (agency_id, arm) in seats.items()
    ]
