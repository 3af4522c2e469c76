"""The form of an event: from a plan and back, whom it invites, and templates of it."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec.structs import replace

from tests.cast import NOW, ZONE, Cast, meeting
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import Fields, form_with, ids
from tracker.crypto import ids as ids_
from tracker.ports.pages.events.schedule_form import form_of_copy, form_of_plan, read_event_plan
from tracker.rules.core.viewers import Arm, Level, Viewer, Visibility
from tracker.rules.events.events import EventStatus, Kind
from tracker.rules.events.plans import Person
from tracker.rules.events.replies import AttendeeRole
from tracker.rules.recurrence.series import RepeatChoice, choice_of, rule_for_choice
from tracker.rules.roster.directory import AgencyFacts
from tracker.tables.background.events.invitees import invitees_of
from tracker.tables.schema.core.tables import Message
from tracker.tables.schema.roster import Member
from tracker.usecases.events import form_options, scheduling
from tracker.usecases.events.form_options import EventChoices
from tracker.usecases.roster import agencies
from tracker.usecases.roster.committees import CommitteeChoice
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
    return form_with((await browser.get(address)).text, action, title="Call", **changes)


async def form_after(browser: Browser, address: str, form: Fields, action: str = "/events") -> Fields:
    """Return the form after a button of a browser without scripts."""
    response = await browser.post(address, form)
    assert response.status_code == 200, response.text
    return form_with(response.text, action)


async def form_with_list(browser: Browser, form: Fields, agency: UUID) -> Fields:
    """Return the form with the whole list of an agency."""
    return await form_after(browser, f"/schedule/people/{agency}", form)


async def people_invited(browser: Browser, form: Fields) -> set[UUID]:
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
    form = without(await form_with_list(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    part = (await desk.post("/schedule/summary", form)).text
    assert f'<span id="in-{fbi}" hx-swap-oob="innerHTML">1 of 2 invited</span>' in part
    assert await people_invited(desk, form) == {sqlite_cast.fbi_lead.member_id}


async def test_a_form_that_is_shown_again_keeps_who_is_unchecked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = without(await form_with_list(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    again = form_with((await desk.post("/events", {**form, "title": [""]})).text, "/events", title="Call")
    assert await people_invited(desk, again) == {sqlite_cast.fbi_lead.member_id}


async def test_people_go_with_their_agency_when_it_is_unchecked_without_scripts(
    sqlite_cast: Cast, desk: Browser
) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await form_with_list(desk, await form_of(desk, agency=str(fbi)), fbi)
    assert await people_invited(desk, {**form, "agency": []}) == set()


async def test_all_agencies_are_one_box(sqlite_cast: Cast, desk: Browser) -> None:
    every = await people_invited(desk, await form_of(desk, agency="all"))
    assert every == await people_invited(desk, await form_of(desk, agency=list(sqlite_cast.agencies.values())))
    assert len(every) == 11


async def test_an_agency_is_left_out_of_all_agencies_without_scripts(sqlite_cast: Cast, desk: Browser) -> None:
    every = await people_invited(desk, await form_of(desk, agency="all"))
    again = await form_after(desk, "/events", await form_of(desk, agency="all", save="show"))
    assert set(again["agency"]) >= {"all", str(sqlite_cast.agencies["FBI"])}
    again["agency"].remove(str(sqlite_cast.agencies["FBI"]))
    fbi = {sqlite_cast.fbi_lead.member_id, sqlite_cast.fbi_alternate.member_id}
    assert await people_invited(desk, again) == every - fbi


async def test_all_agencies_are_unchecked_at_once_without_scripts(desk: Browser) -> None:
    again = await form_after(desk, "/events", await form_of(desk, agency="all", save="show"))
    again["agency"].remove("all")
    assert await people_invited(desk, again) == set()


async def test_a_template_keeps_all_agencies_and_who_is_unchecked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await form_with_list(desk, await form_of(desk, agency="all", template_name="All but one"), fbi)
    every = await people_invited(desk, form)
    await desk.post("/schedule/templates", without(form, sqlite_cast.fbi_lead) | {"template_name": ["All but one"]})
    match = re.search(r'href="(/schedule\?template=[0-9a-f-]+)"', (await desk.get("/schedule/templates")).text)
    assert match
    begun = await form_of(desk, match[1])
    assert begun["agency"][0] == "all"
    assert await people_invited(desk, begun) == every - {sqlite_cast.fbi_lead.member_id}


async def test_a_template_of_an_earlier_version_leaves_out_who_is_not_invited(sqlite_cast: Cast, desk: Browser) -> None:
    """Earlier versions had a role for it."""
    role = {f"role-{sqlite_cast.fbi_lead.member_id}": "out"}
    form = await form_of(desk, agency=str(sqlite_cast.agencies["FBI"]), **role)
    assert await people_invited(desk, form) == {sqlite_cast.fbi_alternate.member_id}


async def test_a_draft_keeps_who_is_unchecked(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = without(await form_with_list(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    assert (await desk.post("/drafts", form)).status_code == 200
    assert await people_invited(desk, await form_of(desk)) == {sqlite_cast.fbi_lead.member_id}


async def test_a_copy_and_the_edit_form_keep_who_is_invited(sqlite_cast: Cast, desk: Browser) -> None:
    event_id = await scheduling.schedule_event(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead), NOW)
    assert await people_invited(desk, await form_of(desk, f"/schedule?like={event_id}")) == {
        sqlite_cast.fbi_lead.member_id
    }
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
    own_form = without(await form_of(desk, address, address, save="send"), sqlite_cast.fbi_alternate)
    await desk.post(address, await form_of(desk, address, address, place="Annex", save="send"))
    beside = await desk.post(address, own_form)
    assert beside.status_code == 409
    assert (await desk.post(address, form_with(beside.text, address, save="send"))).status_code == 303
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
    again = await form_after(desk, address, form, address)
    assert not again.get("agency")
    assert (await desk.post(address, {**again, "save": ["send"]})).status_code == 303
    assert await invitees_of(event_id) == before


@pytest.mark.parametrize("words", ["detect", "KCPD DETECTIVE", "kcpd_det", "detective city police"])
async def test_a_person_is_found_by_name_agency_or_address(desk: Browser, sqlite_cast: Cast, words: str) -> None:
    part = await desk.post("/schedule/matches", await form_of(desk, find=words), headers=HTMX)
    texts = re.findall(r'role="option"[^>]* data-value="([0-9a-f-]+)"', part.text)
    assert texts == ids(sqlite_cast.kcpd_detective), part.text


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
    again = form_with(response.text, "/events", person=ids(sqlite_cast.hsi_liaison))
    assert (again["title"], again["agenda"]) == (["Call"], ["Welcome 5"])
    fbi = {sqlite_cast.fbi_lead.member_id, sqlite_cast.fbi_alternate.member_id}
    assert await people_invited(desk, again) == {*fbi, sqlite_cast.hsi_liaison.member_id}


async def test_a_person_who_was_typed_and_not_added_is_asked_for_before_anything_is_sent(
    sqlite_cast: Cast, desk: Browser
) -> None:
    form = await form_of(desk, find="hsi", agency=str(sqlite_cast.agencies["FBI"]), save="send")
    refused = await desk.post("/events", form)
    assert refused.status_code == 422
    assert "You typed “hsi”, but added no one. Choose a person, or clear this field." in refused.text
    again = form_with(refused.text, "/events")
    assert again["find"] == ["hsi"]
    assert str(sqlite_cast.hsi_liaison.member_id) not in await people_invited(desk, again)


async def test_a_person_has_one_box_in_a_form(sqlite_cast: Cast, desk: Browser) -> None:
    fbi = sqlite_cast.agencies["FBI"]
    form = await form_with_list(desk, await form_of(desk, find="fbi"), fbi)
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
    form = without(await form_with_list(desk, await form_of(desk, agency=str(fbi)), fbi), sqlite_cast.fbi_alternate)
    again = await form_after(desk, "/schedule/people", {**form, "add": [str(sqlite_cast.fbi_alternate.member_id)]})
    assert await people_invited(desk, again) == {sqlite_cast.fbi_lead.member_id, sqlite_cast.fbi_alternate.member_id}


async def test_an_invited_person_is_removed_by_name_from_a_checked_agency(sqlite_cast: Cast, desk: Browser) -> None:
    form = await form_of(desk, agency=str(sqlite_cast.agencies["FBI"]))
    again = await form_after(desk, "/schedule/people", {**form, "drop": [str(sqlite_cast.fbi_alternate.member_id)]})
    assert await people_invited(desk, again) == {sqlite_cast.fbi_lead.member_id}


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
        page = (await desk.post("/events", form_with(page.decode(), "/events", **checked))).content
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
                name=f"Officer {number_read:05}",
                email=f"officer.{number_read:05}@lpd.example",
                zone=ZONE,
                status="active",
                joined_at=NOW,
            )
            for number_read in range(number)
        )
    )


PEOPLE = tuple(
    Person(
        id=uuid4(), name=name, email=f"{name}@fbi.example", agency_id=UUID(int=1), agency="FBI", arm=Arm.LAW_ENFORCEMENT
    )
    for name in ("ann", "ben")
)
COMMITTEE = CommitteeChoice(id=uuid4(), name="Steering Committee", place="", members=frozenset(), primaries=frozenset())
OFFERED = EventChoices(
    lead_id=uuid4(), people=PEOPLE, committees=(COMMITTEE,), own_committees=(COMMITTEE,), visibilities=tuple(Visibility)
)
PLANS: tuple[dict[str, Any], ...] = (
    {},
    {"kind": Kind.JOINT_OPERATION, "visibility": Visibility.NAMED, "invitees": {PEOPLE[0].id: AttendeeRole.OPTIONAL}},
    {"visibility": Visibility.COMMITTEE, "committee_id": COMMITTEE.id, "status": EventStatus.TENTATIVE},
    {
        "duration": timedelta(hours=20),
        "video_link": "https://video.example/x",
        "agenda": "a 5\nb",
        "description": "c\n\nd",
    },
    {"starts": datetime.fromisoformat("2027-01-12"), "duration": timedelta(days=3), "is_all_day": True},
    {"invitees": {PEOPLE[0].id: AttendeeRole.CHAIR, PEOPLE[1].id: AttendeeRole.REQUIRED}},
)


@pytest.mark.parametrize("facts", PLANS)
def test_the_form_of_a_plan_is_read_as_the_same_plan(facts: dict[str, Any]) -> None:
    invitees = facts.get("invitees", {})
    plan = meeting(**{name: value for name, value in facts.items() if name != "invitees"})
    plan = replace(plan, invitees=invitees)
    assert read_event_plan(form_of_plan(plan), OFFERED, ZONE) == plan


@pytest.mark.parametrize("choice", [one for one in RepeatChoice if one is not RepeatChoice.NONE])
@pytest.mark.parametrize("end", [{"count": 3}, {}])
def test_every_way_to_repeat_comes_back_from_its_form(choice: RepeatChoice, end: dict[str, Any]) -> None:
    start = datetime.fromisoformat("2027-01-31 10:00" if "last" in choice else "2027-01-26 10:00")
    rule = rule_for_choice(choice, start, interval=2, **end)
    assert rule is not None
    assert choice_of(rule) is choice
    assert read_event_plan(form_of_plan(meeting(starts=start, rule=rule)), OFFERED, ZONE).rule == rule


def test_the_days_of_a_weekly_series_come_back_from_its_form() -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    rule = rule_for_choice("weekly", start, weekdays=(1, 3), count=5)
    assert read_event_plan(form_of_plan(meeting(starts=start, rule=rule)), OFFERED, ZONE).rule == rule


def test_a_series_keeps_the_day_on_which_its_weeks_start_in_its_form() -> None:
    start = datetime.fromisoformat("2027-01-12 10:00")
    rule = rule_for_choice("weekly", start, weekdays=(1, 6), interval=2, week_starts=0, count=5)
    assert rule is not None
    assert rule.week_starts == 0
    assert read_event_plan(form_of_plan(meeting(starts=start, rule=rule)), OFFERED, ZONE).rule == rule


def test_a_copy_names_only_people_whom_its_form_offers() -> None:
    plan = replace(meeting(), invitees={OFFERED.lead_id: AttendeeRole.CHAIR, PEOPLE[0].id: AttendeeRole.OPTIONAL})
    copied = read_event_plan(form_of_copy(plan, "2027-01-13", OFFERED), OFFERED, ZONE)
    assert copied.invitees == {PEOPLE[0].id: AttendeeRole.OPTIONAL}


PATH = "/schedule/templates"


async def save_template(browser: Browser, **changes: Any) -> httpx.Response:
    form = {"title": "Core group", "date": "2027-01-12", "template_name": "Core", **changes}
    return await browser.post(PATH, form_with((await browser.get("/schedule")).text, "/events", **form))


async def begin_with_template(browser: Browser, name: str = "Core") -> httpx.Response:
    match = re.search(rf'href="(/schedule\?template=[0-9a-f-]+)">{name}<', (await browser.get(PATH)).text)
    assert match
    return await browser.get(match[1])


async def test_a_saved_form_is_shown_again_with_all_that_was_typed_and_nothing_is_sent(desk: Browser) -> None:
    response = await save_template(desk, place="Room A")
    assert "Template “Core” saved. Nothing has been sent yet." in response.text
    form = form_with(response.text, "/events")
    assert (form["title"], form["place"], form["date"]) == (["Core group"], ["Room A"], ["2027-01-12"])
    assert await Message.count() == 0


async def test_a_new_event_begins_with_what_a_template_keeps(sqlite_cast: Cast, desk: Browser) -> None:
    people = ids(sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    await save_template(
        desk,
        person=people,
        agenda="Welcome 5",
        starts="14:00",
        ends="15:30",
        committee=sqlite_cast.committees["steering"],
        visibility="committee",
        **{f"role-{people[1]}": "optional"},
    )
    response = await begin_with_template(desk)
    form = form_with(response.text, "/events")
    assert "This form starts with the template “Core”." in response.text
    assert (form["title"], form["agenda"], form["starts"]) == (["Core group"], ["Welcome 5"], ["14:00"])
    assert (form["visibility"], form["committee"]) == (["committee"], [str(sqlite_cast.committees["steering"])])
    assert (sorted(form["person"]), form[f"role-{people[1]}"]) == (sorted(people), ["optional"])
    assert form["date"] == ["2026-12-16"]


async def test_of_a_template_only_those_stay_chosen_whom_the_form_offers(
    sqlite_cast: Cast, desk: Browser, browse: SignIn
) -> None:
    strangers = ids(sqlite_cast.auditor)
    await save_template(
        desk,
        person=[*strangers, *ids(sqlite_cast.harbor_advocate)],
        visibility="committee",
        committee=sqlite_cast.committees["services"],
    )
    chair = await browse(sqlite_cast.caht_lead)
    response = await begin_with_template(chair)
    assert "1 person in it isn’t on your list." in response.text
    assert form_with(response.text, "/events")["person"] == ids(sqlite_cast.harbor_advocate)
    assert strangers[0] not in response.text


async def test_a_template_of_someone_else_is_not_there(sqlite_cast: Cast, desk: Browser, browse: SignIn) -> None:
    await save_template(desk, visibility="named", committee=sqlite_cast.committees["services"])
    address = str((await begin_with_template(desk)).request.url)
    chair = await browse(sqlite_cast.caht_lead)
    assert (await chair.get(address)).status_code == 404
    assert "There are no templates yet." in (await chair.get(PATH)).text


async def test_a_template_without_a_name_is_refused_at_its_field(desk: Browser) -> None:
    response = await save_template(desk, template_name=" ")
    assert response.status_code == 422
    assert 'href="#f-template-name"' in response.text
    assert form_with(response.text, "/events")["title"] == ["Core group"]


async def test_a_template_is_removed_by_a_button_in_its_row(desk: Browser) -> None:
    await save_template(desk)
    match = re.search(r'action="(/schedule/templates/[0-9a-f-]+/removal)"', (await desk.get(PATH)).text)
    assert match
    assert (await desk.post(match[1])).headers["location"] == PATH
    assert "There are no templates yet." in (await desk.get(PATH)).text


async def test_who_schedules_nothing_has_no_templates(sqlite_cast: Cast, browse: SignIn) -> None:
    detective = await browse(sqlite_cast.kcpd_detective)
    assert (await detective.get(PATH)).status_code == 403
    assert (await detective.post(PATH, {"template_name": "Core"})).status_code == 403
