"""The setup checklist: which steps there are for whom, and what makes each of them done."""

import pytest
from msgspec.structs import replace

from tests.rules.views.test_work_queue import MEMBER
from tracker.rules.core.viewer import Role
from tracker.rules.views.set_up import Present, Step, steps

COORDINATOR = replace(MEMBER, roles=frozenset({Role.COORDINATOR}))
ADMINISTRATOR = replace(MEMBER, roles=frozenset({Role.ADMINISTRATOR}))
FOUNDED = Present(agencies=1, people=1, committees=0, was_email_sent=False, has_event=False)


def test_nothing_is_done_when_the_first_coordinator_signs_in() -> None:
    assert steps(COORDINATOR, FOUNDED) == dict.fromkeys(Step, False)


@pytest.mark.parametrize(
    ("more", "done"),
    [
        ({"agencies": 2}, Step.AGENCIES),
        ({"people": 2}, Step.PEOPLE),
        ({"committees": 1}, Step.COMMITTEES),
        ({"was_email_sent": True}, Step.EMAIL),
        ({"has_event": True}, Step.EVENT),
    ],
)
def test_each_step_is_done_by_what_is_there(more: dict[str, int], done: Step) -> None:
    found = steps(COORDINATOR, replace(FOUNDED, **more))  # type: ignore[arg-type]  # a table of fields
    assert [step for step, is_done in found.items() if is_done] == [done]


def test_an_administrator_has_no_step_about_events() -> None:
    assert list(steps(ADMINISTRATOR, FOUNDED)) == [Step.AGENCIES, Step.PEOPLE, Step.COMMITTEES, Step.EMAIL]
