"""Rows of what people choose about their emails."""

from piccolo.columns import Boolean, Date, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.core.columns import Identified, check, unique
from tracker.tables.schema.roster import Agency, Committee, Member


class Preference(Identified, Table):
    """The preferences of one member."""

    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, unique=True)
    date_reminders = Boolean(default=True)
    item_reminders = Boolean(default=True)
    leads = Varchar(length=60, null=True, default=None)
    """Lead times in minutes, "10080,120"; None = those of each event"""
    quiet_from = Varchar(length=5, null=True, default=None)
    """22:00, on the member's own clock"""
    quiet_until = Varchar(length=5, null=True, default=None)
    has_quiet_weekends = Boolean(default=False)
    is_never_quiet = Boolean(default=False)
    """Whether the task force's quiet hours don't apply, and the member has none either"""
    thank_yous = Boolean(default=True)
    """Whether they get thank-yous after dates at which they were present"""
    digest = Boolean(default=False)
    """Whether a weekly digest comes on Mondays"""
    is_discreet = Boolean(default=False)
    """Emails and feeds show the time and nothing else."""
    changed_at = Timestamptz(null=False)

    constraints = (
        check("(quiet_from IS NULL) = (quiet_until IS NULL)"),
        check("NOT is_never_quiet OR (quiet_from IS NULL AND NOT has_quiet_weekends)"),
    )


class CommitteePreference(Identified, Table):
    """The reminder policy of a committee, with which its new events begin."""

    committee = ForeignKey(Committee, null=False, on_delete=OnDelete.cascade, unique=True)
    leads = Varchar(length=60)
    """As in `Preference`; empty = none"""
    ask_leads = Varchar(length=60, default="")
    """How long before a date people who have not replied are asked again, as above; empty = never"""
    ask_after = Varchar(length=60, default="")
    """How long after their invitation was sent people who have not replied are asked again, as above; empty = never"""
    sends_thanks = Boolean(default=False)
    """Whether people who were there are thanked once attendance is closed."""
    changed_at = Timestamptz(null=False)
    replaced = Text(null=True, default=None)
    """JSON of what the last change replaced, here and in upcoming events, so that it can be undone; None = nothing"""
    is_usual = Boolean(default=False)
    """Whether the committee has no policy of its own, but that of the task force; the row then keeps `replaced`"""


class CommitteeEscalation(Identified, Table):
    """The days that a committee chose; NULL = those of the task force, 0 = never."""

    committee = ForeignKey(Committee, null=False, on_delete=OnDelete.cascade, unique=True)
    agency = Integer(null=True, default=None)
    coordinator = Integer(null=True, default=None)
    changed_at = Timestamptz(null=False)

    constraints = (check("agency >= 0"), check("coordinator >= 0"))


class ItemEscalation(Identified, Table):
    """The last day on which an item, while its owner's agency was this one, reached a rung."""

    item = ForeignKey(ActionItem, null=False, on_delete=OnDelete.cascade)
    rung = Integer(null=False, default=None)
    """1 = the owner's agency, 2 = the coordinators"""
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    day = Date(null=False, default=None)
    """In the task force's zone"""

    constraints = (check("rung IN (1, 2)"), unique("item", "rung", "agency"))
