"""YES or NO that a substitute writes back to the email that named them, like the reply of their calendar program."""

from uuid import UUID

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.emails import ReadEmail
from tests.usecases.intake.test_reply_words import HOUR, LATER, NO, confirmation, said, sent
from tracker.rules.core.answers import Taken
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.message_types import Removed, SubstituteDeclined
from tracker.rules.core.outbox import Message as Queued
from tracker.rules.intake.calendar_replies import Sender
from tracker.tables.schema.core.outbox import Message
from tracker.tables.schema.intake.replies import IncomingReply
from tracker.usecases.core import outbox
from tracker.usecases.events import events, occurrences, replies, substitutes
from tracker.usecases.intake import unrecorded

pytestmark = pytest.mark.anyio

KEY = "2027-01-12"


async def named(cast: Cast) -> UUID:
    """Return a meeting to which the Bureau's lead sends their alternate; all emails are out."""
    seats = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    event_id = await events.schedule(cast.coordinator, meeting(cast.fbi_lead, **seats), NOW)
    said_no = (cast.fbi_lead, event_id, KEY, NO, "", NOW)
    await replies.reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await sent(NOW + HOUR)
    return event_id


async def coming(cast: Cast, event_id: UUID) -> frozenset[UUID]:
    date = await occurrences.date_for(cast.coordinator, event_id, KEY)
    return await substitutes.on_date(event_id, date.id)


async def queued() -> list[Queued]:
    return await outbox.claim("test", (), LATER + HOUR, 99)


@pytest.mark.both_engines
async def test_a_substitute_s_no_in_words_releases_them_and_the_removal_confirms_it(cast: Cast) -> None:
    event_id = await named(cast)
    assert await said(cast.fbi_alternate, "NO I'm in court") is Taken.RECORDED
    assert await coming(cast, event_id) == frozenset()
    assert {one.recipient_id: type(one.content) for one in await queued()} == {
        cast.fbi_alternate.member_id: Removed,
        cast.fbi_lead.member_id: SubstituteDeclined,
    }


async def test_a_substitute_s_yes_in_words_is_known_and_says_so(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await named(sqlite_cast)
    assert await said(cast.fbi_alternate, "YES") is Taken.UNCHANGED
    assert await coming(cast, event_id) == {cast.fbi_alternate.member_id}
    one = await confirmation()
    assert "You're already the substitute for Fbi lead (FBI)." in one.paragraphs


async def test_a_substitute_who_can_t_come_reads_that_they_or_the_organizer_said_so(sqlite_cast: Cast) -> None:
    await named(sqlite_cast)
    await said(sqlite_cast.fbi_alternate, "NO I'm in court")
    [email] = [one for key, one in await sent(LATER + HOUR) if key.startswith("substitute:withdrawal")]
    assert isinstance(email, ReadEmail)
    assert email.subject == "No longer the substitute: Monthly task force meeting, Tue, Jan 12"
    assert "You or the organizer let us know you can't come." in email.paragraphs


async def test_a_substitute_s_question_is_confirmed_without_asking_for_a_maybe(sqlite_cast: Cast) -> None:
    await named(sqlite_cast)
    assert await said(sqlite_cast.fbi_alternate, "Which room?") is Taken.NO_WORD
    one = await confirmation()
    assert one.paragraphs[0].startswith("We found no clear YES or NO at the start of your email.")
    still = "You're still the substitute for Fbi lead (FBI). If you can't come, say so on the event's page."
    assert still in one.paragraphs


@pytest.mark.parametrize("text", ["NO", "YES"])
async def test_words_that_are_not_from_the_substitute_change_nothing_and_wait(sqlite_cast: Cast, text: str) -> None:
    cast, event_id = sqlite_cast, await named(sqlite_cast)
    before = await Message.count()
    stranger = Sender(address="someone@elsewhere.example", is_verified=True)
    assert await said(cast.fbi_alternate, text, sender=stranger) is Taken.UNMATCHED
    assert (await coming(cast, event_id), await Message.count()) == ({cast.fbi_alternate.member_id}, before)
    assert await IncomingReply.count() == 1


async def test_a_note_of_a_substitute_is_read_by_the_organizer(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await named(sqlite_cast)
    assert await said(cast.fbi_alternate, "Which room?") is Taken.NO_WORD
    date = await occurrences.date_for(cast.coordinator, event_id, KEY)
    [one] = (await unrecorded.of_date(cast.coordinator, date, LATER)).waiting
    assert (one.reply.comment, one.reply.is_of_substitute) == ("Which room?", True)


async def test_a_substitute_who_may_no_longer_see_the_event_gets_no_reply_from_it(sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await named(sqlite_cast)
    event, plan = await events.plan_to_change(cast.coordinator, event_id)
    restricted = operation(cast.fbi_lead, starts=plan.starts)
    await events.change(cast.coordinator, event_id, restricted, event.version, LATER)
    before = await Message.count()
    assert await said(cast.fbi_alternate, "NO", LATER + HOUR) is Taken.UNMATCHED
    assert await Message.count() == before
