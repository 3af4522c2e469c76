"""Messages as the Messages page shows them: the state of each, in words, and which ones can be resent."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.outbox import MessageKind, State
from tracker.rules.core.wording import plural

AGAIN = "#"
"""Separates the change from the number of the sending in a key."""
_NUMBER = re.compile(rf"{AGAIN}([0-9]+)\Z")


class Standing(StrEnum):
    """The status of a message as people see it; one status can cover several states."""

    PLANNED = "planned"
    """Computed from the rules; there is no row yet."""
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


STATES = {
    Standing.WAITING: frozenset({State.PENDING}),
    Standing.SENT: frozenset({State.SENT}),
    Standing.FAILED: frozenset({State.FAILED, State.BOUNCED}),
    Standing.SKIPPED: frozenset({State.SUPERSEDED, State.SUPPRESSED, State.TOO_LATE}),
}
STATE_WORDS = {
    State.PENDING: "Waiting",
    State.SENT: "Sent",
    State.BOUNCED: "Refused by the mail server",
    State.FAILED: "Failed",
    State.TOO_LATE: "Too late",
    State.SUPERSEDED: "No longer needed",
    State.SUPPRESSED: "Held back",
}
KIND_WORDS = {
    MessageKind.INVITATION: "Invitation",
    MessageKind.UPDATE: "Change",
    MessageKind.CANCELLATION: "Cancellation",
    MessageKind.WITHDRAWAL: "Taken off the list",
    MessageKind.SUBSTITUTE: "Sent as alternate",
    MessageKind.REMINDER: "Reminder",
    MessageKind.NO_REPLY: "Request to reply",
    MessageKind.ITEM_ASSIGNED: "New action item",
    MessageKind.ITEM_BLOCKED: "Action item blocked",
    MessageKind.ITEM_NOTED: "Note on a blocked item",
    MessageKind.ITEM_DUE: "Action item due",
    MessageKind.ITEM_OVERDUE: "Action item overdue",
    MessageKind.DIGEST: "Weekly digest",
    MessageKind.ACCOUNT_LOCKED: "Account locked",
    MessageKind.ACCOUNT_CHANGED: "Account changed",
    MessageKind.AUDIT_LOG_ALTERED: "Audit log changed",
    MessageKind.ACCOUNT_INVITATION: "Invitation to sign in",
}
OF_ACCOUNTS = frozenset({MessageKind.ACCOUNT_LOCKED, MessageKind.ACCOUNT_CHANGED, MessageKind.ACCOUNT_INVITATION})
RESENDABLE = STATES[Standing.FAILED] | STATES[Standing.SENT]


@dataclass(frozen=True, kw_only=True)
class About:
    """The date or the whole event that a message is about, as the viewer may see it."""

    event_id: UUID
    title: str
    visibility: Visibility
    is_marked: bool
    """Whether it is controlled unclassified information."""
    key: str | None
    """Name of the date in addresses; None = the whole event."""
    starts_at: datetime | None
    zone: str


@dataclass(frozen=True, kw_only=True)
class MessageLine:
    """One message in the list."""

    id: UUID
    kind: MessageKind
    state: State
    reason: str
    attempts: int
    due: datetime
    not_after: datetime | None
    sent_at: datetime | None
    try_after: datetime | None
    recipient_id: UUID
    recipient: str
    agency: str
    sending: int
    """1, or more when it was resent by hand."""
    about: About | None
    item: str | None
    """Reference of the action item."""
    item_title: str | None

    @property
    def standing(self) -> Standing:
        """Return the status."""
        return standing_of(self.state)

    @property
    def tries(self) -> str:
        """Return "3 tries" when there was more than one."""
        return plural(self.attempts, "try", "tries") if self.attempts > 1 else ""

    def may_resend(self, now: datetime) -> bool:
        """Return whether it can be resent: it was sent or failed, and it is still of use.

        A request to reply is repeated only by the rules for such requests. The news that an account was locked or
        changed is sent once, and a new account invitation gets a new link.
        """
        is_done = self.kind is MessageKind.NO_REPLY and self.state is State.SENT
        is_past = self.kind in OF_ACCOUNTS or (self.not_after is not None and now >= self.not_after)
        return self.state in RESENDABLE and not is_done and not is_past


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page of the list continues: after this message, newest first."""

    due: datetime
    id: UUID


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """The filters on the list; empty = everything."""

    standing: Standing | None = None
    kind: MessageKind | None = None
    person: UUID | None = None
    event: UUID | None = None

    @property
    def states(self) -> frozenset[State]:
        """Return the states that the filter covers; none = all."""
        return STATES.get(self.standing, frozenset()) if self.standing else frozenset()


def standing_of(state: State) -> Standing:
    """Return the status that a state means to people."""
    return next(one for one, states in STATES.items() if state in states)


def next_key(key: str, known: Iterable[str]) -> str:
    """Return the key for resending a message; `known` are the keys of all its sendings so far."""
    return f"{base_of(key)}{AGAIN}{max([sending_of(one) for one in known], default=1) + 1}"


def base_of(key: str) -> str:
    """Return the key of the first sending."""
    return _NUMBER.sub("", key)


def sending_of(key: str) -> int:
    """Return which sending a key names: 1 for the first."""
    found = _NUMBER.search(key)
    return int(found[1]) if found else 1
