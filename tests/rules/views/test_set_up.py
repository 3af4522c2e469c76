"""The setup checklist: which steps there are for whom, and what makes each of them done."""

import pytest
from msgspec.structs import replace

from tests.rules.views.test_work_queue import MEMBER
from tracker.rules.core.viewers import Role
from tracker.rules.views.home import SetUpState, SetUpStep, set_up_steps

COORDINATOR = replace(MEMBER, roles=frozenset({Role.COORDINATOR}))
ADMINISTRATOR = replace(MEMBER, roles=frozenset({Role.ADMINISTRATOR}))
FOUNDED = SetUpState(agencies=1, people=1, committees=0, was_email_sent=False, has_event=False)


def test_nothing_is_done_when_the_first_coordinator_signs_in() -> None:
    assert set_up_steps(COORDINATOR, FOUNDED) == dict.fromkeys(SetUpStep, False)


@pytest.mark.parametrize(
    ("more", "done"),
    [
        ({"agencies": 2}, SetUpStep.AGENCIES),
        ({"people": 2}, SetUpStep.PEOPLE),
        ({"committees": 1}, SetUpStep.COMMITTEES),
        ({"was_email_sent": True}, SetUpStep.EMAIL),
        ({"has_event": True}, SetUpStep.EVENT),
    ],
)
def test_each_step_is_done_by_what_is_there(more: dict[str, int], done: SetUpStep) -> None:
    found = set_up_steps(COORDINATOR, replace(FOUNDED, **more))  # type: ignore[arg-type]  # a table of fields
    assert [step for step, is_done in found.items() if is_done] == [done]


def test_an_administrator_has_no_step_about_events() -> None:
    assert list(set_up_steps(ADMINISTRATOR, FOUNDED)) == [
        SetUpStep.AGENCIES,
        SetUpStep.PEOPLE,
        SetUpStep.COMMITTEES,
        SetUpStep.EMAIL,
    ]
