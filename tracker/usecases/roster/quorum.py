"""The quorum of a committee, for viewers who may know the committee."""

from uuid import UUID

from tracker.rules.core.audiences import Arm, committee
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.quorum import Quorum, QuorumRule, Seat
from tracker.tables.schema.roster.people import Committee
from tracker.usecases.roster import directory_rows


async def quorum_of(viewer: Viewer, committee_id: UUID | None) -> Quorum | None:
    """Return a committee's quorum rule and seat holders; None when it has no rule, or the viewer may not know it."""
    if committee_id is None or committee(committee_id) not in viewer.audiences:
        return None
    row = await Committee.select(Committee.quorum, Committee.both_arms).where(Committee.id == committee_id).first()
    rule = QuorumRule(seats=row["quorum"], both_arms=bool(row["both_arms"])) if row else QuorumRule()
    return Quorum(rule=rule, seats=await _seats(committee_id)) if rule.is_asked else None


async def _seats(committee_id: UUID) -> list[Seat]:
    arms: dict[UUID, Arm] = {}
    holders: dict[UUID, set[UUID]] = {}
    for row in await directory_rows.seats():
        if row["committee"] == committee_id:
            arms[row["seat"]] = Arm(row["arm"])
            holders.setdefault(row["seat"], set()).update({row["member"]} - {None})
    return [Seat(arm=arm, holders=frozenset(holders[seat])) for seat, arm in arms.items()]
