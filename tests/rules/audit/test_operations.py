"""What the audit log says of an operation's way from planning to closed."""

from datetime import UTC, datetime

import pytest

from tracker.rules.audit.audit_log import AuditLine
from tracker.rules.audit.verbs import AuditVerb
from tracker.rules.core.viewers import Origin
from tracker.rules.operations.states import STATES, OperationState


def entry(verb: str) -> AuditLine:
    """Return an entry about Operation Bluestem."""
    return AuditLine(
        seq=1,
        at=datetime(2026, 12, 15, tzinfo=UTC),
        actor_id=None,
        actor="Fbi lead (FBI)",
        origin=Origin("page", "198.51.100.7"),
        verb=verb,
        subject="event",
        subject_id="x",
        title="Operation Bluestem",
        facts={},
        is_open=True,
    )


@pytest.mark.parametrize("state", STATES)
def test_every_state_that_a_plan_can_reach_has_words_of_its_own(state: OperationState) -> None:
    assert AuditVerb.known(STATES[state].verb)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OperationState.PLANNING, "Started planning Operation Bluestem"),
        (OperationState.SUBMITTED, "Submitted the plan of Operation Bluestem"),
        (OperationState.APPROVED, "Approved the plan of Operation Bluestem"),
        (OperationState.RELEASED, "Marked as released: Operation Bluestem"),
        (OperationState.STOOD_DOWN, "Stood down the operation: Operation Bluestem"),
    ],
)
def test_a_step_of_an_operation_reads_as_a_sentence(state: OperationState, sentence: str) -> None:
    assert entry(STATES[state].verb).words_with_title == sentence
