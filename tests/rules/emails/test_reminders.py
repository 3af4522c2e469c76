"""Reminders, follow-ups, and nudges: when they are due, and who is skipped."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.cast import ZONE as CAST_ZONE
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.wording import to_local
from tracker.rules.emails import reminders
from tracker.rules.emails.reminders import (
    UNREACHABLE,
    NextFollowUp,
    Nudges,
    ReplyRequest,
    is_asked_too_soon,
    requests_after_invitation,
    requests_ahead,
    requests_before,
    requests_due,
    skipped_words,
    timing_words,
    why_no_nudge,
)
from tracker.rules.roster.meetings import ASKS_AFTER_OFFERED, ReminderPolicy

CHICAGO = "America/Chicago"
WEEK, DAY, HOURS = timedelta(days=7), timedelta(days=1), timedelta(hours=2)


def utc_at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments_by_lead(starts_at: str, *, is_all_day: bool = False) -> dict[timedelta, datetime]:
    return {one.lead: one.at for one in reminders.date_moments(utc_at(starts_at), CHICAGO, is_all_day=is_all_day)}


def test_people_are_reminded_a_week_a_day_and_two_hours_before() -> None:
    assert moments_by_lead("2026-12-10T20:00") == {
        WEEK: utc_at("2026-12-03T20:00"),
        DAY: utc_at("2026-12-09T20:00"),
        HOURS: utc_at("2026-12-10T18:00"),
    }


def test_a_day_before_the_clocks_go_back_is_the_same_time_on_the_wall() -> None:
    assert moments_by_lead("2026-11-01T15:00")[DAY] == utc_at("2026-10-31T14:00")


def test_a_day_before_the_clocks_go_forward_is_the_same_time_on_the_wall() -> None:
    assert moments_by_lead("2027-03-14T14:00")[DAY] == utc_at("2027-03-13T15:00")


def test_two_hours_before_are_two_hours_on_the_night_of_the_change() -> None:
    assert moments_by_lead("2026-11-01T08:30")[HOURS] == utc_at("2026-11-01T06:30")


def test_a_date_in_the_skipped_hour_is_reminded_once_for_each_lead_time() -> None:
    assert moments_by_lead("2027-03-15T07:30")[DAY] == utc_at("2027-03-14T08:30")  # 02:30 does not exist: 03:30


def test_people_of_an_all_day_event_are_reminded_in_the_morning_and_not_at_night() -> None:
    assert moments_by_lead("2026-12-10T06:00", is_all_day=True) == {
        WEEK: utc_at("2026-12-03T14:00"),
        DAY: utc_at("2026-12-09T14:00"),
    }


@pytest.mark.parametrize("is_all_day", [False, True])
def test_no_reminder_is_further_from_its_lead_time_than_the_planner_looks(is_all_day: bool) -> None:
    for day in range(366):
        for date_moment in reminders.date_moments(
            utc_at("2026-01-01T06:30") + day * DAY, CHICAGO, is_all_day=is_all_day
        ):
            assert abs(date_moment.at - (date_moment.ends - date_moment.lead)) < reminders.LONGEST_SHIFT


def states_by_lead(starts_at: str, after: str, now: str) -> dict[timedelta, MessageState]:
    date_moments = reminders.date_moments(utc_at(starts_at), CHICAGO, is_all_day=False)
    return {one.lead: one.state for one in reminders.judge_moments(date_moments, utc_at(after), utc_at(now))}


def test_after_an_outage_only_the_latest_reminder_goes_out() -> None:
    after_three_days = states_by_lead("2026-12-10T20:00", "2026-12-03T19:00", "2026-12-10T18:30")
    assert after_three_days == {
        WEEK: MessageState.SUPERSEDED,
        DAY: MessageState.SUPERSEDED,
        HOURS: MessageState.PENDING,
    }


def test_after_an_outage_the_reminders_of_a_date_that_began_are_too_late() -> None:
    states = states_by_lead("2026-12-10T20:00", "2026-12-09T19:00", "2026-12-10T20:00")
    assert states == {DAY: MessageState.TOO_LATE, HOURS: MessageState.TOO_LATE}


def test_in_peace_each_reminder_is_alone_and_goes_out() -> None:
    assert states_by_lead("2026-12-10T20:00", "2026-12-09T19:59:45", "2026-12-09T20:00") == {DAY: MessageState.PENDING}


def test_a_moment_at_the_mark_was_planned_before() -> None:
    assert states_by_lead("2026-12-10T20:00", "2026-12-09T20:00", "2026-12-09T20:00:15") == {}


def test_a_reminder_says_that_it_is_late_only_when_it_is() -> None:
    date_moments = reminders.date_moments(utc_at("2026-12-10T20:00"), CHICAGO, is_all_day=False)
    in_time = reminders.judge_moments(date_moments, utc_at("2026-12-09T19:59"), utc_at("2026-12-09T20:15"))
    late = reminders.judge_moments(date_moments, utc_at("2026-12-09T19:59"), utc_at("2026-12-09T20:16"))
    assert ([one.is_late for one in in_time], [one.is_late for one in late]) == ([False], [True])


ZONE = "America/Chicago"
STARTS = datetime(2027, 1, 30, 16, tzinfo=UTC)
FOLLOW_UPS_DAY = timedelta(days=1)


ANN = UUID(int=1)


class Date(NamedTuple):
    """A date of an event that asks again."""

    starts_at: datetime = STARTS
    asks_before: frozenset[timedelta] = frozenset()
    asks_after: frozenset[timedelta] = frozenset()
    id: UUID = UUID(int=2)
    event_id: UUID = UUID(int=3)
    zone: str = ZONE
    is_all_day: bool = False

    @property
    def reminders(self) -> ReminderPolicy:
        return ReminderPolicy(asks_before=self.asks_before, asks_after=self.asks_after)


def after_invitation(sent_at: datetime, *days: timedelta, starts: datetime = STARTS) -> list[ReplyRequest]:
    return requests_after_invitation([Date(starts, asks_after=frozenset(days))], ANN, sent_at)


def mornings(sent_at: datetime, *days: int, starts: datetime = STARTS) -> list[datetime]:
    requests = after_invitation(sent_at, *(day * FOLLOW_UPS_DAY for day in days), starts=starts)
    return sorted(request.moment.at for request in requests)


def asked_at(requests: Iterable[ReplyRequest], last: Mapping[UUID, datetime], now: datetime) -> list[datetime]:
    """Return when Ann is asked, who has not replied."""
    return [request.moment.at for _, request in requests_ahead(requests, {Date().id: [ANN]}, last, now)]


@pytest.mark.parametrize("hour", [6, 12, 29])  # midnight, 6:00 AM and 11:00 PM of January 12
def test_days_are_counted_from_the_local_day_on_which_the_invitation_was_sent(hour: int) -> None:
    sent_at = datetime(2027, 1, 12, tzinfo=UTC) + timedelta(hours=hour)
    assert mornings(sent_at, 2, 5) == [datetime(2027, 1, day, 14, tzinfo=UTC) for day in (14, 17)]


def test_the_hour_is_the_same_after_the_clocks_go_forward() -> None:
    [at] = mornings(datetime(2027, 3, 13, 18, tzinfo=UTC), 2, starts=datetime(2027, 4, 1, tzinfo=UTC))
    assert to_local(at, ZONE).hour == 8


def test_no_follow_up_comes_after_the_date_has_begun() -> None:
    assert mornings(datetime(2027, 1, 27, 18, tzinfo=UTC), 2, 5) == [datetime(2027, 1, 29, 14, tzinfo=UTC)]
    assert mornings(datetime(2027, 1, 28, 18, tzinfo=UTC), 2, starts=datetime(2027, 1, 30, 14, tzinfo=UTC)) == []


@pytest.mark.parametrize("day", [12, 71])  # the second is March 13, before the night in which the clocks go forward
def test_two_mornings_two_days_apart_both_ask(day: int) -> None:
    first = datetime(2027, 1, 1, 14, tzinfo=UTC) + day * FOLLOW_UPS_DAY
    second = first + 2 * FOLLOW_UPS_DAY - timedelta(hours=1 if day == 71 else 0)
    assert to_local(second, ZONE).hour == to_local(first, ZONE).hour
    assert not is_asked_too_soon(first + timedelta(seconds=14), second, ZONE)
    assert is_asked_too_soon(first, second - timedelta(minutes=16), ZONE)


@given(some.sets(some.sampled_from(ASKS_AFTER_OFFERED)))
def test_everything_that_is_offered_can_be_chosen_together(days: set[timedelta]) -> None:
    sent_at = datetime(2027, 3, 8, 20, tzinfo=UTC)
    requests = after_invitation(sent_at, *days, starts=datetime(2027, 5, 1, tzinfo=UTC))
    assert len(asked_at(requests, {}, sent_at)) == len(days)


def test_of_several_on_one_day_the_first_alone_asks() -> None:
    noon, invited_at = datetime(2027, 1, 28, 16, tzinfo=UTC), datetime(2027, 1, 26, 16, tzinfo=UTC)
    morning = noon - timedelta(hours=2)
    both = [
        *requests_before(Date(asks_before=frozenset({2 * FOLLOW_UPS_DAY}))),
        *after_invitation(invited_at, 2 * FOLLOW_UPS_DAY),
    ]
    assert sorted(request.moment.at for request in both) == [morning, noon]
    assert asked_at(both, {}, invited_at) == [morning]
    assert asked_at(both, {ANN: morning - FOLLOW_UPS_DAY}, invited_at) == []
    assert asked_at(both, {ANN: morning - 3 * FOLLOW_UPS_DAY}, invited_at) == [morning]


def test_of_several_dates_at_once_the_earliest_asks_and_a_date_before_an_invitation() -> None:
    later = Date(STARTS + 3 * FOLLOW_UPS_DAY, asks_before=frozenset({5 * FOLLOW_UPS_DAY}), id=UUID(int=4))
    both = [*requests_before(later), *requests_before(Date(asks_before=frozenset({2 * FOLLOW_UPS_DAY})))]
    silent = {Date().id: [ANN], later.id: [ANN]}
    at = STARTS - 2 * FOLLOW_UPS_DAY
    [request] = requests_due(both, silent, {}, at - FOLLOW_UPS_DAY, at).values()
    assert request.date.id == Date().id
    assert requests_due(both, {later.id: [ANN]}, {}, at - FOLLOW_UPS_DAY, at)[ANN].date.id == later.id


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"silent": 3, "people": 3}, "3 people haven’t replied. The next follow-up goes out Thursday, January 14."),
        (
            {"silent": 3, "people": 2},
            "3 people haven’t replied. The next follow-up goes out Thursday, January 14, to 2 of them.",
        ),
        ({"silent": 1, "people": 1}, "1 person hasn’t replied. The next follow-up goes out Thursday, January 14."),
        ({"silent": 1, "at": None}, "1 person hasn’t replied. No follow-ups are planned."),
    ],
)
def test_the_next_follow_up_is_said_with_its_day_in_the_events_zone(facts: dict[str, Any], words: str) -> None:
    at = datetime(2027, 1, 15, 5, 30, tzinfo=UTC)  # still Thursday in Kansas City
    assert NextFollowUp(**{"at": at, **facts}).words(ZONE) == words


def test_the_timing_is_said_in_words() -> None:
    assert timing_words(5 * FOLLOW_UPS_DAY) == "5 days before"
    assert timing_words(-2 * FOLLOW_UPS_DAY) == "2 days after the invitation to"


NOW = datetime(2026, 12, 15, 15, tzinfo=UTC)
NUDGES_ANN, BEN, DATE, POLL = uuid4(), uuid4(), uuid4(), uuid4()


def reason(*hours: int) -> str | None:
    last = {one: NOW - timedelta(hours=ago) for one, ago in zip((NUDGES_ANN, BEN), hours, strict=True)}
    nudge = Nudges(subject_id=DATE, starts_at=NOW + timedelta(days=9), silent=(NUDGES_ANN, BEN), last=last)
    return why_no_nudge(nudge, NOW, "America/Chicago")


def test_people_reminded_together_are_counted_with_when_and_when_again() -> None:
    assert reason(1, 1) == (
        "Reminded 2 people on Tue, Dec 15 at 8:00 AM. You can remind them again on Thu, Dec 17 at 8:00 AM."
    )


def test_people_reminded_at_different_times_are_counted_from_the_first() -> None:
    assert reason(1, 20) == (
        "Reminded 2 people, the first on Mon, Dec 14 at 1:00 PM. You can remind them again on Wed, Dec 16 at 1:00 PM."
    )


def test_people_invited_and_reminded_are_counted_together() -> None:
    last, invited = (
        {NUDGES_ANN: NOW - timedelta(hours=1)},
        {NUDGES_ANN: NOW - timedelta(hours=20), BEN: NOW - timedelta(hours=3)},
    )
    nudge = Nudges(
        subject_id=DATE, starts_at=NOW + timedelta(days=9), silent=(NUDGES_ANN, BEN), last=last, invited=invited
    )
    assert why_no_nudge(nudge, NOW, "America/Chicago") == (
        "Invited or reminded 2 people, the first on Tue, Dec 15 at 6:00 AM."
        " You can remind them on Thu, Dec 17 at 6:00 AM."
    )


def test_people_whom_no_reminder_reaches_before_the_start_are_to_be_called() -> None:
    last = {NUDGES_ANN: NOW - timedelta(hours=1)}
    nudge = Nudges(subject_id=DATE, starts_at=NOW + timedelta(hours=47), silent=(NUDGES_ANN,), last=last)
    assert why_no_nudge(nudge, NOW, "America/Chicago") == (
        "Reminded 1 person on Tue, Dec 15 at 8:00 AM. It starts before you can remind them again, so call them."
    )


def test_people_whose_invitations_went_out_in_the_same_minute_are_named_together() -> None:
    nudges = Nudges(
        subject_id=DATE,
        starts_at=NOW + timedelta(days=9),
        silent=(NUDGES_ANN, BEN),
        invited={NUDGES_ANN: NOW - timedelta(seconds=50), BEN: NOW - timedelta(seconds=10)},
        names={NUDGES_ANN: "Ann (FBI)", BEN: "Ben (HSI)"},
    )
    assert skipped_words(nudges, NOW, CAST_ZONE) == ("Skips Ann (FBI), Ben (HSI) (invited on Tue, Dec 15 at 8:59 AM).",)


def of_poll(**facts: Any) -> Nudges:
    return Nudges(subject_id=POLL, names={NUDGES_ANN: "Ann (FBI)", BEN: "Ben (HSI)"}, **facts)


def test_people_who_were_reminded_of_a_poll_lately_are_skipped_by_name() -> None:
    nudges = of_poll(silent=(NUDGES_ANN, BEN), last={BEN: NOW - timedelta(hours=1)})
    assert (nudges.asked, why_no_nudge(nudges, NOW, CAST_ZONE)) == ((NUDGES_ANN,), None)
    assert skipped_words(nudges, NOW, CAST_ZONE) == ("Skips Ben (HSI) (reminded on Tue, Dec 15 at 8:00 AM).",)


def test_people_can_be_reminded_of_a_poll_again_whenever_two_days_are_over() -> None:
    assert why_no_nudge(of_poll(silent=(NUDGES_ANN,), last={NUDGES_ANN: NOW}), NOW, CAST_ZONE) == (
        "Reminded 1 person on Tue, Dec 15 at 9:00 AM. You can remind them again on Thu, Dec 17 at 9:00 AM."
    )
    assert why_no_nudge(of_poll(silent=()), NOW, CAST_ZONE) == "Everyone who was asked has replied."


def test_people_who_get_no_email_are_skipped_and_named_as_the_reason() -> None:
    nudges = of_poll(silent=(NUDGES_ANN, BEN), unreachable={BEN})
    assert (nudges.asked, skipped_words(nudges, NOW, CAST_ZONE)) == (
        (NUDGES_ANN,),
        (f"Skips Ben (HSI) ({UNREACHABLE}).",),
    )
    none_left = of_poll(silent=(BEN,), unreachable={BEN})
    assert why_no_nudge(none_left, NOW, CAST_ZONE) == f"The people who haven’t replied have {UNREACHABLE}."
