"""What the templates of each email can use: the values for its subject, preview, and text.

Each class belongs to one folder in `templates/emails/`, whose files use its fields by name. Values are ready to read:
days as "Thu, Dec 10", times as "2:00 PM", and "" for missing values. Emails about one event are in `event_values`.
"""

from enum import StrEnum

from msgspec import Struct

from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.emails.event_values import EventEmail, RemovedUnseenEmail


class RestrictedReason(StrEnum):
    """Why a reader gets an email about a restricted event."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    REPLY = "reply"
    UPDATE = "update"


class RestrictedEmail(Struct, frozen=True, kw_only=True):
    """`restricted`: a change to a restricted event; the email reveals nothing about it."""

    reason: RestrictedReason
    has_attachment: bool
    """Whether the email removes an earlier entry from the reader's calendar."""
    asks_reply: bool = True
    """Whether the reader is asked to come, and not only informed."""


class ThankYouEmail(Struct, frozen=True, kw_only=True):
    """`thank_you`: the reader was at a date of an event."""

    title: str
    day: str
    organizer: str
    """Empty in a time-only email, as both numbers are 0 there."""
    own: int
    """How many of its action items are the reader's."""
    others: int
    """How many other ones the reader can see."""


class ItemAssignedEmail(Struct, frozen=True, kw_only=True):
    """`item_assigned`: the reader owns a new action item."""

    reference: str
    due: str
    origin: str


class ItemWithdrawnEmail(Struct, frozen=True, kw_only=True):
    """`item_withdrawn`: another person canceled the reader's action item, or reassigned it."""

    reference: str
    due: str
    is_canceled: bool


class ItemBlockedEmail(Struct, frozen=True, kw_only=True):
    """`item_blocked`: the owner of an action item can't finish it; the reader can help or reassign it."""

    reference: str
    due: str
    owner: str
    has_reason: bool


class ItemNotedEmail(Struct, frozen=True, kw_only=True):
    """`item_noted`: another person unblocked the reader's action item, or added a note while it was blocked."""

    reference: str
    due: str
    by: str
    is_blocked: bool


class ItemAnsweredEmail(Struct, frozen=True, kw_only=True):
    """`item_answered`: what was understood of what the reader wrote back to an email about an action item."""

    reference: str
    due: str
    outcome: AnswerOutcome
    status: str
    """What they set it to, in small letters; empty for a note."""
    is_whole: bool


class ItemDueEmail(Struct, frozen=True, kw_only=True):
    """`item_due`: an action item is due in some days, or today."""

    reference: str
    due: str
    days: int
    progress: str
    is_late: bool


class ItemOverdueEmail(Struct, frozen=True, kw_only=True):
    """`item_overdue`: an action item was due some days ago."""

    reference: str
    due: str
    days: int
    is_late: bool


class ItemEmailReason(StrEnum):
    """Why a reader gets an email about an action item."""

    ASSIGNED = "assigned"
    WITHDRAWN = "withdrawn"
    BLOCKED = "blocked"
    NOTED = "noted"
    ANSWERED = "answered"
    DUE = "due"
    OVERDUE = "overdue"


class ItemRestrictedEmail(Struct, frozen=True, kw_only=True):
    """`item_restricted`: an action item of which the email reveals only the number and the due day."""

    about: ItemEmailReason
    reference: str
    due: str
    days: int
    """Days until it is due, or since then; 0 when the email isn't a reminder."""


class ItemsOfDayEmail(Struct, frozen=True, kw_only=True):
    """`items_of_day`: several action items that the reader owns or can help with, or one of another person."""

    day: str
    overdue: int
    due: int
    agency: int
    """Items that reached the agency of their owner."""
    followed_up: int
    """Items that reached the coordinators, or the person who assigned them."""
    restricted: int
    """How many of all these are counted but not listed."""
    lists_agency: bool
    lists_followed_up: bool
    is_late: bool


class DigestEmail(Struct, frozen=True, kw_only=True):
    """`digest`: the reader's week."""

    monday: str
    sunday: str
    events: int
    replies: int
    items: int
    followed_up: int
    has_restricted: bool


class AccountInvitationEmail(Struct, frozen=True, kw_only=True):
    """`account_invitation`: a new member gets a link to sign in for the first time."""

    until: str


class AccountLockedEmail(Struct, frozen=True, kw_only=True):
    """`account_locked`: sign-in is paused after failed attempts."""

    call: str
    """The coordinators with their phone numbers, or nothing."""


class AccountChangedEmail(Struct, frozen=True, kw_only=True):
    """`account_changed`: another person changed how the reader signs in."""

    call: str
    """The coordinators with their phone numbers, or nothing."""


class AuditLogAlteredEmail(Struct, frozen=True, kw_only=True):
    """`audit_log_altered`: verification found that the audit log was altered."""


class EmailTestEmail(Struct, frozen=True, kw_only=True):
    """`email_test`: the reader asked for it, to see whether emails arrive."""

    asked: str
    """When they asked."""


class AddressCheckEmail(Struct, frozen=True, kw_only=True):
    """`address_check`: the reader of this mailbox confirms that replies from here are a member's."""

    person: str
    """Name and agency."""
    address: str


class AddressAddedEmail(Struct, frozen=True, kw_only=True):
    """`address_added`: replies from a further address count as the reader's."""

    address: str


class ConflictFoundEmail(Struct, frozen=True, kw_only=True):
    """`conflict_found`: two operations are in each other's way; what they are is shown after sign-in only."""

    for_officer: bool


class ConflictEndedEmail(Struct, frozen=True, kw_only=True):
    """`conflict_ended`: two operations are no longer in each other's way; how it ended is shown after sign-in only."""


class ConflictChangedEmail(Struct, frozen=True, kw_only=True):
    """`conflict_changed`: a conflict has to be decided again; what changed is shown after sign-in only."""


class ComparisonsReportedEmail(Struct, frozen=True, kw_only=True):
    """`comparisons_reported`: someone compared many places; who did is shown to officers after sign-in only."""


class CheckOutMissingEmail(Struct, frozen=True, kw_only=True):
    """`check_out_missing`: someone hasn't checked out of an operation; who, of which, is shown after sign-in only."""


class ReadinessEmail(Struct, frozen=True, kw_only=True):
    """`readiness`: a service-readiness notice is new or has changed; what it says is shown after sign-in only."""

    is_new: bool


class EmergencyAccessEmail(Struct, frozen=True, kw_only=True):
    """`emergency_access`: an administrator used emergency access; who, why, and to what is shown after sign-in only."""


class DecisionNeededEmail(Struct, frozen=True, kw_only=True):
    """`decision_needed`: something waits for the reader's approval; what it is is shown after sign-in only."""


class DecisionMadeEmail(Struct, frozen=True, kw_only=True):
    """`decision_made`: what the reader asked for is decided; how is shown after sign-in only."""


class PollOpenedEmail(Struct, frozen=True, kw_only=True):
    """`poll_opened`: the reader is asked which of some dates suit them."""

    title: str
    reply_by: str


class PollNudgeEmail(Struct, frozen=True, kw_only=True):
    """`poll_nudge`: the reader has not replied to a date poll."""

    title: str
    reply_by: str
    """Empty once the day is over."""


class PollCanceledEmail(Struct, frozen=True, kw_only=True):
    """`poll_canceled`: a date poll in which the reader was asked is canceled."""

    title: str
    """Empty once the draft was edited after that."""


ItemEmail = (
    ItemAssignedEmail
    | ItemWithdrawnEmail
    | ItemBlockedEmail
    | ItemNotedEmail
    | ItemAnsweredEmail
    | ItemDueEmail
    | ItemOverdueEmail
)
AccountEmail = (
    AccountInvitationEmail
    | AccountLockedEmail
    | AccountChangedEmail
    | EmailTestEmail
    | AddressCheckEmail
    | AddressAddedEmail
)
EmailValues = (
    EventEmail
    | RemovedUnseenEmail
    | RestrictedEmail
    | ThankYouEmail
    | ItemEmail
    | ItemRestrictedEmail
    | ItemsOfDayEmail
    | DigestEmail
    | AccountEmail
    | AuditLogAlteredEmail
    | ConflictFoundEmail
    | ConflictEndedEmail
    | ConflictChangedEmail
    | ComparisonsReportedEmail
    | CheckOutMissingEmail
    | ReadinessEmail
    | EmergencyAccessEmail
    | PollOpenedEmail
    | PollNudgeEmail
    | PollCanceledEmail
    | DecisionNeededEmail
    | DecisionMadeEmail
)
"""The context of an email."""
