"""Service-readiness notices. A notice doesn't lead to its operation: only a table that hangs on the operation does."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.operations.readiness import Minors, NoticeState
from tracker.tables.schema.core.constraints import check, index, one_of, unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class ReadinessNotice(Table):
    """What victim services are given; recipients read it once it is released."""

    id = UUID(primary_key=True, default=NEW_ID)
    uid = Varchar(length=36, unique=True)
    state = Varchar(length=12)
    starts_at = Timestamptz(null=False)
    ends_at = Timestamptz(null=False)
    fewest = Integer()
    most = Integer()
    languages = Varchar(length=200, default="")
    minors = Varchar(length=8)
    needs = Text(default="")
    place = Varchar(length=200, default="")
    contact = Varchar(length=200)
    release_at = Timestamptz(null=False)
    released_at = Timestamptz(null=True, default=None)
    """None = its recipients can't know of it."""
    changed_at = Timestamptz(null=False)
    """When its calendar entry last changed."""
    sequence = Integer(default=0)

    constraints = (
        one_of("state", NoticeState),
        one_of("minors", Minors),
        check("starts_at < ends_at"),
        check("fewest BETWEEN 0 AND most"),
        check("(released_at IS NULL) = (state IN ('draft', 'scheduled'))"),
        index("readiness_notice_due", "release_at", where="state = 'scheduled'"),
    )


class ReadinessRecipient(Table):
    """A person who gets a notice, and when they acknowledged it."""

    id = UUID(primary_key=True, default=NEW_ID)
    notice = ForeignKey(ReadinessNotice, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    acknowledged_at = Timestamptz(null=True, default=None)

    constraints = (unique("notice", "member"),)


class OperationReadiness(Table):
    """Which operation a notice is for: the only way from one to the other, and it begins at the operation."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade, index=True)
    notice = ForeignKey(ReadinessNotice, null=False, on_delete=OnDelete.cascade, unique=True)
    made_at = Timestamptz(null=False)
