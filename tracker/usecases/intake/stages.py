"""How far an action item was before an email changed it."""

from tracker.rules.actions.item_undo import Stage
from tracker.tables.background.intake.words import MadeChange


def stage_before(made: MadeChange) -> Stage | None:
    """Return how far the item was; None for an email that recorded a reply."""
    if made.status_before is None or made.progress_before is None:
        return None
    return Stage(status=made.status_before, progress=made.progress_before, blocked_at=made.blocked_before)
