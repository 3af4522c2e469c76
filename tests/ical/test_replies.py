"""Replies of calendar programs are read alike, however each of them writes them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.ical import client_replies
from tests.ical.client_replies import (
    ATTENDEE,
    CLIENTS,
    EVENT_UID,
    TASK_UID,
    folded_reply,
    nested_reply,
    reply_with_alarms,
    reply_with_zones,
    task_reply,
)
from tests.processor_time import within
from tracker.errors import Invalid, TrackerError
from tracker.ical.itip import LARGEST, LARGEST_TASK, read_reply_email, read_task_reply
from tracker.rules.core.message_types import AnswerWord
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.calendar_replies import CalendarReply

ZONE = "America/Chicago"
MAY_11 = datetime(2027, 5, 11, 15, tzinfo=UTC)
"""10:00 AM in Kansas City."""


@pytest.mark.parametrize("client", CLIENTS)
def test_each_program_s_yes_is_read(client: str) -> None:
    [reply_email] = read_reply_email(CLIENTS[client](EVENT_UID, ATTENDEE), ZONE)
    assert (reply_email.uid, reply_email.attendee, reply_email.value, reply_email.date) == (
        EVENT_UID,
        ATTENDEE,
        ReplyValue.ACCEPTED,
        None,
    )
    assert (reply_email.sequence, reply_email.stamped_at) == (0, datetime(2026, 12, 1, 16, 4, tzinfo=UTC))


@pytest.mark.parametrize("client", CLIENTS)
def test_each_program_s_one_date_is_the_same_moment(client: str) -> None:
    [reply_email] = read_reply_email(CLIENTS[client](EVENT_UID, ATTENDEE, "DECLINED", date="20270511T100000"), ZONE)
    assert reply_email.date is not None
    assert (reply_email.date.moment, reply_email.value) == (MAY_11, ReplyValue.DECLINED)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_program_s_note_is_read_without_its_escapes(client: str) -> None:
    assert (
        read_reply_email(CLIENTS[client](EVENT_UID, ATTENDEE, note="Kids & court, too; works"), ZONE)[0].comment
        == "Kids & court, too; works"
    )


def test_a_long_note_is_cut() -> None:
    assert (
        len(read_reply_email(client_replies.outlook(EVENT_UID, ATTENDEE, note="x" * 5_000), ZONE)[0].comment)
        == LONGEST_COMMENT
    )


def test_a_proposal_names_its_times_and_outlook_s_also_those_that_it_replaces() -> None:
    [reply_email] = read_reply_email(client_replies.proposal(EVENT_UID, ATTENDEE), ZONE)
    assert reply_email.proposal
    named = (reply_email.proposal.starts, reply_email.proposal.ends, *(reply_email.proposal.was or ()))
    assert [one.at(ZONE).hour for one in named if one] == [19, 20, 16, 17]
    assert (reply_email.attendee, reply_email.value) == (ATTENDEE, ReplyValue.TENTATIVE)


def test_a_proposal_of_google_has_the_earlier_reply_and_a_note_in_a_parameter() -> None:
    file = client_replies.google_proposal(EVENT_UID, ATTENDEE, said="ACCEPTED", note="I’ve a cold")
    assert rb"RESPONSE-COMMENT" in file
    assert b"CREATED" not in file
    [reply_email] = read_reply_email(file.replace("I’ve".encode(), rb"I&rsquo\;ve"), ZONE)
    assert (reply_email.value, reply_email.comment) == (ReplyValue.ACCEPTED, "I’ve a cold")
    assert reply_email.proposal
    assert reply_email.proposal.starts.at(ZONE).hour == 19


def test_a_proposal_that_names_several_people_is_that_of_its_sender() -> None:
    file = client_replies.proposal(EVENT_UID, ATTENDEE)
    both = file.replace(b"UID:", b"ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:other@kcpd.example\r\nUID:")
    assert [
        (attendee_line.attendee, attendee_line.value) for attendee_line in read_reply_email(both, ZONE, ATTENDEE)
    ] == [(ATTENDEE, ReplyValue.TENTATIVE)]
    assert [one.attendee for one in read_reply_email(both, ZONE, "someone@elsewhere.example")] == [""]


def test_a_proposal_without_a_time_is_refused() -> None:
    file = client_replies.proposal(EVENT_UID, ATTENDEE).replace(b"DTSTART;", b"X-DTSTART;")
    with pytest.raises(Invalid):
        read_reply_email(file, ZONE)


def test_a_whole_day_is_named_by_its_date() -> None:
    file = client_replies.apple(EVENT_UID, ATTENDEE, date="20270511T100000")
    day = file.replace(b"RECURRENCE-ID;TZID=America/Chicago:20270511T100000", b"RECURRENCE-ID;VALUE=DATE:20270511")
    [reply_email] = read_reply_email(day, ZONE)
    assert reply_email.date is not None
    assert (reply_email.date.is_day, reply_email.date.local.day) == (True, 11)


def test_two_events_in_one_file_are_two_replies() -> None:
    content = client_replies.google(EVENT_UID, ATTENDEE)
    body = content[content.index(b"BEGIN:VEVENT") : content.index(b"END:VCALENDAR")]
    second = body.replace(b"PARTSTAT=ACCEPTED", b"PARTSTAT=DECLINED")
    both = content.replace(b"END:VCALENDAR", second + b"END:VCALENDAR")
    assert [found.value for found in read_reply_email(both, ZONE)] == [ReplyValue.ACCEPTED, ReplyValue.DECLINED]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"METHOD:REPLY", b"METHOD:REQUEST"),
        (b"METHOD:REPLY", b"METHOD:CANCEL"),
        (b"METHOD:REPLY\r\n", b""),
        (b"DTSTAMP:20261201T160400Z", b"DTSTAMP:yesterday"),
        (b"END:VEVENT\r\n", b""),
        (b"BEGIN:VCALENDAR", b"Dear all,"),
    ],
)
def test_anything_else_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(Invalid):
        read_reply_email(client_replies.google(EVENT_UID, ATTENDEE).replace(old, new), ZONE)


@pytest.mark.parametrize(
    ("old", "new"), [(b"PARTSTAT=ACCEPTED", b"PARTSTAT=NEEDS-ACTION"), (b"PARTSTAT=ACCEPTED;", b"")]
)
def test_what_is_no_reply_has_no_value(old: bytes, new: bytes) -> None:
    assert read_reply_email(client_replies.google(EVENT_UID, ATTENDEE).replace(old, new), ZONE)[0].value is None


@pytest.mark.parametrize(
    ("person", "delegate"),
    [
        (b'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:Other@kcpd.example"', "other@kcpd.example"),
        (b'DELEGATED-TO="MAILTO:other@kcpd.example";PARTSTAT=DELEGATED', "other@kcpd.example"),
        (b'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:other@kcpd.example","mailto:third@kcpd.example"', ""),
        (b"PARTSTAT=DELEGATED", ""),
        (b'PARTSTAT=DECLINED;DELEGATED-TO="mailto:other@kcpd.example"', None),
    ],
)
def test_to_delegate_is_to_decline_and_to_send_one_person(person: bytes, delegate: str | None) -> None:
    [reply_email] = read_reply_email(
        client_replies.google(EVENT_UID, ATTENDEE).replace(b"PARTSTAT=ACCEPTED", person), ZONE
    )
    assert (reply_email.attendee, reply_email.value, reply_email.delegate) == (ATTENDEE, ReplyValue.DECLINED, delegate)


def test_a_program_may_name_the_person_who_is_sent_too() -> None:
    file = client_replies.google(EVENT_UID, ATTENDEE).replace(
        b"PARTSTAT=ACCEPTED", b'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:other@kcpd.example"'
    )
    both = file.replace(b"CREATED:", b"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:other@kcpd.example\r\nCREATED:")
    assert [(one.attendee, one.delegate) for one in read_reply_email(both, ZONE)] == [(ATTENDEE, "other@kcpd.example")]


def test_a_second_attendee_is_no_one_s_reply() -> None:
    file = client_replies.google(EVENT_UID, ATTENDEE)
    twice = file.replace(b"CREATED:", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:other@kcpd.example\r\nCREATED:")
    assert [(one.attendee, one.value) for one in read_reply_email(twice, ZONE)] == [("", None)]


@pytest.mark.parametrize("number", ["-1", "1e9", "\uff19", "99999999999999999999", "one"])
def test_an_odd_sequence_is_left_out(number: str) -> None:
    file = client_replies.google(EVENT_UID, ATTENDEE).replace(b"SEQUENCE:0", f"SEQUENCE:{number}".encode())
    assert read_reply_email(file, ZONE)[0].sequence is None


def _many_attendees() -> bytes:
    attendee_line = b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example\r\n"
    return client_replies.google(EVENT_UID, ATTENDEE).replace(b"CREATED:", attendee_line * 19_000 + b"CREATED:")


def _too_many() -> bytes:
    event = b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n"
    return b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + event * 11 + b"END:VCALENDAR\r\n"


def _parameters() -> bytes:
    return client_replies.google(EVENT_UID, ATTENDEE).replace(b"ATTENDEE;", b"ATTENDEE;" + b"X=1;" * 230_000)


def _parameters_of_a_note() -> bytes:
    return client_replies.google(EVENT_UID, ATTENDEE).replace(
        b"CREATED:", b"COMMENT" + b";X=1" * 230_000 + b":Hi\r\nCREATED:"
    )


def _parameters_of_a_zone() -> bytes:
    return client_replies.apple(EVENT_UID, ATTENDEE).replace(b"TZID:", b"TZID" + b";X=1" * 230_000 + b":", 1)


def _entities() -> bytes:
    return client_replies.google(EVENT_UID, ATTENDEE, note="x").replace(b'COMMENT="', b'COMMENT="' + b"&amp" * 230_000)


BOMBS = [
    nested_reply,
    folded_reply,
    _many_attendees,
    _too_many,
    _parameters,
    _parameters_of_a_note,
    _parameters_of_a_zone,
    _entities,
    reply_with_zones,
    reply_with_alarms,
    lambda: b"x" * (LARGEST + 1),
]
"""What a program never writes; a long note, and many alarms, leave a reply that can still be read."""


def read_if_possible(content: bytes) -> list[CalendarReply]:
    """Return the replies in a file; none of one that is refused."""
    try:
        return read_reply_email(content, ZONE)
    except TrackerError:
        return []


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_takes_little_time(bomb: Callable[[], bytes]) -> None:
    content = bomb()
    replies = within(500, lambda: read_if_possible(content))
    assert all(one.value is None for one in replies) or bomb in (_entities, reply_with_alarms)


TASK_REPLIES_WHO = "caht_lead@caht.example"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((f"ATTENDEE;PARTSTAT=COMPLETED:mailto:{TASK_REPLIES_WHO}",), AnswerWord.DONE),
        (("STATUS:COMPLETED", "PERCENT-COMPLETE:100", f"ATTENDEE:MAILTO:{TASK_REPLIES_WHO.upper()}"), AnswerWord.DONE),
        (("STATUS:IN-PROCESS", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{TASK_REPLIES_WHO}"), AnswerWord.IN_PROGRESS),
        (("STATUS:NEEDS-ACTION", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{TASK_REPLIES_WHO}"), None),
        (("STATUS:CANCELLED", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{TASK_REPLIES_WHO}"), None),
    ],
)
def test_a_reply_says_that_a_task_is_done_or_in_progress_or_nothing(
    lines: tuple[str, ...], expected: AnswerWord | None
) -> None:
    task_reply_found = read_task_reply(task_reply(*lines, "COMMENT:Sent\\, by mail"))
    assert task_reply_found
    assert (task_reply_found.uid, task_reply_found.attendee, task_reply_found.word, task_reply_found.comment) == (
        TASK_UID,
        TASK_REPLIES_WHO,
        expected,
        "Sent, by mail",
    )


@pytest.mark.parametrize(
    "other",
    [
        client_replies.google(TASK_UID, TASK_REPLIES_WHO),
        task_reply("STATUS:COMPLETED", method="REQUEST"),
        task_reply("STATUS:COMPLETED", count=2),
        b"",
    ],
)
def test_a_file_of_anything_else_is_no_reply_about_a_task(other: bytes) -> None:
    assert read_task_reply(other) is None


def test_a_file_with_many_tasks_is_not_even_looked_through() -> None:
    content = task_reply("STATUS:COMPLETED", count=16_000)
    assert within(100, lambda: read_task_reply(content)) is None


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(Invalid):
        read_task_reply(task_reply("STATUS:COMPLETED").replace(b"END:VTODO", b"END:VEVENT"))


def test_a_file_that_is_too_large_for_one_task_is_none() -> None:
    assert (
        read_task_reply(
            task_reply("STATUS:COMPLETED").replace(b"UID:", b"COMMENT:" + b"x" * LARGEST_TASK + b"\r\nUID:")
        )
        is None
    )
