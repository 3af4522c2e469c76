"""What the clock reads of dates, items and changes: only ids and times, for planners that show nothing to people.

Whether a person may know of the thing is checked by `visible` when the email is written. A chain is a series and those
that continue it: no one is asked to reply about it twice within two days.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.custom_types import Combinable
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.queries import sql_list
from tracker.rules.core.email_declarations import MessageKind
from tracker.rules.core.outbox import MessageState
from tracker.rules.core.viewers import Audience
from tracker.rules.core.wording import ZoneName
from tracker.rules.emails.reminders import DueDate
from tracker.tables.background.events.invitees import IS_ASKED, REPLY
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.emails import ItemEscalation
from tracker.tables.schema.events import POLICY, policy_in_row

_IS_STOOD_DOWN = "EXISTS (SELECT 1 FROM operation_plan p WHERE p.event = e.id AND p.state = 'stood_down')"
_DATES = (
    f"SELECT o.id, o.event AS event_id, o.starts_at, e.zone, e.is_all_day, e.kind, {POLICY}"
    " FROM occurrence o JOIN event e ON e.id = o.event"
    " WHERE ({}) AND NOT o.is_canceled AND e.status IN ('tentative', 'confirmed')"
    f" AND NOT {_IS_STOOD_DOWN}"
    " ORDER BY o.starts_at, o.id"
)
_NEXT_ASKING = (
    "e.ask_after <> '' AND e.zone IN ({}) AND o.starts_at > {} AND o.starts_at = (SELECT MIN(n.starts_at)"
    " FROM occurrence n WHERE n.event = o.event AND NOT n.is_canceled AND n.starts_at > {})"
)
_SILENT = (
    "SELECT o.id, i.member FROM occurrence o JOIN invitation i ON i.event = o.event WHERE o.id IN ({})"
    f" AND i.withdrawn_at IS NULL AND {IS_ASKED} AND {REPLY} = 'needs_action' ORDER BY o.id, i.member"
)
# CROSS JOIN keeps SQLite at the events, as in `_INVITATIONS`.
_NUDGED = (
    "SELECT m.event AS event_id, m.occurrence AS occurrence_id, m.recipient AS member_id, m.created_at AS at"
    " FROM event e CROSS JOIN message m"
    f" WHERE e.id IN ({{}}) AND m.event = e.id AND m.kind = '{MessageKind.NO_REPLY}'"
    f" AND m.state IN ('{MessageState.PENDING}', '{MessageState.SENT}') AND m.created_at > {{}} ORDER BY m.created_at"
)
_STOOD_DOWN = f"SELECT e.id FROM event e WHERE e.id IN ({{}}) AND {_IS_STOOD_DOWN}"
_WAITING = (
    "SELECT event AS event_id, occurrence AS occurrence_id, recipient AS member_id, due AS at FROM message"
    f" WHERE kind = '{MessageKind.NO_REPLY}' AND state = '{MessageState.PENDING}' AND occurrence = {{}} AND due > {{}}"
)
# Where other people may see the one than the other, joining them would show that there is another.
_SEEN_BY_THE_SAME = (
    "NOT EXISTS (SELECT 1 FROM event_audience a WHERE a.event IN (o.id, n.id) GROUP BY a.audience HAVING COUNT(*) = 1)"
)
CHAIN = (
    "WITH RECURSIVE chain (event, id) AS (SELECT e.id, e.id FROM event e WHERE e.id IN ({})"
    " UNION SELECT c.event, n.id FROM chain c JOIN event o ON o.id = c.id"
    " JOIN event n ON (n.previous_series = o.id OR n.id = o.previous_series)"
    f" AND {_SEEN_BY_THE_SAME})"
)
"""The rows `chain (event, id)`: each of these events, with every event of its chain, itself too."""
_CHAINS = f"{CHAIN} SELECT event, id FROM chain"
_ZONES = "SELECT DISTINCT zone FROM event WHERE ask_after <> '' AND status IN ('tentative', 'confirmed')"
# CROSS JOIN keeps SQLite at the events: by the index of states, it would go through every message that was sent.
_INVITATIONS = (
    "SELECT m.event, m.recipient, m.state, m.due, m.sent_at FROM event e CROSS JOIN message m"
    f" WHERE e.id IN ({{}}) AND m.event = e.id AND m.kind = '{MessageKind.INVITATION}' AND m.bounced_at IS NULL"
    f" AND m.state IN ('{MessageState.PENDING}', '{MessageState.SENT}') ORDER BY m.created_at, m.id"
)
_INVITED = (
    f"{CHAIN} SELECT c.event, m.recipient, m.sent_at FROM chain c CROSS JOIN message m"
    f" WHERE m.event = c.id AND m.kind = '{MessageKind.INVITATION}' AND m.bounced_at IS NULL"
    f" AND m.state = '{MessageState.SENT}' AND m.sent_at > {{}} ORDER BY m.sent_at"
)


class DueItem(Struct, frozen=True, kw_only=True):
    """An open action item, with what its escalation is computed from."""

    id: UUID
    owner_id: UUID
    agency_id: UUID
    committee_id: UUID | None
    assigned_by_id: UUID
    due: date
    blocked_at: datetime | None
    origin_event_id: UUID | None
    audience: Audience
    """Who may see it, for one without an origin."""


class RequestSent(Struct, frozen=True, kw_only=True):
    """A request to reply to a date, or to confirm its change."""

    event_id: UUID
    occurrence_id: UUID | None
    member_id: UUID
    at: datetime


async def dates_starting(spans: Iterable[tuple[datetime, datetime]]) -> list[DueDate]:
    """Return the dates that take place, soonest first.

    Each starts in one of the spans (after, until], of which there is at least one.
    """
    within = [QueryString("(o.starts_at > {} AND o.starts_at <= {})", after, until) for after, until in spans]
    return await _dates(QueryString(" OR ".join(["{}"] * len(within)), *within))


async def next_dates_asking(zones: Collection[ZoneName], now: datetime) -> list[DueDate]:
    """Return the next date of each event in these zones that follows up after its invitations."""
    due_dates = await _dates(QueryString(_NEXT_ASKING, sql_list(zones), now, now))
    return [*{due_date.event_id: due_date for due_date in reversed(due_dates)}.values()]


async def _dates(which: QueryString) -> list[DueDate]:
    rows = await engine().run_querystring(QueryString(_DATES, which))
    return msgspec.convert([{**row, "reminders": policy_in_row(row)} for row in rows], list[DueDate], strict=False)


async def stood_down_events(event_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these events are operations that were stood down: no reminder or follow-up of theirs goes out."""
    wanted = list(event_ids)
    rows = await engine().run_querystring(QueryString(_STOOD_DOWN, sql_list(wanted))) if wanted else []
    return frozenset(row["id"] for row in rows)


async def silent_by_date(occurrence_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the invitees of each of these dates who have not replied, except its organizer."""
    wanted = list(occurrence_ids)
    silent: dict[UUID, list[UUID]] = {}
    if wanted:
        for row in await engine().run_querystring(QueryString(_SILENT, sql_list(wanted))):
            silent.setdefault(row["id"], []).append(row["member"])
    return silent


async def due_items(until: date) -> list[DueItem]:
    """Return the open action items that are due by this day, and those that are blocked."""
    return await _items(
        ActionItem.closed_at.is_null() & ((ActionItem.due <= until) | ActionItem.blocked_at.is_not_null())
    )


async def due_items_by_id(item_ids: Iterable[UUID]) -> list[DueItem]:
    """Return those of these action items that are open."""
    wanted = list(item_ids)
    return await _items(ActionItem.closed_at.is_null() & ActionItem.id.is_in(wanted)) if wanted else []


async def _items(which: Combinable) -> list[DueItem]:
    rows = await ActionItem.select(
        ActionItem.id,
        ActionItem.owner.as_alias("owner_id"),
        ActionItem.agency.as_alias("agency_id"),
        ActionItem.committee.as_alias("committee_id"),
        ActionItem.created_by.as_alias("assigned_by_id"),
        ActionItem.due,
        ActionItem.blocked_at,
        ActionItem.origin.event.as_alias("origin_event_id"),
        ActionItem.audience,
    ).where(which)
    return msgspec.convert(rows, list[DueItem], strict=False)


async def requests_since(event_ids: Iterable[UUID], since: datetime) -> list[RequestSent]:
    """Return the requests to reply or confirm about these events after `since` that were sent or wait, oldest first."""
    wanted = list(event_ids)
    if not wanted:
        return []
    rows = await engine().run_querystring(QueryString(_NUDGED, sql_list(wanted), since))
    return msgspec.convert(rows, list[RequestSent], strict=False)


async def waiting_requests(occurrence_id: UUID, after: datetime) -> list[RequestSent]:
    """Return the requests to reply to a date, or to confirm its change, that wait to be sent `after` this moment."""
    rows = await engine().run_querystring(QueryString(_WAITING, occurrence_id, after))
    return msgspec.convert(rows, list[RequestSent], strict=False)


async def chains_of_events(event_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the id of its chain for each of these events, and for each other event of their chains.

    The series that a split made of one are a chain as far as the same people may see them.
    """
    wanted = list(event_ids)
    if not wanted:
        return {}
    chains: dict[UUID, set[UUID]] = {}
    for row in await engine().run_querystring(QueryString(_CHAINS, sql_list(wanted))):
        chains.setdefault(row["event"], set()).add(row["id"])
    return {event: min(events) for events in chains.values() for event in events}


class NewestInvitation(NamedTuple):
    """The newest invitation of a person to an event, which was sent or waits to be sent at a moment."""

    at: datetime
    is_sent: bool


async def follow_up_zones() -> list[ZoneName]:
    """Return the zones of the events that follow up after their invitations."""
    return [ZoneName(row["zone"]) for row in await engine().run_querystring(QueryString(_ZONES))]


async def newest_invitation_times(event_ids: Collection[UUID], since: datetime) -> dict[UUID, dict[UUID, datetime]]:
    """Return when people's newest invitation to each of these events, or one of its chain, was sent."""
    times: dict[UUID, dict[UUID, datetime]] = {}
    if event_ids:
        for row in await engine().run_querystring(QueryString(_INVITED, sql_list(sorted(event_ids)), since)):
            times.setdefault(row["event"], {})[row["recipient"]] = row["sent_at"]
    return times


async def newest_invitations(event_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], NewestInvitation]:
    """Return the newest invitation to each of these events by event and person; none that failed or came back."""
    if not event_ids:
        return {}
    return {
        (row["event"], row["recipient"]): NewestInvitation(
            row["sent_at"] or row["due"], row["state"] == MessageState.SENT
        )
        for row in await engine().run_querystring(QueryString(_INVITATIONS, sql_list(sorted(event_ids))))
    }


class EscalatedItem(Struct, frozen=True, kw_only=True):
    """The last day on which an item reached a rung, while its owner's agency was this one."""

    item_id: UUID
    rung: int
    agency_id: UUID
    day: date


async def escalated_items(item_ids: Collection[UUID]) -> list[EscalatedItem]:
    """Return what these items reached, earliest first."""
    if not item_ids:
        return []
    rows = (
        await ItemEscalation.select(
            ItemEscalation.item.as_alias("item_id"),
            ItemEscalation.rung,
            ItemEscalation.agency.as_alias("agency_id"),
            ItemEscalation.day,
        )
        .where(ItemEscalation.item.is_in(list(item_ids)))
        .order_by(ItemEscalation.day, ItemEscalation.id)
    )
    return msgspec.convert(rows, list[EscalatedItem], strict=False)
