"""Until when replies are asked for, and which of several replies counts."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from tracker.ports.api.event_shapes import Needed
from tracker.rules.events.replies import (
    ROLES_OFFERED,
    AttendeeRole,
    Reply,
    ReplySource,
    ReplyValue,
    asked_again_at,
    earlier_reply,
    effective_reply,
    last_responded_at,
    notes_apart,
    reply_deadline,
)

CENTRAL = ZoneInfo("America/Chicago")
DATE = datetime(2026, 12, 10, 14, tzinfo=CENTRAL)
THIS, OTHER = uuid4(), uuid4()
YES, NO, ASKED_AGAIN = ReplyValue.ACCEPTED, ReplyValue.DECLINED, ReplyValue.NEEDS_ACTION


def reply(value: ReplyValue, day: int, of: UUID | None = THIS, number: int | None = None) -> Reply:
    """Return a reply of a day in November, for a date or (None) for the series; they come in the order of the days."""
    at = datetime(2026, 11, day, tzinfo=CENTRAL)
    place = day if number is None else number
    source = ReplySource.CHANGE if value is ASKED_AGAIN else ReplySource.SITE
    sequence = 1 if value is ASKED_AGAIN else 0
    return Reply(
        occurrence_id=of, value=value, comment="", source=source, number=place, replied_at=at, sequence=sequence
    )


@pytest.mark.parametrize(
    ("now", "by"),
    [
        (DATE - timedelta(days=9), datetime(2026, 12, 8, 17, tzinfo=CENTRAL)),
        (datetime(2026, 12, 8, 16, 59, tzinfo=CENTRAL), datetime(2026, 12, 8, 17, tzinfo=CENTRAL)),
        (datetime(2026, 12, 8, 17, tzinfo=CENTRAL), None),
    ],
)
def test_replies_are_asked_for_by_five_two_days_before(now: datetime, by: datetime | None) -> None:
    assert reply_deadline(DATE, now) == by


@pytest.mark.parametrize(
    ("starts", "by"),
    [
        (datetime(2026, 12, 8, 9, tzinfo=CENTRAL), datetime(2026, 12, 4, 17, tzinfo=CENTRAL)),  # Sunday
        (datetime(2027, 1, 20, 9, tzinfo=CENTRAL), datetime(2027, 1, 15, 17, tzinfo=CENTRAL)),  # a Monday that is free
    ],
)
def test_nobody_is_asked_to_reply_by_a_day_on_which_nobody_works(starts: datetime, by: datetime) -> None:
    assert reply_deadline(starts, datetime(2026, 11, 1, tzinfo=CENTRAL)) == by


def test_a_reply_for_the_date_counts_before_a_later_one_for_the_series() -> None:
    assert effective_reply([reply(YES, 2), reply(NO, 3, None), reply(NO, 4, OTHER)], THIS) == reply(YES, 2)


def test_of_two_replies_the_one_that_came_later_counts_whatever_the_clock_said() -> None:
    by_a_fast_clock, later = reply(YES, 9, number=1), reply(NO, 2, number=2)
    assert effective_reply([by_a_fast_clock, later], THIS) == effective_reply([later, by_a_fast_clock], THIS) == later
    assert last_responded_at([by_a_fast_clock, later], THIS) == later.replied_at
    asked_again = reply(ASKED_AGAIN, 1, number=3)
    assert earlier_reply([by_a_fast_clock, later, asked_again], THIS) is NO


def test_a_reply_for_another_date_is_not_heard_for_this_one() -> None:
    assert last_responded_at([reply(YES, 2, OTHER)], THIS) is None
    given = [reply(YES, 2), reply(YES, 3, None), reply(YES, 4, OTHER), reply(ASKED_AGAIN, 5)]
    assert last_responded_at(given, THIS) == reply(YES, 3).replied_at


def test_the_reply_of_before_is_the_last_one_that_was_given_for_the_date_or_the_series() -> None:
    given = [reply(YES, 2, None), reply(NO, 3), reply(YES, 4, OTHER), reply(ASKED_AGAIN, 5)]
    assert earlier_reply(given, THIS) is NO
    assert earlier_reply(given[:-1], THIS) is None, "it still counts"
    assert earlier_reply(given[2:], THIS) is None, "that was for another date"
    undone = replace(reply(ASKED_AGAIN, 5), source=ReplySource.EMAIL)
    assert earlier_reply([*given[:-1], undone], THIS) is None, "it was undone"


def test_someone_who_was_invited_again_has_no_earlier_reply_and_was_not_asked_by_a_change() -> None:
    given, invited_again = reply(NO, 3), replace(reply(ASKED_AGAIN, 5), sequence=0)
    assert earlier_reply([given, invited_again], THIS) is None
    assert asked_again_at([given, invited_again], THIS) is None
    changed = reply(ASKED_AGAIN, 6)
    assert asked_again_at([given, invited_again, changed], THIS) == changed.replied_at


def test_every_role_has_a_label_and_programs_may_give_every_one_but_the_organizers() -> None:
    assert set(ROLES_OFFERED) == set(AttendeeRole)
    assert all(role.label for role in AttendeeRole)
    assert {one.value for one in Needed} == {one.value for one in AttendeeRole} - {"chair"}


def test_informed_people_take_no_part_and_only_those_who_come_are_asked() -> None:
    assert {one for one in AttendeeRole if not one.takes_part} == {AttendeeRole.INFORMED}
    assert {one for one in AttendeeRole if one.is_asked} == {AttendeeRole.REQUIRED, AttendeeRole.OPTIONAL}


def test_a_substitute_s_note_never_becomes_the_note_of_the_person_who_named_them() -> None:
    named = replace(reply(NO, 2), comment="On leave", substitute="Fbi alternate (FBI)")
    released = replace(reply(NO, 3), comment="Sick", source=ReplySource.SUBSTITUTE)
    again = replace(reply(NO, 4), comment="Still no", source=ReplySource.SITE)
    told = notes_apart([released, named, again])
    assert [(one.comment, one.substitute_note) for one in told] == [
        ("On leave", ""),
        ("On leave", "Sick"),
        ("Still no", ""),
    ]
