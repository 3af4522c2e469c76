"""What is declared about each email beside its message: why people get it, and how lists name it.

The list fills itself: a message declares its email with `@email`, where it is defined (`message_types`).
"""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from tracker.rules.core.wording import Worded


class MessageKind(Worded):
    """Why a person gets an email: what people filter by."""

    INVITATION = "invitation"
    UPDATE = "update", "Change"
    CANCELLATION = "cancellation"
    WITHDRAWAL = "withdrawal", "Removal from the list"
    SUBSTITUTE = "substitute", "Request to substitute"
    SUBSTITUTE_DECLINED = "substitute_declined", "Substitute can’t come"
    REMINDER = "reminder"
    THANK_YOU = "thank_you", "Thank-you"
    NO_REPLY = "no_reply", "Request to reply"
    ITEM_ASSIGNED = "item_assigned", "New action item"
    ITEM_WITHDRAWN = "item_withdrawn", "Action item canceled or reassigned"
    ITEM_BLOCKED = "item_blocked", "Action item blocked"
    ITEM_NOTED = "item_noted", "Note on a blocked item"
    ITEM_DUE = "item_due", "Action item due"
    ITEM_OVERDUE = "item_overdue", "Action item overdue"
    ITEMS_OF_DAY = "items_of_day", "Action item reminders"
    EMAIL_ANSWERED = "email_answered", "Confirmation of a reply by email"
    PROPOSAL = "proposal", "Proposed time declined"
    DIGEST = "digest", "Weekly digest"
    ACCOUNT_LOCKED = "account_locked", "Sign-in paused"
    ACCOUNT_CHANGED = "account_changed"
    AUDIT_LOG_ALTERED = "audit_log_altered"
    ACCOUNT_INVITATION = "account_invitation", "Invitation to sign in"
    EMAIL_TEST = "email_test", "Test email"
    ADDRESS_CHECK = "address_check", "Confirmation of an address"
    CONFLICT_FOUND = "conflict_found", "Conflict between operations"
    COMPARISONS_REPORTED = "comparisons_reported", "Unusual number of comparisons"
    CHECK_OUT_MISSING = "check_out_missing", "Not checked out"
    READINESS = "readiness", "Service readiness"
    EMERGENCY_ACCESS = "emergency_access"
    PLAN_APPROVAL = "plan_approval", "Approval of a plan"
    ACCESS_APPROVAL = "access_approval", "Approval of access to an operation"
    POLL = "poll", "Date poll"


class Content(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all messages have in common: a tag in their JSON that names the class."""


AnyContent = TypeVar("AnyContent", bound=Content)


class EmailDeclaration(Struct, frozen=True, kw_only=True):
    """What is declared about an email beside its message."""

    kind: MessageKind
    words: str
    """How the list of messages names a sending: "Canceled: Steering Committee"."""
    folder: str = ""
    """The folder in `templates/emails/` of an email without values; the values of any other email name theirs."""


EMAILS: dict[type[Content], EmailDeclaration] = {}
"""Every message, with what is declared about its email."""


def email(kind: MessageKind, words: str = "", *, folder: str = "") -> Callable[[type[AnyContent]], type[AnyContent]]:
    """Declare the email of a message; without words, lists name it as its kind."""

    def declare(message: type[AnyContent]) -> type[AnyContent]:
        EMAILS[message] = EmailDeclaration(kind=kind, words=words or kind.label, folder=folder)
        return message

    return declare


def tag_of(content: Content | type[Content]) -> str:
    """Return the tag that names the class of a message in its JSON."""
    return str(content.__struct_config__.tag)
