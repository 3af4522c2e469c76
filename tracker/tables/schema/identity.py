"""Rows of credentials, sessions, and one-time links."""

from piccolo.columns import ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.columns import Identified, check, index
from tracker.tables.schema.roster import Member


class Session(Table):
    """A signed-in browser; `id` is the SHA-256 of the cookie."""

    id = Varchar(length=64, primary_key=True)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, index=True)
    created_at = Timestamptz(null=False)
    seen_at = Timestamptz(null=False)
    reauthenticated_at = Timestamptz(null=False)
    """When the person last confirmed who they are (sign-in or re-authentication)."""
    client = Varchar(length=200, default="")


class SignInLink(Table):
    """A link that signs one person in once; `id` is the SHA-256 of its token."""

    id = Varchar(length=64, primary_key=True)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    expires_at = Timestamptz(null=False)
    used_at = Timestamptz(null=True, default=None)
    purpose = Varchar(length=8, default="sign_in")
    """sign_in, or reset: only a new password can be set with it"""

    constraints = (check("purpose IN ('sign_in', 'reset')"),)


class RecoveryCode(Table):
    """A code for a lost phone; `id` is the keyed hash of member and code."""

    id = Varchar(length=43, primary_key=True)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, index=True)
    made_at = Timestamptz(null=False)
    used_at = Timestamptz(null=True, default=None)


class FailedAttempt(Identified, Table):
    """A wrong password or code; all sign-in forms count them together for each account."""

    account = Varchar(length=64)
    """SHA-256 of the lower-case email address, known or not."""
    at = Timestamptz(null=False)

    constraints = (index("failed_attempt_account", "account", "at"),)


class ApiToken(Identified, Table):
    """One token of one member; its scopes limit it within what the member may see and do."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=60)
    token_hash = Varchar(length=64, unique=True, secret=True)
    scopes = Varchar(length=200)
    """Words such as events:read, separated by spaces."""
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(null=False)
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
