"""Wrong passwords and codes: counted over all doors in the database; the fifth in 15 minutes closes the account."""

from datetime import datetime, timedelta
from uuid import UUID

from tracker import chance
from tracker.database import writing
from tracker.errors import Invalid
from tracker.rules.outbox import MessageKind
from tracker.rules.wording import plural
from tracker.tables.identity import FailedAttempt
from tracker.tables.people import Member
from tracker.usecases import audit, outbox
from tracker.usecases.identity_accounts import Account

TRIES = 5  # wrong ones in a row before the pause (CJIS AC-7)
WINDOW = timedelta(minutes=15)  # in which they count
TOLD_WITHIN = timedelta(days=1)  # later, the mail about a pause would only frighten
PAUSED = "Sign-in is paused for 15 minutes after 5 wrong tries. Try again after that, or ask the coordinator."


async def count_failure(
    key: str, account: Account | None, now: datetime, *, what: str, client: str, door: str = "page"
) -> int:
    """Note a wrong try, known account or not; return how many tries are left. The caller is inside `writing()`.

    Every door that takes a secret which a person chose or types calls this, so that all count together. `key` is
    `key_of` the address that was typed. Tries during a pause are in the audit trail and do not prolong it.
    """
    who = account.member_id if account else None
    facts = {"what": what, "client": client}
    await audit.record(None, door, "sign_in_failed", "member", who or key, facts, now)
    if account and account.is_paused(now):
        return 0
    await FailedAttempt.delete().where(FailedAttempt.at <= now - WINDOW)  # of all accounts: the table stays small
    await FailedAttempt.insert(FailedAttempt(id=chance.new_id(), account=key, at=now))
    failures: int = await FailedAttempt.count().where(FailedAttempt.account == key)
    if failures >= TRIES:
        await _pause(key, who, now, door)
    return max(0, TRIES - failures)


async def refusal(account: Account, now: datetime, *, field: str, why: str, client: str) -> Invalid:
    """Count a wrong try of somebody known and return what to say at the field; the caller is inside `writing()`."""
    left = await count_failure(account.key, account, now, what=field, client=client)
    if left == 0:
        return Invalid(**{field: PAUSED})
    return Invalid(**{field: f"{why} {plural(left, 'try', 'tries')} left before a 15-minute pause."})


async def forget_failures(key: str) -> None:
    """Forget the wrong tries after a whole sign-in; the caller is inside `writing()`."""
    await FailedAttempt.delete().where(FailedAttempt.account == key)


async def release(member_id: UUID, now: datetime, *, by: UUID | None, door: str) -> None:
    """End the pause of an account, as an administrator does."""
    async with writing():
        await Member.update({Member.locked_at: None}).where(Member.id == member_id)
        await audit.record(by, door, "released", "member", member_id, {}, now)


async def _pause(key: str, member_id: UUID | None, now: datetime, door: str) -> None:
    await forget_failures(key)  # after the pause the count begins anew
    if member_id:
        await Member.update({Member.locked_at: now}).where(Member.id == member_id)
        await _tell(member_id, now)
    await audit.record(None, door, "locked", "member", member_id or key, {"for": "15 minutes"}, now)


async def _tell(member_id: UUID, now: datetime) -> None:
    await outbox.enqueue(
        kind=MessageKind.ACCOUNT_LOCKED,
        recipient_id=member_id,
        key=f"account_locked:{member_id}:{now.isoformat()}",
        not_after=now + TOLD_WITHIN,
        now=now,
    )
