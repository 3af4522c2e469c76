"""The emails that the demo builds as people's programs do are read as replies, whichever program it is."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.cast import ZONE
from tests.ical.client_replies import CLIENTS
from tracker.crypto.signed_links import ReplyAddresses
from tracker.ports.mail.client_emails import PROGRAMS, ReplyEnvelope, email_in_words
from tracker.ports.mail.received_emails import EmailParser
from tracker.rules.events.replies import ReplyValue

NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
WHO, UID = "liaison@kcpd.example", "9a0c@tracker.example"
READER = EmailParser(
    addresses=ReplyAddresses("reply@tracker.example", [b"k" * 32]), authserv_id="mx.tracker.example", zone=ZONE
)
TO = READER.addresses.of(UUID(int=1))
ENVELOPE = ReplyEnvelope(sender=WHO, to=TO, subject="Declined: A\nB", sent_at=NOW, authserv_id="mx.tracker.example")


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_s_email_is_one_reply_of_its_confirmed_sender(program: str) -> None:
    calendar = CLIENTS[program](UID, WHO, "DECLINED", note="In court, until ten")
    found = READER.read(PROGRAMS[program](ENVELOPE, "Declined", calendar), TO, NOW)
    assert (found.sender.address, found.sender.is_verified, found.is_automatic) == (WHO, True, False)
    assert [(one.value, one.comment) for one in found.replies] == [(ReplyValue.DECLINED, "In court, until ten")]


def test_what_a_person_writes_is_above_the_email_that_they_got() -> None:
    found = READER.read(email_in_words(ENVELOPE, "DONE", "Reply with\nDONE"), TO, NOW)
    assert found.text.splitlines() == ["DONE", "", "On Dec 15, 2026, Task Force wrote:", "> Reply with", "> DONE"]
