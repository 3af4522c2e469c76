"""The people who run the server read how many emails wait; pages say only when the last one came in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import settings
from tracker import clock
from tracker.ports.health import checks
from tracker.ports.health.checks import CheckLine, CheckState
from tracker.rules.intake.calendar_replies import ReplyOutcome
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import scheduling

READS = settings(reply_address="reply@tracker.example", authserv_id="mx.tracker.example")


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    clock.start_at(NOW, stands_still=True)
    yield
    clock.start_at(None)


async def out() -> CheckLine:
    return await checks.of_queue(READS)


async def test_the_command_counts_the_emails_that_are_due_and_those_that_failed(sqlite_cast: Cast) -> None:
    assert (await out()).words == "No email is due. In the last 7 days, 0 emails couldn't be delivered."
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead), NOW)
    clock.start_at(NOW + timedelta(minutes=6), stands_still=True)
    late = await out()
    assert (late.state, late.words.startswith("2 emails are due, the oldest since Tue, Dec 15")) == (
        CheckState.WARNING,
        True,
    )
    await Message.update({Message.state: "bounced"}, force=True)
    assert (await out()).words == "No email is due. In the last 7 days, 2 emails couldn't be delivered."


async def test_the_page_says_when_the_last_email_came_in(sqlite_cast: Cast) -> None:
    assert [line.words for line in await coming()] == ["No email has come in yet. `tracker check --mail` tests it."]
    await IncomingReply.insert(
        IncomingReply(received_at=NOW, email_hash="1" * 64, part=0, sender="a@b.example", outcome=ReplyOutcome.IGNORED)
    )
    assert [line.words[:37] for line in await coming()] == ["The last email came in Tue, Dec 15, 2"]
    assert [line async for line in checks.of_incoming(settings())] == []


async def coming() -> list[CheckLine]:
    return [line async for line in checks.of_incoming(READS)]


async def test_a_site_whose_mail_server_has_no_name_knows_that_no_reply_counts(sqlite_cast: Cast) -> None:
    _, line = [line async for line in checks.of_incoming(settings(reply_address="reply@tracker.example"))]
    assert (line.state, "TRACKER_AUTHSERV_ID is empty" in line.words) == (CheckState.WARNING, True)
