"""An event in another time zone than the task force's: form, pages, emails, feed, programs, and the clock change."""

import re

from tests.cast import ZONE
from tests.ports.api.conftest import ALL, Program
from tests.ports.pages.forms import typed
from tests.scenarios.office import Office, calendar_of, event_in, words_of
from tracker import clock
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.identity import sessions

EASTERN = "America/New_York"
DETECTIVE = "kcpd_detective"
MONTHLY = {
    "title": "Regional call",
    "date": "2027-02-09",
    "starts": "14:00",
    "ends": "15:30",
    "repeat": "monthly_nth",
    "count": "3",
    "zone": EASTERN,
}
"""The clocks of both zones go forward on March 14, 2027."""


async def test_the_form_offers_time_zones_by_the_words_that_people_use(office: Office) -> None:
    page = await office.page("coordinator", "/schedule")
    offered = re.findall(r'<option value="([A-Z][^"]+/[^"]+)"( selected)?>([^<]+)</option>', page)
    assert offered[0] == (ZONE, " selected", "Central (Chicago)")
    assert {"Eastern (New York)", "Pacific (Los Angeles)"} <= {label for _, _, label in offered}
    assert "2:00–3:30 PM Eastern" in await office.page(
        "coordinator", "/schedule/preview?date=2027-02-09&starts=14:00&ends=15:30&repeat=none&zone=America/New_York"
    )


async def test_a_series_keeps_its_hours_in_its_zone_when_the_clocks_change(office: Office) -> None:
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **MONTHLY, save="send"))
    event = await scheduling.event_seen_by(office.cast.coordinator, event_id)
    dates = await occurrences.dates_in_series(office.cast.coordinator, event)
    assert [f"{one.starts_at:%m-%d %H:%M}" for one in dates] == ["02-09 19:00", "03-09 19:00", "04-13 18:00"]


async def test_pages_emails_feeds_and_programs_name_the_zone(office: Office) -> None:
    form = {**MONTHLY, "person": office.ids(DETECTIVE), "save": "send"}
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **form))
    page = await office.page(DETECTIVE, f"/events/{event_id}/2027-02-09")
    assert "2:00–3:30 PM Eastern" in page
    assert "1:00–2:30 PM Central (your time zone)" in " ".join(page.split())
    [mail] = await office.mails()
    assert "2:00–3:30 PM Eastern" in words_of(mail)
    assert "1:00–2:30 PM Central" in words_of(mail)
    [entry] = calendar_of(mail).walk("VEVENT")
    assert entry["DTSTART"].params["TZID"] == EASTERN
    feed = await office.fetch(await office.subscribe(DETECTIVE), **{"Accept-Encoding": "identity"})
    assert b"DTSTART;TZID=America/New_York:20270209T140000" in feed.content
    token = await sessions.create_token(office.cast.coordinator, "Program", ALL, clock.now())
    shown = await Program(office.app, token).get(f"/events/{event_id}")
    assert shown.json()["time_zone"] == EASTERN


async def test_the_edit_form_keeps_the_zone_and_can_change_it(office: Office) -> None:
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **MONTHLY, save="send"))
    address = f"/events/{event_id}/edit"
    form = typed(await office.page("coordinator", address), address)
    assert (form["starts"], form["zone"]) == (["14:00"], [EASTERN])
    reply = await office.fill("coordinator", address, address, zone="America/Denver", save="send")
    page = await office.page("coordinator", f"/events/{event_in(reply)}/2027-02-09")
    assert "2:00–3:30 PM Mountain" in page


async def test_a_copy_and_a_template_keep_the_zone(office: Office) -> None:
    event_id = event_in(await office.fill("coordinator", "/schedule", "/events", **MONTHLY, save="send"))
    desk = await office.browser("coordinator")
    form = typed((await desk.get(f"/schedule?like={event_id}")).text, "/events")
    assert form["zone"] == [EASTERN]
    await desk.post("/schedule/templates", form | {"template_name": ["East"]})
    templates = (await desk.get("/schedule/templates")).text
    [address] = re.findall(r'href="(/schedule\?template=[0-9a-f-]+)"', templates)
    assert typed((await desk.get(address)).text, "/events")["zone"] == [EASTERN]


async def test_a_zone_that_no_one_offers_is_refused_at_its_field(office: Office) -> None:
    reply = await office.fill("coordinator", "/schedule", "/events", **{**MONTHLY, "zone": "Mars/Olympus"}, save="send")
    assert reply.status_code == 422
    assert 'href="#f-zone">Choose a time zone from the list.' in reply.text
