"""A bounce is read as one of its message, in each form that mail servers write, and nothing else counts as one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.ports.mail import bounced
from tests.processor_time import within
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.received_emails import LARGEST_EMAIL, EmailParser
from tracker.rules.intake.bounces import Cause, Fate
from tracker.rules.intake.received_emails import ReceivedEmail

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
MESSAGE = UUID("9a0c2f50-6a1c-4a71-8f0e-0e5f8d3c2b1a")
ADDRESSES = ReplyAddresses("reply@tracker.example", [b"k" * 32])
READER = EmailParser(addresses=ADDRESSES, authserv_id="mx.tracker.example", zone="America/Chicago")
TO = ADDRESSES.of_bounced(MESSAGE)


def read(content: bytes, to: str = TO) -> ReceivedEmail:
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
    found = read(content)
    assert (found.bounced_id, found.message_id, found.invitation_id) == (MESSAGE, None, None)
    assert (found.bounce.fate, found.bounce.cause, found.bounce.status) == (Fate.FAILED, Cause.NO_ADDRESS, status)
    assert found.bounce.words.startswith(words)


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
    assert read(content).bounce.fate is expected


@pytest.mark.parametrize(
    "to", [ADDRESSES.of_message(MESSAGE), "reply@tracker.example", f"reply+{'a' * 52}@tracker.example", f"x{TO}"]
)
def test_a_bounce_to_another_address_is_of_no_message(to: str) -> None:
    found = read(bounced.postfix(), to)
    assert (found.bounced_id, found.bounce.fate) == (None, Fate.UNCLEAR)


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
    assert len(within(500, lambda: read(content)).bounce.words) <= 150
