"""The brief of an operation on paper: its numbered copies, who may print it, and which copy is out of date."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, Kind, may_edit


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A numbered copy of a brief, with name and agency of its holder and of the person who printed it."""

    number: int
    version: int | None
    """Of the plan that it shows; None for an operation without a plan."""
    issued_at: datetime
    issued_to_id: UUID
    issued_to: str
    issued_by: str


def check_brief(viewer: Viewer, event: Event) -> None:
    """Raise `NotFound` for an event that has no brief, `NotAllowed` unless the viewer may change the operation."""
    if event.kind is not Kind.JOINT_OPERATION:
        raise NotFound
    if not may_edit(viewer, event):
        raise NotAllowed("Only the operation’s lead can print its brief.")


def outdated(copy: Copy, version: int | None) -> str:
    """Return why a copy can't be printed again when the plan has this version; empty when it can."""
    if copy.version == version:
        return ""
    was = f"version {copy.version}" if copy.version else "the operation before it had a plan"
    return f"Copy {copy.number} shows {was}, and the plan is version {version} now. Issue a new copy."
