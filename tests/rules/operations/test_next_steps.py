"""What is in the way of a plan's next step leads to the part that settles it."""

import pytest

from tracker.rules.core.button_effects import Caution
from tracker.rules.operations.next_steps import missing_parts

NO_NUMBER = "There is no deconfliction number from an outside system, and no waiver."


@pytest.mark.parametrize(
    ("reason", "to"),
    [
        ("Add a site first.", "#sites-h"),
        ("Name the approving supervisor first.", "#basics-h"),
        ("1 conflict isn’t resolved yet.", "#conflicts-h"),
        (NO_NUMBER, "#record-number"),
        ("Not every agency has acknowledged version 4: KCPD.", "#agencies-h"),
        ("Not checked out: Hsi liaison (HSI).", "/check-in"),
        ("The after-action item “Radios” has no owner and no due date.", "/after"),
    ],
)
def test_each_thing_that_is_missing_leads_to_the_part_that_settles_it(reason: str, to: str) -> None:
    [part] = missing_parts([reason], leads=True, may_waive=False)
    assert (part.says, part.to) == (reason, to)


def test_a_supervisor_is_led_to_the_waiver_and_to_nothing_that_others_settle() -> None:
    reasons = [NO_NUMBER, "1 conflict isn’t resolved yet."]
    assert missing_parts(reasons, leads=False, may_waive=True) == (
        Caution(says=NO_NUMBER, to="#waive", link="Waive it"),
        Caution(says=reasons[1]),
    )
