"""Every email that comes in goes through here: the first reader that it is for takes it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tracker.rules.intake.emails import ReceivedEmail
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
    """Take an email by the first reader that it is for; the same email again changes nothing."""
    reader = next(one for one in READERS if one.is_for(email))
    return await reader.take(email)
