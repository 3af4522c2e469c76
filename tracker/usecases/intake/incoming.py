"""Every email that comes in goes through here: the first reader that it is for takes it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tracker.errors import Busy
from tracker.rules.intake.emails import ReceivedEmail
from tracker.rules.intake.rates import HOUR, MOST_AN_HOUR
from tracker.tables.background.intake import rates
from tracker.usecases.intake import bounces, replies, words


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One kind of email that is read."""

    is_for: Callable[[ReceivedEmail], bool]
    take: Callable[[ReceivedEmail], Awaitable[Sequence[str]]]
    """Records an email in one transaction, and returns what became of each part, in words for the log."""


READERS = (
    Reader(is_for=bounces.is_for, take=bounces.take),
    Reader(is_for=words.is_for, take=words.take),
    Reader(is_for=lambda _: True, take=replies.take),
)
"""In the order in which they are asked; the last one is for every email."""


async def take(email: ReceivedEmail) -> Sequence[str]:
    """Take an email by the first reader that it is for; the same email again changes nothing.

    Errors: Busy for one more than a sender may send in an hour; it may come again later. When several come at the same
    moment, a few more are taken.
    """
    if await _taken_lately(email) >= MOST_AN_HOUR:
        raise Busy
    reader = next(one for one in READERS if one.is_for(email))
    return await reader.take(email)


async def _taken_lately(email: ReceivedEmail) -> int:
    since = email.received_at - HOUR
    if email.bounced_id is not None:
        return await rates.bounces_of(email.bounced_id, since)
    taken = await rates.emails_from(email.sender.address, since, is_verified=email.sender.is_verified)
    if email.invitation_id is None or email.sender.is_verified:
        return taken
    return max(taken, await rates.unconfirmed_to(email.invitation_id, since))
