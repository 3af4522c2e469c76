"""Markings on pages: chosen in the form of an event, first and last on every page about it."""

import re
from datetime import date
from typing import Any

import httpx
import pytest

from tests.cast import NOW, Cast, marking, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import edited_form, form_with
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.markings import Category, Limit
from tracker.usecases.actions import action_items
from tracker.usecases.events import occurrences, scheduling

MARKED: dict[str, Any] = {"mark_categories": ["LEI", "SP-INV"], "mark_until": "2027-12-31"}
BANNER = "CUI//SP-INV/LEI"
BY = "Controlled by: U.S. Attorney&#39;s Office, Western District of Missouri. Decontrol on: Dec 31, 2027."
FIRST = re.compile(r'<body[^>]*>\s*<a class="usa-skipnav"[^>]*>[^<]*</a>\s*<section class="tt-cui"')
LAST = re.compile(r"</footer>\s*<section class=\"tt-cui tt-cui--last\"[^>]*><p>([^<]*)</p></section>\s*</body>")


async def send_form(desk: Browser, **changes: Any) -> httpx.Response:
    facts = {"title": "Planning", "date": "2027-01-14", "save": "send", **changes}
    return await desk.post("/events", form_with((await desk.get("/schedule")).text, "/events", **facts))


async def test_the_marking_is_shut_until_someone_needs_it(desk: Browser) -> None:
    page = (await desk.get("/schedule")).text
    assert '<details class="tt-d"><summary>Mark it as controlled information (CUI)</summary>' in page
    assert (await send_form(desk)).status_code == 303


async def test_what_is_chosen_becomes_the_banner_first_and_last_with_who_designated_it_once(desk: Browser) -> None:
    event = await desk.get((await send_form(desk, **MARKED)).headers["location"])
    page = (await desk.get(event.headers["location"])).text
    assert FIRST.search(page)
    assert LAST.findall(page) == [BANNER]
    assert page.count(BY) == 1


async def test_the_banner_is_shown_while_it_is_chosen(desk: Browser) -> None:
    form = form_with((await desk.get("/schedule")).text, "/events", **MARKED, mark_limit="FEDCON")
    response = await desk.post("/schedule/summary", form)
    assert f"<dt>Marking</dt><dd>{BANNER}//FEDCON</dd>" in response.text


async def test_every_page_and_sheet_about_a_marked_event_begins_and_ends_with_its_banner(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    plan = operation(sqlite_cast.hsi_liaison, marking=marking(sqlite_cast, limit=Limit.FED_ONLY))
    event_id = await scheduling.schedule_event(sqlite_cast.fbi_lead, plan, NOW)
    for tail in (
        "/2027-01-16",
        "/edit",
        "/cancellation",
        "/2027-01-16/attendance",
        "/2027-01-16/print/agenda",
        "/2027-01-16/print/sign-in-sheet",
        "/2027-01-16/plan/brief",
    ):
        page = (await lead.get(f"/events/{event_id}{tail}")).text
        assert FIRST.search(page), tail
        assert LAST.findall(page) == ["CUI//SP-INV/LEI//FED ONLY"], tail


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"mark_categories": []}, "mark-categories", "Choose at least one category."),
        ({"mark_categories": ["LES"]}, "mark-categories", "Choose at least one category."),
        ({"mark_categories": ["INV", "SP-INV"]}, "mark-categories", "Choose “Investigation” once: Basic or Specified."),
        ({"mark_until": ""}, "mark-until", "Choose a decontrol date."),
        ({"mark_until": "2026-12-14"}, "mark-until", "This date has passed. Choose a later decontrol date."),
        ({"mark_agency": ""}, "mark-agency", "Choose the agency that designates it from the list."),
        ({"mark_limit": "SECRET"}, "mark-limit", "Choose a limit from the list."),
        (
            {"mark_limit": "NOCON"},
            "mark-limit",
            "NOCON needs a list of people. Choose “Only the named participants” above.",
        ),
    ],
)
async def test_what_cannot_be_a_marking_is_said_at_its_field_and_what_was_typed_is_kept(
    desk: Browser, changes: dict[str, Any], field: str, sentence: str
) -> None:
    response = await send_form(desk, **{**MARKED, **changes})
    assert response.status_code == 422
    assert f'<a href="#f-{field}">{sentence}</a>' in response.text
    assert '<details class="tt-d" open>' in response.text
    assert form_with(response.text, "/events")["title"] == ["Planning"]


async def test_federal_only_with_someone_else_names_them(sqlite_cast: Cast, desk: Browser) -> None:
    people = [str(one.member_id) for one in (sqlite_cast.fbi_lead, sqlite_cast.ipd_liaison)]
    response = await send_form(desk, **MARKED, mark_limit="FED ONLY", visibility="named", person=people)
    assert response.status_code == 422
    assert "FED ONLY means federal employees only." in response.text
    assert "another limit: Ipd liaison (IPD)." in response.text


async def test_a_victim_service_form_offers_no_marking(sqlite_cast: Cast, browse: SignIn) -> None:
    chair = await browse(sqlite_cast.caht_lead)
    assert "marking-h" not in (await chair.get("/schedule")).text


async def test_a_chair_who_may_not_mark_reads_the_marking_and_keeps_it(sqlite_cast: Cast, browse: SignIn) -> None:
    plan = meeting(
        visibility=Visibility.COMMITTEE, committee_id=sqlite_cast.committees["services"], marking=marking(sqlite_cast)
    )
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    chair = await browse(sqlite_cast.caht_lead)
    response = await chair.post(f"/events/{event_id}/edit", await edited_form(chair, event_id, title="Renamed"))
    assert response.status_code == 303
    event = await scheduling.event_seen_by(sqlite_cast.caht_lead, event_id)
    assert (event.title, event.banner) == ("Renamed", BANNER)
    less = await edited_form(chair, event_id, mark_categories="LEI")
    response = await chair.post(f"/events/{event_id}/edit", less)
    assert "Only members of law-enforcement agencies can add, change, or remove a marking." in response.text


async def test_a_copy_is_marked_like_the_event_that_it_copies(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(marking=marking(sqlite_cast)), NOW)
    form = form_with((await desk.get(f"/schedule?like={event_id}")).text, "/events")
    assert sorted(form["mark_categories"]) == ["LEI", "SP-INV"]
    assert (form["mark_until"], form["mark_agency"]) == (["2027-12-31"], [str(sqlite_cast.agencies["FBI"])])


async def test_who_may_not_mark_is_offered_no_copy_of_a_marked_event(sqlite_cast: Cast, browse: SignIn) -> None:
    ours: dict[str, Any] = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["services"]}
    chair = await browse(sqlite_cast.caht_lead)
    for marked_as, status_code in ((None, 200), (marking(sqlite_cast), 403)):
        event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(marking=marked_as, **ours), NOW)
        copy = f"/schedule?like={event_id}"
        assert (copy in (await chair.get(f"/events/{event_id}/2027-01-12")).text) is (status_code == 200)
        assert (await chair.get(copy)).status_code == status_code


async def test_a_template_keeps_the_marking_but_the_day_of_decontrol(desk: Browser) -> None:
    form = form_with(
        (await desk.get("/schedule")).text, "/events", title="Planning", template_name="Planning", **MARKED
    )
    await desk.post("/schedule/templates", form)
    match = re.search(r'href="(/schedule\?template=[0-9a-f-]+)"', (await desk.get("/schedule/templates")).text)
    assert match
    begun = form_with((await desk.get(match[1])).text, "/events")
    assert (sorted(begun["mark_categories"]), begun["mark_until"]) == (["LEI", "SP-INV"], [""])


async def test_who_saves_second_reads_how_the_event_was_marked_meanwhile(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(), NOW)
    form = await edited_form(desk, event_id, place="Room B")
    plan = meeting(marking=marking(sqlite_cast))
    await scheduling.change_event(sqlite_cast.coordinator, event_id, plan, 1, NOW)
    response = await desk.post(f"/events/{event_id}/edit", form)
    assert response.status_code == 409
    assert "<b>Marking</b> is now “LEI, SP-INV”." in response.text
    again = form_with(response.text, f"/events/{event_id}/edit", save="send")
    assert (await desk.post(f"/events/{event_id}/edit", again)).status_code == 303
    event = await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)
    assert (event.banner, event.place) == (BANNER, "Room B")


async def test_unticking_every_category_takes_the_marking_away(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(marking=marking(sqlite_cast)), NOW)
    form = await edited_form(desk, event_id, mark_categories=[])
    assert (await desk.post(f"/events/{event_id}/edit", form)).status_code == 303
    assert (await scheduling.event_seen_by(sqlite_cast.coordinator, event_id)).marking is None
    assert "tt-cui" not in (await desk.get(f"/events/{event_id}/2027-01-12")).text


async def test_a_printed_calendar_has_the_banner_over_what_its_reader_sees_in_it(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    lead, other = await browse(sqlite_cast.fbi_lead), await browse(sqlite_cast.harbor_advocate)
    await scheduling.schedule_event(
        sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison, marking=marking(sqlite_cast)), NOW
    )
    for query in ("month=2027-01", "view=week&date=2027-01-16", "view=list&month=2027-01"):
        page = (await lead.get(f"/calendar?{query}")).text
        assert re.findall(r'<section class="(tt-cui[^"]*)"[^>]*><p>([^<]*)</p>', page) == [
            ("tt-cui tt-print", BANNER),
            ("tt-cui tt-cui--last tt-print", BANNER),
        ]
        assert "tt-cui" not in (await other.get(f"/calendar?{query}")).text


async def test_the_agenda_of_an_unmarked_meeting_has_the_banner_of_the_items_on_it(
    sqlite_cast: Cast, desk: Browser
) -> None:
    ours: dict[str, Any] = {"visibility": Visibility.COMMITTEE, "committee_id": sqlite_cast.committees["steering"]}
    marked_id = await scheduling.schedule_event(
        sqlite_cast.coordinator, meeting(marking=marking(sqlite_cast), **ours), NOW
    )
    other_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(**ours), NOW)
    origin = await occurrences.date_seen_by(sqlite_cast.coordinator, marked_id, "2027-01-12")
    item = NewItem(
        title="Bring the map", owner_id=sqlite_cast.fbi_lead.member_id, due=date(2027, 1, 20), origin_id=origin.id
    )
    await action_items.create_item(sqlite_cast.coordinator, item, NOW, NOW.date())
    sheet = (await desk.get(f"/events/{other_id}/2027-01-12/print/agenda")).text
    assert "<td>(CUI) Bring the map</td>" in sheet
    assert FIRST.search(sheet)
    assert LAST.findall(sheet) == [BANNER]
    assert "</a> (CUI) Bring the map" in (await desk.get(f"/events/{other_id}/2027-01-12")).text


async def test_what_a_plan_conflicts_with_has_the_portion_mark(sqlite_cast: Cast, desk: Browser) -> None:
    detective = sqlite_cast.kcpd_detective
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(detective, marking=marking(sqlite_cast)), NOW)
    form = form_with(
        (await desk.get("/schedule")).text,
        "/events",
        date="2027-01-12",
        starts="10:00",
        ends="11:00",
        person=str(detective.member_id),
    )
    assert "(CUI) Monthly task force meeting" in (await desk.post("/schedule/summary", form)).text


async def test_titles_in_the_list_of_messages_have_the_portion_mark(sqlite_cast: Cast, desk: Browser) -> None:
    plan = meeting(sqlite_cast.kcpd_detective, marking=marking(sqlite_cast))
    await scheduling.schedule_event(sqlite_cast.coordinator, plan, NOW)
    page = (await desk.get("/messages")).text
    assert re.search(r'<a href="/messages/[^"]+">Invitation: \(CUI\) Monthly task force meeting</a>', page)


async def test_the_audit_log_marks_what_its_reader_may_see_and_its_file_begins_with_the_banner(
    sqlite_cast: Cast, browse: SignIn, desk: Browser
) -> None:
    await scheduling.schedule_event(sqlite_cast.coordinator, meeting(marking=marking(sqlite_cast)), NOW)
    secret = marking(sqlite_cast, categories=frozenset({Category.SP_CHRI}))
    await scheduling.schedule_event(sqlite_cast.fbi_lead, operation(sqlite_cast.hsi_liaison, marking=secret), NOW)
    assert "Scheduled (CUI)" in (await desk.get("/audit")).text
    for browser in (desk, await browse(sqlite_cast.auditor)):
        assert (await browser.get("/audit/export")).content.decode("utf-8-sig").splitlines()[0] == f'"{BANNER}"'
