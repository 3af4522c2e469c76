"""What the next few emails say is read at once, and never used when it may no longer be true."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.ports.mail import making
from tracker.ports.mail import ahead
from tracker.ports.mail.ahead import AT_ONCE, FRESH, Ahead
from tracker.rules.core.outbox import Message, Skip, State

pytestmark = pytest.mark.anyio


class Reader:
    """Reads messages, except one that can't be read, and notes which it reads at once."""

    def __init__(self, broken: Message | None = None) -> None:
        self.asked: list[Sequence[Message]] = []
        self._broken = broken

    async def __call__(self, messages: Sequence[Message]) -> list[Skip]:
        """Return how each message ended."""
        self.asked.append(messages)
        if self._broken in messages:
            raise ValueError("unreadable")
        return [said(one) for one in messages]


def message() -> Message:
    return replace(making.message(), id=uuid4())


def said(about: Message) -> Skip:
    return Skip(state=State.SENT, reason=str(about.id))


async def test_messages_are_read_in_groups_in_the_order_in_which_they_wait() -> None:
    messages, read = [message() for _ in range(AT_ONCE + 5)], Reader()
    waiting = Ahead(messages, read)
    while waiting:
        one = waiting.popleft()
        assert await waiting.letter(one) == said(one)
    assert read.asked == [messages[:AT_ONCE], messages[AT_ONCE:]]


async def test_one_that_cannot_be_read_does_not_keep_the_others() -> None:
    messages = [message() for _ in range(5)]
    waiting = Ahead(messages, Reader(broken=messages[2]))
    for number in range(5):
        one = waiting.popleft()
        if number == 2:
            with pytest.raises(ValueError, match="unreadable"):
                await waiting.letter(one)
        else:
            assert await waiting.letter(one) == said(one)


async def test_what_was_read_two_seconds_ago_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, FRESH + 1, FRESH + 1])
    monkeypatch.setattr(ahead, "monotonic", lambda: next(moments))
    messages, read = [message(), message()], Reader()
    waiting = Ahead(messages, read)
    await waiting.letter(waiting.popleft())
    await waiting.letter(waiting.popleft())
    assert [len(one) for one in read.asked] == [2, 1]


async def test_messages_that_were_not_asked_for_are_left() -> None:
    messages = [message() for _ in range(3)]
    waiting = Ahead(messages, Reader())
    await waiting.letter(waiting.popleft())
    assert waiting.left() == messages[1:]
