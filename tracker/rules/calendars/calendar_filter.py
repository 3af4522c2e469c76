"""What a viewer wants to see of the calendar: kinds, a committee, an agency, an audience, their own, canceled dates."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from tracker.rules.calendars.month_grid import Seen
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.saved_filters import SavedFilter
from tracker.rules.events.event import Kind

EVERY_KIND = frozenset(Kind)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A committee or an agency that the calendar can be narrowed to."""

    id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the viewer may choose from."""

    committees: tuple[Choice, ...] = ()
    agencies: tuple[Choice, ...] = ()
    saved: tuple[SavedFilter, ...] = ()
    """Their own filters, those of other pages too."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a viewer wants to see of the events that they may see; None and the whole set leave nothing out."""

    kinds: frozenset[Kind] = EVERY_KIND
    committee: Choice | None = None
    agency: Choice | None = None
    """An agency that takes part: its people are invited, or one of them leads."""
    visibility: Visibility | None = None
    only_mine: bool = False
    """Only what they lead or are invited to."""
    with_canceled: bool = True

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return self != Filter()


def matching(seen: Iterable[Seen], chosen: Filter, of_agency: Collection[UUID] = ()) -> list[Seen]:
    """Return what the filter lets through; `of_agency` are the events in which the chosen agency takes part."""
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
