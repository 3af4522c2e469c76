"""What calendar programs say of a task is read, and a file of anything else is none."""

import pytest

from tests.ical import client_replies
from tests.processor_time import within
from tracker.errors import Invalid
from tracker.ical.replies import LARGEST_TASK, read_task_reply
from tracker.rules.core.message_types import AnswerWord

UID, WHO = "5f2c@tracker.example", "caht_lead@caht.example"
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//K Desktop Environment//NONSGML KOrganizer 6.2//EN\r\n"


def reply(*lines: str, method: str = "REPLY", count: int = 1) -> bytes:
    """Return what RFC 5546 §4.5.3 shows of a program that updates a task."""
    task = ("BEGIN:VTODO", f"UID:{UID}", "DTSTAMP:20261216T020000Z", "SEQUENCE:0", *lines, "END:VTODO")
    return f"{HEAD}METHOD:{method}\r\n{chr(10).join(task * count)}\r\nEND:VCALENDAR\r\n".encode()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((f"ATTENDEE;PARTSTAT=COMPLETED:mailto:{WHO}",), AnswerWord.DONE),
        (("STATUS:COMPLETED", "PERCENT-COMPLETE:100", f"ATTENDEE:MAILTO:{WHO.upper()}"), AnswerWord.DONE),
        (("STATUS:IN-PROCESS", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{WHO}"), AnswerWord.IN_PROGRESS),
        (("STATUS:NEEDS-ACTION", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{WHO}"), None),
        (("STATUS:CANCELLED", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{WHO}"), None),
    ],
)
def test_a_reply_says_that_a_task_is_done_or_in_progress_or_nothing(
    lines: tuple[str, ...], expected: AnswerWord | None
) -> None:
    found = read_task_reply(reply(*lines, "COMMENT:Sent\\, by mail"))
    assert found
    assert (found.uid, found.attendee, found.word, found.comment) == (UID, WHO, expected, "Sent, by mail")


@pytest.mark.parametrize(
    "other",
    [
        client_replies.google(UID, WHO),
        reply("STATUS:COMPLETED", method="REQUEST"),
        reply("STATUS:COMPLETED", count=2),
        b"",
    ],
)
def test_a_file_of_anything_else_is_no_reply_about_a_task(other: bytes) -> None:
    assert read_task_reply(other) is None


def test_a_file_with_many_tasks_is_not_even_looked_through() -> None:
    content = reply("STATUS:COMPLETED", count=16_000)
    assert within(100, lambda: read_task_reply(content)) is None


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(Invalid):
        read_task_reply(reply("STATUS:COMPLETED").replace(b"END:VTODO", b"END:VEVENT"))


def test_a_file_that_is_too_large_for_one_task_is_none() -> None:
    assert (
        read_task_reply(reply("STATUS:COMPLETED").replace(b"UID:", b"COMMENT:" + b"x" * LARGEST_TASK + b"\r\nUID:"))
        is None
    )
