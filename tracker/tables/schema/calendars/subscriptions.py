"""Feed addresses: found by their hash, kept sealed so that their owner can copy them again."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from tracker.rules.calendars.feeds import Scope
from tracker.tables.schema.core.constraints import one_of
from tracker.tables.schema.roster.people import Member


class Subscription(Table):
    """One address for one device of one member."""

    id = UUID(primary_key=True, default=UUID4())
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=60)
    token_hash = Varchar(length=64, unique=True, secret=True)
    token_sealed = Text(secret=True)
    scope = Varchar(length=8, default="all")
    """all = everything the member may see; mine = what they are invited to or organize"""
    shows_operations = Boolean(default=False)
    """Named events, discreet: "Operational period", time only."""
    created_at = Timestamptz(null=False)
    replaced_at = Timestamptz(null=True, default=None)
    """When its address was last replaced; None = it still has the first one."""
    revoked_at = Timestamptz(null=True, default=None)
    fetched_at = Timestamptz(null=True, default=None)
    client = Varchar(length=120, default="")
    fetches = Integer(default=0)
    body_hash = Varchar(length=64, default="")
    """SHA-256 of the calendar that was served last, and since when it is served: gives Last-Modified."""
    body_since = Timestamptz(null=True, default=None)

    constraints = (one_of("scope", Scope),)
