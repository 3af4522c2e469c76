"""Sums by the database are what adding up row by row in memory gives, for each reader, in random worlds."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.cast import NOW, ZONE, Cast
from tests.usecases.reports.random_world import BEGAN, Place, random_world
from tracker.rules.actions.action_items import ItemStatus
from tracker.rules.reports.reports import KINDS, ReportSpan, reach_of
from tracker.rules.reports.sums import ItemCount, ItemWindow, ReportAgency, item_lines
from tracker.tables.schema.actions import ActionItem
from tracker.tables.visible import reports
from tracker.tables.visible.reports import item_counts

pytestmark = pytest.mark.both_engines

SPAN = ReportSpan(start=BEGAN, end=NOW, until=NOW, kinds=frozenset(KINDS))
MONTHS = [BEGAN + timedelta(days=days) for days in (20, 40)]
WINDOW = ItemWindow(start=BEGAN, end=NOW - timedelta(days=10), zone=ZONE)
READERS = ("coordinator", "fbi_lead", "caht_lead")


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_reader_gets_the_sums_of_what_they_may_see(cast: Cast, seed: int) -> None:
    world = await random_world(cast, seed)
    agencies = [ReportAgency(id=id_, code=code, name=code, arm=None, level="") for code, id_ in cast.agencies.items()]
    for viewer in (cast.members[name] for name in READERS):
        reach = reach_of(viewer)
        dates = {
            (one.month, one.kind, one.is_off): one.number for one in await reports.count_dates(viewer, SPAN, MONTHS)
        }
        assert dates == world.dates_seen(viewer, MONTHS)
        places: Counter[Place] = Counter()
        for one in await reports.count_places(viewer, SPAN, MONTHS, reach):
            places[one.month, one.kind, one.agency_id, one.mark.value] += one.number
        assert places == world.places_seen(viewer, reach, MONTHS)
        of_items = item_lines(await item_counts(viewer, WINDOW, None), agencies, WINDOW)
        assert of_items == item_lines(map(_alone, world.items_seen(viewer, WINDOW.end)), agencies, WINDOW)


def _alone(one: ActionItem) -> ItemCount:
    return ItemCount(
        agency_id=one.agency,
        due=one.due,
        status=ItemStatus(one.status),
        created_at=one.created_at,
        closed_at=one.closed_at,
        number=1,
    )
