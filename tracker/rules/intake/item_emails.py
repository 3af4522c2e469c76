"""Replies to emails about action items that didn't come from the person who got them, and wait for a decision."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.rules.actions.action_items import ActionItem, may_direct
from tracker.rules.core.answers import Word
from tracker.rules.core.viewer import Viewer
from tracker.rules.intake.calendar_replies import Misfit
from tracker.rules.intake.unrecorded import MISFIT_WORDS, NOT_CONFIRMED, Decision

WORDS = {Word.DONE: "Done", Word.IN_PROGRESS: "In progress", Word.BLOCKED: "Blocked", Word.NOTE: "Note"}
may_decide = may_direct
"""People who may reassign an item may also decide about such emails."""


@dataclass(frozen=True, kw_only=True)
class KeptEmail:
    """One email as it was kept: nothing of its item but the id."""

    id: UUID
    received_at: datetime
    sender: str
    """The address in From; empty when there is none that could be read."""
    is_verified: bool
    """Whether the mail server confirmed the domain of that address."""
    word: Word
    text: str
    item_id: UUID
    person_id: UUID
    """Who got the email to which it replies."""
    person: str
    """Name and agency."""
    decision: Decision | None

    @property
    def why(self) -> str:
        """Return why it was not recorded."""
        return MISFIT_WORDS[Misfit.OTHER_SENDER] if self.is_verified else NOT_CONFIRMED

    @property
    def says(self) -> str:
        """Return its word."""
        return WORDS[self.word]


@dataclass(frozen=True, kw_only=True)
class ItemEmail:
    """An email about an item for which the viewer may decide."""

    email: KeptEmail
    item: ActionItem

    @property
    def waits(self) -> bool:
        """Return whether no one has decided about it."""
        return self.email.decision is None

    @property
    def is_attachable(self) -> bool:
        """Return whether it can be that person's."""
        return self.waits and self.item.is_open and is_answerable_by(self.email.person_id, self.item)


def is_answerable_by(person_id: UUID, item: ActionItem) -> bool:
    """Return whether an item's emails ask this person for an answer: its owner, and who assigned it."""
    return person_id in (item.owner_id, item.created_by_id)


def for_decision(viewer: Viewer, email: KeptEmail, item: ActionItem | None) -> ItemEmail | None:
    """Return an email with its item, for a viewer who sees the item and may decide about it."""
    return ItemEmail(email=email, item=item) if item and may_decide(viewer, item) else None
