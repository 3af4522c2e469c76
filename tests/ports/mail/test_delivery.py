"""From the outbox to the mail server and back, tasks that are done together, and the emails of a demo."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, everyone, meeting, operation
from tests.database.statements import noted
from tests.faults.mailboxes import dates_shown
from tests.faults.server import MailServer, fine, serve_smtp
from tests.ical.client_replies import CLIENTS
from tests.ports.mail.making import email_of, message_with_key, with_calendar
from tests.ports.mail.sending import composer, delivery
from tracker.crypto.signed_links import ReplyAddresses
from tracker.database import engine
from tracker.ports.mail.delivery import LANES, MOST, GroupedWork, MessageCloser
from tracker.ports.mail.demo_emails import PROGRAMS, EmailSink, ReplyEnvelope, SinkFolder, email_in_words
from tracker.ports.mail.received_emails import EmailParser
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.outbox import GIVE_UP, MessageState, SendOutcome
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.emails import Email
from tracker.rules.events.replies import ReplyValue
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


async def move_five_hours(cast: Cast, event_id: UUID, now: datetime = LATER) -> None:
    """Let the event begin five hours later."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(plan, starts=plan.starts + timedelta(hours=5))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, now)


async def outcomes_by_name() -> dict[str, tuple[str, str]]:
    rows = await Message.select(Message.recipient.email, Message.state, Message.reason)
    return {row["recipient.email"]: (row["state"], row["reason"]) for row in rows}


@pytest.mark.both_engines
async def test_everyone_invited_gets_one_email_and_the_outbox_knows(cast: Cast, server: MailServer) -> None:
    await invite(cast)
    assert await dispatch(server) == 2
    assert server.recipients() == ["caht_lead@caht.example", "fbi_lead@fbi.example"]
    assert {state for state, _ in (await outcomes_by_name()).values()} == {"sent"}


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
    assert (await outcomes_by_name())["caht_lead@caht.example"] == ("bounced", "550 No such user")
    assert await Bounce.select(Bounce.cause, Bounce.is_counted) == [{"cause": "no_address", "is_counted": True}]
    assert server.recipients() == ["fbi_lead@fbi.example"]


@pytest.mark.both_engines
async def test_a_busy_server_gets_the_same_bytes_again_later(cast: Cast, server: MailServer) -> None:
    server.at_data = lambda _: None if len(server.tries) and server.tries.total() > 2 else "452 No space"
    await invite(cast)
    await dispatch(server)
    assert await dispatch(server, LATER + timedelta(seconds=5)) == 0  # not before half a minute
    await dispatch(server, LATER + timedelta(seconds=40))
    assert {state for state, _ in (await outcomes_by_name()).values()} == {"sent"}


@pytest.mark.both_engines
async def test_an_email_whose_acceptance_was_not_heard_goes_again_under_the_same_name(
    cast: Cast, server: MailServer
) -> None:
    server.cut_before_reply = lambda _: len(server.accepted) <= 2
    await invite(cast)
    await dispatch(server)
    assert all(reason.endswith("It may have arrived.") for _, reason in (await outcomes_by_name()).values())
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
    await move_five_hours(cast, event_id)
    await dispatch(server, LATER + timedelta(minutes=1))
    subjects = [subject.partition(":")[0] for subject in server.subjects()]
    assert subjects == ["Invitation", "Invitation", "Changed"]
    assert len(server.message_ids()) == 3
    assert dates_shown(server.accepted) == {"fbi_lead@fbi.example": [MOVED_TO]}


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
    assert dates_shown(server.accepted) == {"fbi_lead@fbi.example": []}


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
    assert dates_shown(server.accepted) == {"caht_lead@caht.example": []}


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
        await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    assert await dispatch(server) == sum(groups) > 3 * LANES
    assert 1 < max(groups) <= LANES


@pytest.mark.both_engines
async def test_an_email_is_on_record_with_the_version_of_the_event_that_it_gives(cast: Cast) -> None:
    event_id = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    [message] = await outbox.claim_messages("a worker", (), LATER, 10)
    [letter] = await emails.write_emails([message], LATER, "America/Chicago")
    assert isinstance(letter, Email)
    await move_five_hours(cast, event_id)
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
    await move_five_hours(cast, event_id)
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
    await move_five_hours(cast, event_id)
    await dispatch(server, LATER + timedelta(minutes=1))
    assert [subject.partition(":")[0] for subject in server.subjects()] == ["Invitation"]


@pytest.mark.both_engines
async def test_a_server_that_refuses_us_and_not_the_recipient_loses_no_email(cast: Cast, server: MailServer) -> None:
    server.at_sender = lambda _: "550 Not from here"
    await invite(cast)
    await dispatch(server)
    assert {state for state, _ in (await outcomes_by_name()).values()} == {"pending"}


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("refusal", "state"), [("552 5.3.4 Message size exceeds fixed limit", "bounced"), ("550 Not from here", "pending")]
)
async def test_an_email_that_the_server_refuses_before_its_recipient_does_not_hold_the_next(
    sqlite_cast: Cast, server: MailServer, refusal: str, state: str
) -> None:
    await invite(sqlite_cast)
    said = iter([refusal])
    server.at_sender = lambda _: next(said, None)
    await dispatch(server)
    assert sorted(one for one, _ in (await outcomes_by_name()).values()) == sorted([state, "sent"])
    assert not await Bounce.exists().where(Bounce.is_counted == True)  # noqa: E712 - a clause of SQL


@pytest.mark.both_engines
async def test_while_the_server_is_away_emails_wait_and_only_one_is_tried(cast: Cast, server: MailServer) -> None:
    async with serve_smtp(MailServer()) as gone:
        pass
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    await dispatch(gone)
    tried = [row["attempts"] for row in await Message.select(Message.attempts)]
    assert (sum(tried) <= 2, len(tried)) == (True, 11)


@pytest.mark.both_engines
async def test_after_five_days_without_a_server_an_email_is_given_up(cast: Cast) -> None:
    async with serve_smtp(MailServer()) as gone:
        pass
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    await dispatch(gone, NOW + GIVE_UP)
    [(state, reason)] = (await outcomes_by_name()).values()
    assert state == "failed"
    assert "5 days" in reason


@pytest.mark.both_engines
async def test_an_email_that_cannot_be_written_safely_fails_where_people_see_it(cast: Cast, server: MailServer) -> None:
    await Member.update({Member.email: "a@x.example, e@y.example"}).where(Member.email == "caht_lead@caht.example")
    await invite(cast)
    await dispatch(server)
    [state] = [state for email, (state, _) in (await outcomes_by_name()).items() if "," in email]
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
    assert (await outcomes_by_name())["fbi_lead@fbi.example"] == (
        "failed",
        "This version can’t read the message. Another version queued it.",
    )


@pytest.mark.both_engines
async def test_one_connection_carries_many_emails(cast: Cast, server: MailServer) -> None:
    for _ in range(5):
        await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
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
async def test_an_email_about_a_restricted_event_says_nothing_of_it(cast: Cast, server: MailServer) -> None:
    plan = operation(cast.hsi_liaison, video_link="https://video.example/secret-room")
    event_id = await scheduling.schedule_event(cast.fbi_lead, plan, NOW)
    await dispatch(server)
    [email] = server.accepted
    readable = _all_texts(email)
    for canary in ("Bluestem", "Larkspur", "Canary", "secret-room", "2027", "Jan", "Fbi lead", "FBI", "text/calendar"):
        assert canary not in readable
    assert str(event_id) in readable


def _all_texts(email: bytes) -> str:
    """Return headers and parts as a reader sees them, and the raw bytes."""
    message = message_from_bytes(email, policy=policy.default)
    parts = [str(one.get_content()) for one in message.walk() if not one.is_multipart()]
    headers = [f"{name}: {value}" for name, value in message.items() if name != "Date"]
    return "\n".join([*headers, *parts])


@pytest.mark.both_engines
@pytest.mark.parametrize("source", ["postgres"], indirect=True)
async def test_a_delivery_that_the_database_lost_enlists_again_and_sends(cast: Cast, server: MailServer) -> None:
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
async def test_a_delivery_that_the_database_loses_leaves_the_rest_to_others(cast: Cast, server: MailServer) -> None:
    for _ in range(5):
        await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    server.pause = 0.02
    sending, other = delivery(server.port, LATER), delivery(server.port, LATER)
    first = asyncio.create_task(sending.dispatch())
    async with asyncio.timeout(5):
        while len(server.accepted) < LANES:  # noqa: ASYNC110 - the delivery sends them
            await asyncio.sleep(0.01)
    await engine().run_ddl(f"SELECT pg_terminate_backend({sending._worker._connection.get_server_pid()})")
    await other.dispatch()
    await first
    for sender in (sending, other):
        await sender.dispatch()
        await sender.stop()
    ids = server.message_ids()
    assert len(ids) == 5 * len(everyone(cast))
    assert ids.total() - len(ids) <= LANES


SENT = SendOutcome(state=MessageState.SENT, reason="", sent_to="someone@fbi.example")
UNKNOWN = SendOutcome(state=MessageState.SENT, reason="", sent_to=object())  # type: ignore[arg-type]  # what no database takes


async def claim_many(cast: Cast, count: int) -> list[outbox_rules.Message]:
    await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    return await outbox.claim_messages("a worker", [], NOW, count)


async def sent_count() -> int:
    return await Message.count().where(Message.state == MessageState.SENT.value)


async def test_messages_that_end_within_a_moment_go_into_one_transaction(sqlite_cast: Cast) -> None:
    messages, closing = await claim_many(sqlite_cast, 5), MessageCloser(lambda: NOW, lambda: 5)
    with noted() as statements:
        await asyncio.gather(*(closing.close(one, SENT) for one in messages))
    assert await sent_count() == 5
    assert sum(query == "COMMIT" for query, _ in statements) == 1


async def test_one_that_cannot_be_recorded_does_not_keep_the_others(sqlite_cast: Cast) -> None:
    messages, closing = await claim_many(sqlite_cast, 4), MessageCloser(lambda: NOW, lambda: 4)
    outcomes = [SENT, UNKNOWN, SENT, SENT]
    ended = await asyncio.gather(
        *(closing.close(*one) for one in zip(messages, outcomes, strict=True)), return_exceptions=True
    )
    assert [one is None for one in ended] == [True, False, True, True]
    assert await sent_count() == 3


class Doubling:
    """Doubles numbers, slowly, and refuses groups with a negative one."""

    def __init__(self) -> None:
        self.groups: list[Sequence[int]] = []

    async def do(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(numbers)
        await asyncio.sleep(0.01)
        if min(numbers) < 0:
            raise ValueError(min(numbers))
        return [2 * one for one in numbers]


async def test_what_comes_while_one_is_done_forms_the_next_group() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do)
    assert await asyncio.gather(*map(group.do, range(5))) == [0, 2, 4, 6, 8]
    assert doubling.groups == [[0], [1, 2, 3, 4]]


async def test_what_comes_within_a_moment_is_done_with_the_first() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do, moment=0.01)
    assert await asyncio.gather(*map(group.do, range(5))) == [0, 2, 4, 6, 8]
    assert doubling.groups == [[0, 1, 2, 3, 4]]


async def test_none_waits_for_more_than_there_are() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do, moment=60, tasks=lambda: 3)
    async with asyncio.timeout(30):
        assert await asyncio.gather(*map(group.do, range(3))) == [0, 2, 4]
        assert await asyncio.gather(*map(group.do, range(3))) == [0, 2, 4]
    assert doubling.groups == [[0, 1, 2]] * 2


async def test_a_group_is_never_so_large_that_others_wait_long() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do)
    assert await asyncio.gather(*map(group.do, range(50))) == [2 * one for one in range(50)]
    assert [len(one) for one in doubling.groups] == [1, MOST, MOST, 49 - 2 * MOST]


async def test_one_that_fails_takes_nothing_from_the_others_of_its_group() -> None:
    group = GroupedWork(Doubling().do)
    results = await asyncio.gather(*map(group.do, (0, 1, -2, 3)), return_exceptions=True)
    assert [one if isinstance(one, int) else type(one) for one in results] == [0, 2, ValueError, 6]


async def test_a_database_that_is_away_is_waited_for_once_for_the_whole_group() -> None:
    asked = list[Sequence[int]]()

    async def away(numbers: Sequence[int]) -> list[int]:
        asked.append(numbers)
        raise ConnectionRefusedError

    group = GroupedWork(away, moment=0.01)
    results = await asyncio.gather(*map(group.do, range(4)), return_exceptions=True)
    assert [type(one) for one in results] == [ConnectionRefusedError] * 4
    assert asked == [[0, 1, 2, 3]]


async def test_what_a_canceled_task_wanted_is_not_done_later() -> None:
    doubling = Doubling()
    group = GroupedWork(doubling.do)
    first, second = [asyncio.create_task(group.do(one)) for one in range(2)]
    await asyncio.sleep(0)
    second.cancel()
    assert await first == 0
    assert await group.do(2) == 4
    assert doubling.groups == [[0], [2]]


async def test_a_task_that_is_canceled_leaves_the_rest_of_its_group_to_the_next() -> None:
    group = GroupedWork(Doubling().do)
    first, second, third = [asyncio.create_task(group.do(one)) for one in range(3)]
    assert await first == 0
    await asyncio.sleep(0)  # the second does its own and that of the third
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await third == 4


async def post_to_sink(port: int, *contents: bytes) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for content in contents:
            await client.sendmail("calendar@tracker.example", ["reader@kcpd.example"], content)


async def keep_and_read(folder: Path, *contents: bytes) -> list[bytes]:
    sink = EmailSink(folder)
    await post_to_sink(await sink.start(), *contents)
    await sink.stop()
    return [one.read_bytes() for one in sorted(folder.iterdir())]


async def test_an_email_is_kept_to_the_byte(tmp_path: Path) -> None:
    content = composer().compose(with_calendar(), message_with_key()).content
    assert await keep_and_read(tmp_path / "mail", content) == [content]


async def test_emails_sort_in_the_order_of_arrival_over_restarts(tmp_path: Path) -> None:
    made = [composer().compose(email_of(), message_with_key(str(number))).content for number in range(3)]
    await keep_and_read(tmp_path, *made[:2])
    assert await keep_and_read(tmp_path, made[2]) == made


async def test_the_mailbox_shows_the_newest_first_with_all_parts(tmp_path: Path) -> None:
    first, second = (
        composer().compose(email, message_with_key(key)).content
        for email, key in ((email_of(), "one"), (with_calendar(), "two"))
    )
    await keep_and_read(tmp_path, first, second)
    newest, oldest = await SinkFolder(tmp_path).newest()
    assert (newest.name, newest.to) == ("000002", "reader@kcpd.example")
    assert newest.calendar.startswith("BEGIN:VCALENDAR")
    assert ("YOU'RE INVITED" in newest.text, "<h1" in newest.html, oldest.calendar) == (True, True, "")


async def test_the_mailbox_can_show_one_persons_email(tmp_path: Path) -> None:
    await keep_and_read(tmp_path, composer().compose(email_of(), message_with_key()).content)
    mailbox = SinkFolder(tmp_path)
    assert len(await mailbox.newest("Reader@kcpd.example")) == 1
    assert await mailbox.newest("other@kcpd.example") == []


@pytest.mark.parametrize("name", ["../000001", "000002", "", "x", "000001.eml", "\u0660" * 6])
async def test_a_name_that_is_no_email_of_the_sink_finds_nothing(tmp_path: Path, name: str) -> None:
    await keep_and_read(tmp_path / "mail", composer().compose(email_of(), message_with_key()).content)
    assert await SinkFolder(tmp_path / "mail").read(name) is None


async def test_a_mailbox_without_a_folder_is_empty(tmp_path: Path) -> None:
    assert await SinkFolder(tmp_path / "none").newest() == []


CLIENTS_NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
WHO, UID = "liaison@kcpd.example", "9a0c@tracker.example"
READER = EmailParser(
    addresses=ReplyAddresses("reply@tracker.example", [b"k" * 32]), authserv_id="mx.tracker.example", zone=ZONE
)
TO = READER.addresses.of(UUID(int=1))
ENVELOPE = ReplyEnvelope(
    sender=WHO, to=TO, subject="Declined: A\nB", sent_at=CLIENTS_NOW, authserv_id="mx.tracker.example"
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_s_email_is_one_reply_of_its_confirmed_sender(program: str) -> None:
    calendar = CLIENTS[program](UID, WHO, "DECLINED", note="In court, until ten")
    text = READER.read(PROGRAMS[program](ENVELOPE, "Declined", calendar), TO, CLIENTS_NOW)
    assert (text.sender.address, text.sender.is_verified, text.is_automatic) == (WHO, True, False)
    assert [(one.value, one.comment) for one in text.replies] == [(ReplyValue.DECLINED, "In court, until ten")]


def test_what_a_person_writes_is_above_the_email_that_they_got() -> None:
    text = READER.read(email_in_words(ENVELOPE, "DONE", "Reply with\nDONE"), TO, CLIENTS_NOW)
    assert text.text.splitlines() == ["DONE", "", "On Dec 15, 2026, Task Force wrote:", "> Reply with", "> DONE"]
