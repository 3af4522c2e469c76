"""Undo on pages: the button, what it says, and the form that comes back."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.core.world import draft_mark_on
from tests.ports.pages.events.world import follow_redirects, press_undo, schedule_core_group
from tests.ports.pages.forms import Fields, form_with
from tracker import clock
from tracker.rules.calendars.feeds import FeedScope
from tracker.rules.core.drafts import LARGEST
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
    clock.start_at(NOW + timedelta(seconds=21), is_still=True)
    response = await press_undo(desk, page)
    assert "It’s too late to undo this" in response.text
    assert "Core group" in response.text


@pytest.mark.parametrize("whole", [True, False])
async def test_a_cancellation_is_undone(browse: SignIn, sqlite_cast: Cast, whole: bool) -> None:
    rule = rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(rule=rule), NOW)
    desk = await browse(sqlite_cast.coordinator)
    address = f"/events/{event_id}{'' if whole else '/2027-01-19'}/cancellation"
    canceled = await desk.post(address, form_with((await desk.get(address)).text, address))
    page = await follow_redirects(desk, canceled)
    assert ("Canceled 3 dates." if whole else "Canceled.") in page.text
    response = await press_undo(desk, page)
    assert "Undone. Nothing is canceled, and no one was notified." in response.text
    assert "data-leaves" not in response.text


async def test_a_moved_date_is_put_back_by_one_button(browse: SignIn, sqlite_cast: Cast) -> None:
    desk, rule = await browse(sqlite_cast.coordinator), rule_for_choice("weekly", meeting().starts, count=3)
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, rule=rule), NOW)
    address = f"/events/{event_id}/2027-01-19/edit"
    sent = await desk.post(address, form_with((await desk.get(address)).text, address, date="2027-01-20"))
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
    sent = await desk.post(address, form_with((await desk.get(address)).text, address, place="Annex", save="send"))
    response = await press_undo(desk, await follow_redirects(desk, sent))
    assert "It’s as before" in response.text
    form = form_with((await desk.get(address)).text, address, save="send")
    page = await follow_redirects(desk, await desk.post(address, form | {"person": []}))
    assert "Saved." in page.text
    assert "It’s as before" in (await press_undo(desk, page)).text


async def schedule_weekly(cast: Cast) -> str:
    """Return the address of a series of four dates, whose invitations were sent yesterday."""
    rule = rule_for_choice("weekly", meeting().starts, count=4)
    event_id = await scheduling.schedule_event(
        cast.coordinator, meeting(cast.fbi_lead, rule=rule), NOW - timedelta(days=1)
    )
    await Message.update({Message.state: "sent", Message.sent_at: NOW - timedelta(days=1)}, force=True)
    return f"/events/{event_id}"


async def feed_lines(cast: Cast, desk: Browser) -> str:
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
    desk, series = await browse(sqlite_cast.coordinator), await schedule_weekly(sqlite_cast)
    before = await feed_lines(sqlite_cast, desk)
    page = (await desk.get(f"{series}{form}")).text
    changed = await follow_redirects(
        desk, await desk.post(f"{series}{post}", form_with(page, f"{series}{post}", **fields))
    )
    assert await feed_lines(sqlite_cast, desk) != before
    [address] = set(re.findall(r'action="(/events/[^"]*/undo)"', changed.text))
    values = {name: texts[0] for name, texts in form_with(changed.text, address).items()}
    assert "Undone." in (await follow_redirects(desk, await desk.post(address, values))).text
    assert await feed_lines(sqlite_cast, desk) == before
    assert await Message.count().where(Message.state == "pending") == 0


async def test_after_someone_else_changed_it_undo_says_so_and_their_change_stays(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    desk, series = await browse(sqlite_cast.coordinator), await schedule_weekly(sqlite_cast)
    address = f"{series}/edit"
    page = (await desk.get(address)).text
    saved = await follow_redirects(
        desk, await desk.post(address, form_with(page, address, title="Core group", save="send"))
    )
    event_id = UUID(series.rpartition("/")[2])
    event, plan = await scheduling.plan_to_change(sqlite_cast.coordinator, event_id)
    later = NOW + timedelta(seconds=3)
    await scheduling.change_event(sqlite_cast.coordinator, event_id, replace(plan, place="Annex"), event.version, later)
    response = await press_undo(desk, saved)
    assert "Nothing was undone because someone has changed it or replied since." in response.text
    assert (await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)).place == "Annex"


GONE = "Undone. The event is gone, and no one was notified of it."
BACK = f"{GONE} What you entered is back in this form."
MADE_EACH_TIME = {"_csrf", "_draft", "form_id", "save"}
SERIES: dict[str, Any] = {
    "title": "Core group of “March”",
    "kind": "training",
    "visibility": "named",
    "date": "2027-01-12",
    "starts": "14:00",
    "ends": "15:30",
    "repeat": "weekly",
    "interval": "2",
    "count": "5",
    "reminders": "own",
    "leads": ["1440"],
    "asks_before": ["14400"],
    "sends_thanks": "yes",
    "place": "Room A",
    "video_link": "https://video.example/core",
    "agenda": "Welcome 5\n\nReferrals & <forms> 20",
    "description": "Bring the list",
    "mark_categories": ["LEI", "SP-INV"],
    "mark_limit": "FEDCON",
    "mark_until": "2027-12-31",
    "tentative": "yes",
}


def entered(page: httpx.Response) -> Fields:
    """Return what is in the form of a page."""
    return {name: all_ for name, all_ in form_with(page.text, "/events").items() if name not in MADE_EACH_TIME}


async def entered_form(desk: Browser, address: str = "/schedule", **changes: Any) -> Fields:
    """Return the form of a page as it is sent, with every field that the page adds to what was entered."""
    opened = form_with(
        (await desk.get(address)).text, "/events", **{"title": "Core group", "date": "2027-01-12", **changes}
    )
    action = address.replace("/schedule", "/events")
    return form_with((await desk.post(action, opened | {"save": ["times"]})).text, "/events", save="send")


async def send_form(desk: Browser, form: Fields, address: str = "/schedule") -> httpx.Response:
    page = await follow_redirects(desk, await desk.post(address.replace("/schedule", "/events"), form))
    assert "/events/" in page.url.path, page.text
    return page


def flash_of(page: httpx.Response) -> str:
    """Return the sentence of the message of a page."""
    [text] = re.findall(r'id="flash">.*?<p class="usa-alert__text">(.*?)</p>', page.text, re.DOTALL)
    return unescape(text)


@pytest.mark.both_engines
async def test_every_field_of_a_series_is_back(browse: SignIn, cast: Cast) -> None:
    desk = await browse(cast.coordinator)
    people = [str(one.member_id) for one in (cast.fbi_lead, cast.fbi_alternate)]
    form = await entered_form(desk, **SERIES, person=people, **{f"role-{people[1]}": "optional"})
    was = {name: all_ for name, all_ in form.items() if name not in MADE_EACH_TIME}
    page = await press_undo(desk, await send_form(desk, form))
    assert (page.url.path, flash_of(page)) == ("/schedule", BACK)
    assert entered(page) == was
    assert {name: was[name] for name in SERIES} == {
        name: text if isinstance(text, list) else [text] for name, text in SERIES.items()
    }
    assert sorted(was["person"]) == sorted(people)


async def test_the_form_can_be_sent_again(desk: Browser) -> None:
    page = await press_undo(desk, await send_form(desk, await entered_form(desk)))
    again = await send_form(desk, form_with(page.text, "/events", save="send"))
    assert "Scheduled." in flash_of(again)
    assert (await press_undo(desk, again)).url.path == "/schedule"


async def test_its_page_says_once_that_it_is_back_and_can_discard_it(desk: Browser) -> None:
    page = await press_undo(desk, await send_form(desk, await entered_form(desk)))
    assert "Restored your draft" not in page.text
    assert "Discard draft" in page.text
    assert "Restored your draft from 9:00 AM." in (await desk.get("/schedule")).text


async def test_a_form_that_was_refused_first_is_back_as_it_was_sent_last(desk: Browser) -> None:
    opened = form_with((await desk.get("/schedule")).text, "/events", agenda="Welcome 5", save="send")
    refused = await desk.post("/events", opened)
    assert refused.status_code == 422
    page = await press_undo(
        desk, await send_form(desk, form_with(refused.text, "/events", title="Core group", save="send"))
    )
    assert (flash_of(page), entered(page)["agenda"]) == (BACK, ["Welcome 5"])


async def test_the_form_of_a_day_is_back_at_that_day(desk: Browser) -> None:
    address = "/schedule?date=2027-01-14&kind=training"
    page = await press_undo(desk, await send_form(desk, await entered_form(desk, address, title="Of a day"), address))
    assert (str(page.url).partition("/schedule")[2], entered(page)["title"]) == (address[9:], ["Of a day"])
    assert entered(await desk.get("/schedule"))["title"] == [""]


async def test_a_copy_is_back_as_a_copy(desk: Browser, sqlite_cast: Cast) -> None:
    like = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/schedule?like={like}"
    page = await press_undo(desk, await send_form(desk, await entered_form(desk, address, title="A copy"), address))
    assert (page.url.query, flash_of(page)) == (f"like={like}".encode(), BACK)
    assert (entered(page)["title"], entered(page)["person"]) == (["A copy"], [str(sqlite_cast.fbi_lead.member_id)])


async def test_a_form_from_a_template_is_back_as_it_was_sent(desk: Browser) -> None:
    template = await entered_form(desk, title="Of the template", template_name="Core")
    await desk.post("/schedule/templates", template)
    [address] = re.findall(r'href="(/schedule\?template=[0-9a-f-]+)"', (await desk.get("/schedule/templates")).text)
    await desk.post("/drafts/removal", {"_draft": await draft_mark_on(desk)})
    page = await press_undo(desk, await send_form(desk, await entered_form(desk, address, title="Changed"), address))
    assert (flash_of(page), entered(page)["title"]) == (BACK, ["Changed"])


async def test_a_saved_draft_that_is_undone_is_back_in_its_form(desk: Browser) -> None:
    page = await press_undo(desk, await send_form(desk, await entered_form(desk) | {"save": ["draft"]}))
    assert (flash_of(page), entered(page)["title"]) == (BACK, ["Core group"])


async def test_another_draft_that_was_begun_meanwhile_is_kept_and_the_calendar_says_that_the_event_is_gone(
    desk: Browser,
) -> None:
    scheduled = await send_form(desk, await entered_form(desk))
    await desk.post("/drafts", {"_draft": await draft_mark_on(desk), "title": "Begun in another tab"})
    page = await press_undo(desk, scheduled)
    lost = f"{GONE} What you entered wasn’t kept. If you began another event there, that draft is still there."
    assert (page.url.path, flash_of(page)) == ("/calendar", lost)
    assert entered(await desk.get("/schedule"))["title"] == ["Begun in another tab"]


async def test_a_form_that_no_draft_can_hold_is_not_promised(desk: Browser) -> None:
    form = await entered_form(desk) | {"find": ["a" * LARGEST], "found_for": ["a" * LARGEST]}
    page = await press_undo(desk, await send_form(desk, form))
    assert (page.url.path, flash_of(page)) == ("/calendar", GONE)


async def test_another_person_in_the_same_browser_gets_no_form_back(
    browse: SignIn, sqlite_cast: Cast, desk: Browser
) -> None:
    """Its mark names another person than the one who is signed in."""
    form = await entered_form(await browse(sqlite_cast.fbi_lead))
    own_entered_form = await entered_form(desk)
    page = await press_undo(desk, await send_form(desk, own_entered_form | {"_draft": form["_draft"]}))
    assert (page.url.path, flash_of(page)) == ("/calendar", GONE)
    for browser in (desk, await browse(sqlite_cast.fbi_lead)):
        assert entered(await browser.get("/schedule"))["title"] == [""]


async def test_undo_of_a_change_opens_the_event(desk: Browser, sqlite_cast: Cast) -> None:
    event_id: UUID = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/events/{event_id}/edit"
    changed = form_with((await desk.get(address)).text, address, place="Annex", save="send")
    page = await press_undo(desk, await follow_redirects(desk, await desk.post(address, changed)))
    assert page.url.path.startswith(f"/events/{event_id}")
