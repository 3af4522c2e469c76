"""The audit log on its page, and the notice that a restored copy sends nothing."""

import csv
import io
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, everyone, meeting, operation, people_of_the_task_force
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.worlds import open_world
from tests.unguarded import unguard
from tracker import clock
from tracker.database import engine, writing
from tracker.database.migrate import migrate
from tracker.rules.core.viewers import BY_COMMAND, PROOF_HOLDS, Origin
from tracker.tables.schema.core.tables import Deployment
from tracker.usecases.core import audit, process_locks
from tracker.usecases.events import scheduling


async def read_page(browser: Browser, path: str = "/audit") -> str:
    response = await browser.get(path)
    assert response.status_code == 200
    return response.text


def text_of_table(html: str) -> str:
    match = re.search(r'<table[^>]*id="entries".*?</table>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", match[0]).split()) if match else ""


async def test_the_navigation_leads_to_the_audit_log_those_who_read_it(sqlite_cast: Cast, browse: SignIn) -> None:
    for viewer, words in ((sqlite_cast.coordinator, "Admin"), (sqlite_cast.auditor, "Admin")):
        browser = await browse(viewer)
        assert words in await read_page(browser, "/")
        assert "Audit log" in await read_page(browser, "/admin")
    member = await browse(sqlite_cast.kcpd_detective)
    assert "/admin" not in await read_page(member, "/")
    assert [(await member.get(path)).status_code for path in ("/admin", "/audit", "/audit/export")] == [404, 404, 404]
    assert (await member.post("/audit/verification")).status_code == 404


async def test_opening_the_log_is_in_the_log_by_its_filter(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.auditor)
    await read_page(browser, "/audit?what=denied")
    asked = QueryString("SELECT facts FROM audit_entry WHERE verb = 'audit_read'")
    assert ["denied" in row["facts"] for row in await engine().run_querystring(asked)] == [True]


async def test_an_entry_says_when_who_what_and_by_which_way(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*everyone(sqlite_cast)), NOW)
    html = await read_page(await browse(sqlite_cast.coordinator), f"/audit?about={event_id}")
    assert "Tue, Dec 15, 9:00:00 AM" in html
    assert "9:00:00.00 AM" in html  # in an opened deed
    assert f'<a href="/events/{event_id}">Monthly task force meeting</a>' in html
    assert "Scheduled Monthly task force meeting" in text_of_table(html)
    assert "Coordinator (USAO)" in text_of_table(html)
    assert "Web" in text_of_table(html)


async def test_an_auditor_sees_the_id_of_an_operation_and_no_word_of_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    html = await read_page(await browse(sqlite_cast.auditor))
    assert str(event_id) in html
    assert "No access" in html
    assert "Bluestem" not in html


async def test_a_coordinator_reads_the_same_bytes_whether_there_is_an_operation_or_not(tmp_path: Path) -> None:
    plain, secret = tmp_path / "plain.sqlite", tmp_path / "secret.sqlite"
    async with open_world(plain):
        await migrate()
        cast = await people_of_the_task_force()
        session = await session_of(cast.coordinator, NOW)
        await scheduling.schedule_event(cast.coordinator, meeting(*everyone(cast)), NOW)
    shutil.copy(plain, secret)
    async with open_world(secret):
        lead = replace(cast.fbi_lead, origin=Origin("page", "203.0.113.9", "0123456789ab"))
        event_id = await scheduling.schedule_event(lead, operation(cast.kcpd_detective), NOW)
        await scheduling.cancel_event(lead, event_id, 1, "Canary", NOW)
    asks = [
        "/audit?via=203.0.113.9",
        "/audit?via=0123456789ab",
        "/audit/export?via=203.0.113.9",
        "/audit",
        "/audit?what=events",
        "/audit?what=denied",
        f"/audit?who={cast.fbi_lead.member_id}",
        f"/audit?about={event_id}",
        "/audit?from=2026-12-15&to=2026-12-15",
        "/audit/export",
        "/admin",
        f"/audit/export?about={event_id}",
        "/audit?before=2026-12-15T15:00:00Z-3",
    ]
    seen = []
    for world in (plain, secret):
        async with open_world(world) as app:
            browser = Browser(app, session)
            responses = [await browser.get(ask) for ask in asks] + [await browser.post("/audit/verification")]
            seen.append([(one.status_code, sorted(one.headers.items()), one.content) for one in responses])
    assert seen[0] == seen[1]
    assert b"Monthly task force meeting" in seen[0][asks.index("/audit")][2]


async def test_an_entry_leads_to_all_that_came_from_its_address_or_in_its_session(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.auditor)
    await browser.post("/subscriptions", {"name": "Phone", "scope": "all"})
    html = await read_page(browser)
    places = set(re.findall(r'href="/audit\?via=([0-9a-f.]+)"', html))
    assert "192.0.2.7" in places
    [session] = places - {"192.0.2.7"}
    for place in places:
        html = await read_page(browser, f"/audit?via={place}")
        assert "Created calendar feed" in text_of_table(html)
        assert f'<input type="hidden" name="via" value="{place}">' in html
    assert f"Session {session}" in text_of_table(html)
    assert "Created calendar feed" not in text_of_table(await read_page(browser, "/audit?via=192.0.2.8"))


async def test_a_place_is_understood_however_it_is_written_and_what_is_none_is_not_shown_as_a_filter(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.auditor)
    there = replace(sqlite_cast.coordinator, origin=Origin("page", "2001:db8::1"))
    await scheduling.schedule_event(there, meeting(*everyone(sqlite_cast)), NOW)
    page_found = await read_page(browser, "/audit?via=2001:DB8:0::1")
    assert "Scheduled Monthly task force meeting" in text_of_table(page_found)
    assert '<input type="hidden" name="via" value="2001:db8::1">' in page_found
    for odd in ("via=203.0.113.999", "via=0123", "about=a_b"):
        page = await read_page(browser, f"/audit?{odd}")
        assert "Scheduled Monthly task force meeting" in text_of_table(page)
        assert "Entries from" not in page
        assert "Entries about" not in page


async def test_the_file_tells_the_request_of_an_entry_to_auditors_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    for viewer, is_shown in ((sqlite_cast.coordinator, False), (sqlite_cast.auditor, True)):
        browser = await browse(viewer)
        await read_page(browser)
        rows = list(csv.reader(io.StringIO((await browser.get("/audit/export")).text)))
        assert any(row[-1] for row in rows[1:]) is is_shown


async def test_the_filter_keeps_what_was_typed_and_says_which_day_cannot_be_read(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    html = await read_page(await browse(sqlite_cast.coordinator), "/audit?what=denied&from=odd&to=2026-12-01")
    assert '<option value="denied" selected>' in html
    assert 'value="odd"' in html
    assert "Enter the date as year-month-day, for example 2027-01-14." in html
    assert "The last day is before the first." in await read_page(
        await browse(sqlite_cast.coordinator), "/audit?from=2026-12-02&to=2026-12-01"
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2027-02-30", "“2027-02-30” isn’t a valid date. February 2027 has 28 days."),
        ("2028-02-30", "“2028-02-30” isn’t a valid date. February 2028 has 29 days."),
        ("2027-04-00", "“2027-04-00” isn’t a valid date. April 2027 has 30 days."),
        ("2027-13-01", "“2027-13-01” isn’t a valid date. Months are 01 to 12."),
        ("0000-02-30", "Choose a date between "),
    ],
)
async def test_a_day_that_the_calendar_does_not_have_is_said_as_such_and_kept(
    sqlite_cast: Cast, browse: SignIn, typed: str, sentence: str
) -> None:
    html = await read_page(await browse(sqlite_cast.coordinator), f"/audit?from={typed}")
    assert sentence in html
    assert f'value="{typed}"' in html


async def test_an_empty_filter_offers_the_way_back(sqlite_cast: Cast, browse: SignIn) -> None:
    html = await read_page(await browse(sqlite_cast.coordinator), "/audit?what=messages")
    assert 'No entries match. <a href="/audit">Clear filter</a>' in html


async def test_older_entries_are_one_link_away_and_no_number_of_the_chain_is_shown(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    async with writing():
        for number in range(70):
            at = NOW - timedelta(seconds=70 - number)
            await audit.record(BY_COMMAND, "tested", "agency", f"thing-{number}", {}, at)
    browser = await browse(sqlite_cast.coordinator)
    html = await read_page(browser)
    older = re.search(r'href="(/audit\?before=[^"]+)"', html)
    assert older
    second = await read_page(browser, older[1].replace("&amp;", "&"))
    assert "about=thing-0&quot;" in second.replace('"', "&quot;")
    assert "about=thing-69" in html
    assert "about=thing-69" not in second
    assert "Entry 7" not in html + second


@pytest.mark.parametrize(
    "before", ["x", "2026-13-15T15:00:00Z-3", "2026-12-15T15:00:00Z--1", "2026-12-15T15:00:00Z-9999999"]
)
async def test_an_odd_place_in_the_audit_log_is_its_beginning(sqlite_cast: Cast, browse: SignIn, before: str) -> None:
    assert "signed_in" not in await read_page(await browse(sqlite_cast.coordinator), f"/audit?before={before}")


async def test_a_whole_audit_log_is_said_to_be_whole(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert "hasn’t been verified here yet" in await read_page(browser)
    response = await browser.post("/audit/verification")
    assert "Verified, no changes (Tue, Dec 15, 9:00:00 AM)." in response.text
    assert "Last verified Tue, Dec 15, 9:00:00 AM" in await read_page(browser)


async def test_a_changed_entry_is_a_red_alert_that_names_it_to_the_auditor(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.auditor)
    await unguard()
    await engine().run_querystring(QueryString("UPDATE audit_entry SET verb = 'other' WHERE seq = 1"))
    for html in ((await browser.post("/audit/verification")).text, await read_page(browser)):
        assert "usa-alert--error" in html
        assert "Entry 1: The entry was changed." in html
    html = await read_page(await browse(sqlite_cast.coordinator))
    assert "An auditor can see which entry." in html
    assert "Entry 1" not in html


async def test_an_audit_log_without_its_end_is_said_though_nothing_can_be_added(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.auditor)
    await browser.form_token()
    await engine().run_ddl("DROP TRIGGER audit_head_no_delete")
    await engine().run_ddl("DELETE FROM audit_head")
    response = await browser.post("/audit/verification")
    assert response.status_code == 200
    assert "The end of the log isn’t recorded." in response.text


async def test_the_file_holds_the_entries_of_the_filter_without_formulas(sqlite_cast: Cast, browse: SignIn) -> None:
    odd = meeting(*everyone(sqlite_cast), title="=HYPERLINK(1)")
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, odd, NOW)
    browser = await browse(sqlite_cast.coordinator)
    response = await browser.get(f"/audit/export?about={event_id}")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == [
        "At (UTC)",
        "Who",
        "What",
        "Subject",
        "Subject id",
        "Facts",
        "By",
        "From",
        "Session or token",
        "Request",
    ]
    assert rows[1] == [
        "2026-12-15T15:00:00.000Z",
        "Coordinator (USAO)",
        "Scheduled event",
        "'=HYPERLINK(1)",
        str(event_id),
        "Kind: meeting",
        "Web",
        "",
        "",
        "",
    ]
    assert len(rows) == 2
    assert "Exported the audit log" in text_of_table(await read_page(browser, "/audit?what=reading"))


async def test_a_file_of_the_audit_log_is_handed_out_only_after_a_new_confirmation(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.coordinator)
    clock.start_at(NOW + PROOF_HOLDS, is_still=True)
    response = await browser.get("/audit/export?what=events")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in/again?next=/audit%3Fwhat%3Devents")
    assert "Exported the audit log" not in await read_page(browser)


async def test_the_audit_log_calls_a_deed_as_the_history_of_the_event_does(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    await scheduling.cancel_event(sqlite_cast.coordinator, event_id, 1, "", NOW)
    await scheduling.restore_event(sqlite_cast.coordinator, event_id, 2, NOW)
    desk = await browse(sqlite_cast.coordinator)
    assert "Restored Monthly task force meeting" in text_of_table(await read_page(desk))
    assert "<p>Restored" in await read_page(desk, f"/events/{event_id}/2027-01-12")


async def test_many_entries_of_one_deed_are_one_row_with_each_of_them_inside(sqlite_cast: Cast, browse: SignIn) -> None:
    people = [one.member_id for one in everyone(sqlite_cast)]
    at_desk = replace(sqlite_cast.coordinator, origin=Origin("page", "203.0.113.9", "0123456789ab"))
    deeds = [
        audit.NewAuditEntry(actor=at_desk.actor, verb="invited", subject="member", subject_id=person, facts={})
        for person in people
    ]
    async with writing():
        await audit.record_all(deeds, NOW)
    html = await read_page(await browse(sqlite_cast.coordinator), "/audit?via=203.0.113.9")
    assert f"<summary>Emailed an invitation to {len(people)} members</summary>" in html
    assert text_of_table(html).count("Emailed an invitation to member") == len(people)
    assert text_of_table(html).count("Session 0123456789ab") == 1


BUTTON = "Resume sending"


async def hold_sending() -> None:
    """Hold it as a restored copy is held, but leave the visitors signed in."""
    await Deployment.update({Deployment.copy_of: NOW - timedelta(hours=13)}).where(Deployment.id == 1)


async def test_a_coordinator_reads_it_and_lets_it_send(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert BUTTON not in (await browser.get("/")).text
    await hold_sending()
    page = (await browser.get("/")).text
    assert "restored from a backup of Mon, Dec 14, 8:00 PM" in " ".join(page.split())
    assert (await browser.post("/sending")).headers["location"] == "/"
    page = (await browser.get("/")).text
    assert "Sending has resumed." in page
    assert BUTTON not in page
    assert await process_locks.held_copy() is None


async def test_anyone_who_keeps_no_accounts_sees_no_other_byte_and_finds_no_such_address(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    before = (await browser.get("/")).content
    await hold_sending()
    assert (await browser.get("/")).content == before
    missing = await browser.post("/nowhere-at-all")
    assert (await browser.post("/sending")).status_code == missing.status_code == 404
    assert await process_locks.held_copy()


async def test_an_old_proof_is_asked_for_again(app: Litestar, sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    await hold_sending()
    clock.start_at(NOW + PROOF_HOLDS, is_still=True)
    assert (await browser.post("/sending")).headers["location"] == "/sign-in/again?next=/"
    assert await process_locks.held_copy()
