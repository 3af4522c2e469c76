"""From the outbox to the mail server and back."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, everybody, meeting, operation
from tests.database.statements import noted
from tests.faults.mailboxes import shown
from tests.faults.server import MailServer, fine, serving
from tests.ports.mail.sending import delivery
from tracker.database import engine
from tracker.ports.mail.delivery import LANES, MessageCloser
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.outbox import GIVE_UP, MessageState, SendOutcome
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.emails import Email
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import Bounce
from tracker.tables.schema.roster import Member
from tracker.usecases.core import outbox
from tracker.usecases.emails import emails
from tracker.usecases.events import scheduling

LATER = NOW + timedelta(minutes=5)
MOVED_TO = datetime(2027, 1, 12, 21, tzinfo=UTC)


async def invite(cast: Cast) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead), NOW)


async def dispatch(server: MailServer, now: datetime = LATER) -> int:
    sending = delivery(server.port, now)
    done = await sending.dispatch()
    await sending.stop()
    return done


async def move(cast: Cast, event_id: UUID, now: datetime = LATER) -> None:
    """Let the event begin five hours later."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(hours=5))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, now)


async def outcome() -> dict[str, tuple[str, str]]:
    found = await Message.select(Message.recipient.email, Message.state, Message.reason)
    return {row["recipient.email"]: (row["state"], row["reason"]) for row in found}


@pytest.mark.both_engines
async def test_everybody_invited_gets_one_mail_and_the_outbox_knows(cast: Cast, server: MailServer) -> None:
    await invite(cast)
    assert await dispatch(server) == 2
    assert server.recipients() == ["caht_lead@caht.example", "fbi_lead@fbi.example"]
    assert {state for state, _ in (await outcome()).values()} == {"sent"}


@pytest.mark.both_engines
async def test_nothing_is_sent_twice(cast: Cast, server: MailServer) -> None:
    await invite(cast)
    await dispatch(server)
    assert await dispatch(server) == 0


@pytest.mark.both_engines
async def test_an_address_that_the_server_does_not_know_bounces_and_others_get_theirs(
    cast: Cast, server: MailServer
) -> None:
    server.at_rcpt = lambda address: "550 No such user" if address.startswith("caht") else None
    await invite(cast)
    await dispatch(server)
    assert (await outcome())["caht_lead@caht.example"] == ("bounced", "550 No such user")
    assert await Bounce.select(Bounce.cause, Bounce.is_counted) == [{"cause": "no_address", "is_counted": True}]
    assert server.recipients() == ["fbi_lead@fbi.example"]


@pytest.mark.both_engines
async def test_a_busy_server_gets_the_same_bytes_again_later(cast: Cast, server: MailServer) -> None:
    server.at_data = lambda _: None if len(server.tries) and server.tries.total() > 2 else "452 No space"
    await invite(cast)
    await dispatch(server)
    assert await dispatch(server, LATER + timedelta(seconds=5)) == 0  # not before half a minute
    await dispatch(server, LATER + timedelta(seconds=40))
    assert {state for state, _ in (await outcome()).values()} == {"sent"}


@pytest.mark.both_engines
async def test_a_mail_whose_acceptance_was_not_heard_goes_again_under_the_same_name(
    cast: Cast, server: MailServer
) -> None:
    server.cut_before_reply = lambda _: len(server.accepted) <= 2
    await invite(cast)
    await dispatch(server)
    assert all(reason.endswith("It may have arrived.") for _, reason in (await outcome()).values())
    await dispatch(server, LATER + timedelta(seconds=40))
    assert sorted(server.message_ids().values()) == [2, 2]
    assert len(set(server.accepted)) == 2


@pytest.mark.both_engines
async def test_a_change_after_a_try_that_may_have_arrived_goes_out_and_the_retry_has_another_message_id(
    cast: Cast, server: MailServer
) -> None:
    server.cut_before_reply = lambda _: len(server.accepted) == 1
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await dispatch(server)
    await move(cast, event_id)
    await dispatch(server, LATER + timedelta(minutes=1))
    subjects = [subject.partition(":")[0] for subject in server.subjects()]
    assert subjects == ["Invitation", "Invitation", "Changed"]
    assert len(server.message_ids()) == 3
    assert shown(server.accepted) == {"fbi_lead@fbi.example": [MOVED_TO]}


@pytest.mark.both_engines
async def test_a_cancellation_after_a_try_that_may_have_arrived_goes_out_and_the_retry_does_not(
    cast: Cast, server: MailServer
) -> None:
    server.cut_before_reply = lambda _: len(server.accepted) == 1
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await dispatch(server)
    await scheduling.cancel_event(cast.coordinator, event_id, 1, "", LATER)
    await dispatch(server, LATER + timedelta(minutes=1))
    assert [subject.partition(":")[0] for subject in server.subjects()] == ["Invitation", "Canceled"]
    assert shown(server.accepted) == {"fbi_lead@fbi.example": []}


@pytest.mark.both_engines
async def test_a_retry_to_a_person_who_lost_access_says_nothing_of_the_event(cast: Cast, server: MailServer) -> None:
    server.cut_before_reply = lambda _: len(server.accepted) == 1
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.caht_lead), NOW)
    await dispatch(server)
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    narrowed = replace(plan, visibility=Visibility.LAW_ENFORCEMENT, invitees={}, place="Canary Lot")
    await scheduling.change_event(cast.coordinator, event_id, narrowed, event.version, LATER)
    await dispatch(server, LATER + timedelta(minutes=1))
    _, last = server.accepted
    assert not any(word in _all_texts(last) for word in ("Monthly", "Canary", "conference room", "Jan 12"))
    assert shown(server.accepted) == {"caht_lead@caht.example": []}


@pytest.mark.both_engines
async def test_no_more_emails_are_read_at_once_than_are_about_to_be_sent(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, groups = emails.write_emails, list[int]()

    async def noted(messages: Sequence[outbox_rules.Message], now: datetime, zone: str) -> Any:
        groups.append(len(messages))
        return await read(messages, now, zone)

    monkeypatch.setattr(emails, "write_emails", noted)
    for _ in range(3):
        await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    assert await dispatch(server) == sum(groups) > 3 * LANES
    assert 1 < max(groups) <= LANES


@pytest.mark.both_engines
async def test_an_email_is_on_record_with_the_version_of_the_event_that_it_gives(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [message] = await outbox.claim_messages("a worker", (), LATER, 10)
    [letter] = await emails.write_emails([message], LATER, "America/Chicago")
    assert isinstance(letter, Email)
    await move(cast, event_id)
    sent = outbox_rules.SendOutcome(
        state=outbox_rules.MessageState.SENT, reason="", sent_to=letter.to, event_version=letter.event_version
    )
    await outbox.close_message(message, sent, LATER)
    assert await Message.select(Message.event_version).where(Message.id == message.id) == [{"event_version": 1}]


@pytest.mark.both_engines
async def test_what_another_worker_was_sending_when_it_ended_may_have_arrived(cast: Cast, server: MailServer) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await outbox.claim_messages("gone", (), LATER, 10)
    server.at_data = lambda _: "452 No space"
    await dispatch(server)
    server.at_data = fine
    await move(cast, event_id)
    await dispatch(server, LATER + timedelta(minutes=5))
    assert [subject.partition(":")[0] for subject in server.subjects()] == ["Invitation", "Changed"]


@pytest.mark.both_engines
async def test_what_the_server_refused_for_now_has_not_arrived_and_says_the_change_itself(
    cast: Cast, server: MailServer
) -> None:
    server.at_data = lambda _: "452 No space"
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await dispatch(server)
    server.at_data = fine
    await move(cast, event_id)
    await dispatch(server, LATER + timedelta(minutes=1))
    assert [subject.partition(":")[0] for subject in server.subjects()] == ["Invitation"]


@pytest.mark.both_engines
async def test_a_server_that_refuses_us_and_not_the_recipient_loses_no_mail(cast: Cast, server: MailServer) -> None:
    server.at_mail = lambda _: "550 Not from here"
    await invite(cast)
    await dispatch(server)
    assert {state for state, _ in (await outcome()).values()} == {"pending"}


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("refusal", "state"), [("552 5.3.4 Message size exceeds fixed limit", "bounced"), ("550 Not from here", "pending")]
)
async def test_an_email_that_the_server_refuses_before_its_recipient_does_not_hold_the_next(
    sqlite_cast: Cast, server: MailServer, refusal: str, state: str
) -> None:
    await invite(sqlite_cast)
    said = iter([refusal])
    server.at_mail = lambda _: next(said, None)
    await dispatch(server)
    assert sorted(one for one, _ in (await outcome()).values()) == sorted([state, "sent"])
    assert not await Bounce.exists().where(Bounce.is_counted == True)  # noqa: E712 - a clause of SQL


@pytest.mark.both_engines
async def test_while_the_server_is_away_mails_wait_and_only_one_is_tried(cast: Cast, server: MailServer) -> None:
    async with serving(MailServer()) as gone:
        pass
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    await dispatch(gone)
    tried = [row["attempts"] for row in await Message.select(Message.attempts)]
    assert (sum(tried) <= 2, len(tried)) == (True, 11)


@pytest.mark.both_engines
async def test_after_five_days_without_a_server_a_mail_is_given_up(cast: Cast) -> None:
    async with serving(MailServer()) as gone:
        pass
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await dispatch(gone, NOW + GIVE_UP)
    [(state, reason)] = (await outcome()).values()
    assert state == "failed"
    assert "5 days" in reason


@pytest.mark.both_engines
async def test_a_mail_that_cannot_be_written_safely_fails_where_people_see_it(cast: Cast, server: MailServer) -> None:
    await Member.update({Member.email: "a@x.example, e@y.example"}).where(Member.email == "caht_lead@caht.example")
    await invite(cast)
    await dispatch(server)
    [state] = [state for email, (state, _) in (await outcome()).items() if "," in email]
    assert (state, server.recipients()) == ("failed", ["fbi_lead@fbi.example"])


@pytest.mark.both_engines
async def test_a_message_of_an_unknown_type_fails_in_a_sentence_and_the_others_go_out(
    cast: Cast, server: MailServer
) -> None:
    await invite(cast)
    odd = '{"content": {"type": "from_another_version"}}'
    await Message.update({Message.facts: odd}).where(Message.recipient == cast.fbi_lead.member_id)
    assert await dispatch(server) == 2
    assert server.recipients() == ["caht_lead@caht.example"]
    assert (await outcome())["fbi_lead@fbi.example"] == (
        "failed",
        "This version can’t read the message. Another version queued it.",
    )


@pytest.mark.both_engines
async def test_one_connection_carries_many_mails(cast: Cast, server: MailServer) -> None:
    for _ in range(5):
        await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    await dispatch(server)
    assert (len(server.accepted), server.connections) == (55, 5)


@pytest.mark.both_engines
async def test_a_stopped_delivery_leaves_what_it_did_not_begin_to_others(cast: Cast, server: MailServer) -> None:
    await invite(cast)
    stopped = delivery(server.port, LATER)
    await stopped.stop()
    assert await stopped.dispatch() == 0
    await stopped.stop()
    assert await dispatch(server) == 2


@pytest.mark.both_engines
async def test_a_mail_about_a_restricted_event_says_nothing_of_it(cast: Cast, server: MailServer) -> None:
    plan = operation(cast.hsi_liaison, video_link="https://video.example/secret-room")
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    await dispatch(server)
    [mail] = server.accepted
    readable = _all_texts(mail)
    for canary in ("Bluestem", "Larkspur", "Canary", "secret-room", "2027", "Jan", "Fbi lead", "FBI", "text/calendar"):
        assert canary not in readable
    assert str(event_id) in readable


def _all_texts(mail: bytes) -> str:
    """Return headers and parts as a reader sees them, and the raw bytes."""
    message = message_from_bytes(mail, policy=policy.default)
    parts = [str(one.get_content()) for one in message.walk() if not one.is_multipart()]
    headers = [f"{name}: {value}" for name, value in message.items() if name != "Date"]
    return "\n".join([*headers, *parts])


@pytest.mark.both_engines
@pytest.mark.parametrize("source", ["postgres"], indirect=True)
async def test_a_delivery_that_the_database_lost_sight_of_enlists_anew_and_sends(
    cast: Cast, server: MailServer
) -> None:
    sending = delivery(server.port, LATER)
    await sending.dispatch()
    await engine().run_ddl(f"SELECT pg_terminate_backend({sending._worker._connection.get_server_pid()})")
    await invite(cast)
    async with asyncio.timeout(5):
        while sending._worker and sending._worker.is_there():  # noqa: ASYNC110 - the server ends it
            await asyncio.sleep(0.01)
    assert await sending.dispatch() == 2
    await sending.stop()


@pytest.mark.both_engines
@pytest.mark.parametrize("source", ["postgres"], indirect=True)
async def test_a_delivery_that_the_database_loses_sight_of_leaves_the_rest_to_others(
    cast: Cast, server: MailServer
) -> None:
    for _ in range(5):
        await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    server.pause = 0.02
    sending, other = delivery(server.port, LATER), delivery(server.port, LATER)
    first = asyncio.create_task(sending.dispatch())
    async with asyncio.timeout(5):
        while len(server.accepted) < LANES:  # noqa: ASYNC110 - the delivery sends them
            await asyncio.sleep(0.01)
    await engine().run_ddl(f"SELECT pg_terminate_backend({sending._worker._connection.get_server_pid()})")
    await other.dispatch()
    await first
    for one in (sending, other):
        await one.dispatch()
        await one.stop()
    ids = server.message_ids()
    assert len(ids) == 5 * len(everybody(cast))
    assert ids.total() - len(ids) <= LANES


SENT = SendOutcome(state=MessageState.SENT, reason="", sent_to="someone@fbi.example")
UNKNOWN = SendOutcome(state=MessageState.SENT, reason="", sent_to=object())  # type: ignore[arg-type]  # what no database takes


async def claimed(cast: Cast, count: int) -> list[outbox_rules.Message]:
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    return await outbox.claim_messages("a worker", [], NOW, count)


async def sent() -> int:
    return await Message.count().where(Message.state == MessageState.SENT.value)


async def test_messages_that_end_within_a_moment_go_into_one_transaction(sqlite_cast: Cast) -> None:
    messages, closing = await claimed(sqlite_cast, 5), MessageCloser(lambda: NOW, lambda: 5)
    with noted() as statements:
        await asyncio.gather(*(closing.close(one, SENT) for one in messages))
    assert await sent() == 5
    assert sum(query == "COMMIT" for query, _ in statements) == 1


async def test_one_that_cannot_be_recorded_does_not_keep_the_others(sqlite_cast: Cast) -> None:
    messages, closing = await claimed(sqlite_cast, 4), MessageCloser(lambda: NOW, lambda: 4)
    outcomes = [SENT, UNKNOWN, SENT, SENT]
    ended = await asyncio.gather(
        *(closing.close(*one) for one in zip(messages, outcomes, strict=True)), return_exceptions=True
    )
    assert [one is None for one in ended] == [True, False, True, True]
    assert await sent() == 3
