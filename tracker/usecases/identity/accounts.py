"""Accounts as sign-in sees them: a person's credentials, and whether the account is open."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.columns.combination import WhereRaw
from piccolo.custom_types import Combinable

from tracker.rules.core.actors import ON_SITE, Actor, Origin
from tracker.rules.core.viewer import Status
from tracker.rules.roster.accounts import is_over
from tracker.tables.schema.roster.people import Member

PAUSE = timedelta(minutes=15)  # from the fifth failed sign-in; an administrator can end it earlier
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1)
MOST = 3  # sessions of one person, unless the settings say otherwise


class Account(Struct, frozen=True, kw_only=True):
    """What sign-in needs to know of a member; failed sign-ins are counted under `key`.

    `is_active` means that member and agency are active, and that the member is not a guest.
    """

    member_id: UUID
    agency_id: UUID
    key: str
    name: str
    email: str
    password_hash: str | None
    totp_sealed: str | None
    locked_at: datetime | None
    is_active: bool
    expires_at: datetime | None

    def actor(self, origin: Origin) -> Actor:
        """Return the account's member as the actor in the audit log, coming from `origin`."""
        return Actor(self.member_id, self.agency_id, origin)

    def is_open(self, now: datetime) -> bool:
        """Return whether the account can sign in."""
        return self.is_active and not is_over(self.expires_at, now)

    def is_paused(self, now: datetime) -> bool:
        """Return whether five failed sign-ins paused the account a short while ago."""
        return self.locked_at is not None and now < self.locked_at + PAUSE


class Arrival(Struct, frozen=True, kw_only=True):
    """Where a sign-in comes from: its address, its browser, and an earlier session of that browser.

    `browser` is what the browser calls itself. `most` is how many sessions one person may have; a new session ends the
    one that was used longest ago (SP 800-53 AC-10).
    """

    origin: Origin = ON_SITE
    browser: str = ""
    replacing: str = ""
    most: int = MOST
    is_behind_unnamed_proxy: bool = False
    """Whether a web server that the deployment does not name passed it on, so that its address is not known."""


UNKNOWN = Arrival()
"""For commands and tests, where the source does not matter."""


def key_of(email: str) -> str:
    """Return the key under which failed sign-ins of an email address are counted, whether or not it has an account."""
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()


def clean_address(email: str) -> str:
    """Return an address as it is stored: trimmed, lower case; empty when it cannot be an address."""
    address = email.strip().lower()
    return address if len(address) <= LONGEST_ADDRESS and address.isprintable() else ""


async def account_of(member_id: UUID) -> Account | None:
    """Return the account of a member."""
    return await _account(Member.id == member_id)


async def account_at(email: str) -> Account | None:
    """Return the account with an email address in the form that `clean_address` returns."""
    return await _account(Member.email == email)


async def _account(where: Combinable | WhereRaw) -> Account | None:
    columns = (
        Member.id,
        Member.agency,
        Member.name,
        Member.email,
        Member.password_hash,
        Member.totp_sealed,
        Member.locked_at,
        Member.status,
        Member.agency.status,
        Member.is_guest,
        Member.expires_at,
    )
    row: dict[str, Any] | None = await Member.select(*columns).where(where).first()
    if row is None:
        return None
    return Account(
        member_id=row["id"],
        agency_id=row["agency"],
        key=key_of(row["email"]),
        name=row["name"],
        email=row["email"],
        password_hash=row["password_hash"],
        totp_sealed=row["totp_sealed"],
        locked_at=row["locked_at"],
        is_active=row["status"] == row["agency.status"] == Status.ACTIVE and not row["is_guest"],
        expires_at=row["expires_at"],
    )
