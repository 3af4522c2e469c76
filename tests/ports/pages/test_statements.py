"""A page asks the database as often with many rows as with few, and as many questions at once as it can."""

from datetime import date, timedelta
from operator import gt

from tests.cast import NOW, Cast, everyone, meeting
from tests.database.statements import noted
from tests.ports.conftest import SignIn
from tracker.rules.actions import NewItem
from tracker.rules.events.replies import ReplyValue
from tracker.usecases.actions import action_items
from tracker.usecases.events import replies, scheduling

EVENT, EDIT, ITEM = "an event", "the form of an event", "an action item"
MOST = {
    "/": (27, 2),
    EVENT: (22, 3),
    EDIT: (17, 4),
    "/schedule": (14, 4),  # a free time is looked for first, and then who is busy at the time that the form begins with
    "/calendar?view=week": (5, 2),
    "/calendar?month=2027-01": (5, 2),
    "/action-items": (5, 2),
    ITEM: (17, 5),
    "/people": (8, 1),
    "/search?q=report": (6, 2),
    "/messages": (5, 3),
    "/reports": (6, 1),
    "/audit": (8, 3),
    "/agencies": (4, 1),
    "/committees": (9, 2),
    "/settings": (11, 2),
    "/settings/notifications": (16, 6),
}
"""The statements of each page at most, and the trips to the database in which they go."""
FEW, MANY = 3, 12  # meetings, items, and replies
LONG_AGO = NOW - timedelta(days=9)


async def fill(cast: Cast, count: int) -> dict[str, str]:
    """Schedule so many meetings on one day, each with a reply, give out as many items; return where the last are."""
    for number in range(count):
        starts = meeting().starts + timedelta(hours=number)
        event_id = await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast), starts=starts), LONG_AGO)
        key = starts.date().isoformat()
        await replies.record_own_reply(
            cast.fbi_lead, event_id, key, ReplyValue.ACCEPTED, "", LONG_AGO, for_series=False
        )
        new = NewItem(title=f"Report {number}", owner_id=cast.fbi_lead.member_id, due=date(2027, 1, 5))
        reference = await action_items.create_item(cast.coordinator, new, LONG_AGO, LONG_AGO.date())
    return {EVENT: f"/events/{event_id}/{key}", EDIT: f"/events/{event_id}/edit", ITEM: f"/action-items/{reference}"}


async def test_a_page_asks_as_often_with_many_rows_as_with_few(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    asked: list[dict[str, tuple[int, int]]] = []
    for count in (FEW, MANY - FEW):
        addresses = await fill(sqlite_cast, count)
        numbers = {}
        for name in MOST:
            path = addresses.get(name, name)
            for _ in range(2):  # what is read or noted once and then remembered is no part of a page
                await browser.get(path)
            with noted() as statements:
                await browser.get(path)
            numbers[name] = len(statements), statements.trips
        asked.append(numbers)
    few, many = asked
    assert many == few
    assert {name: one for name, one in many.items() if any(map(gt, one, MOST[name]))} == {}
