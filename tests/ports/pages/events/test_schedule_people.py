"""Whom the form of an event invites: agencies, committees, people who are added, and people who are unchecked."""

import re
from typing import Any
from uuid import UUID

import pytest

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import Fields, ids, typed
from tracker.crypto import ids as ids_
from tracker.rules.core.viewers import Arm, Level, Viewer
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.roster.directory import AgencyFacts
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.roster import Member
from tracker.usecases.events import form_options, scheduling
from tracker.usecases.roster import agencies
from tracker.usecases.roster.known_people import PeopleMatched

HTMX = {"HX-Request": "true"}
LARGEST_FORM = 100_000  # bytes
BOX = re.compile(r'<input[^>]*name="person"[^>]*value="([0-9a-f-]{36})"( checked)?')


def boxes(page: str) -> dict[str, bool]:
    """Return whether the box of each person in a page is checked."""
    return {one: bool(checked) for one, checked in BOX.findall(page)}


def without(form: Fields, *people: Viewer) -> Fields:
    """Return a form in which the boxes of some people are unchecked."""
    return {**form, "person": [one for one in form.get("person", []) if one not in ids(*people)]}


async def form_of(browser: Browser, address: str = "/schedule", action: str = "/events", **changes: Any) -> Fields:
    return typed((await browser.get(address)).text, action, title="Call", **changes)


async def shown(browser: Browser, address: str, form: Fields, action: str = "/events") -> Fields:
    """Return the form after a button of a browser without scripts."""
    response = await browser.post(address, form)
    assert response.status_code == 200, response.text
    return typed(response.text, action)


async def list_of(browser: Browser, form: Fields, agency: UUID) -> Fields:
    """Return the form with the whole list of an agency."""
    return await shown(browser, f"/schedule/people/{agency}", form)


async def sent_to(browser: Browser, form: Fields) -> set[UUID]:
    """Send a form; return who is invited beside the organizer."""
    response = await browser.post("/events", {**form, "save": ["send"]})
    assert response.status_code == 303, response.text
    invited = await invitees_of(UUID(response.headers["location"].rpartition("/")[2]))
    return {one for one, role in invited.items() if role is not AttendeeRole.CHAIR}


async def test_a_checked_agency_shows_its_people_checked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await form_of(desk, agency=str(fbi))
    part = await desk.post(f"/schedule/people/{fbi}", form, headers=HTMX)
    assert boxes(part.text) == dict.fromkeys(ids(sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate), True)


async def test_a_person_of_a_checked_agency_who_is_unchecked_is_not_invited(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = without(await list_of(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    part = (await desk.post("/schedule/summary", form)).text
    assert f'<span id="in-{fbi}" hx-swap-oob="innerHTML">1 of 2 invited</span>' in part
    assert await sent_to(desk, form) == {sqlite_cast.fbi_lead.member_id}


async def test_a_form_that_is_shown_again_keeps_who_is_unchecked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = without(await list_of(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    again = typed((await desk.post("/events", {**form, "title": [""]})).text, "/events", title="Call")
    assert await sent_to(desk, again) == {sqlite_cast.fbi_lead.member_id}


async def test_people_go_with_their_agency_when_it_is_unchecked_without_scripts(
    sqlite_cast: Cast, desk: Browser
) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await list_of(desk, await form_of(desk, agency=str(fbi)), fbi)
    assert await sent_to(desk, {**form, "agency": []}) == set()


async def test_all_agencies_are_one_box(sqlite_cast: Cast, desk: Browser) -> None:
    every = await sent_to(desk, await form_of(desk, agency="all"))
    assert every == await sent_to(desk, await form_of(desk, agency=list(sqlite_cast.agencies.values())))
    assert len(every) == 11


async def test_an_agency_is_left_out_of_all_agencies_without_scripts(sqlite_cast: Cast, desk: Browser) -> None:
    every = await sent_to(desk, await form_of(desk, agency="all"))
    again = await shown(desk, "/events", await form_of(desk, agency="all", save="show"))
    assert set(again["agency"]) >= {"all", str(sqlite_cast.agencies["FBI"])}
    again["agency"].remove(str(sqlite_cast.agencies["FBI"]))
    fbi = {sqlite_cast.fbi_lead.member_id, sqlite_cast.fbi_alternate.member_id}
    assert await sent_to(desk, again) == every - fbi


async def test_all_agencies_are_unchecked_at_once_without_scripts(desk: Browser) -> None:
    again = await shown(desk, "/events", await form_of(desk, agency="all", save="show"))
    again["agency"].remove("all")
    assert await sent_to(desk, again) == set()


async def test_a_template_keeps_all_agencies_and_who_is_unchecked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await list_of(desk, await form_of(desk, agency="all", template_name="All but one"), fbi)
    every = await sent_to(desk, form)
    await desk.post("/schedule/templates", without(form, sqlite_cast.fbi_lead) | {"template_name": ["All but one"]})
    found = re.search(r'href="(/schedule\?template=[0-9a-f-]+)"', (await desk.get("/schedule/templates")).text)
    assert found
    begun = await form_of(desk, found[1])
    assert begun["agency"][0] == "all"
    assert await sent_to(desk, begun) == every - {sqlite_cast.fbi_lead.member_id}


async def test_a_template_of_an_earlier_version_leaves_out_who_is_not_invited(sqlite_cast: Cast, desk: Browser) -> None:
    """Earlier versions had a role for it."""
    role = {f"role-{sqlite_cast.fbi_lead.member_id}": "out"}
    form = await form_of(desk, agency=str(sqlite_cast.agencies["FBI"]), **role)
    assert await sent_to(desk, form) == {sqlite_cast.fbi_alternate.member_id}


async def test_a_draft_keeps_who_is_unchecked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = without(await list_of(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    assert (await desk.post("/drafts", form)).status_code == 200
    assert await sent_to(desk, await form_of(desk)) == {sqlite_cast.fbi_lead.member_id}


async def test_a_copy_and_the_edit_form_keep_who_is_invited(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    assert await sent_to(desk, await form_of(desk, f"/schedule?like={event_id}")) == {sqlite_cast.fbi_lead.member_id}
    address = f"/events/{event_id}/edit"
    form = await form_of(desk, address, address, save="send")
    assert (await desk.post(address, form)).status_code == 303
    assert set(await invitees_of(event_id)) == set(map(UUID, ids(sqlite_cast.coordinator, sqlite_cast.fbi_lead)))


async def test_a_person_is_taken_off_the_list_of_an_event_by_unchecking(sqlite_cast: Cast, desk: Browser) -> None:
    both = sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*both), NOW)
    address = f"/events/{event_id}/edit"
    form = without(await form_of(desk, address, address, save="send"), sqlite_cast.fbi_alternate)
    assert (await desk.post(address, form)).status_code == 303
    assert set(await invitees_of(event_id)) == set(map(UUID, ids(sqlite_cast.coordinator, sqlite_cast.fbi_lead)))


async def test_who_is_unchecked_stays_so_beside_what_another_person_saved(sqlite_cast: Cast, desk: Browser) -> None:
    both = sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*both), NOW)
    address = f"/events/{event_id}/edit"
    mine = without(await form_of(desk, address, address, save="send"), sqlite_cast.fbi_alternate)
    await desk.post(address, await form_of(desk, address, address, place="Annex", save="send"))
    beside = await desk.post(address, mine)
    assert beside.status_code == 409
    assert (await desk.post(address, typed(beside.text, address, save="send"))).status_code == 303
    assert set(await invitees_of(event_id)) == set(map(UUID, ids(sqlite_cast.coordinator, sqlite_cast.fbi_lead)))


async def test_the_edit_form_checks_an_agency_whose_people_are_all_invited(sqlite_cast: Cast, desk: Browser) -> None:
    cast = sqlite_cast
    plan = meeting(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    event_id = await scheduling.schedule_event(cast.coordinator, plan, NOW)
    address, before = f"/events/{event_id}/edit", await invitees_of(event_id)
    form = await form_of(desk, address, address, save="send")
    assert form["agency"] == [str(cast.agencies["FBI"])]
    assert (await desk.post(address, form)).status_code == 303
    assert await invitees_of(event_id) == before


async def test_the_edit_form_does_not_check_an_agency_with_people_who_are_not_invited(
    sqlite_cast: Cast, desk: Browser
) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    assert not (await form_of(desk, f"/events/{event_id}/edit", f"/events/{event_id}/edit")).get("agency")


async def test_no_one_unseen_is_invited_by_an_agency_that_the_edit_form_shows_as_checked(
    sqlite_cast: Cast, desk: Browser
) -> None:
    both = sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*both), NOW)
    address, before = f"/events/{event_id}/edit", await invitees_of(event_id)
    form = await form_of(desk, address, address, save="send")
    await add_officers(1, sqlite_cast.agencies["FBI"])
    assert (await desk.post(address, form)).status_code == 303
    assert await invitees_of(event_id) == before


async def test_people_whose_boxes_stay_checked_stay_invited_when_their_agency_is_unchecked_without_scripts(
    sqlite_cast: Cast, desk: Browser
) -> None:
    both = sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(*both), NOW)
    address, before = f"/events/{event_id}/edit", await invitees_of(event_id)
    form = {**await form_of(desk, address, address), "agency": []}
    again = await shown(desk, address, form, address)
    assert not again.get("agency")
    assert (await desk.post(address, {**again, "save": ["send"]})).status_code == 303
    assert await invitees_of(event_id) == before


@pytest.mark.parametrize("words", ["detect", "KCPD DETECTIVE", "kcpd_det", "detective city police"])
async def test_a_person_is_found_by_name_agency_or_address(desk: Browser, sqlite_cast: Cast, words: str) -> None:
    part = await desk.post("/schedule/matches", await form_of(desk, find=words), headers=HTMX)
    found = re.findall(r'role="option"[^>]* data-value="([0-9a-f-]+)"', part.text)
    assert found == ids(sqlite_cast.kcpd_detective), part.text


async def test_a_search_names_only_people_whom_the_viewer_may_know(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    for words, is_found in (("harbor advocate", True), ("bridge advocate", False), ("bridge", False)):
        part = await lead.post("/schedule/matches", await form_of(lead, find=words), headers=HTMX)
        assert ('role="option"' in part.text) is is_found


async def test_a_search_finds_no_one_by_the_address_of_an_invitee_whom_the_viewer_does_not_know(
    sqlite_cast: Cast,
) -> None:
    stranger = sqlite_cast.bridge_advocate
    offered = await form_options.choices_in_form(sqlite_cast.fbi_lead, None, [stranger.member_id])
    assert stranger.member_id in {one.id for one in offered.people}
    assert await form_options.invitable_people(sqlite_cast.fbi_lead, offered, stranger.email, 8) == PeopleMatched()


async def test_a_search_without_scripts_offers_boxes_and_loses_nothing_typed(sqlite_cast: Cast, desk: Browser) -> None:
    typed_in = await form_of(desk, find="hsi", save="find", agenda="Welcome 5", agency=str(sqlite_cast.agencies["FBI"]))
    response = await desk.post("/schedule/matches", typed_in)
    assert boxes(response.text) == dict.fromkeys(ids(sqlite_cast.hsi_liaison), False)
    again = typed(response.text, "/events", person=ids(sqlite_cast.hsi_liaison))
    assert (again["title"], again["agenda"]) == (["Call"], ["Welcome 5"])
    fbi = {sqlite_cast.fbi_lead.member_id, sqlite_cast.fbi_alternate.member_id}
    assert await sent_to(desk, again) == {*fbi, sqlite_cast.hsi_liaison.member_id}


async def test_a_person_who_was_typed_and_not_added_is_asked_for_before_anything_is_sent(
    sqlite_cast: Cast, desk: Browser
) -> None:
    form = await form_of(desk, find="hsi", agency=str(sqlite_cast.agencies["FBI"]), save="send")
    refused = await desk.post("/events", form)
    assert refused.status_code == 422
    assert "You typed “hsi”, but added no one. Choose a person, or clear this field." in refused.text
    again = typed(refused.text, "/events")
    assert again["find"] == ["hsi"]
    assert str(sqlite_cast.hsi_liaison.member_id) not in await sent_to(desk, again)


async def test_a_person_has_one_box_in_a_form(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await list_of(desk, await form_of(desk, find="fbi"), fbi)
    page = (await desk.post("/schedule/matches", {**form, "save": "find"})).text
    assert len(BOX.findall(page)) == len(boxes(page))
    assert "Fbi lead (FBI) is in the list below." in page


async def test_a_person_who_is_added_has_a_row_with_their_agency(sqlite_cast: Cast, desk: Browser) -> None:
    form = await form_of(desk, add=sqlite_cast.hsi_liaison.member_id, find="hsi")
    part = (await desk.post("/schedule/people", form, headers=HTMX)).text
    assert boxes(part) == {str(sqlite_cast.hsi_liaison.member_id): True}
    assert re.search(rf'id="of-{sqlite_cast.agencies["HSI"]}"', part)


async def test_a_person_who_was_unchecked_can_be_added_by_name(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = without(await list_of(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    again = await shown(desk, "/schedule/people", {**form, "add": [str(sqlite_cast.fbi_alternate.member_id)]})
    assert await sent_to(desk, again) == {sqlite_cast.fbi_lead.member_id, sqlite_cast.fbi_alternate.member_id}


async def test_an_invited_person_is_removed_by_name_from_a_checked_agency(sqlite_cast: Cast, desk: Browser) -> None:
    form = await form_of(desk, agency=str(sqlite_cast.agencies["FBI"]))
    again = await shown(desk, "/schedule/people", {**form, "drop": [str(sqlite_cast.fbi_alternate.member_id)]})
    assert await sent_to(desk, again) == {sqlite_cast.fbi_lead.member_id}


async def test_a_stranger_cannot_be_added(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    form = await form_of(lead, add=sqlite_cast.bridge_advocate.member_id)
    part = (await lead.post("/schedule/people", form, headers=HTMX)).text
    assert "Bridge" not in part


async def test_the_list_of_an_agency_is_only_for_people_who_may_know_it(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    form = await form_of(lead)
    address = f"/schedule/people/{sqlite_cast.agencies['Bridge Legal']}"
    assert (await lead.post(address, form, headers=HTMX)).status_code == 404
    detective = await browse(sqlite_cast.kcpd_detective)
    for path in ("/schedule/people", f"/schedule/people/{sqlite_cast.agencies['KCPD']}", "/schedule/matches"):
        assert (await detective.post(path, {"find": "a"}, headers=HTMX)).status_code == 403


@pytest.mark.parametrize("number", [100, 2_500])
@pytest.mark.parametrize("checked", [{}, {"agency": "all", "save": "show"}])
async def test_the_form_is_as_long_for_a_task_force_of_any_size(
    sqlite_cast: Cast, desk: Browser, number: int, checked: dict[str, str]
) -> None:
    await _with_people(number)
    page = (await desk.get("/schedule")).content
    if checked:
        page = (await desk.post("/events", typed(page.decode(), "/events", **checked))).content
        assert f"{number + 11:,} people are on the list".encode() in page
    assert len(page) <= LARGEST_FORM


async def _with_people(number: int) -> None:
    """Add people to an agency of their own."""
    agency = await agencies.insert_agency(
        AgencyFacts(name="Large Police Department", code="LPD", arm=Arm.LAW_ENFORCEMENT, level=Level.LOCAL)
    )
    await add_officers(number, agency)


async def add_officers(number: int, agency: UUID) -> None:
    """Add members who have never signed in to an agency."""
    await Member.insert(
        *(
            Member(
                id=ids_.new_id(),
                agency=agency,
                name=f"Officer {one:05}",
                email=f"officer.{one:05}@lpd.example",
                zone=ZONE,
                status="active",
                joined_at=NOW,
            )
            for one in range(number)
        )
    )
