"""Scenario 2: a joint operation for a few named people, from the form to the report; for all others it is not there."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.ical.readers import by_ical, by_icalendar
from tests.scenarios.bluestem import BLUESTEM_DAY, MAY_10, MAY_14, NAMED, SATURDAY, schedule_bluestem
from tests.scenarios.office import Office, recipients, words_of

OTHERS = ("coordinator", "caht_lead", "harbor_advocate", "kcpd_alternate", "administrator", "auditor")
SECRETS = ("Bluestem", "Larkspur")
NOON = datetime(2027, 5, 15, 18, tzinfo=UTC)


async def without_ipd(office: Office) -> UUID:
    """Step 8: on the day before, IPD's liaison is taken off the list."""
    event = await schedule_bluestem(office)
    await office.mails()
    await office.at(MAY_14)
    await office.mails()
    address = f"/events/{event}/edit"
    form = {"person": office.ids("hsi_liaison", "kcpd_detective"), "save": "send"}
    assert (await office.fill("fbi_lead", address, address, **form)).status_code == 303
    return event


async def on_the_day(office: Office) -> UUID:
    """Step 9: those who came are checked in at a quarter to six."""
    event = await schedule_bluestem(office)
    await office.at(SATURDAY)
    roll = f"/events/{event}/{BLUESTEM_DAY}/attendance"
    for member in office.ids("fbi_lead", *NAMED[:2]):
        await office.do("fbi_lead", f"{roll}/marks", member=member, status="here", was="")
    await office.at(NOON)
    await office.do("fbi_lead", f"{roll}/closure")
    return event


async def test_an_operation_is_for_named_people_from_the_first_look_at_its_form(office: Office) -> None:
    page = await office.page("fbi_lead", "/schedule?kind=joint_operation")
    assert 'value="named" checked' in page


async def test_each_of_the_named_is_told_by_a_mail_that_says_nothing_of_it(office: Office) -> None:
    await schedule_bluestem(office)
    mails = await office.mails()
    assert recipients(mails) == sorted(NAMED)
    assert [word for mail in mails for word in SECRETS if word in words_of(mail)] == []
    assert {part.get_content_type() for mail in mails for part in mail.walk()} & {"text/calendar"} == set()


async def test_for_everybody_else_no_door_knows_of_it(office: Office) -> None:
    event = await schedule_bluestem(office)
    for person in OTHERS:
        browser = await office.browser(person)
        missing = await browser.get(f"/events/{uuid4()}")
        found = await browser.get(f"/events/{event}")
        assert (found.status_code, found.content) == (404, missing.content), person
        pages = [(await browser.get(path)).text for path in ("/", "/calendar?month=2027-05", "/search?q=Bluestem")]
        assert [word for page in pages for word in ("Operation Bluestem", "Larkspur") if word in page] == [], person
        feed = await office.fetch(await office.subscribe(person))
        assert by_ical(feed.content) == []


async def test_ten_guesses_of_an_address_are_ten_equal_responses(office: Office) -> None:
    event = await schedule_bluestem(office)
    browser = await office.browser("caht_lead")
    guesses = [event, *(uuid4() for _ in range(9))]
    assert len({(await browser.get(f"/events/{one}/{BLUESTEM_DAY}")).content for one in guesses}) == 1


async def test_a_phone_shows_the_named_when_it_is_and_nothing_else(office: Office) -> None:
    await schedule_bluestem(office)
    feed = await office.fetch(await office.subscribe("kcpd_detective", shows_operations="yes"))
    assert by_icalendar(feed.content) == by_ical(feed.content)
    assert [(f"{one.starts:%m-%d %H}", one.title) for one in by_ical(feed.content)] == [
        ("05-15 11", "Operational period")
    ]
    assert [word for word in SECRETS if word in feed.text] == []
    assert "CLASS:CONFIDENTIAL" in feed.text


async def test_somebody_who_is_added_is_told_alone(office: Office) -> None:
    event = await schedule_bluestem(office)
    await office.mails()
    address = f"/events/{event}/edit"
    everybody = office.ids(*NAMED, "hhs_liaison")
    assert (await office.fill("fbi_lead", address, address, person=everybody, save="send")).status_code == 303
    assert recipients(await office.mails()) == ["hhs_liaison"]


async def test_who_is_taken_off_the_list_finds_nothing_at_the_next_request(office: Office) -> None:
    event = await without_ipd(office)
    browser = await office.browser("ipd_liaison")
    missing = await browser.get(f"/events/{uuid4()}")
    found = await browser.get(f"/events/{event}/{BLUESTEM_DAY}")
    assert (found.status_code, found.content) == (404, missing.content)
    assert "Bluestem</a>" not in (await browser.get("/search?q=Bluestem")).text
    assert by_ical((await office.fetch(await office.subscribe("ipd_liaison", shows_operations="yes"))).content) == []


async def test_who_is_taken_off_the_list_is_not_reminded(office: Office) -> None:
    await without_ipd(office)
    await office.mails()
    await office.at(datetime(2027, 5, 15, 9, tzinfo=UTC))
    assert recipients(await office.mails()) == ["fbi_lead", "hsi_liaison", "kcpd_detective"]


async def test_the_lead_reads_who_has_opened_it_also_when_they_are_off_the_list(office: Office) -> None:
    event = await schedule_bluestem(office)
    await office.at(MAY_10)
    await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    address = f"/events/{event}/edit"
    await office.fill("fbi_lead", address, address, person=office.ids("hsi_liaison"), save="send")
    assert "Ipd liaison" in await office.page("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}")


async def test_the_report_counts_it_for_those_who_may_know_of_it_alone(office: Office) -> None:
    await on_the_day(office)
    rows = "/reports/rows?period=2027-H1&part=dates&of=held"
    assert "Operation Bluestem" in await office.page("fbi_lead", rows)
    assert "Bluestem" not in await office.page("coordinator", rows)
    assert "Bluestem" not in await office.page("caht_lead", rows)


async def test_nobody_is_absent_from_an_operation_that_they_were_not_asked_to(office: Office) -> None:
    event = await schedule_bluestem(office)
    await office.at(SATURDAY)
    desk = await office.browser("fbi_lead")
    [advocate] = office.ids("harbor_advocate")
    reply = await desk.post(
        f"/events/{event}/{BLUESTEM_DAY}/attendance/marks", {"member": advocate, "status": "absent"}
    )
    assert reply.status_code == 422
