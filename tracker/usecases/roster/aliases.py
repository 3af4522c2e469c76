"""Adding, confirming, and removing the further addresses from which a person's replies come."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from piccolo.columns.combination import And
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.database.sql_list import id_list
from tracker.errors import Gone, NotFound
from tracker.rules.core.message_types import AddressAdded, AddressCheck
from tracker.rules.core.outbox import NewMessage
from tracker.rules.core.viewers import Origin, Viewer
from tracker.rules.roster import aliases as rules
from tracker.rules.roster.aliases import Alias
from tracker.tables.schema.roster import EmailAlias
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewer_for

HOUR = timedelta(hours=1)
_COUNTS = (
    "SELECT x.address, x.member FROM email_alias x"
    " WHERE x.member IN ({}) AND x.confirmed_at IS NOT NULL AND x.removed_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM member m WHERE m.email = x.address AND m.id <> x.member) ORDER BY x.address"
)
_OF_OTHERS = (
    "SELECT m.id FROM member m WHERE m.email = {} AND m.id <> {} UNION ALL"
    " SELECT x.id FROM email_alias x WHERE x.address = {} AND x.member <> {}"
    " AND x.confirmed_at IS NOT NULL AND x.removed_at IS NULL"
)


class OpenAlias(Struct, frozen=True, kw_only=True):
    """What the link in the email shows."""

    viewer: Viewer
    alias: Alias


async def aliases_of(viewer: Viewer) -> list[Alias]:
    """Return the viewer's addresses, oldest first."""
    rows = await EmailAlias.select().where(_live(viewer.member_id)).order_by(EmailAlias.added_at, EmailAlias.id)
    return [_alias(row) for row in rows]


async def addresses_of_person(viewer: Viewer, member_id: UUID) -> list[str]:
    """Return the addresses from which a person's replies count; none for viewers who may not manage accounts."""
    return await _counting(member_id) if viewer.manages_accounts or viewer.member_id == member_id else []


async def addresses_of(member: Viewer) -> frozenset[str]:
    """Return every address from which replies of a member count, in small letters."""
    return frozenset((member.email.lower(), *await _counting(member.member_id)))


async def confirmed_aliases_of(member_ids: Collection[UUID]) -> dict[str, UUID]:
    """Return the confirmed addresses of these members, in small letters, each with its member."""
    rows = await engine().run_querystring(QueryString(_COUNTS, id_list(member_ids)))
    return {row["address"]: row["member"] for row in rows}


def confirmed_addresses(member: UUID | QueryString) -> QueryString:
    """Return the query for a member's confirmed addresses; the member is given by their id, or by a query for it."""
    return QueryString(_COUNTS, member)


async def add_alias(viewer: Viewer, address: str, now: datetime) -> bool:
    """Add an address, and queue the email with its link; does the same for one that is someone else's.

    Such an email isn't sent (`alias_to_confirm`). Return whether the link replaces one that the viewer had sent there,
    which no longer works. Errors: Invalid(address).
    """
    address = address.strip().lower()
    async with writing():
        lately = (EmailAlias.member == viewer.member_id) & (EmailAlias.added_at > now - HOUR)
        rules.check_alias(
            address, viewer.email.lower(), await aliases_of(viewer), await EmailAlias.count().where(lately)
        )
        earlier = _live(viewer.member_id) & (EmailAlias.address == address)
        replaced = await EmailAlias.update({EmailAlias.removed_at: now}).where(earlier).returning(EmailAlias.id)
        row = EmailAlias(id=ids.new_id(), member=viewer.member_id, address=address, added_at=now)
        await EmailAlias.insert(row)
        draft = NewMessage(
            content=AddressCheck(alias=row.id),
            recipient_id=viewer.member_id,
            key=f"address_check:{row.id}",
            not_after=now + rules.LINK_WORKS_FOR,
        )
        await outbox.enqueue_all([draft], now)
        await audit.record(viewer.actor, "address_added", "member", viewer.member_id, {}, now)
    return bool(replaced)


async def remove_alias(viewer: Viewer, alias_id: UUID, now: datetime) -> str:
    """Remove an address, which no longer has an effect, and return it. Errors: NotFound."""
    async with writing():
        condition = _live(viewer.member_id) & (EmailAlias.id == alias_id)
        gone = await EmailAlias.update({EmailAlias.removed_at: now}).where(condition).returning(EmailAlias.address)
        if not gone:
            raise NotFound
        await audit.record(viewer.actor, "address_removed", "member", viewer.member_id, {}, now)
    address: str = gone[0]["address"]
    return address


async def restore_alias(viewer: Viewer, alias_id: UUID, now: datetime) -> None:
    """Undo a removal within a minute. Errors: Gone, also when someone else has confirmed the address since."""
    async with writing():
        lately = (EmailAlias.removed_at > now - rules.UNDO_FOR) & (EmailAlias.id == alias_id)
        row = await EmailAlias.select().where(lately & (EmailAlias.member == viewer.member_id)).first()
        if row is None or not await _fits_again(viewer, _alias(row)):
            raise Gone("It’s too late to undo this. Add the address again.")
        await EmailAlias.update({EmailAlias.removed_at: None}).where(EmailAlias.id == alias_id)
        await audit.record(viewer.actor, "address_restored", "member", viewer.member_id, {}, now)


async def _fits_again(viewer: Viewer, alias: Alias) -> bool:
    """Return whether a removed address can be the viewer's again: they may have added it, or others, meanwhile."""
    live = {alias.address for alias in await aliases_of(viewer)}
    is_theirs = not alias.is_confirmed or await is_address_free(viewer.member_id, alias.address)
    return is_theirs and alias.address not in live and len(live) < rules.MOST


async def alias_by_link(alias_id: UUID, now: datetime, origin: Origin) -> OpenAlias:
    """Return what a link confirms, or has confirmed.

    Errors: the same Gone for an address that was removed, whose hour is over, whose person isn't active, or that is
    someone else's.
    """
    row = await EmailAlias.select().where((EmailAlias.id == alias_id) & EmailAlias.removed_at.is_null()).first()
    alias = _alias(row) if row else None
    if row is None or alias is None or not (alias.is_confirmed or alias.is_waiting(now)):
        raise Gone
    try:
        viewer = await viewer_for(row["member"], now)
    except NotFound as inactive:
        raise Gone from inactive
    if not await is_address_free(viewer.member_id, alias.address):
        raise Gone
    return OpenAlias(viewer=replace(viewer, origin=origin), alias=alias)


async def alias_to_confirm(viewer: Viewer, alias_id: UUID, now: datetime) -> Alias | None:
    """Return a viewer's address whose link is to be sent; None when it can't be confirmed, or needn't be."""
    aliases = [alias for alias in await aliases_of(viewer) if alias.id == alias_id and alias.is_waiting(now)]
    return aliases[0] if aliases and await is_address_free(viewer.member_id, aliases[0].address) else None


async def confirm_alias(alias_id: UUID, now: datetime, origin: Origin) -> None:
    """Let replies from an address count, and notify its owner; does nothing the second time.

    Errors: Gone, as in `alias_by_link`.
    """
    async with writing():
        open_alias = await alias_by_link(alias_id, now, origin)
        if any(
            alias.address == open_alias.alias.address and alias.is_confirmed
            for alias in await aliases_of(open_alias.viewer)
        ):
            return
        await EmailAlias.update({EmailAlias.confirmed_at: now}).where(EmailAlias.id == alias_id)
        draft = NewMessage(
            content=AddressAdded(address=open_alias.alias.address),
            recipient_id=open_alias.viewer.member_id,
            key=f"address_added:{alias_id}",
        )
        await outbox.enqueue_all([draft], now)
        await audit.record(open_alias.viewer.actor, "address_confirmed", "member", open_alias.viewer.member_id, {}, now)


async def purge_aliases(now: datetime) -> None:
    """Delete addresses that were removed, or not confirmed, a week ago."""
    old = now - rules.FORGOTTEN_AFTER
    is_old = (EmailAlias.removed_at < old) | (EmailAlias.confirmed_at.is_null() & (EmailAlias.added_at < old))
    if await EmailAlias.exists().where(is_old):
        async with writing():
            await EmailAlias.delete().where(is_old)


async def delete_aliases(member_id: UUID) -> None:
    """Delete all addresses of a member. The caller is inside `writing()`."""
    await EmailAlias.delete().where(EmailAlias.member == member_id)


async def is_address_free(member_id: UUID, address: str) -> bool:
    """Return whether an address is no one else's, as account or as confirmed further address."""
    query = QueryString(_OF_OTHERS, address, member_id, address, member_id)
    return not await engine().run_querystring(query)


async def _counting(member_id: UUID) -> list[str]:
    return [row["address"] for row in await engine().run_querystring(confirmed_addresses(member_id))]


def _live(member_id: UUID) -> And:
    return And(EmailAlias.member == member_id, EmailAlias.removed_at.is_null())


def _alias(row: Mapping[str, Any]) -> Alias:
    return Alias(
        id=row["id"], address=row["address"], added_at=row["added_at"], is_confirmed=row["confirmed_at"] is not None
    )
