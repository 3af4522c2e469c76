"""The home page: which delays of other people concern a viewer, which are most urgent, and the setup checklist.

The checklist of the first day says what a task force needs before its tracker is of use, and what is there.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from tracker.rules.actions.action_items import ActionItem, days_late, may_update_item
from tracker.rules.core.viewers import Role, Viewer
from tracker.rules.emails.nudges import DateNudges
from tracker.rules.events.events import DateLine
from tracker.rules.operations.approvals import PlanReturn

RUNNING_OUT = timedelta(days=3)  # before a date: missing replies within this time come first
AHEAD = timedelta(days=14)  # how far ahead missing replies are followed up
BACK = timedelta(days=30)  # how long after a date its open attendance is listed
ENDING = timedelta(days=60)  # how long before its last date an ending series is listed
SHOWN = 12  # rows of the queue
FOUNDER = 1
"""The first coordinator, and their agency, are there from the start."""


class Need(StrEnum):
    """What a row of the queue asks for."""

    REPLIES = "replies"
    ATTENDANCE = "attendance"
    BLOCKED = "blocked"
    ITEM = "item"
    PROPOSAL = "proposal"
    ENDING = "ending"
    CONFLICT = "conflict"
    CHECK_OUT = "check_out"
    CHECK_IN = "check_in"
    APPROVAL = "approval"
    ACKNOWLEDGMENT = "acknowledgment"
    RETURNED = "returned"
    ACCESS = "access"
    SUPERVISOR = "supervisor"
    EMAILS = "emails"


class MissingReplies(Struct, frozen=True, kw_only=True):
    """A date that the viewer organizes with missing replies; `agencies` counts them by agency."""

    line: DateLine
    invited: int
    waiting: int
    agencies: tuple[tuple[str, int], ...]
    nudge: DateNudges | None = None
    """The people whom the viewer could nudge."""
    need: Need = Need.REPLIES

    @property
    def is_waiting(self) -> bool:
        """Return whether everyone who could be nudged was asked lately, so that only their replies are awaited."""
        return self.nudge is not None and bool(self.nudge.resting) and not self.nudge.asked


class OpenSheet(Struct, frozen=True, kw_only=True):
    """A date that the viewer organizes, that has begun or is over, and whose attendance is open."""

    line: DateLine
    is_over: bool
    need: Need = Need.ATTENDANCE


class BlockedItem(Struct, frozen=True, kw_only=True):
    """Another person's action item that they can't finish without help."""

    item: ActionItem
    since: datetime
    reason: str
    may_direct: bool
    """Whether the viewer may reassign it."""
    need: Need = Need.BLOCKED


class LateItem(Struct, frozen=True, kw_only=True):
    """Another person's overdue action item."""

    item: ActionItem
    need: Need = Need.ITEM


class OpenProposal(Struct, frozen=True, kw_only=True):
    """A date that the viewer organizes, for which people proposed other times that wait for a decision."""

    line: DateLine
    people: tuple[str, ...]
    """Each with the agency, in the order in which they proposed."""
    need: Need = Need.PROPOSAL


class EndingSeries(Struct, frozen=True, kw_only=True):
    """A series that the viewer organizes and whose last date, `line`, is near."""

    line: DateLine
    need: Need = Need.ENDING


class OpenConflict(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, with conflicts that have no decision yet."""

    line: DateLine
    conflicts: int
    need: Need = Need.CONFLICT


class MissingCheckOut(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, with people who haven't checked out in time after everyone was released."""

    line: DateLine
    people: str
    """The sentence that names them."""
    need: Need = Need.CHECK_OUT


class OpenCheckIn(Struct, frozen=True, kw_only=True):
    """An operation on its day, on which the viewer can check in people: on all of it, or of their agency."""

    line: DateLine
    need: Need = Need.CHECK_IN


class OpenApproval(Struct, frozen=True, kw_only=True):
    """An operation whose plan is submitted, and that the viewer approves."""

    line: DateLine
    version: int
    need: Need = Need.APPROVAL


class OpenAcknowledgment(Struct, frozen=True, kw_only=True):
    """An operation whose plan the viewer's agency has not acknowledged in this version."""

    line: DateLine
    version: int
    need: Need = Need.ACKNOWLEDGMENT


class ReturnedPlan(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads and whose plan its supervisor sent back."""

    line: DateLine
    given: PlanReturn
    need: Need = Need.RETURNED


class OpenRequests(Struct, frozen=True, kw_only=True):
    """An operation with requests for access that the viewer can approve as the second person."""

    line: DateLine
    requests: int
    need: Need = Need.ACCESS


class MissingSupervisor(Struct, frozen=True, kw_only=True):
    """An operation that the viewer leads, whose submitted plan waits for a supervisor who can no longer approve it."""

    line: DateLine
    need: Need = Need.SUPERVISOR


class OpenEmails(Struct, frozen=True, kw_only=True):
    """Email replies that wait for the viewer's decision."""

    count: int
    since: datetime
    """When the first of them came."""
    need: Need = Need.EMAILS


QueueRow = (
    MissingReplies
    | OpenSheet
    | BlockedItem
    | LateItem
    | OpenProposal
    | EndingSeries
    | OpenConflict
    | MissingCheckOut
    | OpenCheckIn
    | OpenApproval
    | OpenAcknowledgment
    | ReturnedPlan
    | OpenRequests
    | MissingSupervisor
    | OpenEmails
)


def concerns_viewer(viewer: Viewer, item: ActionItem) -> bool:
    """Return whether the viewer is responsible for following up on an item.

    These are the people who may update it, and the lead of the owner's agency.
    """
    leads_the_agency = Role.AGENCY_LEAD in viewer.roles and item.agency_id == viewer.agency_id
    return may_update_item(viewer, item) or leads_the_agency


def queue_in_order(rows: Iterable[QueueRow], now: datetime, today: date) -> list[QueueRow]:
    """Return the queue, most urgent first.

    Operations with people who haven't checked out; then operations in conflict, soonest first; then plans and access to
    approve, and plans to acknowledge or to change, soonest first; then operations whose day it is, soonest first; then
    running dates, and replies and proposed times for dates within three days, soonest first; then blocked items
    and email replies, longest first; then overdue items, most overdue first; then attendance of past dates, oldest
    first; then replies and proposed times for later dates, soonest first; then ending series. Last are dates whose
    people were asked lately: nothing can be done about them yet.
    """

    def order(row: QueueRow) -> tuple[bool, int, tuple[int, float]]:
        return not asks_for_a_deed(row), _of_operations(row), _urgency(row, now, today)

    return sorted(rows, key=order)


def asks_for_a_deed(row: QueueRow) -> bool:
    """Return whether the viewer can do something about a row now."""
    return not (isinstance(row, MissingReplies) and row.is_waiting)


def _of_operations(row: QueueRow) -> int:
    """Return the place of a row among those of operations; every other row comes after them."""
    match row:
        case MissingCheckOut():
            return 0
        case OpenConflict():
            return 1
        case OpenApproval() | OpenAcknowledgment() | ReturnedPlan() | OpenRequests() | MissingSupervisor():
            return 2
        case OpenCheckIn():
            return 3
        case _:
            return 4


def _urgency(row: QueueRow, now: datetime, today: date) -> tuple[int, float]:
    match row:
        case BlockedItem() | OpenEmails():
            return 1, row.since.timestamp()
        case LateItem():
            return 2, -days_late(row.item, today)
        case OpenSheet(is_over=True):
            return 3, row.line.starts_at.timestamp()
        case MissingReplies() | OpenProposal() if row.line.starts_at - now > RUNNING_OUT:
            return 4, row.line.starts_at.timestamp()
        case EndingSeries():
            return 5, row.line.starts_at.timestamp()
        case _:
            return 0, row.line.starts_at.timestamp()


class SetUpStep(StrEnum):
    """A step, in the order in which it is shown."""

    AGENCIES = "agencies"
    PEOPLE = "people"
    COMMITTEES = "committees"
    EMAIL = "email"
    EVENT = "event"


class SetUpState(Struct, frozen=True, kw_only=True):
    """What is there now: active agencies, people and committees, whether a test email was sent, and a first event."""

    agencies: int
    people: int
    committees: int
    was_email_sent: bool
    has_event: bool
    """Whether the viewer may see any event that isn't a draft."""


def set_up_steps(viewer: Viewer, present: SetUpState) -> Mapping[SetUpStep, bool]:
    """Return the steps and whether each is done.

    A viewer who schedules nothing has no step about events, and is not asked whether there are any.
    """
    found = {
        SetUpStep.AGENCIES: present.agencies > FOUNDER,
        SetUpStep.PEOPLE: present.people > FOUNDER,
        SetUpStep.COMMITTEES: present.committees > 0,
        SetUpStep.EMAIL: present.was_email_sent,
        SetUpStep.EVENT: present.has_event,
    }
    return found if viewer.may_schedule else {step: done for step, done in found.items() if step is not SetUpStep.EVENT}
