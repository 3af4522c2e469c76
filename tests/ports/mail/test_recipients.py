"""The reply address of an email in a mailbox is found in its headers, wherever a server or a program writes it."""

from uuid import UUID

import pytest

from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.imap import MOST_RECIPIENTS, reply_recipients
from tracker.ports.mail.received_emails import MOST_HEADERS

ADDRESSES = ReplyAddresses("reply@tracker.example", [b"k" * 32])
OURS, OTHER = ADDRESSES.of(UUID(int=7)), ADDRESSES.of(UUID(int=8))
BODY = "\r\n\r\nTo: reply+in-the-body@tracker.example\r\n"


def found(*headers: str) -> list[str]:
    return list(reply_recipients(("\r\n".join(headers) + BODY).encode(), ADDRESSES))


@pytest.mark.parametrize(
    "header",
    [
        f"To: {OURS}",
        f"To: Task Force Tracker <{OURS}>",
        f'To: "Coordinator, The" <coordinator@tracker.example>,\r\n Tracker\r\n <{OURS}>',
        f"Cc: {OURS.upper()}",
        f"Delivered-To: {OURS}\r\nTo: undisclosed-recipients:;",
        f"To: reply@tracker.example\r\nX-Original-To: {OURS}",
        f"Envelope-To: {OURS}\r\nDelivered-To: {OURS}\r\nTo: {OURS}",
    ],
)
def test_the_address_is_found_once(header: str) -> None:
    assert found("From: a@b.example", header) == [OURS]


def test_an_email_to_two_invitations_is_for_both() -> None:
    assert found(f"To: {OURS}, {OTHER}") == [OURS, OTHER]


@pytest.mark.parametrize(
    "header",
    [
        "To: reply@tracker.example",
        f"To: {OURS.replace('tracker.example', 'elsewhere.example')}",
        f"From: {OURS}",
        f"Reply-To: {OURS}",
        "To: \xff\x00<",
        f"To: {OURS}\r\n" + "X: y\r\n" * (MOST_HEADERS + 1),
    ],
)
def test_what_is_no_recipient_of_ours_is_not_found(header: str) -> None:
    assert found("Subject: hello", header) == []


def test_a_long_list_of_addresses_is_cut() -> None:
    many = (f"reply+{number}@tracker.example" for number in range(50))
    assert len(found("To: " + ", ".join(many))) == MOST_RECIPIENTS
