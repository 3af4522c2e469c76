"""Closing an account in the transaction that ends its use, so that no access outlasts it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.core.viewer import Role, Status
from tracker.tables.schema.availability.shared_calendars import BusySpan, SharedCalendar
from tracker.tables.schema.identity.identity import SignInLink
from tracker.tables.schema.roster.people import Member, MemberRole
from tracker.usecases.core import drafts, outbox
from tracker.usecases.identity.recovery_codes import forget_codes
from tracker.usecases.identity.revoke_access import revoke_access
from tracker.usecases.identity.sessions import end_sessions
from tracker.usecases.roster import aliases

NO_MAIL = "The recipient is no longer active."


async def shut(member_id: UUID) -> None:
    """End sessions and sign-in links, suppress emails, and delete drafts and busy times read from a shared calendar.

    The caller is inside `writing()`.
    Feeds and links in emails check at each use that the member is active, so they close and open with the status.
    """
    await end_sessions(member_id)
    await SignInLink.delete().where(SignInLink.member == member_id)
    await _forget_busy_times(member_id)
    await drafts.forget(member_id)
    await outbox.suppress_for(member_id, NO_MAIL)


async def clear_credentials(member_id: UUID, now: datetime) -> None:
    """Delete all credentials: password, authenticator, codes, links, feeds, tokens, addresses of calendars and replies.

    The caller is inside `writing()`.
    """
    await revoke_access(member_id, now)
    await forget_codes(member_id)
    await SharedCalendar.delete().where(SharedCalendar.member == member_id)  # its busy times with it
    await aliases.forget(member_id)
    forgotten: dict[Any, Any] = {Member.password_hash: None, Member.totp_sealed: None, Member.totp_at: None}
    await Member.update(forgotten).where(Member.id == member_id)


async def coordinators() -> frozenset[UUID]:
    """Return the coordinators who are active at an active agency."""
    named = await MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR).output(as_list=True)
    serves = (Member.status == Status.ACTIVE) & (Member.agency.status == Status.ACTIVE)
    found = await Member.select(Member.id).where(serves & Member.id.is_in(named)).output(as_list=True) if named else []
    return frozenset(found)


async def _forget_busy_times(member_id: UUID) -> None:
    """Delete a member's busy times; their shared calendar stays and is read again when they come back."""
    shared = await SharedCalendar.select(SharedCalendar.id).where(SharedCalendar.member == member_id).first()
    if shared:
        await BusySpan.delete().where(BusySpan.calendar == shared["id"])
        unread: dict[Any, Any] = {SharedCalendar.read_at: None}
        await SharedCalendar.update(unread).where(SharedCalendar.id == shared["id"])
