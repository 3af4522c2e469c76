"""What is recorded on the day of an operation and after it. People read it through `visible`, never here.

Check-ins, the release, the log and the states that the operation entered; then the hot wash, after-action items, and
lessons learned. `Lesson` belongs to an operation; `ReleasedLesson` is a copy that leads to none.
"""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.operations.check_ins import DEFAULT_RELEASE_WAIT
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.actions.action_items import ActionItem
from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check, one_of, unique_index
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Agency, Member


class OperationCheckIn(Table):
    """What was recorded about one person; a later row replaces it, and it stays."""

    id = UUID(primary_key=True, default=NEW_ID)
    """Made of the tap: sent twice, it is the same row."""
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    person = UUID()
    """The member, or the walk-in, whose id was made with their first row."""
    member = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    guest = Varchar(length=120, default="")
    """The name of a walk-in; empty for members."""
    guest_agency = Varchar(length=120, default="")
    """The agency of a walk-in in words, when it isn't in the directory."""
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict)
    """The agency served at that time."""
    contact = Varchar(length=120, default="")
    assignment = Varchar(length=120, default="")
    time_in = Timestamptz(null=True, default=None)
    time_out = Timestamptz(null=True, default=None)
    tapped_at = Timestamptz(null=True, default=None)
    recorded_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    recorded_at = Timestamptz(null=False)
    replaced_by = UUID(null=True, default=None)
    """The row that counts in its place."""

    constraints = (
        check("(member IS NULL) = (guest <> '')"),
        check("time_out IS NULL OR (time_in IS NOT NULL AND time_out >= time_in)"),
        unique_index("operation_check_in_current", "plan", "person", where="replaced_by IS NULL"),
    )


class OperationRelease(Table):
    """That everyone was released, and whether the lead was notified of people who aren't out."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    wait_minutes = Integer(default=DEFAULT_RELEASE_WAIT)
    ordered_at = Timestamptz(null=False)
    ordered_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    withdrawn_at = Timestamptz(null=True, default=None)
    notified_at = Timestamptz(null=True, default=None)

    constraints = (
        check("wait_minutes BETWEEN 5 AND 240"),
        unique_index("operation_release_current", "plan", where="withdrawn_at IS NULL"),
    )


class OperationLogEntry(Table):
    """One version of an entry; rows are added, never changed."""

    id = UUID(primary_key=True, default=NEW_ID)
    """Made of the tap: sent twice, it is the same row."""
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    entry = UUID()
    """The first version of the entry; its own id for that one."""
    happened_at = Timestamptz(null=False)
    text = Varchar(length=500)
    written_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    written_at = Timestamptz(null=False)


class OperationStateChange(Table):
    """When an operation entered a state, and who took it there."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    was = Varchar(length=12)
    state = Varchar(length=12)
    entered_at = Timestamptz(null=False)
    entered_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """None = the tracker: a moved time took the plan back, or the last person checked out."""

    constraints = (one_of("was", OperationState), one_of("state", OperationState))


class HotWash(Table):
    """What went well in an operation, and what to improve."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, unique=True)
    went_well = Text(default="")
    to_improve = Text(default="")
    version = Integer(default=1)
    saved_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(null=False)


class AfterAction(Table):
    """What a hot wash asks for, and the action item that it became."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    title = Varchar(length=200)
    item = ForeignKey(ActionItem, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    """None until it has an owner and a due date."""
    added_at = Timestamptz(null=False)

    constraints = (check("title <> ''"),)


class ReleasedLesson(Table):
    """What everyone reads: a title and a text, and nothing that leads back, not even a time."""

    id = UUID(primary_key=True, default=NEW_ID)
    title = Varchar(length=120)
    text = Text()

    constraints = (check("title <> '' AND text <> ''"),)


class Lesson(Table):
    """What was learned from an operation, and the edition of it that could be released."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    text = Text()
    edition_title = Varchar(length=120, default="")
    edition_text = Text(default="")
    version = Integer(default=1)
    released = ForeignKey(ReleasedLesson, null=True, default=None, on_delete=OnDelete.set_null, unique=True)
    added_at = Timestamptz(null=False)

    constraints = (check("text <> ''"),)
