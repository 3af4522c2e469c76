"""Emergency access: an administrator gives a reason, reads operations for an hour, and everyone concerned knows."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

from litestar.routes import HTTPRoute

from tests.cast import NOW
from tests.ical.readers import by_ical
from tests.ports.browser import Browser
from tests.scenarios.bluestem import BLUESTEM_DAY, schedule_bluestem
from tests.scenarios.office import Office, recipients, words_of
from tracker.ports.http.guards import signed_in
from tracker.rules.identity import ApiScope
from tracker.tables.schema.core.tables import AuditEntry
from tracker.usecases.identity import sessions
from tracker.usecases.operations.access import end_expired_emergencies

WHY = "The lead can’t be reached, and the hospital called."
HOUR = timedelta(minutes=60)
PARAMETER = re.compile(r"{[a-z_]+:([a-z]+)}")
FILLED = {"uuid": str(UUID(int=7)), "str": "2027-05-15", "int": "1", "path": "x"}


async def begin_emergency(office: Office) -> tuple[UUID, Browser]:
    """An operation, and the browser of the administrator who has begun emergency access."""
    event = await schedule_bluestem(office)
    await office.emails()
    await office.at(NOW)
    browser = await office.browser("administrator")
    assert (await browser.post("/emergency-access", {"reason": WHY})).status_code == 303
    return event, browser


async def open_operation(office: Office) -> tuple[UUID, Browser]:
    event, browser = await begin_emergency(office)
    reply = await browser.post(f"/emergency-access/operations/{event}")
    assert reply.headers["location"] == f"/events/{event}/{BLUESTEM_DAY}"
    return event, browser


async def reads(browser: Browser, event: UUID) -> bool:
    return (await browser.get(f"/events/{event}/{BLUESTEM_DAY}")).status_code == 200


async def test_without_a_reason_it_does_not_begin(office: Office) -> None:
    browser = await office.browser("administrator")
    refused = await browser.post("/emergency-access", {"reason": " "})
    assert refused.status_code == 422
    assert "Say why you need emergency access." in refused.text


async def test_the_list_says_when_and_who_leads_and_nothing_else(office: Office) -> None:
    event, browser = await begin_emergency(office)
    page = (await browser.get("/emergency-access")).text
    assert "Fbi lead (FBI)" in page
    assert [word for word in ("Bluestem", "Larkspur", "OP-") if word in page] == []
    assert not await reads(browser, event)


async def test_no_one_else_gets_it_or_learns_of_it(office: Office) -> None:
    await begin_emergency(office)
    for person in ("fbi_lead", "caht_lead", "auditor"):
        browser = await office.browser(person)
        missing = await browser.get(f"/events/{uuid4()}")
        shown = await browser.get("/emergency-access")
        assert (shown.status_code, shown.content) == (404, missing.content), person
        assert (await browser.post("/emergency-access", {"reason": WHY})).status_code == 404


async def test_the_coordinator_and_the_lead_get_an_email_that_says_only_to_sign_in(office: Office) -> None:
    await open_operation(office)
    emails = await office.emails()
    assert recipients(emails) == ["coordinator", "fbi_lead"]
    said = " ".join(words_of(email) for email in emails)
    assert [word for word in ("Bluestem", "Larkspur", "hospital", "Administrator") if word in said] == []


async def test_the_administrator_reads_what_was_opened_for_an_hour_and_then_nothing(office: Office) -> None:
    event, browser = await open_operation(office)
    for minutes in (20, 40, 59):
        await office.at(NOW + timedelta(minutes=minutes))
        assert await reads(browser, event)
    await office.at(NOW + HOUR)
    assert (await browser.get(f"/events/{event}/{BLUESTEM_DAY}")).status_code == 404
    pages = [(await browser.get(path)).text for path in ("/calendar?month=2027-05", "/search?q=Bluestem", "/")]
    assert [page for page in pages if "Operation Bluestem" in page] == []
    assert await end_expired_emergencies(NOW + HOUR) == 1


async def test_what_was_not_opened_stays_closed(office: Office) -> None:
    event, browser = await begin_emergency(office)
    assert not await reads(browser, event)
    assert "Operation Bluestem" not in (await browser.get("/search?q=Bluestem")).text


async def test_the_people_on_the_operation_read_who_opened_it_and_why(office: Office) -> None:
    event, _ = await open_operation(office)
    page = await office.page("fbi_lead", f"/events/{event}/{BLUESTEM_DAY}")
    assert "Opened with emergency access by Administrator (USAO)" in page
    assert WHY in page
    assert "until 10:00 AM" in " ".join(page.split())


async def test_the_coordinator_reads_the_reason_and_not_which_operation(office: Office) -> None:
    event, _ = await open_operation(office)
    page = await office.page("coordinator", "/emergency-access")
    assert WHY in page
    assert str(event) not in page


def deeds(office: Office) -> list[tuple[str, str]]:
    """Return every route for people with a session that may change something, with ids in its address."""
    return [
        (method, PARAMETER.sub(lambda found: FILLED[found[1]], route.path))
        for route in office.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if signed_in in handler.resolve_guards() and not handler.opt.get("under_emergency")
        for method in sorted(handler.http_methods - {"GET", "HEAD", "OPTIONS"})
    ]


async def test_it_is_for_reading_only_on_every_route(office: Office) -> None:
    event, browser = await open_operation(office)
    token = await browser.form_token()
    replies = {
        (method, path): (await browser.send(method, path, data={"_csrf": token})).status_code
        for method, path in deeds(office)
    }
    assert len(replies) > 100
    assert {one: status for one, status in replies.items() if status != 403} == {}
    assert await reads(browser, event)


async def test_another_browser_a_feed_and_a_program_of_the_administrator_have_nothing(office: Office) -> None:
    feed = await office.subscribe("administrator", shows_operations="yes")
    token = await sessions.create_token(office.cast.administrator, "Program", frozenset({ApiScope.EVENTS_READ}), NOW)
    event, _ = await open_operation(office)
    assert not await reads(await office.browser("administrator"), event)
    assert by_ical((await office.fetch(feed)).content) == []
    program = await office.browser(None)
    reply = await program.get(f"/api/v1/events/{event}", headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 404


async def test_each_page_that_is_read_is_an_entry_of_the_audit_log(office: Office) -> None:
    event, browser = await open_operation(office)
    for _ in range(2):
        assert await reads(browser, event)
    await browser.get("/search?q=Bluestem")
    entries = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "emergency_read")
    assert [row["facts"] for row in entries if f"/events/{event}" in row["facts"]] == [
        f'{{"page": "/events/{event}"}}'
    ] * 2
    assert [row["facts"] for row in entries if "Bluestem" in row["facts"] or BLUESTEM_DAY in row["facts"]] == []


async def test_a_part_that_a_page_fetches_by_itself_is_one_entry_in_ten_minutes(office: Office) -> None:
    event, browser = await open_operation(office)
    for _ in range(3):
        await browser.get(f"/events/{event}/{BLUESTEM_DAY}/attendance/count")
    entries = await AuditEntry.select(AuditEntry.facts).where(AuditEntry.verb == "emergency_read")
    assert [row["facts"] for row in entries if "/count" in row["facts"]] == [
        f'{{"page": "/events/{event}/attendance/count"}}'
    ]


async def test_one_press_ends_it(office: Office) -> None:
    event, browser = await open_operation(office)
    assert "Read-only emergency access until 10:00 AM" in " ".join((await browser.get("/")).text.split())
    assert (await browser.post("/emergency-access/end")).status_code == 303
    assert not await reads(browser, event)
    assert (await browser.post("/sign-out")).status_code == 303


async def test_a_change_of_the_operation_does_not_end_it(office: Office) -> None:
    event, browser = await open_operation(office)
    address = f"/events/{event}/edit"
    assert (await office.fill("fbi_lead", address, address, place="Lot south", save="send")).status_code == 303
    assert await reads(browser, event)
