"""A member's access, for administrators: what there is, and how to revoke or renew it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.database import writing
from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.account_messages import AccountChange
from tracker.rules.core.viewer import Viewer
from tracker.rules.roster.directory import PersonCard
from tracker.usecases.core import audit
from tracker.usecases.identity import api_tokens, failed_logins, security_codes
from tracker.usecases.identity.accounts import PAUSE
from tracker.usecases.identity.authenticators import Credentials, credentials_of
from tracker.usecases.identity.password_resets import issue_reset
from tracker.usecases.identity.revoke_access import report_lost_phone, revoke_feeds
from tracker.usecases.identity.sessions import sessions_of, sign_out_everywhere
from tracker.usecases.roster import account_notifications, directory

ONLY_COORDINATORS = "Only a coordinator can do this for another coordinator."
OWN = "Change your own access in your settings."
GUEST = "This person has no account. They reply with the links in emails."


class Access(Struct, frozen=True, kw_only=True):
    """A member's sign-in methods, sessions, feeds and tokens; `why_not` says why the viewer may not change them."""

    person: PersonCard
    proofs: Credentials
    paused_until: datetime | None
    sessions: int
    tokens: int
    """Personal tokens of programs."""
    why_not: str | None


async def access_of(viewer: Viewer, member_id: UUID, now: datetime) -> Access:
    """Return a member's access. Errors: NotFound, also when the viewer may not manage accounts."""
    person = await _person(viewer, member_id)
    assert person.account is not None  # noqa: S101 - the directory fills it for viewers who manage accounts
    locked_at = person.account.locked_at
    return Access(
        person=person,
        proofs=await credentials_of(member_id),
        paused_until=locked_at + PAUSE if locked_at and now < locked_at + PAUSE else None,
        sessions=len(await sessions_of(member_id, now)),
        tokens=await api_tokens.how_many(member_id, now),
        why_not=_why_not(viewer, person),
    )


async def make_reset_link(viewer: Viewer, member_id: UUID, now: datetime) -> str:
    """Return the token of a link that sets a new password, once. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    async with writing():
        await account_notifications.notify(viewer, member_id, AccountChange.RESET_LINK, now)
        return await issue_reset(member_id, now, by=viewer.actor)


async def release(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """End the pause after failed sign-ins. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    async with writing():
        await account_notifications.notify(viewer, member_id, AccountChange.RELEASE, now)
        await failed_logins.release(member_id, now, by=viewer.actor)


async def forget_authenticator(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Remove a member's authenticator (lost phone); sessions and recovery codes end. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    async with writing():
        await account_notifications.notify(viewer, member_id, AccountChange.AUTHENTICATOR, now)
        await security_codes.forget_authenticator(member_id, now, by=viewer.actor)


async def end_sessions(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Sign a member out everywhere. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    await sign_out_everywhere(member_id, now, by=viewer.actor)


async def turn_off_feeds(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Turn off all feeds of a member. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    async with writing():
        facts = {"feeds": await revoke_feeds(member_id, now)}
        await audit.record(viewer.actor, "feeds_revoked", "member", member_id, facts, now)


async def revoke_everything(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Revoke everything a lost device may still open: sessions, feeds, tokens. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    await report_lost_phone(viewer, now, of=member_id)


async def revoke_tokens(viewer: Viewer, member_id: UUID, now: datetime) -> None:
    """Revoke the tokens of every program that acts for a member. Errors: NotFound, NotAllowed."""
    await _check(viewer, member_id)
    async with writing():
        facts = {"tokens": await api_tokens.revoke_all(member_id, now)}
        await audit.record(viewer.actor, "tokens_revoked", "member", member_id, facts, now)


async def _check(viewer: Viewer, member_id: UUID) -> None:
    if why := _why_not(viewer, await _person(viewer, member_id)):
        raise NotAllowed(why)


async def _person(viewer: Viewer, member_id: UUID) -> PersonCard:
    if not viewer.manages_accounts:
        raise NotFound
    return await directory.person(viewer, member_id)


def _why_not(viewer: Viewer, person: PersonCard) -> str | None:
    if person.id == viewer.member_id:
        return OWN
    if person.is_guest:
        return GUEST
    return ONLY_COORDINATORS if person.is_coordinator and not viewer.is_coordinator else None
