"""Failed sign-ins, counted in the database: five pause an account, fifty block a network address."""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, TooManyAttempts
from tracker.rules.core.account_messages import AccountLocked
from tracker.rules.core.actors import Actor
from tracker.rules.core.wording import plural
from tracker.tables.schema.identity.identity import FailedAttempt
from tracker.tables.schema.roster.people import Member
from tracker.usecases.core import audit, outbox
from tracker.usecases.identity.accounts import Account, Arrival
from tracker.usecases.identity.unnamed_proxy import note_arrival

TRIES = 5  # wrong ones in a row before the pause (CJIS AC-7)
WINDOW = TooManyAttempts.wait  # during which they count
TRIES_OF_NETWORK = 50  # wrong ones from one network address, over all accounts: one password tried on many people
TOLD_WITHIN = timedelta(days=1)  # later, the email about a pause would only cause alarm
HOUSEHOLD = 64  # bits of an IPv6 address that identify a network
FROM_THERE = "There were too many failed sign-ins from your network. Wait 15 minutes, or ask the coordinator."
PAUSED = "Sign-in is paused for 15 minutes after 5 failed attempts. Try again later, or ask the coordinator."


async def count_failure(key: str, account: Account | None, now: datetime, arrival: Arrival, *, what: str) -> int:
    """Record a failed attempt, with or without an account, and return how many are left.

    The caller is inside `writing()`. Every form that takes a password or code calls this, so that all are counted
    together. `key` is `key_of` the address that was typed. Attempts during a pause are in the audit log and do not
    extend it.
    """
    who = account.member_id if account else None
    stranger, facts = Actor(origin=arrival.origin), {"what": what, "browser": arrival.browser}
    await audit.record(stranger, "sign_in_failed", "member", who or key, facts, now)
    await note_arrival(arrival, now)
    if account and account.is_paused(now):
        return 0
    await FailedAttempt.delete().where(FailedAttempt.at <= now - WINDOW)  # of all accounts, so the table stays small
    counted = [one for one in (key, _network(arrival.origin.address)) if one]
    await FailedAttempt.insert(*(FailedAttempt(id=ids.new_id(), account=one, at=now) for one in counted))
    failures: int = await FailedAttempt.count().where(FailedAttempt.account == key)
    if failures >= TRIES:
        await _pause(key, who, now, stranger)
    return max(0, TRIES - failures)


async def refusal(account: Account, now: datetime, arrival: Arrival, *, field: str, why: str) -> Invalid:
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


async def release(member_id: UUID, now: datetime, *, by: Actor) -> None:
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


async def _pause(key: str, member_id: UUID | None, now: datetime, stranger: Actor) -> None:
    await forget_failures(key)  # after the pause, counting starts over
    if member_id:
        await Member.update({Member.locked_at: now}).where(Member.id == member_id)
        await _notify(member_id, now)
    await audit.record(stranger, "locked", "member", member_id or key, {"for": "15 minutes"}, now)


async def _notify(member_id: UUID, now: datetime) -> None:
    draft = outbox.Draft(
        content=AccountLocked(),
        recipient_id=member_id,
        key=f"account_locked:{member_id}:{now.isoformat()}",
        not_after=now + TOLD_WITHIN,
    )
    await outbox.enqueue_all([draft], now)
