"""Date polls: which may be opened, and what their columns say."""

# ruff: noqa: DTZ001 - starts are local to the zone of the event
# ruff: noqa: DTZ001 - proposed dates are local to the zone of the event

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cast import ZONE
from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm, Visibility
from tracker.rules.events.events import Event, EventStatus, Kind
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.polls import (
    Fit,
    NewPoll,
    Poll,
    PollCancellation,
    PollColumn,
    PollDate,
    Respondent,
    check_new_poll,
    count_fits,
    fit_words,
    poll_columns,
    poll_hindrance,
    poll_reminder_at,
    poll_rows_by_agency,
    replied_words,
    usual_reply_by,
    waiting_people,
)
from tracker.rules.roster.meetings import FillableSeat, Quorum, QuorumRule


def test_it_says_who_gets_an_email_and_which_emails_are_not_sent() -> None:
    said = PollCancellation(notified=4, unsent=1, replied=3).email_words
    assert said == (
        "4 people will get an email that it’s canceled.",
        "1 email that asks for a reply waits and won’t be sent.",
    )
    assert PollCancellation(notified=0, unsent=0, replied=0).email_words == ("No one will get an email.",)


def test_it_says_that_replies_are_kept_and_until_when() -> None:
    assert PollCancellation(notified=0, unsent=0, replied=2).reply_words == (
        "2 people’s replies are kept for you to read. They’re deleted when you ask again or discard the draft."
    )
    assert PollCancellation(notified=0, unsent=0, replied=0).reply_words == "No one has replied."


FRIDAY = datetime(2027, 1, 8, 23, tzinfo=UTC)
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply_by", "at"),
    [
        (FRIDAY, datetime(2027, 1, 7, 14, tzinfo=UTC)),
        (datetime(2027, 1, 11, 23, tzinfo=UTC), datetime(2027, 1, 8, 14, tzinfo=UTC)),
        (datetime(2027, 1, 19, 23, tzinfo=UTC), datetime(2027, 1, 15, 14, tzinfo=UTC)),
    ],
)
def test_the_reminder_is_on_the_morning_of_the_working_day_before(reply_by: datetime, at: datetime) -> None:
    assert poll_reminder_at(reply_by, NOW - timedelta(days=9), ZONE) == at


def test_people_who_are_asked_on_that_day_get_none() -> None:
    assert poll_reminder_at(FRIDAY, datetime(2027, 1, 7, 13, tzinfo=UTC), ZONE) is None


A, B = (PollDate(id=UUID(int=one), starts=datetime(2027, 1, 10 + one, 10)) for one in (1, 2))
MOMENT = datetime(2027, 1, 8, tzinfo=UTC)
LEAD = UUID(int=1)


def draft_of_meeting(**facts: Any) -> Event:
    """Return a draft of a meeting of 90 minutes; `facts` replace its fields."""
    now = datetime(2027, 1, 4, tzinfo=UTC)
    usual: dict[str, Any] = {
        "id": UUID(int=7),
        "uid": "uid",
        "reference": None,
        "title": "Core group",
        "kind": Kind.MEETING,
        "visibility": Visibility.ALL,
        "starts": datetime(2027, 1, 12, 10),
        "duration": timedelta(minutes=90),
        "zone": ZONE,
        "status": EventStatus.DRAFT,
        "committee": None,
        "lead_id": LEAD,
        "lead": "Coordinator",
        "lead_agency": "USAO",
        "rrule": None,
        "version": 1,
        "sequence": 0,
        "created_at": now,
        "changed_at": now,
    }
    return Event(**usual | facts)


POLL = Poll(
    id=UUID(int=9),
    event=draft_of_meeting(),
    options=(A, B),
    reply_by=MOMENT,
    opened_at=MOMENT - timedelta(days=4),
    canceled_at=None,
)
FBI, CAHT = UUID(int=21), UUID(int=22)
YES, IF_NEEDED, NO = Fit.YES, Fit.IF_NEEDED, Fit.NO


def person(
    number: int, *fits: Fit | None, agency: UUID = FBI, role: AttendeeRole = AttendeeRole.REQUIRED
) -> Respondent:
    """Return a person with their replies to the two dates."""
    return Respondent(
        member_id=UUID(int=100 + number),
        name=f"Person {number}",
        agency_id=agency,
        agency="FBI" if agency == FBI else "CAHT",
        arm=Arm.LAW_ENFORCEMENT if agency == FBI else Arm.VICTIM_SERVICES,
        role=role,
        fits={one.id: fit for one, fit in zip((A, B), fits, strict=False) if fit},
    )


def quorum(*people: Respondent, seats: int = 2, both_arms: bool = False) -> Quorum:
    """Return the rule of a committee on which each of these people has a seat."""
    return Quorum(
        rule=QuorumRule(seats=seats, both_arms=both_arms),
        seats=[
            FillableSeat(
                agency_id=listed_person.agency_id, arm=listed_person.arm, holders=frozenset({listed_person.member_id})
            )
            for listed_person in people
        ],
    )


def first_column(people: Sequence[Respondent], rule: Quorum | None = None) -> PollColumn:
    return poll_columns(POLL, people, rule)[0]


def test_each_reply_is_counted_once_and_a_date_left_out_counts_as_no_reply() -> None:
    people = [person(1, YES), person(2, IF_NEEDED), person(3, NO), person(4)]
    assert fit_words(first_column(people).numbers) == "1 yes, 1 if need be, 1 no, 1 no reply"
    assert fit_words(count_fits(B, people)) == "4 no reply"


def test_people_who_said_yes_make_the_quorum() -> None:
    people = [person(1, YES), person(2, YES), person(3, NO)]
    assert first_column(people, quorum(*people)).quorum_words == "Quorum: 2 of 3 seats (2 needed)"


def test_a_quorum_that_needs_people_who_would_rather_not_says_so() -> None:
    people = [person(1, YES), person(2, IF_NEEDED)]
    said = first_column(people, quorum(*people)).quorum_words
    assert said == "Quorum: 2 of 2 seats (2 needed), some only if need be"


def test_without_a_quorum_the_words_say_what_is_missing() -> None:
    people = [person(1, YES), person(2, YES), person(3, NO, agency=CAHT)]
    rule = quorum(*people, both_arms=True)
    assert first_column(people, rule).quorum_words == "No quorum: no one from victim services"


def test_an_arm_that_was_asked_and_cannot_come_is_named() -> None:
    people = [person(1, YES), person(2, NO, agency=CAHT)]
    assert first_column(people).arm_words == "No one from victim services so far"
    assert first_column(people[:1]).arm_words == ""


def test_the_best_date_has_a_quorum_then_both_arms_then_the_most_people() -> None:
    few = [person(1, NO, YES), person(2, YES, YES)]
    assert [one.is_best for one in poll_columns(POLL, few, None)] == [False, True]
    one_arm = [person(1, YES, YES), person(2, YES, NO), person(3, NO, YES, agency=CAHT)]
    assert [one.is_best for one in poll_columns(POLL, one_arm, None)] == [False, True]
    seated = quorum(one_arm[0], one_arm[1])
    assert [one.is_best for one in poll_columns(POLL, one_arm, seated)] == [True, False]


def test_of_equal_dates_the_sooner_is_best_and_none_is_before_anyone_replied() -> None:
    organizer = person(1, YES, YES, role=AttendeeRole.CHAIR)
    assert not any(one.is_best for one in poll_columns(POLL, [organizer, person(2)], None))
    assert [one.is_best for one in poll_columns(POLL, [organizer, person(2, YES, YES)], None)] == [True, False]


def test_an_agency_has_a_row_of_numbers_and_only_people_who_may_be_named() -> None:
    people = [person(1, YES), person(2, NO), person(3, YES, agency=CAHT)]
    fbi, caht = poll_rows_by_agency(POLL, people, {one.member_id for one in people[:2]})
    assert (fbi.agency, fbi.people, len(fbi.named), fit_words(fbi.numbers[0])) == ("FBI", 2, 2, "1 yes, 1 no")
    assert (caht.agency, caht.people, caht.named, fit_words(caht.numbers[0])) == ("CAHT", 1, (), "1 yes")


def test_only_people_who_are_asked_are_waited_for() -> None:
    people = [person(1, role=AttendeeRole.CHAIR), person(2), person(3, None, NO)]
    assert [one.name for one in waiting_people(people)] == ["Person 2"]
    assert replied_words(people) == "1 of 2 people asked have replied"


NEW_POLLS_NOW = datetime(2027, 1, 4, 15, tzinfo=UTC)
FIRST = datetime(2027, 1, 12, 10)
DAY = timedelta(days=1)
IN_TIME = datetime(2027, 1, 8, 23, tzinfo=UTC)


def wrong(*starts: datetime, reply_by: datetime = IN_TIME) -> str:
    """Return the fields of the errors."""
    with pytest.raises(Invalid) as refused:
        check_new_poll(NewPoll(starts=starts, reply_by=reply_by), draft_of_meeting(), NEW_POLLS_NOW)
    return " ".join(refused.value.fields)


@pytest.mark.parametrize("number", [2, 20])
def test_two_to_twenty_dates_can_be_proposed(number: int) -> None:
    check_new_poll(
        NewPoll(starts=[FIRST + one * DAY for one in range(number)], reply_by=IN_TIME),
        draft_of_meeting(),
        NEW_POLLS_NOW,
    )


@pytest.mark.parametrize("number", [0, 1, 21])
def test_no_other_number_of_dates_can(number: int) -> None:
    assert wrong(*(FIRST + one * DAY for one in range(number))) == "dates"


def test_a_date_is_proposed_once() -> None:
    assert wrong(FIRST, FIRST) == "dates"


def test_a_date_is_ahead() -> None:
    assert wrong(FIRST, datetime(2027, 1, 4, 9)) == "dates"


def test_a_time_that_the_clocks_skip_is_not_proposed() -> None:
    assert wrong(FIRST, datetime(2027, 3, 14, 2, 30)) == "dates"


@pytest.mark.parametrize("at", [NEW_POLLS_NOW, datetime(2027, 1, 12, 16, tzinfo=UTC)])
def test_people_reply_in_the_future_and_before_the_first_date(at: datetime) -> None:
    assert wrong(FIRST, FIRST + DAY, reply_by=at) == "reply_by"


def test_both_errors_of_the_dates_and_of_the_day_to_reply_by_are_shown_at_once() -> None:
    assert wrong(FIRST, reply_by=datetime(2027, 1, 13, 23, tzinfo=UTC)) == "dates reply_by"


def test_a_draft_with_one_date_and_people_can_have_a_poll() -> None:
    assert poll_hindrance(draft_of_meeting(), 1) == ""


def test_nothing_else_can() -> None:
    weekly = draft_of_meeting(rrule="FREQ=WEEKLY;COUNT=3")
    others = (draft_of_meeting(status=EventStatus.CONFIRMED), weekly, draft_of_meeting(kind=Kind.DEADLINE))
    assert all(poll_hindrance(one, 1) for one in others)
    assert poll_hindrance(draft_of_meeting(), 0)


@pytest.mark.parametrize(
    ("first", "by"),
    [
        (date(2027, 3, 1), date(2027, 1, 11)),  # a week
        (date(2027, 1, 9), date(2027, 1, 8)),
        (date(2027, 1, 8), date(2027, 1, 7)),
        (date(2027, 1, 5), date(2027, 1, 4)),
        (date(2026, 12, 1), date(2027, 1, 11)),  # over
    ],
)
def test_the_form_begins_with_a_deadline_before_its_first_date(first: date, by: date) -> None:
    assert usual_reply_by(first, date(2027, 1, 4)) == by
