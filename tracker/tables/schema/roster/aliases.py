"""Further email addresses of a person, from which their replies come."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.constraints import check, index, unique_index
from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.roster.people import Member


class EmailAlias(Table):
    """One address; no email but the one with its link is ever sent there."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade)
    address = Varchar(length=254)
    """Always lower case."""
    added_at = Timestamptz(null=False)
    """Its link works for an hour from here."""
    confirmed_at = Timestamptz(null=True, default=None)
    """When someone who reads its mailbox used the link; before that, it has no effect."""
    removed_at = Timestamptz(null=True, default=None)

    constraints = (
        check("address = lower(address)"),
        index("email_alias_member", "member"),
        unique_index("email_alias_confirmed", "address", where="confirmed_at IS NOT NULL AND removed_at IS NULL"),
    )
