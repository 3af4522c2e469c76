"""The content of printouts: when each agenda item begins, the copies of a brief, and who may print what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.agenda import AgendaItem
from tracker.rules.events.event import Event, Kind, may_edit

WALK_INS = 4  # empty rows of a sign-in sheet


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A numbered copy of a brief, with name and agency of its holder and of the person who printed it."""

    number: int
    issued_at: datetime
    issued_to: str
    issued_by: str


def timetable(items: Iterable[AgendaItem], starts: datetime) -> Iterator[tuple[datetime | None, AgendaItem]]:
    """Yield each item with the time at which it begins; None after an item without a length."""
    begins: datetime | None = starts
    for item in items:
        yield begins, item
        begins = begins + timedelta(minutes=item.minutes) if begins and item.minutes else None


def check_sign_in_sheet(viewer: Viewer, event: Event) -> None:
    """Raise `NotAllowed` unless the viewer reads all names and takes attendance."""
    if not may_edit(viewer, event):
        raise NotAllowed("Only the organizer, the committee’s chair, or a coordinator can print a sign-in sheet.")


def check_brief(viewer: Viewer, event: Event) -> None:
    """Raise `NotFound` for an event that has no brief, `NotAllowed` unless the viewer may change the operation."""
    if event.kind is not Kind.JOINT_OPERATION:
        raise NotFound
    if not may_edit(viewer, event):
        raise NotAllowed("Only the operation’s lead can print its brief.")
