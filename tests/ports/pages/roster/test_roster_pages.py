"""The pages of the roster: people, agencies, committees, sites, and importing them."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import httpx
import pytest

from tests.cast import NOW, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.usecases.roster.forms import column_of_member
from tracker import clock
from tracker.rules.core.viewers import Visibility
from tracker.rules.roster import csv_file
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Member
from tracker.usecases.events import scheduling
from tracker.usecases.roster import directory

NEW = "/people/new"
CSV = (
    b"agency_code,name,email,title\nKCPD,KCPD clerk,clerk@kcpd.example,Clerk\nFBI,Fbi lead,fbi_lead@fbi.example,Lead\n"
)


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


@pytest.fixture
async def coordinator_desk(cast: Cast, browse: SignIn) -> Browser:
    """The browser of the coordinator."""
    return await browse(cast.coordinator)


async def form_of_clerk(desk: Browser, cast: Cast, **changes: object) -> dict[str, object]:
    page = await desk.get(NEW)
    facts = {"name": "KCPD clerk", "email": "Clerk@KCPD.example", "agency": cast.agencies["KCPD"], **changes}
    return dict(form_with(page.text, NEW, **facts))


async def test_a_person_is_added_and_shown(cast: Cast, coordinator_desk: Browser) -> None:
    reply = await coordinator_desk.post(
        NEW, await form_of_clerk(coordinator_desk, cast, roles=["agency_lead", "auditor"], ends="2026-12-20")
    )
    assert reply.status_code == 303
    page = (await coordinator_desk.get(reply.headers["location"])).text
    assert "KCPD clerk added." in page
    assert "clerk@kcpd.example" in page
    assert "Auditor, Agency lead" in page
    assert "Sun, Dec 20" in page
    assert "Not signed in yet" in page


@pytest.mark.parametrize("name", ["=1+1", "\u200b@SUM(A1)", "\u115f=1", "Ada\u2060 Byron", "\u2800"], ids=ascii)
async def test_a_name_that_hides_something_or_is_a_formula_is_refused_as_in_a_file(
    cast: Cast, coordinator_desk: Browser, name: str
) -> None:
    by_page = await coordinator_desk.post(NEW, await form_of_clerk(coordinator_desk, cast, name=name))
    file = f"agency_code,name,email\nKCPD,{name},clerk@kcpd.example\n".encode()
    _, [by_file] = csv_file.read_roster(file)
    assert (by_page.status_code, by_file.field) == (422, "name")
    assert by_file.sentence in unescape(by_page.text)


async def test_what_cannot_be_taken_is_said_at_its_field_and_what_was_typed_stays(
    cast: Cast, coordinator_desk: Browser
) -> None:
    reply = await coordinator_desk.post(
        NEW, await form_of_clerk(coordinator_desk, cast, email="nobody", title="Clerk", roles=["auditor"])
    )
    assert reply.status_code == 422
    assert 'href="#f-email"' in reply.text
    fields = form_with(reply.text, NEW)
    assert (fields["email"], fields["title"], fields["roles"]) == (["nobody"], ["Clerk"], ["auditor"])
    assert fields["agency"] == [str(cast.agencies["KCPD"])]


@pytest.mark.parametrize("path", [NEW, "/people/import", "/people/invitations", "/agencies/new", "/committees/new"])
async def test_a_page_of_administrators_asks_for_a_new_confirmation_first(coordinator_desk: Browser, path: str) -> None:
    clock.start_at(NOW + timedelta(minutes=15), is_still=True)
    reply = await coordinator_desk.get(path)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/sign-in/again?next={path}")


async def test_a_form_that_was_filled_in_slowly_is_kept_until_the_proof_is_there(
    cast: Cast, coordinator_desk: Browser
) -> None:
    form = await form_of_clerk(coordinator_desk, cast, title="Clerk")
    clock.start_at(NOW + timedelta(minutes=16), is_still=True)
    reply = await coordinator_desk.post(NEW, form)
    assert reply.status_code == 403
    assert "Confirm in another tab" in reply.text
    assert form_with(reply.text, NEW)["title"] == ["Clerk"]
    assert await Member.count().where(Member.email == "clerk@kcpd.example") == 0


@pytest.mark.parametrize("path", [NEW, "/people/import", "/people/review", "/agencies/new", "/committees/new"])
async def test_others_are_refused(cast: Cast, browse: SignIn, path: str) -> None:
    reply = await (await browse(cast.fbi_lead)).get(path)
    assert reply.status_code == 403
    assert "Only a coordinator or an administrator" in reply.text


async def test_of_two_administrators_the_second_sees_what_changed_and_loses_nothing(
    cast: Cast, coordinator_desk: Browser, browse: SignIn
) -> None:
    edit = f"/people/{cast.ipd_liaison.member_id}/edit"
    other = await browse(cast.administrator)
    own_form = form_with((await coordinator_desk.get(edit)).text, edit, title="Liaison", phone="816-555-0101")
    other_form = form_with((await other.get(edit)).text, edit, phone="816-555-0102", roles=["agency_lead"])
    assert (await other.post(edit, other_form)).status_code == 303
    reply = await coordinator_desk.post(edit, own_form)
    assert reply.status_code == 409
    assert "<b>Work phone</b> is now “816-555-0102”. You typed “816-555-0101”" in reply.text
    assert "<b>Roles</b> is now “Agency lead”. You had not changed it" in reply.text
    again = form_with(reply.text, edit)
    assert (again["title"], again["phone"], again["roles"]) == (["Liaison"], ["816-555-0101"], ["agency_lead"])
    assert (await coordinator_desk.post(edit, again)).status_code == 303
    assert await column_of_member(cast.ipd_liaison.member_id, "phone") == "816-555-0101"


async def test_an_administrator_is_offered_no_coordinators_role_and_no_edit_of_a_coordinator(
    cast: Cast, browse: SignIn
) -> None:
    browser = await browse(cast.administrator)
    assert 'value="coordinator"' not in (await browser.get(NEW)).text
    coordinator = f"/people/{cast.coordinator.member_id}"
    assert f"{coordinator}/edit" not in (await browser.get(coordinator)).text
    assert (await browser.get(f"{coordinator}/edit")).status_code == 403


async def test_a_sign_in_link_is_shown_once_and_works(cast: Cast, coordinator_desk: Browser, browse: SignIn) -> None:
    address = f"/people/{cast.ipd_liaison.member_id}"
    reply = await coordinator_desk.post(f"{address}/sign-in-link")
    assert reply.status_code == 200
    assert "no-store" in reply.headers["cache-control"]
    link = reply.text.partition('id="link" readonly value="')[2].partition('"')[0]
    assert "/sign-in/link/" in link
    assert (await (await browse(None)).get(link)).status_code == 200
    assert "/sign-in/link/" not in (await coordinator_desk.get(address)).text


async def test_suspending_and_opening_again_by_their_buttons(cast: Cast, coordinator_desk: Browser) -> None:
    address = f"/people/{cast.ipd_liaison.member_id}"
    assert "Don’t include victim or case details." in (await coordinator_desk.get(f"{address}/suspension")).text
    await coordinator_desk.post(f"{address}/suspension", {"why": "Long leave"})
    page = (await coordinator_desk.get(address)).text
    assert "Account suspended. Their sessions ended, and they’ll get no emails." in page
    assert "Reopen account" in page
    assert "Create a sign-in link" not in page
    assert "Earlier seats come back when the account is reopened" in page
    assert "No committee seats" not in page
    await coordinator_desk.post(f"{address}/restoration")
    page = (await coordinator_desk.get(address)).text
    assert "The account is active again." in page
    assert "Suspend" in page


async def test_who_is_suspended_without_a_reason_stays_and_the_field_says_so(
    cast: Cast, coordinator_desk: Browser
) -> None:
    address = f"/people/{cast.ipd_liaison.member_id}"
    reply = await coordinator_desk.post(f"{address}/suspension", {"why": "x" * 201})
    assert reply.status_code == 422
    assert "Use at most 200 characters. This has 201." in reply.text
    assert "x" * 201 in reply.text
    assert "Enter a reason." in (await coordinator_desk.post(f"{address}/suspension")).text
    assert "Suspend" in (await coordinator_desk.get(address)).text


async def test_accounts_are_reviewed_once_a_year(cast: Cast, coordinator_desk: Browser, browse: SignIn) -> None:
    no_one = (await coordinator_desk.get("/people/review")).text
    assert "No accounts are due for review. Each was added or confirmed within the last year." in no_one
    clock.start_at(NOW + timedelta(days=366), is_still=True)
    coordinator_desk = await browse(cast.coordinator)
    assert "14 accounts due" in (await coordinator_desk.get("/people/review")).text
    await coordinator_desk.post(f"/people/{cast.fbi_lead.member_id}/review")
    assert "13 accounts due" in (await coordinator_desk.get("/people/review")).text


async def test_a_committee_is_given_a_quorum_and_its_page_says_so(cast: Cast, coordinator_desk: Browser) -> None:
    page = f"/committees/{cast.committees['steering']}"
    form = form_with((await coordinator_desk.get(f"{page}/edit")).text, f"{page}/edit", quorum="5", both_arms="yes")
    assert (await coordinator_desk.post(f"{page}/edit", form)).status_code == 303
    assert "Quorum: 5 of 8 seats, both arms" in (await coordinator_desk.get(page)).text
    refused = await coordinator_desk.post(f"{page}/edit", form | {"quorum": ["0"], "version": ["2"]})
    assert "Enter how many seats must be present, 1 to 99, or leave it blank." in refused.text


async def test_an_agency_is_added_and_edited(cast: Cast, coordinator_desk: Browser) -> None:
    page = (await coordinator_desk.get("/agencies/new")).text
    facts = {"code": "MSHP", "name": "Highway Patrol", "arm": "law_enforcement", "level": "state"}
    reply = await coordinator_desk.post("/agencies/new", form_with(page, "/agencies/new", **facts))
    edit = f"{reply.headers['location']}/edit"
    changed = form_with((await coordinator_desk.get(edit)).text, edit, name="Missouri State Highway Patrol")
    assert (await coordinator_desk.post(edit, changed)).status_code == 303
    assert "Missouri State Highway Patrol" in (await coordinator_desk.get(reply.headers["location"])).text
    stale = await coordinator_desk.post(edit, changed | {"level": ["local"]})
    assert stale.status_code == 409


async def test_a_committee_is_added_with_a_seat_that_changes_hands(cast: Cast, coordinator_desk: Browser) -> None:
    page = (await coordinator_desk.get("/committees/new")).text
    reply = await coordinator_desk.post(
        "/committees/new", form_with(page, "/committees/new", name="Training Team", kind="team")
    )
    committee = reply.headers["location"]
    chosen = await coordinator_desk.get(f"{committee}/seats?agency={cast.agencies['KCPD']}")
    seat = chosen.headers["location"]
    empty = await coordinator_desk.post(seat, form_with((await coordinator_desk.get(seat)).text, seat))
    assert empty.status_code == 422
    assert "Choose a primary." in empty.text
    given = form_with(
        empty.text, seat, primary=cast.kcpd_detective.member_id, alternates=[cast.kcpd_alternate.member_id]
    )
    assert (await coordinator_desk.post(seat, given)).status_code == 303
    shown = (await coordinator_desk.get(committee)).text
    assert "Kcpd detective" in shown
    assert "Kcpd alternate" in shown
    version = form_with((await coordinator_desk.get(seat)).text, f"{seat}/removal")["version"]
    assert (await coordinator_desk.post(f"{seat}/removal", {"version": version})).status_code == 303
    assert "No agency has a seat yet." in (await coordinator_desk.get(committee)).text


async def test_the_chair_of_a_committee_is_found_by_words_and_named_beside_another_one(
    cast: Cast, coordinator_desk: Browser
) -> None:
    address = f"/committees/{cast.committees['steering']}/edit"
    page = (await coordinator_desk.get(address)).text
    several = await coordinator_desk.post(address, form_with(page, address, chair_words="kcpd"))
    assert (several.status_code, "More than one person matches." in several.text) == (422, True)
    assert "Choose one person, or leave the chair blank." in several.text
    assert (
        await coordinator_desk.post(address, form_with(page, address, chair_words="kcpd detective"))
    ).status_code == 303
    assert 'value="Kcpd detective (KCPD)"' in (await coordinator_desk.get(address)).text
    stale = await coordinator_desk.post(address, form_with(page, address, chair_words="hsi liaison"))
    assert stale.status_code == 409
    assert "Kcpd detective (KCPD)" in stale.text
    assert 'value="Hsi liaison (HSI)"' in stale.text
    emptied = form_with((await coordinator_desk.get(address)).text, address, chair_words="")
    assert (await coordinator_desk.post(address, emptied)).status_code == 303
    assert "Kcpd detective (KCPD)" not in (await coordinator_desk.get(address)).text


async def post_file(desk: Browser, content: bytes) -> httpx.Response:
    return await desk.post("/people/import", files={"file": ("list.csv", content, "text/csv")})


async def test_a_list_is_shown_row_by_row_before_anything_is_written(cast: Cast, coordinator_desk: Browser) -> None:
    reply = await post_file(coordinator_desk, CSV)
    assert reply.status_code == 200
    assert "1 person added, 1 changed, 0 unchanged" in reply.text
    assert "Updates title" in reply.text
    assert await Member.count() == len(cast.members)


async def test_a_list_that_was_confirmed_is_imported_and_again_it_changes_nothing(
    cast: Cast, coordinator_desk: Browser
) -> None:
    form = form_with((await post_file(coordinator_desk, CSV)).text, "/people/import")
    done = await coordinator_desk.post("/people/import", form)
    assert (done.status_code, done.headers["location"]) == (303, "/people")
    assert "Import complete: 1 person added" in (await coordinator_desk.get("/people")).text
    assert await Member.count() == len(cast.members) + 1
    assert "0 people added, 0 changed, 2 unchanged" in (await post_file(coordinator_desk, CSV)).text


async def test_one_bad_row_and_nothing_of_a_list_is_taken(cast: Cast, coordinator_desk: Browser) -> None:
    reply = await post_file(coordinator_desk, CSV + b"KCPD,Nobody,no address,\n")
    assert reply.status_code == 422
    assert "1 cell can’t be imported" in reply.text
    assert "Enter an email address like name@agency.gov." in reply.text
    assert 'name="list"' not in reply.text


@pytest.mark.parametrize("content", [b"", b"who,what\n1,2\n", b"\xff\xfe"])
async def test_what_is_no_list_is_said(coordinator_desk: Browser, content: bytes) -> None:
    reply = await post_file(coordinator_desk, content)
    assert reply.status_code == 422
    assert 'id="f-file-e"' in reply.text


async def test_an_empty_list_is_no_list_that_was_not_chosen(coordinator_desk: Browser) -> None:
    assert "The file is empty." in (await post_file(coordinator_desk, b"")).text
    not_chosen = await coordinator_desk.post("/people/import", files={"file": ("", b"", "application/octet-stream")})
    assert (not_chosen.status_code, "Choose a CSV file." in not_chosen.text) == (422, True)


async def test_an_administrator_imports_no_coordinator_and_not_themselves(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    by_role = b"agency_code,name,email,roles\nFBI,Fbi lead,fbi_lead@fbi.example,coordinator\n"
    assert "Only a coordinator can add or remove the coordinator role" in (await post_file(browser, by_role)).text
    own = b"agency_code,name,email\nCAHT,Administrator,administrator@usao.example\n"
    assert "You can’t change your own account." in (await post_file(browser, own)).text
    others = b"agency_code,name,email\nUSAO,Chief,coordinator@usao.example\n"
    assert "Only a coordinator can change another coordinator’s account." in (await post_file(browser, others)).text
    moved = b"agency_code,name,email,arm\nCAHT,Caht lead,caht_lead@caht.example,law enforcement\n"
    assert "Only a coordinator can move an agency to the other arm" in (await post_file(browser, moved)).text
    assert (await directory.person_for(cast.coordinator, cast.coordinator.member_id)).name == "Coordinator"


async def test_a_new_primary_is_saved_after_a_look_at_the_dates_and_emails(
    cast: Cast, coordinator_desk: Browser
) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(
        cast.coordinator, meeting(cast.kcpd_detective, cast.fbi_lead, **committee_plan), NOW
    )
    await Message.update({Message.state: "sent", Message.sent_at: NOW}, force=True)
    seat = f"/committees/{cast.committees['steering']}/seats/{cast.agencies['KCPD']}"
    page = (await coordinator_desk.get(seat)).text
    review = await coordinator_desk.post(
        seat, form_with(page, seat, primary=cast.kcpd_alternate.member_id, alternates=[])
    )
    assert review.status_code == 200
    assert "Kcpd alternate is invited. Kcpd detective is removed from the list." in review.text
    assert "Save seat and notify 2 people" in review.text
    done = await coordinator_desk.post(seat, form_with(review.text, seat))
    assert done.status_code == 303
    notice = (await coordinator_desk.get(done.headers["location"])).text
    assert "Seat saved. 1 invitee list also changed. 2 emails will go to 2 people." in notice


async def test_a_seat_is_removed_after_a_look_at_the_dates_and_emails(cast: Cast, coordinator_desk: Browser) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(
        cast.coordinator, meeting(cast.kcpd_detective, cast.fbi_lead, **committee_plan), NOW
    )
    seat = f"/committees/{cast.committees['steering']}/seats/{cast.agencies['KCPD']}"
    page = (await coordinator_desk.get(seat)).text
    review = await coordinator_desk.post(f"{seat}/removal", form_with(page, f"{seat}/removal"))
    assert "Kcpd detective is removed from the list." in review.text
    done = await coordinator_desk.post(f"{seat}/removal", form_with(review.text, f"{seat}/removal"))
    assert "Seat removed." in (await coordinator_desk.get(done.headers["location"])).text


@pytest.mark.parametrize("path", ["/people", "/agencies", "/committees"])
async def test_a_stranger_is_led_to_sign_in(browse: SignIn, path: str) -> None:
    reply = await (await browse(None)).get(path)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/sign-in?next={path}")


async def test_the_list_counts_only_whom_the_viewer_may_know(cast: Cast, browse: SignIn) -> None:
    assert "9 agencies, 14 people" in (await (await browse(cast.coordinator)).get("/people")).text
    page = (await (await browse(cast.bridge_advocate)).get("/people")).text
    assert "3 agencies, 3 people you share an agency, committee, or event with" in page
    assert "Kcpd detective" not in page


async def test_people_are_found_by_name_title_address_and_agency(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    for words in ("detective", "kcpd_detective@", "kcpd"):
        page = (await browser.get(f"/people?q={words}")).text
        assert "Kcpd detective" in page
        assert "Harbor advocate" not in page


async def test_a_search_without_a_find_says_so_and_leads_back(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.coordinator)).get("/people?q=<b>nobody")).text
    assert "No results for “&lt;b&gt;nobody”" in page


async def test_what_is_hidden_reads_like_what_is_not_there(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.bridge_advocate)
    hidden = (
        f"/people/{cast.fbi_lead.member_id}",
        f"/agencies/{cast.agencies['FBI']}",
        f"/committees/{cast.committees['steering']}",
    )
    for address in hidden:
        missing = await browser.get(f"{address.rpartition('/')[0]}/{uuid4()}")
        reply = await browser.get(address)
        assert (reply.status_code, reply.content) == (404, missing.content)


async def test_a_member_reads_how_to_reach_someone_and_nothing_of_their_account(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.harbor_advocate)).get(f"/people/{cast.caht_lead.member_id}")).text
    assert "caht_lead@caht.example" in page
    assert "Last sign-in" not in page
    assert "Not signed in yet" not in page


async def test_an_administrator_reads_who_has_not_signed_in_yet(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    page = (await browser.get(f"/people/{cast.caht_lead.member_id}")).text
    assert "Not signed in yet" in page
    own = (await browser.get(f"/people/{cast.administrator.member_id}")).text
    assert "Just now" in own


async def test_an_agency_shows_people_seats_items_and_events_as_far_as_the_viewer_sees_them(
    cast: Cast, browse: SignIn
) -> None:
    page = (await (await browse(cast.harbor_advocate)).get(f"/agencies/{cast.agencies['CAHT']}")).text
    assert "Victim Services Committee (chair, primary)" in page
    assert "No open items that you can see." in page
    assert "No events in the next 3 weeks." in page


async def test_a_committee_shows_a_vacant_seat(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.coordinator)).get(f"/committees/{cast.committees['steering']}")).text
    assert "8 seats" in page
    assert "Vacant" not in page


async def test_names_are_shown_as_text(cast: Cast, browse: SignIn) -> None:
    assert "Agencies &amp; people" in (await (await browse(cast.auditor)).get("/people")).text


async def test_that_someone_never_signed_in_is_said_once_and_quietly(cast: Cast, browse: SignIn) -> None:
    page = (await (await browse(cast.administrator)).get("/people?q=caht_lead@")).text
    [row] = [row for row in page.split("<tr") if "Caht lead" in row]
    assert row.count("Not signed in yet") == 1
    assert [words for words in ("Not set up", "Never", "None", "tt-tag--warn") if words in row] == []


async def test_a_site_is_added_and_edited_by_who_keeps_the_roster(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    assert "No sites yet." in (await desk.get("/sites")).text
    form = form_with((await desk.get("/sites/new")).text, "/sites/new", name="Room 210", capacity="12")
    assert (await desk.post("/sites/new", form)).headers["location"] == "/sites"
    listed = (await desk.get("/sites")).text
    edit = next(one for one in re.findall(r'href="(/sites/[^"]+)"', listed) if one.endswith("/edit"))
    reply = await desk.post(edit, form_with((await desk.get(edit)).text, edit, capacity="0"))
    assert reply.status_code == 422
    assert "Enter how many people it holds, 1 to 9,999, or leave it blank." in reply.text
    await desk.post(edit, form_with(reply.text, edit, capacity="16", status="closed"))
    listed = (await desk.get("/sites")).text
    assert "Closed" in listed
    assert ">16</td>" in listed


@pytest.mark.parametrize("seats", ["-5", "0", "10000", "99999999", "many"])
async def test_seats_that_cannot_be_taken_are_answered_with_their_range(
    sqlite_cast: Cast, browse: SignIn, seats: str
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = form_with((await desk.get("/sites/new")).text, "/sites/new", name="Room 210", capacity=seats)
    html = (await desk.post("/sites/new", form)).text
    assert "Enter how many people it holds, 1 to 9,999, or leave it blank." in html
    assert f'value="{seats}"' in html


async def test_who_schedules_reads_the_list_and_others_do_not(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    assert "Add a site" not in (await lead.get("/sites")).text
    assert (await lead.get("/sites/new")).status_code == 403
    assert (await (await browse(sqlite_cast.harbor_advocate)).get("/sites")).status_code == 404


async def test_that_a_site_is_too_small_is_said_at_its_field_too(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = form_with((await desk.get("/sites/new")).text, "/sites/new", name="Room 210", capacity="2")
    await desk.post("/sites/new", form)
    people = [sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id]
    form = form_with((await desk.get("/schedule")).text, "/events", place="Room 210", person=people)
    said = r'id="seats"[^>]*>\s*<svg.*?</svg> Room holds 2; 3 invited'
    shown = form | {"save": ["show"]}
    assert re.search(said, (await desk.post("/events", shown)).text)
    assert re.search(said, (await desk.post("/schedule/summary", form)).text)


async def test_coordinates_of_a_site_outside_of_the_region_are_asked_about(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = form_with((await desk.get("/sites/new")).text, "/sites/new", name="Lot north", coordinates="39.1, 94.4")
    asked = await desk.post("/sites/new", form)
    assert "39.1, 94.4 is outside of the task force’s region. Did you mean 39.1, -94.4?" in asked.text
    answered = form_with(asked.text, "/sites/new", meant="39.1, -94.4")
    assert (await desk.post("/sites/new", answered)).status_code == 303
    [edit] = re.findall(r'href="(/sites/[^"]+/edit)"', (await desk.get("/sites")).text)
    assert 'value="39.1, -94.4"' in (await desk.get(edit)).text


async def test_a_site_keeps_its_coordinates_as_entered(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = form_with(
        (await desk.get("/sites/new")).text, "/sites/new", name="Lot north", coordinates=" 39.0968;-94.4185 "
    )
    await desk.post("/sites/new", form)
    [edit] = re.findall(r'href="(/sites/[^"]+/edit)"', (await desk.get("/sites")).text)
    assert 'value="39.0968, -94.4185"' in (await desk.get(edit)).text


@pytest.mark.parametrize("wrong", ["north of the river", "91, -94", "39, -181", "39.0968"])
async def test_coordinates_that_are_none_are_refused_with_what_was_typed(
    sqlite_cast: Cast, browse: SignIn, wrong: str
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    form = form_with((await desk.get("/sites/new")).text, "/sites/new", name="Lot north", coordinates=wrong)
    html = (await desk.post("/sites/new", form)).text
    assert "Enter latitude and longitude, like 39.0911, -94.4155." in html
    assert f'value="{wrong}"' in html
