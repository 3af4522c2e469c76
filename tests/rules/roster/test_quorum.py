"""Quorum: seats, arms, alternates, and the words for it."""

from uuid import UUID, uuid4

import pytest

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm
from tracker.rules.roster.quorum import FillableSeat, Quorum, QuorumRule

LAW, SERVICES = Arm.LAW_ENFORCEMENT, Arm.VICTIM_SERVICES
ANNA, BEN, CARL, DORA = (UUID(int=number) for number in range(1, 5))


def quorum(seats: int | None = 2, *, both_arms: bool = True) -> Quorum:
    return Quorum(
        rule=QuorumRule(seats=seats, both_arms=both_arms),
        seats=(
            FillableSeat(agency_id=uuid4(), arm=LAW, holders=frozenset({ANNA, BEN})),
            FillableSeat(agency_id=uuid4(), arm=LAW, holders=frozenset({CARL})),
            FillableSeat(agency_id=uuid4(), arm=SERVICES, holders=frozenset({DORA})),
        ),
    )


def test_an_alternate_fills_the_seat_of_a_primary_who_cannot_come() -> None:
    assert quorum().count({ANNA}).words == "Quorum: 3 of 3 seats (2 needed)"


def test_two_people_of_one_seat_fill_it_once() -> None:
    assert quorum(both_arms=False).count_present({ANNA, BEN}).words == "No quorum: 1 of 3 seats (2 needed)"


def test_an_arm_of_which_nobody_is_there_keeps_it_from_being_a_quorum() -> None:
    assert quorum().count({DORA}).words == "No quorum: no one from victim services"
    assert quorum(3).count({DORA}).words == "No quorum: 2 of 3 seats (3 needed), no one from victim services"


def test_a_seat_of_which_nobody_is_invited_is_not_filled() -> None:
    assert quorum().among({BEN, DORA}).count(set()).words == "Quorum: 2 of 3 seats (2 needed)"


def test_without_a_number_the_arms_alone_count() -> None:
    assert quorum(None).count({ANNA, BEN}).is_met
    assert quorum(None).count({ANNA, BEN}).words == "Quorum: 2 of 3 seats"
    assert not quorum(None).count({ANNA, BEN, CARL}).is_met


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (QuorumRule(), "none"),
        (QuorumRule(seats=5), "5 of 8 seats"),
        (QuorumRule(seats=5, both_arms=True), "5 of 8 seats, both arms"),
        (QuorumRule(both_arms=True), "both arms"),
    ],
)
def test_a_rule_is_told_in_words(rule: QuorumRule, words: str) -> None:
    assert rule.words(8) == words


def test_a_committee_of_one_arm_cannot_ask_for_both_and_nobody_for_no_seat() -> None:
    with pytest.raises(Invalid) as refused:
        QuorumRule(both_arms=True).check(LAW)
    assert "both_arms" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        QuorumRule(seats=0).check(None)
    assert "quorum" in refused.value.fields
