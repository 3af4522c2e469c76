"""What strangers hear of the way in for emails: the same words, and after the same work, whatever they name."""

import asyncio
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from uuid import UUID, uuid4

import pytest
from anyio import to_thread
from msgspec import Struct

from tests.cast import NOW, Cast, meeting, operation
from tests.ical import client_replies
from tests.ports.mail import bounced
from tests.ports.mail.mailboxes import ADDRESS, reader
from tests.processor_time import Turns
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.received_emails import Intake, Listener
from tracker.tables.background.events.invitees import invitations_by_member
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.intake import IncomingReply
from tracker.usecases.events import scheduling

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
    shown = await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead), NOW)
    secret = await scheduling.schedule_event(cast.fbi_lead, operation(cast.hsi_liaison), NOW)
    [message] = await Message.select(Message.id).where(Message.event == secret)
    return Hidden(
        shown_invitation=(await invitations_by_member(shown))[cast.fbi_lead.member_id].id,
        shown_uid=(await scheduling.event_seen_by(cast.fbi_lead, shown)).uid,
        invitation=(await invitations_by_member(secret))[cast.hsi_liaison.member_id].id,
        uid=(await scheduling.event_seen_by(cast.hsi_liaison, secret)).uid,
        message=message["id"],
    )


def reply(to: str, uid: str, sender: str = STRANGER) -> bytes:
    """Return a reply to the event with this UID; each time another email."""
    mail = EmailMessage(policy=SMTP)
    mail["Authentication-Results"] = f"mx.tracker.example; dmarc=pass header.from={STRANGER.partition('@')[2]}"
    mail["From"], mail["To"], mail["Message-ID"] = sender, to, f"<{next(NUMBERS)}@elsewhere.example>"
    mail.set_content("YES")
    calendar = client_replies.google(uid, sender)
    mail.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()


def addresses(of: Hidden) -> Iterator[str]:
    """Yield addresses that lead somewhere, and such as no one has."""
    ours = ReplyAddresses(ADDRESS, [b"n" * 32])  # of another site
    for made in (reader().addresses, ours):
        for one in (of.shown_invitation, of.invitation, uuid4()):
            yield made.of(one)
        for one in (of.message, uuid4()):
            yield made.of_message(one)
            yield made.of_bounced(one)
    yield from (ADDRESS, f"reply+{'a' * 52}@tracker.example", "reply+x@tracker.example", ADDRESS.upper())


def heard(port: int, to: str, content: bytes) -> tuple[Answer, Answer, Answer]:
    """Return what the way in says to an email, word for word."""
    with smtplib.LMTP("127.0.0.1", port, local_hostname="elsewhere.example") as client:
        client.ehlo()
        return client.mail(STRANGER), client.rcpt(to), client.data(content)


async def test_every_email_to_every_address_of_the_mailbox_hears_the_same_words(hidden: Hidden) -> None:
    listener = Listener(reader(), lambda: NOW)
    port = await listener.start("127.0.0.1", 0)
    answers = set()
    for to in addresses(hidden):
        guesses = [(uid, sender) for uid in (hidden.uid, str(uuid4())) for sender in (STRANGER, "hsi@hsi.example")]
        theirs = [reply(to, *one) for one in guesses]
        for content in (*theirs, b"\r\n", b"YES\r\n", bounced.postfix()):
            answers.add(await to_thread.run_sync(heard, port, to, content))
    await listener.stop()
    assert answers == {((250, b"OK"), (250, b"2.1.5 OK"), (250, b"2.0.0 Taken"))}


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n"])
async def test_an_email_inside_an_email_stays_inside(hidden: Hidden, end: bytes) -> None:
    listener = Listener(reader(), lambda: NOW)
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
        moment = NOW + timedelta(minutes=2 * minutes)  # no sender has too many taken
        await turns.take((to, uid), Intake(reader()).take(reply(to, uid), to, moment))
    assert [(one, other) for one, other in pairs if abs(turns.least(one) - turns.least(other)) > MOST_APART] == []
