"""The operations whose check-in is or was open, for a viewer who may see them, in one query."""

from datetime import datetime

from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.check_ins import OPENS_BEFORE, CheckInDay
from tracker.rules.operations.states import OperationState
from tracker.tables.background.events.invitees import TAKES_PART
from tracker.tables.visible.core.rows import rows
from tracker.tables.visible.events.events import LINE, line
from tracker.tables.visible.operations.planned_dates import OF_THEIR_PLAN, PLANNED_DATES

_DAYS = (
    f"{LINE}, p.state, i.id AS invitation FROM {PLANNED_DATES}"
    f" LEFT JOIN invitation i ON i.event = e.id AND i.member = {{}} AND i.withdrawn_at IS NULL AND {TAKES_PART}"
    f" WHERE MAY_SEE(e) AND {OF_THEIR_PLAN}"
)
_UNDER_WAY = (
    " AND o.starts_at <= {} AND (o.ends_at > {} OR p.state = 'executing') AND p.state <> 'draft'"
    " AND NOT o.is_canceled AND e.status <> 'canceled' ORDER BY o.starts_at, o.id"
)


async def check_in_days(viewer: Viewer, now: datetime) -> list[CheckInDay]:
    """Return the operations that are planned and whose check-in has opened, until they are over, soonest first."""
    latest_start = now + OPENS_BEFORE
    found = await rows(_DAYS, viewer, _UNDER_WAY, viewer.member_id, latest_start, now)
    return [
        CheckInDay(line=line(row), state=OperationState(row["state"]), is_on_it=row["invitation"] is not None)
        for row in found
    ]
