"""Who was let know of an operation, by whom, why, and until when. People read it through `visible`, never here.

Grants of the need-to-know list, emergency access of administrators, copies of a brief on paper, and service-readiness
notices. A notice doesn't lead to its operation: only a table that hangs on the operation does.
"""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.rules.operations.readiness import Minors, NoticeState
from tracker.tables.schema.core.columns import NEW_ID, ForeignKey, check, index, one_of, unique, unique_index
from tracker.tables.schema.events.events import Event, Occurrence
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.people import Member


class OperationGrant(Table):
    """Access of one person, requested or given; it ends, and is never deleted."""

    id = UUID(primary_key=True, default=NEW_ID)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    giver = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    reason = Text(default="")
    requested_at = Timestamptz(null=False)
    granted_at = Timestamptz(null=True, default=None)
    """None while it waits for a second person"""
    approver = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    until = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Member, null=True, default=None, on_delete=OnDelete.restrict)
    """None when it ended by itself"""

    constraints = (
        check("approver IS NULL OR granted_at IS NOT NULL"),
        check("approver <> giver"),
        check("ended_by IS NULL OR ended_at IS NOT NULL"),
        unique_index("operation_grant_open", "event", "member", where="ended_at IS NULL"),
        index("operation_grant_until", "member", "until", where="until IS NOT NULL AND ended_at IS NULL"),
    )


class EmergencyAccess(Table):
    """One emergency access, of one session."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    session = Varchar(length=64)
    """The id of the session: a hash of its cookie. The access ends with it."""
    reason = Text()
    began_at = Timestamptz(null=False)
    until = Timestamptz(null=False)
    ended_at = Timestamptz(null=True, default=None)
    """When it was ended, by its person or by the clock"""

    constraints = (check("reason <> ''"), index("emergency_access_session", "session", where="ended_at IS NULL"))


class EmergencyOpening(Table):
    """One operation that was opened."""

    id = UUID(primary_key=True, default=NEW_ID)
    access = ForeignKey(EmergencyAccess, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.cascade, index=True)
    opened_at = Timestamptz(null=False)

    constraints = (unique("access", "event"),)


class BriefCopy(Table):
    """One copy of a brief."""

    id = UUID(primary_key=True, default=NEW_ID)
    occurrence = ForeignKey(Occurrence, null=False, on_delete=OnDelete.cascade)
    number = Integer(default=1)
    """From 1 on for each date."""
    issued_to = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    issued_by = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    issued_at = Timestamptz(null=False)
    version = Integer(null=True, default=None)
    """Of the plan that the copy shows; None for an operation without a plan."""

    constraints = (unique("occurrence", "number"),)


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
