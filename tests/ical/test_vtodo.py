"""An action item as a task for people's task lists: valid, stable, and canceled where it is no longer theirs."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import ical.calendar_stream
import icalendar
import pytest
from msgspec.structs import replace

from tests.ical.making import ITEM_CREATED_AT, MOU_ITEM, ORGANIZER
from tracker.errors import Invalid
from tracker.ical.itip import vtodo_calendar
from tracker.rules.actions.action_items import ActionItem, ItemStatus

ZONE = "America/Chicago"


def read(item: ActionItem, *, is_withdrawn: bool = False) -> Any:
    [found] = icalendar.Calendar.from_ical(vtodo_calendar(item, ORGANIZER, ZONE, is_withdrawn=is_withdrawn)).walk(
        "VTODO"
    )
    return found


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
    found = read(replace(MOU_ITEM, due=date(2026, 12, 15)))
    assert (found.decoded("DTSTART"), found.decoded("DUE")) == (date(2026, 12, 14), date(2026, 12, 15))


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
    found = read(replace(MOU_ITEM, status=status, progress=progress))
    assert (found["STATUS"], found["PERCENT-COMPLETE"], "COMPLETED" in found) == (expected, progress, False)


def test_a_task_that_is_done_says_when() -> None:
    at = ITEM_CREATED_AT + timedelta(days=2)
    found = read(replace(MOU_ITEM, status=ItemStatus.DONE, progress=100, closed_at=at, changed_at=at))
    assert (found["STATUS"], found.decoded("COMPLETED"), found.decoded("DTSTAMP")) == ("COMPLETED", at, at)


def test_a_task_that_passes_to_another_owner_is_canceled_for_the_earlier_one_under_its_uid() -> None:
    after = replace(MOU_ITEM, owner_id=UUID(int=9), owner="Another", sequence=1)
    found = read(after, is_withdrawn=True)
    assert (found["UID"], found["STATUS"], found["SEQUENCE"]) == (MOU_ITEM.uid, "CANCELLED", 1)


@pytest.mark.parametrize("title", ["\\n END:VTODO\\n", "\U0001f4c5 " * 60, 'He said: "now", then;'])
def test_a_task_reads_back_unchanged_and_no_line_is_longer_than_75_octets(title: str) -> None:
    made = vtodo_calendar(replace(MOU_ITEM, title=title.strip()), ORGANIZER, ZONE)
    assert max(map(len, made.split(b"\r\n"))) <= 75
    [found] = icalendar.Calendar.from_ical(made).walk("VTODO")
    assert str(found["SUMMARY"]) == title.strip()


def test_a_task_with_control_characters_is_refused() -> None:
    with pytest.raises(Invalid):
        vtodo_calendar(replace(MOU_ITEM, title="A\x00B"), ORGANIZER, ZONE)


def test_a_strict_reader_of_other_people_reads_the_same_task() -> None:
    [found] = ical.calendar_stream.IcsCalendarStream.calendar_from_ics(
        vtodo_calendar(MOU_ITEM, ORGANIZER, ZONE).decode()
    ).todos
    assert (found.uid, found.summary, found.due, found.status) == (
        MOU_ITEM.uid,
        MOU_ITEM.title,
        MOU_ITEM.due,
        "NEEDS-ACTION",
    )
