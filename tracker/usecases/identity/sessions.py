"""The open sessions of a person, and the personal tokens of their programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import replace
from piccolo.custom_types import Combinable

from tracker.crypto import ids, keys
from tracker.database import surviving_failures, writing
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Actor, Origin, Viewer
from tracker.rules.identity import LIFETIME, MAX_TOKENS, ApiScope, OwnApiToken
from tracker.tables.schema import identity as rows
from tracker.tables.schema.calendars import Subscription
from tracker.tables.schema.identity import Session, SignInLink
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.core.process_locks import held_copy
from tracker.usecases.core.viewers import IDLE, LONGEST, REMEMBERED, viewer_for
from tracker.usecases.identity.sign_in_attempts import SignInAccount, SignInArrival, forget_failures, note_arrival

CLIENT = 200  # characters kept of what a browser calls itself
NOT_NOW = "You can’t sign in right now. Ask the coordinator."


class OpenSession(Struct, frozen=True, kw_only=True):
    """A browser in which a member is signed in; `client` is its address and what it calls itself."""

    id: str
    created_at: datetime
    seen_at: datetime
    client: str


async def open_session(account: SignInAccount, now: datetime, arrival: SignInArrival, *, how: str) -> str:
    """Complete a sign-in: return the token of a new session; only its hash is stored.

    Every kind of sign-in ends here, and sessions are made nowhere else. The browser's earlier session, sessions beyond
    the limit per person, and unused sign-in links end.
    Errors: `NotAllowed` when member or agency is not active.
    """
    if not account.is_open(now):
        raise NotAllowed(NOT_NOW)
    token = keys.new_token()
    session_id = keys.token_hash(token)
    async with writing():
        await Session.delete().where(Session.id == keys.token_hash(arrival.replacing))
        waiting = SignInLink.used_at.is_null() & (SignInLink.purpose == "sign_in")
        await SignInLink.delete().where((SignInLink.member == account.member_id) & waiting)
        await Session.delete().where(Session.seen_at <= now - REMEMBERED)
        for session in (await sessions_of(account.member_id, now))[max(0, arrival.most - 1) :]:
            await Session.delete().where(Session.id == session.id)
            why = {"why": f"more than {arrival.most}"}
            await audit.record(Actor(origin=arrival.origin), "session_ended", "member", account.member_id, why, now)
        await Session.insert(
            Session(
                id=session_id,
                member=account.member_id,
                created_at=now,
                seen_at=now,
                reauthenticated_at=now,
                client=f"{arrival.origin.address} {arrival.browser}"[:CLIENT].rstrip(),
            )
        )
        await Member.update({Member.signed_in_at: now}).where(Member.id == account.member_id)
        await forget_failures(account.key)
        await note_arrival(arrival, now)
        by, facts = account.actor(arrival.origin.within(session_id)), {"how": how, "browser": arrival.browser}
        await audit.record(by, "signed_in", "member", account.member_id, facts, now)
    return token


async def sign_out(viewer: Viewer, session_id: str, now: datetime) -> None:
    """End the viewer's current session; does nothing when it has ended already."""
    await _end_own(viewer, session_id, "signed_out", now)


async def end_sessions(member_id: UUID, *, keeping: str | None = None) -> None:
    """End a member's sessions, except the one with the id `keeping`; forms that were open in them are not kept.

    The caller is inside `writing()`.
    """
    condition = Session.member == member_id
    await Session.delete().where(condition & (Session.id != keeping) if keeping else condition)


async def sessions_of(member_id: UUID, now: datetime) -> list[OpenSession]:
    """Return a member's open sessions, most recently used first."""
    columns = (Session.id, Session.created_at, Session.seen_at, Session.client)
    condition = (Session.member == member_id) & _is_open(now)
    rows = await Session.select(*columns).where(condition).order_by(Session.seen_at, ascending=False)
    return [OpenSession(**row) for row in rows]


async def open_among(session_ids: Sequence[str], now: datetime) -> frozenset[str]:
    """Return which of these sessions are open."""
    if not session_ids:
        return frozenset()
    are_open = Session.id.is_in([*session_ids]) & _is_open(now)
    return frozenset(await Session.select(Session.id).where(are_open).output(as_list=True))


async def end_session(viewer: Viewer, session_id: str, now: datetime) -> None:
    """End one of the viewer's own sessions; does nothing for one that is not theirs or has ended."""
    await _end_own(viewer, session_id, "session_ended", now)


async def sign_out_everywhere(member_id: UUID, now: datetime, *, by: Actor) -> None:
    """End all sessions of a member; `by` is who does it."""
    async with writing():
        await end_sessions(member_id)
        await audit.record(by, "signed_out_everywhere", "member", member_id, {}, now)


async def note_reauthentication(session_id: str, now: datetime) -> None:
    """Record that the person behind a session has just confirmed who they are."""
    await Session.update({Session.reauthenticated_at: now, Session.seen_at: now}).where(Session.id == session_id)


def _is_open(now: datetime) -> Combinable:
    return (Session.seen_at > now - IDLE) & (Session.created_at > now - LONGEST)


async def _end_own(viewer: Viewer, session_id: str, verb: str, now: datetime) -> None:
    condition = (Session.id == session_id) & (Session.member == viewer.member_id)
    async with writing():
        if await Session.delete().where(condition).returning(Session.id):
            await audit.record(viewer.actor, verb, "member", viewer.member_id, {}, now)


async def revoke_access(member_id: UUID, now: datetime, *, keeping: str | None = None) -> dict[str, int]:
    """End a member's sessions, except the one with the id `keeping`, and their links, feeds and tokens.

    Return how many of each there were, for the audit log. The caller is inside `writing()`.
    """
    ending = [session for session in await sessions_of(member_id, now) if session.id != keeping]
    await end_sessions(member_id, keeping=keeping)
    return {
        "sessions": len(ending),
        "links": await end_links(member_id),
        "feeds": await revoke_feeds(member_id, now),
        "tokens": await revoke_all_tokens(member_id, now),
    }


async def report_lost_phone(
    viewer: Viewer, now: datetime, *, of: UUID | None = None, keeping: str | None = None
) -> dict[str, int]:
    """Revoke what a lost phone may hold, the viewer's own or that `of` another member; return how much was revoked.

    The viewer's current session, `keeping`, stays open.
    """
    whose = of or viewer.member_id
    async with writing():
        shut = await revoke_access(whose, now, keeping=keeping)
        await audit.record(viewer.actor, "phone_lost", "member", whose, shut, now)
    return shut


async def revoke_feeds(member_id: UUID, now: datetime) -> int:
    """Turn off all feed addresses of a member; return how many. The caller is inside `writing()` and audits it."""
    condition = (Subscription.member == member_id) & Subscription.revoked_at.is_null()
    turned_off: dict[Any, Any] = {Subscription.revoked_at: now}
    return len(await Subscription.update(turned_off).where(condition).returning(Subscription.id))


async def end_links(member_id: UUID) -> int:
    """Invalidate a member's unused links; return how many. The caller is inside `writing()`."""
    waiting = (SignInLink.member == member_id) & SignInLink.used_at.is_null()
    return len(await SignInLink.delete().where(waiting).returning(SignInLink.id))


LONGEST_NAME = 60  # characters
NO_SCOPE = "Choose at least one permission."
NOTED_EVERY = timedelta(minutes=1)
"""The last use of a token is written at most this often."""


class Bearer(Struct, frozen=True, kw_only=True):
    """The viewer behind a token, and the purpose of the token."""

    viewer: Viewer
    scopes: frozenset[ApiScope]
    unnoted: UUID | None
    """The token, when its use is to be recorded again; None when that was done less than a minute ago."""


async def create_token(viewer: Viewer, name: str, scopes: frozenset[ApiScope], now: datetime) -> str:
    """Make a token of 256 random bits, valid for a year, and return it; it is stored as a hash and never shown again.

    Errors: Invalid(name), Invalid(scopes), and Invalid when the member has too many tokens.
    """
    name, token = clean(name, LONGEST_NAME, "name"), keys.new_token()
    if not name:
        raise Invalid(name="Enter the app that will use the token, for example “Duty roster”.")
    if not scopes:
        raise Invalid(scopes=NO_SCOPE)
    row = rows.ApiToken(
        id=ids.new_id(),
        member=viewer.member_id,
        name=name,
        token_hash=keys.token_hash(token),
        scopes=" ".join(sorted(scopes)),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    async with writing():
        if len(await api_tokens_of(viewer, now)) >= MAX_TOKENS:
            raise Invalid(f"You have {MAX_TOKENS} tokens. Revoke one you don’t use.")
        await rows.ApiToken.insert(row)
        await audit.record(viewer.actor, "created", "api_token", row.id, {"scopes": row.scopes}, now)
    return token


async def api_tokens_of(viewer: Viewer, now: datetime) -> list[OwnApiToken]:
    """Return the viewer's own tokens that are valid, oldest first."""
    records = await rows.ApiToken.select().where(_live(viewer.member_id, now)).order_by(rows.ApiToken.created_at)
    return [_token(row) for row in records]


async def count_tokens(member_id: UUID, now: datetime) -> int:
    """Return how many of a member's tokens are valid."""
    return int(await rows.ApiToken.count().where(_live(member_id, now)))


async def revoke_token_of(viewer: Viewer, token_id: UUID, now: datetime) -> None:
    """Revoke one of the viewer's own tokens at once. Errors: NotFound."""
    async with writing():
        is_this = _of(viewer.member_id) & (rows.ApiToken.id == token_id)
        if not await rows.ApiToken.update({rows.ApiToken.revoked_at: now}).where(is_this).returning(rows.ApiToken.id):
            raise NotFound
        await audit.record(viewer.actor, "revoked", "api_token", token_id, {}, now)


async def revoke_all_tokens(member_id: UUID, now: datetime) -> int:
    """Revoke all tokens of a member; return how many. The caller is inside `writing()` and audits it."""
    ended: dict[Any, Any] = {rows.ApiToken.revoked_at: now}
    return len(await rows.ApiToken.update(ended).where(_of(member_id)).returning(rows.ApiToken.id))


async def bearer_of(token: str, now: datetime, origin: Origin) -> Bearer | None:
    """Return the viewer behind a token, coming from `origin`; None when it is not valid.

    That is when it is unknown, revoked or expired, or its owner is not active. While a restored copy is on hold, no
    token is valid, because it may have been revoked after the backup.
    """
    usable = (
        (rows.ApiToken.token_hash == keys.token_hash(token))
        & rows.ApiToken.revoked_at.is_null()
        & (rows.ApiToken.expires_at > now)
    )
    row = await rows.ApiToken.select().where(usable).first()
    if row is None or await held_copy():
        return None
    try:
        viewer = await viewer_for(row["member"], now)
    except NotFound:
        return None
    is_noted = row["used_at"] is not None and now - row["used_at"] < NOTED_EVERY
    return Bearer(
        viewer=replace(viewer, origin=origin.within(row["id"].hex)),
        scopes=_token(row).scopes,
        unnoted=None if is_noted else row["id"],
    )


async def note_token_use(token_id: UUID, now: datetime) -> None:
    """Record that a token is in use; if the write fails, the next use tries again."""
    with surviving_failures():
        await rows.ApiToken.update({rows.ApiToken.used_at: now}).where(rows.ApiToken.id == token_id)


def _live(member_id: UUID, now: datetime) -> Any:
    return _of(member_id) & (rows.ApiToken.expires_at > now)


def _of(member_id: UUID) -> Any:
    return (rows.ApiToken.member == member_id) & rows.ApiToken.revoked_at.is_null()


def _token(row: Mapping[str, Any]) -> OwnApiToken:
    scopes = [scope for scope in row["scopes"].split() if scope in set(ApiScope)]
    return convert({**row, "scopes": scopes}, OwnApiToken, strict=False)
