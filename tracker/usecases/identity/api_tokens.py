"""Personal tokens: made for one program, shown once, revoked. Only the hash of a token is stored."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.crypto import ids, keys
from tracker.database import surviving_failures, writing
from tracker.errors import Invalid, NotFound
from tracker.rules.core.clean_text import clean
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.identity.api_tokens import LIFETIME, MAX_TOKENS, ApiScope, OwnApiToken
from tracker.tables.schema import identity as rows
from tracker.usecases.core import audit
from tracker.usecases.core.send_hold import held_copy
from tracker.usecases.core.viewers import viewer_for

LONGEST_NAME = 60  # characters
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
    named, token = _name(name), keys.new_token()
    if not scopes:
        raise Invalid(scopes="Choose at least one permission.")
    row = rows.ApiToken(
        id=ids.new_id(),
        member=viewer.member_id,
        name=named,
        token_hash=keys.token_hash(token),
        scopes=" ".join(sorted(scopes)),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    async with writing():
        if len(await api_tokens_of(viewer, now)) >= MAX_TOKENS:
            raise Invalid(f"You have {MAX_TOKENS} tokens. Revoke one you don’t use.")
        await rows.ApiToken.insert(row)
        await _log(viewer, "created", row.id, {"scopes": row.scopes}, now)
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
        mine = _of(viewer.member_id) & (rows.ApiToken.id == token_id)
        if not await rows.ApiToken.update({rows.ApiToken.revoked_at: now}).where(mine).returning(rows.ApiToken.id):
            raise NotFound
        await _log(viewer, "revoked", token_id, {}, now)


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


async def _log(viewer: Viewer, verb: str, token_id: UUID, facts: Mapping[str, object], now: datetime) -> None:
    await audit.record(viewer.actor, verb, "api_token", token_id, facts, now)


def _live(member_id: UUID, now: datetime) -> Any:
    return _of(member_id) & (rows.ApiToken.expires_at > now)


def _of(member_id: UUID) -> Any:
    return (rows.ApiToken.member == member_id) & rows.ApiToken.revoked_at.is_null()


def _name(text: str) -> str:
    name = clean(text, LONGEST_NAME, "name")
    if not name:
        raise Invalid(name="Enter the app that will use the token, for example “Duty roster”.")
    return name


def _token(row: Mapping[str, Any]) -> OwnApiToken:
    scopes = frozenset(ApiScope(one) for one in row["scopes"].split() if one in set(ApiScope))
    return OwnApiToken(
        id=row["id"],
        name=row["name"],
        scopes=scopes,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )
