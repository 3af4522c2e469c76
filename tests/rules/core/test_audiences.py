"""When an event opens to more people, by the names of its audiences."""

from uuid import UUID

import pytest

from tracker.rules.core.viewers import (
    EVERYONE,
    Arm,
    Capacity,
    arm_audience,
    committee_audience,
    member_audience,
    named_audience,
    widens_audiences,
)

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
