"""Need-to-know by email: people who may not see an event get the same emails in a world with it and in one without."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.cast import NOW, ZONE
from tests.ports.test_nothing_leaks import STRANGERS_OF_OPERATIONS, WORDS
from tests.ports.worlds import Worlds, build, open_world
from tracker.rules.core.outbox import Message, MessageState, SendOutcome
from tracker.rules.emails.emails import Email
from tracker.rules.emails.preferences import Preferences
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails, preferences
from tracker.usecases.emails.reminders import queue_due_messages

EVERY, UNTIL = timedelta(hours=3), NOW + timedelta(days=45)
EmailRead = tuple[str, datetime, datetime | None, Email | SendOutcome]


def ticks() -> Iterator[datetime]:
    """Yield when the clock ticks, from before the events of both worlds to after them."""
    at = NOW
    while at < UNTIL:
        yield at
        at += EVERY


async def emails_by_person(world: Path, worlds: Worlds) -> dict[str, list[EmailRead]]:
    """Return what each of the cast is emailed, all of them with the weekly digest; a letter, or why there is none."""
    called = {one.member_id: name for name, one in worlds.cast.members.items()}
    emails_of_each: dict[str, list[EmailRead]] = {name: [] for name in called.values()}
    async with open_world(world):
        for member in worlds.cast.members.values():
            await preferences.save_preferences(member, Preferences(digest=True), NOW)
        for now in ticks():
            await queue_due_messages(now, ZONE)
            for message in await outbox.claim_messages("test", (), now, 10_000):
                letter = await _written(message, now)
                if message.recipient_id in called:
                    emails_of_each[called[message.recipient_id]].append(
                        (message.key, message.due, message.not_after, letter)
                    )
    return {name: sorted(sent, key=lambda one: (one[1], one[0])) for name, sent in emails_of_each.items()}


async def _written(message: Message, now: datetime) -> Email | SendOutcome:
    letter = await emails.write_email(message, now, ZONE)
    outcome = letter if isinstance(letter, SendOutcome) else SendOutcome(state=MessageState.SENT, reason="")
    await outbox.close_message(message, outcome, now)
    return letter


async def test_who_may_not_see_an_event_gets_the_same_emails_in_a_world_without_it(tmp_path: Path) -> None:
    worlds = await build(tmp_path)
    without, with_secrets = await emails_by_person(worlds.plain, worlds), await emails_by_person(worlds.secret, worlds)
    for stranger in STRANGERS_OF_OPERATIONS:
        assert len(without[stranger]) > 5, stranger
        assert with_secrets[stranger] == without[stranger], stranger
    reported = str(with_secrets["kcpd_detective"]).lower()
    assert any(word.lower() in reported for word in WORDS), "who is named is told"
