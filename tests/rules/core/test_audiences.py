"""When an event opens to more people, by the names of its audiences."""

from uuid import UUID

import pytest

from tracker.rules.core.audiences import EVERYONE, Arm, Standing, arm, committee, member, named, opens

ONE, ANOTHER = UUID(int=1), UUID(int=2)
POLICE = arm(Arm.LAW_ENFORCEMENT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({POLICE}, {EVERYONE}),
        ({POLICE}, {arm(Arm.VICTIM_SERVICES)}),
        ({committee(ONE)}, {committee(ANOTHER)}),
        ({member(ONE)}, {member(ONE), member(ANOTHER)}),
        ({named(ONE, Standing.FEDERAL)}, {member(ONE)}),
    ],
)
def test_an_event_opens_to_an_audience_that_could_not_see_it(before: set[str], after: set[str]) -> None:
    assert opens(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({POLICE}, {POLICE}),
        ({EVERYONE}, {POLICE, member(ONE)}),
        ({member(ONE), member(ANOTHER)}, {member(ONE)}),
        ({member(ONE)}, {named(ONE, Standing.FEDERAL)}),
    ],
)
def test_an_event_opens_to_no_one_who_could_see_it_before(before: set[str], after: set[str]) -> None:
    assert not opens(before, after)
