"""To whom nothing is sent, because emails to their address came back."""

from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine

IS_PAUSED = (
    "EXISTS (SELECT 1 FROM email_pause p JOIN member w ON w.id = p.member AND w.email = p.address"
    " WHERE p.member = m.recipient AND p.restored_at IS NULL)"
)
"""Whether the address that the recipient of message `m` has now is paused."""
_PAUSED = (
    "SELECT p.member FROM email_pause p JOIN member w ON w.id = p.member AND w.email = p.address"
    " WHERE p.restored_at IS NULL"
)


async def paused() -> frozenset[UUID]:
    """Return the people whose address is paused."""
    return frozenset(row["member"] for row in await engine().run_querystring(QueryString(_PAUSED)))
