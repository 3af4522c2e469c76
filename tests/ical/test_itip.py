"""Messages of iTIP about events, and action items as tasks."""

# A local time is naive: its zone is beside it.

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import ical.calendar_stream
import icalendar
import pytest
from msgspec.structs import replace

from tests.ical.making import DATES_OF_SERIES, ITEM_CREATED_AT, MOU_ITEM, NOW, ORGANIZER, WEEKLY_SERIES, dates_of, event
from tracker.errors import Invalid
from tracker.ical.itip import Attendee, cancel_message, decline_counter, request_message, take_out, vtodo_calendar
from tracker.rules.actions import ActionItem, ItemStatus
from tracker.rules.core.message_types import EmailedEntry
from tracker.rules.core.viewers import Visibility
from tracker.rules.emails.emails import DeclinedProposal
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import AttendeeRole, ReplyValue

READER = Attendee(
    name="KCPD detective", email="detective@kcpd.example", reply=ReplyValue.NEEDS_ACTION, role=AttendeeRole.REQUIRED
)


def read_message(message: bytes) -> tuple[str, list[icalendar.Event]]:
    calendar = icalendar.Calendar.from_ical(message)
    return str(calendar["METHOD"]), calendar.walk("VEVENT")


def move_by_three_hours(occurrence: Occurrence) -> Occurrence:
    by = timedelta(hours=3)
    return replace(
        occurrence,
        is_changed=True,
        sequence=4,
        changed_at=NOW + by,
        starts_at=occurrence.starts_at + by,
        ends_at=occurrence.ends_at + by,
    )


def test_an_invitation_asks_for_no_reply_by_calendar_and_names_its_one_reader_alone() -> None:
    method, [shown] = read_message(request_message(event(), dates_of(event()), READER, ORGANIZER))
    assert method == "REQUEST"
    assert str(shown["ATTENDEE"]) == "mailto:detective@kcpd.example"
    assert dict(shown["ATTENDEE"].params) == {
        "CN": "KCPD detective",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "FALSE",
    }
    assert str(shown["ORGANIZER"]) == "mailto:calendar@tracker.example"


@pytest.mark.parametrize(
    ("reply", "role", "words"),
    [
        (ReplyValue.ACCEPTED, AttendeeRole.CHAIR, ("ACCEPTED", "CHAIR")),
        (ReplyValue.DECLINED, AttendeeRole.OPTIONAL, ("DECLINED", "OPT-PARTICIPANT")),
        (ReplyValue.TENTATIVE, AttendeeRole.REQUIRED, ("TENTATIVE", "REQ-PARTICIPANT")),
    ],
)
def test_reply_and_role_are_in_the_words_of_icalendar(
    reply: ReplyValue, role: AttendeeRole, words: tuple[str, str]
) -> None:
    _, [shown] = read_message(
        request_message(event(), dates_of(event()), replace(READER, reply=reply, role=role), ORGANIZER)
    )
    assert (shown["ATTENDEE"].params["PARTSTAT"], shown["ATTENDEE"].params["ROLE"]) == words


def test_a_whole_series_comes_with_its_overrides_and_without_its_canceled_dates() -> None:
    dates = [
        DATES_OF_SERIES[0],
        move_by_three_hours(DATES_OF_SERIES[1]),
        replace(DATES_OF_SERIES[2], is_canceled=True),
        DATES_OF_SERIES[3],
    ]
    message = request_message(WEEKLY_SERIES, dates, READER, ORGANIZER)
    _, events = read_message(message)
    assert [one.get("RECURRENCE-ID") is None for one in events] == [True, False]
    assert b"EXDATE;TZID=America/Chicago:20261224T140000\r\n" in message
    assert b"Canceled: " not in message
    assert message.count(b"BEGIN:VTIMEZONE") == 1


def test_each_date_of_a_series_has_the_reply_that_was_given_for_it() -> None:
    given = {
        DATES_OF_SERIES[1].original_start: ReplyValue.ACCEPTED,
        DATES_OF_SERIES[2].original_start: ReplyValue.DECLINED,
    }
    reader = replace(READER, replies={**given, DATES_OF_SERIES[3].original_start: ReplyValue.NEEDS_ACTION})
    _, events = read_message(
        request_message(
            WEEKLY_SERIES,
            [DATES_OF_SERIES[0], move_by_three_hours(DATES_OF_SERIES[1]), *DATES_OF_SERIES[2:]],
            reader,
            ORGANIZER,
        )
    )
    days = [one["RECURRENCE-ID"].dt.day if "RECURRENCE-ID" in one else 0 for one in events]
    replies = [one["ATTENDEE"].params["PARTSTAT"] for one in events]
    assert dict(zip(days, replies, strict=True)) == {0: "NEEDS-ACTION", 17: "ACCEPTED", 24: "DECLINED"}


def test_one_date_comes_alone_with_the_higher_sequence() -> None:
    _, [shown] = read_message(
        request_message(WEEKLY_SERIES, DATES_OF_SERIES, READER, ORGANIZER, only=move_by_three_hours(DATES_OF_SERIES[1]))
    )
    assert (shown["SEQUENCE"], shown["RECURRENCE-ID"].dt.hour, shown["DTSTART"].dt.hour) == (4, 14, 17)
    assert "RRULE" not in shown


def test_the_one_date_of_a_single_event_has_no_recurrence_id() -> None:
    single = event()
    [this_date] = dates_of(single)
    assert request_message(single, [this_date], READER, ORGANIZER, only=this_date) == request_message(
        single, [this_date], READER, ORGANIZER
    )
    assert b"RECURRENCE-ID" not in cancel_message(single, [this_date], READER, ORGANIZER, only=this_date)


def test_a_cancellation_of_the_series_is_one_event_with_no_lower_sequence() -> None:
    method, [shown] = read_message(
        cancel_message(WEEKLY_SERIES, [DATES_OF_SERIES[0], move_by_three_hours(DATES_OF_SERIES[1])], READER, ORGANIZER)
    )
    assert (method, str(shown["STATUS"]), shown["SEQUENCE"]) == ("CANCEL", "CANCELLED", 4)
    assert "RSVP" not in shown["ATTENDEE"].params


def test_a_cancellation_of_one_date_names_it() -> None:
    _, [shown] = read_message(
        cancel_message(WEEKLY_SERIES, DATES_OF_SERIES, READER, ORGANIZER, only=DATES_OF_SERIES[2])
    )
    assert (str(shown["STATUS"]), str(shown["SUMMARY"])) == ("CANCELLED", "Core group")
    assert shown["RECURRENCE-ID"].dt.day == 24


def test_a_named_event_tells_its_time_and_nothing_else() -> None:
    secret = event(visibility=Visibility.NAMED, title="Canary", place="Canary", description="Canary", lead="Canary")
    for make in (request_message, cancel_message):
        message = make(secret, dates_of(secret), READER, ORGANIZER)
        assert b"Canary" not in message
        assert b"SUMMARY:Task force event\r\n" in message


def test_the_same_message_is_the_same_bytes_each_time() -> None:
    assert request_message(WEEKLY_SERIES, DATES_OF_SERIES, READER, ORGANIZER) == request_message(
        WEEKLY_SERIES, DATES_OF_SERIES, READER, ORGANIZER
    )


def test_an_event_without_a_date_left_is_not_sent() -> None:
    with pytest.raises(ValueError, match="read back"):
        request_message(WEEKLY_SERIES, [replace(one, is_canceled=True) for one in DATES_OF_SERIES], READER, ORGANIZER)


@pytest.mark.parametrize("facts", [{"name": "A\rX-EVIL:1"}, {"email": "a@b\r\nX-EVIL:1"}])
def test_a_reader_whose_name_or_address_could_start_a_line_gets_no_message(facts: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        request_message(event(), dates_of(event()), replace(READER, **facts), ORGANIZER)


def test_an_entry_that_is_taken_out_is_named_and_nothing_is_said_of_it() -> None:
    entry = EmailedEntry(uid="1b4e28ba@tracker.example", sequence=3, at=NOW)
    method, [shown] = read_message(take_out(entry, READER, ORGANIZER))
    assert method == "CANCEL"
    assert sorted(shown) == ["ATTENDEE", "DTSTAMP", "ORGANIZER", "SEQUENCE", "STATUS", "UID"]
    assert (str(shown["UID"]), shown["SEQUENCE"], str(shown["STATUS"])) == (entry.uid, 3, "CANCELLED")


def test_a_declined_proposal_is_named_by_its_date_and_sequence_and_says_nothing_of_the_event() -> None:
    proposal = DeclinedProposal(date=DATES_OF_SERIES[1], sequence=2, at=NOW, comment="Room, taken")
    method, [shown] = read_message(decline_counter(proposal, READER, ORGANIZER))
    assert (method, shown["RECURRENCE-ID"].dt.isoformat()) == ("DECLINECOUNTER", "2026-12-17T14:00:00-06:00")
    assert (str(shown["UID"]), shown["SEQUENCE"], str(shown["COMMENT"])) == (WEEKLY_SERIES.uid, 2, "Room, taken")
    assert not {"SUMMARY", "DTSTART", "LOCATION", "STATUS"} & set(shown)
    alone = event()
    uncommented = replace(proposal, date=dates_of(alone)[0], comment="")
    _, [shown] = read_message(decline_counter(uncommented, READER, ORGANIZER))
    assert not {"RECURRENCE-ID", "COMMENT"} & set(shown)


def test_who_sends_someone_and_who_comes_in_their_place_name_each_other() -> None:
    sends = replace(READER, reply=ReplyValue.DECLINED, sends="alternate@kcpd.example")
    _, [shown] = read_message(request_message(event(), dates_of(event()), sends, ORGANIZER))
    assert shown["ATTENDEE"].params["PARTSTAT"] == "DELEGATED"
    assert shown["ATTENDEE"].params["DELEGATED-TO"] == "mailto:alternate@kcpd.example"
    sent = replace(READER, reply=ReplyValue.ACCEPTED, sent_by="primary@kcpd.example")
    _, [shown] = read_message(request_message(event(), dates_of(event()), sent, ORGANIZER))
    assert shown["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert shown["ATTENDEE"].params["DELEGATED-FROM"] == "mailto:primary@kcpd.example"


ZONE = "America/Chicago"


def read_task(item: ActionItem, *, is_withdrawn: bool = False) -> Any:
    [component] = icalendar.Calendar.from_ical(vtodo_calendar(item, ORGANIZER, ZONE, is_withdrawn=is_withdrawn)).walk(
        "VTODO"
    )
    return component


def test_a_task_has_what_a_publication_must_have_and_names_no_one_else() -> None:
    assert vtodo_calendar(MOU_ITEM, ORGANIZER, ZONE).decode() == (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Task Force Tracker//Calendar//EN\r\nMETHOD:PUBLISH\r\n"
        "BEGIN:VTODO\r\nUID:5f2c@tracker.example\r\nDTSTAMP:20261216T020000Z\r\nLAST-MODIFIED:20261216T020000Z\r\n"
        "SEQUENCE:0\r\nSUMMARY:Renew the MOU\\; send it\\, signed\r\n"
        "DTSTART;VALUE=DATE:20261215\r\nDUE;VALUE=DATE:20261222\r\nPRIORITY:0\r\n"
        "STATUS:NEEDS-ACTION\r\nPERCENT-COMPLETE:0\r\nURL:https://tracker.example/action-items/AI-7QK4\r\n"
        'ORGANIZER;CN="Rescue Project":mailto:calendar@tracker.example\r\nEND:VTODO\r\nEND:VCALENDAR\r\n'
    )


def test_a_task_that_is_due_the_day_it_is_given_still_begins_before_it_is_due() -> None:
    task = read_task(replace(MOU_ITEM, due=date(2026, 12, 15)))
    assert (task.decoded("DTSTART"), task.decoded("DUE")) == (date(2026, 12, 14), date(2026, 12, 15))


@pytest.mark.parametrize(
    ("status", "progress", "expected"),
    [
        (ItemStatus.OPEN, 0, "NEEDS-ACTION"),
        (ItemStatus.IN_PROGRESS, 60, "IN-PROCESS"),
        (ItemStatus.BLOCKED, 20, "NEEDS-ACTION"),
        (ItemStatus.CANCELED, 20, "CANCELLED"),
    ],
)
def test_a_task_says_how_far_it_is(status: ItemStatus, progress: int, expected: str) -> None:
    task = read_task(replace(MOU_ITEM, status=status, progress=progress))
    assert (task["STATUS"], task["PERCENT-COMPLETE"], "COMPLETED" in task) == (expected, progress, False)


def test_a_task_that_is_done_says_when() -> None:
    at = ITEM_CREATED_AT + timedelta(days=2)
    task = read_task(replace(MOU_ITEM, status=ItemStatus.DONE, progress=100, closed_at=at, changed_at=at))
    assert (task["STATUS"], task.decoded("COMPLETED"), task.decoded("DTSTAMP")) == ("COMPLETED", at, at)


def test_a_task_that_passes_to_another_owner_is_canceled_for_the_earlier_one_under_its_uid() -> None:
    after = replace(MOU_ITEM, owner_id=UUID(int=9), owner="Another", sequence=1)
    task = read_task(after, is_withdrawn=True)
    assert (task["UID"], task["STATUS"], task["SEQUENCE"]) == (MOU_ITEM.uid, "CANCELLED", 1)


@pytest.mark.parametrize("title", ["\\n END:VTODO\\n", "\U0001f4c5 " * 60, 'He said: "now", then;'])
def test_a_task_reads_back_unchanged_and_no_line_is_longer_than_75_octets(title: str) -> None:
    made = vtodo_calendar(replace(MOU_ITEM, title=title.strip()), ORGANIZER, ZONE)
    assert max(map(len, made.split(b"\r\n"))) <= 75
    [component] = icalendar.Calendar.from_ical(made).walk("VTODO")
    assert str(component["SUMMARY"]) == title.strip()


def test_a_task_with_control_characters_is_refused() -> None:
    with pytest.raises(Invalid):
        vtodo_calendar(replace(MOU_ITEM, title="A\x00B"), ORGANIZER, ZONE)


def test_a_strict_reader_of_other_people_reads_the_same_task() -> None:
    [todo] = ical.calendar_stream.IcsCalendarStream.calendar_from_ics(
        vtodo_calendar(MOU_ITEM, ORGANIZER, ZONE).decode()
    ).todos
    assert (todo.uid, todo.summary, todo.due, todo.status) == (
        MOU_ITEM.uid,
        MOU_ITEM.title,
        MOU_ITEM.due,
        "NEEDS-ACTION",
    )
