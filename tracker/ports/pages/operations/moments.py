"""A day and time that someone typed in one field, on the clock of an operation."""

import re
from datetime import datetime

from tracker.errors import Invalid
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.core.wording import local

LOCAL_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?")
NO_TIME = "Enter the day and time, like 2027-05-15 05:00."


def typed(at: datetime | None, zone: str) -> str:
    """Return a moment as a field for a day and time has it; empty for none."""
    return f"{local(at, zone):%Y-%m-%dT%H:%M}" if at else ""


def moment(text: str, name: str, zone: str) -> datetime:
    """Return the moment that a field says, aware UTC. Errors: Invalid(`name`)."""
    try:
        if parts := LOCAL_TIME.fullmatch(text.strip()):
            return to_utc(datetime.fromisoformat(f"{parts[1]}T{parts[2]}"), zone)
    except (ValueError, Invalid):
        pass  # no such day, or none that the tracker knows
    raise Invalid(**{name: NO_TIME})
