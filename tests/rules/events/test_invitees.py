"""Whom the form of an event invites, and what the boxes of its people show."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import meeting, operation
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
    AttendeeRole,
    ListChange,
    ListedInvitee,
    SeatChange,
    change_of_list,
    follows_seats,
)

PEOPLE = [UUID(int=number) for number in range(6)]
ANN, BEN, CAL = PEOPLE[:3]
SOME = st.frozensets(st.sampled_from(PEOPLE))
PICKS = st.builds(Picks, people=SOME, unchecked=SOME)


def boxes(picks: Picks, grouped: frozenset[UUID]) -> dict[UUID, PersonBox]:
    return {one: box_of_person(one, picks, grouped) for one in PEOPLE}


def checked(shown: dict[UUID, PersonBox]) -> frozenset[UUID]:
    return frozenset(one for one, box in shown.items() if box.is_checked)


def read(shown: dict[UUID, PersonBox], now: frozenset[UUID]) -> Picks:
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
    assert people_picked(read(boxes(picks, grouped), now), grouped) == now


@given(PICKS, SOME, SOME)
def test_a_form_that_is_shown_again_is_the_same_form(
    picks: Picks, grouped: frozenset[UUID], now: frozenset[UUID]
) -> None:
    again = boxes(read(boxes(picks, grouped), now), grouped)
    assert people_picked(read(again, checked(again)), grouped) == now


def test_a_person_of_a_checked_agency_who_is_unchecked_is_not_invited() -> None:
    shown = boxes(Picks(), frozenset({ANN, BEN}))
    assert people_picked(read(shown, frozenset({ANN})), frozenset({ANN, BEN})) == {ANN}


def test_people_go_with_their_agency_when_it_is_unchecked() -> None:
    shown = boxes(Picks(), frozenset({ANN, BEN}))
    assert people_picked(read(shown, frozenset({ANN, BEN})), frozenset()) == frozenset()


def test_a_person_who_was_added_stays_when_their_agency_is_checked_and_unchecked() -> None:
    added = read(boxes(Picks(), frozenset()), frozenset({ANN}))
    shown = boxes(added, frozenset({ANN, BEN}))
    assert people_picked(read(shown, frozenset({ANN, BEN})), frozenset()) == {ANN}


def test_a_person_who_was_unchecked_comes_back_with_an_agency_that_is_checked_again() -> None:
    without = read(boxes(Picks(), frozenset({ANN, BEN})), frozenset({ANN}))
    nobody = boxes(without, frozenset())
    again = read(nobody, checked(nobody))
    assert people_picked(again, frozenset({ANN, BEN})) == {ANN, BEN}


def test_a_person_who_is_checked_again_is_invited() -> None:
    without = boxes(Picks(unchecked=frozenset({BEN})), frozenset({ANN, BEN}))
    assert people_picked(read(without, frozenset({ANN, BEN})), frozenset({ANN, BEN})) == {ANN, BEN}


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


def changed(
    invited: dict[UUID, ListedInvitee],
    former: UUID | None = FORMER,
    new: UUID | None = NEW,
    seated: set[UUID] | None = None,
) -> tuple[UUID | None, UUID | None]:
    found = change_of_list(SeatChange(COMMITTEE, former, new), invited, seated or {NEW})
    return found.gone_id, found.new_id


def test_the_new_primary_takes_the_place_of_the_former() -> None:
    assert changed({FORMER: BY_SEAT}) == (FORMER, NEW)


def test_the_new_primary_has_the_role_of_the_former() -> None:
    optional = ListedInvitee(AttendeeRole.OPTIONAL, by_seat=True)
    found = change_of_list(SeatChange(COMMITTEE, FORMER, NEW), {FORMER: optional}, {NEW})
    assert found == ListChange(FORMER, NEW, AttendeeRole.OPTIONAL)


def test_where_the_former_primary_was_not_invited_the_new_one_is_not_either() -> None:
    assert changed({}) == (None, None)


def test_a_person_invited_by_name_stays_and_the_new_primary_comes_too() -> None:
    assert changed({FORMER: BY_NAME}) == (None, NEW)


def test_an_organizer_stays_and_the_new_primary_comes_too() -> None:
    assert changed({FORMER: CHAIR}) == (None, NEW)


def test_a_person_with_another_seat_on_the_committee_stays() -> None:
    assert changed({FORMER: BY_SEAT}, seated={FORMER, NEW}) == (None, NEW)


def test_the_first_primary_of_a_vacant_seat_is_invited_to_every_meeting() -> None:
    assert changed({}, former=None) == (None, NEW)


def test_a_seat_that_becomes_vacant_takes_its_primary_off_the_list() -> None:
    assert changed({FORMER: BY_SEAT}, new=None) == (FORMER, None)


def test_a_new_primary_who_is_invited_already_keeps_their_place() -> None:
    assert changed({FORMER: BY_SEAT, NEW: BY_NAME}) == (FORMER, None)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_the_lists_of_meetings_follow_seats_and_those_of_named_people_never(visibility: Visibility) -> None:
    plan = meeting(visibility=visibility, committee_id=COMMITTEE)
    assert follows_seats(plan) is (visibility is not Visibility.NAMED)


def test_no_operation_and_no_event_without_a_committee_follows_seats() -> None:
    assert not follows_seats(operation(visibility=Visibility.LAW_ENFORCEMENT, committee_id=COMMITTEE))
    assert not follows_seats(meeting())
