"""That a supervisor approved a version of a plan."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One approval; a change of a site, or of the time by more than the buffer, ends it."""

    version: int
    by: str
    """With the agency."""
    approved_at: datetime
    ended_at: datetime | None
    """None while it holds."""
