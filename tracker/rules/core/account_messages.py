"""The messages about accounts and the audit log, and the test of the emails."""

from enum import StrEnum
from uuid import UUID

from tracker.rules.core.tagged_message import Tagged


class AccountChange(StrEnum):
    """How an administrator changed the way a person signs in."""

    SIGN_IN_LINK = "sign_in_link"
    RESET_LINK = "reset_link"
    AUTHENTICATOR = "authenticator"
    RELEASE = "release"
    ADDRESS = "address"


class AccountLocked(Tagged, frozen=True, kw_only=True, tag="account_locked"):
    """Sign-in is paused after failed attempts."""


class AccountChanged(Tagged, frozen=True, kw_only=True, tag="account_changed"):
    """Another person changed how the reader signs in; `to` is the reader's earlier address, `by` the other person."""

    what: AccountChange
    to: str
    name: str
    by: str
    by_id: UUID


class AccountInvited(Tagged, frozen=True, kw_only=True, tag="account_invited"):
    """A new member gets a link to sign in for the first time."""

    link_id: UUID
    by: str


class AuditLogAltered(Tagged, frozen=True, kw_only=True, tag="audit_log_altered"):
    """Verification found that the audit log was altered."""


class EmailTest(Tagged, frozen=True, kw_only=True, tag="email_test"):
    """The reader asked for it, to see whether the tracker's emails arrive."""


class AddressCheck(Tagged, frozen=True, kw_only=True, tag="address_check"):
    """The link that confirms a further address of the recipient; it goes there."""

    alias: UUID


class AddressAdded(Tagged, frozen=True, kw_only=True, tag="address_added"):
    """A further address was confirmed: replies from there count as the reader's. It goes to their account's address.

    It holds the address, so that one that was removed again is announced too.
    """

    address: str
