"""What follow-ups after an invitation are computed from: ids and times only."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.core.outbox import MessageKind, State
from tracker.rules.core.wall_clock import ZoneName
from tracker.tables.background.emails.chains import CHAIN

_ZONES = "SELECT DISTINCT zone FROM event WHERE ask_after <> '' AND status IN ('tentative', 'confirmed')"
# CROSS JOIN keeps SQLite at the events: by the index of states, it would go through every message that was sent.
_INVITATIONS = (
    "SELECT m.event, m.recipient, m.state, m.due, m.sent_at FROM event e CROSS JOIN message m"
    f" WHERE e.id IN ({{}}) AND m.event = e.id AND m.kind = '{MessageKind.INVITATION}' AND m.bounced_at IS NULL"
    f" AND m.state IN ('{State.PENDING}', '{State.SENT}') ORDER BY m.created_at, m.id"
)
_INVITED = (
    f"{CHAIN} SELECT c.event, m.recipient, m.sent_at FROM chain c CROSS JOIN message m"
    f" WHERE m.event = c.id AND m.kind = '{MessageKind.INVITATION}' AND m.bounced_at IS NULL"
    f" AND m.state = '{State.SENT}' AND m.sent_at > {{}} ORDER BY m.sent_at"
)


class InvitationEmail(NamedTuple):
    """The newest invitation of a person to an event, which was sent or waits to be sent at a moment."""

    at: datetime
    is_sent: bool


async def zones() -> list[ZoneName]:
    """Return the zones of the events that follow up after their invitations."""
    return [ZoneName(row["zone"]) for row in await engine().run_querystring(QueryString(_ZONES))]


async def invited(event_ids: Collection[UUID], since: datetime) -> dict[UUID, dict[UUID, datetime]]:
    """Return when people's newest invitation to each of these events, or one of its chain, was sent."""
    found: dict[UUID, dict[UUID, datetime]] = {}
    if event_ids:
        for row in await engine().run_querystring(QueryString(_INVITED, sql_list(sorted(event_ids)), since)):
            found.setdefault(row["event"], {})[row["recipient"]] = row["sent_at"]
    return found


async def invitations(event_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], InvitationEmail]:
    """Return the newest invitation to each of these events by event and person; none that failed or came back."""
    if not event_ids:
        return {}
    return {
        (row["event"], row["recipient"]): InvitationEmail(row["sent_at"] or row["due"], row["state"] == State.SENT)
        for row in await engine().run_querystring(QueryString(_INVITATIONS, sql_list(sorted(event_ids))))
    }
