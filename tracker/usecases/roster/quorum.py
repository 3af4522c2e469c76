"""The quorum of a body, for those who may know the body."""

from uuid import UUID

from tracker.rules.core.audiences import Arm, body
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.quorum import Quorum, QuorumRule, Seat
from tracker.tables.schema.roster.people import Body
from tracker.usecases.roster import directory_rows


async def quorum_of(viewer: Viewer, body_id: UUID | None) -> Quorum | None:
    """Return what a body asks for and who holds its seats; None where it asks nothing, or is not for this viewer."""
    if body_id is None or body(body_id) not in viewer.audiences:
        return None
    row = await Body.select(Body.quorum, Body.both_arms).where(Body.id == body_id).first()
    rule = QuorumRule(seats=row["quorum"], both_arms=bool(row["both_arms"])) if row else QuorumRule()
    return Quorum(rule=rule, seats=await _seats(body_id)) if rule.is_asked else None


async def _seats(body_id: UUID) -> list[Seat]:
    arms: dict[UUID, Arm] = {}
    holders: dict[UUID, set[UUID]] = {}
    for row in await directory_rows.seats():
        if row["body"] == body_id:
            arms[row["seat"]] = Arm(row["arm"])
            holders.setdefault(row["seat"], set()).update({row["member"]} - {None})
    return [Seat(arm=arm, holders=frozenset(holders[seat])) for seat, arm in arms.items()]
