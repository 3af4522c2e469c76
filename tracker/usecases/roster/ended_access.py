"""How access ends: an account is closed, its credentials are deleted, or a member leaves for good."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.rules.core import audiences
from tracker.rules.core.viewers import Role, Status
from tracker.tables.background.events import events as audience_rows
from tracker.tables.schema.availability import BusySpan, SharedCalendar
from tracker.tables.schema.events import events as audience_versions
from tracker.tables.schema.events.events import Invitation
from tracker.tables.schema.identity import SignInLink
from tracker.tables.schema.operations.records import OperationGrant
from tracker.tables.schema.roster import Member, MemberRole, SeatHolder
from tracker.usecases.core import drafts, outbox
from tracker.usecases.identity.security_codes import forget_codes
from tracker.usecases.identity.sessions import end_sessions, revoke_access
from tracker.usecases.roster import aliases, committees

NO_EMAIL = "The recipient is no longer active."


async def close_account(member_id: UUID) -> None:
    """End sessions and sign-in links, suppress emails, and delete drafts and busy times read from a shared calendar.

    The caller is inside `writing()`.
    Feeds and links in emails check at each use that the member is active, so they close and open with the status.
    """
    await end_sessions(member_id)
    await SignInLink.delete().where(SignInLink.member == member_id)
    await _forget_busy_times(member_id)
    await drafts.forget_drafts(member_id)
    await outbox.suppress_messages(member_id, NO_EMAIL)


async def clear_credentials(member_id: UUID, now: datetime) -> None:
    """Delete all credentials: password, authenticator, codes, links, feeds, tokens, addresses of calendars and replies.

    The caller is inside `writing()`.
    """
    await revoke_access(member_id, now)
    await forget_codes(member_id)
    await SharedCalendar.delete().where(SharedCalendar.member == member_id)  # its busy times with it
    await aliases.delete_aliases(member_id)
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


async def remove_from_task_force(member_id: UUID, new_owner_id: UUID | None, now: datetime) -> None:
    """Remove everything that a member has here; the caller is inside `writing()`.

    `new_owner_id`, a colleague, gets their seats and chairs. Without one, the first alternate becomes primary, because
    no one from another agency can hold the seat, and the chairs become vacant.
    """
    await _transfer_seats(member_id, new_owner_id)
    await MemberRole.delete().where(MemberRole.member == member_id)
    changed: dict[Any, Any] = {Member.status: Status.DEPARTED, Member.version: Member.version + 1}
    await Member.update(changed).where(Member.id == member_id)
    await _forget_invitations(member_id, now)
    await close_account(member_id)
    await clear_credentials(member_id, now)


async def _transfer_seats(member_id: UUID, new_owner_id: UUID | None) -> None:
    [agency_id] = await Member.select(Member.agency).where(Member.id == member_id).output(as_list=True)
    chaired = await _chaired(member_id)
    condition = SeatHolder.member == member_id
    held = await SeatHolder.select(
        SeatHolder.seat, SeatHolder.seat.committee, SeatHolder.seat.agency, SeatHolder.is_primary
    ).where(condition)
    await SeatHolder.delete().where(condition)
    for row in held:
        if row["seat.agency"] == agency_id:  # the seat of a former agency stays there
            await _transfer_seat(row["seat"], agency_id, new_owner_id, is_primary=row["is_primary"])
    if new_owner_id:
        for committee_id in sorted(set(chaired) - await _chaired(new_owner_id)):
            await committees.make_chair(committee_id=committee_id, member_id=new_owner_id)
        await audience_versions.raise_audience_versions([audiences.member_audience(new_owner_id)])
    await committees.touch_committees(chaired | {row["seat.committee"] for row in held})


async def _chaired(member_id: UUID) -> set[UUID]:
    is_chair = (MemberRole.member == member_id) & MemberRole.committee.is_not_null()
    return set(await MemberRole.select(MemberRole.committee).where(is_chair).output(as_list=True))


async def _transfer_seat(seat_id: UUID, agency_id: UUID, new_owner_id: UUID | None, *, is_primary: bool) -> None:
    new_owner = new_owner_id or (await _first_alternate(seat_id, agency_id) if is_primary else None)
    if new_owner is None:
        return
    place = (SeatHolder.seat == seat_id) & (SeatHolder.member == new_owner)
    if not await SeatHolder.exists().where(place):
        await committees.add_seat_holder(seat_id=seat_id, member_id=new_owner, is_primary=is_primary)
    elif is_primary:
        await SeatHolder.update({SeatHolder.is_primary: True}).where(place)


async def _first_alternate(seat_id: UUID, agency_id: UUID) -> UUID | None:
    holder = SeatHolder.member
    signs_in = holder.is_guest == False  # noqa: E712 - a clause of SQL
    serves = (holder.status == Status.ACTIVE) & (holder.agency == agency_id) & signs_in
    row = await SeatHolder.select(holder).where((SeatHolder.seat == seat_id) & serves).order_by(holder.name).first()
    found: UUID | None = row["member"] if row else None
    return found


async def _forget_invitations(member_id: UUID, now: datetime) -> None:
    """Take a member off every list, and out of the audiences of named events for good, even if they come back.

    The attendance sheets of past dates keep them.
    """
    open_ = (Invitation.member == member_id) & Invitation.withdrawn_at.is_null()
    await Invitation.update({Invitation.withdrawn_at: now}).where(open_)
    their_access = (OperationGrant.member == member_id) & OperationGrant.ended_at.is_null()
    await OperationGrant.update({OperationGrant.ended_at: now}).where(their_access)
    oneself = audiences.audiences_of_one(member_id)
    events = await audience_rows.forget_audiences(oneself)
    seen_by = await audience_rows.audiences_of_each(events)
    await audience_versions.raise_audience_versions(oneself.union(*seen_by.values()))
