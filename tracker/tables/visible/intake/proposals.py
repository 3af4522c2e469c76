"""Other times that invited people proposed by email, for people who may see the event."""

from datetime import datetime
from uuid import UUID

from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.proposals import NewProposal, Proposal
from tracker.tables.visible.core.rows import Row, rows

_PROPOSALS = (
    "SELECT p.id, e.id AS event, o.id AS occurrence, i.member, m.name, g.code, n.comment, n.received_at, p.made_at,"
    " p.starts_at, p.ends_at, p.was_starts_at, p.was_ends_at, p.sequence, p.declined_at,"
    " o.starts_at AS now_starts_at, o.ends_at AS now_ends_at,"
    " CASE WHEN o.is_canceled OR e.status = 'canceled' THEN 1 ELSE 0 END AS is_off,"
    " CASE WHEN o.sequence > e.sequence THEN o.sequence ELSE e.sequence END AS current"
    " FROM time_proposal p JOIN incoming_reply n ON n.id = p.reply JOIN occurrence o ON o.id = n.occurrence"
    " JOIN event e ON e.id = o.event LEFT JOIN reply a ON a.id = n.attached AND a.source = 'email'"
    " JOIN invitation i ON i.id = COALESCE(a.invitation, n.invitation) JOIN member m ON m.id = i.member"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e) AND (n.outcome <> 'unmatched' OR a.id IS NOT NULL)"
    " AND i.withdrawn_at IS NULL"
)


async def proposals_of_date(viewer: Viewer, occurrence_id: UUID) -> list[Proposal]:
    """Return the proposals for a date."""
    return [_proposal(row) for row in await rows(_PROPOSALS, viewer, " AND o.id = {}", occurrence_id)]


async def proposals_ahead(viewer: Viewer, now: datetime) -> list[Proposal]:
    """Return the proposals for all dates that are not over."""
    return [_proposal(row) for row in await rows(_PROPOSALS, viewer, " AND o.ends_at > {}", now)]


async def proposal_by_id(viewer: Viewer, proposal_id: UUID) -> Proposal | None:
    """Return a proposal; None when it is missing or not for this viewer."""
    found = await rows(_PROPOSALS, viewer, " AND p.id = {}", proposal_id)
    return _proposal(found[0]) if found else None


def _proposal(row: Row) -> Proposal:
    return Proposal(
        id=row["id"],
        event_id=row["event"],
        occurrence_id=row["occurrence"],
        member_id=row["member"],
        person=f"{row['name']} ({row['code']})",
        comment=row["comment"],
        received_at=row["received_at"],
        made=NewProposal(
            times=(row["starts_at"], row["ends_at"]),
            was=(row["was_starts_at"], row["was_ends_at"]),
            made_at=row["made_at"],
            sequence=row["sequence"],
        ),
        declined_at=row["declined_at"],
        now_at=(row["now_starts_at"], row["now_ends_at"]),
        is_off=bool(row["is_off"]),
        current=row["current"],
    )
