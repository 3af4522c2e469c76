"""Personal tokens of the API: only their hashes are stored."""

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from tracker.tables.schema.core.foreign_key import ForeignKey
from tracker.tables.schema.core.new_id import NEW_ID
from tracker.tables.schema.roster.people import Member


class ApiToken(Table):
    """One token of one member; its scopes limit it within what the member may see and do."""

    id = UUID(primary_key=True, default=NEW_ID)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=60)
    token_hash = Varchar(length=64, unique=True, secret=True)
    scopes = Varchar(length=200)
    """Words such as events:read, separated by spaces."""
    created_at = Timestamptz(null=False)
    expires_at = Timestamptz(null=False)
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
