"""How many emails of one sender were taken lately, as numbers."""

from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.tables.schema.intake.bounces import Bounce

_FROM = (
    "SELECT COUNT(*) AS emails FROM ("
    "SELECT n.email_hash FROM incoming_reply n WHERE n.sender = {} AND n.is_verified = {} AND n.received_at > {}"
    " UNION SELECT w.email_hash FROM incoming_words w WHERE w.sender = {} AND w.is_verified = {} AND w.received_at > {}"
    ") AS taken"
)

_TO = "SELECT COUNT(*) AS emails FROM incoming_reply WHERE invitation = {} AND NOT is_verified AND received_at > {}"


async def emails_from(sender: str, since: datetime, *, is_verified: bool) -> int:
    """Return how many emails of a sender were taken since then; one that was recorded in two places counts once."""
    about = (sender, is_verified, since)
    [row] = await engine().run_querystring(QueryString(_FROM, *about, *about))
    return int(row["emails"])


async def unconfirmed_to(invitation_id: UUID, since: datetime) -> int:
    """Return how many emails of unconfirmed senders to an invitation were taken since then."""
    [row] = await engine().run_querystring(QueryString(_TO, invitation_id, since))
    return int(row["emails"])


async def bounces_of(message_id: UUID, since: datetime) -> int:
    """Return how many bounces of a message were taken since then."""
    return await Bounce.count().where((Bounce.message == message_id) & (Bounce.received_at > since))
