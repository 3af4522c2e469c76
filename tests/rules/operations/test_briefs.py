"""A copy of a brief is printed again only while the plan has the version that it shows."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tracker.rules.operations.orders import NumberedCopy, why_outdated

ISSUED = datetime(2026, 12, 15, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("of_copy", "of_plan", "reason"),
    [
        (None, None, ""),
        (7, 7, ""),
        (7, 9, "Copy 3 shows version 7, and the plan is version 9 now. Issue a new copy."),
        (None, 1, "Copy 3 shows the operation before it had a plan, and the plan is version 1 now. Issue a new copy."),
    ],
)
def test_a_copy_of_another_version_says_why_it_is_not_printed(
    of_copy: int | None, of_plan: int | None, reason: str
) -> None:
    copy = NumberedCopy(
        number=3, version=of_copy, issued_at=ISSUED, issued_to_id=UUID(int=1), issued_to="KCPD", issued_by="FBI"
    )
    assert why_outdated(copy, of_plan) == reason
