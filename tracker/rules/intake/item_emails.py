"""Replies to emails about action items that didn't come from the person who got them, and wait for a decision.

All emails that wait for a viewer's decision are counted only for people who may decide about them.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from uuid import UUID

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem, may_direct_item
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine
from tracker.rules.intake.calendar_replies import Mismatch
from tracker.rules.intake.unrecorded_replies import NOT_CONFIRMED, EmailDecision

ANSWER_WORDS = {
    AnswerWord.DONE: "Done",
    AnswerWord.IN_PROGRESS: "In progress",
    AnswerWord.BLOCKED: "Blocked",
    AnswerWord.NOTE: "Note",
}
may_decide_emails = may_direct_item
"""People who may reassign an item may also decide about such emails."""


class ItemSettled(StrEnum):
    """Why no one has to decide about an email."""

    CLOSED = "closed"
    OTHER_OWNER = "other_owner"
    INACTIVE = "inactive"
    UPDATED = "updated"
    KNOWN = "known"
    """The item has what it says."""
    WROTE_AGAIN = "wrote_again"


NO_ITEM_DECISION = {
    ItemSettled.CLOSED: "No decision is needed: the item is closed.",
    ItemSettled.OTHER_OWNER: "No decision is needed: the item now has a different owner.",
    ItemSettled.INACTIVE: "No decision is needed: {person} is no longer active.",
    ItemSettled.UPDATED: "No decision is needed: {person} has updated the item since.",
    ItemSettled.KNOWN: "No decision is needed: the item says so already.",
    ItemSettled.WROTE_AGAIN: "No decision is needed: the same sender wrote again.",
}


class KeptEmail(Struct, frozen=True, kw_only=True):
    """One email as it was kept: nothing of its item but the id."""

    id: UUID
    received_at: datetime
    sender: str
    """The address in From; empty when there is none that could be read."""
    is_verified: bool
    """Whether the mail server confirmed the domain of that address."""
    word: AnswerWord
    text: str
    item_id: UUID
    person_id: UUID
    """Who got the email to which it replies."""
    person: str
    """Name and agency."""
    settled: ItemSettled | None
    """Why no one has to decide about it; None = someone has to, or has."""
    decision: EmailDecision | None

    @property
    def waits(self) -> bool:
        """Return whether it waits for a decision; one that is settled is only listed."""
        return self.decision is None and self.settled is None

    @property
    def why(self) -> str:
        """Return why it was not recorded."""
        doubt = Mismatch.OTHER_SENDER.label if self.is_verified else NOT_CONFIRMED
        if self.settled is None or self.decision:
            return doubt
        return f"{doubt} {NO_ITEM_DECISION[self.settled].format(person=self.person)}"

    @property
    def says(self) -> str:
        """Return its word."""
        return ANSWER_WORDS[self.word]


class EmailAboutItem(Struct, frozen=True, kw_only=True):
    """An email about an item for which the viewer may decide."""

    email: KeptEmail
    item: ActionItem

    @property
    def waits(self) -> bool:
        """Return whether someone has to decide about it."""
        return self.email.waits

    @property
    def can_undo(self) -> bool:
        """Return whether a decision about it can be undone, and that would change something."""
        made = self.email.decision
        return made is not None and bool(made.attached_to or self.email.settled is None)


def is_answerable_by(person_id: UUID, item: ActionItem) -> bool:
    """Return whether an item's emails ask this person for an answer: its owner, and who assigned it."""
    return person_id in (item.owner_id, item.created_by_id)


def email_to_decide(viewer: Viewer, email: KeptEmail, item: ActionItem | None) -> EmailAboutItem | None:
    """Return an email with its item, for a viewer who sees the item and may decide about it."""
    return EmailAboutItem(email=email, item=item) if item and may_decide_emails(viewer, item) else None


class WaitingEmails(Struct, frozen=True, kw_only=True):
    """What waits for one viewer."""

    dates: Sequence[tuple[DateLine, Sequence[datetime]]]
    """Dates that the viewer may change, soonest first, with when each email came that waits on the page of it."""
    items: Sequence[EmailAboutItem]
    """Emails about action items; on the page, also those whose decision can be undone."""

    @property
    def came(self) -> tuple[datetime, ...]:
        """Return when each email came that waits."""
        return (
            *chain.from_iterable(at for _, at in self.dates),
            *(about_item.email.received_at for about_item in self.items if about_item.waits),
        )
