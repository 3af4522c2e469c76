"""Emails that come in: bounces, replies, hostile ones, and what strangers hear."""

import asyncio
import smtplib
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from uuid import UUID, uuid4

import pytest
from anyio import to_thread
from msgspec import Struct

from tests.cast import NOW as CAST_NOW
from tests.cast import Cast, meeting, operation
from tests.ical import client_replies
from tests.ical.client_replies import folded_reply, nested_reply, reply_with_alarms, reply_with_zones, task_reply
from tests.ports.mail import bounced
from tests.ports.mail.mailboxes import ADDRESS, reader
from tests.processor_time import Turns, within
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.received_emails import LARGEST_EMAIL, EmailParser, Intake, Listener
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.received_emails import Cause, Fate, ReceivedEmail
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import scheduling

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
MESSAGE = UUID("9a0c2f50-6a1c-4a71-8f0e-0e5f8d3c2b1a")
ADDRESSES = ReplyAddresses("reply@tracker.example", [b"k" * 32])
READER = EmailParser(addresses=ADDRESSES, authserv_id="mx.tracker.example", zone="America/Chicago")
TO = ADDRESSES.of_bounced(MESSAGE)


def read_bounce(content: bytes, to: str = TO) -> ReceivedEmail:
    return READER.read(content, to, NOW)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (bounced.postfix(), "5.1.1", "550 5.1.1 <detective@kcpd.example>: Recipient address rejected: User unknown"),
        (bounced.exchange_online(), "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found"),
        (bounced.gmail(), "5.1.1", "550-5.1.1 The email account that you tried to reach does not exist."),
        (bounced.qmail(), "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)"),
    ],
    ids=["postfix", "exchange_online", "gmail", "qmail"],
)
def test_a_bounce_is_of_the_message_that_its_address_names(content: bytes, status: str, words: str) -> None:
    bounce = read_bounce(content)
    assert (bounce.bounced_id, bounce.message_id, bounce.invitation_id) == (MESSAGE, None, None)
    assert (bounce.bounce.fate, bounce.bounce.cause, bounce.bounce.status) == (Fate.FAILED, Cause.NO_ADDRESS, status)
    assert bounce.bounce.words.startswith(words)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (bounced.postfix("delayed", "4.4.1"), Fate.DELAYED),
        (bounced.postfix("delivered", "2.0.0"), Fate.UNCLEAR),
        (bounced.out_of_office(), Fate.UNCLEAR),
        (bounced.read_receipt(), Fate.UNCLEAR),
        (b"", Fate.UNCLEAR),
        (b"From: MAILER-DAEMON@a.example\r\nContent-Type: text/html\r\n\r\n<p>Delivery <b>failed</b></p>", Fate.FAILED),
    ],
    ids=["delayed", "delivered", "away", "receipt", "empty", "html"],
)
def test_what_is_no_failure_is_none(content: bytes, expected: Fate) -> None:
    assert read_bounce(content).bounce.fate is expected


@pytest.mark.parametrize(
    "to", [ADDRESSES.of_message(MESSAGE), "reply@tracker.example", f"reply+{'a' * 52}@tracker.example", f"x{TO}"]
)
def test_a_bounce_to_another_address_is_of_no_message(to: str) -> None:
    bounce = read_bounce(bounced.postfix(), to)
    assert (bounce.bounced_id, bounce.bounce.fate) == (None, Fate.UNCLEAR)


@pytest.mark.parametrize(
    "content",
    [
        b"From: <>\r\n\r\n" + b"domain" * 150_000,
        b"From: <>\r\n\r\n" + b"550 " * 200_000,
        b"From: <>\r\nContent-Type: text/html\r\n\r\n" + b"<a " * 300_000,
        bounced.postfix(diagnostic="x" * 900_000),
        bounced.postfix().replace(b"Final-Recipient", b"Action: failed\r\n\r\nAction: x\r\n\r\n" * 20_000),
        b"x" * (LARGEST_EMAIL + 1),
    ],
    ids=["words", "codes", "tags", "field", "recipients", "size"],
)
def test_a_hostile_one_takes_little_time(content: bytes) -> None:
    assert len(within(500, lambda: read_bounce(content)).bounce.words) <= 150


INVITATION = UUID("9a0c2f50-6a1c-4a71-8f0e-0e5f8d3c2b1a")
WHO, UID = "liaison@kcpd.example", "9a0c@tracker.example"
INCOMING_READER = EmailParser(
    addresses=ReplyAddresses("reply@tracker.example", [b"k" * 32]),
    authserv_id="mx.tracker.example",
    zone="America/Chicago",
)
INCOMING_TO = INCOMING_READER.addresses.of(INVITATION)
PASSES = "mx.tracker.example; dmarc=pass (p=reject) header.from=kcpd.example"


def message_with_calendar(
    calendar: bytes | None = None, sender: str = f"Liaison <{WHO}>", **headers: str
) -> EmailMessage:
    """Return an email as Gmail builds it: text, and the reply as the last alternative."""
    email = EmailMessage(policy=policy.SMTP)
    email["From"], email["To"], email["Subject"], email["Message-ID"] = (
        sender,
        INCOMING_TO,
        "Accepted: Monthly meeting",
        "<1@kcpd>",
    )
    for name, value in headers.items():
        email[name.replace("_", "-")] = value
    email.set_content("Liaison has accepted this invitation.")
    if calendar is not None:
        email.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": "REPLY"})
    return email


def read_incoming(email: EmailMessage | bytes) -> ReceivedEmail:
    return INCOMING_READER.read(email if isinstance(email, bytes) else email.as_bytes(), INCOMING_TO, NOW)


def test_a_reply_is_read_with_its_sender_and_the_invitation_of_its_address() -> None:
    incoming = read_incoming(message_with_calendar(client_replies.google(UID, WHO), Authentication_Results=PASSES))
    assert (incoming.invitation_id, incoming.sender.address, incoming.sender.is_verified) == (INVITATION, WHO, True)
    assert [one.value for one in incoming.replies] == [ReplyValue.ACCEPTED]
    assert (incoming.is_automatic, incoming.is_readable, len(incoming.name)) == (False, True, 64)


def test_the_address_of_a_message_names_it() -> None:
    text = INCOMING_READER.read(
        message_with_calendar().as_bytes(), INCOMING_READER.addresses.of_message(INVITATION), NOW
    )
    assert (text.message_id, text.invitation_id) == (INVITATION, None)


def _in_html(html: str) -> EmailMessage:
    email = message_with_calendar()
    email.set_content(html, subtype="html")
    return email


OF_OUTLOOK = (
    "<html><head><style>p {color: red}</style></head><body><p class=MsoNormal>BLOCKED:<br>no&nbsp;key yet</p>"
    '<p>Jane</p><div id="divRplyFwdMsg"><b>From:</b> Task Force</div><p>DONE</p></body></html>'
)


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        (message_with_calendar(), "Liaison has accepted this invitation."),
        (_in_html("<div>DONE</div><div>by noon</div><blockquote>YES</blockquote>"), "DONE\n\nby noon\n\n>"),
        (_in_html(OF_OUTLOOK), "BLOCKED:\nno\xa0key yet\n\n\n\nJane\n\n\n>"),
        (_in_html("<!-- <p>YES</p> --><p>DONE</p>"), "DONE"),
        (_in_html("x" * 100_000), "x" * 20_000),
    ],
)
def test_what_people_read_comes_from_the_text_or_else_from_the_html(email: EmailMessage, expected: str) -> None:
    assert read_incoming(email).text.strip() == expected


def test_a_reply_about_a_task_is_read_as_one_and_as_no_reply_to_an_invitation() -> None:
    incoming = read_incoming(message_with_calendar(task_reply("STATUS:COMPLETED"), Authentication_Results=PASSES))
    assert incoming.task
    assert (incoming.is_readable, incoming.replies, incoming.task.word) == (True, (), AnswerWord.DONE)


def test_apple_s_reply_is_an_attachment_that_names_no_method() -> None:
    email = message_with_calendar()
    email.add_attachment(client_replies.apple(UID, WHO), maintype="text", subtype="calendar", filename="reply.ics")
    assert [one.value for one in read_incoming(email).replies] == [ReplyValue.ACCEPTED]


def test_a_reply_whose_header_names_another_method_than_its_calendar_is_not_recorded() -> None:
    email = message_with_calendar()
    calendar = client_replies.google(UID, WHO)
    email.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": "REQUEST"})
    incoming = read_incoming(email)
    assert (incoming.is_readable, incoming.replies) == (False, ())


def test_a_reply_about_a_task_whose_header_names_another_method_is_not_recorded() -> None:
    email = message_with_calendar()
    calendar = task_reply("STATUS:COMPLETED")
    email.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": "REQUEST"})
    incoming = read_incoming(email)
    assert (incoming.is_readable, incoming.task) == (False, None)


def test_thunderbird_s_two_copies_are_one_reply() -> None:
    email = message_with_calendar(client_replies.thunderbird(UID, WHO))
    email.add_attachment(client_replies.thunderbird(UID, WHO), maintype="application", subtype="ics")
    assert len(read_incoming(email).replies) == 1


def test_a_wrong_charset_loses_nothing() -> None:
    content = client_replies.outlook(UID, WHO, note="Años")
    named = message_with_calendar()
    named.add_attachment(content, maintype="text", subtype="calendar", params={"charset": "us-ascii"})
    in_latin = message_with_calendar()
    latin = content.decode().encode("latin-1")
    in_latin.add_attachment(latin, maintype="text", subtype="calendar", params={"charset": "latin-1"})
    assert [read_incoming(one).replies[0].comment for one in (named, in_latin)] == ["Años", "Años"]


def test_the_same_email_has_the_same_name_and_another_has_another() -> None:
    first, again = message_with_calendar(), message_with_calendar(Received="from elsewhere")
    other = message_with_calendar()
    other.replace_header("Message-ID", "<2@kcpd>")
    assert read_incoming(first).name == read_incoming(again).name != read_incoming(other).name


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], False),
        ([PASSES], True),
        (["mx.elsewhere.example; dmarc=pass header.from=kcpd.example"], False),
        (["mx.tracker.example; dmarc=fail header.from=kcpd.example"], False),
        (["mx.tracker.example; dmarc=fail header.from=kcpd.example; dkim=pass header.d=kcpd.example"], False),
        ([PASSES, "mx.tracker.example; dmarc=fail header.from=kcpd.example"], False),
        (["mx.tracker.example; dmarc=pass header.from=elsewhere.example"], False),
        (["mx.tracker.example; dkim=pass header.d=kcpd.example"], True),
        (["mx.tracker.example; dkim=pass header.i=@kcpd.example"], True),
        (["mx.tracker.example; dkim=pass header.d=elsewhere.example"], False),
        (["mx.tracker.example; dkim=pass header.d=example"], False),
        (["mx.tracker.example; dkim=fail header.d=kcpd.example"], False),
        (["mx.tracker.example; spf=pass smtp.mailfrom=kcpd.example"], False),
        (["mx.tracker.example; none"], False),
        (["; ;;; dmarc==pass"], False),
        (["MX.Tracker.example; dmarc=pass header.from=KCPD.example"], True),
    ],
)
def test_only_what_our_own_mail_server_confirms_counts(headers: list[str], expected: object) -> None:
    email = message_with_calendar()
    for header in headers:
        email.add_header("Authentication-Results", header)
    assert read_incoming(email).sender.is_verified is expected


def test_no_server_is_trusted_without_a_name() -> None:
    reader = EmailParser(addresses=INCOMING_READER.addresses, authserv_id="", zone="America/Chicago")
    email = message_with_calendar(Authentication_Results="; dmarc=pass header.from=kcpd.example")
    assert not reader.read(email.as_bytes(), INCOMING_TO, NOW).sender.is_verified


@pytest.mark.parametrize(
    "sender", ["", "a@b.example, c@d.example", "nobody", "undisclosed:;", f"{'a' * 300}@b.example"]
)
def test_an_email_of_no_one_or_of_several_has_no_sender(sender: str) -> None:
    raw = (
        message_with_calendar().as_bytes().replace(b"From: Liaison <liaison@kcpd.example>", b"From: " + sender.encode())
    )
    assert read_incoming(raw).sender.address == ""


def test_two_senders_are_no_sender() -> None:
    raw = b"From: other@kcpd.example\r\n" + message_with_calendar().as_bytes()
    assert read_incoming(raw).sender.address == ""


@pytest.mark.parametrize(
    ("headers", "has_calendar", "expected"),
    [
        ({}, False, False),
        ({"Auto_Submitted": "auto-replied"}, True, True),
        ({"Auto_Submitted": "auto-generated"}, True, False),
        ({"Auto_Submitted": "auto-generated"}, False, True),
        ({"Auto_Submitted": "no"}, False, False),
        ({"Precedence": "bulk"}, False, True),
        ({"List_Id": "<all.kcpd.example>"}, False, True),
        ({"X_Auto_Response_Suppress": "All"}, False, True),
    ],
)
def test_a_machine_s_email_is_known_by_its_headers(
    headers: dict[str, str], has_calendar: object, expected: object
) -> None:
    calendar = client_replies.google(UID, WHO) if has_calendar else None
    assert read_incoming(message_with_calendar(calendar, **headers)).is_automatic is expected


def _deep() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=0\r\n\r\n"
    return head + b"".join(
        b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(900)
    )


def _wide() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    return head + b"--x\r\nContent-Type: text/calendar\r\n\r\n\r\n" * 20_000


def _many_headers() -> bytes:
    return b"X-A: b\r\n" * 100_000 + b"\r\n"


def _one_line() -> bytes:
    return b"From: " + b"(" * 900_000 + b"\r\n\r\n"


def _addresses() -> bytes:
    return b"From: " + b"a@b.example, " * 70_000 + b"\r\n\r\n"


def _many_results() -> bytes:
    results_header = (
        b"Authentication-Results: mx.tracker.example; " + b"dkim=pass header.d=elsewhere.example; " * 100 + b"\r\n"
    )
    return b"From: liaison@kcpd.example\r\n" + results_header * 240 + b"\r\n"


def _results() -> bytes:
    results_header = (
        b"Authentication-Results: mx.tracker.example; " + b"dkim=pass header.d=kcpd.example; " * 25_000 + b"\r\n"
    )
    return b"From: liaison@kcpd.example\r\n" + results_header + b"\r\n"


def _encoded_words() -> bytes:
    return b"From: " + b"=?utf-8?q?=41?= " * 55_000 + b"<a@b.example>\r\n\r\n"


def _many_parameters() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; "
    return head + b'\\";' * 300_000 + b"\r\n\r\nhello\r\n--x--\r\n"


def _base64() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"QkVHSU46VkNBTEVOREFS\r\n" * 43_000


def _html() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
    return head + b"<a class= " * 2_000 + b"</" * 10_000 + b"&" * 10_000 + b"<!--" * 60_000


def _charset() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: text/calendar; charset=no-such-thing\r\n\r\n"
    return head + b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n\xff\xfe\r\n"


def _inside(calendar: Callable[[], bytes]) -> Callable[[], bytes]:
    """Return an email around a calendar file, as large as an email may be."""
    head = b"From: a@b.example\r\nContent-Type: text/calendar\r\n\r\n"
    return lambda: (head + calendar())[:LARGEST_EMAIL]


def _emails_in_emails() -> bytes:
    return b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" * 19_000


def _many_calendars() -> bytes:
    tasks = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b"BEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\n" * 3_000
    part = b"--x\r\nContent-Type: text/calendar\r\n\r\n" + tasks
    return b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + part * 10 + b"--x--\r\n"


def _escapes() -> bytes:
    head = b"From: a@b.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head + b"=" * 990_000


@pytest.mark.parametrize("calendar", [folded_reply, reply_with_zones, reply_with_alarms, nested_reply])
def test_a_hostile_email_takes_little_memory(calendar: Callable[[], bytes]) -> None:
    content = _inside(calendar)()[: LARGEST_EMAIL // 8]
    tracemalloc.start()
    read_incoming(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 * len(content)


@pytest.mark.parametrize(
    "hostile",
    [
        _inside(folded_reply),
        _inside(reply_with_zones),
        _inside(nested_reply),
        _emails_in_emails,
        _many_calendars,
        _escapes,
        _deep,
        _wide,
        _many_headers,
        _one_line,
        _addresses,
        _results,
        _many_results,
        _encoded_words,
        _many_parameters,
        _base64,
        _charset,
        _html,
        lambda: b"",
        lambda: b"\0" * 1_000,
        lambda: b"\r\n\r\n",
        lambda: b"x" * (LARGEST_EMAIL + 1),
        lambda: b"From: \xff\xfe@b.example\r\nSubject: \xe9\r\n\r\n",
    ],
)
def test_a_hostile_email_takes_little_time(hostile: Callable[[], bytes]) -> None:
    content = hostile()
    ids_within = within(500, lambda: read_incoming(content))
    assert (ids_within.replies, ids_within.sender.is_verified) == ((), False)


def test_a_reply_without_a_date_of_its_own_is_read_too() -> None:
    file = client_replies.google(UID, WHO).replace(b"DTSTAMP:20261201T160400Z\r\n", b"")
    assert read_incoming(message_with_calendar(file)).replies[0].stamped_at is None
    assert read_incoming(message_with_calendar(client_replies.google(UID, WHO))).replies[
        0
    ].stamped_at == NOW - timedelta(days=13, hours=22, minutes=56)


MOST_APART = 4  # yardsticks of work between what is hidden and what never was
ROUNDS = 20
STRANGER = "someone@elsewhere.example"
NUMBERS = count()
Answer = tuple[int, bytes]


class Hidden(Struct, frozen=True):
    """A meeting, and an operation that a stranger may guess at, with the message about it."""

    shown_invitation: UUID
    shown_uid: str
    invitation: UUID
    uid: str
    message: UUID


@pytest.fixture
async def hidden(sqlite_cast: Cast) -> Hidden:
    cast = sqlite_cast
    shown = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), CAST_NOW)
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), CAST_NOW)
    [message] = await Message.select(Message.id).where(Message.event == secret)
    return Hidden(
        shown_invitation=(await invitations_by_member(shown))[cast.fbi_lead.member_id].id,
        shown_uid=(await scheduling.event_seen_by(cast.fbi_lead, shown)).uid,
        invitation=(await invitations_by_member(secret))[cast.hsi_liaison.member_id].id,
        uid=(await scheduling.event_seen_by(cast.hsi_liaison, secret)).uid,
        message=message["id"],
    )


def reply_email(to: str, uid: str, sender: str = STRANGER) -> bytes:
    """Return a reply to the event with this UID; each time another email."""
    email = EmailMessage(policy=SMTP)
    email["Authentication-Results"] = f"mx.tracker.example; dmarc=pass header.from={STRANGER.partition('@')[2]}"
    email["From"], email["To"], email["Message-ID"] = sender, to, f"<{next(NUMBERS)}@elsewhere.example>"
    email.set_content("YES")
    calendar = client_replies.google(uid, sender)
    email.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": "REPLY"})
    return email.as_bytes()


def addresses_to_try(of: Hidden) -> Iterator[str]:
    """Yield addresses that lead somewhere, and such as no one has."""
    ours = ReplyAddresses(ADDRESS, [b"n" * 32])  # of another site
    for made in (reader().addresses, ours):
        for target in (of.shown_invitation, of.invitation, uuid4()):
            yield made.of(target)
        for target in (of.message, uuid4()):
            yield made.of_message(target)
            yield made.of_bounced(target)
    yield from (ADDRESS, f"reply+{'a' * 52}@tracker.example", "reply+x@tracker.example", ADDRESS.upper())


def answers_heard(port: int, to: str, content: bytes) -> tuple[Answer, Answer, Answer]:
    """Return what the way in says to an email, word for word."""
    with smtplib.LMTP("127.0.0.1", port, local_hostname="elsewhere.example") as client:
        client.ehlo()
        return client.mail(STRANGER), client.rcpt(to), client.data(content)


async def test_every_email_to_every_address_of_the_mailbox_hears_the_same_words(hidden: Hidden) -> None:
    listener = Listener(reader(), lambda: CAST_NOW)
    port = await listener.start("127.0.0.1", 0)
    answers = set()
    for to in addresses_to_try(hidden):
        attempts = [(uid, sender) for uid in (hidden.uid, str(uuid4())) for sender in (STRANGER, "hsi@hsi.example")]
        other_reply_emails = [reply_email(to, *one) for one in attempts]
        for content in (*other_reply_emails, b"\r\n", b"YES\r\n", bounced.postfix()):
            answers.add(await to_thread.run_sync(answers_heard, port, to, content))
    await listener.stop()
    assert answers == {((250, b"OK"), (250, b"2.1.5 OK"), (250, b"2.0.0 Taken"))}


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n"])
async def test_an_email_inside_an_email_stays_inside(hidden: Hidden, end: bytes) -> None:
    listener = Listener(reader(), lambda: CAST_NOW)
    port = await listener.start("127.0.0.1", 0)
    to = reader().addresses.of(hidden.shown_invitation)
    second = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<" + to.encode() + b">\r\nDATA\r\nFrom: a@b.example\r\n\r\nYES"
    reads, writes = await asyncio.open_connection("127.0.0.1", port)
    for line in (b"LHLO x", b"MAIL FROM:<a@b.example>", f"RCPT TO:<{to}>".encode(), b"DATA"):
        writes.write(line + b"\r\n")
    writes.write(b"From: a@b.example\r\n\r\nYES" + end + second + b"\r\n.\r\nQUIT\r\n")
    answers = await reads.read()
    writes.close()
    await listener.stop()
    assert answers.count(b"354 ") == 1
    assert await IncomingReply.count() <= 1


async def test_what_is_hidden_takes_no_longer_than_what_is_not_there(hidden: Hidden) -> None:
    ours = reader().addresses
    shown, secret = ours.of(hidden.shown_invitation), ours.of(hidden.invitation)
    pairs = [
        ((shown, hidden.uid), (shown, str(uuid4()))),
        ((secret, hidden.uid), (ours.of(uuid4()), hidden.uid)),
        ((secret, str(uuid4())), (shown, hidden.shown_uid)),
        ((ours.of_message(hidden.message), hidden.uid), (ours.of_message(uuid4()), hidden.uid)),
    ]
    turns: Turns[tuple[str, str]] = Turns()
    for minutes, (to, uid) in enumerate([one for pair in pairs for one in pair] * ROUNDS):
        moment = CAST_NOW + timedelta(minutes=2 * minutes)  # no sender has too many taken
        await turns.take((to, uid), Intake(reader()).take(reply_email(to, uid), to, moment))
    assert [(known, other) for known, other in pairs if abs(turns.least(known) - turns.least(other)) > MOST_APART] == []
