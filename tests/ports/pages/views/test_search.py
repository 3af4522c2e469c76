"""Search, people who are chosen by words, and the page on which a person leaves."""

import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.usecases.roster.forms import column_of_member
from tracker import clock
from tracker.rules.actions import NewItem
from tracker.rules.core.viewers import Role, Visibility
from tracker.tables.schema.roster import Member, MemberRole
from tracker.usecases.actions.action_items import create_item
from tracker.usecases.events import scheduling
from tracker.usecases.events.occurrences import date_seen_by
from tracker.usecases.events.scheduling import schedule_event


async def test_a_text_with_highlighted_words_is_one_element(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, place="Federal courthouse (FBI)"), NOW)
    page = (await (await browse(sqlite_cast.fbi_lead)).get("/search?q=fbi")).text
    assert "<span><span>Federal courthouse (<mark>FBI</mark>)</span></span>" in page


async def test_of_a_single_letter_that_finds_nothing_the_page_says_to_type_two(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    for asked in ("q", "steering q"):
        assert "Type at least 2 letters of each word." in (await browser.get(f"/search?q={asked}")).text
    assert "Try fewer or shorter words." in (await browser.get("/search?q=qq")).text


async def test_a_date_leads_to_its_week_in_the_calendar_whatever_is_in_it(sqlite_cast: Cast, browse: SignIn) -> None:
    browser = await browse(sqlite_cast.fbi_lead)
    link = '<a href="/calendar?date=2026-12-10&amp;view=week">Thursday, December 10, 2026: open its week'
    page = (await browser.get("/search?q=12/10")).text
    assert link in page
    assert "No other results." in page
    assert (await browser.get("/calendar?date=2026-12-10&view=week")).status_code == 200
    assert "open its week" not in (await browser.get("/search?q=2/30")).text


async def test_an_agency_leads_to_its_page(sqlite_cast: Cast, browse: SignIn) -> None:
    browser, agency_id = await browse(sqlite_cast.kcpd_detective), sqlite_cast.agencies["KCPD"]
    page = (await browser.get("/search?q=kcpd")).text
    assert f'<h3><a href="/agencies/{agency_id}"><span><mark>KCPD</mark></span></a></h3>' in page
    assert (await browser.get(f"/agencies/{agency_id}")).status_code == 200


async def test_a_person_found_by_an_email_address_shows_it(sqlite_cast: Cast, browse: SignIn) -> None:
    browser, email = await browse(sqlite_cast.fbi_lead), sqlite_cast.fbi_alternate.email
    page = (await browser.get(f"/search?q={email}")).text
    assert "<mark>example</mark></span></p>" in page
    assert "example</span>" not in (await browser.get("/search?q=alternate")).text


async def test_of_quotation_marks_the_page_says_that_they_are_ignored(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    browser, said = await browse(sqlite_cast.fbi_lead), "Quotation marks are ignored."
    page = (await browser.get("/search?q=%22force+task%22")).text
    assert said in page
    assert "Monthly <mark>task</mark> <mark>force</mark> meeting" in page
    assert said not in (await browser.get("/search?q=force+task")).text


async def options_found(browser: Browser, words: str, candidates: str = "known") -> tuple[list[str], str]:
    """Return the options that words find, and what is said of them."""
    asked = {"place": "f-person", "name": "person", "person_words": words}
    response = await browser.get(f"/people/found?{urlencode(asked)}&candidates={candidates}")
    assert response.status_code == 200
    said = re.search(r'data-said="([^"]*)"', response.text)
    assert said
    return re.findall(r'data-words="([^"]+)"', response.text), said[1]


async def of_operation(cast: Cast) -> UUID:
    """Schedule a named operation, and return its date."""
    event_id = await schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    return (await date_seen_by(cast.fbi_lead, event_id, "2027-01-16")).id


async def field(browser: Browser, address: str) -> str:
    """Return the chooser of the page at an address."""
    page = (await browser.get(address)).text
    start = page.index('<div class="tt-chooser"')
    return page[start : page.index("</form>", start)]


async def test_words_find_the_people_whom_the_viewer_knows(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    assert await options_found(desk, "kcpd") == (
        ["Kcpd alternate (KCPD)", "Kcpd detective (KCPD)"],
        "2 matches. Use the arrow keys, then Enter to choose.",
    )
    assert await options_found(desk, "zzz") == ([], "No one matches “zzz”.")


async def test_people_whom_the_viewer_may_not_know_are_neither_found_nor_counted(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await MemberRole.insert(MemberRole(id=uuid4(), member=sqlite_cast.bridge_advocate.member_id, role=Role.AGENCY_LEAD))
    advocate = await browse(sqlite_cast.bridge_advocate)
    assert await options_found(advocate, "kcpd") == ([], "No one matches “kcpd”.")
    people, said = await options_found(advocate, "example")
    assert len(people) == 4
    assert said.startswith("4 matches.")
    assert (await options_found(await browse(sqlite_cast.coordinator), "example"))[1].startswith("8 of 14 matches.")


async def test_only_readers_of_the_audit_log_find_everyone(sqlite_cast: Cast, browse: SignIn) -> None:
    assert (await options_found(await browse(sqlite_cast.auditor), "bridge", "actors"))[0] == [
        "Bridge advocate (Bridge Legal)"
    ]
    assert (await options_found(await browse(sqlite_cast.auditor), "sys", "actors"))[0] == ["System"]
    member = await browse(sqlite_cast.kcpd_detective)
    for asked in ("candidates=actors&place=f-who", "candidates=odd&place=f-who"):
        response = await member.get(f"/people/found?name=who&who_words=a&{asked}")
        assert response.status_code == 404, asked
    lead = await browse(sqlite_cast.fbi_lead)
    assert (await lead.get("/people/found?name=who&who_words=a&candidates=known&place=%22")).status_code == 404


async def test_members_who_can_invite_no_one_find_no_one_whom_their_directory_hides(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    new = NewItem(title="Call", owner_id=sqlite_cast.bridge_advocate.member_id, due=NOW.date())
    item = await create_item(sqlite_cast.coordinator, new, NOW, NOW.date())
    member = await browse(sqlite_cast.bridge_advocate)
    for candidates in ("known", f"new-owners&subject={item}"):
        response = await member.get(f"/people/found?name=who&who_words=caht&place=f-who&candidates={candidates}")
        assert response.status_code == 404, candidates


async def test_owners_of_an_item_from_a_named_event_are_found_on_its_list_by_those_who_see_it(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    owners = f"owners&subject={await of_operation(sqlite_cast)}"
    assert (await options_found(await browse(sqlite_cast.fbi_lead), "example", owners))[0] == [
        "Fbi lead (FBI)",
        "Kcpd detective (KCPD)",
    ]
    assert (await options_found(await browse(sqlite_cast.caht_lead), "kcpd", owners)) == (
        await options_found(await browse(sqlite_cast.caht_lead), "kcpd", f"owners&subject={uuid4()}")
    )


async def test_the_only_person_found_is_taken_and_the_address_names_no_one(sqlite_cast: Cast, browse: SignIn) -> None:
    desk = await browse(sqlite_cast.coordinator)
    response = await desk.get("/messages?state=sent&person=&person_words=kcpd+detective")
    person = f"/messages?state=sent&person={sqlite_cast.kcpd_detective.member_id}"
    assert (response.status_code, response.headers["location"]) == (303, person)
    assert 'value="Kcpd detective (KCPD)"' in await field(desk, person)


async def test_a_whole_name_or_address_means_its_person_even_where_it_finds_others(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    desk, meant = await browse(sqlite_cast.coordinator), sqlite_cast.coordinator
    assert len((await options_found(desk, "coordinator"))[0]) == 1
    await Member.update({Member.title: "Coordinator of shifts"}).where(Member.id == sqlite_cast.fbi_lead.member_id)
    assert len((await options_found(desk, "coordinator"))[0]) == 2
    for typed in ("coordinator", meant.email):
        response = await desk.get(f"/messages?person_words={typed}")
        assert response.headers["location"] == f"/messages?person={meant.member_id}"


async def test_namesakes_are_told_apart_by_their_titles(sqlite_cast: Cast, browse: SignIn) -> None:
    for person, title in ((sqlite_cast.kcpd_detective, "Sergeant"), (sqlite_cast.kcpd_alternate, "Analyst")):
        await Member.update({Member.name: "Maria Mendez", Member.title: title}).where(Member.id == person.member_id)
    shown = await field(await browse(sqlite_cast.coordinator), "/messages?person=&person_words=mendez")
    assert "Maria Mendez (KCPD), Sergeant" in shown
    assert "Maria Mendez (KCPD), Analyst" in shown


async def test_several_people_found_are_shown_to_choose_from_and_the_words_stay(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    desk = await browse(sqlite_cast.coordinator)
    shown = await field(desk, "/messages?person=&person_words=kcpd")
    assert "More than one person matches. Choose one, or type more." in shown
    assert 'value="kcpd"' in shown
    assert re.findall(r'type="radio" name="person" id="[^"]+" value="([^"]+)"', shown) == [
        str(person.member_id) for person in (sqlite_cast.kcpd_alternate, sqlite_cast.kcpd_detective)
    ]
    taken = await desk.get(f"/messages?person={sqlite_cast.kcpd_detective.member_id}&person_words=kcpd")
    assert taken.headers["location"] == f"/messages?person={sqlite_cast.kcpd_detective.member_id}"


async def test_words_that_find_no_one_say_so(sqlite_cast: Cast, browse: SignIn) -> None:
    shown = await field(await browse(sqlite_cast.coordinator), "/messages?person=&person_words=zzz")
    assert "No one matches “zzz”." in shown
    assert 'value="zzz"' in shown


async def test_changed_words_count_and_not_who_was_chosen_before(sqlite_cast: Cast, browse: SignIn) -> None:
    desk, before = await browse(sqlite_cast.coordinator), sqlite_cast.kcpd_detective.member_id
    other = await desk.get(f"/messages?person={before}&person_words=fbi+lead")
    assert other.headers["location"] == f"/messages?person={sqlite_cast.fbi_lead.member_id}"
    assert (await desk.get(f"/messages?person={before}&person_words=")).headers["location"] == "/messages"


async def test_the_audit_log_is_filtered_by_the_system_or_a_person(sqlite_cast: Cast, browse: SignIn) -> None:
    auditor = await browse(sqlite_cast.auditor)
    assert (await auditor.get("/audit?who=&who_words=System")).headers["location"] == "/audit?who=system"
    assert 'value="System"' in await field(auditor, "/audit?who=system")
    assert 'href="#f-who">No one matches “zzz”.' in (await auditor.get("/audit?who=&who_words=zzz")).text


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


def offboarding_page(cast: Cast, name: str) -> str:
    return f"/people/{cast.members[name].member_id}/offboarding"


async def test_it_lists_what_moves_and_asks_who_takes_over(cast: Cast, browse: SignIn) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective, cast.coordinator), NOW)
    browser = await browse(cast.coordinator)
    page = (await browser.get(offboarding_page(cast, "fbi_lead"))).text
    assert "Operation Bluestem" in page
    assert "Steering Committee" in page
    reply = await browser.post(offboarding_page(cast, "fbi_lead"), form_with(page, offboarding_page(cast, "fbi_lead")))
    assert reply.status_code == 422
    assert "so everything has an owner" in reply.text


async def test_an_operation_that_the_administrator_may_not_see_is_not_on_the_page(cast: Cast, browse: SignIn) -> None:
    await scheduling.schedule_event(cast.fbi_lead, operation(cast.kcpd_detective), NOW)
    for manager in (cast.coordinator, cast.administrator):
        page = (await (await browse(manager)).get(offboarding_page(cast, "fbi_lead"))).text
        assert "Bluestem" not in page
        assert "No upcoming events that you can see." in page


async def test_no_one_is_removed_before_the_button_says_so(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.administrator)
    page_address = offboarding_page(cast, "fbi_lead")
    first = (await browser.get(page_address)).text
    assert "Remove Fbi lead</button>" not in " ".join(first.split()).replace("> ", ">").replace(" <", "<")
    last = await browser.post(page_address, form_with(first, page_address, successor_words="fbi alternate"))
    assert last.status_code == 200
    assert "None of the invitations you can see will pass to someone else." in " ".join(last.text.split())
    assert await column_of_member(cast.fbi_lead.member_id, "status") == "active"
    reply = await browser.post(page_address, form_with(last.text, page_address))
    assert reply.headers["location"] == f"/people/{cast.fbi_lead.member_id}"
    page = (await browser.get(reply.headers["location"])).text
    assert "Their work was reassigned and all access ended." in page
    assert "Add back" in page
    assert "Fbi lead" not in (await browser.get("/people")).text
    assert "Fbi lead" in (await browser.get("/people?left=1")).text


async def test_the_seat_of_who_is_suspended_returns_until_they_are_seen_out(cast: Cast, browse: SignIn) -> None:
    browser, page_address = await browse(cast.coordinator), offboarding_page(cast, "fbi_lead")
    address = page_address.removesuffix("/offboarding")
    await browser.post(f"{address}/suspension", {"why": "Long leave"})
    assert "Removing them also ends a seat or chair that they held before." in (await browser.get(page_address)).text
    await browser.post(f"{address}/restoration")
    assert "Steering Committee" in (await browser.get(address)).text
    await browser.post(f"{address}/suspension", {"why": "Gone"})
    await browser.post(page_address, {"successor": str(cast.coordinator.member_id), "reviewed": "yes"})
    await browser.post(f"{address}/restoration")
    assert "No committee seats." in (await browser.get(address)).text


async def test_who_left_can_be_let_back_in_as_a_member_without_roles(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.coordinator)
    page_address = offboarding_page(cast, "fbi_lead")
    await browser.post(page_address, {"successor": str(cast.fbi_alternate.member_id), "reviewed": "yes"})
    address = page_address.removesuffix("/offboarding")
    assert (await browser.post(f"{address}/restoration")).status_code == 303
    assert await column_of_member(cast.fbi_lead.member_id, "status") == "active"
    assert "<span>Member</span>" in (await browser.get(address)).text


async def test_a_successor_is_found_by_words_among_colleagues_and_coordinators(cast: Cast, browse: SignIn) -> None:
    browser, page_address = await browse(cast.administrator), offboarding_page(cast, "fbi_lead")
    address = f"/people/found?candidates=successors&subject={cast.fbi_lead.member_id}&place=f-who&name=who&who_words="
    assert re.findall(r'data-words="([^"]+)"', (await browser.get(f"{address}example")).text) == [
        "Coordinator (USAO)",
        "Fbi alternate (FBI)",
    ]
    refused = await browser.post(page_address, {"successor": "", "successor_words": "kcpd"})
    assert refused.status_code == 422
    assert "No one matches “kcpd”." in refused.text
    review = await browser.post(page_address, {"successor": "", "successor_words": "fbi alt"})
    assert 'value="Fbi alternate (FBI)"' in review.text
    assert (await (await browse(cast.fbi_alternate)).get(f"{address}example")).status_code == 403


async def test_a_new_confirmation_is_asked_first(cast: Cast, browse: SignIn) -> None:
    browser = await browse(cast.coordinator)
    clock.start_at(NOW + timedelta(minutes=15), is_still=True)
    page_address = offboarding_page(cast, "fbi_lead")
    for reply in (await browser.get(page_address), await browser.post(page_address, {"successor": ""})):
        assert (reply.status_code, reply.headers["location"]) == (303, f"/sign-in/again?next={page_address}")


async def test_others_are_refused(cast: Cast, browse: SignIn) -> None:
    assert (await (await browse(cast.fbi_lead)).get(offboarding_page(cast, "fbi_alternate"))).status_code == 403


async def test_the_dates_and_emails_are_reviewed_before_anyone_is_removed(cast: Cast, browse: SignIn) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(cast.coordinator, meeting(cast.fbi_lead, cast.caht_lead, **committee_plan), NOW)
    await scheduling.schedule_event(cast.coordinator, operation(cast.fbi_lead), NOW)
    browser, page_address = await browse(cast.coordinator), offboarding_page(cast, "fbi_lead")
    first = (await browser.get(page_address)).text
    assert "Monthly task force meeting" in first
    review = await browser.post(page_address, form_with(first, page_address, successor_words="fbi alternate"))
    assert review.status_code == 200
    assert "Fbi alternate is invited. Fbi lead is removed from the list." in review.text
    assert "1 email will go to 1 person." in review.text
    assert "Fbi lead is removed from these lists, and no one is added:" in review.text
    assert await column_of_member(cast.fbi_lead.member_id, "status") == "active"
    done = await browser.post(page_address, form_with(review.text, page_address))
    assert (
        "1 invitee list also changed. 1 email will go to 1 person."
        in (await browser.get(done.headers["location"])).text
    )


async def test_another_successor_is_reviewed_again(cast: Cast, browse: SignIn) -> None:
    committee_plan = {"visibility": Visibility.COMMITTEE, "committee_id": cast.committees["steering"]}
    await scheduling.schedule_event(cast.coordinator, meeting(cast.hsi_liaison, **committee_plan), NOW)
    browser, page_address = await browse(cast.coordinator), offboarding_page(cast, "hsi_liaison")
    first = (await browser.get(page_address)).text
    review = await browser.post(page_address, form_with(first, page_address, successor_words="Coordinator"))
    assert "Hsi liaison is removed from the list." in review.text
    assert "No one will get an email." in review.text
