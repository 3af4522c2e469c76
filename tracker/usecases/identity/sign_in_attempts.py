"""Who tries to sign in, and failed attempts: five pause an account, fifty block a network address.

Every form that takes a password or code counts them together, in the database. When people come through a web server
that the deployment does not name, everyone has its address, so failed sign-ins are counted for accounts only.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from piccolo.columns.combination import WhereRaw
from piccolo.custom_types import Combinable

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, TooManyAttempts
from tracker.rules.core import outbox
from tracker.rules.core.message_types import AccountLocked
from tracker.rules.core.viewers import ON_SITE, Actor, Origin, Status
from tracker.rules.core.wording import plural
from tracker.rules.roster.directory import is_account_over
from tracker.tables.schema.core.tables import Deployment
from tracker.tables.schema.identity import FailedAttempt
from tracker.tables.schema.roster import Member
from tracker.usecases.core import audit
from tracker.usecases.core import outbox as core_outbox
from tracker.usecases.core.process_locks import ONLY_ROW

PAUSE = timedelta(minutes=15)  # from the fifth failed sign-in; an administrator can end it earlier
LONGEST_ADDRESS = 254  # characters (RFC 5321 §4.5.3.1)
MOST_SESSIONS = 3  # sessions of one person, unless the settings say otherwise
TRIES = 5  # wrong ones in a row before the pause (CJIS AC-7)
WINDOW = TooManyAttempts.wait  # during which they count
TRIES_OF_NETWORK = 50  # wrong ones from one network address, over all accounts: one password tried on many people
NOTIFIED_WITHIN = timedelta(days=1)  # later, the email about a pause would only cause alarm
HOUSEHOLD = 64  # bits of an IPv6 address that identify a network
FROM_THERE = "There were too many failed sign-ins from your network. Wait 15 minutes, or ask the coordinator."
PAUSED = "Sign-in is paused for 15 minutes after 5 failed attempts. Try again later, or ask the coordinator."


class SignInAccount(Struct, frozen=True, kw_only=True):
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
    totp_at: datetime | None
    """Since when the authenticator is in force."""
    locked_at: datetime | None
    is_active: bool
    expires_at: datetime | None

    def actor(self, origin: Origin) -> Actor:
        """Return the account's member as the actor in the audit log, coming from `origin`."""
        return Actor(self.member_id, self.agency_id, origin)

    def is_open(self, now: datetime) -> bool:
        """Return whether the account can sign in."""
        return self.is_active and not is_account_over(self.expires_at, now)

    def is_paused(self, now: datetime) -> bool:
        """Return whether five failed sign-ins paused the account a short while ago."""
        return self.locked_at is not None and now < self.locked_at + PAUSE


class SignInArrival(Struct, frozen=True, kw_only=True):
    """Where a sign-in comes from: its address, its browser, and an earlier session of that browser.

    `browser` is what the browser calls itself. `most` is how many sessions one person may have; a new session ends the
    one that was used longest ago (SP 800-53 AC-10).
    """

    origin: Origin = ON_SITE
    browser: str = ""
    replacing: str = ""
    most: int = MOST_SESSIONS
    is_behind_unnamed_proxy: bool = False
    """Whether a web server that the deployment does not name passed it on, so that its address is not known."""


UNKNOWN_ARRIVAL = SignInArrival()
"""For commands and tests, where the source does not matter."""


def failures_key_of(email: str) -> str:
    """Return the key under which failed sign-ins of an email address are counted, whether or not it has an account."""
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()


def clean_address(email: str) -> str:
    """Return an address as it is stored: trimmed, lower case; empty when it cannot be an address."""
    address = email.strip().lower()
    return address if len(address) <= LONGEST_ADDRESS and address.isprintable() else ""


async def account_of(member_id: UUID) -> SignInAccount | None:
    """Return the account of a member."""
    return await _account(Member.id == member_id)


async def account_at(email: str) -> SignInAccount | None:
    """Return the account with an email address in the form that `clean_address` returns."""
    return await _account(Member.email == email)


async def _account(where: Combinable | WhereRaw) -> SignInAccount | None:
    row: dict[str, Any] | None = await Member.select(*Member.all_columns(), Member.agency.status).where(where).first()
    if row is None:
        return None
    facts = {
        **row,
        "member_id": row["id"],
        "agency_id": row["agency"],
        "key": failures_key_of(row["email"]),
        "is_active": row["status"] == row["agency.status"] == Status.ACTIVE and not row["is_guest"],
    }
    return convert(facts, SignInAccount, strict=False)


async def count_failure(
    key: str, account: SignInAccount | None, now: datetime, arrival: SignInArrival, *, what: str
) -> int:
    """Record a failed attempt, with or without an account, and return how many are left.

    The caller is inside `writing()`. Every form that takes a password or code calls this, so that all are counted
    together. `key` is `failures_key_of` the address that was typed. Attempts during a pause are in the audit log
    and do not extend it.
    """
    who = account.member_id if account else None
    stranger, facts = Actor(origin=arrival.origin), {"what": what, "browser": arrival.browser}
    await audit.record(stranger, "sign_in_failed", "member", who or key, facts, now)
    await note_arrival(arrival, now)
    if account and account.is_paused(now):
        return 0
    await FailedAttempt.delete().where(FailedAttempt.at <= now - WINDOW)  # of all accounts, so the table stays small
    counted = filter(None, (key, _network(arrival.origin.address)))
    await FailedAttempt.insert(
        *(FailedAttempt(id=ids.new_id(), account=account_key, at=now) for account_key in counted)
    )
    failures: int = await FailedAttempt.count().where(FailedAttempt.account == key)
    if failures >= TRIES:
        await forget_failures(key)  # after the pause, counting starts over
        if who:
            await Member.update({Member.locked_at: now}).where(Member.id == who)
            draft = outbox.NewMessage(
                content=AccountLocked(),
                recipient_id=who,
                key=f"account_locked:{who}:{now.isoformat()}",
                not_after=now + NOTIFIED_WITHIN,
            )
            await core_outbox.enqueue_all([draft], now)
        await audit.record(stranger, "locked", "member", who or key, {"for": "15 minutes"}, now)
    return max(0, TRIES - failures)


async def refuse_attempt(
    account: SignInAccount, now: datetime, arrival: SignInArrival, *, field: str, why: str
) -> Invalid:
    """Record a failed attempt for a known account; return the error for the field. The caller is inside `writing()`."""
    left = await count_failure(account.key, account, now, arrival, what=field)
    if left == 0:
        return TooManyAttempts(**{field: PAUSED})
    return Invalid(**{field: f"{why} {plural(left, 'attempt')} left before a 15-minute pause."})


async def check_network(address: str, now: datetime) -> None:
    """Raise `TooManyAttempts` when too many failed attempts came from this network address, for any accounts.

    Five attempts per account stop people who guess one password; this stops people who try one password on everyone.
    """
    if (network := _network(address)) is None:
        return
    recent = (FailedAttempt.account == network) & (FailedAttempt.at > now - WINDOW)
    if await FailedAttempt.count().where(recent) >= TRIES_OF_NETWORK:
        raise TooManyAttempts(FROM_THERE)


async def forget_failures(key: str) -> None:
    """Delete the failed attempts after a complete sign-in; the caller is inside `writing()`."""
    await FailedAttempt.delete().where(FailedAttempt.account == key)


async def clear_pause(member_id: UUID, now: datetime, *, by: Actor) -> None:
    """End the pause of an account, as an administrator does."""
    async with writing():
        await Member.update({Member.locked_at: None}).where(Member.id == member_id)
        await audit.record(by, "released", "member", member_id, {}, now)


def _network(known: str) -> str | None:
    """Return the key of a network address; for IPv6, of the prefix that one household is given.

    None without an address, and for this machine: behind a reverse proxy that hides addresses, that would be everyone.
    """
    if not known or (address := ip_address(known)).is_loopback:
        return None
    place = ip_network((address, HOUSEHOLD), strict=False) if isinstance(address, IPv6Address) else address
    return hashlib.sha256(f"network {place}".encode()).hexdigest()


async def note_arrival(arrival: SignInArrival, now: datetime) -> None:
    """Note a sign-in through an unnamed web server, or forget it after one whose address is known.

    A sign-in at this computer itself says nothing. The caller is inside `writing()`.
    """
    address = arrival.origin.address
    if arrival.is_behind_unnamed_proxy:
        await Deployment.update({Deployment.unnamed_proxy_at: now}).where(Deployment.id == ONLY_ROW)
    elif address and not ip_address(address).is_loopback:
        known = Deployment.unnamed_proxy_at.is_not_null()
        await Deployment.update({Deployment.unnamed_proxy_at: None}).where(known)
