"""Blackout days: when an agency reports that its people are not available; pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct

from tracker.errors import Invalid
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.core.wording import EN_DASH, short_day

LONGEST = timedelta(days=92)
FARTHEST = timedelta(days=731)
"""How far in the future a blackout may end."""


class BlackoutDays(Struct, frozen=True, kw_only=True):
    """Consecutive days of one agency, both ends included."""

    id: UUID
    agency_id: UUID
    agency: str
    """Short name, for example KCPD."""
    first: date
    last: date
    reason: str

    def holds(self, on: date) -> bool:
        """Return whether the day is one of them."""
        return self.first <= on <= self.last

    def words(self, today: date) -> str:
        """Return the days: "Mon, Jan 11" or "Mon, Jan 11 to Fri, Jan 15", with an en dash."""
        ends = "" if self.first == self.last else f" {EN_DASH} {short_day(self.last, today)}"
        return f"{short_day(self.first, today)}{ends}"


def may_set_blackouts(viewer: Viewer, agency_id: UUID) -> bool:
    """Return whether the viewer may set blackout days for an agency: its leads, and coordinators."""
    leads = Role.AGENCY_LEAD in viewer.roles and viewer.agency_id == agency_id
    return viewer.is_coordinator or leads


def check_blackout(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the days; only the first without a last day. Errors: Invalid by field."""
    if first is None:
        raise Invalid(first="Choose the first day.")
    last = last or first
    if last < first:
        raise Invalid(last="The last day is before the first.")
    if last < today:
        raise Invalid(**{"first" if last == first else "last": "Choose today or later dates."})
    if last - first >= LONGEST:
        raise Invalid(last=f"Blackout days can last at most {LONGEST.days} days. Add the rest separately.")
    if last - today > FARTHEST:
        raise Invalid(last="Choose dates within the next two years.")
    return first, last


def blackouts_on(blackouts: Iterable[BlackoutDays], days: Iterable[date]) -> list[tuple[date, BlackoutDays]]:
    """Return which of some days are blackout days, earliest first; each agency once a day."""
    known = list(blackouts)
    by_agency = {(day, blackout.agency_id): blackout for day in days for blackout in known if blackout.holds(day)}
    return [(day, blackout) for (day, _), blackout in sorted(by_agency.items(), key=lambda pair: pair[0][0])]
