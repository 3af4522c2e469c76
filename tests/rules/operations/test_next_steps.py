"""What is in the way of a plan's next step leads to the part that settles it."""

import pytest

from tracker.rules.core.button_effects import Caution
from tracker.rules.operations.approvals import Refusal, Settles
from tracker.rules.operations.next_steps import missing_parts


@pytest.mark.parametrize(
    ("settles", "to"),
    [
        (Settles.SITES, "#add-site"),
        (Settles.SUPERVISOR, "#basics-h"),
        (Settles.CONFLICTS, "#conflicts-h"),
        (Settles.CLEARANCE, "#record-number"),
        (Settles.AGENCIES, "#agencies-h"),
        (Settles.CHECK_IN, "/check-in"),
        (Settles.AFTER_ACTION, "/after"),
        (Settles.ELSEWHERE, ""),
    ],
)
def test_each_thing_that_is_missing_leads_to_the_part_that_settles_it(settles: Settles, to: str) -> None:
    [part] = missing_parts([Refusal(says="Not yet.", settles=settles)], leads=True, may_waive=False)
    assert (part.says, part.to) == ("Not yet.", to)


def test_a_supervisor_is_led_to_the_waiver_and_to_nothing_that_others_settle() -> None:
    refusals = [Refusal(says="No number.", settles=Settles.CLEARANCE), Refusal(says="1.", settles=Settles.CONFLICTS)]
    assert missing_parts(refusals, leads=False, may_waive=True) == (
        Caution(says="No number.", to="#waive", link="Waive it"),
        Caution(says="1."),
    )
