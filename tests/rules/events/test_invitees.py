"""Lists of invitees and their replies: what a form says, and which reply counts."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.cast import meeting, operation
from tracker.ports.api.event_shapes import Needed
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.forms import (
    BoxReason,
    PersonBox,
    Picks,
    box_of_person,
    checked_agencies,
    people_picked,
    picks_by_box,
)
from tracker.rules.events.replies import (
    ROLES_OFFERED,
    AttendeeRole,
    ListChange,
    ListedInvitee,
    Reply,
    ReplySource,
    ReplyValue,
    SeatChange,
    asked_again_at,
    change_of_list,
    earlier_reply,
    effective_reply,
    follows_seats,
    last_responded_at,
    notes_apart,
    reply_deadline,
)

PEOPLE = [UUID(int=number) for number in range(6)]
ANN, BEN, CAL = PEOPLE[:3]
SOME = st.frozensets(st.sampled_from(PEOPLE))
PICKS = st.builds(Picks, people=SOME, unchecked=SOME)


def boxes(picks: Picks, grouped: frozenset[UUID]) -> dict[UUID, PersonBox]:
    return {one: box_of_person(one, picks, grouped) for one in PEOPLE}


def checked(shown: dict[UUID, PersonBox]) -> frozenset[UUID]:
    return frozenset(one for one, box in shown.items() if box.is_checked)


def read_boxes(shown: dict[UUID, PersonBox], now: frozenset[UUID]) -> Picks:
    """Return what a form says in which these boxes were shown, and these are checked now."""
    marked = {why: {one for one, box in shown.items() if box.decided is why} for why in BoxReason}
    people, unchecked = picks_by_box(now, marked[BoxReason.BY_GROUP], marked[BoxReason.BY_NAME])
    return Picks(people=people, unchecked=unchecked)


@given(PICKS, SOME)
def test_the_checked_boxes_are_the_people_who_are_invited(picks: Picks, grouped: frozenset[UUID]) -> None:
    assert checked(boxes(picks, grouped)) == people_picked(picks, grouped)


@given(PICKS, SOME, SOME)
def test_a_form_invites_the_people_whose_boxes_are_checked_when_it_is_sent(
    picks: Picks, grouped: frozenset[UUID], now: frozenset[UUID]
) -> None:
    assert people_picked(read_boxes(boxes(picks, grouped), now), grouped) == now


@given(PICKS, SOME, SOME)
def test_a_form_that_is_shown_again_is_the_same_form(
    picks: Picks, grouped: frozenset[UUID], now: frozenset[UUID]
) -> None:
    again = boxes(read_boxes(boxes(picks, grouped), now), grouped)
    assert people_picked(read_boxes(again, checked(again)), grouped) == now


def test_a_person_of_a_checked_agency_who_is_unchecked_is_not_invited() -> None:
    shown = boxes(Picks(), frozenset({ANN, BEN}))
    assert people_picked(read_boxes(shown, frozenset({ANN})), frozenset({ANN, BEN})) == {ANN}


def test_people_go_with_their_agency_when_it_is_unchecked() -> None:
    shown = boxes(Picks(), frozenset({ANN, BEN}))
    assert people_picked(read_boxes(shown, frozenset({ANN, BEN})), frozenset()) == frozenset()


def test_a_person_who_was_added_stays_when_their_agency_is_checked_and_unchecked() -> None:
    added = read_boxes(boxes(Picks(), frozenset()), frozenset({ANN}))
    shown = boxes(added, frozenset({ANN, BEN}))
    assert people_picked(read_boxes(shown, frozenset({ANN, BEN})), frozenset()) == {ANN}


def test_a_person_who_was_unchecked_comes_back_with_an_agency_that_is_checked_again() -> None:
    without = read_boxes(boxes(Picks(), frozenset({ANN, BEN})), frozenset({ANN}))
    no_one = boxes(without, frozenset())
    again = read_boxes(no_one, checked(no_one))
    assert people_picked(again, frozenset({ANN, BEN})) == {ANN, BEN}


def test_a_person_who_is_checked_again_is_invited() -> None:
    without = boxes(Picks(unchecked=frozenset({BEN})), frozenset({ANN, BEN}))
    assert people_picked(read_boxes(without, frozenset({ANN, BEN})), frozenset({ANN, BEN})) == {ANN, BEN}


def test_one_who_is_unchecked_in_two_groups_is_in_none() -> None:
    assert people_picked(Picks(people=frozenset({CAL}), unchecked=frozenset({CAL})), frozenset({CAL})) == frozenset()


def test_all_agencies_are_meant_when_their_box_is_checked() -> None:
    assert checked_agencies(frozenset(), all_checked=True, shown_checked=0) == (frozenset(), True)
    assert checked_agencies(frozenset({ANN}), all_checked=True, shown_checked=0)[1]


def test_an_agency_that_is_unchecked_below_all_agencies_is_left_out() -> None:
    assert checked_agencies(frozenset({ANN}), all_checked=True, shown_checked=2) == (frozenset({ANN}), False)
    assert checked_agencies(frozenset({ANN}), all_checked=False, shown_checked=2) == (frozenset({ANN}), False)


def test_no_agency_is_meant_when_the_box_for_all_of_them_is_unchecked() -> None:
    assert checked_agencies(frozenset({ANN, BEN}), all_checked=False, shown_checked=2) == (frozenset(), False)


def test_all_agencies_stay_checked_when_nothing_changes() -> None:
    assert checked_agencies(frozenset({ANN, BEN}), all_checked=True, shown_checked=2) == (frozenset({ANN, BEN}), True)


def test_agencies_that_are_checked_one_by_one_are_not_all_of_them() -> None:
    assert checked_agencies(frozenset({ANN, BEN}), all_checked=False, shown_checked=0) == (frozenset({ANN, BEN}), False)


def test_an_agency_that_is_checked_because_its_people_are_invites_no_one_else() -> None:
    assert checked_agencies(frozenset({ANN, BEN}), all_checked=False, shown_checked=0, by_name={ANN}) == ({BEN}, False)


def test_all_agencies_invite_no_one_else_when_their_people_are_checked_by_name() -> None:
    every = frozenset({ANN, BEN})
    assert checked_agencies(every, all_checked=True, shown_checked=2, by_name=every) == (frozenset(), False)
    assert checked_agencies(every, all_checked=True, shown_checked=0, by_name={ANN}) == ({BEN}, True)


FORMER, NEW, COMMITTEE = uuid4(), uuid4(), uuid4()
BY_SEAT = ListedInvitee(AttendeeRole.REQUIRED, by_seat=True)
BY_NAME = ListedInvitee(AttendeeRole.OPTIONAL, by_seat=False)
CHAIR = ListedInvitee(AttendeeRole.CHAIR, by_seat=True)


def ids_after_change(
    invited: dict[UUID, ListedInvitee],
    former: UUID | None = FORMER,
    new: UUID | None = NEW,
    seated: set[UUID] | None = None,
) -> tuple[UUID | None, UUID | None]:
    change = change_of_list(SeatChange(COMMITTEE, former, new), invited, seated or {NEW})
    return change.gone_id, change.new_id


def test_the_new_primary_takes_the_place_of_the_former() -> None:
    assert ids_after_change({FORMER: BY_SEAT}) == (FORMER, NEW)


def test_the_new_primary_has_the_role_of_the_former() -> None:
    optional = ListedInvitee(AttendeeRole.OPTIONAL, by_seat=True)
    change = change_of_list(SeatChange(COMMITTEE, FORMER, NEW), {FORMER: optional}, {NEW})
    assert change == ListChange(FORMER, NEW, AttendeeRole.OPTIONAL)


def test_where_the_former_primary_was_not_invited_the_new_one_is_not_either() -> None:
    assert ids_after_change({}) == (None, None)


def test_a_person_invited_by_name_stays_and_the_new_primary_comes_too() -> None:
    assert ids_after_change({FORMER: BY_NAME}) == (None, NEW)


def test_an_organizer_stays_and_the_new_primary_comes_too() -> None:
    assert ids_after_change({FORMER: CHAIR}) == (None, NEW)


def test_a_person_with_another_seat_on_the_committee_stays() -> None:
    assert ids_after_change({FORMER: BY_SEAT}, seated={FORMER, NEW}) == (None, NEW)


def test_the_first_primary_of_a_vacant_seat_is_invited_to_every_meeting() -> None:
    assert ids_after_change({}, former=None) == (None, NEW)


def test_a_seat_that_becomes_vacant_takes_its_primary_off_the_list() -> None:
    assert ids_after_change({FORMER: BY_SEAT}, new=None) == (FORMER, None)


def test_a_new_primary_who_is_invited_already_keeps_their_place() -> None:
    assert ids_after_change({FORMER: BY_SEAT, NEW: BY_NAME}) == (FORMER, None)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_the_lists_of_meetings_follow_seats_and_those_of_named_people_never(visibility: Visibility) -> None:
    plan = meeting(visibility=visibility, committee_id=COMMITTEE)
    assert follows_seats(plan) is (visibility is not Visibility.NAMED)


def test_no_operation_and_no_event_without_a_committee_follows_seats() -> None:
    assert not follows_seats(operation(visibility=Visibility.LAW_ENFORCEMENT, committee_id=COMMITTEE))
    assert not follows_seats(meeting())


CENTRAL = ZoneInfo("America/Chicago")
DATE = datetime(2026, 12, 10, 14, tzinfo=CENTRAL)
THIS, OTHER = uuid4(), uuid4()
YES, NO, ASKED_AGAIN = ReplyValue.ACCEPTED, ReplyValue.DECLINED, ReplyValue.NEEDS_ACTION


def reply_of_day(value: ReplyValue, day: int, of: UUID | None = THIS, number: int | None = None) -> Reply:
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
def test_no_one_is_asked_to_reply_by_a_day_on_which_no_one_works(starts: datetime, by: datetime) -> None:
    assert reply_deadline(starts, datetime(2026, 11, 1, tzinfo=CENTRAL)) == by


def test_a_reply_for_the_date_counts_before_a_later_one_for_the_series() -> None:
    assert effective_reply(
        [reply_of_day(YES, 2), reply_of_day(NO, 3, None), reply_of_day(NO, 4, OTHER)], THIS
    ) == reply_of_day(YES, 2)


def test_of_two_replies_the_one_that_came_later_counts_whatever_the_clock_said() -> None:
    by_a_fast_clock, later = reply_of_day(YES, 9, number=1), reply_of_day(NO, 2, number=2)
    assert effective_reply([by_a_fast_clock, later], THIS) == effective_reply([later, by_a_fast_clock], THIS) == later
    assert last_responded_at([by_a_fast_clock, later], THIS) == later.replied_at
    asked_again = reply_of_day(ASKED_AGAIN, 1, number=3)
    assert earlier_reply([by_a_fast_clock, later, asked_again], THIS) is NO


def test_a_reply_for_another_date_is_not_heard_for_this_one() -> None:
    assert last_responded_at([reply_of_day(YES, 2, OTHER)], THIS) is None
    given = [
        reply_of_day(YES, 2),
        reply_of_day(YES, 3, None),
        reply_of_day(YES, 4, OTHER),
        reply_of_day(ASKED_AGAIN, 5),
    ]
    assert last_responded_at(given, THIS) == reply_of_day(YES, 3).replied_at


def test_the_earlier_reply_is_the_last_one_that_was_given_for_the_date_or_the_series() -> None:
    given = [reply_of_day(YES, 2, None), reply_of_day(NO, 3), reply_of_day(YES, 4, OTHER), reply_of_day(ASKED_AGAIN, 5)]
    assert earlier_reply(given, THIS) is NO
    assert earlier_reply(given[:-1], THIS) is None, "it still counts"
    assert earlier_reply(given[2:], THIS) is None, "that was for another date"
    undone = replace(reply_of_day(ASKED_AGAIN, 5), source=ReplySource.EMAIL)
    assert earlier_reply([*given[:-1], undone], THIS) is None, "it was undone"


def test_someone_who_was_invited_again_has_no_earlier_reply_and_was_not_asked_by_a_change() -> None:
    given, invited_again = reply_of_day(NO, 3), replace(reply_of_day(ASKED_AGAIN, 5), sequence=0)
    assert earlier_reply([given, invited_again], THIS) is None
    assert asked_again_at([given, invited_again], THIS) is None
    changed = reply_of_day(ASKED_AGAIN, 6)
    assert asked_again_at([given, invited_again, changed], THIS) == changed.replied_at


def test_every_role_has_a_label_and_programs_may_give_every_one_but_the_organizers() -> None:
    assert set(ROLES_OFFERED) == set(AttendeeRole)
    assert all(role.label for role in AttendeeRole)
    assert {one.value for one in Needed} == {one.value for one in AttendeeRole} - {"chair"}


def test_informed_people_take_no_part_and_only_those_who_come_are_asked() -> None:
    assert {one for one in AttendeeRole if not one.takes_part} == {AttendeeRole.INFORMED}
    assert {one for one in AttendeeRole if one.is_asked} == {AttendeeRole.REQUIRED, AttendeeRole.OPTIONAL}


def test_a_substitute_s_note_never_becomes_the_note_of_the_person_who_named_them() -> None:
    named = replace(reply_of_day(NO, 2), comment="On leave", substitute="Fbi alternate (FBI)")
    released = replace(reply_of_day(NO, 3), comment="Sick", source=ReplySource.SUBSTITUTE)
    again = replace(reply_of_day(NO, 4), comment="Still no", source=ReplySource.SITE)
    reported = notes_apart([released, named, again])
    assert [(one.comment, one.substitute_note) for one in reported] == [
        ("On leave", ""),
        ("On leave", "Sick"),
        ("Still no", ""),
    ]
