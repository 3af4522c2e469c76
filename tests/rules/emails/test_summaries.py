"""Weekly digests, emails that thank, and what holds for every email."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.cast import NOW
from tests.emails import ReadEmail, read_email
from tests.rules.attendance.world import STARTS, a_date, an_event
from tests.rules.emails.world import CHICAGO, digest_reader, item_due
from tracker.rules.actions import ActionItem, ItemStatus
from tracker.rules.core.viewers import Role, Viewer, Visibility
from tracker.rules.emails.emails import (
    LONGEST_PREVIEW,
    LONGEST_SUBJECT,
    SHORTEST_TITLE,
    fit_title,
    length_words,
    one_line,
    shorten,
)
from tracker.rules.emails.item_emails import LISTED
from tracker.rules.emails.summaries import (
    DigestWeek,
    SentThankYou,
    digest_email,
    mondays_due,
    needs_follow_up,
    sent_thank_you_words,
    thank_you_email,
    week_span,
)
from tracker.rules.events.events import DateLine, EventStatus, Kind

MONDAY = date(2026, 12, 14)
SEVEN = datetime(2026, 12, 14, 13, tzinfo=UTC)  # 7:00 AM in Kansas City
SECOND = timedelta(seconds=1)


def line_of_date(title: str, day: int, **facts: Any) -> DateLine:
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
    made = week(
        events=(line_of_date("A", 15), line_of_date("B", 16)),
        owed=(line_of_date("B", 16),),
        items=(item_due("C", MONDAY),),
    )
    letter = read_email(digest_email(made))
    assert letter.subject == "Your week: 2 events, 1 reply needed, 1 action item"
    assert letter.preview == "Monday, December 14 to Sunday, December 20."


def test_it_lists_what_is_owed_what_happens_and_what_is_late_or_due() -> None:
    late, due = item_due("Contact sheet", date(2026, 12, 10)), item_due("Shelter list", date(2026, 12, 18))
    letter = read_email(
        digest_email(
            week(events=(line_of_date("Huddle", 15),), owed=(line_of_date("Refresher", 16),), items=(late, due))
        )
    )
    assert letter.facts == (
        ("Reply needed", "Refresher, Wed, Dec 16, 2:00 PM"),
        ("Event", "Huddle, Tue, Dec 15, 2:00 PM"),
        ("Overdue", "AI-7QK4, Contact sheet, 4 days"),
        ("Due", "AI-7QK4, Shelter list, Fri, Dec 18"),
    )


def test_what_is_for_named_people_is_counted_and_not_listed() -> None:
    named = line_of_date("Operation Bluestem", 16, visibility=Visibility.NAMED)
    made = week(events=(named,), owed=(named,), items=(item_due("Canary", MONDAY, is_restricted=True),))
    letter = read_email(digest_email(made))
    assert letter.subject == "Your week: 1 event, 1 reply needed, 1 action item"
    assert (letter.facts, letter.paragraphs) == (
        (),
        ("Events and items for named people are counted but not listed here. Sign in to see them.",),
    )


def test_to_who_reads_discreetly_it_only_counts() -> None:
    made = week(
        reader=digest_reader(is_discreet=True),
        events=(line_of_date("Canary", 15),),
        items=(item_due("Canary", MONDAY),),
    )
    letter = read_email(digest_email(made))
    assert letter.subject == "Your week: 1 appointment, 1 thing to do"
    assert "Canary" not in str(letter)
    assert (letter.facts, letter.is_discreet) == ((), True)


def test_a_long_week_is_cut_and_says_how_much_more_there_is() -> None:
    letter = read_email(
        digest_email(
            week(events=tuple(line_of_date("x" * 200, 15) for _ in range(999)), owed=(line_of_date("y", 15),) * 99)
        )
    )
    assert len(letter.subject) <= LONGEST_SUBJECT
    assert len(letter.preview) <= LONGEST_PREVIEW
    assert letter.facts[-1] == ("Event", "and 989 more")


@pytest.mark.parametrize("what", ["events", "owed"])
def test_a_week_with_anything_in_it_is_not_empty(what: str) -> None:
    assert week().is_empty
    assert not week(**{what: (line_of_date("A", 15),)}).is_empty


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


@given(title=some.text(min_size=1, max_size=200), beside=some.integers(0, LONGEST_SUBJECT - SHORTEST_TITLE))
def test_a_subject_fits_a_phone_whatever_the_title(title: str, beside: int) -> None:
    assert len(fit_title(title, beside)) + beside <= LONGEST_SUBJECT


def test_a_short_title_is_whole_in_its_subject() -> None:
    assert fit_title("Monthly task force meeting", len("Invitation: , Thu, Dec 10, 2:00 PM")) == (
        "Monthly task force meeting"
    )


def test_a_long_title_is_cut_at_a_word() -> None:
    assert shorten("Trauma-informed interviewing refresher for all", 30) == "Trauma-informed interviewing…"


@given(some.text(max_size=300))
def test_a_cut_text_is_never_longer_than_asked(text: str) -> None:
    assert len(shorten(text, LONGEST_PREVIEW)) <= LONGEST_PREVIEW


@given(some.text())
def test_a_line_holds_no_second_line_and_no_encoded_word(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "=?" not in line


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (15, "15 minutes"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (120, "2 hours"),
        (210, "3 hours 30 minutes"),
        (1_440, "1 day"),
        (2_000, "2 days"),
        (0, ""),
    ],
)
def test_a_length_is_said_as_people_say_it(minutes: int, words: str) -> None:
    assert length_words(timedelta(minutes=minutes)) == words


TODAY, DUE = date(2026, 12, 11), date(2027, 1, 5)
ME = digest_reader()
MINE = item_due("Draft the protocol", DUE, owner_id=ME.member_id)
THEIRS = item_due("Renew the agreement", DUE, reference="AI-2222", owner="IPD liaison", agency="IPD")


def email_with_items(*items: ActionItem, to: Viewer = ME) -> ReadEmail:
    return read_email(thank_you_email(to, a_date(an_event(), attendance_closed_at=STARTS), items, TODAY))


def test_it_names_the_meeting_and_who_says_thanks() -> None:
    email = email_with_items()
    assert email.subject == "Thank you, Thu, Dec 10: Monthly meeting"
    assert (email.heading, email.paragraphs) == ("Thank you for coming", ("Lead thanks you for coming.",))
    assert email.facts == (("What", "Monthly meeting"), ("When", "Thursday, December 10, 2026"))


def test_the_readers_own_items_come_first() -> None:
    email = email_with_items(THEIRS, MINE)
    assert email.facts[2:] == (
        ("Yours", "AI-7QK4, Draft the protocol, due Tue, Jan 5"),
        ("Action item", "AI-2222, Renew the agreement, IPD liaison (IPD), due Tue, Jan 5"),
    )
    assert email.paragraphs[1] == "You can see 2 action items from this event. Yours is listed first."
    assert email.preview == "1 action item is yours."


def test_what_is_restricted_or_canceled_is_not_listed_and_what_is_done_says_so() -> None:
    hidden = replace(MINE, is_restricted=True), replace(THEIRS, status=ItemStatus.CANCELED)
    email = email_with_items(*hidden, replace(THEIRS, status=ItemStatus.DONE))
    assert email.facts[2:] == (("Action item", "AI-2222, Renew the agreement, IPD liaison (IPD), done"),)


def test_a_long_list_is_cut_and_says_how_many_more_there_are() -> None:
    email = email_with_items(*(replace(MINE, id=uuid4()) for _ in range(LISTED + 2)))
    assert email.facts[-1] == ("Yours", "and 2 more")
    assert len(email.facts) == 2 + LISTED + 1


def test_a_time_only_email_names_neither_the_meeting_nor_an_item() -> None:
    email = email_with_items(MINE, THEIRS, to=replace(ME, is_discreet=True))
    assert email.facts == ()
    said = " ".join((email.subject, email.preview, email.heading, *email.paragraphs))
    assert not [word for word in ("Monthly", "Draft", "Renew", "Lead", "AI-", "action item") if word in said]


def test_the_event_says_to_how_many_it_went_and_when() -> None:
    assert (
        sent_thank_you_words(SentThankYou(at=STARTS, people=5), "America/Chicago", TODAY)
        == "Thank-you to 5 people, Thu, Dec 10."
    )
