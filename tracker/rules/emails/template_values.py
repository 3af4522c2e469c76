"""What the templates of each email can use: the values for its subject, preview, and text.

Each class belongs to one folder in `templates/emails/`, whose files use its fields by name. Values are ready to read:
days as "Thu, Dec 10", times as "2:00 PM", and "" for missing values. Emails about one event are in `event_values`.
"""

from enum import StrEnum

from tracker.rules.core.email_declarations import EMAILS, Content
from tracker.rules.core.message_types import AnswerOutcome
from tracker.rules.emails.event_values import EmailValues


class SignpostEmail(EmailValues, frozen=True, kw_only=True):
    """An email that says nothing but that there is something to see after signing in; its message declares the folder.

    What that is, and who did it, is shown there only.
    """

    signpost: str

    @property
    def folder(self) -> str:
        """Return the folder of its words."""
        return self.signpost


def signpost_values(message: type[Content]) -> SignpostEmail:
    """Return the values of an email that has none: its message declares where its words are."""
    return SignpostEmail(signpost=EMAILS[message].folder)


class ItemEmail(EmailValues, frozen=True, kw_only=True):
    """An email about one action item."""

    reference: str
    due: str


class RestrictedReason(StrEnum):
    """Why a reader gets an email about a restricted event."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    REPLY = "reply"
    UPDATE = "update"


class RestrictedEmail(EmailValues, frozen=True, kw_only=True):
    """`restricted`: a change to a restricted event; the email reveals nothing about it."""

    reason: RestrictedReason
    has_attachment: bool
    """Whether the email removes an earlier entry from the reader's calendar."""
    asks_reply: bool = True
    """Whether the reader is asked to come, and not only informed."""


class ThankYouEmail(EmailValues, frozen=True, kw_only=True):
    """`thank_you`: the reader was at a date of an event."""

    title: str
    day: str
    organizer: str
    """Empty in a time-only email, as both numbers are 0 there."""
    own: int
    """How many of its action items are the reader's."""
    others: int
    """How many other ones the reader can see."""


class ItemAssignedEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_assigned`: the reader owns a new action item."""

    origin: str


class ItemWithdrawnEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_withdrawn`: another person canceled the reader's action item, or reassigned it."""

    is_canceled: bool


class ItemBlockedEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_blocked`: the owner of an action item can't finish it; the reader can help or reassign it."""

    owner: str
    has_reason: bool


class ItemNotedEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_noted`: another person unblocked the reader's action item, or added a note while it was blocked."""

    by: str
    is_blocked: bool


class ItemAnsweredEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_answered`: what was understood of what the reader wrote back to an email about an action item."""

    outcome: AnswerOutcome
    status: str
    """What they set it to, in small letters; empty for a note."""
    is_whole: bool


class ItemDueEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_due`: an action item is due in some days, or today."""

    days: int
    progress: str
    is_late: bool


class ItemOverdueEmail(ItemEmail, frozen=True, kw_only=True):
    """`item_overdue`: an action item was due some days ago."""

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


class ItemRestrictedEmail(EmailValues, frozen=True, kw_only=True):
    """`item_restricted`: an action item of which the email reveals only the number and the due day."""

    about: ItemEmailReason
    reference: str
    due: str
    days: int
    """Days until it is due, or since then; 0 when the email isn't a reminder."""


class ItemsOfDayEmail(EmailValues, frozen=True, kw_only=True):
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


class DigestEmail(EmailValues, frozen=True, kw_only=True):
    """`digest`: the reader's week."""

    monday: str
    sunday: str
    events: int
    replies: int
    items: int
    followed_up: int
    has_restricted: bool


class AccountInvitationEmail(EmailValues, frozen=True, kw_only=True):
    """`account_invitation`: a new member gets a link to sign in for the first time."""

    until: str


class AccountLockedEmail(EmailValues, frozen=True, kw_only=True):
    """`account_locked`: sign-in is paused after failed attempts."""

    call: str
    """The coordinators with their phone numbers, or nothing."""


class AccountChangedEmail(EmailValues, frozen=True, kw_only=True):
    """`account_changed`: another person changed how the reader signs in."""

    call: str
    """The coordinators with their phone numbers, or nothing."""


class EmailTestEmail(EmailValues, frozen=True, kw_only=True):
    """`email_test`: the reader asked for it, to see whether emails arrive."""

    asked: str
    """When they asked."""


class AddressCheckEmail(EmailValues, frozen=True, kw_only=True):
    """`address_check`: the reader of this mailbox confirms that replies from here are a member's."""

    person: str
    """Name and agency."""
    address: str


class AddressAddedEmail(EmailValues, frozen=True, kw_only=True):
    """`address_added`: replies from a further address count as the reader's."""

    address: str


class ConflictFoundEmail(EmailValues, frozen=True, kw_only=True):
    """`conflict_found`: two operations are in each other's way; what they are is shown after sign-in only."""

    for_officer: bool


class ReadinessEmail(EmailValues, frozen=True, kw_only=True):
    """`readiness`: a service-readiness notice is new or has changed; what it says is shown after sign-in only."""

    is_new: bool


class PollOpenedEmail(EmailValues, frozen=True, kw_only=True):
    """`poll_opened`: the reader is asked which of some dates suit them."""

    title: str
    reply_by: str


class PollNudgeEmail(EmailValues, frozen=True, kw_only=True):
    """`poll_nudge`: the reader has not replied to a date poll."""

    title: str
    reply_by: str
    """Empty once the day is over."""


class PollCanceledEmail(EmailValues, frozen=True, kw_only=True):
    """`poll_canceled`: a date poll in which the reader was asked is canceled."""

    title: str
    """Empty once the draft was edited after that."""
