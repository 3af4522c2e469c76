"""What the templates of each email may say: the values that its subject, preview and committee stand for.

Each class belongs to one folder in `templates/emails/`, whose files use its fields by name. Values come ready to read:
days as "Thu, Dec 10", times as "2:00 PM", and "" for what there is not.
"""

from dataclasses import dataclass
from enum import StrEnum

from tracker.rules.emails.event_contexts import EventEmail, RemovedUnseenEmail


class Reason(StrEnum):
    """Why a restricted event is written about."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    REPLY = "reply"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True)
class RestrictedEmail:
    """`restricted`: something about a restricted event, of which no email tells anything."""

    reason: Reason
    has_attachment: bool
    """Whether the email removes an earlier entry from the reader's calendar."""


@dataclass(frozen=True, kw_only=True)
class ItemAssignedEmail:
    """`item_assigned`: the reader owns a new action item."""

    reference: str
    due: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class ItemDueEmail:
    """`item_due`: an action item is due in some days, or today."""

    reference: str
    due: str
    days: int
    progress: str
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class ItemOverdueEmail:
    """`item_overdue`: an action item was due some days ago."""

    reference: str
    due: str
    days: int
    is_late: bool


class ItemNews(StrEnum):
    """Why an action item is written about."""

    ASSIGNED = "assigned"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, kw_only=True)
class ItemRestrictedEmail:
    """`item_restricted`: something about an action item of which no email tells more than its number and its day."""

    about: ItemNews
    reference: str
    due: str
    days: int
    """Until it is due, or since then; 0 when it is new."""


@dataclass(frozen=True, kw_only=True)
class DigestEmail:
    """`digest`: the week of its reader."""

    monday: str
    sunday: str
    events: int
    replies: int
    items: int
    has_restricted: bool


@dataclass(frozen=True, kw_only=True)
class AccountInvitationEmail:
    """`account_invitation`: somebody new gets a link to sign in for the first time."""

    until: str


@dataclass(frozen=True, kw_only=True)
class AccountLockedEmail:
    """`account_locked`: sign-in is paused after failed attempts."""


@dataclass(frozen=True, kw_only=True)
class AccountChangedEmail:
    """`account_changed`: somebody else changed how the reader signs in."""

    call: str
    """The coordinators with their telephone numbers, or nothing."""


@dataclass(frozen=True, kw_only=True)
class AuditLogAlteredEmail:
    """`audit_log_altered`: verification found that the audit log was altered."""


ItemEmail = ItemAssignedEmail | ItemDueEmail | ItemOverdueEmail
AccountEmail = AccountInvitationEmail | AccountLockedEmail | AccountChangedEmail
Says = (
    EventEmail
    | RemovedUnseenEmail
    | RestrictedEmail
    | ItemEmail
    | ItemRestrictedEmail
    | DigestEmail
    | AccountEmail
    | AuditLogAlteredEmail
)
"""What an email says."""
