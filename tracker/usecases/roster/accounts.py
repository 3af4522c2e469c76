"""Accounts: suspension, review, and what ends with a person's access."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core import viewers
from tracker.rules.core.clean_text import clean
from tracker.rules.core.message_types import AccountChange, AccountChanged
from tracker.rules.core.viewers import BY_CLOCK, Role, Status, Viewer
from tracker.rules.roster import directory
from tracker.rules.roster.directory import PersonCard
from tracker.tables.background.events import events as audience_rows
from tracker.tables.schema import events as event_rows
from tracker.tables.schema.availability import BusySpan, SharedCalendar
from tracker.tables.schema.events import Invitation
from tracker.tables.schema.identity import SignInLink
from tracker.tables.schema.operations import OperationGrant
from tracker.tables.schema.roster import Agency, EmailAlias, Member, MemberRole, SeatHolder
from tracker.usecases.core import audit, drafts, outbox
from tracker.usecases.identity import credentials, sessions, sign_in_attempts
from tracker.usecases.identity.credentials import forget_codes
from tracker.usecases.identity.sessions import (
    end_sessions,
    report_lost_phone,
    revoke_access,
    revoke_feeds,
    sessions_of,
    sign_out_everywhere,
)
from tracker.usecases.identity.sign_in import Credentials, credentials_of, issue_link, issue_reset_link
from tracker.usecases.identity.sign_in_attempts import PAUSE
from tracker.usecases.roster import committees
from tracker.usecases.roster import directory as roster_directory

NO_ACCOUNT = "A guest can’t sign in. To let them, clear “Email only” first."
NOT_ACTIVE = "This account isn’t active, so a link wouldn’t work."
ALREADY = "Someone else did this in the meantime."
NO_REASON = "Enter a reason."
LONGEST_REASON = 200  # characters
NOT_ONESELF = "You can’t suspend yourself."
ONLY_COORDINATORS = "Only a coordinator can do this for another coordinator."
OWN_ACCESS = "Change your own access in your settings."
NO_ACCOUNT_OF_GUEST = "This person has no account. They reply with the links in emails."


async def make_sign_in_link(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> str:
    """Return the token of a new sign-in link, valid once and for 30 minutes. Errors: NotFound, NotAllowed."""
    async with writing():
        person = await _person_to_change(viewer, member_id, reauthenticated_at, now)
        if person.is_guest:
            raise NotAllowed(NO_ACCOUNT)
        is_over = person.account is not None and directory.is_account_over(person.account.expires_at, now)
        is_at_agency = Agency.exists().where((Agency.id == person.agency_id) & (Agency.status == Status.ACTIVE))
        if is_over or person.status is not Status.ACTIVE or not await is_at_agency:
            raise NotAllowed(NOT_ACTIVE)
        await notify_of_account_change(viewer, member_id, AccountChange.SIGN_IN_LINK, now)
        return await issue_link(member_id, now, by=viewer.actor)


async def person_to_suspend(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> PersonCard:
    """Return the person whose account may be suspended. Errors: NotFound, NotAllowed, Conflict."""
    person = await _person_to_change(viewer, member_id, reauthenticated_at, now)
    if person.status is not Status.ACTIVE:
        raise Conflict(ALREADY)
    if member_id == viewer.member_id:
        raise NotAllowed(NOT_ONESELF)
    if person.is_coordinator and not await coordinators() - {member_id}:
        raise NotAllowed(directory.LAST_COORDINATOR)
    return person


async def suspend_account(
    viewer: Viewer, member_id: UUID, why: str, reauthenticated_at: datetime, now: datetime
) -> None:
    """Suspend an account until it is reopened; `why` is kept in the audit log.

    Errors: Invalid(why), NotFound, NotAllowed, Conflict.
    """
    async with writing():
        person = await person_to_suspend(viewer, member_id, reauthenticated_at, now)
        reason = clean(why, LONGEST_REASON, "why")
        if not reason:
            raise Invalid(why=NO_REASON)
        await _save_status(member_id, {Member.status: Status.SUSPENDED}, person.version)
        await close_account(member_id)
        await audit.record(viewer.actor, "suspended", "member", member_id, {"why": reason}, now)


async def reopen_account(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> None:
    """Reopen an account and drop a last day that has passed; people who had left come back as members without roles.

    Errors: NotFound, NotAllowed, Conflict.
    """
    async with writing():
        person = await _person_to_change(viewer, member_id, reauthenticated_at, now)
        if person.status is Status.ACTIVE:
            raise Conflict(ALREADY)
        ends = person.account.expires_at if person.account else None
        await _save_status(member_id, {Member.status: Status.ACTIVE, **reopened_columns(ends, now)}, person.version)
        await audit.record(viewer.actor, "reopened", "member", member_id, {}, now)


async def review_account(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> None:
    """Confirm that an account is needed for another year. Errors: NotFound, NotAllowed."""
    async with writing():
        await _person_to_change(viewer, member_id, reauthenticated_at, now)
        await Member.update({Member.reviewed_at: now}).where(Member.id == member_id)
        await audit.record(viewer.actor, "reviewed", "member", member_id, {}, now)


def reopened_columns(ends: datetime | None, now: datetime) -> dict[Any, Any]:
    """Return the columns of a reopened account."""
    return {Member.reopened_at: now, Member.expires_at: ends if ends and ends > now else None}


async def suspend_due_accounts(now: datetime) -> int:
    """Suspend accounts whose last day has passed and those unused for 90 days; return how many.

    The last coordinator stays, without a last day, because no one else could let people in again.
    """
    async with writing():
        rows = await Member.select(
            Member.id, Member.expires_at, Member.signed_in_at, Member.reopened_at, Member.version
        ).where(
            (Member.status == Status.ACTIVE)
            & ((Member.expires_at <= now) | (Member.signed_in_at <= now - directory.IDLE))
        )
        suspended = 0
        for row in rows:
            is_over = directory.is_account_over(row["expires_at"], now)
            if not is_over and not directory.is_idle(row["signed_in_at"], row["reopened_at"], now):
                continue
            if await coordinators() != {row["id"]}:
                await _save_status(row["id"], {Member.status: Status.SUSPENDED}, row["version"])
                await close_account(row["id"])
                why = "its last day is over" if is_over else "not used for 90 days"
                await audit.record(BY_CLOCK, "suspended", "member", row["id"], {"why": why}, now)
                suspended += 1
            elif is_over:
                await _save_status(row["id"], {Member.expires_at: None}, row["version"])
                await audit.record(BY_CLOCK, "updated", "member", row["id"], {"fields": ["expires_at"]}, now)
        return suspended


async def _person_to_change(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> PersonCard:
    directory.check_manager(viewer, reauthenticated_at, now)
    person = await roster_directory.person_for(viewer, member_id)
    directory.check_account(viewer, member_id, person.roles)
    return person


async def _save_status(member_id: UUID, values: dict[Any, Any], version: int) -> None:
    await Member.update({**values, Member.version: version + 1}).where(Member.id == member_id)
    await event_rows.raise_audience_versions([viewers.member_audience(member_id)])


class MemberAccess(Struct, frozen=True, kw_only=True):
    """A member's sign-in methods, sessions, feeds and tokens; `why_not` says why the viewer may not change them."""

    person: PersonCard
    proofs: Credentials
    paused_until: datetime | None
    sessions: int
    tokens: int
    """Personal tokens of programs."""
    why_not: str | None


async def access_of_member(viewer: Viewer, member_id: UUID, now: datetime) -> MemberAccess:
    """Return a member's access. Errors: NotFound, also when the viewer may not manage accounts."""
    person = await _person_with_account(viewer, member_id)
    assert person.account is not None  # noqa: S101 - the directory fills it for viewers who manage accounts
    locked_at = person.account.locked_at
    return MemberAccess(
        person=person,
        proofs=await credentials_of(member_id),
        paused_until=locked_at + PAUSE if locked_at and now < locked_at + PAUSE else None,
        sessions=len(await sessions_of(member_id, now)),
        tokens=await sessions.count_tokens(member_id, now),
        why_not=_why_not_access(viewer, person),
    )


async def make_reset_link(viewer: Viewer, member_id: UUID, now: datetime) -> str:
    """Return the token of a link that sets a new password, once. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    async with writing():
        await notify_of_account_change(viewer, member_id, AccountChange.RESET_LINK, now)
        return await issue_reset_link(member_id, now, by=viewer.actor)


async def end_pause(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """End the pause after failed sign-ins. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    async with writing():
        await notify_of_account_change(viewer, member_id, AccountChange.RELEASE, now)
        await sign_in_attempts.clear_pause(member_id, now, by=viewer.actor)


async def remove_authenticator(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Remove a member's authenticator (lost phone); sessions and recovery codes end. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    async with writing():
        await notify_of_account_change(viewer, member_id, AccountChange.AUTHENTICATOR, now)
        await credentials.delete_authenticator(member_id, now, by=viewer.actor)


async def sign_member_out(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Sign a member out everywhere. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    await sign_out_everywhere(member_id, now, by=viewer.actor)


async def turn_off_feeds(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Turn off all feeds of a member. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    async with writing():
        facts = {"feeds": await revoke_feeds(member_id, now)}
        await audit.record(viewer.actor, "feeds_revoked", "member", member_id, facts, now)


async def revoke_everything(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Revoke everything a lost device may still open: sessions, feeds, tokens. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    await report_lost_phone(viewer, now, of=member_id)


async def revoke_member_tokens(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Revoke the tokens of every program that acts for a member. Errors: NotFound, NotAllowed."""
    await _check_access(viewer, member_id)
    async with writing():
        facts = {"tokens": await sessions.revoke_all_tokens(member_id, now)}
        await audit.record(viewer.actor, "tokens_revoked", "member", member_id, facts, now)


async def _check_access(viewer: Viewer, member_id: UUID) -> None:
    if why := _why_not_access(viewer, await _person_with_account(viewer, member_id)):
        raise NotAllowed(why)


async def _person_with_account(viewer: Viewer, member_id: UUID) -> PersonCard:
    if not viewer.manages_accounts:
        raise NotFound
    return await roster_directory.person_for(viewer, member_id)


def _why_not_access(viewer: Viewer, person: PersonCard) -> str | None:
    if person.id == viewer.member_id:
        return OWN_ACCESS
    if person.is_guest:
        return NO_ACCOUNT_OF_GUEST
    return ONLY_COORDINATORS if person.is_coordinator and not viewer.is_coordinator else None


async def notify_of_account_change(viewer: Viewer, member_id: UUID, what: AccountChange, now: datetime) -> None:
    """Queue the email about a change to a member's account, to the address before the change.

    Without it, an administrator could take over an account unnoticed. The caller is inside `writing()`, and calls this
    before it replaces an address.
    """
    [row] = await Member.select(Member.email, Member.name).where(Member.id == member_id)
    changed = AccountChanged(what=what, to=row["email"], name=row["name"], by=viewer.name, by_id=viewer.member_id)
    key = f"account_changed:{member_id}:{what}:{now.isoformat()}"
    await outbox.enqueue_all([outbox_rules.NewMessage(content=changed, recipient_id=member_id, key=key)], now)


async def whom_to_call(but: UUID) -> str:
    """Return the coordinators with their telephone numbers, except the one who made the change; "" for none."""
    roles = MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR)
    wanted = [member_id for member_id in await roles.output(as_list=True) if member_id != but]
    if not wanted:
        return ""
    rows = await (
        Member.select(Member.name, Member.phone)
        .where(Member.id.is_in(wanted) & (Member.status == Status.ACTIVE))
        .order_by(Member.name)
    )
    return " or ".join(f"{row['name']}, {row['phone']}" if row["phone"] else row["name"] for row in rows)


NO_EMAIL = "The recipient is no longer active."


async def close_account(member_id: UUID) -> None:
    """End sessions and sign-in links, suppress emails, and delete drafts and busy times read from a shared calendar.

    The caller is inside `writing()`.
    Feeds and links in emails check at each use that the member is active, so they close and open with the status.
    """
    await end_sessions(member_id)
    await SignInLink.delete().where(SignInLink.member == member_id)
    shared = await SharedCalendar.select(SharedCalendar.id).where(SharedCalendar.member == member_id).first()
    if shared:  # it stays, and is read again when they come back
        await BusySpan.delete().where(BusySpan.calendar == shared["id"])
        unread: dict[Any, Any] = {SharedCalendar.read_at: None}
        await SharedCalendar.update(unread).where(SharedCalendar.id == shared["id"])
    await drafts.forget_drafts(member_id)
    await outbox.suppress_messages(member_id, NO_EMAIL)


async def clear_credentials(member_id: UUID, now: datetime) -> None:
    """Delete all credentials: password, authenticator, codes, links, feeds, tokens, addresses of calendars and replies.

    The caller is inside `writing()`.
    """
    await revoke_access(member_id, now)
    await forget_codes(member_id)
    await SharedCalendar.delete().where(SharedCalendar.member == member_id)  # its busy times with it
    await EmailAlias.delete().where(EmailAlias.member == member_id)
    forgotten: dict[Any, Any] = {Member.password_hash: None, Member.totp_sealed: None, Member.totp_at: None}
    await Member.update(forgotten).where(Member.id == member_id)


async def coordinators() -> frozenset[UUID]:
    """Return the coordinators who are active at an active agency."""
    named = await MemberRole.select(MemberRole.member).where(MemberRole.role == Role.COORDINATOR).output(as_list=True)
    serves = (Member.status == Status.ACTIVE) & (Member.agency.status == Status.ACTIVE)
    if not named:
        return frozenset()
    return frozenset(await Member.select(Member.id).where(serves & Member.id.is_in(named)).output(as_list=True))


async def remove_from_task_force(member_id: UUID, new_owner_id: UUID | None, now: datetime) -> None:
    """Remove everything that a member has here; the caller is inside `writing()`.

    `new_owner_id`, a colleague, gets their seats and chairs. Without one, the first alternate becomes primary, because
    no one from another agency can hold the seat, and the chairs become vacant. They come off every list, and out of the
    audiences of named events for good, even if they come back; the attendance sheets of past dates keep them.
    """
    await _transfer_seats(member_id, new_owner_id)
    await MemberRole.delete().where(MemberRole.member == member_id)
    changed: dict[Any, Any] = {Member.status: Status.DEPARTED, Member.version: Member.version + 1}
    await Member.update(changed).where(Member.id == member_id)
    is_open = (Invitation.member == member_id) & Invitation.withdrawn_at.is_null()
    await Invitation.update({Invitation.withdrawn_at: now}).where(is_open)
    has_access = (OperationGrant.member == member_id) & OperationGrant.ended_at.is_null()
    await OperationGrant.update({OperationGrant.ended_at: now}).where(has_access)
    oneself = viewers.audiences_of_one(member_id)
    seen_by = await audience_rows.audiences_of_each(await audience_rows.forget_audiences(oneself))
    await event_rows.raise_audience_versions(oneself.union(*seen_by.values()))
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
        await event_rows.raise_audience_versions([viewers.member_audience(new_owner_id)])
    await committees.touch_committees(chaired | {row["seat.committee"] for row in held})


async def _chaired(member_id: UUID) -> set[UUID]:
    is_chair = (MemberRole.member == member_id) & MemberRole.committee.is_not_null()
    return set(await MemberRole.select(MemberRole.committee).where(is_chair).output(as_list=True))


async def _transfer_seat(seat_id: UUID, agency_id: UUID, new_owner_id: UUID | None, *, is_primary: bool) -> None:
    if new_owner_id is None and is_primary:
        holder = SeatHolder.member
        signs_in = holder.is_guest == False  # noqa: E712 - a clause of SQL
        serves = (holder.status == Status.ACTIVE) & (holder.agency == agency_id) & signs_in
        alternates = SeatHolder.select(holder).where((SeatHolder.seat == seat_id) & serves).order_by(holder.name)
        row = await alternates.first()
        new_owner_id = row["member"] if row else None
    if new_owner_id is None:
        return
    place = (SeatHolder.seat == seat_id) & (SeatHolder.member == new_owner_id)
    if not await SeatHolder.exists().where(place):
        await committees.add_seat_holder(seat_id=seat_id, member_id=new_owner_id, is_primary=is_primary)
    elif is_primary:
        await SeatHolder.update({SeatHolder.is_primary: True}).where(place)
