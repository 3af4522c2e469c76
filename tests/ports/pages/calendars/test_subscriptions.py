"""The page of calendar subscriptions, as its owner uses it."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import BASE
from tests.ports.conftest import SignIn
from tracker import clock
from tracker.rules.calendars.feeds import MAX_SUBSCRIPTIONS, FeedLimit, FeedScope, Subscription
from tracker.rules.core.viewers import Viewer
from tracker.tables.schema.roster import SeatHolder
from tracker.usecases.calendars import subscriptions
from tracker.usecases.calendars.feeds import FeedFetch, note_fetches

PAGE = "/subscriptions"
ADDRESS = re.compile(rf'value="({BASE}/feeds/[A-Za-z0-9_-]{{43}}\.ics)"')
NEW = {"name": "Work Outlook", "scope": "all"}


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


async def feeds_of(viewer: Viewer) -> list[Subscription]:
    return await subscriptions.subscriptions_of(viewer)


async def make(viewer: Viewer, name: str = "Work Outlook") -> str:
    subscription_id, _ = await subscriptions.create_subscription(
        viewer, name, FeedScope.ALL, NOW, shows_operations=False
    )
    return f"{PAGE}/{subscription_id}"


def addresses(page: httpx.Response) -> list[str]:
    return ADDRESS.findall(page.text)


async def test_a_stranger_sees_nothing_of_it(cast: Cast, browse: SignIn) -> None:
    assert (await (await browse(None)).get(PAGE)).status_code != 200


async def test_looking_makes_no_feed(cast: Cast, browse: SignIn) -> None:
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert page.status_code == 200
    assert "Create your first feed" in page.text
    assert "/settings/calendar" not in page.text
    assert await feeds_of(cast.kcpd_detective) == []


async def test_a_new_feed_shows_an_address_that_works(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.kcpd_detective)
    made = await browser.post(PAGE, NEW)
    assert (made.status_code, made.headers["location"]) == (303, PAGE)
    page = await browser.get(made.headers["location"])
    [address] = addresses(page)
    assert "Feed created." in page.text
    assert f'href="webcal://{address.removeprefix("http://")}"' in page.text
    assert "QR code for Work Outlook" in page.text
    assert (await (await browse(None)).get(address)).status_code == 200


async def test_the_choices_of_a_new_feed_are_kept(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.kcpd_detective)
    await browser.post(PAGE, {"name": "Phone", "scope": "mine", "shows_operations": "yes"})
    [feed] = await feeds_of(cast.kcpd_detective)
    assert (feed.name, feed.scope, feed.shows_operations) == ("Phone", FeedScope.MINE, True)


async def test_a_feed_is_limited_to_a_committee_and_a_kind_and_has_alarms(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.fbi_lead)
    limits = {"committee": str(cast.committees["steering"]), "kind": "training"}
    await browser.post(PAGE, {"name": "", "scope": "all", **limits, "alarm": "30", "all_day_alarm": "evening"})
    page = (await browser.get(PAGE)).text
    assert "Shows: Steering Committee training." in page
    assert "Alerts: 30 minutes before; all-day events: 6:00 PM the day before." in page
    [feed] = await feeds_of(cast.fbi_lead)
    assert (feed.name, feed.alarms.minutes) == ("Steering Committee training", 30)
    await browser.post(f"{PAGE}/{feed.id}/choices", {"name": "Phone", "alarm": "", "all_day_alarm": ""})
    assert "Alerts: " not in (await browser.get(PAGE)).text


async def test_only_committees_whose_events_one_may_see_are_offered(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.harbor_advocate)).get(PAGE)).text
    assert "Victim Services Committee" in page
    assert "Law Enforcement Committee" not in page


async def test_a_feed_of_a_committee_that_one_left_says_that_it_shows_nothing(cast: Cast, browse: SignIn) -> None:
    only = FeedLimit(committee_id=cast.committees["steering"])
    await subscriptions.create_subscription(
        cast.fbi_lead, "Phone", FeedScope.ALL, NOW, only=only, shows_operations=False
    )
    await SeatHolder.delete().where(SeatHolder.member == cast.fbi_lead.member_id)
    page = (await (await browse(cast.fbi_lead)).get(PAGE)).text
    assert "Shows nothing because you’re not on its committee, or the committee has ended." in page
    assert "Steering Committee" not in page


async def test_the_page_says_what_others_store_before_operations_are_turned_on(cast: Cast, browse: SignIn) -> None:
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "Google and Microsoft then store these times on their servers" in page.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "Phone", "scope": "all", "committee": "x"}, "Choose a committee from the list."),
        ({"name": "Phone", "scope": "all", "kind": "party"}, "Choose a kind of event from the list."),
        ({"name": "Phone", "scope": "all", "alarm": "7"}, "Choose from the list."),
        ({"name": "Phone", "scope": "others"}, "Choose what the feed shows."),
        ({"name": "Phone"}, "Choose what the feed shows."),
        ({"name": "x" * 61, "scope": "all"}, "Use at most 60 characters"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_what_was_typed_stays(
    cast: Cast, browse: SignIn, form: dict[str, str], sentence: str
) -> None:
    reply = await (await browse(cast.kcpd_detective)).post(PAGE, form)
    assert reply.status_code == 422
    assert sentence in reply.text
    assert f'value="{form["name"]}"' in reply.text
    assert await feeds_of(cast.kcpd_detective) == []


async def test_after_15_minutes_addresses_are_hidden_until_it_is_confirmed_who_looks(
    cast: Cast, browse: SignIn
) -> None:
    await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    assert len(addresses(await browser.get(PAGE))) == 1
    clock.start_at(NOW + timedelta(minutes=15), stands_still=True)
    page = await browser.get(PAGE)
    assert addresses(page) == []
    assert "/feeds/" not in page.text
    assert "Confirm it’s you" in page.text


async def test_a_page_with_addresses_is_kept_by_no_cache(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective)
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "no-store" in page.headers["cache-control"]


async def test_replacing_gives_another_address(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    [old] = addresses(await browser.get(PAGE))
    replaced = await browser.post(f"{place}/replacement")
    [new] = addresses(await browser.get(replaced.headers["location"]))
    assert (await browser.get(old)).status_code == 404
    assert (await browser.get(new)).status_code == 200


async def test_turning_off_takes_the_feed_away(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    off = await browser.post(f"{place}/revocation")
    assert off.status_code == 303
    assert await feeds_of(cast.kcpd_detective) == []


async def test_a_feed_is_renamed_and_its_operations_turned_on_and_off(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    await browser.post(f"{place}/choices", {"name": "Phone", "shows_operations": "yes"})
    [feed] = await feeds_of(cast.kcpd_detective)
    assert (feed.name, feed.shows_operations) == ("Phone", True)
    await browser.post(f"{place}/choices", {"name": "Phone"})
    [feed] = await feeds_of(cast.kcpd_detective)
    assert not feed.shows_operations


async def test_a_name_that_cannot_be_taken_is_said_at_its_feed(cast: Cast, browse: SignIn) -> None:
    place = await make(cast.kcpd_detective)
    reply = await (await browse(cast.kcpd_detective)).post(f"{place}/choices", {"name": " "})
    assert reply.status_code == 422
    assert "Name the feed" in reply.text


@pytest.mark.parametrize("deed", ["choices", "replacement", "revocation"])
async def test_somebody_elses_feed_is_as_unknown_as_one_that_never_was(cast: Cast, browse: SignIn, deed: str) -> None:
    theirs = await make(cast.fbi_lead)
    browser = await browse(cast.kcpd_detective)
    replies = [await browser.post(f"{place}/{deed}", {"name": "Phone"}) for place in (theirs, f"{PAGE}/{uuid4()}")]
    assert [one.status_code for one in replies] == [404, 404]
    assert len(await feeds_of(cast.fbi_lead)) == 1


async def test_nobody_sees_the_feeds_of_others(cast: Cast, browse: SignIn) -> None:
    await make(cast.fbi_lead, "Canary")
    assert "Canary" not in (await (await browse(cast.coordinator)).get(PAGE)).text


async def test_the_last_fetch_is_shown_with_the_program_that_made_it(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective)
    browser = await browse(cast.kcpd_detective)
    first = await browser.get(PAGE)
    assert "Never used" in first.text
    [address] = addresses(first)
    await (await browse(None)).get(address, headers={"User-Agent": "Google-Calendar-Importer"})
    page = await browser.get(PAGE)
    assert "Last checked Tue, Dec 15, 9:00 AM by Google Calendar, 1 time in all." in page.text


async def test_the_steps_for_each_program_are_there_without_a_script(cast: Cast, browse: SignIn) -> None:
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    for program in ("Outlook (Windows, Mac, web)", "Google Calendar", "Apple Calendar", "Thunderbird"):
        assert f"<summary>{program}" in page.text
    assert "Google checks every 8 to 24 hours" in page.text


async def test_with_ten_feeds_the_page_says_how_to_make_room(cast: Cast, browse: SignIn) -> None:
    for number in range(MAX_SUBSCRIPTIONS):
        await make(cast.kcpd_detective, f"Device {number}")
    browser = await browse(cast.kcpd_detective)
    page = await browser.get(PAGE)
    assert 'action="/subscriptions"' not in page.text
    refused = await browser.post(PAGE, NEW)
    assert refused.status_code == 422
    assert "Turn off one you don’t use." in refused.text


async def test_names_are_shown_as_text(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective, '<b onclick="x">"Phone"')
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "<b onclick" not in page.text


async def test_an_address_that_stopped_is_unknown_at_the_door_and_its_owner_reads_why(
    cast: Cast, browse: SignIn
) -> None:
    path = await make(cast.kcpd_detective)
    stranger = await browse(None)
    [address] = addresses(await (await browse(cast.kcpd_detective)).get(PAGE))
    clock.start_at(NOW + timedelta(days=90), stands_still=True)
    unknown = await stranger.get(f"{BASE}/feeds/{'x' * 43}.ics")
    stopped = await stranger.get(address, headers={"If-None-Match": "*"})
    assert (stopped.status_code, stopped.content, stopped.headers) == (404, unknown.content, unknown.headers)
    owner = await browse(cast.kcpd_detective)
    page = await owner.get(PAGE)
    assert "No calendar app used this feed for 90 days, so its address stopped on Mon, Mar 15." in page.text
    assert addresses(page) == []
    await owner.post(f"{path}/replacement")
    [renewed] = addresses(await owner.get(PAGE))
    assert (await stranger.get(renewed)).status_code == 200


async def test_a_month_before_its_year_is_over_the_owner_is_told(cast: Cast, browse: SignIn) -> None:
    await make(cast.kcpd_detective)
    [feed] = await feeds_of(cast.kcpd_detective)
    for day in (250, 335):
        await note_fetches([FeedFetch(feed.id, "Thunderbird", NOW + timedelta(days=day), "hash", NOW)])
    clock.start_at(NOW + timedelta(days=334), stands_still=True)
    assert "this one stops on" not in (await (await browse(cast.kcpd_detective)).get(PAGE)).text
    clock.start_at(NOW + timedelta(days=335), stands_still=True)
    page = await (await browse(cast.kcpd_detective)).get(PAGE)
    assert "this one stops on Wed, Dec 15" in page.text
