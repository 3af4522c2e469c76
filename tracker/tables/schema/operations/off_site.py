"""Confidential sites at which an operation has off-site services: without coordinates, so they are never compared."""

from piccolo.columns import UUID
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import unique
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.operations.plans import OperationPlan
from tracker.tables.schema.roster.confidential_sites import ConfidentialSite


class OperationOffSite(Table):
    """A confidential site that a plan names; its public name is read from the site."""

    id = UUID(primary_key=True, default=NEW_ID)
    plan = ForeignKey(OperationPlan, null=False, on_delete=OnDelete.cascade)
    site = ForeignKey(ConfidentialSite, null=False, on_delete=OnDelete.restrict, index=True)

    constraints = (unique("plan", "site"),)
