"""Whose feeds hold an event, by the same limits as the feeds themselves."""

import pytest

from tests.cast import NOW, Cast, meeting
from tracker.rules.calendars.feeds import FeedLimit, FeedScope
from tracker.rules.core.audiences import Visibility
from tracker.rules.events.event import Kind
from tracker.tables.schema.roster.people import SeatHolder
from tracker.usecases.calendars import feeds, subscriptions
from tracker.usecases.calendars.feeds import feed_owners_of, feed_readers
from tracker.usecases.events import events

FACTS = [
    {"title": "Any"},
    {"title": "Drill", "kind": Kind.TRAINING},
    {"title": "Police", "visibility": Visibility.LAW_ENFORCEMENT},
]


@pytest.mark.parametrize("committee", [None, "steering", "enforcement"])
@pytest.mark.parametrize("kind", [None, Kind.TRAINING])
async def test_the_preview_counts_a_feed_as_the_feed_holds_the_event(
    cast: Cast, committee: str | None, kind: Kind | None
) -> None:
    limits = FeedLimit(committee_id=cast.committees[committee] if committee else None, kind=kind)
    made = []
    for facts in FACTS:
        for of in (None, cast.committees["steering"]):
            event_id = await events.schedule(cast.coordinator, meeting(committee_id=of, **facts), NOW)
            made.append(await events.event_for(cast.coordinator, event_id))
    for one in (cast.fbi_lead, cast.hsi_liaison):
        await subscriptions.create_subscription(one, "Phone", FeedScope.ALL, NOW, only=limits, shows_operations=False)
    await SeatHolder.delete().where(SeatHolder.member == cast.hsi_liaison.member_id)
    readers = await feed_readers(NOW)
    for reader in readers:
        held = {
            event.id
            for event, _ in await feeds.feed_events(
                reader.owner, NOW, scope=reader.scope, only=reader.only, shows_operations=False
            )
        }
        for event in made:
            assert (reader.owner.member_id in await feed_owners_of([reader], [event])) == (event.id in held)
