"""Nudges to people who have not replied: when they are useful, and never twice within two days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tracker.rules.core.wording import clock, day, local, plural
from tracker.rules.events.confirmations import Board
from tracker.rules.events.event import EventStatus, Line

REST = timedelta(hours=48)
"""How long after one nudge about an event people are not asked again to reply, on any of its dates."""
ASKED_AGAIN = (timedelta(days=5), timedelta(days=2))
"""How long before a date missing replies are requested again, for committees that chose it."""


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """The people whom a date could nudge: those who are invited, may see it and have not replied."""

    line: Line
    silent: tuple[UUID, ...]
    """Members."""
    board: Board | None = None
    """Set when they are asked to confirm a change and have not done so."""
    last: datetime | None
    """When people were last nudged about the event."""

    @property
    def opens_at(self) -> datetime | None:
        """Return when they may be nudged again; None when they never were."""
        return self.last + REST if self.last else None

    def is_open(self, now: datetime) -> bool:
        """Return whether the last nudge is long enough ago."""
        return self.opens_at is None or now >= self.opens_at


def takes_nudges(line: Line, now: datetime) -> bool:
    """Return whether a date is still upcoming and replies to it are useful."""
    takes_place = not line.is_off and line.status is not EventStatus.DRAFT
    return line.kind.asks_reply and takes_place and now < line.starts_at


def why_not(nudge: Nudge, now: datetime, zone: str) -> str | None:
    """Return the sentence that explains why no one can be nudged now, or None; days as in `zone`."""
    if not nudge.silent:
        return "Everybody has confirmed the change." if nudge.board else "Everybody who is asked has replied."
    if nudge.opens_at and not nudge.is_open(now):
        opens, here = local(nudge.opens_at, zone), local(now, zone)
        return f"Reminded {_at(local(nudge.opens_at - REST, zone), here)}. You can remind again {_at(opens, here)}."
    return None


def done_words(count: int, deed: str = "reply") -> str:
    """Return the page's confirmation; `deed` is what people are asked to do."""
    return f"{plural(count, 'person is', 'people are')} reminded to {deed}. You can remind again in two days."


def _at(moment: datetime, today: datetime) -> str:
    return f"on {day(moment, today)} at {clock(moment)}"
