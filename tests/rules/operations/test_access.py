"""Access to an operation: its states, who needs a second person, and who that can be."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tracker.errors import Invalid
from tracker.rules.core.viewers import Arm
from tracker.rules.operations.access import Grant, GrantState, check_grant

NOW = datetime(2027, 5, 12, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def grant(granted: datetime | None = None, until: datetime | None = None, ended: datetime | None = None) -> Grant:
    return Grant(
        id=UUID(int=1),
        member_id=UUID(int=2),
        person="Advocate (CAHT)",
        giver_id=UUID(int=3),
        giver="Lead (FBI)",
        reason="Interpreters",
        requested_at=NOW - HOUR,
        granted_at=granted,
        approver="",
        until=until,
        ended_at=ended,
        ended_by="",
    )


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (grant(), GrantState.REQUESTED),
        (grant(granted=NOW), GrantState.GRANTED),
        (grant(granted=NOW - HOUR, until=NOW + HOUR), GrantState.GRANTED),
        (grant(granted=NOW - HOUR, until=NOW), GrantState.EXPIRED),
        (grant(until=NOW), GrantState.EXPIRED),
        (grant(granted=NOW - HOUR, ended=NOW), GrantState.WITHDRAWN),
        (grant(granted=NOW - HOUR, until=NOW + HOUR, ended=NOW), GrantState.WITHDRAWN),
        (grant(granted=NOW - 2 * HOUR, until=NOW - HOUR, ended=NOW), GrantState.EXPIRED),
    ],
)
def test_a_state_follows_from_what_happened_and_the_time(one: Grant, state: GrantState) -> None:
    assert one.state(NOW) is state


@pytest.mark.parametrize(
    ("arm", "reason", "until", "field"),
    [
        (Arm.VICTIM_SERVICES, "", None, "reason"),
        (Arm.LAW_ENFORCEMENT, "x" * 501, None, "reason"),
        (Arm.LAW_ENFORCEMENT, "", NOW, "until"),
        (Arm.LAW_ENFORCEMENT, "", NOW + timedelta(days=367), "until"),
    ],
)
def test_access_that_cannot_be_given_is_refused_at_its_field(
    arm: Arm, reason: str, until: datetime | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_grant(arm, reason, until, NOW)
    assert list(refused.value.fields) == [field]


def test_law_enforcement_needs_no_reason() -> None:
    check_grant(Arm.LAW_ENFORCEMENT, "", NOW + HOUR, NOW)
