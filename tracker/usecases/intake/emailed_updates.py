"""What an email changed of an action item, for undoing it."""

from tracker.rules.actions.item_undo import Stage, Update, update_of
from tracker.rules.intake.words import STATUSES
from tracker.tables.background.intake.words import MadeChange


def emailed_update(made: MadeChange) -> Update | None:
    """Return what an email changed of its item; None for an email that recorded a reply."""
    if made.status_before is None or made.progress_before is None:
        return None
    before = Stage(status=made.status_before, progress=made.progress_before, blocked_at=made.blocked_before)
    return update_of(before, STATUSES.get(made.word), made.at)
