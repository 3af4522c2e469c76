"""The brief of an operation on paper: its numbered copies, who may print it, and which copy is out of date."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.errors import NotAllowed, NotFound
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Event, Kind, may_edit
from tracker.rules.operations.deconfliction import Hit, Outcome, conflicts_by_operation


class NumberedCopy(Struct, frozen=True, kw_only=True):
    """A numbered copy of a brief, with name and agency of its holder and of the person who printed it."""

    number: int
    version: int | None
    """Of the plan that it shows; None for an operation without a plan."""
    issued_at: datetime
    issued_to_id: UUID
    issued_to: str
    issued_by: str


class OperationContact(Struct, frozen=True, kw_only=True):
    """A person with a role in an operation, with the numbers that people on it may know."""

    name: str
    """With the agency."""
    phone: str
    """At work."""
    mobile: str
    leads: bool
    approves: bool
    speaks_for: str
    """The agency for which the person acknowledged the plan; empty for none."""

    @property
    def role(self) -> str:
        """Return what the person is on the operation."""
        named = "Operation lead" if self.leads else "Approving supervisor" if self.approves else ""
        return named or f"For {self.speaks_for}"


def may_carry_contacts(*readers: Viewer) -> bool:
    """Return whether phone numbers can be on a copy that these people print and hold: all are of law enforcement."""
    return all(reader.arm is Arm.LAW_ENFORCEMENT for reader in readers)


def shared_agreements(hits: Iterable[Hit], theirs: Iterable[Hit]) -> tuple[Hit, ...]:
    """Return the conflicts of which both readers of a copy may know, the last with each operation.

    One that ended because the facts changed, and no one had said that they would, is left out.
    """
    known = {hit.id for hit in theirs}
    shared = conflicts_by_operation(hit for hit in hits if hit.id in known)
    return tuple(plan_conflict.last for plan_conflict in shared if plan_conflict.last.outcome is not Outcome.SUPERSEDED)


def check_brief(viewer: Viewer, event: Event) -> None:
    """Raise `NotFound` for an event that has no brief, `NotAllowed` unless the viewer may change the operation."""
    if event.kind is not Kind.JOINT_OPERATION:
        raise NotFound
    if not may_edit(viewer, event):
        raise NotAllowed("Only the operation’s lead can print its brief.")


def why_outdated(copy: NumberedCopy, version: int | None) -> str:
    """Return why a copy can't be printed again when the plan has this version; empty when it can."""
    if copy.version == version:
        return ""
    was = f"version {copy.version}" if copy.version else "the operation before it had a plan"
    return f"Copy {copy.number} shows {was}, and the plan is version {version} now. Issue a new copy."
