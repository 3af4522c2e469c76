"""The activity log of an operation, for a viewer who may see it."""

from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Event
from tracker.rules.operations.activity_log import EnteredState, EntryVersion, SideDecision
from tracker.rules.operations.deconfliction import Decision
from tracker.rules.operations.states import OperationState
from tracker.tables.visible.core.rows import rows

_WRITTEN = (
    "SELECT l.id, l.entry, l.happened_at, l.text, l.written_by, l.written_at, m.name, g.code FROM operation_log_entry l"
    " JOIN operation_plan p ON p.id = l.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = l.written_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
_STATES = (
    "SELECT s.was, s.state, s.entered_at, m.name, g.code FROM operation_state_change s"
    " JOIN operation_plan p ON p.id = s.plan JOIN event e ON e.id = p.event"
    " LEFT JOIN member m ON m.id = s.entered_by LEFT JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)
# A deed enters two states at most: planning, and then draft.
_IN_ORDER = " AND e.id = {} ORDER BY s.entered_at, s.state DESC"
_DECIDED = (
    "SELECT d.hit, d.decided_at, d.decision, d.reason, d.replaced_at, m.name, g.code FROM hit_decision d"
    " JOIN operation_plan p ON p.id = d.plan JOIN event e ON e.id = p.event JOIN member m ON m.id = d.decided_by"
    " JOIN agency g ON g.id = m.agency WHERE MAY_SEE(e)"
)


async def entry_versions(viewer: Viewer, event: Event) -> list[EntryVersion]:
    """Return every version of every entry."""
    return [
        EntryVersion(
            id=row["id"],
            entry_id=row["entry"],
            at=row["happened_at"],
            text=row["text"],
            by=f"{row['name']} ({row['code']})",
            by_id=row["written_by"],
            written_at=row["written_at"],
        )
        for row in await rows(_WRITTEN, viewer, " AND e.id = {}", event.id)
    ]


async def entered_states(viewer: Viewer, event: Event) -> list[EnteredState]:
    """Return when the operation entered its states, and who took it there."""
    found = await rows(_STATES, viewer, _IN_ORDER, event.id)
    return [
        EnteredState(
            at=row["entered_at"],
            was=OperationState(row["was"]),
            state=OperationState(row["state"]),
            by=f"{row['name']} ({row['code']})" if row["name"] else "",
        )
        for row in found
    ]


async def side_decisions(viewer: Viewer, event: Event) -> list[SideDecision]:
    """Return what the operation's side decided about its conflicts, oldest first; also what it decided differently."""
    return [
        SideDecision(
            hit_id=row["hit"],
            at=row["decided_at"],
            decision=Decision(row["decision"]),
            reason=row["reason"],
            by=f"{row['name']} ({row['code']})",
            replaced_at=row["replaced_at"],
        )
        for row in await rows(_DECIDED, viewer, " AND e.id = {} ORDER BY d.decided_at, d.id", event.id)
    ]
