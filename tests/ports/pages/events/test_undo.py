"""The Undo button: it is beside the sentence, takes back what it says, and says when it is too late."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.events.world import follow_redirects, press_undo, schedule_core_group
from tests.ports.pages.forms import typed
from tracker import clock
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.schema.core.tables import Message
from tracker.usecases.calendars import subscriptions
from tracker.usecases.events import scheduling


async def test_a_new_event_is_undone_by_one_button(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    page = await schedule_core_group(desk, sqlite_cast)
    assert "1 person will get an email." in page.text
    assert 'data-leaves="20"' in page.text
    response = await press_undo(desk, page)
    assert "Undone. The event is gone, and no one was notified of it." in response.text
    assert await Message.count() == 0
    assert (await desk.get(page.url.path)).status_code == 404


async def test_too_late_it_says_that_it_stays(browse: SignIn, sqlite_cast: Cast) -> None:
    desk = await browse(sqlite_cast.coordinator)
    page = await schedule_core_group(desk, sqlite_cast)
    clock.start_at(NOW + timedelta(seconds=21), stands_still=True)
    response = await press_undo(desk, page)
    assert "It’s too late to undo this" in response.text
    assert "Core group" in response.text


@pytest.mark.parametrize("whole", [True, False])
async def test_a_cancellation_is_undone(browse: SignIn, sqlite_cast: Cast, whole: bool) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(rule=rule), NOW)
    desk = await browse(sqlite_cast.coordinator)
    address = f"/events/{event_id}{'' if whole else '/2027-01-19'}/cancellation"
    canceled = await desk.post(address, typed((await desk.get(address)).text, address))
    page = await follow_redirects(desk, canceled)
    assert ("Canceled 3 dates." if whole else "Canceled.") in page.text
    response = await press_undo(desk, page)
    assert "Undone. Nothing is canceled, and no one was notified." in response.text
    assert "data-leaves" not in response.text


async def test_a_moved_date_is_put_back_by_one_button(browse: SignIn, sqlite_cast: Cast) -> None:
    desk, rule = await browse(sqlite_cast.coordinator), rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, rule=rule), NOW)
    address = f"/events/{event_id}/2027-01-19/edit"
    sent = await desk.post(address, typed((await desk.get(address)).text, address, date="2027-01-20"))
    page = await follow_redirects(desk, sent)
    assert "This date was moved" in page.text
    response = await press_undo(desk, page)
    assert "Undone. It’s as before, and no one was notified of the change." in response.text
    assert "This date was moved" not in response.text


async def test_a_changed_event_is_put_back_by_one_button_also_when_its_people_changed(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/events/{event_id}/edit"
    sent = await desk.post(address, typed((await desk.get(address)).text, address, place="Annex", save="send"))
    response = await press_undo(desk, await follow_redirects(desk, sent))
    assert "It’s as before" in response.text
    form = typed((await desk.get(address)).text, address, save="send")
    page = await follow_redirects(desk, await desk.post(address, form | {"person": []}))
    assert "Saved." in page.text
    assert "It’s as before" in (await press_undo(desk, page)).text


async def weekly(cast: Cast) -> str:
    """Return the address of a series of four dates, whose invitations were sent yesterday."""
    rule = rule_for_choice("weekly", meeting().starts, count=4)
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW - timedelta(days=1)
    )
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    return f"/events/{event_id}"


async def feed_of(cast: Cast, desk: Browser) -> str:
    """Return a person's feed without the numbers that only rise."""
    _, token = await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, shows_operations=False
    )
    lines = (await desk.get(f"/feeds/{token}.ics")).text.splitlines()
    return "\n".join(one for one in lines if not one.startswith(("SEQUENCE", "DTSTAMP", "LAST-MODIFIED")))


@pytest.mark.parametrize(
    ("form", "post", "fields"),
    [
        ("/edit?from=2027-01-19", "/edit", {"title": "Core group", "save": "send"}),
        ("/edit?from=2027-01-19", "/edit", {"starts": "14:00", "ends": "15:00", "save": "send"}),
        ("/edit", "/edit", {"title": "Core group", "place": "Annex", "save": "send"}),
        ("/2027-01-19/cancellation?which=following", "/2027-01-19/cancellation", {}),
        ("/cancellation", "/cancellation", {}),
        ("/dates", "/dates", {"date": "2027-01-22", "starts": "10:00"}),
    ],
    ids=["split", "split at another time", "all dates", "cancel the rest", "cancel all", "add a date"],
)
async def test_every_change_of_a_series_is_undone_by_one_button_and_feeds_are_as_before(
    browse: SignIn, sqlite_cast: Cast, form: str, post: str, fields: dict[str, str]
) -> None:
    desk, series = await browse(sqlite_cast.coordinator), await weekly(sqlite_cast)
    before = await feed_of(sqlite_cast, desk)
    page = (await desk.get(f"{series}{form}")).text
    changed = await follow_redirects(desk, await desk.post(f"{series}{post}", typed(page, f"{series}{post}", **fields)))
    assert await feed_of(sqlite_cast, desk) != before
    [address] = set(re.findall(r'action="(/events/[^"]*/undo)"', changed.text))
    values = {name: texts[0] for name, texts in typed(changed.text, address).items()}
    assert "Undone." in (await follow_redirects(desk, await desk.post(address, values))).text
    assert await feed_of(sqlite_cast, desk) == before
    assert await Message.count().where(Message.state == "pending") == 0


async def test_after_someone_else_changed_it_undo_says_so_and_their_change_stays(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    desk, series = await browse(sqlite_cast.coordinator), await weekly(sqlite_cast)
    address = f"{series}/edit"
    page = (await desk.get(address)).text
    saved = await follow_redirects(
        desk, await desk.post(address, typed(page, address, title="Core group", save="send"))
    )
    event_id = UUID(series.rpartition("/")[2])
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    later = NOW + timedelta(seconds=3)
    await scheduling.change_event(sqlite_cast.coordinator, event_id, replace(plan, place="Annex"), event.version, later)
    response = await press_undo(desk, saved)
    assert "Nothing was undone because someone has changed it or replied since." in response.text
    assert (await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)).place == "Annex"
