"""Home: each row with the button that settles it, counts, and what a member and a coordinator read."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from msgspec.structs import replace
from piccolo.querystring import QueryString

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ports.browser import Browser, app_settings, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import main_of, words_of_page
from tests.ports.pages.views.world import (
    LONG_AGO,
    NEXT_WEEK,
    TODAY,
    create_late_item,
    home_page,
    schedule_next_week,
    section_of,
    tiles_of,
)
from tests.usecases.identity.world import PASSWORD, hash_cheaply
from tracker import clock
from tracker.app import create_app
from tracker.database import engine
from tracker.rules import actions
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.core.viewers import Viewer, Visibility
from tracker.rules.emails.reminders import REST
from tracker.rules.events import events
from tracker.rules.events.events import Kind
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.actions import action_items as actions_action_items
from tracker.usecases.core import outbox
from tracker.usecases.emails import writers
from tracker.usecases.events import replies
from tracker.usecases.events.scheduling import schedule_event
from tracker.usecases.roster import people

LAST_WEEK = datetime(2026, 12, 8, 10)  # noqa: DTZ001 - local to the event's zone


def agenda(html: str) -> str:
    return html[html.index("<aside") : html.index("</aside>")]


async def test_each_row_of_the_coordinator_s_queue_has_its_button(sqlite_cast: Cast, browse: SignIn) -> None:
    asked = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    over = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, starts=LAST_WEEK)
    item = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    queue = section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")
    rows = re.findall(r"<h3>.*?(?=<h3>|$)", queue, re.DOTALL)
    assert [re.findall(r'<a class="usa-button[^>]* href="([^"]*)"', row) for row in rows] == [
        [f"/action-items/{item}"],
        [f"/events/{over}/2026-12-08/attendance"],
        [f"/events/{asked}/2026-12-22#participants"],
    ]
    assert "2 of 3 people haven’t replied to Monthly task force meeting" in words_of_page(queue)
    assert "CAHT 1, FBI 1" in words_of_page(queue)
    assert "Overdue by 4 days" in words_of_page(queue)


async def test_only_the_most_urgent_row_has_a_filled_button(sqlite_cast: Cast, browse: SignIn) -> None:
    for _ in range(3):
        await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    queue = section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")
    assert re.findall(r'<a class="usa-button usa-button--sm( usa-button--outline)?"', queue) == [
        "",
        " usa-button--outline",
        " usa-button--outline",
    ]


async def test_a_long_queue_shows_the_most_urgent_and_says_how_many_there_are(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    for _ in range(14):
        await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    queue = section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")
    assert queue.count("<h3>") == 12
    assert "Showing the 12 most urgent." in queue


async def test_the_coordinator_s_counts(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, *everyone(sqlite_cast))
    await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert tiles_of(await home_page(await browse(sqlite_cast.coordinator))) == [
        ("1 overdue action item", "/action-items"),
        (
            "11 replies missing for Monthly task force meeting, Tue, Dec 22",
            f"/events/{event_id}/2026-12-22#participants",
        ),
    ]


async def test_a_member_s_counts(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    assert tiles_of(await home_page(await browse(sqlite_cast.caht_lead))) == [
        ("1 overdue action item", "/action-items"),
        ("1 open item assigned to you", "#mine"),
        ("1 event in the next 10 days", "/calendar?view=list"),
        ("1 reply needed", "#replies"),
    ]


async def test_a_near_date_is_first_with_the_names_and_numbers_to_call(sqlite_cast: Cast, browse: SignIn) -> None:
    profile = await people.profile_of(sqlite_cast.kcpd_detective)
    await people.change_profile(sqlite_cast.kcpd_detective, replace(profile, phone="816-555-0114"), NOW)
    tomorrow = datetime.fromisoformat("2026-12-16 10:00")
    plan = meeting(sqlite_cast.kcpd_detective, starts=tomorrow)
    event_id = await schedule_event(sqlite_cast.coordinator, plan, LONG_AGO)
    await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    desk = await browse(sqlite_cast.coordinator)
    await desk.post(f"/events/{event_id}/2026-12-16/nudges", {"next": ""})
    queue = section_of(await home_page(desk), "h-queue")
    first = words_of_page(queue[queue.index("<li") : queue.index("</ul>")])
    assert "It starts before you can remind them again, so call them. Kcpd detective (KCPD) 816-555-0114" in first
    assert 'href="tel:8165550114"' in queue
    assert "is-handled" not in queue


async def test_the_next_date_is_above_all_with_its_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.caht_lead)
    html = await home_page(browser)
    assert html.index('class="tt-next"') < html.index('id="counts"') < html.index('id="replies"')
    await browser.post(f"/events/{event_id}/2026-12-22/reply", {"reply": "maybe", "scope": "date", "next": "/"})
    card = (await home_page(browser)).split('class="tt-next"')[1].split("</section>")[0]
    assert re.findall(r'value="(\w+)"\s*aria-pressed="true"', card) == ["maybe"]
    assert 'class="tt-next"' not in await home_page(await browse(sqlite_cast.harbor_advocate))


async def test_what_is_over_is_not_among_the_next_days(sqlite_cast: Cast, browse: SignIn) -> None:
    this_morning = datetime.fromisoformat("2026-12-15 07:00")
    plan = meeting(sqlite_cast.caht_lead, starts=this_morning, title="Early call")
    await schedule_event(sqlite_cast.coordinator, plan, LONG_AGO)
    clock.start_at(NOW + timedelta(hours=4), is_still=True)
    assert "Early call" not in agenda(await home_page(await browse(sqlite_cast.caht_lead)))


async def test_an_auditor_is_led_to_the_audit_log_and_sees_no_zeros(sqlite_cast: Cast, browse: SignIn) -> None:
    html = main_of(await home_page(await browse(sqlite_cast.auditor)))
    assert 'href="/audit"' in html
    assert 'class="tt-stat ' not in html


async def test_a_deadline_asks_for_no_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead, kind=Kind.DEADLINE, title="Report")
    browser = await browse(sqlite_cast.caht_lead)
    assert "Nothing else needs you" in await home_page(browser)
    page = (await browser.get(f"/events/{event_id}/2026-12-22")).text
    assert "Your reply" not in page
    assert "Reply needed" not in (await browser.get("/calendar?month=2026-12&view=list")).text
    assert "people who haven’t replied" not in (await (await browse(sqlite_cast.coordinator)).get("/")).text


async def test_a_reply_that_is_owed_is_given_by_one_press(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.caht_lead)
    form = section_of(await home_page(browser), "replies")
    address = re.search(r'action="([^"]*)"', form)
    assert re.findall(r'name="reply" value="(\w+)">(\w+)<', form) == [("yes", "Yes"), ("maybe", "Maybe"), ("no", "No")]
    assert address
    response = await browser.post(address[1], {"reply": "maybe", "next": "/"})
    assert (response.status_code, response.headers["location"]) == (303, "/")
    html = await home_page(browser)
    assert "You replied Maybe to Monthly task force meeting." in html
    assert "Nothing else needs you" in html


async def test_an_own_item_is_done_by_one_press(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.caht_lead)
    form = section_of(await home_page(browser), "mine")
    hidden = dict(re.findall(r'<input type="hidden" name="(version|next)" value="([^"]*)"', form))
    response = await browser.post(f"/action-items/{reference}/completion", hidden)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert f"Marked {reference} done." in await home_page(browser)
    assert "Nothing else needs you" in await home_page(browser)


async def test_who_has_no_password_is_led_to_one_until_there_is_one(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.hsi_liaison)
    asked = main_of(await home_page(browser))
    assert '<a href="/password">Choose your password</a> so you can sign in again.' in asked
    hash_cheaply()
    await browser.post("/password", {"password": PASSWORD, "repeated": PASSWORD})
    html = await home_page(browser)
    assert "Password set." in html
    assert "Choose your password" not in main_of(html)
    assert "Nothing needs you" in html


async def test_a_demo_asks_no_one_to_choose_a_password(sqlite_cast: Cast, browse: SignIn) -> None:
    session = await session_of(sqlite_cast.hsi_liaison, NOW)
    assert "Choose your password" in await home_page(await browse(sqlite_cast.hsi_liaison))
    assert "Choose your password" not in await home_page(Browser(create_app(app_settings(is_demo=True)), session))


async def test_when_nothing_needs_one_the_page_says_what_is_next(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    clear = section_of(await home_page(await browse(sqlite_cast.hsi_liaison)), "h-clear")
    assert (
        words_of_page(clear) == "Nothing else needs you Next: Monthly task force meeting , Tue, Dec 22, 10:00–11:30 AM"
    )
    assert f'href="/events/{event_id}/2026-12-22"' in clear


async def test_who_schedules_is_led_to_it_when_there_are_no_events(sqlite_cast: Cast, browse: SignIn) -> None:
    clear = section_of(await home_page(await browse(sqlite_cast.fbi_lead)), "h-clear")
    assert "No events in the next two weeks. Schedule an event" in words_of_page(clear)


async def test_what_is_for_named_people_says_so_in_the_agenda(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=NEXT_WEEK), NOW)
    shown = agenda(main_of(await home_page(await browse(sqlite_cast.kcpd_detective))))
    assert "Operation Bluestem" in shown
    assert "Named people" in shown


async def test_an_event_of_a_committee_names_the_committee_in_the_agenda(sqlite_cast: Cast, browse: SignIn) -> None:
    facts = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["services"]}
    await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead, **facts)
    assert "Victim Services Committee" in agenda(main_of(await home_page(await browse(sqlite_cast.harbor_advocate))))


async def test_a_part_that_cannot_be_read_says_so_and_the_rest_stays(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    await engine().run_querystring(QueryString("ALTER TABLE action_item RENAME TO lost"))
    html = main_of(await home_page(await browse(sqlite_cast.caht_lead)))
    assert "Your action items couldn’t be loaded. Reload the page in a minute." in html
    assert "Monthly task force meeting" in section_of(html, "replies")
    assert [words for words, _ in tiles_of(html)] == ["1 event in the next 10 days", "1 reply needed"]


@pytest.mark.parametrize("table", ["operation_release", "deconfliction_hit", "operation_agency"])
async def test_no_one_is_said_to_be_caught_up_when_part_of_the_queue_cannot_be_read(
    sqlite_cast: Cast, browse: SignIn, table: str
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    await engine().run_querystring(QueryString(f"ALTER TABLE {table} RENAME TO lost"))
    html = main_of(await home_page(lead))
    assert "Part of this list couldn’t be loaded. Reload the page in a minute." in html
    assert "You’re caught up." not in html


async def test_an_operation_changes_no_byte_of_the_page_of_who_is_not_named(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast, *everyone(sqlite_cast))
    strangers = [sqlite_cast.harbor_advocate, sqlite_cast.caht_lead, sqlite_cast.coordinator, sqlite_cast.fbi_alternate]
    browsers = [await browse(one) for one in strangers]
    before = [(await browser.get("/")).content for browser in browsers]
    for starts in (NEXT_WEEK, LAST_WEEK, datetime(2026, 12, 15, 8)):  # noqa: DTZ001 - local to the event's zone
        await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=starts), LONG_AGO)
    assert [(await browser.get("/")).content for browser in browsers] == before
    assert "Bluestem" in await home_page(await browse(sqlite_cast.kcpd_detective))


async def test_a_stranger_does_not_see_the_home_page(browse: SignIn) -> None:
    assert (await (await browse(None)).get("/")).status_code in (302, 303, 401)


HTMX = {"HX-Request": "true"}


async def send_all(state: MessageState = MessageState.SENT, reason: str = "") -> None:
    """Let the outbox send what waits."""
    for message in await outbox.claim_messages("test", (), NOW + timedelta(minutes=1), 10):
        await outbox.close_message(message, SendOutcome(state=state, reason=reason), NOW)


async def steps(browser: Browser) -> list[str]:
    section = section_of(await home_page(browser), "h-set-up")
    rows = re.findall(r"<h3>.*?</h3>", section, re.DOTALL)
    return [("Done: " if 'aria-label="Done:"' in row else "To do: ") + words_of_page(row) for row in rows]


async def test_the_list_says_what_is_done_and_each_row_has_its_way(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    assert await steps(browser) == [
        "Done: Add the agencies",
        "Done: Add the people",
        "Done: Add the committees",
        "To do: Test email",
        "To do: Schedule the first meeting",
    ]
    page = section_of(await home_page(browser), "h-set-up")
    assert "3 of 5 done" in page
    ways = ("/agencies/new", "/people/import", "/people/new", "/people/invitations", "/committees/new", "/schedule")
    assert [way for way in ways if f'href="{way}"' not in page] == []
    for way in ways:
        assert (await browser.get(way)).status_code == 200
    assert 'action="/test-emails"' in page


async def test_a_test_email_says_when_it_was_handed_to_the_email_server(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    response = await browser.post("/test-emails", {"set-up": "yes"})
    assert response.headers["location"] == "/"
    page = await home_page(browser)
    assert f"A test email to {sqlite_cast.coordinator.email} is on its way." in page
    assert f"Waiting to be sent to {sqlite_cast.coordinator.email}." in section_of(page, "h-set-up")
    await send_all()
    assert "Handed to the email server on Tue, Dec 15, 9:00 AM" in words_of_page(
        section_of(await home_page(browser), "h-set-up")
    )
    assert (await steps(browser))[3] == "Done: Test email"


async def test_in_place_the_row_asks_again_until_the_email_left(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.coordinator)
    row = (await browser.post("/test-emails", {"set-up": "yes"}, headers=HTMX)).text
    assert 'hx-get="/test-emails/last?set-up=yes" hx-trigger="every 2s"' in row
    assert 'id="test-email" tabindex="-1"' in row
    waiting = (await browser.get("/test-emails/last?set-up=yes", headers=HTMX)).text
    assert "hx-trigger" in waiting
    assert 'id="heard"' not in waiting
    await send_all()
    row = (await browser.get("/test-emails/last?set-up=yes", headers=HTMX)).text
    assert "hx-trigger" not in row
    assert '<p id="heard" hx-swap-oob="innerHTML">The email server took the test email.</p>' in row
    assert '<span id="set-up-count" hx-swap-oob="innerHTML">4 of 5 done</span>' in row


async def test_a_test_email_that_was_refused_says_why_and_another_one_can_be_sent(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await writers.send_email_test(sqlite_cast.coordinator, NOW)
    await send_all(MessageState.BOUNCED, "550 No such user")
    row = section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-set-up")
    assert "550 No such user" in row
    assert "Send another" in row


async def test_the_list_is_hidden_with_undo_and_shown_again_from_the_admin_page(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.coordinator)
    await browser.post("/set-up-list/removal")
    page = await home_page(browser)
    assert "The setup checklist is hidden." in page
    assert 'action="/set-up-list"' in page[page.index('id="flash"') : page.index("<h1>")]
    assert "h-set-up" not in page
    assert 'action="/set-up-list"' in (await browser.get("/admin")).text
    await browser.post("/set-up-list")
    assert "The setup checklist is back." in (page := await home_page(browser))
    assert "h-set-up" in page
    assert 'action="/set-up-list"' not in (await browser.get("/admin")).text


async def test_it_is_gone_when_all_is_done(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    await writers.send_email_test(sqlite_cast.coordinator, NOW)
    await send_all()
    assert "h-set-up" not in await home_page(await browse(sqlite_cast.coordinator))


async def test_the_health_page_sends_a_test_email_too(app: Litestar, sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.administrator)
    assert 'action="/test-emails"' in (await browser.get("/admin/health")).text
    assert (await browser.post("/test-emails")).headers["location"] == "/admin/health#test-email-row"
    assert "Waiting to be sent to" in (await browser.get("/admin/health")).text


async def test_other_people_find_no_such_addresses(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    assert "h-set-up" not in main_of(await home_page(browser))
    for path in ("/test-emails", "/set-up-list", "/set-up-list/removal"):
        assert (await browser.post(path)).status_code == 404
    assert (await browser.get("/test-emails/last")).status_code == 404


MONTHLY = "Monthly task force meeting"
IN_THREE_DAYS = datetime(2026, 12, 18, 10)  # noqa: DTZ001 - local to the event's zone
SOON = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def press_button(browser: Browser, address: str, **fields: str) -> Response:
    """Press a button of a row, as htmx does."""
    return await browser.post(address, {"next": "/", **fields}, headers=HTMX)


def announced(html: str) -> str:
    """Return what is read out."""
    match = re.search(r'<p id="heard" hx-swap-oob="innerHTML">(.*?)</p>', html, re.DOTALL)
    assert match
    return match[1]


def count_at(html: str, place: str) -> str:
    match = re.search(rf'<span id="{place}" hx-swap-oob="innerHTML">(.*?)</span>', html, re.DOTALL)
    assert match
    return words_of_page(match[1])


def row_titles(queue: str) -> list[str]:
    return [words_of_page(one) for one in re.findall(r"<h3>(.*?)</h3>", queue, re.DOTALL)]


async def done(browser: Browser, reference: str, version: int = 1) -> Response:
    return await press_button(browser, f"/action-items/{reference}/completion", version=str(version))


async def test_each_title_in_the_queue_is_a_link_to_what_it_names(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.coordinator)
    late = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    own_item = await create_late_item(sqlite_cast.coordinator, sqlite_cast.coordinator)
    owed = await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.coordinator, starts=SOON), NOW)
    read_by_them = await home_page(await browse(sqlite_cast.coordinator))
    page = "".join(section_of(read_by_them, heading) for heading in ("h-queue", "replies", "mine"))
    linked = re.findall(r'<h3>.*?<a href="([^"]*)">([^<]*)</a>', page, re.DOTALL)
    assert set(linked) >= {
        (f"/action-items/{late}", "Send the contact sheet"),
        (f"/action-items/{own_item}", "Send the contact sheet"),
        (f"/events/{event_id}/2026-12-22", MONTHLY),
        (f"/events/{owed}/2026-12-22", "Operation Bluestem"),
    }
    assert len(linked) == page.count("<h3>")


async def test_reminding_answers_with_the_row_the_counts_and_what_was_done(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.coordinator)
    assert "1 to do, most urgent first" in await home_page(browser)
    response = await press_button(browser, f"/events/{event_id}/2026-12-22/nudges")
    assert (response.status_code, "<html" in response.text) == (200, False)
    row = response.text[: response.text.index("</li>")]
    assert "Reminded 2 people on Tue, Dec 15 at 9:00 AM. You can remind them again on Thu, Dec 17" in words_of_page(row)
    assert f'id="nudge-{event_id}-2026-12-22"' in row
    assert announced(response.text) == "Reminded 2 people to reply. You can remind them again in 48 hours."
    assert count_at(response.text, "queue-count") == "Nothing to do right now"


async def test_a_reminded_date_is_last_for_two_days_and_then_back_in_its_place(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    soon = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, starts=IN_THREE_DAYS, title="Call")
    await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    rest = f"1 of 2 people hasn’t replied to {MONTHLY}"
    call = "1 of 2 people hasn’t replied to Call"
    await press_button(await browse(sqlite_cast.coordinator), f"/events/{soon}/2026-12-18/nudges")
    queue = section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")
    assert (row_titles(queue), "1 to do, most urgent first" in queue) == ([rest, call], True)
    clock.start_at(NOW + REST, is_still=True)
    assert row_titles(section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")) == [call, rest]


async def test_reminders_are_undone_in_the_row_until_they_leave(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/2026-12-22/nudges"
    browser = await browse(sqlite_cast.coordinator)
    row = (await press_button(browser, address)).text
    assert 'data-leaves="20"' in row
    assert f'hx-post="{address}/removal"' in row
    assert row.count(f'id="nudge-{event_id}-2026-12-22"') == 1
    fields = dict(re.findall(r'<input type="hidden" name="(at|next)" value="([^"]*)"', row))
    assert fields["next"] == "/"
    back = await press_button(browser, f"{address}/removal", **fields)
    assert announced(back.text) == "Undone. No one was reminded."
    assert f'action="{address}"' in back.text
    assert f'id="nudge-{event_id}-2026-12-22"' in back.text
    assert count_at(back.text, "queue-count") == "1 to do, most urgent first"
    again = await press_button(browser, f"{address}/removal", **fields)
    assert announced(again.text) == "Undone. No one was reminded."


async def test_reminding_leads_back_with_undo_without_scripts(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/2026-12-22/nudges"
    browser = await browse(sqlite_cast.coordinator)
    for leads_back, page in (("/", "/"), ("", f"/events/{event_id}/2026-12-22")):
        clock.start_at(clock.now() + timedelta(minutes=1), is_still=True)
        await browser.post(address, {"next": leads_back})
        html = (await browser.get(page)).text
        flash = html[html.index('id="flash"') : html.index("<h1>")]
        assert f'action="{address}/removal"' in flash
        fields = dict(re.findall(r'<input type="hidden" name="(at|next)" value="([^"]*)"', flash))
        assert (await browser.post(f"{address}/removal", fields)).status_code == 303
        assert "Undone. No one was reminded." in (await browser.get(page)).text


async def test_reminding_when_another_person_was_faster_shows_when_it_is_possible_again(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/2026-12-22/nudges"
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(address)
    response = await press_button(browser, address)
    assert response.status_code == 200
    assert announced(response.text).startswith("Reminded 1 person on Tue, Dec 15 at 9:00 AM. You can remind them again")
    assert "data-undo" not in response.text, "it is the other person who can undo it"


async def test_reminding_when_everyone_has_replied_meanwhile_says_so_in_the_row(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, event_id, "2026-12-22", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    response = await press_button(browser, f"/events/{event_id}/2026-12-22/nudges")
    row = response.text[: response.text.index("</li>")]
    assert words_of_page(row) == "Everyone who was asked has replied."
    assert f'id="nudge-{event_id}-2026-12-22" tabindex="-1"' in row


async def test_marking_an_item_done_answers_with_a_row_that_undoes_it(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.caht_lead)
    response = await done(browser, reference)
    assert announced(response.text) == f"Marked {reference} done."
    assert count_at(response.text, "mine-count") == ""
    assert tiles_of(response.text) == []
    assert '<div id="counts" hidden hx-swap-oob="outerHTML">' in response.text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.text))
    assert f'id="move-{reference}"' in response.text
    back = await press_button(
        browser, f"/action-items/{reference}/undo", **{k: v for k, v in fields.items() if k != "_csrf"}
    )
    assert announced(back.text) == f"{reference} is open again."
    assert count_at(back.text, "mine-count") == "1 open ·"
    assert f'id="move-{reference}"' in back.text
    assert "Mark done" in back.text


async def test_marking_an_item_done_leads_back_with_undo_without_scripts(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.caht_lead)
    await browser.post(f"/action-items/{reference}/completion", {"version": "1", "next": "/"})
    page = await home_page(browser)
    flash = page[page.index('id="flash"') : page.index("<h1>")]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', flash))
    assert f'action="/action-items/{reference}/undo"' in flash
    await browser.post(f"/action-items/{reference}/undo", fields)
    assert "Send the contact sheet" in section_of(await home_page(browser), "mine")


async def test_an_item_that_changed_meanwhile_is_shown_as_it_is_now_and_why(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    change = actions.ItemEdit(progress=50)
    await actions_action_items.save_item_edit(
        sqlite_cast.coordinator, reference, change, 1, NOW + timedelta(minutes=5), TODAY
    )
    response = await done(await browse(sqlite_cast.caht_lead), reference)
    assert response.status_code == 409
    assert announced(response.text) == "Coordinator changed this item at 9:05 AM: 50%."
    assert "50% done" in response.text
    assert 'name="version" value="2"' in response.text


async def test_an_item_that_another_person_marked_done_offers_no_undo(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await actions_action_items.mark_item_done(sqlite_cast.coordinator, reference, 1, NOW, TODAY)
    response = await done(await browse(sqlite_cast.caht_lead), reference)
    assert announced(response.text) == f"Marked {reference} done."
    assert "Undo" not in response.text


async def test_a_reply_answers_with_a_row_that_says_what_and_changes_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    address = f"/events/{event_id}/2026-12-22/reply"
    browser = await browse(sqlite_cast.caht_lead)
    response = await press_button(browser, address, reply="yes")
    assert announced(response.text) == f"You replied Yes to {MONTHLY}."
    assert "You replied Yes." in words_of_page(response.text)
    assert count_at(response.text, "owed-count") == ""
    assert re.findall(r'value="(\w+)" aria-pressed="(\w+)"', response.text) == [
        ("yes", "true"),
        ("maybe", "false"),
        ("no", "false"),
    ]
    changed = await press_button(browser, address, reply="no", changes="yes")
    assert announced(changed.text) == f"You replied No to {MONTHLY}."
    assert await reply_given(sqlite_cast.caht_lead, event_id, "2026-12-22") is ReplyValue.DECLINED


async def reply_given(viewer: Viewer, event_id: Any, key: str) -> ReplyValue:
    occurrence = await replies.events.date_on_day(viewer, event_id, events.day_of_key(key))
    assert occurrence
    own_reply = await replies.my_reply(viewer, occurrence)
    assert own_reply
    assert own_reply[1]
    return own_reply[1].value


async def test_a_reply_to_a_series_asks_first_which_dates_it_is_for(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_weekly(sqlite_cast)
    form = section_of(await home_page(await browse(sqlite_cast.caht_lead)), "replies")
    assert form.index('name="scope"') < form.index('name="reply" value="yes"')


async def test_a_reply_to_one_date_of_a_series_shows_the_next_date_that_waits(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_weekly(sqlite_cast)
    response = await press_button(
        await browse(sqlite_cast.caht_lead), f"/events/{event_id}/2026-12-22/reply", reply="maybe", scope="date"
    )
    assert "You replied Maybe to this date." in words_of_page(response.text)
    assert count_at(response.text, "owed-count") == "1"
    assert f'action="/events/{event_id}/2026-12-29/reply"' in response.text


async def test_a_reply_to_all_dates_of_a_series_leaves_none_that_waits(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_weekly(sqlite_cast)
    browser = await browse(sqlite_cast.caht_lead)
    response = await press_button(browser, f"/events/{event_id}/2026-12-22/reply", reply="yes", scope="series")
    assert announced(response.text) == f"You replied Yes to all dates of {MONTHLY}."
    assert "2026-12-29" not in response.text
    assert await reply_given(sqlite_cast.caht_lead, event_id, "2026-12-29") is ReplyValue.ACCEPTED


async def test_changing_a_reply_in_its_row_adds_no_second_row_for_the_next_date(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_weekly(sqlite_cast)
    browser, address = await browse(sqlite_cast.caht_lead), f"/events/{event_id}/2026-12-22/reply"
    await press_button(browser, address, reply="maybe", scope="date")
    response = await press_button(browser, address, reply="no", scope="date", changes="maybe")
    assert "2026-12-29" not in response.text


async def schedule_weekly(cast: Cast) -> Any:
    return await schedule_next_week(cast, cast.caht_lead, rule=rule_for_choice("weekly", SOON, count=3))


async def test_a_reply_that_comes_too_late_says_so_in_the_row(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    clock.start_at(NOW + timedelta(days=30), is_still=True)
    browser = await browse(sqlite_cast.caht_lead)
    response = await press_button(browser, f"/events/{event_id}/2026-12-22/reply", reply="yes")
    assert response.status_code == 410
    assert announced(response.text) == "Your reply wasn’t saved. This date is over. Replies are closed."
    assert 'value="yes"' not in response.text


async def test_an_operation_changes_no_byte_of_the_row_of_who_is_not_named(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead, sqlite_cast.fbi_lead)
    asks: list[tuple[Viewer, str, dict[str, str]]] = [
        (sqlite_cast.caht_lead, "reply", {"reply": "yes"}),
        (sqlite_cast.coordinator, "nudges", {}),
    ]
    pressed = [(await browse(who), f"/events/{event_id}/2026-12-22/{deed}", form) for who, deed, form in asks]
    for pressed_row in pressed:
        await press_button(*pressed_row[:2], **pressed_row[2])
    before = [(await press_button(browser, address, **form)).content for browser, address, form in pressed]
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=SOON), NOW)
    assert [(await press_button(browser, address, **form)).content for browser, address, form in pressed] == before
