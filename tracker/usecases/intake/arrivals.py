"""When emails came in, by whichever way, and whether one of ours came back."""

from datetime import datetime

from tracker.rules.core.viewer import Viewer
from tracker.tables.background.intake import arrivals
from tracker.tables.background.intake.arrivals import StrayEmail

MOST_SHOWN = 50


async def last_at() -> datetime | None:
    """Return when the last email came in; None = none has."""
    return await arrivals.last_at()


async def noted_from(sender: str) -> int:
    """Return how many emails of a program with this sender came in; they were noted, and changed nothing."""
    return await arrivals.noted_from(sender)


async def stray(viewer: Viewer) -> list[StrayEmail]:
    """Return the newest emails that lead nowhere; none for viewers who may not manage accounts."""
    return await arrivals.stray(MOST_SHOWN) if viewer.manages_accounts else []
