"""What was understood of an email with words, as its row keeps it."""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.actions.item_undo import Stage
from tracker.rules.core.answers import Taken
from tracker.rules.intake.words import Said

NOTHING = Said(word=None, text="")


class Understood(Struct, frozen=True, kw_only=True):
    """What an email said, what became of it, and what it changed."""

    outcome: Taken
    said: Said = NOTHING
    item_id: UUID | None = None
    event_id: UUID | None = None
    occurrence_id: UUID | None = None
    reply_id: UUID | None = None
    before: Stage | None = None
    """How far the item was before the change."""
    claimed_id: UUID | None = None
    """Who got our email about the item, when the reply didn't come from them."""

    def after(self, before: Stage) -> "Understood":
        """Return this with what undoes it."""
        return replace(self, before=before)


UNMATCHED = Understood(outcome=Taken.UNMATCHED)
