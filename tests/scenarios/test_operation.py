"""Scenario 2: an operation for a few named people, its dissemination record, its end, and what follows it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.cast import NOW
from tests.ical.readers import by_ical, by_icalendar
from tests.scenarios.bluestem import BLUESTEM_DAY, BLUESTEM_FORM, MAY_10, MAY_14, NAMED, SATURDAY, schedule_bluestem
from tests.scenarios.office import Office, event_in, recipients, words_of
from tests.usecases.operations.world import end_operation, plan_operation
from tracker.rules.identity import ApiScope
from tracker.rules.operations.states import OperationState
from tracker.tables.schema.core.tables import Message
from tracker.usecases.identity import sessions
from tracker.usecases.operations import plans
from tracker.usecases.operations.access import end_lapsed_access

OTHERS = ("coordinator", "caht_lead", "harbor_advocate", "kcpd_alternate", "administrator", "auditor")
SECRETS = ("Bluestem", "Larkspur")
NOON = datetime(2027, 5, 15, 18, tzinfo=UTC)


async def without_ipd(office: Office) -> UUID:
    """Step 8: on the day before, IPD's liaison is taken off the list."""
    event = await schedule_bluestem(office)
    await office.emails()
    await office.at(MAY_14)
    await office.emails()
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


async def test_each_of_the_named_is_notified_by_an_email_that_says_nothing_of_it(office: Office) -> None:
    await schedule_bluestem(office)
    emails = await office.emails()
    assert recipients(emails) == sorted(NAMED)
    assert [word for email in emails for word in SECRETS if word in words_of(email)] == []
    assert {part.get_content_type() for email in emails for part in email.walk()} & {"text/calendar"} == set()


async def test_for_everyone_else_no_port_knows_of_it(office: Office) -> None:
    event = await schedule_bluestem(office)
    for person in OTHERS:
        browser = await office.browser(person)
        missing = await browser.get(f"/events/{uuid4()}")
        response = await browser.get(f"/events/{event}")
        assert (response.status_code, response.content) == (404, missing.content), person
        pages = [(await browser.get(path)).text for path in ("/", "/calendar?month=2027-05", "/search?q=Bluestem")]
        assert [word for page in pages for word in ("Operation Bluestem", "Larkspur") if word in page] == [], person
        feed = await office.fetch(await office.subscribe(person))
        assert by_ical(feed.content) == []


async def test_ten_attempts_of_an_address_are_ten_equal_responses(office: Office) -> None:
    event = await schedule_bluestem(office)
    browser = await office.browser("caht_lead")
    attempts = [event, *(uuid4() for _ in range(9))]
    assert len({(await browser.get(f"/events/{one}/{BLUESTEM_DAY}")).content for one in attempts}) == 1


async def test_a_phone_shows_the_named_when_it_is_and_nothing_else(office: Office) -> None:
    await schedule_bluestem(office)
    feed = await office.fetch(await office.subscribe("kcpd_detective", shows_operations="yes"))
    assert by_icalendar(feed.content) == by_ical(feed.content)
    assert [(f"{one.starts:%m-%d %H}", one.title) for one in by_ical(feed.content)] == [
        ("05-15 11", "Operational period")
    ]
    assert [word for word in SECRETS if word in feed.text] == []
    assert "CLASS:CONFIDENTIAL" in feed.text


async def test_someone_who_is_added_alone_is_notified(office: Office) -> None:
    event = await schedule_bluestem(office)
    await office.emails()
    address = f"/events/{event}/edit"
    everyone = office.ids(*NAMED, "hhs_liaison")
    assert (await office.fill("fbi_lead", address, address, person=everyone, save="send")).status_code == 303
    assert recipients(await office.emails()) == ["hhs_liaison"]


async def test_who_is_taken_off_the_list_finds_nothing_at_the_next_request(office: Office) -> None:
    event = await without_ipd(office)
    browser = await office.browser("ipd_liaison")
    missing = await browser.get(f"/events/{uuid4()}")
    response = await browser.get(f"/events/{event}/{BLUESTEM_DAY}")
    assert (response.status_code, response.content) == (404, missing.content)
    assert "Bluestem</a>" not in (await browser.get("/search?q=Bluestem")).text
    assert by_ical((await office.fetch(await office.subscribe("ipd_liaison", shows_operations="yes"))).content) == []


async def test_who_is_taken_off_the_list_is_not_reminded(office: Office) -> None:
    await without_ipd(office)
    await office.emails()
    await office.at(datetime(2027, 5, 15, 9, tzinfo=UTC))
    assert recipients(await office.emails()) == ["fbi_lead", "hsi_liaison", "kcpd_detective"]


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


async def test_no_one_is_absent_from_an_operation_that_they_were_not_asked_to(office: Office) -> None:
    event = await schedule_bluestem(office)
    await office.at(SATURDAY)
    desk = await office.browser("fbi_lead")
    [advocate] = office.ids("harbor_advocate")
    reply = await desk.post(
        f"/events/{event}/{BLUESTEM_DAY}/attendance/marks", {"member": advocate, "status": "absent"}
    )
    assert reply.status_code == 422


DAY = "2027-01-16"
LATER = datetime(2027, 1, 20, 15, tzinfo=UTC)
REPORT = "/reports?period=2027-H1"
NOT_ON_IT = ("coordinator", "caht_lead")
OUTLETS = ("/", "/calendar?month=2027-01", "/search?q=radios", "/action-items", REPORT)
SECRETS_AFTER = ("Bluestem", "hot wash", "After-action", "Fix the radios")


async def debriefed(office: Office) -> str:
    """Return the address of an operation that is debriefed; FBI, HSI and KCPD took part."""
    cast = office.cast
    event_id: UUID = await plan_operation(cast.fbi_lead, cast.hsi_liaison, cast.kcpd_detective)
    for viewer in (cast.hsi_liaison, cast.kcpd_detective):
        await plans.commit_resources(viewer, event_id, viewer.agency_id, people=4, vehicles=1, skills="", now=NOW)
    await end_operation(cast.fbi_lead, event_id, OperationState.DEBRIEFED)
    await office.at(LATER)
    await office.emails()
    return f"/events/{event_id}/{DAY}/plan"


async def with_item(office: Office) -> tuple[str, str]:
    """Return that operation and the form of its one after-action item."""
    plan = await debriefed(office)
    await office.do("fbi_lead", f"{plan}/after/items", title="Fix the radios")
    [assign] = set(re.findall(r'href="([^"]+/after/items/[^"]+)"', await office.page("fbi_lead", f"{plan}/after")))
    return plan, assign


async def given_to_the_committee(office: Office) -> str:
    plan, assign = await with_item(office)
    form = {
        "owner_words": "caht lead",
        "due": "2027-02-15",
        "committee": str(office.cast.committees["steering"]),
        "neutral_title": "Agree on a channel",
    }
    assert (await office.fill("fbi_lead", assign, assign, **form)).status_code == 303
    return plan


async def test_an_operation_is_closed_once_its_items_have_an_owner_and_a_due_date(office: Office) -> None:
    plan, assign = await with_item(office)
    assert "The after-action item “Fix the radios” has no owner and no due date." in await office.page("fbi_lead", plan)
    form = {"owner_words": "hsi liaison", "due": "2027-02-15"}
    assert (await office.fill("fbi_lead", assign, assign, **form)).status_code == 303
    await office.fill("fbi_lead", plan, f"{plan}/states")
    assert "<b>Closed</b>" in await office.page("fbi_lead", plan)


async def test_the_report_counts_one_operation_with_three_agencies_for_those_allowed(office: Office) -> None:
    await debriefed(office)
    assert "<b>1 joint operation</b> with 3 agencies: FBI, HSI, KCPD." in await office.page("fbi_lead", REPORT)
    for person in NOT_ON_IT:
        assert "<b>Withheld.</b>" in await office.page(person, REPORT)


async def test_the_committee_gets_the_item_and_no_outlet_says_where_it_comes_from(office: Office) -> None:
    await given_to_the_committee(office)
    assert recipients(await office.emails()) == ["caht_lead"]
    for person in NOT_ON_IT:
        pages = [await office.page(person, path) for path in OUTLETS]
        assert "Agree on a channel" in "".join(pages)
        assert [word for page in pages for word in SECRETS_AFTER if word in page] == [], person


ROW = re.compile(r'<th scope="row"[^>]*>(.*?)</th>' + r"\s*<td[^>]*>(.*?)</td>" * 3, re.DOTALL)


async def schedule_and_open_plan(office: Office) -> UUID:
    event = await schedule_bluestem(office)
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan")
    return event


async def record(office: Office, event: UUID, person: str) -> list[tuple[str, str, str]]:
    """Return version, outlet, and time of each row about a person."""
    page = await office.page("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/access")
    texts = ROW.findall(page.partition('id="record-h"')[2])
    rows = [[" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in row] for row in texts]
    return [(who, version, f"{outlet}, {at}") for who, version, outlet, at in rows if who.startswith(person)]


async def test_a_person_who_was_removed_is_on_record_with_the_version_they_had(office: Office) -> None:
    event = await schedule_and_open_plan(office)
    await office.emails()
    await office.at(MAY_10)
    address = f"/events/{event}/edit"
    await office.fill("fbi_lead", address, address, place="Lot south", save="send")
    await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}/plan")
    await office.at(MAY_14)
    [ipd] = office.ids("ipd_liaison")
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/access/people/{ipd}/removal")
    gone = "Ipd liaison (IPD) no longer on the operation"
    assert await record(office, event, "Ipd liaison") == [
        (gone, "Event 1", "Email, Tue, Dec 15, 9:05 AM"),
        (gone, "Event 2, plan 1", "Web page, Mon, May 10, 10:00 AM"),
    ]


async def test_a_feed_and_a_printed_brief_are_outlets_of_their_own(office: Office) -> None:
    event = await schedule_and_open_plan(office)
    await office.fetch(await office.subscribe("kcpd_detective", shows_operations="yes"))
    [kcpd] = office.ids("kcpd_detective")
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/brief", member=kcpd)
    rows = await record(office, event, "Kcpd detective")
    assert [(version, outlet.partition(",")[0]) for _, version, outlet in rows] == [
        ("Event 1", "Calendar feed"),
        ("Event 1, plan 1", "Printed brief"),
    ]


async def test_the_record_is_for_the_people_who_lead_it_alone(office: Office) -> None:
    event = await schedule_and_open_plan(office)
    await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    page = await office.page("hsi_liaison", f"/events/{event}/{BLUESTEM_DAY}/plan/access")
    assert "Ipd liaison" not in page
    assert "Dissemination record" not in page


UNTIL = NOW + timedelta(days=4, hours=2)
"""Saturday, December 19, 2026, at 11 AM in Chicago."""
A_SECOND = timedelta(seconds=1)


async def plan_until_saturday(office: Office) -> UUID:
    """An operation with a plan, which the IPD's liaison sees until Saturday."""
    form = {**BLUESTEM_FORM, "person": office.ids("hsi_liaison")}
    event = event_in(await office.fill("fbi_lead", "/schedule?kind=joint_operation", "/events", **form))
    await office.do("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan")
    [ipd] = office.ids("ipd_liaison")
    access = f"/events/{event}/{BLUESTEM_DAY}/plan/access"
    await office.do("fbi_lead", access, person=ipd, reason="Perimeter", until="2026-12-19", until_time="11:00")
    return event


async def test_until_that_second_the_person_sees_it_and_from_then_on_no_page_does(office: Office) -> None:
    event = await plan_until_saturday(office)
    await office.at(UNTIL - A_SECOND)
    assert "Operation Bluestem" in await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    await office.at(UNTIL)
    browser = await office.browser("ipd_liaison")
    missing = await browser.get(f"/events/{uuid4()}")
    for address in (
        f"/events/{event}/{BLUESTEM_DAY}",
        f"/events/{event}/{BLUESTEM_DAY}/plan",
        f"/events/{event}/{BLUESTEM_DAY}/plan/access",
    ):
        response = await browser.get(address)
        assert (response.status_code, response.content) == (404, missing.content)
    for address in ("/", "/calendar?month=2027-05", "/search?q=Bluestem", "/messages"):
        assert "Operation Bluestem" not in (await browser.get(address)).text


async def test_the_feed_drops_it_at_that_moment_also_for_a_program_that_asks_whether_it_changed(office: Office) -> None:
    await plan_until_saturday(office)
    feed = await office.subscribe("ipd_liaison", shows_operations="yes")
    before = await office.fetch(feed)
    assert [one.title for one in by_ical(before.content)] == ["Operational period"]
    await office.at(UNTIL)
    after = await office.fetch(feed, **{"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert by_ical(after.content) == []


async def test_a_program_with_a_token_finds_nothing_from_then_on(office: Office) -> None:
    event = await plan_until_saturday(office)
    token = await sessions.create_token(office.cast.ipd_liaison, "Program", frozenset({ApiScope.EVENTS_READ}), NOW)
    program, bearer = await office.browser(None), {"Authorization": f"Bearer {token}"}
    for moment, status in ((UNTIL - A_SECOND, 200), (UNTIL, 404)):
        await office.at(moment)
        assert (await program.get(f"/api/v1/events/{event}", headers=bearer)).status_code == status


async def test_an_email_that_waits_is_skipped_with_the_reason(office: Office) -> None:
    await plan_until_saturday(office)
    await office.at(UNTIL)
    assert "ipd_liaison" not in recipients(await office.emails())
    [message] = await Message.select(Message.state, Message.reason).where(
        Message.recipient == office.cast.ipd_liaison.member_id
    )
    assert message == {"state": "suppressed", "reason": "The recipient can no longer see it."}


async def test_no_reminder_goes_to_a_person_whose_access_has_ended(office: Office) -> None:
    await plan_until_saturday(office)
    await office.emails()
    await office.at(SATURDAY)
    assert "ipd_liaison" not in recipients(await office.emails())


async def test_afterward_the_person_is_off_the_list_and_a_change_of_the_event_does_not_bring_them_back(
    office: Office,
) -> None:
    event = await plan_until_saturday(office)
    await office.at(UNTIL)
    address = f"/events/{event}/edit"
    assert (await office.fill("fbi_lead", address, address, place="Lot south", save="send")).status_code == 303
    browser = await office.browser("ipd_liaison")
    assert (await browser.get(f"/events/{event}/{BLUESTEM_DAY}")).status_code == 404
    assert await end_lapsed_access(UNTIL) == 1
    [ipd] = office.ids("ipd_liaison")
    assert f"/people/{ipd}/removal" not in await office.page("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}/plan/access")
    assert await end_lapsed_access(UNTIL) == 0


async def test_a_change_of_the_event_keeps_the_end_of_access(office: Office) -> None:
    event = await plan_until_saturday(office)
    address = f"/events/{event}/edit"
    assert (await office.fill("fbi_lead", address, address, place="Lot south", save="send")).status_code == 303
    assert "Lot south" in await office.page("ipd_liaison", f"/events/{event}/{BLUESTEM_DAY}")
    await office.at(UNTIL)
    assert (await (await office.browser("ipd_liaison")).get(f"/events/{event}/{BLUESTEM_DAY}")).status_code == 404
