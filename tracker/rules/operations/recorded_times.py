"""How far back a time can be that people type for a check-in, a phase, or an entry of the log."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tracker.errors import Invalid

LOOKS_BACK = timedelta(days=30)
BEFORE_THE_OPERATION = f"That’s more than {LOOKS_BACK.days} days before the operation. Check the date."
LONG_AGO = f"That’s more than {LOOKS_BACK.days} days ago. Check the date."


def check_not_long_before(
    typed: Mapping[str, tuple[datetime | None, datetime | None]], starts_at: datetime, now: datetime
) -> None:
    """Raise `Invalid`, by field, for a time long before the operation, or long ago while it is still to come.

    `typed` has the time of each field, and the time that it replaces: one that stays as it is is kept.
    """
    sentence = BEFORE_THE_OPERATION if now >= starts_at else LONG_AGO
    first = min(starts_at, now) - LOOKS_BACK
    if wrong := {name: sentence for name, (at, was) in typed.items() if at and at != was and at < first}:
        raise Invalid(**wrong)
