"""Viewers and audiences: who is among them."""

from uuid import UUID

import pytest

from tracker.rules.core.viewers import (
    EVERYONE,
    Arm,
    Capacity,
    Origin,
    arm_audience,
    committee_audience,
    member_audience,
    named_audience,
    network_address,
    widens_audiences,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("fe80::7%eth0", "fe80::7"),
        ("unix:", ""),
        ("192.0.2.7, 198.51.100.1", ""),
        ("<b>192.0.2.7", ""),
        ("", ""),
    ],
)
def test_an_address_is_said_in_its_usual_form_and_nothing_else_is_one(text: str, address: str) -> None:
    assert network_address(text) == address


def test_of_the_id_of_a_session_only_the_beginning_is_said() -> None:
    here = Origin("page", "192.0.2.7", request="fedcba9876543210")
    assert here.within("0123456789abcdef" * 4) == Origin("page", "192.0.2.7", "0123456789ab", "fedcba9876543210")


ONE, ANOTHER = UUID(int=1), UUID(int=2)
POLICE = arm_audience(Arm.LAW_ENFORCEMENT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({POLICE}, {EVERYONE}),
        ({POLICE}, {arm_audience(Arm.VICTIM_SERVICES)}),
        ({committee_audience(ONE)}, {committee_audience(ANOTHER)}),
        ({member_audience(ONE)}, {member_audience(ONE), member_audience(ANOTHER)}),
        ({named_audience(ONE, Capacity.FEDERAL)}, {member_audience(ONE)}),
    ],
)
def test_an_event_opens_to_an_audience_that_could_not_see_it(before: set[str], after: set[str]) -> None:
    assert widens_audiences(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({POLICE}, {POLICE}),
        ({EVERYONE}, {POLICE, member_audience(ONE)}),
        ({member_audience(ONE), member_audience(ANOTHER)}, {member_audience(ONE)}),
        ({member_audience(ONE)}, {named_audience(ONE, Capacity.FEDERAL)}),
    ],
)
def test_an_event_opens_to_no_one_who_could_see_it_before(before: set[str], after: set[str]) -> None:
    assert not widens_audiences(before, after)
