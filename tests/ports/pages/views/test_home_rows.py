"""Rows of the home page that are settled in place: what the row says, the counts, Undo, and what comes later."""

import re
from datetime import datetime, timedelta
from typing import Any

from httpx import Response

from tests.cast import NOW, Cast, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import words_of_page
from tests.ports.pages.views.world import TODAY, create_late_item, home_page, schedule_next_week, section_of, tiles_of
from tracker import clock
from tracker.rules.actions import action_items
from tracker.rules.core.viewers import Viewer
from tracker.rules.emails.follow_ups import REST
from tracker.rules.events import events
from tracker.rules.events.replies import ReplyValue
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.actions import action_items as actions_action_items
from tracker.usecases.events import replies
from tracker.usecases.events.scheduling import schedule_event

HTMX = {"HX-Request": "true"}
MONTHLY = "Monthly task force meeting"
IN_THREE_DAYS = datetime(2026, 12, 18, 10)  # noqa: DTZ001 - local to the event's zone
SOON = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def press(browser: Browser, address: str, **fields: str) -> Response:
    """Press a button of a row, as htmx does."""
    return await browser.post(address, {"next": "/", **fields}, headers=HTMX)


def said(html: str) -> str:
    """Return what is read out."""
    found = re.search(r'<p id="heard" hx-swap-oob="innerHTML">(.*?)</p>', html, re.DOTALL)
    assert found
    return found[1]


def count(html: str, place: str) -> str:
    found = re.search(rf'<span id="{place}" hx-swap-oob="innerHTML">(.*?)</span>', html, re.DOTALL)
    assert found
    return words_of_page(found[1])


def titles(queue: str) -> list[str]:
    return [words_of_page(one) for one in re.findall(r"<h3>(.*?)</h3>", queue, re.DOTALL)]


async def done(browser: Browser, reference: str, version: int = 1) -> Response:
    return await press(browser, f"/action-items/{reference}/completion", version=str(version))


async def test_each_title_in_the_queue_is_a_link_to_what_it_names(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.coordinator)
    late = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    mine = await create_late_item(sqlite_cast.coordinator, sqlite_cast.coordinator)
    owed = await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.coordinator, starts=SOON), NOW)
    read_by_them = await home_page(await browse(sqlite_cast.coordinator))
    page = "".join(section_of(read_by_them, heading) for heading in ("h-queue", "replies", "mine"))
    linked = re.findall(r'<h3>.*?<a href="([^"]*)">([^<]*)</a>', page, re.DOTALL)
    assert set(linked) >= {
        (f"/action-items/{late}", "Send the contact sheet"),
        (f"/action-items/{mine}", "Send the contact sheet"),
        (f"/events/{event_id}/2026-12-22", MONTHLY),
        (f"/events/{owed}/2026-12-22", "Operation Bluestem"),
    }
    assert len(linked) == page.count("<h3>")


async def test_reminding_answers_with_the_row_the_counts_and_what_was_done(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.coordinator)
    assert "1 to do, most urgent first" in await home_page(browser)
    response = await press(browser, f"/events/{event_id}/2026-12-22/nudges")
    assert (response.status_code, "<html" in response.text) == (200, False)
    row = response.text[: response.text.index("</li>")]
    assert "Reminded 2 people on Tue, Dec 15 at 9:00 AM. You can remind them again on Thu, Dec 17" in words_of_page(row)
    assert f'id="nudge-{event_id}-2026-12-22"' in row
    assert said(response.text) == "Reminded 2 people to reply. You can remind them again in 48 hours."
    assert count(response.text, "queue-count") == "Nothing to do right now"


async def test_a_reminded_date_is_last_for_two_days_and_then_back_in_its_place(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    soon = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead, starts=IN_THREE_DAYS, title="Call")
    await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    rest = f"1 of 2 people hasn’t replied to {MONTHLY}"
    call = "1 of 2 people hasn’t replied to Call"
    await press(await browse(sqlite_cast.coordinator), f"/events/{soon}/2026-12-18/nudges")
    queue = section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")
    assert (titles(queue), "1 to do, most urgent first" in queue) == ([rest, call], True)
    clock.start_at(NOW + REST, stands_still=True)
    assert titles(section_of(await home_page(await browse(sqlite_cast.coordinator)), "h-queue")) == [call, rest]


async def test_reminders_are_undone_in_the_row_until_they_leave(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/2026-12-22/nudges"
    browser = await browse(sqlite_cast.coordinator)
    row = (await press(browser, address)).text
    assert 'data-leaves="20"' in row
    assert f'hx-post="{address}/removal"' in row
    assert row.count(f'id="nudge-{event_id}-2026-12-22"') == 1
    fields = dict(re.findall(r'<input type="hidden" name="(at|next)" value="([^"]*)"', row))
    assert fields["next"] == "/"
    back = await press(browser, f"{address}/removal", **fields)
    assert said(back.text) == "Undone. No one was reminded."
    assert f'action="{address}"' in back.text
    assert f'id="nudge-{event_id}-2026-12-22"' in back.text
    assert count(back.text, "queue-count") == "1 to do, most urgent first"
    again = await press(browser, f"{address}/removal", **fields)
    assert said(again.text) == "Undone. No one was reminded."


async def test_reminding_leads_back_with_undo_without_scripts(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/2026-12-22/nudges"
    browser = await browse(sqlite_cast.coordinator)
    for leads_back, page in (("/", "/"), ("", f"/events/{event_id}/2026-12-22")):
        clock.start_at(clock.now() + timedelta(minutes=1), stands_still=True)
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
    response = await press(browser, address)
    assert response.status_code == 200
    assert said(response.text).startswith("Reminded 1 person on Tue, Dec 15 at 9:00 AM. You can remind them again")
    assert "data-undo" not in response.text, "it is the other person who can undo it"


async def test_reminding_when_everyone_has_replied_meanwhile_says_so_in_the_row(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, event_id, "2026-12-22", ReplyValue.ACCEPTED, "", NOW, for_series=False
    )
    response = await press(browser, f"/events/{event_id}/2026-12-22/nudges")
    row = response.text[: response.text.index("</li>")]
    assert words_of_page(row) == "Everyone who was asked has replied."
    assert f'id="nudge-{event_id}-2026-12-22" tabindex="-1"' in row


async def test_marking_an_item_done_answers_with_a_row_that_undoes_it(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    browser = await browse(sqlite_cast.caht_lead)
    response = await done(browser, reference)
    assert said(response.text) == f"Marked {reference} done."
    assert count(response.text, "mine-count") == ""
    assert tiles_of(response.text)[:2] == [
        ("0 overdue action items", "/action-items"),
        ("0 open items assigned to you", "/action-items?mine=1"),
    ]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.text))
    assert f'id="move-{reference}"' in response.text
    back = await press(browser, f"/action-items/{reference}/undo", **{k: v for k, v in fields.items() if k != "_csrf"})
    assert said(back.text) == f"{reference} is open again."
    assert count(back.text, "mine-count") == "1 open ·"
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
    change = action_items.ItemEdit(progress=50)
    await actions_action_items.save_item_edit(
        sqlite_cast.coordinator, reference, change, 1, NOW + timedelta(minutes=5), TODAY
    )
    response = await done(await browse(sqlite_cast.caht_lead), reference)
    assert response.status_code == 409
    assert said(response.text) == "Coordinator changed this item at 9:05 AM: 50%."
    assert "50% done" in response.text
    assert 'name="version" value="2"' in response.text


async def test_an_item_that_another_person_marked_done_offers_no_undo(sqlite_cast: Cast, browse: SignIn) -> None:
    reference = await create_late_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await actions_action_items.mark_item_done(sqlite_cast.coordinator, reference, 1, NOW, TODAY)
    response = await done(await browse(sqlite_cast.caht_lead), reference)
    assert said(response.text) == f"Marked {reference} done."
    assert "Undo" not in response.text


async def test_a_reply_answers_with_a_row_that_says_what_and_changes_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    address = f"/events/{event_id}/2026-12-22/reply"
    browser = await browse(sqlite_cast.caht_lead)
    response = await press(browser, address, reply="yes")
    assert said(response.text) == f"You replied Yes to {MONTHLY}."
    assert "You replied Yes." in words_of_page(response.text)
    assert count(response.text, "owed-count") == ""
    assert re.findall(r'value="(\w+)" aria-pressed="(\w+)"', response.text) == [
        ("yes", "true"),
        ("maybe", "false"),
        ("no", "false"),
    ]
    changed = await press(browser, address, reply="no", changes="yes")
    assert said(changed.text) == f"You replied No to {MONTHLY}."
    assert await given(sqlite_cast.caht_lead, event_id, "2026-12-22") is ReplyValue.DECLINED


async def given(viewer: Viewer, event_id: Any, key: str) -> ReplyValue:
    occurrence = await replies.events.date_on_day(viewer, event_id, events.day_of_key(key))
    assert occurrence
    mine = await replies.my_reply(viewer, occurrence)
    assert mine
    assert mine[1]
    return mine[1].value


async def test_a_reply_to_a_series_asks_first_which_dates_it_is_for(sqlite_cast: Cast, browse: SignIn) -> None:
    await weekly(sqlite_cast)
    form = section_of(await home_page(await browse(sqlite_cast.caht_lead)), "replies")
    assert form.index('name="scope"') < form.index('name="reply" value="yes"')


async def test_a_reply_to_one_date_of_a_series_shows_the_next_date_that_waits(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await weekly(sqlite_cast)
    response = await press(
        await browse(sqlite_cast.caht_lead), f"/events/{event_id}/2026-12-22/reply", reply="maybe", scope="date"
    )
    assert "You replied Maybe to this date." in words_of_page(response.text)
    assert count(response.text, "owed-count") == "1"
    assert f'action="/events/{event_id}/2026-12-29/reply"' in response.text


async def test_a_reply_to_all_dates_of_a_series_leaves_none_that_waits(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await weekly(sqlite_cast)
    browser = await browse(sqlite_cast.caht_lead)
    response = await press(browser, f"/events/{event_id}/2026-12-22/reply", reply="yes", scope="series")
    assert said(response.text) == f"You replied Yes to all dates of {MONTHLY}."
    assert "2026-12-29" not in response.text
    assert await given(sqlite_cast.caht_lead, event_id, "2026-12-29") is ReplyValue.ACCEPTED


async def test_changing_a_reply_in_its_row_adds_no_second_row_for_the_next_date(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await weekly(sqlite_cast)
    browser, address = await browse(sqlite_cast.caht_lead), f"/events/{event_id}/2026-12-22/reply"
    await press(browser, address, reply="maybe", scope="date")
    response = await press(browser, address, reply="no", scope="date", changes="maybe")
    assert "2026-12-29" not in response.text


async def weekly(cast: Cast) -> Any:
    return await schedule_next_week(cast, cast.caht_lead, rule=rule_for_choice("weekly", SOON, count=3))


async def test_a_reply_that_comes_too_late_says_so_in_the_row(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead)
    clock.start_at(NOW + timedelta(days=30), stands_still=True)
    browser = await browse(sqlite_cast.caht_lead)
    response = await press(browser, f"/events/{event_id}/2026-12-22/reply", reply="yes")
    assert response.status_code == 410
    assert said(response.text) == "Your reply wasn’t saved. This date is over. Replies are closed."
    assert 'value="yes"' not in response.text


async def test_an_operation_changes_no_byte_of_the_row_of_who_is_not_named(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast, sqlite_cast.caht_lead, sqlite_cast.fbi_lead)
    asks: list[tuple[Viewer, str, dict[str, str]]] = [
        (sqlite_cast.caht_lead, "reply", {"reply": "yes"}),
        (sqlite_cast.coordinator, "nudges", {}),
    ]
    pressed = [(await browse(who), f"/events/{event_id}/2026-12-22/{deed}", form) for who, deed, form in asks]
    for one in pressed:
        await press(*one[:2], **one[2])
    before = [(await press(browser, address, **form)).content for browser, address, form in pressed]
    await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective, starts=SOON), NOW)
    assert [(await press(browser, address, **form)).content for browser, address, form in pressed] == before
