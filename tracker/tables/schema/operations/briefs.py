"""Copies of a brief on paper: each has a number and an accountable person."""

from piccolo.columns import UUID, Integer, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.events.events import Occurrence
from tracker.tables.schema.roster.people import Member


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
