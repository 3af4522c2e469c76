"""What was understood of an email with words, as its row keeps it."""

from dataclasses import dataclass, replace
from uuid import UUID

from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.answers import Taken
from tracker.rules.intake.words import Said

NOTHING = Said(word=None, text="")


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What an email said, what became of it, and what it changed."""

    outcome: Taken
    said: Said = NOTHING
    item_id: UUID | None = None
    event_id: UUID | None = None
    occurrence_id: UUID | None = None
    reply_id: UUID | None = None
    status: ItemStatus | None = None
    """Of the item, before the change."""
    progress: int | None = None
    version: int | None = None
    """Of the item, after the change."""
    claimed_id: UUID | None = None
    """Who got our email about the item, when the reply didn't come from them."""

    def after(self, *, status: ItemStatus, progress: int, version: int) -> "Understood":
        """Return this with what undoes it."""
        return replace(self, status=status, progress=progress, version=version)


UNMATCHED = Understood(outcome=Taken.UNMATCHED)
