"""Action items on pages: lists, forms, links, notes, and what is kept of a form."""

import html
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, PROGRAM, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.actions.world import DUE, TODAY, create_item_for
from tests.ports.pages.core.world import DRAFT_MARK, text_on, type_into
from tests.ports.pages.forms import form_with
from tracker import clock
from tracker.rules.actions import ItemEdit, ItemStatus
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import Occurrence
from tracker.tables.schema.actions import ActionNote
from tracker.tables.schema.core.tables import Draft
from tracker.tables.schema.roster import Member
from tracker.tables.visible import actions
from tracker.usecases.actions import action_items, item_lists
from tracker.usecases.actions.item_lists import ItemView
from tracker.usecases.core import drafts
from tracker.usecases.events import occurrences, scheduling
from tracker.usecases.events.scheduling import schedule_event

LATER = NOW + timedelta(minutes=5)
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
async def item_of_coalition(sqlite_cast: Cast) -> str:
    """The reference of an item of the coalition's lead."""
    return await create_item_for(sqlite_cast.coordinator, sqlite_cast.caht_lead)


async def of_operation(cast: Cast) -> str:
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    origin = await occurrences.date_seen_by(cast.fbi_lead, event_id, "2027-01-16")
    return await create_item_for(cast.fbi_lead, cast.kcpd_detective, origin_id=origin.id, title="Canary item")


def headings(response: str) -> dict[str, str]:
    """Return the counts that a response to htmx puts into the headings of the list."""
    return dict(re.findall(r'<hx-partial id="n-([^"]+)" hx-swap="innerHTML">(\d+)<', response))


def summary_of_errors(page: str) -> str:
    """Return the alert at the top of a page, without its tags."""
    alert = page[page.index('id="error-summary"') :]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", alert[: alert.index("</div>")])).split())


async def view(cast: Cast, reference: str) -> ItemView:
    return await item_lists.item_view(cast.coordinator, reference)


async def link_of_item(app: Litestar, viewer: Viewer, reference: str) -> str:
    item = (await item_lists.item_view(viewer, reference)).item
    return f"/u/{app.state.links.item(item.id, item.owner_id)}"


async def test_an_empty_list_says_so_and_offers_the_next_step(desk: Browser) -> None:
    page = (await desk.get("/action-items")).text
    assert "No open items." in page
    assert 'href="#new"' in page


async def test_an_item_is_given_with_the_form_below_the_list(desk: Browser, sqlite_cast: Cast) -> None:
    form = form_with(
        (await desk.get("/action-items")).text, "/action-items", title="Book the room", owner_words="hsi liaison"
    )
    response = await desk.post("/action-items", form)
    assert response.status_code == 303
    page = (await desk.get(response.headers["location"])).text
    assert "Book the room" in page
    assert "Assigned to Hsi liaison, due Tue, Dec 29" in page


async def test_a_form_with_mistakes_names_each_and_loses_nothing(desk: Browser) -> None:
    response = await desk.post("/action-items", {"title": "", "owner": "x", "due": "soon", "seen_by": "all"})
    assert response.status_code == 422
    for sentence in ("Enter what needs to be done.", "Choose an owner.", "Enter the date as year-month-day"):
        assert sentence in response.text
    assert form_with(response.text, "/action-items")["due"] == ["soon"]


@pytest.mark.parametrize(
    "form",
    [
        {"seen_by": "named"},
        {"seen_by": "committee:x"},
        {"seen_by": "all", "origin": str(UUID(int=1))},
        {"seen_by": "all", "due": "2026-12-14"},
        {"seen_by": "all", "due": "9999-99-99"},
        {"seen_by": "all", "title": "x" * 201},
    ],
)
async def test_odd_input_gets_a_sentence_and_gives_nothing(
    desk: Browser, sqlite_cast: Cast, form: dict[str, str]
) -> None:
    sound = {"title": "T", "owner": str(sqlite_cast.hsi_liaison.member_id), "due": "2026-12-20"}
    response = await desk.post("/action-items", {**sound, **form})
    assert response.status_code == 422
    assert "error-summary" in response.text
    assert await ActionNote.count() == 0


async def test_the_list_is_grouped_and_filtered_by_its_address(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    own = await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator, title="Count the packets")
    page = (await desk.get("/action-items?group=agency")).text
    assert re.findall(r'scope="colgroup">(\S+) ', page) == ["CAHT", "USAO"]
    own_page = (await desk.get("/action-items?mine=1")).text
    assert (own in own_page, item_of_coalition in own_page) == (True, False)
    page_found = (await desk.get("/action-items?q=contact+caht")).text
    assert (own in page_found, item_of_coalition in page_found) == (False, True)
    assert "No action items match." in (await desk.get("/action-items?q=nonsense")).text


@pytest.mark.both_engines
@pytest.mark.parametrize("query", ["group=x&mine=2&done=", "q=%00%ff", "q=%00", "origin=x", "q=" + "x" * 3000])
async def test_an_address_that_asks_for_nonsense_shows_a_list(browse: SignIn, cast: Cast, query: str) -> None:
    assert (await (await browse(cast.coordinator)).get(f"/action-items?{query}")).status_code == 200


async def test_one_press_marks_an_item_done_and_undo_brings_it_back(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    page = (await desk.get("/action-items")).text
    response = await desk.post(
        f"/action-items/{item_of_coalition}/completion",
        form_with(page, f"/action-items/{item_of_coalition}/completion"),
        **HTMX,
    )
    assert f"Marked {item_of_coalition} done." in response.text
    assert "0 open" in response.text
    undo = response.text[response.text.index('hx-partial hx-target="#toast"') :]
    await desk.post(
        f"/action-items/{item_of_coalition}/undo", form_with(undo, f"/action-items/{item_of_coalition}/undo"), **HTMX
    )
    assert (await view(sqlite_cast, item_of_coalition)).item.status is ItemStatus.OPEN


async def test_the_heading_counts_as_the_list_does_after_done(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    other = await create_item_for(sqlite_cast.coordinator, sqlite_cast.coordinator, title="Count the packets")
    form = {"version": "1", "group": "agency", "mine": "", "q": ""}
    row = (await desk.post(f"/action-items/{item_of_coalition}/completion", form, **HTMX)).text
    assert (headings(row)["CAHT"], headings(row)["USAO"]) == ("0", "1")
    own_page = (await desk.post(f"/action-items/{other}/completion", form | {"group": "due", "done": "1"}, **HTMX)).text
    assert (headings(own_page)["Later"], headings(own_page)["Done"]) == ("0", "2")


async def test_done_without_scripts_leads_back_to_where_it_was_pressed(desk: Browser, item_of_coalition: str) -> None:
    page = (await desk.get("/action-items")).text
    form = form_with(page, f"/action-items/{item_of_coalition}/completion")
    assert (await desk.post(f"/action-items/{item_of_coalition}/completion", form)).headers[
        "location"
    ] == "/action-items?group=due"
    home = await desk.post(f"/action-items/{item_of_coalition}/completion", {**form, "next": "/"})
    assert home.headers["location"] == "/"
    away = await desk.post(f"/action-items/{item_of_coalition}/completion", {**form, "next": "//evil.example"})
    assert away.headers["location"] == f"/action-items/{item_of_coalition}"
    assert f"Marked {item_of_coalition} done." in (await desk.get("/action-items")).text


async def test_done_and_its_undo_without_scripts_keep_the_filter_of_the_list(
    desk: Browser, item_of_coalition: str
) -> None:
    here = "/action-items?group=agency&q=contact"
    page = (await desk.get(f"{here}&odd=1")).text
    done = f"/action-items/{item_of_coalition}/completion"
    assert (await desk.post(done, form_with(page, done))).headers["location"] == here
    undo = form_with((await desk.get(here)).text, f"/action-items/{item_of_coalition}/undo")
    assert (await desk.post(f"/action-items/{item_of_coalition}/undo", undo)).headers["location"] == here


async def test_an_update_is_saved_from_the_page_of_the_item(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    form = form_with(page, f"/action-items/{item_of_coalition}", status="blocked", progress="25", note="Waiting.")
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    assert (await desk.post(f"/action-items/{item_of_coalition}", form)).status_code == 303
    saved = await view(sqlite_cast, item_of_coalition)
    assert (saved.item.status, saved.item.progress, saved.notes[0].text) == (ItemStatus.BLOCKED, 25, "Waiting.")


async def test_an_update_that_changes_nothing_says_so(desk: Browser, item_of_coalition: str) -> None:
    address = f"/action-items/{item_of_coalition}"
    response = await desk.post(address, form_with((await desk.get(address)).text, address))
    assert response.status_code == 303
    assert f"Nothing changed on {item_of_coalition}." in (await desk.get(response.headers["location"])).text


async def test_the_line_unfolds_its_form_for_scripts_and_leads_to_the_page_without(
    desk: Browser, item_of_coalition: str
) -> None:
    row = await desk.get(f"/action-items/{item_of_coalition}/row?open=1", **HTMX)
    assert row.text.count("<tbody") == 1
    assert f'id="save-{item_of_coalition}"' in row.text
    assert (await desk.get(f"/action-items/{item_of_coalition}/row?open=1")).headers[
        "location"
    ] == f"/action-items/{item_of_coalition}"


@pytest.mark.parametrize("kwargs", [{}, HTMX], ids=["without scripts", "with scripts"])
async def test_the_second_of_two_updates_sees_both_values(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str, kwargs: dict[str, Any]
) -> None:
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    first = form_with(page, f"/action-items/{item_of_coalition}", progress="50")
    second = form_with(page, f"/action-items/{item_of_coalition}", progress="75", note="Nearly.")
    await desk.post(f"/action-items/{item_of_coalition}", first)
    refused = await desk.post(f"/action-items/{item_of_coalition}", second, **kwargs)
    assert refused.status_code == 409
    assert "<b>Progress</b> is now “50%”. You typed “75%”" in refused.text
    again = form_with(refused.text, f"/action-items/{item_of_coalition}")
    assert (again["note"], again["version"]) == (["Nearly."], ["2"])
    await desk.post(f"/action-items/{item_of_coalition}", again)
    assert (await view(sqlite_cast, item_of_coalition)).item.progress == 75


async def test_done_on_a_stale_page_shows_what_changed_and_saves_nothing(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    done = form_with(page, f"/action-items/{item_of_coalition}/completion")
    await action_items.save_item_edit(
        sqlite_cast.coordinator, item_of_coalition, ItemEdit(progress=50), 1, LATER, TODAY
    )
    refused = await desk.post(f"/action-items/{item_of_coalition}/completion", done)
    assert refused.status_code == 409
    assert "Coordinator changed this item at 9:05 AM: 50%." in summary_of_errors(refused.text)
    assert "You had not changed it" not in refused.text
    assert (await view(sqlite_cast, item_of_coalition)).item.is_open


@pytest.mark.parametrize("kwargs", [{}, HTMX], ids=["without scripts", "with scripts"])
async def test_reopening_an_item_that_someone_reopened_says_who_and_when(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str, kwargs: dict[str, Any]
) -> None:
    await action_items.mark_item_done(sqlite_cast.caht_lead, item_of_coalition, 1, NOW, TODAY)
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    await action_items.save_item_edit(
        sqlite_cast.caht_lead, item_of_coalition, ItemEdit(status=ItemStatus.IN_PROGRESS), 2, LATER, TODAY
    )
    form = form_with(page, f"/action-items/{item_of_coalition}/reopening")
    refused = await desk.post(f"/action-items/{item_of_coalition}/reopening", form, **kwargs)
    assert refused.status_code == 409
    assert "Caht lead reopened this item at 9:05 AM." in summary_of_errors(refused.text)
    assert "Due" not in summary_of_errors(refused.text)
    assert form_with(refused.text, f"/action-items/{item_of_coalition}")["status"] == ["in_progress"]


@pytest.mark.parametrize("kwargs", [{}, HTMX], ids=["without scripts", "with scripts"])
async def test_reopening_a_done_item_says_before_that_it_begins_at_zero_and_is_undone(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str, kwargs: dict[str, Any]
) -> None:
    await action_items.mark_item_done(sqlite_cast.caht_lead, item_of_coalition, 1, NOW, TODAY)
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    assert "Reopen at 0%" in page
    address = f"/action-items/{item_of_coalition}/reopening"
    opened = await desk.post(address, form_with(page, address), **kwargs)
    assert (await view(sqlite_cast, item_of_coalition)).item.status is ItemStatus.OPEN
    after = opened.text if kwargs else (await desk.get(f"/action-items/{item_of_coalition}")).text
    assert f"{item_of_coalition} reopened at 0%." in after
    undo = after[after.index(f"{item_of_coalition} reopened at") :].partition("</form>")[0] + "</form>"
    await desk.post(
        f"/action-items/{item_of_coalition}/undo", form_with(undo, f"/action-items/{item_of_coalition}/undo"), **kwargs
    )
    again = (await view(sqlite_cast, item_of_coalition)).item
    assert (again.status, again.progress) == (ItemStatus.DONE, 100)


def undo_in(page: str, since: str = "") -> tuple[str, dict[str, Any]]:
    """Return where the first Undo after some words of a page is sent, and its fields."""
    form = page[page.index(since) :].partition("</form>")[0] + "</form>"
    [address] = re.findall(r'<form method="post" action="([^"]+)"', form)
    return address, form_with(form, address)


async def times(cast: Cast, reference: str) -> tuple[ItemStatus, datetime | None, datetime | None]:
    item = (await view(cast, reference)).item
    return item.status, item.blocked_at, item.closed_at


@pytest.mark.both_engines
@pytest.mark.parametrize("kwargs", [{}, HTMX], ids=["without scripts", "with scripts"])
async def test_an_undone_reopening_leaves_an_item_done_since_the_same_moment(
    browse: SignIn, cast: Cast, kwargs: dict[str, Any]
) -> None:
    item = await create_item_for(cast.coordinator, cast.caht_lead)
    await action_items.mark_item_done(cast.caht_lead, item, 1, NOW, TODAY)
    clock.start_at(NOW + timedelta(days=20), is_still=True)
    desk = await browse(cast.coordinator)
    address = f"/action-items/{item}/reopening"
    opened = await desk.post(address, form_with((await desk.get(f"/action-items/{item}")).text, address), **kwargs)
    page = opened.text if kwargs else (await desk.get(f"/action-items/{item}")).text
    address, undo = undo_in(page, f"{item} reopened at")
    await desk.post(address, undo, **kwargs)
    assert await times(cast, item) == (ItemStatus.DONE, None, NOW)


@pytest.mark.both_engines
@pytest.mark.parametrize("kwargs", [{}, HTMX], ids=["without scripts", "with scripts"])
async def test_an_undone_completion_leaves_an_item_blocked_since_the_same_moment(
    browse: SignIn, cast: Cast, kwargs: dict[str, Any]
) -> None:
    item = await create_item_for(cast.coordinator, cast.caht_lead)
    await action_items.save_item_edit(cast.caht_lead, item, ItemEdit(status=ItemStatus.BLOCKED), 1, NOW, TODAY)
    clock.start_at(NOW + timedelta(days=4), is_still=True)
    desk = await browse(cast.coordinator)
    address = f"/action-items/{item}/completion"
    done = await desk.post(address, form_with((await desk.get("/action-items")).text, address), **kwargs)
    page = done.text if kwargs else (await desk.get("/action-items?group=due")).text
    address, undo = undo_in(page, f"Marked {item} done.")
    await desk.post(address, undo, **kwargs)
    assert await times(cast, item) == (ItemStatus.BLOCKED, NOW, None)


async def test_undo_of_a_completion_keeps_a_note_that_was_added_since(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    done = await desk.post(f"/action-items/{item_of_coalition}/completion", {"version": "1"}, **HTMX)
    await action_items.save_item_edit(sqlite_cast.caht_lead, item_of_coalition, ItemEdit(note="Sent."), 2, LATER, TODAY)
    address, undo = undo_in(done.text, "#toast")
    await desk.post(address, undo, **HTMX)
    item_shown = await view(sqlite_cast, item_of_coalition)
    assert item_shown.item.status is ItemStatus.OPEN
    assert "Sent." in [note.text for note in item_shown.notes]


@pytest.mark.parametrize("kwargs", [{}, HTMX], ids=["without scripts", "with scripts"])
async def test_undo_of_a_completion_is_refused_after_another_person_opened_the_item(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str, kwargs: dict[str, Any]
) -> None:
    done = await desk.post(f"/action-items/{item_of_coalition}/completion", {"version": "1"}, **HTMX)
    change = ItemEdit(status=ItemStatus.IN_PROGRESS)
    await action_items.save_item_edit(sqlite_cast.caht_lead, item_of_coalition, change, 2, LATER, TODAY)
    address, undo = undo_in(done.text, "#toast")
    refused = await desk.post(address, undo, **kwargs)
    assert refused.status_code == 409
    assert "The status was changed to “In progress” afterward." in summary_of_errors(refused.text)


async def test_undo_of_a_completion_does_not_undo_a_later_one(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    done = await desk.post(f"/action-items/{item_of_coalition}/completion", {"version": "1"}, **HTMX)
    address, undo = undo_in(done.text, "#toast")
    for version, status in ((2, ItemStatus.IN_PROGRESS), (3, ItemStatus.DONE)):
        at = NOW + timedelta(minutes=version)
        await action_items.save_item_edit(
            sqlite_cast.caht_lead, item_of_coalition, ItemEdit(status=status), version, at, TODAY
        )
    assert (await desk.post(address, undo, **HTMX)).status_code == 409
    assert (await view(sqlite_cast, item_of_coalition)).item.status is ItemStatus.DONE


async def test_what_an_item_was_before_it_was_done_is_taken_only_from_the_person_and_the_item_it_was_given_to(
    desk: Browser, browse: SignIn, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    done = await desk.post(f"/action-items/{item_of_coalition}/completion", {"version": "1"}, **HTMX)
    address, undo = undo_in(done.text, "#toast")
    other = await create_item_for(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    [update] = undo["update"]
    letters, owner = update.partition(".")[0], await browse(sqlite_cast.caht_lead)
    assert (await owner.post(address, {"update": update})).status_code == 404
    assert (await desk.post(f"/action-items/{other}/undo", {"update": update})).status_code == 404
    for forged in ("", letters, f"{letters}.x", update.replace("e", "f", 1), "x" * 3000):
        assert (await desk.post(address, {"update": forged})).status_code == 404
    assert (await view(sqlite_cast, item_of_coalition)).item.status is ItemStatus.DONE


async def test_a_canceled_item_is_reopened_with_the_progress_that_it_had(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    change = ItemEdit(status=ItemStatus.CANCELED, progress=75)
    await action_items.save_item_edit(sqlite_cast.coordinator, item_of_coalition, change, 1, NOW, TODAY)
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    assert "Reopen at 75%" in page
    address = f"/action-items/{item_of_coalition}/reopening"
    await desk.post(address, form_with(page, address))
    again = (await view(sqlite_cast, item_of_coalition)).item
    assert (again.status, again.progress) == (ItemStatus.OPEN, 75)


async def test_reassigning_an_item_that_changed_keeps_the_person_who_was_chosen(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    await action_items.save_item_edit(sqlite_cast.caht_lead, item_of_coalition, ItemEdit(note="Half."), 1, LATER, TODAY)
    chosen = {"version": "1", "owner": str(sqlite_cast.hsi_liaison.member_id)}
    refused = await desk.post(f"/action-items/{item_of_coalition}/owner", chosen)
    assert refused.status_code == 409
    assert "Caht lead added a note at 9:05 AM." in summary_of_errors(refused.text)
    again = form_with(refused.text, f"/action-items/{item_of_coalition}/owner")
    assert (again["version"], again["owner"]) == (["2"], [chosen["owner"]])


@pytest.mark.parametrize(
    "form", [{"status": "gone"}, {"progress": "many"}, {"progress": "101"}, {"due": "2020-01-01"}, {"note": "x" * 2001}]
)
async def test_an_update_that_cannot_be_taken_says_why_and_keeps_the_text(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str, form: dict[str, str]
) -> None:
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    response = await desk.post(
        f"/action-items/{item_of_coalition}",
        form_with(page, f"/action-items/{item_of_coalition}", **{"note": "Kept", **form}),
    )
    assert response.status_code == 422
    assert form_with(response.text, f"/action-items/{item_of_coalition}")["note"] == [form.get("note", "Kept")]
    assert (await view(sqlite_cast, item_of_coalition)).item.version == 1


async def test_people_who_can_assign_only_to_themselves_choose_no_owner(browse: SignIn, sqlite_cast: Cast) -> None:
    member = await browse(sqlite_cast.bridge_advocate)
    page = (await member.get("/action-items")).text
    assert 'name="owner_words"' not in page
    form = form_with(page, "/action-items", title="Call the shelter", due="2026-12-18")
    response = await member.post("/action-items", form)
    reference = response.headers["location"].rpartition("/")[2]
    assert (await view(sqlite_cast, reference)).item.owner_id == sqlite_cast.bridge_advocate.member_id
    assert f"{reference} assigned to you." in (await member.get(f"/action-items/{reference}")).text


async def test_an_item_is_handed_over_to_who_may_see_it(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    form = {"version": "1", "owner": str(sqlite_cast.hsi_liaison.member_id)}
    assert (await desk.post(f"/action-items/{item_of_coalition}/owner", form)).status_code == 303
    assert (await view(sqlite_cast, item_of_coalition)).item.owner == "Hsi liaison"
    assert (
        f"{item_of_coalition} reassigned to Hsi liaison (HSI)."
        in (await desk.get(f"/action-items/{item_of_coalition}")).text
    )
    assert (
        await desk.post(f"/action-items/{item_of_coalition}/owner", {"version": "2", "owner": "x"})
    ).status_code == 422


async def test_who_may_not_move_an_item_reads_it_without_buttons(
    browse: SignIn, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    reader = await browse(sqlite_cast.kcpd_detective)
    page = (await reader.get(f"/action-items/{item_of_coalition}")).text
    assert "Send the contact sheet" in page
    assert "Save update" not in page
    assert (
        await reader.post(f"/action-items/{item_of_coalition}", {"version": "1", "progress": "50"})
    ).status_code == 403


async def test_an_unseen_item_is_a_page_that_is_not_there(desk: Browser, sqlite_cast: Cast) -> None:
    secret = await of_operation(sqlite_cast)
    for tail in ("", "/row?open=1"):
        pages = [await desk.get(f"/action-items/{one}{tail}", **HTMX) for one in (secret, "AI-2222")]
        assert [response.status_code for response in pages] == [404, 404]
        assert pages[0].text == pages[1].text
    assert secret not in (await desk.get("/action-items?done=1")).text


async def test_an_item_of_an_operation_is_marked_as_restricted(browse: SignIn, sqlite_cast: Cast) -> None:
    secret = await of_operation(sqlite_cast)
    page = (await (await browse(sqlite_cast.kcpd_detective)).get(f"/action-items/{secret}")).text
    assert "Named participants only" in page


async def test_an_item_for_a_meeting_is_given_from_its_page(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    origin = await occurrences.date_seen_by(sqlite_cast.coordinator, event_id, "2027-01-12")
    form = form_with(
        (await desk.get(f"/action-items?origin={origin.id}")).text, "/action-items", title="Bring the list"
    )
    assert form["origin"] == [str(origin.id)]
    form["owner_words"] = ["fbi lead"]
    assert (await desk.post("/action-items", form)).status_code == 303
    given_here = await actions.items_from_date(sqlite_cast.fbi_lead, origin.id)
    assert [one.title for one in given_here] == ["Bring the list"]


async def test_looking_at_the_link_changes_nothing_and_its_button_does(
    app: Litestar, stranger: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    link = await link_of_item(app, sqlite_cast.caht_lead, item_of_coalition)
    for method in ("GET", "HEAD") * 50:
        assert (await stranger.send(method, f"{link}?s=done")).status_code == 200
    assert (await view(sqlite_cast, item_of_coalition)).item.version == 1
    page = (await stranger.get(f"{link}?s=done")).text
    assert 'value="done" checked' in page
    response = await stranger.send("POST", link, data={"version": "1", "status": "done"})
    assert (response.status_code, response.headers["location"]) == (303, f"{link}?saved=1")
    assert f"{item_of_coalition} is done" in (await stranger.get(f"{link}?saved=1")).text
    assert (await view(sqlite_cast, item_of_coalition)).item.status is ItemStatus.DONE


async def test_a_closed_item_says_that_it_is_done_and_since_when(
    app: Litestar, stranger: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    link = await link_of_item(app, sqlite_cast.caht_lead, item_of_coalition)
    await action_items.mark_item_done(sqlite_cast.coordinator, item_of_coalition, 1, NOW, TODAY)
    for response in (
        await stranger.get(link),
        await stranger.send("POST", link, data={"version": "2", "status": "done"}),
    ):
        assert response.status_code == 410
        assert "was already done on Tue, Dec 15" in response.text
        assert "Send the contact sheet" not in response.text


async def test_the_history_says_what_a_program_changed(
    desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    program = replace(sqlite_cast.caht_lead, origin=PROGRAM)
    await action_items.save_item_edit(program, item_of_coalition, ItemEdit(progress=50), 1, NOW, TODAY)
    assert "Caht lead, by API: " in (await desk.get(f"/action-items/{item_of_coalition}")).text


async def test_more_time_needs_a_new_day_and_keeps_the_item_open(
    app: Litestar, stranger: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    link = await link_of_item(app, sqlite_cast.caht_lead, item_of_coalition)
    page = (await stranger.get(f"{link}?s=time")).text
    form = form_with(page, link, status="time", note="The partners are away.")
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)
    refused = await stranger.send("POST", link, data=form)
    assert refused.status_code == 422
    assert "Choose a new due date." in refused.text
    assert form_with(refused.text, link)["note"] == ["The partners are away."]
    new_day = DUE + timedelta(days=7)
    assert (await stranger.send("POST", link, data={**form, "due": new_day.isoformat()})).status_code == 303
    saved = await view(sqlite_cast, item_of_coalition)
    assert (saved.item.due, saved.item.is_open, saved.notes[0].source) == (new_day, True, "link")


async def test_the_link_and_the_coordinator_at_once_lose_nothing(
    app: Litestar, stranger: Browser, desk: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    link = await link_of_item(app, sqlite_cast.caht_lead, item_of_coalition)
    form = form_with((await stranger.get(link)).text, link, status="in_progress", progress="50", note="Half.")
    page = (await desk.get(f"/action-items/{item_of_coalition}")).text
    await desk.post(
        f"/action-items/{item_of_coalition}", form_with(page, f"/action-items/{item_of_coalition}", progress="25")
    )
    refused = await stranger.send("POST", link, data=form)
    assert refused.status_code == 409
    again = form_with(refused.text, link, status="in_progress")
    assert (await stranger.send("POST", link, data=again)).status_code == 303
    assert (await view(sqlite_cast, item_of_coalition)).item.progress == 50


async def test_links_that_open_nothing_all_look_alike(
    app: Litestar, stranger: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    item = (await view(sqlite_cast, item_of_coalition)).item
    links = app.state.links
    tokens = ["x", "x.y", "a" * 400, links.item(uuid4(), item.owner_id), links.item(item.id, uuid4())]
    tokens += [links.item(item.id, sqlite_cast.hsi_liaison.member_id), links.reply(item.id, item.owner_id)]
    responses = [await stranger.get(f"/u/{token}") for token in tokens]
    await Member.update({Member.status: "departed"}).where(Member.id == item.owner_id)
    responses.append(await stranger.get(f"/u/{links.item(item.id, item.owner_id)}"))
    responses += [await stranger.send("POST", f"/u/{token}", data={"status": "done"}) for token in tokens]
    assert {response.status_code for response in responses} == {404}
    assert len({response.text for response in responses}) == 1


async def test_the_link_of_an_operations_item_shows_nothing_before_signing_in(
    app: Litestar, stranger: Browser, sqlite_cast: Cast
) -> None:
    secret = await of_operation(sqlite_cast)
    link = await link_of_item(app, sqlite_cast.kcpd_detective, secret)
    for response in (
        await stranger.get(link),
        await stranger.send("POST", link, data={"version": "1", "status": "done"}),
    ):
        assert "Canary" not in response.text
        assert "Bluestem" not in response.text
        assert f'href="/action-items/{secret}"' in response.text
    assert (await item_lists.item_view(sqlite_cast.kcpd_detective, secret)).item.is_open


async def test_the_link_page_keeps_its_address_to_itself_and_leads_nowhere(
    app: Litestar, stranger: Browser, sqlite_cast: Cast, item_of_coalition: str
) -> None:
    response = await stranger.get(await link_of_item(app, sqlite_cast.caht_lead, item_of_coalition))
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-robots-tag"] == "noindex"
    assert "no-store" in response.headers["cache-control"]
    assert set(re.findall(r'<a [^>]*href="([^"]+)"', response.text)) == {"#main", "mailto:coordinator@tracker.example"}
    assert "Don’t include victim or case details." in response.text


async def a_meeting(cast: Cast, **facts: Any) -> tuple[str, UUID]:
    """Schedule a meeting with an agenda; return the address and the id of its date."""
    agenda = "Welcome 5\nLanguage access & interpreters 20"
    event_id = await schedule_event(cast.coordinator, meeting(cast.caht_lead, agenda=agenda, **facts), NOW)
    date = await occurrences.date_seen_by(cast.coordinator, event_id, "2027-01-12")
    return f"/events/{event_id}/2027-01-12", date.id


async def test_a_meeting_and_each_line_of_its_agenda_lead_to_a_new_item(desk: Browser, sqlite_cast: Cast) -> None:
    address, origin = await a_meeting(sqlite_cast)
    links = re.findall(r'href="(/action-items/new[^"]*)"', (await desk.get(address)).text)
    assert [html.unescape(one) for one in links] == [
        f"/action-items/new?origin={origin}&title=Welcome",
        f"/action-items/new?origin={origin}&title=Language%20access%20%26%20interpreters",
        f"/action-items/new?origin={origin}",
    ]
    page = (await desk.get(html.unescape(links[1]))).text
    form = form_with(page, "/action-items")
    assert (form["title"], form["origin"]) == (["Language access & interpreters"], [str(origin)])


async def test_an_item_from_a_meeting_is_saved_and_leads_back_there(desk: Browser, sqlite_cast: Cast) -> None:
    address, origin = await a_meeting(sqlite_cast)
    page = (await desk.get(f"/action-items/new?origin={origin}&title=Welcome")).text
    form = form_with(page, "/action-items", owner_words="CAHT lead")
    response = await desk.post("/action-items", form)
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#actions")
    [item] = await actions.items_from_date(sqlite_cast.caht_lead, origin)
    shown = (await desk.get(address)).text
    assert item.title == "Welcome"
    assert f"{item.reference} assigned to Caht lead (CAHT)." in shown


async def test_a_mistake_in_an_item_from_a_meeting_shows_that_form_again(desk: Browser, sqlite_cast: Cast) -> None:
    address, origin = await a_meeting(sqlite_cast)
    response = await desk.post("/action-items", {"title": "", "owner": "x", "origin": str(origin), "back": "meeting"})
    assert response.status_code == 422
    assert "New action item from Monthly task force meeting" in response.text
    assert f'href="{address}#actions">Cancel' in response.text


async def test_a_meeting_that_one_may_not_see_takes_no_item(browse: SignIn, sqlite_cast: Cast) -> None:
    event_id = await schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective), NOW)
    origin = (await occurrences.date_seen_by(sqlite_cast.fbi_lead, event_id, "2027-01-16")).id
    browser = await browse(sqlite_cast.coordinator)
    answers = [await browser.get(f"/action-items/new?origin={one}") for one in (origin, uuid4(), "x")]
    assert [one.status_code for one in answers] == [404, 404, 404]
    assert "Canary" not in answers[0].text


async def test_a_member_assigns_an_item_from_a_meeting_to_themselves_alone(browse: SignIn, sqlite_cast: Cast) -> None:
    address, origin = await a_meeting(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    assert "title=Welcome" not in (await browser.get(address)).text
    page = (await browser.get(f"/action-items/new?origin={origin}")).text
    assert form_with(page, "/action-items")["owner"] == [str(sqlite_cast.kcpd_detective.member_id)]
    other = await browser.post("/action-items", form_with(page, "/action-items", owner_words="fbi lead"))
    assert "No one matches “fbi lead”." in other.text


async def test_a_blocked_item_is_marked_wherever_it_is_listed(desk: Browser, sqlite_cast: Cast) -> None:
    address, origin = await a_meeting(sqlite_cast)
    reference = await create_item_for(sqlite_cast.coordinator, sqlite_cast.caht_lead, origin_id=origin)
    places = ("/action-items", address, f"{address}/print/agenda", f"/people/{sqlite_cast.caht_lead.member_id}")
    blocked = ItemEdit(status=ItemStatus.BLOCKED)
    for expected in (False, True):
        shown = [(await desk.get(place)).text for place in places]
        assert [">Blocked</span>" in page for page in shown] == [expected] * len(places)
        if not expected:
            await action_items.save_item_edit(sqlite_cast.caht_lead, reference, blocked, 1, NOW, TODAY)


TYPED = "Bluestem staging keys"


@pytest.fixture
async def raid(sqlite_cast: Cast) -> Occurrence:
    """The date of an operation that one agent and its organizer may see."""
    event_id = await scheduling.schedule_event(
        sqlite_cast.coordinator, operation(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison), NOW
    )
    return await occurrences.nearest_date(sqlite_cast.coordinator, event_id, NOW)


@pytest.fixture
async def agent(browse: SignIn, sqlite_cast: Cast) -> Browser:
    """The agent's browser."""
    return await browse(sqlite_cast.fbi_lead)


def pages_of(date: Occurrence) -> tuple[str, str]:
    """Return the two ways to the form: from the date, and with the date chosen in the form."""
    return f"/action-items?origin={date.id}", "/action-items"


async def take_off_the_list(cast: Cast, event_id: UUID) -> None:
    """Let the agent see the operation no longer."""
    event, plan = await scheduling.plan_to_change(cast.coordinator, event_id)
    left = {one: role for one, role in plan.invitees.items() if one != cast.fbi_lead.member_id}
    await scheduling.change_event(
        cast.coordinator, event_id, replace(plan, invitees=left), event.version, NOW, notify=False
    )


@pytest.mark.parametrize("way", [0, 1])
async def test_a_draft_about_an_operation_is_shown_only_while_its_author_may_see_the_operation(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence, way: int
) -> None:
    page = pages_of(raid)[way]
    await type_into(agent, page, title=TYPED, origin=str(raid.id))
    assert TYPED in await text_on(agent, page)
    await take_off_the_list(sqlite_cast, raid.event.id)
    assert TYPED not in await text_on(agent, page)


@pytest.mark.parametrize("way", [0, 1])
async def test_a_draft_about_an_operation_is_deleted_when_its_author_may_not_see_the_operation(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence, way: int
) -> None:
    await type_into(agent, pages_of(raid)[way], title=TYPED, origin=str(raid.id))
    await take_off_the_list(sqlite_cast, raid.event.id)
    await drafts.purge_drafts(NOW)
    assert not await Draft.exists()


@pytest.mark.parametrize("way", [0, 1])
async def test_a_page_that_was_open_when_its_person_lost_an_operation_saves_no_draft_of_it(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence, way: int
) -> None:
    match = DRAFT_MARK.search((await agent.get(pages_of(raid)[way])).text)
    assert match
    form = {"_draft": match[1], "title": TYPED, "origin": str(raid.id)}
    await take_off_the_list(sqlite_cast, raid.event.id)
    assert (await agent.post("/drafts", form)).status_code == 404
    await agent.post("/action-items", form)
    assert not await Draft.exists()


async def test_a_form_keeps_no_draft_when_it_comes_from_a_date_that_its_person_may_not_see(
    browse: SignIn, sqlite_cast: Cast, raid: Occurrence
) -> None:
    advocate = await browse(sqlite_cast.harbor_advocate)
    assert not DRAFT_MARK.search((await advocate.get(pages_of(raid)[0])).text)


async def test_a_draft_follows_the_meeting_that_is_chosen_in_its_form(
    agent: Browser, sqlite_cast: Cast, raid: Occurrence
) -> None:
    await type_into(agent, "/action-items", title=TYPED, origin=str(raid.id))
    await type_into(agent, "/action-items", title="Book the room", origin="")
    await take_off_the_list(sqlite_cast, raid.event.id)
    assert "Book the room" in await text_on(agent, "/action-items")
