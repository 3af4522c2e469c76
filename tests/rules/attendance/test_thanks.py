"""For which dates people are thanked."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.rules.attendance.world import STARTS, a_date, an_event
from tracker.rules.attendance.roll_call import is_thanked_for, why_no_thanks
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import EventStatus, Kind


@pytest.mark.parametrize("kind", [Kind.MEETING, Kind.TRAINING, Kind.OUTREACH])
def test_people_are_thanked_for_a_date_whose_attendance_is_closed(kind: Kind) -> None:
    held = a_date(an_event(kind=kind), attendance_closed_at=STARTS)
    assert is_thanked_for(held)
    assert not is_thanked_for(replace(held, attendance_closed_at=None))
    assert why_no_thanks(replace(held, attendance_closed_at=None)).startswith("Close attendance first.")


@pytest.mark.parametrize("facts", [{"kind": Kind.JOINT_OPERATION}, {"visibility": Visibility.NAMED}])
def test_no_one_is_thanked_for_what_an_email_may_not_name(facts: dict[str, Any]) -> None:
    held = a_date(an_event(**facts), attendance_closed_at=STARTS)
    assert not is_thanked_for(held)
    assert why_no_thanks(held) == "Thank-yous aren’t sent for operations or events for named participants."


@pytest.mark.parametrize("facts", [{"kind": Kind.DEADLINE}, {"status": EventStatus.CANCELED}])
def test_no_one_is_thanked_for_what_was_not_held(facts: dict[str, Any]) -> None:
    off = a_date(an_event(**facts), attendance_closed_at=STARTS)
    assert not is_thanked_for(off)
    assert why_no_thanks(off) == "There’s no one to thank for this date."
