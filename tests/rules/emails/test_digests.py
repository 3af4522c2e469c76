"""When the weekly digest is due, and what it says."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import NOW
from tests.emails import read_email
from tests.rules.emails.world import CHICAGO, digest_reader, item_due
from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.core.viewers import Role, Visibility
from tracker.rules.emails.emails import LONGEST_PREVIEW, LONGEST_SUBJECT
from tracker.rules.emails.summaries import DigestWeek, digest_email, mondays_due, needs_follow_up, week_span
from tracker.rules.events.events import DateLine, EventStatus, Kind

MONDAY = date(2026, 12, 14)
SEVEN = datetime(2026, 12, 14, 13, tzinfo=UTC)  # 7:00 AM in Kansas City
SECOND = timedelta(seconds=1)


def line(title: str, day: int, **facts: Any) -> DateLine:
    starts = datetime(2026, 12, day, 20, tzinfo=UTC)
    return DateLine(
        **{
            "id": uuid4(),
            "event_id": uuid4(),
            "key": f"2026-12-{day}",
            "kind": Kind.MEETING,
            "title": title,
            "place": "",
            "visibility": Visibility.ALL,
            "status": EventStatus.CONFIRMED,
            "starts_at": starts,
            "ends_at": starts + timedelta(hours=1),
            "zone": CHICAGO,
            "is_all_day": False,
            "is_changed": False,
            "lead_id": uuid4(),
            "committee_id": None,
            **facts,
        }
    )


def week(**facts: Any) -> DigestWeek:
    made = {"reader": digest_reader(), "monday": MONDAY, "today": MONDAY, "events": (), "owed": (), "items": ()}
    return DigestWeek(**{**made, **facts})


def test_it_is_due_on_mondays_at_seven_by_the_reader_s_clock() -> None:
    assert mondays_due(SEVEN - SECOND, SEVEN, CHICAGO) == [(MONDAY, SEVEN)]
    assert mondays_due(SEVEN, SEVEN + SECOND, CHICAGO) == []
    assert mondays_due(SEVEN - timedelta(days=1), SEVEN - SECOND, CHICAGO) == []
    eastern = SEVEN - timedelta(hours=1)
    assert mondays_due(eastern - SECOND, eastern, "America/New_York") == [(MONDAY, eastern)]


def test_each_monday_of_some_weeks_is_due_in_its_order() -> None:
    weeks_ago = SEVEN - timedelta(days=10)
    assert mondays_due(weeks_ago, SEVEN, CHICAGO) == [(date(2026, 12, 7), SEVEN - timedelta(days=7)), (MONDAY, SEVEN)]
    assert mondays_due(weeks_ago, SEVEN - SECOND, CHICAGO) == [(date(2026, 12, 7), SEVEN - timedelta(days=7))]


def test_a_week_goes_from_monday_to_sunday_also_when_the_clocks_change() -> None:
    starts, ends = week_span(date(2027, 3, 8), CHICAGO)
    assert (starts, ends) == (datetime(2027, 3, 8, 6, tzinfo=UTC), datetime(2027, 3, 15, 5, tzinfo=UTC))


def test_its_subject_counts_and_its_preview_names_the_week() -> None:
    made = week(events=(line("A", 15), line("B", 16)), owed=(line("B", 16),), items=(item_due("C", MONDAY),))
    letter = read_email(digest_email(made))
    assert letter.subject == "Your week: 2 events, 1 reply needed, 1 action item"
    assert letter.preview == "Monday, December 14 to Sunday, December 20."


def test_it_lists_what_is_owed_what_happens_and_what_is_late_or_due() -> None:
    late, due = item_due("Contact sheet", date(2026, 12, 10)), item_due("Shelter list", date(2026, 12, 18))
    letter = read_email(
        digest_email(week(events=(line("Huddle", 15),), owed=(line("Refresher", 16),), items=(late, due)))
    )
    assert letter.facts == (
        ("Reply needed", "Refresher, Wed, Dec 16, 2:00 PM"),
        ("Event", "Huddle, Tue, Dec 15, 2:00 PM"),
        ("Overdue", "AI-7QK4, Contact sheet, 4 days"),
        ("Due", "AI-7QK4, Shelter list, Fri, Dec 18"),
    )


def test_what_is_for_named_people_is_counted_and_not_listed() -> None:
    named = line("Operation Bluestem", 16, visibility=Visibility.NAMED)
    made = week(events=(named,), owed=(named,), items=(item_due("Canary", MONDAY, is_restricted=True),))
    letter = read_email(digest_email(made))
    assert letter.subject == "Your week: 1 event, 1 reply needed, 1 action item"
    assert (letter.facts, letter.paragraphs) == (
        (),
        ("Events and items for named people are counted but not listed here. Sign in to see them.",),
    )


def test_to_who_reads_discreetly_it_only_counts() -> None:
    made = week(
        reader=digest_reader(is_discreet=True), events=(line("Canary", 15),), items=(item_due("Canary", MONDAY),)
    )
    letter = read_email(digest_email(made))
    assert letter.subject == "Your week: 1 appointment, 1 thing to do"
    assert "Canary" not in str(letter)
    assert (letter.facts, letter.is_discreet) == ((), True)


def test_a_long_week_is_cut_and_says_how_much_more_there_is() -> None:
    letter = read_email(
        digest_email(week(events=tuple(line("x" * 200, 15) for _ in range(999)), owed=(line("y", 15),) * 99))
    )
    assert len(letter.subject) <= LONGEST_SUBJECT
    assert len(letter.preview) <= LONGEST_PREVIEW
    assert letter.facts[-1] == ("Event", "and 989 more")


@pytest.mark.parametrize("what", ["events", "owed"])
def test_a_week_with_anything_in_it_is_not_empty(what: str) -> None:
    assert week().is_empty
    assert not week(**{what: (line("A", 15),)}).is_empty


CHAIR = digest_reader(roles=frozenset({Role.COORDINATOR}))


@pytest.mark.parametrize(
    ("facts", "needs"),
    [
        ({"due": MONDAY - timedelta(days=7)}, True),
        ({"due": MONDAY - timedelta(days=6)}, False),
        ({"due": MONDAY, "status": ItemStatus.BLOCKED, "blocked_at": NOW}, True),
        ({"due": MONDAY - timedelta(days=7), "owner_id": CHAIR.member_id}, False),
    ],
)
def test_an_item_of_another_person_needs_a_coordinator_when_blocked_or_a_week_overdue(
    facts: dict[str, Any], *, needs: bool
) -> None:
    assert needs_follow_up(CHAIR, item_due("Contact sheet", **facts), MONDAY) is needs
    assert not needs_follow_up(digest_reader(), item_due("Contact sheet", **facts), MONDAY)


def test_items_to_follow_up_are_counted_and_listed_with_owner_and_reason() -> None:
    late = item_due("Contact sheet", MONDAY - timedelta(days=9), status=ItemStatus.BLOCKED, blocked_at=NOW)
    secret = item_due("Canary", MONDAY - timedelta(days=9), is_restricted=True)
    letter = read_email(digest_email(week(followed_up=(late, secret))))
    assert letter.subject == "Your week: 2 items to follow up"
    assert letter.facts == (("Follow up", "AI-7QK4, Contact sheet, Advocate (CAHT), blocked, overdue by 9 days"),)
