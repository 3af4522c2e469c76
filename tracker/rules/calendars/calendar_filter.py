"""The filter of the calendar: kinds, a committee, an agency, an audience, the viewer's own, canceled dates."""

from collections.abc import Collection, Iterable
from uuid import UUID

from msgspec import Struct

from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.saved_filters import SavedFilter
from tracker.rules.events.event import Kind

EVERY_KIND = frozenset(Kind)


class Choice(Struct, frozen=True, kw_only=True):
    """A committee or an agency to filter the calendar by."""

    id: UUID
    name: str


class Choices(Struct, frozen=True, kw_only=True):
    """The choices that the viewer has."""

    committees: tuple[Choice, ...] = ()
    agencies: tuple[Choice, ...] = ()
    saved: tuple[SavedFilter, ...] = ()
    """The viewer's saved filters, including those of other pages."""


class Filter(Struct, frozen=True, kw_only=True):
    """Which of the events that a viewer may see they want to see; None and the whole set leave nothing out."""

    kinds: frozenset[Kind] = EVERY_KIND
    committee: Choice | None = None
    agency: Choice | None = None
    """An agency that takes part: its people are invited, or one of them is the organizer."""
    visibility: Visibility | None = None
    only_mine: bool = False
    """Only events that they organize or are invited to."""
    with_canceled: bool = True

    @property
    def is_narrow(self) -> bool:
        """Return whether it leaves anything out."""
        return self != Filter()


def matching(seen: Iterable[Seen], chosen: Filter, of_agency: Collection[UUID] = ()) -> list[Seen]:
    """Return the dates that match the filter; `of_agency` are the events in which the chosen agency takes part."""
    if not chosen.is_narrow:
        return list(seen)
    return [
        one
        for one in seen
        if one.line.kind in chosen.kinds
        and (chosen.committee is None or one.line.committee_id == chosen.committee.id)
        and (chosen.agency is None or one.line.event_id in of_agency)
        and (chosen.visibility is None or one.line.visibility is chosen.visibility)
        and (chosen.with_canceled or not one.line.is_off)
        and (not chosen.only_mine or one.is_mine)
    ]
