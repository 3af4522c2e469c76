"""Undo of a new event opens its form as it was sent."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.core.world import draft_mark_on
from tests.ports.pages.events.world import follow_redirects, press_undo
from tests.ports.pages.forms import Fields, typed
from tracker.rules.core.drafts import LARGEST
from tracker.usecases.events import scheduling

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
    return {name: all_ for name, all_ in typed(page.text, "/events").items() if name not in MADE_EACH_TIME}


async def filled(desk: Browser, address: str = "/schedule", **changes: Any) -> Fields:
    """Return the form of a page as it is sent, with every field that the page adds to what was entered."""
    opened = typed(
        (await desk.get(address)).text, "/events", **{"title": "Core group", "date": "2027-01-12", **changes}
    )
    action = address.replace("/schedule", "/events")
    return typed((await desk.post(action, opened | {"save": ["times"]})).text, "/events", save="send")


async def sent(desk: Browser, form: Fields, address: str = "/schedule") -> httpx.Response:
    page = await follow_redirects(desk, await desk.post(address.replace("/schedule", "/events"), form))
    assert "/events/" in page.url.path, page.text
    return page


def says(page: httpx.Response) -> str:
    """Return the sentence of the message of a page."""
    [found] = re.findall(r'id="flash">.*?<p class="usa-alert__text">(.*?)</p>', page.text, re.DOTALL)
    return unescape(found)


@pytest.mark.both_engines
async def test_every_field_of_a_series_is_back(browse: SignIn, cast: Cast) -> None:
    desk = await browse(cast.coordinator)
    people = [str(one.member_id) for one in (cast.fbi_lead, cast.fbi_alternate)]
    form = await filled(desk, **SERIES, person=people, **{f"role-{people[1]}": "optional"})
    was = {name: all_ for name, all_ in form.items() if name not in MADE_EACH_TIME}
    page = await press_undo(desk, await sent(desk, form))
    assert (page.url.path, says(page)) == ("/schedule", BACK)
    assert entered(page) == was
    assert {name: was[name] for name in SERIES} == {
        name: text if isinstance(text, list) else [text] for name, text in SERIES.items()
    }
    assert sorted(was["person"]) == sorted(people)


async def test_the_form_can_be_sent_again(desk: Browser) -> None:
    page = await press_undo(desk, await sent(desk, await filled(desk)))
    again = await sent(desk, typed(page.text, "/events", save="send"))
    assert "Scheduled." in says(again)
    assert (await press_undo(desk, again)).url.path == "/schedule"


async def test_its_page_says_once_that_it_is_back_and_can_discard_it(desk: Browser) -> None:
    page = await press_undo(desk, await sent(desk, await filled(desk)))
    assert "Restored your draft" not in page.text
    assert "Discard draft" in page.text
    assert "Restored your draft from 9:00 AM." in (await desk.get("/schedule")).text


async def test_a_form_that_was_refused_first_is_back_as_it_was_sent_last(desk: Browser) -> None:
    opened = typed((await desk.get("/schedule")).text, "/events", agenda="Welcome 5", save="send")
    refused = await desk.post("/events", opened)
    assert refused.status_code == 422
    page = await press_undo(desk, await sent(desk, typed(refused.text, "/events", title="Core group", save="send")))
    assert (says(page), entered(page)["agenda"]) == (BACK, ["Welcome 5"])


async def test_the_form_of_a_day_is_back_at_that_day(desk: Browser) -> None:
    address = "/schedule?date=2027-01-14&kind=training"
    page = await press_undo(desk, await sent(desk, await filled(desk, address, title="Of a day"), address))
    assert (str(page.url).partition("/schedule")[2], entered(page)["title"]) == (address[9:], ["Of a day"])
    assert entered(await desk.get("/schedule"))["title"] == [""]


async def test_a_copy_is_back_as_a_copy(desk: Browser, sqlite_cast: Cast) -> None:
    like = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/schedule?like={like}"
    page = await press_undo(desk, await sent(desk, await filled(desk, address, title="A copy"), address))
    assert (page.url.query, says(page)) == (f"like={like}".encode(), BACK)
    assert (entered(page)["title"], entered(page)["person"]) == (["A copy"], [str(sqlite_cast.fbi_lead.member_id)])


async def test_a_form_from_a_template_is_back_as_it_was_sent(desk: Browser) -> None:
    template = await filled(desk, title="Of the template", template_name="Core")
    await desk.post("/schedule/templates", template)
    [address] = re.findall(r'href="(/schedule\?template=[0-9a-f-]+)"', (await desk.get("/schedule/templates")).text)
    await desk.post("/drafts/removal", {"_draft": await draft_mark_on(desk)})
    page = await press_undo(desk, await sent(desk, await filled(desk, address, title="Changed"), address))
    assert (says(page), entered(page)["title"]) == (BACK, ["Changed"])


async def test_a_saved_draft_that_is_undone_is_back_in_its_form(desk: Browser) -> None:
    page = await press_undo(desk, await sent(desk, await filled(desk) | {"save": ["draft"]}))
    assert (says(page), entered(page)["title"]) == (BACK, ["Core group"])


async def test_another_draft_that_was_begun_meanwhile_is_kept_and_the_calendar_says_that_the_event_is_gone(
    desk: Browser,
) -> None:
    scheduled = await sent(desk, await filled(desk))
    await desk.post("/drafts", {"_draft": await draft_mark_on(desk), "title": "Begun in another tab"})
    page = await press_undo(desk, scheduled)
    lost = f"{GONE} What you entered wasn’t kept. If you began another event there, that draft is still there."
    assert (page.url.path, says(page)) == ("/calendar", lost)
    assert entered(await desk.get("/schedule"))["title"] == ["Begun in another tab"]


async def test_a_form_that_no_draft_can_hold_is_not_promised(desk: Browser) -> None:
    form = await filled(desk) | {"find": ["a" * LARGEST], "found_for": ["a" * LARGEST]}
    page = await press_undo(desk, await sent(desk, form))
    assert (page.url.path, says(page)) == ("/calendar", GONE)


async def test_another_person_in_the_same_browser_gets_no_form_back(
    browse: SignIn, sqlite_cast: Cast, desk: Browser
) -> None:
    """Its mark names another person than the one who is signed in."""
    form = await filled(await browse(sqlite_cast.fbi_lead))
    mine = await filled(desk)
    page = await press_undo(desk, await sent(desk, mine | {"_draft": form["_draft"]}))
    assert (page.url.path, says(page)) == ("/calendar", GONE)
    for browser in (desk, await browse(sqlite_cast.fbi_lead)):
        assert entered(await browser.get("/schedule"))["title"] == [""]


async def test_undo_of_a_change_opens_the_event(desk: Browser, sqlite_cast: Cast) -> None:
    event_id: UUID = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    address = f"/events/{event_id}/edit"
    changed = typed((await desk.get(address)).text, address, place="Annex", save="send")
    page = await press_undo(desk, await follow_redirects(desk, await desk.post(address, changed)))
    assert page.url.path.startswith(f"/events/{event_id}")
