"""Every email that comes in goes through here: the first reader that it is for takes it."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct

from tracker.database import together, writing
from tracker.errors import Busy
from tracker.rules.intake.emails import ReceivedEmail
from tracker.rules.intake.rates import HOUR, MOST_AN_HOUR
from tracker.tables.background.intake import arriving
from tracker.usecases.intake import bounces, replies, words

REPEATED = "repeated"
Known = TypeVar("Known")


class Reader(Struct, Generic[Known], frozen=True, kw_only=True):
    """One kind of email that is read."""

    is_for: Callable[[ReceivedEmail], bool]
    look: Callable[[ReceivedEmail], Coroutine[Any, Any, Known]]
    """Reads what the email's address leads to."""
    take: Callable[[ReceivedEmail, Known], Awaitable[Sequence[str]]]
    """Records an email, inside `writing()`, and returns what became of each part, in words for the log."""


READERS: Sequence[Reader[Any]] = (
    Reader(is_for=bounces.is_for, look=bounces.look, take=bounces.take),
    Reader(is_for=words.is_for, look=words.look, take=words.take),
    Reader(is_for=lambda _: True, look=replies.look, take=replies.take),
)
"""In the order in which they are asked; the last one is for every email."""


async def take(email: ReceivedEmail) -> Sequence[str]:
    """Take an email by the first reader that it is for; the same email again changes nothing.

    Errors: Busy for one more than a sender may send in an hour; it may come again later.
    """
    [outcomes] = await take_all([email])
    return taken(outcomes)


async def take_all(emails: Sequence[ReceivedEmail]) -> list[Sequence[str]]:
    """Take emails in their order, in one transaction, and return the outcomes of each; `taken` reads them."""
    async with writing():
        return [await _outcomes(one) for one in emails]


def taken(outcomes: Sequence[str]) -> Sequence[str]:
    """Return what became of an email of `take_all`. Errors: Busy when its sender has sent too many."""
    if not outcomes:
        raise Busy
    return outcomes


async def _outcomes(email: ReceivedEmail) -> Sequence[str]:
    """Return what became of each part of an email; nothing when its sender has sent too many."""
    reader = next(one for one in READERS if one.is_for(email))
    arrival, known = await together(arriving.arrival(email, email.received_at - HOUR), reader.look(email))
    if arrival.lately >= MOST_AN_HOUR:
        return []
    if arrival.is_known:
        return [REPEATED]
    return await reader.take(email, known)
