"""Wrong passwords and codes, counted over all doors in the database: five close an account, fifty a network's way."""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.core.actors import Actor
from tracker.rules.core.message_types import AccountLocked
from tracker.rules.core.wording import plural
from tracker.tables.schema.identity.identity import FailedAttempt
from tracker.tables.schema.roster.people import Member
from tracker.usecases.core import audit, outbox
from tracker.usecases.identity.accounts import Account, Arrival

TRIES = 5  # wrong ones in a row before the pause (CJIS AC-7)
WINDOW = timedelta(minutes=15)  # in which they count
TRIES_OF_NETWORK = 50  # wrong ones from one network address, over all accounts: one password tried on many people
TOLD_WITHIN = timedelta(days=1)  # later, the mail about a pause would only frighten
HOUSEHOLD = 64  # bits of an IPv6 address that tell one network from another
FROM_THERE = "Too many wrong tries came from your network. Wait 15 minutes, or ask the coordinator."
PAUSED = "Sign-in is paused for 15 minutes after 5 wrong tries. Try again after that, or ask the coordinator."


async def count_failure(key: str, account: Account | None, now: datetime, arrival: Arrival, *, what: str) -> int:
    """Note a wrong try, known account or not; return how many tries are left. The caller is inside `writing()`.

    Every door that takes a secret which a person chose or types calls this, so that all count together. `key` is
    `key_of` the address that was typed. Tries during a pause are in the audit log and do not prolong it.
    """
    who = account.member_id if account else None
    stranger, facts = Actor(origin=arrival.origin), {"what": what, "browser": arrival.browser}
    await audit.record(stranger, "sign_in_failed", "member", who or key, facts, now)
    if account and account.is_paused(now):
        return 0
    await FailedAttempt.delete().where(FailedAttempt.at <= now - WINDOW)  # of all accounts: the table stays small
    counted = [one for one in (key, _network(arrival.origin.address)) if one]
    await FailedAttempt.insert(*(FailedAttempt(id=ids.new_id(), account=one, at=now) for one in counted))
    failures: int = await FailedAttempt.count().where(FailedAttempt.account == key)
    if failures >= TRIES:
        await _pause(key, who, now, stranger)
    return max(0, TRIES - failures)


async def refusal(account: Account, now: datetime, arrival: Arrival, *, field: str, why: str) -> Invalid:
    """Count a wrong try of somebody known and return what to say at the field; the caller is inside `writing()`."""
    left = await count_failure(account.key, account, now, arrival, what=field)
    if left == 0:
        return Invalid(**{field: PAUSED})
    return Invalid(**{field: f"{why} {plural(left, 'try', 'tries')} left before a 15-minute pause."})


async def check_network(address: str, now: datetime) -> None:
    """Raise `Invalid` when too many wrong tries came from where somebody comes from, whoever they were for.

    Five tries an account stop who guesses one password; this stops who tries one password on everybody.
    """
    if (network := _network(address)) is None:
        return
    recent = (FailedAttempt.account == network) & (FailedAttempt.at > now - WINDOW)
    if await FailedAttempt.count().where(recent) >= TRIES_OF_NETWORK:
        raise Invalid(FROM_THERE)


async def forget_failures(key: str) -> None:
    """Forget the wrong tries after a whole sign-in; the caller is inside `writing()`."""
    await FailedAttempt.delete().where(FailedAttempt.account == key)


async def release(member_id: UUID, now: datetime, *, by: Actor) -> None:
    """End the pause of an account, as an administrator does."""
    async with writing():
        await Member.update({Member.locked_at: None}).where(Member.id == member_id)
        await audit.record(by, "released", "member", member_id, {}, now)


def _network(known: str) -> str | None:
    """Return the key of where somebody comes from, for IPv6 of the half that one household is given.

    None without an address, and for this machine itself: a web server in front that names nobody is everybody.
    """
    if not known or (address := ip_address(known)).is_loopback:
        return None
    place = ip_network((address, HOUSEHOLD), strict=False) if isinstance(address, IPv6Address) else address
    return hashlib.sha256(f"network {place}".encode()).hexdigest()


async def _pause(key: str, member_id: UUID | None, now: datetime, stranger: Actor) -> None:
    await forget_failures(key)  # after the pause the count begins anew
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
