"""What mail servers say of an email that came back is read by their codes, and by their words where there are none.

The sentences are those of real mail servers, with other addresses: the replies of Gmail, Exchange Online, Outlook.com,
and Postfix as people published them; the texts of qmail, Exim, and Yahoo from the samples that flufl.bounce tests with.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tracker.rules.intake import received_emails
from tracker.rules.intake.received_emails import (
    Cause,
    DeliveryReport,
    Fate,
    bounce_of_refusal,
    bounce_of_reports,
    bounce_of_text,
)

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FAILED, DELAYED, UNCLEAR = Fate.FAILED, Fate.DELAYED, Fate.UNCLEAR
QMAIL = """Hi. This is the qmail-send program at mail.kcpd.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<detective@kcpd.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
Subject: Moved: Steering Committee
"""
EXIM = """This message was created automatically by mail delivery software.
A message that you sent could not be delivered to all of its recipients. The
following address(es) failed:

  detective@kcpd.example:
    SMTP error from remote mailer after RCPT TO:<detective@kcpd.example>:
    host mx.kcpd.example [192.0.2.63]: 553 5.1.1 unknown or illegal user: detective@kcpd.example
"""
EXIM_WARNS = """This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.kcpd.example.
"""
YAHOO = """Message from yahoo.example.
Unable to deliver message to the following address(es).

<detective@kcpd.example>:
user is over quota"""


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "expected"),
    [
        ("failed", "5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does", Cause.NO_ADDRESS),
        ("failed", "5.1.1", 'X-Postfix; unknown user: "detective"', Cause.NO_ADDRESS),
        ("failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Cause.NO_ADDRESS),
        ("failed", "5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied.", Cause.NO_ADDRESS),
        ("Failed", "5.2.2", "smtp;550 5.2.2 <a@b.example>... Mailbox Full", Cause.MAILBOX_FULL),
        ("failed", "5.2.1", "smtp; 550 5.2.1 The email account is disabled.", Cause.MAILBOX_OFF),
        ("failed", "4.4.1", "X-Postfix; connect to mx.kcpd.example:25: Connection timed out", Cause.UNREACHABLE),
        ("failed", "5.4.4", "X-Postfix; Host or domain name not found. Name service error", Cause.UNREACHABLE),
        ("failed", "5.7.26", "smtp; 550-5.7.26 Unauthenticated email is not accepted", Cause.REFUSED),
        ("failed", "5.0.0", "smtp; 550-5.7.1 [192.0.2.1 12] Our system has detected that", Cause.REFUSED),
        ("failed", "5.1.8", "smtp; 550 5.1.8 Sender address rejected: Domain not found", Cause.REFUSED),
        ("failed", "5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit", Cause.CONTENT),
        ("failed (Bad destination mailbox address)", "5.1.1", "", Cause.NO_ADDRESS),
        ("failed", "5.0.0", "", Cause.UNKNOWN),
    ],
)
def test_a_report_says_why_the_email_came_back(action: str, status: str, diagnostic: str, expected: Cause) -> None:
    found = bounce_of_reports([DeliveryReport(action=action, status=status, diagnostic=diagnostic)])
    assert (found.fate, found.cause) == (FAILED, expected)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["delayed"], DELAYED),
        (["delivered"], UNCLEAR),
        (["relayed", "failed"], FAILED),
        (["expanded", "delayed"], DELAYED),
        (["", "unheard of"], UNCLEAR),
        ([], UNCLEAR),
    ],
)
def test_only_a_failed_recipient_makes_it_a_failure(actions: list[str], expected: Fate) -> None:
    assert (
        bounce_of_reports([DeliveryReport(action=one, status="5.1.1", diagnostic="") for one in actions]).fate
        is expected
    )


@pytest.mark.parametrize(
    ("text", "fate", "cause", "status", "words"),
    [
        (QMAIL, FAILED, Cause.NO_ADDRESS, "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)"),
        (EXIM, FAILED, Cause.NO_ADDRESS, "5.1.1", "host mx.kcpd.example [192.0.2.63]: 553 5.1.1 unknown or illegal"),
        (EXIM_WARNS, DELAYED, Cause.UNKNOWN, "", ""),
        (YAHOO, FAILED, Cause.MAILBOX_FULL, "", ""),
        ("I am out of the office until Monday. Call 555-0100.", UNCLEAR, Cause.UNKNOWN, "", ""),
        ("", UNCLEAR, Cause.UNKNOWN, "", ""),
    ],
    ids=["qmail", "exim", "exim_warns", "yahoo", "away", "empty"],
)
def test_a_text_says_it_in_words(text: str, fate: Fate, cause: Cause, status: str, words: str) -> None:
    found = bounce_of_text(text)
    assert (found.fate, found.cause, found.status) == (fate, cause, status)
    assert found.words.startswith(words) if words else not found.words


@pytest.mark.parametrize("text", [QMAIL, EXIM, YAHOO])
def test_nothing_of_the_email_itself_is_kept(text: str) -> None:
    assert "Steering" not in bounce_of_text(text + "\n\nSubject: Steering Committee\n\nAgenda: 5.1.1\n").words


@pytest.mark.parametrize(
    ("said", "at_recipient", "expected"),
    [
        ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", True, Cause.NO_ADDRESS),
        ("550 Requested action not taken: mailbox unavailable", True, Cause.NO_ADDRESS),
        ("550 No.", True, Cause.NO_ADDRESS),
        ("554 5.7.1 <a@b.example>: Relay access denied", True, Cause.REFUSED),
        ("554 Relay access denied", True, Cause.REFUSED),
        ("552 5.2.2 Over quota", True, Cause.MAILBOX_FULL),
        ("554 No.", False, Cause.CONTENT),
        ("550 5.1.1 User unknown", False, Cause.NO_ADDRESS),
    ],
)
def test_a_refused_recipient_is_a_failure_of_the_address_unless_the_reply_says_more(
    said: str, at_recipient: bool, expected: Cause
) -> None:
    assert bounce_of_refusal(said, at_recipient=at_recipient).cause is expected


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        (bounce_of_refusal("550 5.1.1 User unknown", at_recipient=True), True),
        (bounce_of_refusal("550 No such user", at_recipient=True), True),
        (bounce_of_refusal("554 5.7.1 Relay access denied", at_recipient=True), False),
        (bounce_of_refusal("554 5.6.0 Message refused", at_recipient=False), False),
        (bounce_of_reports([DeliveryReport(action="failed", status="4.4.1", diagnostic="smtp; timed out")]), False),
        (bounce_of_reports([DeliveryReport(action="delayed", status="4.4.1", diagnostic="smtp; timed out")]), False),
        (received_emails.UNCLEAR, False),
    ],
)
def test_only_a_permanent_failure_of_the_address_counts(said: received_emails.Bounce, counts: bool) -> None:
    assert said.counts is counts


def failures(*days: int, of: UUID | None = None) -> list[tuple[UUID, datetime]]:
    return [(of or uuid4(), NOW - timedelta(days=days_ago)) for days_ago in days]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (failures(1, 2), False),
        (failures(0, 1, 89), True),
        (failures(0, 1, 90), False),
        (failures(1, 2, 3, of=uuid4()), False),
    ],
    ids=["two", "three", "one_long_ago", "one_email_thrice"],
)
def test_sending_pauses_after_three_emails_within_90_days(known: list[tuple[UUID, datetime]], expected: bool) -> None:
    assert received_emails.must_pause(known, NOW) is expected
