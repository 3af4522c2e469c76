"""Reports: who reads them, what each reader's reports cover, and what is counted.

A report counts only what its reader may open row by row, so figures reveal no more than the rows, and none is
suppressed.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from tracker.errors import NotAllowed
from tracker.rules.core.viewer import Role, Viewer
from tracker.rules.events.event import Kind
from tracker.rules.reports.periods import Period
from tracker.rules.reports.periods import month as month_of

KINDS = (Kind.MEETING, Kind.TRAINING, Kind.OUTREACH, Kind.JOINT_OPERATION)
"""Kinds with attendance; a deadline has none."""


class Mark(StrEnum):
    """The result for one invited person or walk-in at a date."""

    HERE = "here"
    REMOTE = "remote"
    EXCUSED = "excused"
    ABSENT = "absent"
    UNMARKED = "unmarked"
    OPEN = "open"
    """Not marked yet: attendance is not closed."""
    WALK_IN = "walk_in"
    """Came without an invitation, in the room or remotely."""


PRESENT = frozenset({Mark.HERE, Mark.REMOTE})
NOT_MARKED = frozenset({Mark.UNMARKED, Mark.OPEN})
INVITED = PRESENT | NOT_MARKED | {Mark.EXCUSED, Mark.ABSENT}
ATTENDED = PRESENT | {Mark.WALK_IN}
MEASURES = {
    "invited": INVITED,
    "present": PRESENT,
    "attended": ATTENDED,
    **{one.value: frozenset({one}) for one in Mark},
    "not_marked": NOT_MARKED,
}
"""The columns of a report by name, each with the marks that it counts."""


class OfCommittee(NamedTuple):
    """A committee to whose events a report can be limited."""

    id: UUID
    name: str


class Span(Struct, frozen=True, kw_only=True):
    """Dates of some kinds, and of one committee if given, that start in [start, end) and have ended by `until`."""

    start: datetime
    end: datetime
    until: datetime
    kinds: frozenset[Kind]
    committee_id: UUID | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """A reader's request: a period, one kind of event or committee or all (None), in the state at `now`."""

    period: Period
    kind: Kind | None
    zone: str
    now: datetime
    committee: OfCommittee | None = None

    @property
    def is_under_way(self) -> bool:
        """Return whether the period is not over yet."""
        return self.now < self.period.span(self.zone)[1]

    def span(self, month: date | None = None) -> Span:
        """Return the span of the dates that count: the period, or the part of it in one month."""
        start, end = self.period.span(self.zone)
        if month is not None:
            first, after = month_of(month).span(self.zone)
            start, end = max(start, first), max(min(end, after), start)
        kinds = frozenset(KINDS if self.kind is None else (self.kind,))
        return Span(
            start=start,
            end=end,
            until=self.now,
            kinds=kinds,
            committee_id=self.committee.id if self.committee else None,
        )


class Cell(Struct, frozen=True, kw_only=True):
    """What one number counts: places with one of the marks, of some agencies or of all (None)."""

    marks: frozenset[Mark]
    agencies: frozenset[UUID | None] | None = None


class Reach(Struct, frozen=True, kw_only=True):
    """Whose attendance a reader counts among the events that they may see."""

    is_whole: bool
    """Everyone's, so that the other fields don't matter."""
    lead_id: UUID
    """That of the events which this member organizes."""
    committees: frozenset[UUID]
    """That of the events of these committees."""
    agency_id: UUID | None
    """That of the people of this agency, at any event."""


def check_reader(viewer: Viewer) -> None:
    """Raise `NotAllowed` for a viewer without reports."""
    if not may_read(viewer):
        raise NotAllowed("Only coordinators, committee chairs, and agency leads can see reports.")


def may_read(viewer: Viewer) -> bool:
    """Return whether the viewer has reports: people responsible for the task force, a committee, or an agency."""
    return viewer.may_schedule


def reach_of(viewer: Viewer) -> Reach:
    """Return whose attendance the viewer counts, among the events that they may see.

    A coordinator: everyone's. A chair: that of the committee's events. An agency lead: that of their agency. Everyone:
    that of events they organize. Elsewhere they may not read attendance (`rules.events.event.may_take_attendance`).
    """
    leads_the_agency = Role.AGENCY_LEAD in viewer.roles
    return Reach(
        is_whole=viewer.is_coordinator,
        lead_id=viewer.member_id,
        committees=viewer.chairs,
        agency_id=viewer.agency_id if leads_the_agency else None,
    )
