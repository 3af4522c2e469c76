"""Which feeds contain an event, by the same rules as the feeds themselves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.rules.calendars.feeds import Only, Scope, address_end, level_for
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event, EventStatus, Kind
from tracker.tables.background.events import audiences
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.calendars.subscriptions import Subscription
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events.substitutes import of_event


class FeedReader(Struct, frozen=True, kw_only=True):
    """One working feed address, with its owner."""

    owner: Viewer
    scope: Scope
    only: Only
    shows_operations: bool
    client: str


async def feed_readers(now: datetime) -> list[FeedReader]:
    """Return every feed that works now; guests have none."""
    table = Subscription
    found = await table.select(
        table.member,
        table.scope,
        table.committee,
        table.kind,
        table.shows_operations,
        table.created_at,
        table.replaced_at,
        table.fetched_at,
        table.client,
    ).where(table.revoked_at.is_null() & (table.member.is_guest == False))  # noqa: E712 - a clause of SQL
    live = [row for row in found if address_end(row["replaced_at"] or row["created_at"], row["fetched_at"]) > now]
    owners = await viewers_for((row["member"] for row in live), now)
    return [
        FeedReader(
            owner=owners[row["member"]],
            scope=Scope(row["scope"]),
            only=Only(committee_id=row["committee"], kind=Kind(row["kind"]) if row["kind"] else None),
            shows_operations=bool(row["shows_operations"]),
            client=row["client"],
        )
        for row in live
        if row["member"] in owners
    ]


async def who_reads(readers: Iterable[FeedReader], events: Iterable[Event]) -> Mapping[UUID, frozenset[str]]:
    """Return the owners whose feeds contain one of these events, with the programs that fetch them."""
    found: dict[UUID, frozenset[str]] = {}
    for event in events:
        if event.status is EventStatus.DRAFT:
            continue
        seen_by = await audiences.audiences_of(event.id)
        mine = {event.lead_id, *await invitees_of(event.id), *await of_event(event.id)}
        for one in readers:
            is_asked = one.scope is Scope.ALL or one.owner.member_id in mine
            is_theirs = is_asked and one.only.holds(event) and one.only.is_open_to(one.owner)
            level = level_for(event, shows_operations=one.shows_operations, is_discreet=one.owner.is_discreet)
            if one.owner.audiences & seen_by and is_theirs and level:
                found[one.owner.member_id] = found.get(one.owner.member_id, frozenset()) | {one.client}
    return found
