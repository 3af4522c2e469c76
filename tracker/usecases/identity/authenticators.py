"""The authenticator and recovery codes of a person who is signed in and has confirmed who they are."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.database import together, writing
from tracker.errors import NotFound
from tracker.tables.schema.roster.people import Member
from tracker.usecases.identity.accounts import UNKNOWN, Account, Arrival, account_of
from tracker.usecases.identity.failed_logins import refusal
from tracker.usecases.identity.recovery_codes import codes_left
from tracker.usecases.identity.security_codes import (
    WRONG_CODE,
    Enrollment,
    begin_enrollment,
    replace_authenticator,
    same_enrollment,
)
from tracker.usecases.identity.sessions import end_sessions
from tracker.usecases.identity.sign_in import unchanged


class Credentials(Struct, frozen=True, kw_only=True):
    """A member's credentials: whether there is a password, since when an authenticator, and how many codes are left."""

    has_password: bool
    has_authenticator: bool
    authenticator_since: datetime | None
    codes_left: int


async def credentials_of(member_id: UUID) -> Credentials:
    """Return which credentials a member has, never the credentials themselves. Errors: NotFound."""
    account, since, left = await together(_account(member_id), _authenticator_since(member_id), codes_left(member_id))
    return Credentials(
        has_password=account.password_hash is not None,
        has_authenticator=account.totp_sealed is not None,
        authenticator_since=since,
        codes_left=left,
    )


async def new_authenticator(member_id: UUID, session_id: str, sealed: str = "") -> Enrollment:
    """Return a new secret for the authenticator app, or the one in a form that this session sent back.

    Errors: NotAllowed for a secret of another session.
    """
    account = await _account(member_id)
    return same_enrollment(account, session_id, sealed) if sealed else begin_enrollment(account, session_id)


async def set_authenticator(
    member_id: UUID, session_id: str, sealed: str, code: str, now: datetime, arrival: Arrival = UNKNOWN
) -> None:
    """Put a new secret in force by its first code, replacing the earlier one; other sessions end.

    Errors: Invalid(code) with the attempts that are left, NotAllowed for a secret of another session.
    """
    account = await _account(member_id)
    async with writing():
        account = await unchanged(account, now)
        if not account.is_paused(now) and await replace_authenticator(
            account, session_id, sealed, code, now, arrival.origin
        ):
            await end_sessions(member_id, keeping=session_id)
            return
        refused = await refusal(account, now, arrival, field="code", why=WRONG_CODE)
    raise refused


async def _authenticator_since(member_id: UUID) -> datetime | None:
    row = await Member.select(Member.totp_at).where(Member.id == member_id).first()
    return row["totp_at"] if row else None


async def _account(member_id: UUID) -> Account:
    account = await account_of(member_id)
    if account is None:
        raise NotFound
    return account
