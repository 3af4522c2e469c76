"""Scenario 2, step 7: victim services get ready for an operation that they never learn of, from form to feed."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.ical.readers import by_ical, by_icalendar
from tests.ports.browser import FORM_TOKEN
from tests.scenarios.bluestem import BLUESTEM_FORM
from tests.scenarios.office import Office, event_in, recipients, words_of
from tracker import clock
from tracker.rules.events.history import UNDO_FOR
from tracker.usecases.operations import readiness

DAY = "2027-05-15"
WRITTEN = {
    "starts": "2027-05-14",
    "starts_at": "20:00",
    "ends": "2027-05-15",
    "ends_at": "20:00",
    "fewest": "3",
    "most": "6",
    "languages": "Spanish, Mandarin",
    "minors": "unknown",
    "needs": "Beds for one night",
    "place": "partner location 2",
    "contact": "FBI duty desk, 816-555-0100",
    "release": "2027-05-13",
    "release_at": "12:00",
}
BEFORE = datetime(2027, 5, 13, 16, 59, 59, tzinfo=UTC)
NOON = datetime(2027, 5, 13, 17, tzinfo=UTC)
SATURDAY = datetime(2027, 5, 15, 17, tzinfo=UTC)
SECRETS = ("Bluestem", "Larkspur", "6:00", "T060000", "T110000Z")


def notices_at(event: UUID) -> str:
    return f"/events/{event}/{DAY}/plan/readiness"


async def tick(office: Office, moment: datetime) -> None:
    """Let it be a moment, and let the clock of the product release what is due."""
    await office.at(moment)
    await readiness.run_due_notices(clock.now())


async def scheduled(office: Office) -> UUID:
    """The FBI's lead plans Bluestem, writes the notice, and schedules its release for Thursday at noon."""
    form = {**BLUESTEM_FORM, "person": office.ids("hsi_liaison")}
    event = event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    plan, notices = f"/events/{event}/{DAY}/plan", notices_at(event)
    await office.do("fbi_lead", plan)
    to = office.ids("caht_lead", "harbor_advocate")
    assert (await office.fill("fbi_lead", notices, notices, **WRITTEN, recipient=to)).status_code == 303
    await press(office, event, "scheduled")
    await office.mails()
    return event


async def press(office: Office, event: UUID, to: str) -> None:
    """Press the button of the lead that takes the notice to a state."""
    page = await office.page("fbi_lead", notices_at(event))
    notice = page.partition(f"{notices_at(event)}/")[2].partition("/")[0]
    await office.do("fbi_lead", f"{notices_at(event)}/{notice}/states", to=to)


async def released(office: Office) -> tuple[UUID, str]:
    """Return the operation and the address of its notice, after Thursday noon."""
    event = await scheduled(office)
    await tick(office, NOON)
    address = (await office.page("caht_lead", "/")).partition('href="/notices/')[2].partition('"')[0]
    return event, f"/notices/{address}"


async def outlets(office: Office, person: str, feed: str) -> list[str]:
    """Return what a person gets everywhere, without the mark of each form."""
    pages = [await office.page(person, path) for path in ("/", "/calendar?month=2027-05", "/messages")]
    return [FORM_TOKEN.sub("", page.partition("<main")[2]) for page in pages] + [(await office.fetch(feed)).text]


async def notified(office: Office) -> list[EmailMessage]:
    """Return the emails about a notice that have arrived since the last look."""
    return [one for one in await office.mails() if str(one["Subject"]) == "Task force notice: please sign in"]


async def test_before_thursday_noon_there_is_nothing_anywhere_for_those_who_will_get_it(office: Office) -> None:
    await office.at(BEFORE)
    feed = await office.subscribe("caht_lead")
    before = await outlets(office, "caht_lead", feed)
    await scheduled(office)
    await tick(office, BEFORE)
    assert await office.mails() == []
    clock.start_at(BEFORE, stands_still=True)
    assert await outlets(office, "caht_lead", feed) == before


async def test_at_noon_each_of_them_gets_one_email_that_says_to_sign_in(office: Office) -> None:
    await scheduled(office)
    await tick(office, NOON)
    mails = await notified(office)
    assert recipients(mails) == ["caht_lead", "harbor_advocate"]
    told = [word for mail in mails for word in (*SECRETS, "Spanish", "readiness") if word in words_of(mail)]
    assert set(told) <= {"readiness"}, "the address of the notice"
    await tick(office, SATURDAY)
    assert await notified(office) == []


async def test_they_read_it_at_home_and_on_its_page_and_the_operation_is_nowhere(office: Office) -> None:
    _, address = await released(office)
    for person in ("caht_lead", "harbor_advocate"):
        pages = [await office.page(person, path) for path in ("/", address, "/calendar?month=2027-05", "/search?q=op")]
        assert "3–6 people" in pages[0]
        assert "partner location 2" in pages[1]
        assert "Service readiness" in pages[2]
        assert [word for page in pages for word in SECRETS if word in page] == []


async def test_their_calendars_show_the_window_under_a_uid_of_its_own(office: Office) -> None:
    event, _ = await released(office)
    feed = await office.fetch(await office.subscribe("harbor_advocate"))
    assert by_icalendar(feed.content) == by_ical(feed.content)
    [entry] = by_ical(feed.content)
    assert (f"{entry.starts:%m-%d %H}", f"{entry.ends:%m-%d %H}", entry.title) == (
        "05-15 01",
        "05-16 01",
        "Service readiness",
    )
    assert "TRANSP:TRANSPARENT" in feed.text
    assert [word for word in (*SECRETS, str(event), "LOCATION", "DESCRIPTION", "URL") if word in feed.text] == []


async def test_others_get_nothing_of_it(office: Office) -> None:
    _, address = await released(office)
    for person in ("bridge_advocate", "administrator", "auditor", "coordinator", "hsi_liaison"):
        browser = await office.browser(person)
        missing, found = await browser.get(f"/notices/{uuid4()}"), await browser.get(address)
        assert (found.status_code, found.content) == (404, missing.content), person
        assert address not in (await browser.get("/")).text
        assert "Service readiness" not in (await office.fetch(await office.subscribe(person))).text


async def test_they_acknowledge_it_at_home_and_the_lead_sees_who_has(office: Office) -> None:
    event, address = await released(office)
    answer = await office.do("harbor_advocate", f"{address}/acknowledgments", next="/")
    assert answer.headers["location"] == "/"
    assert "You acknowledged it" in await office.page("harbor_advocate", "/")
    assert "Acknowledged by 1 of 2." in await office.page("fbi_lead", notices_at(event))
    assert "Harbor advocate" not in await office.page("caht_lead", address)


async def test_it_is_activated_at_the_press_of_the_lead_and_closed_later(office: Office) -> None:
    event, address = await released(office)
    await office.mails()
    await office.at(SATURDAY)
    await press(office, event, "activated")
    assert recipients(await notified(office)) == ["caht_lead", "harbor_advocate"]
    assert "Services are needed now." in await office.page("caht_lead", address)
    await press(office, event, "closed")
    assert await notified(office) == []
    assert "This notice is closed." in await office.page("caht_lead", address)
    assert address not in await office.page("caht_lead", "/")


async def test_canceling_the_operation_tells_them_once_that_services_are_not_needed(office: Office) -> None:
    event, address = await released(office)
    feed = await office.subscribe("caht_lead")
    await office.mails()
    cancellation = f"/events/{event}/cancellation"
    assert (await office.fill("fbi_lead", cancellation, cancellation, reason="Larkspur")).status_code == 303
    for _ in range(2):
        await readiness.run_due_notices(clock.now() + UNDO_FOR)
    assert recipients(await notified(office)) == ["caht_lead", "harbor_advocate"]
    page = await office.page("caht_lead", address)
    assert "Services are not needed." in page
    calendar = (await office.fetch(feed)).text
    assert "SUMMARY:Canceled: Service readiness" in calendar
    assert "SEQUENCE:1" in calendar
    assert [word for text in (page, calendar) for word in SECRETS if word in text] == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"starts": DAY, "starts_at": "06:00"}, "The operation starts within 30 minutes of then."),
        ({"ends_at": "12:00"}, "The operation ends within 30 minutes of then."),
        ({"ends": "2027-05-14", "ends_at": "23:59"}, "Make the window at least 4 hours long."),
        ({"starts": ""}, "Choose the first day of the window."),
        ({"ends_at": ""}, "Enter when the window ends."),
        ({"needs": "Blankets, for Bluestem"}, "“Bluestem” is part of the operation. Leave it out."),
        ({"release": ""}, "Choose a day and a time, or neither."),
        ({"most": "many"}, "Enter a whole number."),
        ({"recipient": []}, "Choose who gets it."),
    ],
)
async def test_what_cannot_be_kept_is_refused_at_its_field_with_what_was_typed(
    office: Office, wrong: dict[str, Any], sentence: str
) -> None:
    form = {**BLUESTEM_FORM, "person": office.ids("hsi_liaison")}
    event = event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    await office.do("fbi_lead", f"/events/{event}/{DAY}/plan")
    notices, to = notices_at(event), office.ids("caht_lead")
    refused = await office.fill("fbi_lead", notices, notices, **{**WRITTEN, "recipient": to, **wrong})
    assert (refused.status_code, sentence in refused.text) == (422, True)
    assert "FBI duty desk, 816-555-0100" in refused.text
