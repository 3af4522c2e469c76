"""Whom the form of an event invites, and what the boxes of its people show."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.events.invitees import (
    BoxReason,
    PersonBox,
    Picks,
    box_of_person,
    checked_agencies,
    people_picked,
    picks_by_box,
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
