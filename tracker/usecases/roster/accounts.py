"""The life of accounts: sign-in links, suspending and reopening, the yearly review, and automatic suspension."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.rules.core import audiences
from tracker.rules.core.account_messages import AccountChange
from tracker.rules.core.actors import BY_CLOCK
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewer import Status, Viewer
from tracker.rules.roster import accounts
from tracker.rules.roster.directory import PersonCard
from tracker.tables.schema.events import audience_versions
from tracker.tables.schema.roster.people import Agency, Member
from tracker.usecases.core import audit
from tracker.usecases.identity.one_time_links import issue_link
from tracker.usecases.roster import account_notifications, directory
from tracker.usecases.roster.close_account import coordinators, shut

NO_ACCOUNT = "A guest can’t sign in. To let them, clear “Email only” first."
NOT_ACTIVE = "This account isn’t active, so a link wouldn’t work."
ALREADY = "Someone else did this in the meantime."
NO_REASON = "Enter a reason."
LONGEST_REASON = 200  # characters
ONESELF = "You can’t suspend yourself."


async def make_link(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> str:
    """Return the token of a new sign-in link, valid once and for 30 minutes. Errors: NotFound, NotAllowed."""
    async with writing():
        person = await _theirs(viewer, member_id, reauthenticated_at, now)
        if person.is_guest:
            raise NotAllowed(NO_ACCOUNT)
        is_over = person.account is not None and accounts.is_over(person.account.expires_at, now)
        if is_over or person.status is not Status.ACTIVE or not await _is_open(person.agency_id):
            raise NotAllowed(NOT_ACTIVE)
        await account_notifications.notify(viewer, member_id, AccountChange.SIGN_IN_LINK, now)
        return await issue_link(member_id, now, by=viewer.actor)


async def may_suspend(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> PersonCard:
    """Return the person whose account may be suspended. Errors: NotFound, NotAllowed, Conflict."""
    person = await _theirs(viewer, member_id, reauthenticated_at, now)
    if person.status is not Status.ACTIVE:
        raise Conflict(ALREADY)
    if member_id == viewer.member_id:
        raise NotAllowed(ONESELF)
    if person.is_coordinator and not await coordinators() - {member_id}:
        raise NotAllowed(accounts.LAST_COORDINATOR)
    return person


async def suspend(viewer: Viewer, member_id: UUID, why: str, reauthenticated_at: datetime, now: datetime) -> None:
    """Suspend an account until it is reopened; `why` is kept in the audit log.

    Errors: Invalid(why), NotFound, NotAllowed, Conflict.
    """
    async with writing():
        person = await may_suspend(viewer, member_id, reauthenticated_at, now)
        reason = clean(why, LONGEST_REASON, "why")
        if not reason:
            raise Invalid(why=NO_REASON)
        await _save(member_id, {Member.status: Status.SUSPENDED}, person.version)
        await shut(member_id)
        await audit.record(viewer.actor, "suspended", "member", member_id, {"why": reason}, now)


async def reopen(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> None:
    """Reopen an account and drop a last day that has passed; people who had left come back as members without roles.

    Errors: NotFound, NotAllowed, Conflict.
    """
    async with writing():
        person = await _theirs(viewer, member_id, reauthenticated_at, now)
        if person.status is Status.ACTIVE:
            raise Conflict(ALREADY)
        ends = person.account.expires_at if person.account else None
        await _save(member_id, {Member.status: Status.ACTIVE, **reopened(ends, now)}, person.version)
        await audit.record(viewer.actor, "reopened", "member", member_id, {}, now)


async def review(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> None:
    """Confirm that an account is needed for another year. Errors: NotFound, NotAllowed."""
    async with writing():
        await _theirs(viewer, member_id, reauthenticated_at, now)
        await Member.update({Member.reviewed_at: now}).where(Member.id == member_id)
        await audit.record(viewer.actor, "reviewed", "member", member_id, {}, now)


def reopened(ends: datetime | None, now: datetime) -> dict[Any, Any]:
    """Return the columns of a reopened account."""
    return {Member.reopened_at: now, Member.expires_at: ends if ends and ends > now else None}


async def close_due(now: datetime) -> int:
    """Suspend accounts whose last day has passed and those unused for 90 days; return how many.

    The last coordinator stays, without a last day, because no one else could let people in again.
    """
    async with writing():
        found = await Member.select(
            Member.id, Member.expires_at, Member.signed_in_at, Member.reopened_at, Member.version
        ).where(
            (Member.status == Status.ACTIVE)
            & ((Member.expires_at <= now) | (Member.signed_in_at <= now - accounts.IDLE))
        )
        return sum([await _close(row, why, now) for row in found if (why := _why(row, now))])


def _why(row: Mapping[str, Any], now: datetime) -> str:
    if accounts.is_over(row["expires_at"], now):
        return "its last day is over"
    return "not used for 90 days" if accounts.is_idle(row["signed_in_at"], row["reopened_at"], now) else ""


async def _close(row: Mapping[str, Any], why: str, now: datetime) -> int:
    leading = await coordinators()
    if row["id"] in leading and leading == {row["id"]}:
        await _keep_open(row, now)
        return 0
    await _save(row["id"], {Member.status: Status.SUSPENDED}, row["version"])
    await shut(row["id"])
    await audit.record(BY_CLOCK, "suspended", "member", row["id"], {"why": why}, now)
    return 1


async def _keep_open(row: Mapping[str, Any], now: datetime) -> None:
    if accounts.is_over(row["expires_at"], now):
        await _save(row["id"], {Member.expires_at: None}, row["version"])
        await audit.record(BY_CLOCK, "updated", "member", row["id"], {"fields": ["expires_at"]}, now)


async def _theirs(viewer: Viewer, member_id: UUID, reauthenticated_at: datetime, now: datetime) -> PersonCard:
    accounts.check_manager(viewer, reauthenticated_at, now)
    person = await directory.person(viewer, member_id)
    accounts.check_account(viewer, member_id, person.roles)
    return person


async def _is_open(agency_id: UUID) -> bool:
    return bool(await Agency.exists().where((Agency.id == agency_id) & (Agency.status == Status.ACTIVE)))


async def _save(member_id: UUID, values: dict[Any, Any], version: int) -> None:
    await Member.update({**values, Member.version: version + 1}).where(Member.id == member_id)
    await audience_versions.touch([audiences.member(member_id)])
