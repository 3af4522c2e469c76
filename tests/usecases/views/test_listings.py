"""Lists for programs, on both engines: every thing once, in order, as far as the viewer may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import NOW, Cast, everybody, meeting, operation
from tracker.rules.actions.action_items import NewItem
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import DateLine, Event
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.actions import action_items
from tracker.usecases.events import scheduling
from tracker.usecases.views import search

pytestmark = pytest.mark.both_engines

YEAR = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


async def every_event(viewer: Viewer, limit: int) -> list[Event]:
    """Read the whole list page by page."""
    found: list[Event] = []
    after = search.START
    while page := await search.page_of_events(viewer, after, limit):
        found += page
        after = page[-1].created_at, page[-1].id
    return found


async def every_date(viewer: Viewer, limit: int, span: tuple[datetime, datetime] = YEAR) -> list[DateLine]:
    """Read the whole list page by page."""
    found: list[DateLine] = []
    after = search.START
    while page := await search.page_of_dates(viewer, *span, after, limit):
        found += page
        after = page[-1].starts_at, page[-1].id
    return found


async def schedule(viewer: Viewer, number: int, **facts: Any) -> None:
    await scheduling.schedule_event(
        viewer, meeting(title=f"Event {number}", **facts), NOW + timedelta(minutes=number // 2)
    )


async def test_each_event_is_on_one_page_though_two_were_made_at_one_moment(cast: Cast) -> None:
    for number in range(5):
        await schedule(cast.coordinator, number)
    found = await every_event(cast.caht_lead, 2)
    assert sorted(one.title for one in found) == [f"Event {number}" for number in range(5)]
    assert [one.created_at for one in found] == sorted(one.created_at for one in found)


async def test_dates_of_a_span_are_read_earliest_first_and_each_once(cast: Cast) -> None:
    weekly = rule_for_choice("weekly", meeting().starts, count=5)
    await schedule(cast.coordinator, 0, rule=weekly)
    await schedule(cast.coordinator, 1, rule=weekly)
    found = await every_date(cast.caht_lead, 3)
    assert len({one.id for one in found}) == len(found) == 10
    assert [one.starts_at for one in found] == sorted(one.starts_at for one in found)
    first = found[0]
    assert await every_date(cast.caht_lead, 3, (first.starts_at, first.starts_at)) == []
    assert len(await every_date(cast.caht_lead, 3, (first.ends_at, YEAR[1]))) == 8


async def test_what_a_viewer_may_not_see_is_on_no_page(cast: Cast) -> None:
    await schedule(cast.coordinator, 0)
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    assert [one.title for one in await every_event(cast.caht_lead, 1)] == ["Event 0"]
    assert [one.title for one in await every_date(cast.caht_lead, 1)] == ["Event 0"]
    assert len(await every_event(cast.kcpd_detective, 1)) == 2


async def test_items_are_read_in_the_order_in_which_they_were_given(cast: Cast) -> None:
    await scheduling.schedule_event(cast.coordinator, meeting(*everybody(cast)), NOW)
    for number, owner in enumerate((cast.caht_lead, cast.fbi_lead, cast.caht_lead)):
        new = NewItem(title=f"Item {number}", owner_id=owner.member_id, due=NOW.date())
        await action_items.create_item(cast.coordinator, new, NOW + timedelta(minutes=number), NOW.date())
    first = await search.page_of_items(cast.caht_lead, search.START, 2, only_mine=False)
    rest = await search.page_of_items(cast.caht_lead, (first[-1].created_at, first[-1].id), 2, only_mine=False)
    assert [one.title for one in [*first, *rest]] == ["Item 0", "Item 1", "Item 2"]
    mine = await search.page_of_items(cast.caht_lead, search.START, 9, only_mine=True)
    assert [one.title for one in mine] == ["Item 0", "Item 2"]
