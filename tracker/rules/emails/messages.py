"""Messages as the Messages page shows them, by sending: the state of each, in words, and which ones can be resent."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import LAW_ENFORCEMENT_ONLY, PAUSED, TOPIC_WORDS, MessageState
from tracker.rules.core.viewers import Arm, Viewer, Visibility
from tracker.rules.core.wording import Worded, plural

TRY_MARK = "#"
"""Separates the change from the number of the try in a key."""
_NUMBER = re.compile(rf"{TRY_MARK}([0-9]+)\Z")


class MessageStatus(Worded):
    """The status of a message as people see it; one status can cover several states."""

    PLANNED = "planned"
    """Computed from the rules; there is no row yet."""
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped", "Not sent, and why"


class EmailCount(Struct, frozen=True):
    """How many people get how many emails about one deed."""

    people: int
    emails: int

    @property
    def words(self) -> str:
        """Return "3 people will get two emails.", or for no one the empty text."""
        if not self.people:
            return ""
        same_for_all = {self.people: "an email", 2 * self.people: "two emails"}
        emails = same_for_all.get(self.emails, f"{self.emails} emails in all")
        return f"{plural(self.people, 'person', 'people')} will get {emails}."


STATES = {
    MessageStatus.WAITING: frozenset({MessageState.PENDING}),
    MessageStatus.SENT: frozenset({MessageState.SENT}),
    MessageStatus.FAILED: frozenset({MessageState.FAILED, MessageState.BOUNCED}),
    MessageStatus.SKIPPED: frozenset({MessageState.SUPERSEDED, MessageState.SUPPRESSED, MessageState.TOO_LATE}),
}
_TO_OFFICERS = LAW_ENFORCEMENT_ONLY | {MessageKind.COMPARISONS_REPORTED}
_OF_OPERATIONS = _TO_OFFICERS | {MessageKind.EMERGENCY_ACCESS, MessageKind.PLAN_APPROVAL}
_TO_SERVICES = frozenset({MessageKind.READINESS})
_UNLISTED = frozenset({MessageKind.ADDRESS_CHECK})
"""Not listed: it would show whether the address belongs to someone else."""
OF_ACCOUNTS = frozenset({MessageKind.ACCOUNT_LOCKED, MessageKind.ACCOUNT_CHANGED, MessageKind.ACCOUNT_INVITATION})
REPEATED = "To ask for a reply again, choose Remind on the event’s page."
CHECK_ADDRESS = "A coordinator can check the address."
RESENDABLE = STATES[MessageStatus.FAILED] | STATES[MessageStatus.SENT]


def message_kinds_for(viewer: Viewer) -> dict[MessageKind, str]:
    """Return the kinds of which the viewer's list can have a message, with their words.

    It follows from their arm and their roles alone, never from which messages there are. Outside law enforcement, the
    kinds that only people who plan operations get are missing, because what such emails are about is theirs; a
    coordinator gets some of them.
    """
    missing = _UNLISTED
    if viewer.arm is Arm.LAW_ENFORCEMENT:
        missing |= _TO_SERVICES
    else:
        missing |= _TO_OFFICERS if viewer.is_coordinator else _OF_OPERATIONS
    if not viewer.manages_accounts:
        missing |= {MessageKind.EMAIL_TEST}
    if not viewer.reads_audit:
        missing |= {MessageKind.AUDIT_LOG_ALTERED}
    return {kind: kind.label for kind in MessageKind if kind not in missing}


class MessageSubject(Struct, frozen=True, kw_only=True):
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


class MessageLine(Struct, frozen=True, kw_only=True):
    """One message in the list."""

    id: UUID
    sending_id: UUID
    kind: MessageKind
    state: MessageState
    reason: str
    attempts: int
    due: datetime
    not_after: datetime | None
    sent_at: datetime | None
    try_after: datetime | None
    recipient_id: UUID
    recipient: str
    agency: str
    number: int
    """1, or more when it was resent by hand."""
    resent_at: datetime | None
    """When it was resent, as another message; None = this is the last one."""
    is_paused: bool
    """Whether nothing is sent to the address that its recipient has now."""
    subject: MessageSubject | None
    item: str | None
    """Reference of the action item."""
    item_title: str | None

    @property
    def standing(self) -> MessageStatus:
        """Return the status."""
        return status_of_state(self.state)

    @property
    def tries(self) -> str:
        """Return "3 attempts" when there was more than one."""
        return plural(self.attempts, "attempt") if self.attempts > 1 else ""

    def may_resend(self, now: datetime) -> bool:
        """Return whether it can be resent."""
        return not self.why_not_resent(now)

    def why_not_resent(self, now: datetime) -> str:
        """Return why it can't be resent; empty = it was sent or failed, it is the last one, and it is still of use.

        So can one that wasn't sent because its address was paused; none can while that lasts. A request to reply is
        repeated only by the rules for such requests. The message that an account was locked or changed is sent once,
        and a new account invitation gets a new link.
        """
        whom = f"{self.recipient} ({self.agency})"
        is_dropped = self.state not in RESENDABLE and self.reason != PAUSED
        reasons = {
            f"The message to {whom} was already sent again.": self.resent_at is not None,
            f"The message to {whom} is still waiting to be sent.": self.state is MessageState.PENDING,
            "Account emails aren’t sent again. To invite someone again, use Invite people.": self.kind in OF_ACCOUNTS,
            f"The message to {whom} is out of date.": self.not_after is not None and now >= self.not_after,
            REPEATED: self.kind is MessageKind.NO_REPLY and self.state is MessageState.SENT,
            f"The message to {whom} wasn’t sent. {self.reason}".rstrip(): is_dropped,
            f"Sending to {whom} is paused because emails couldn’t be delivered. {CHECK_ADDRESS}": self.is_paused,
        }
        return next((why for why, is_so in reasons.items() if is_so), "")

    def may_retry(self, now: datetime) -> bool:
        """Return whether it failed and can be resent."""
        return self.standing is MessageStatus.FAILED and self.may_resend(now)


class SendingSummary(Struct, frozen=True, kw_only=True):
    """What one deed sent, as far as the viewer may know of it: the people it went to, and how that ended.

    A message that was resent counts by its last try.
    """

    id: UUID
    topic: str | None
    """What it announces, a key of `TOPIC_WORDS`; None = another version knows."""
    queued_at: datetime
    people: int
    counts: Mapping[MessageStatus, int]
    """How many people have a message in each status; statuses without one are left out."""
    reasons: Mapping[str, int]
    """Why messages were not sent, and to how many people."""
    retries: int
    """How many people have a message that failed and can be resent."""
    is_of_one_date: bool
    lines: tuple[MessageLine, ...]
    """At least one of its messages: failed ones first, then waiting ones."""

    @property
    def name(self) -> str:
        """Return what it announces: "Moved"."""
        return TOPIC_WORDS[self.topic] if self.topic else self.lines[0].kind.label

    @property
    def words(self) -> str:
        """Return its state in words: "23 sent, 1 failed"."""
        counted = [f"{self.counts[standing]} {COUNTED[standing]}" for standing in COUNTED if standing in self.counts]
        return ", ".join(counted)

    @property
    def why(self) -> str:
        """Return why messages were not sent, with the number of people where there are several reasons."""
        if len(self.reasons) == 1:
            return next(iter(self.reasons))
        by_number = sorted(self.reasons.items(), key=lambda reason: (-reason[1], reason[0]))
        return " ".join(f"{people}: {reason}" for reason, people in by_number)

    @property
    def worst(self) -> MessageStatus:
        """Return the status that needs the most attention."""
        return next(standing for standing in BY_URGENCY if standing in self.counts)

    @property
    def subject(self) -> MessageSubject | None:
        """Return what it is about."""
        return self.lines[0].subject


COUNTED = {
    MessageStatus.SENT: "sent",
    MessageStatus.WAITING: "waiting",
    MessageStatus.FAILED: "failed",
    MessageStatus.SKIPPED: "not sent",
}
"""The words after a number of people, in the order in which they are said."""
BY_URGENCY = (MessageStatus.FAILED, MessageStatus.WAITING, MessageStatus.SKIPPED, MessageStatus.SENT)


class ListPosition(Struct, frozen=True, kw_only=True):
    """Where a page of the list continues: after this sending, newest first."""

    at: datetime
    id: UUID


class MessageFilter(Struct, frozen=True, kw_only=True):
    """The filters on the list; empty = everything."""

    standing: MessageStatus | None = None
    kind: MessageKind | None = None
    person: UUID | None = None
    event: UUID | None = None

    @property
    def states(self) -> frozenset[MessageState]:
        """Return the states that the filter covers; none = all."""
        return STATES.get(self.standing, frozenset()) if self.standing else frozenset()


def status_of_state(state: MessageState) -> MessageStatus:
    """Return the status that a state means to people."""
    return next(standing for standing, states in STATES.items() if state in states)


def resend_key(key: str) -> str:
    """Return the key for resending a message."""
    return f"{_NUMBER.sub('', key)}{TRY_MARK}{try_number(key) + 1}"


def try_number(key: str) -> int:
    """Return which try a key names: 1 for the first."""
    match = _NUMBER.search(key)
    return int(match[1]) if match else 1
