"""Every email that comes in goes through here: the first reader that it is for takes it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tracker.database import writing
from tracker.errors import Busy
from tracker.rules.intake.emails import ReceivedEmail
from tracker.rules.intake.rates import HOUR, MOST_AN_HOUR
from tracker.tables.background.intake import arriving
from tracker.usecases.intake import bounces, replies, words

REPEATED = "repeated"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One kind of email that is read."""

    is_for: Callable[[ReceivedEmail], bool]
    take: Callable[[ReceivedEmail], Awaitable[Sequence[str]]]
    """Records an email, inside `writing()`, and returns what became of each part, in words for the log."""


READERS = (
    Reader(is_for=bounces.is_for, take=bounces.take),
    Reader(is_for=words.is_for, take=words.take),
    Reader(is_for=lambda _: True, take=replies.take),
)
"""In the order in which they are asked; the last one is for every email."""


async def take(email: ReceivedEmail) -> Sequence[str]:
    """Take an email by the first reader that it is for, in one transaction; the same email again changes nothing.

    Errors: Busy for one more than a sender may send in an hour; it may come again later.
    """
    async with writing():
        arrival = await arriving.arrival(email, email.received_at - HOUR)
        if arrival.lately >= MOST_AN_HOUR:
            raise Busy
        if arrival.is_known:
            return [REPEATED]
        reader = next(one for one in READERS if one.is_for(email))
        return await reader.take(email)
