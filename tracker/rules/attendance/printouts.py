"""The content of printouts: when each agenda item begins, and who may print a sign-in sheet."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tracker.errors import NotAllowed
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.agenda import AgendaItem
from tracker.rules.events.event import Event, may_edit

WALK_INS = 4  # empty rows of a sign-in sheet


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
