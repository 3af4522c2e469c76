"""Nudges to people who have not replied to a date poll: no person twice within two days."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from tracker.rules.core.wording import clock, local, plural, short_day
from tracker.rules.emails.nudges import REST, UNREACHABLE


class PollNudges(Struct, frozen=True, kw_only=True):
    """The people who have not replied to a poll, and which of them can be nudged now."""

    silent: tuple[UUID, ...]
    """Members."""
    last: Mapping[UUID, datetime] = field(default_factory=dict)
    """When people were last nudged about the poll, for those nudged within `REST`."""
    unreachable: Collection[UUID] = frozenset()
    """Those who get no email about the poll: it comes back, they may not see it, or their account isn't active."""

    @property
    def asked(self) -> tuple[UUID, ...]:
        """Return the people who would get an email now."""
        return tuple(one for one in self.silent if one not in self.last and one not in self.unreachable)

    @property
    def resting(self) -> tuple[UUID, ...]:
        """Return the people who are skipped because they were nudged lately."""
        return tuple(one for one in self.silent if one in self.last and one not in self.unreachable)

    def why_not(self, now: datetime, zone: str) -> str:
        """Return why no one can be nudged now; empty when someone can. Days as in `zone`."""
        if self.asked:
            return ""
        if not self.silent:
            return "Everyone who was asked has replied."
        if not self.resting:
            return f"The people who haven’t replied have {UNREACHABLE}."
        first = min(self.last[one] for one in self.resting)
        people = plural(sum(self.last[one] == first for one in self.resting), "person", "people")
        opens = local(first + REST, zone)
        return f"You can remind {people} again on {short_day(opens, local(now, zone))} at {clock(opens)}."

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return whom a nudge skips, and why, one sentence for each reason."""
        unreachable = [one for one in self.silent if one in self.unreachable]
        return (
            *([f"Skips {_people(self.resting)} reminded in the last 48 hours."] if self.resting else []),
            *([f"Skips {_people(unreachable)} ({UNREACHABLE})."] if unreachable else []),
        )


def _people(some: Collection[UUID]) -> str:
    return plural(len(some), "person", "people")
