"""Reminding those who have not replied: when it is of use, and that nobody is asked again within two days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.wording import clock, day, local, plural
from tracker.rules.events.confirmations import Board
from tracker.rules.events.event import EventStatus, Line

REST = timedelta(hours=48)
"""So long after one reminder about an event nobody is asked again to reply to it, on any of its dates."""
ASKED_AGAIN = (timedelta(days=5), timedelta(days=2))
"""How long before a date the events of a committee that wants it ask again for missing replies."""


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """Whom a date could remind: those who are asked, may see it and have not said whether they come."""

    line: Line
    silent: tuple[UUID, ...]
    """Members."""
    board: Board | None = None
    """Set when they are asked to confirm a change, and are silent until they do."""
    last: datetime | None
    """When people were reminded of the event before."""

    @property
    def opens_at(self) -> datetime | None:
        """When they may be reminded again; None when they never were."""
        return self.last + REST if self.last else None

    def is_open(self, now: datetime) -> bool:
        """Whether the last reminder is long enough ago."""
        return self.opens_at is None or now >= self.opens_at


def takes_nudges(line: Line, now: datetime) -> bool:
    """Whether a date is still to come and its replies are of use."""
    takes_place = not line.is_off and line.status is not EventStatus.DRAFT
    return line.kind.asks_reply and takes_place and now < line.starts_at


def why_not(nudge: Nudge, now: datetime, zone: str) -> str | None:
    """Return the sentence that says why nobody can be reminded at this moment, or None; days as in `zone`."""
    if not nudge.silent:
        return "Everybody has confirmed the change." if nudge.board else "Everybody who is asked has replied."
    if nudge.opens_at and not nudge.is_open(now):
        opens, here = local(nudge.opens_at, zone), local(now, zone)
        return f"Reminded {_at(local(nudge.opens_at - REST, zone), here)}. You can remind again {_at(opens, here)}."
    return None


def done_words(count: int, deed: str = "reply") -> str:
    """Return what the page says when it is done; `deed` is what they are reminded to do."""
    return f"{plural(count, 'person is', 'people are')} reminded to {deed}. You can remind again in two days."


def _at(moment: datetime, today: datetime) -> str:
    return f"on {day(moment, today)} at {clock(moment)}"
