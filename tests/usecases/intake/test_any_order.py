"""Emails that come again, and bounces that come in any order, end in the same state: both engines.

The same for replies of calendar programs is in `test_replies.py`. Words have no time of their own that could be
trusted, so the last email that comes counts; one that comes again is not the last.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.cast import LINK, Cast
from tests.usecases.intake import writing_back
from tests.usecases.intake.returned import GONE, came_back, sent
from tests.usecases.intake.world import DELAYED_BOUNCE, SPAM_BOUNCE, item_called, item_history
from tracker.errors import Conflict
from tracker.rules.core.viewers import Viewer
from tracker.rules.intake.received_emails import Bounce
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import EmailPause, IncomingWords
from tracker.usecases.intake import item_emails, received_emails

pytestmark = pytest.mark.both_engines

WORDS = ("IN PROGRESS", "BLOCKED: no key", "Two of three are in.", "DONE", "undo")
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
A_WHILE = timedelta(seconds=30)
Item = tuple[str, int, list[tuple[str, str, str]]]


def _name(*about: object) -> str:
    return sha256(repr(about).encode()).hexdigest()


async def after(cast: Cast, said: Sequence[str], again: Sequence[Sequence[int]]) -> Item:
    """Return an item after its owner wrote these emails; after each, some of the earlier ones come again."""
    reference = await writing_back.given(cast.coordinator, cast.caht_lead)
    about = Message.item == (await item_called(cast, reference)).id
    [message_id] = await Message.select(Message.id).where(about).output(as_list=True)
    emails = []
    for number, text in enumerate(said):
        if text == "undo":
            await _undo_the_last(emails[-1].name if emails else "", number)
            continue
        at = writing_back.LATER + timedelta(minutes=number)
        facts = {"message_id": message_id, "name": _name(reference, number), "received_at": at}
        emails.append(await writing_back.email(cast.caht_lead, text, **facts))
        await received_emails.take_email(emails[-1])
        for one in again[number]:
            await received_emails.take_email(replace(emails[one % len(emails)], received_at=at + A_WHILE))
    found = await item_called(cast, reference)
    return found.status, found.progress, await item_history(cast, reference)


async def _undo_the_last(name: str, number: int) -> None:
    rows = await IncomingWords.select(IncomingWords.id).where(
        (IncomingWords.email_hash == name) & (IncomingWords.outcome == "recorded")
    )
    for row in rows:
        with suppress(Conflict):
            await item_emails.undo_emailed_change(row["id"], writing_back.LATER + timedelta(minutes=number), LINK)


@given(said=some.lists(some.sampled_from(WORDS), min_size=1, max_size=5), data=some.data())
@FEW
async def test_words_that_come_again_at_any_time_change_nothing(
    cast: Cast, said: list[str], data: some.DataObject
) -> None:
    earlier = some.lists(some.integers(0, 9), max_size=3)
    again = data.draw(some.lists(earlier, min_size=len(said), max_size=len(said)))
    assert await after(cast, said, again) == await after(cast, said, [()] * len(said))


async def bounced(cast: Cast, who: Viewer, messages: Sequence[UUID], came: Sequence[tuple[int, Bounce]]) -> object:
    """Return which emails to someone came back, and whether sending to them is paused, after bounces in this order."""
    for number, verdict in came:
        await came_back(messages[number], verdict, name=_name(who, number, verdict))
    rows = await Message.select(Message.id, Message.bounced_at).where(Message.recipient == who.member_id)
    returned = {row["id"] for row in rows if row["bounced_at"]}
    is_paused = bool(await EmailPause.exists().where(EmailPause.member == who.member_id))
    return [one in returned for one in messages], is_paused


@given(
    came=some.lists(
        some.tuples(some.integers(0, 3), some.sampled_from([GONE, DELAYED_BOUNCE, SPAM_BOUNCE])), min_size=1, max_size=8
    ),
    data=some.data(),
)
@FEW
async def test_any_order_and_any_repetition_of_bounces_ends_in_the_same_state(
    cast: Cast, came: list[tuple[int, Bounce]], data: some.DataObject
) -> None:
    people = (cast.kcpd_detective, cast.hsi_liaison)
    orders = (came, [*data.draw(some.permutations(came)), *came[:2]])
    ends = []
    for who, order in zip(people, orders, strict=True):
        await EmailPause.delete().where(EmailPause.member == who.member_id)
        ends.append(await bounced(cast, who, await sent(cast, who, 4), order))
    assert ends[0] == ends[1]
