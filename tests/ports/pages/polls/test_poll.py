"""The pages of a date poll: from the draft of an event to everyone's replies in a table."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.polls.world import asked, asked_again, reply
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import EventStatus
from tracker.rules.polls.polls import Fit
from tracker.usecases.core import audit
from tracker.usecases.events import events
from tracker.usecases.polls import poll_closing, polls

NO_POLL = UUID(int=0)
ASKED: Mapping[str, Any] = {
    "dates": ["2027-01-12", "2027-01-13", ""],
    "times": ["10:00", "14:00", "10:00"],
    "reply_by": "2027-01-08",
    "save": "ask",
}


async def draft(cast: Cast, *asked: Viewer) -> UUID:
    return await events.schedule(cast.coordinator, meeting(*asked, status=EventStatus.DRAFT), NOW)


async def text(browser: Browser, address: str) -> str:
    return " ".join((await browser.get(address)).text.split())


async def test_the_organizer_proposes_dates_and_people_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await draft(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    organizer, asked = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    assert f'href="/events/{event_id}/poll"' in await text(organizer, f"/events/{event_id}/2027-01-12")
    opened = await organizer.post(f"/events/{event_id}/poll", ASKED)
    address = opened.headers["location"]
    page = await text(asked, address)
    assert "You haven’t replied yet. Please reply by Fri, Jan 8, 5:00 PM." in page
    names = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', page)
    assert len(names) == 2
    await asked.post(f"{address}/replies", {names[0]: "yes", names[1]: "if_needed"})
    table = await text(organizer, f"{address}/table")
    assert "1 of 2 people asked have replied" in table
    assert re.search(r"Best so far.*?<td[^>]*>2</td>", table)


async def test_asking_again_begins_with_the_earlier_dates_that_are_ahead(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await draft(sqlite_cast, sqlite_cast.fbi_lead)
    days = {"dates": ["2026-12-17", "2027-01-13", "2027-01-14", "2027-01-15"], "times": ["09:00"] + ["14:00"] * 3}
    organizer = await browse(sqlite_cast.coordinator)
    opened = await organizer.post(f"/events/{event_id}/poll", {**ASKED, **days, "reply_by": "2026-12-16"})
    await organizer.post(f"{opened.headers['location']}/cancellation")
    clock.start_at(NOW + timedelta(days=7), stands_still=True)
    page = await text(await browse(sqlite_cast.coordinator), f"/events/{event_id}/poll")
    values = [re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page) for name in ("dates", "times", "reply_by")]
    assert values == [["2027-01-13", "2027-01-14", "2027-01-15"], ["14:00"] * 3, ["2026-12-29"]]


async def test_where_people_are_asked_again_it_says_that_their_replies_are_deleted(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await reply(sqlite_cast.fbi_lead, poll_id, Fit.YES)
    event_id = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event.id
    await poll_closing.cancel_poll(sqlite_cast.coordinator, poll_id, NOW)
    browser = await browse(sqlite_cast.coordinator)
    for address in (f"/polls/{poll_id}", f"/events/{event_id}/poll"):
        assert "Asking again deletes the replies of 1 person." in await text(browser, address)


async def test_the_address_of_a_poll_leads_to_the_one_in_which_people_were_asked_again(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    first = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    second = await asked_again(sqlite_cast.coordinator, first)
    third = await asked_again(sqlite_cast.coordinator, second)
    for who in (sqlite_cast.fbi_lead, sqlite_cast.coordinator):
        browser = await browse(who)
        found = [(await browser.get(f"/polls/{one}")).headers["location"] for one in (first, second)]
        assert found == [f"/polls/{third}"] * 2


async def test_replies_to_a_poll_that_was_asked_again_lead_to_the_new_one(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    option = (await polls.poll_for(sqlite_cast.fbi_lead, earlier)).options[0].id
    again = await asked_again(sqlite_cast.coordinator, earlier)
    browser = await browse(sqlite_cast.fbi_lead)
    sent = await browser.post(f"/polls/{earlier}/replies", {f"date-{option}": "yes"})
    assert sent.headers["location"] == f"/polls/{again}"
    assert "Your replies weren’t saved" in await text(browser, f"/polls/{again}")


async def test_only_people_who_are_asked_again_read_that_they_are(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    again = await asked_again(sqlite_cast.coordinator, earlier)
    for who in (sqlite_cast.caht_lead, sqlite_cast.fbi_lead):
        browser = await browse(who)
        if who is sqlite_cast.fbi_lead:
            await poll_closing.cancel_poll(sqlite_cast.coordinator, again, NOW)
        sent = await browser.post(f"/polls/{earlier}/replies", {})
        assert sent.headers["location"] == f"/polls/{again}"
        assert "This one replaced it" not in await text(browser, f"/polls/{again}")


async def test_the_tables_of_a_poll_that_was_asked_again_lead_to_the_new_one(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    again = await asked_again(sqlite_cast.fbi_lead, earlier)
    tables = await (await browse(sqlite_cast.kcpd_detective)).get(f"/polls/{earlier}/table")
    assert (tables.status_code, tables.headers["hx-redirect"]) == (200, f"/polls/{again}")
    stranger = await browse(sqlite_cast.caht_lead)
    assert (await stranger.get(f"/polls/{earlier}/table")).status_code == 404


async def test_an_earlier_poll_that_a_person_may_not_see_is_like_none(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await asked_again(sqlite_cast.fbi_lead, earlier)
    stranger = await browse(sqlite_cast.caht_lead)
    read = [await stranger.get(f"/polls/{one}") for one in (earlier, NO_POLL)]
    sent = [await stranger.post(f"/polls/{one}/replies", {}) for one in (earlier, NO_POLL)]
    for hidden, missing in (read, sent):
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.content == missing.content


async def test_suggested_times_can_be_proposed_too(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await draft(sqlite_cast, sqlite_cast.fbi_lead)
    organizer = await browse(sqlite_cast.coordinator)
    page = await text(organizer, f"/events/{event_id}/poll")
    suggested = re.findall(r'name="suggested" id="[^"]+" value="([^"]+)"', page)
    form = ASKED | {"dates": ["", ""], "suggested": suggested[-2:], "reply_by": "2026-12-18"}
    poll_id = (await organizer.post(f"/events/{event_id}/poll", form)).headers["location"].rpartition("/")[2]
    found = await polls.poll_for(sqlite_cast.fbi_lead, UUID(poll_id))
    assert {f"{one.starts:%Y-%m-%dT%H:%M}" for one in found.options} == {
        one.partition("/")[0] for one in suggested[-2:]
    }


async def test_more_rows_and_errors_lose_nothing_that_was_typed(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await draft(sqlite_cast, sqlite_cast.fbi_lead)
    organizer = await browse(sqlite_cast.coordinator)
    more = await organizer.post(f"/events/{event_id}/poll", {**ASKED, "save": "more"})
    assert (more.status_code, more.text.count('name="dates"'), "2027-01-13" in more.text) == (200, 6, True)
    odd = await organizer.post(f"/events/{event_id}/poll", {**ASKED, "times": ["10:00", "", ""]})
    assert (odd.status_code, "Enter a start time for each date." in odd.text) == (422, True)
    assert "2027-01-13" in odd.text


async def test_the_form_of_a_new_event_leads_to_its_poll(sqlite_cast: Cast, browse: SignIn) -> None:
    form = {
        "title": "Core group",
        "kind": "meeting",
        "visibility": "all",
        "date": "2027-01-12",
        "starts": "10:00",
        "ends": "11:00",
        "person": str(sqlite_cast.fbi_lead.member_id),
        "save": "poll",
    }
    sent = await (await browse(sqlite_cast.coordinator)).post("/events", form)
    assert re.fullmatch(r"/events/[0-9a-f-]+/poll", sent.headers["location"])


async def test_who_opens_the_poll_of_a_restricted_event_is_on_record(sqlite_cast: Cast, browse: SignIn) -> None:
    poll_id = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    event = (await polls.poll_for(sqlite_cast.fbi_lead, poll_id)).event
    await (await browse(sqlite_cast.kcpd_detective)).get(f"/polls/{poll_id}")
    [reading] = await audit.readings_of(sqlite_cast.fbi_lead, event.id)
    assert reading.name == "Kcpd detective"


async def test_people_who_are_not_asked_see_no_form(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await draft(sqlite_cast, sqlite_cast.fbi_lead)
    address = (await (await browse(sqlite_cast.coordinator)).post(f"/events/{event_id}/poll", ASKED)).headers[
        "location"
    ]
    stranger = await browse(sqlite_cast.hsi_liaison)
    assert "Save replies" not in await text(stranger, address)
    assert (await stranger.post(f"{address}/replies", {})).status_code == 403
