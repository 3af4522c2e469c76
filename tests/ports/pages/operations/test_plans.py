"""The pages of a plan: its parts, who has access, and notices of readiness."""

import re
from uuid import UUID

import pytest
from msgspec import Struct

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import form_with
from tests.usecases.operations.world import (
    BEGINS,
    B,
    approve_bluestem,
    end_operation,
    insert_compared_places,
    plan_operation,
    submit_bluestem,
)
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.readiness import NoticeState
from tracker.rules.roster.coordinates import Coordinates
from tracker.rules.roster.meetings import ConfidentialSiteFacts, MeetingSiteFacts
from tracker.usecases.events.scheduling import cancel_event, event_seen_by, schedule_event
from tracker.usecases.operations import plans, readiness
from tracker.usecases.operations.states import operation_for
from tracker.usecases.roster import agencies
from tracker.usecases.roster.agencies import add_meeting_site

KEY = "2027-01-16"
VERSION = re.compile(r'name="version" value="(\d+)"')
SITE = {"role": "target", "place": "North lot", "coordinates": "39.0911, -94.4155", "radius": "1320"}


class Page(Struct, frozen=True):
    """The plan of one event in the browser of one person."""

    browser: Browser
    at: str

    async def text(self) -> str:
        return (await self.browser.get(self.at)).text

    async def post(self, tail: str, **form: str) -> int:
        """Send a form of the page as it is now."""
        shown = VERSION.search(await self.text())
        form = {"version": shown[1] if shown else ""} | form
        return (await self.browser.post(f"{self.at}{tail}", form)).status_code


async def plan_page_of(browse: SignIn, viewer: Viewer, event_id: UUID) -> Page:
    return Page(await browse(viewer), f"/events/{event_id}/{KEY}/plan")


async def schedule_bluestem(two: Cast) -> UUID:
    return await schedule_event(two.fbi_lead, operation(two.fbi_alternate, two.kcpd_detective), NOW)


async def test_a_lead_starts_a_plan_and_adds_a_site_that_is_on_the_map(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    assert "This operation has no plan yet." in await page.text()
    assert await page.post("") == 303
    assert await page.post("/sites", **SITE) == 303
    shown = await page.text()
    assert "North lot" in shown
    assert 'aria-label="Map of 1 site, north on top.' in shown


async def test_the_plan_names_the_places_of_its_off_site_services_without_their_addresses(
    two: Cast, browse: SignIn
) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await plan_operation(two.fbi_lead, two.hsi_liaison))
    secret = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="", is_open=True)
    site_id = await agencies.add_confidential_site(two.harbor_advocate, secret, NOW)
    assert "Partner location 2" not in await page.text()
    await readiness.add_off_site_place(two.fbi_lead, UUID(page.at.split("/")[2]), site_id, NOW)
    shown = await page.text()
    assert "Partner location 2" in shown
    assert "Elm" not in shown


async def test_the_version_of_a_plan_is_not_counted_for_people_while_it_is_a_draft(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    assert not re.search(r"Version \d", await page.text())
    planned = await plan_page_of(browse, two.fbi_lead, await plan_operation(two.fbi_lead, two.hsi_liaison))
    assert re.search(r"Version \d", await planned.text())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"coordinates": "north of the river"}, "Enter latitude and longitude, like 39.0911, -94.4155."),
        ({"coordinates": "-94.4155, 39.0911"}, "Enter the latitude first, like 39.0911, -94.4155."),
        ({"radius": "12"}, "Enter a radius from 50 to 52,800 feet."),
        ({"place": ""}, "Enter the place in up to 200 characters."),
        ({"role": "lair"}, "Choose what the site is for."),
    ],
)
async def test_a_site_that_cannot_be_kept_is_refused_at_its_field_with_what_was_typed(
    two: Cast, browse: SignIn, wrong: dict[str, str], sentence: str
) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    refused = await page.browser.post(f"{page.at}/sites", SITE | {"place": "South lot"} | wrong)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert ("South lot" in refused.text) == ("place" not in wrong)


async def test_coordinates_outside_of_the_region_are_asked_about_and_the_place_that_is_meant_is_saved(
    two: Cast, browse: SignIn
) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    without_sign = SITE | {"coordinates": "39.0911, 94.4155"}
    asked = await page.browser.post(f"{page.at}/sites", without_sign)
    assert asked.status_code == 422
    assert "39.0911, 94.4155 is outside of the task force’s region. Did you mean 39.0911, -94.4155?" in asked.text
    assert 'value="39.0911, 94.4155"' in asked.text
    answer = {"asked_about": "39.0911, 94.4155", "meant": "39.0911, -94.4155"}
    assert (await page.browser.post(f"{page.at}/sites", without_sign | answer)).status_code == 303
    assert "39.0911, -94.4155" in await page.text()


async def test_a_place_that_is_outside_of_the_region_is_saved_once_that_is_said(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    abroad = {"coordinates": "48.8566, 2.3522"}
    answer = {"asked_about": "48.8566, 2.3522", "meant": "48.8566, 2.3522"}
    assert await page.post("/sites", **SITE | abroad | answer) == 303
    assert "48.8566, 2.3522" in await page.text()


async def test_an_answer_about_coordinates_does_not_count_for_others(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    answer = {"asked_about": "48.8566, 2.3522", "meant": "48.8566, 2.3522"}
    assert await page.post("/sites", **SITE | {"coordinates": "39.0911, 94.4155"} | answer) == 422


async def test_a_saved_site_says_how_far_the_nearest_known_place_is_and_only_a_compared_one_that_it_was_compared(
    two: Cast, browse: SignIn
) -> None:
    facts = MeetingSiteFacts(
        name="Academy",
        address="",
        capacity=None,
        equipment="",
        is_open=True,
        coordinates=Coordinates(39_120_000, -94_415_500),
    )
    await agencies.add_meeting_site(two.administrator, facts, NOW, NOW)
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    await page.post("/sites", **SITE)
    shown = await page.text()
    assert "North lot added. 2.0 miles from Academy." in shown
    assert "checked again" not in shown
    assert ">Academy</text>" in shown
    await page.post("/states", to="planning")
    await page.post("/sites", **SITE | {"place": "South lot"})
    assert "South lot added. 2.0 miles from Academy. The plan was checked again for conflicts." in await page.text()


async def test_a_site_is_edited_in_a_form_that_says_what_saving_ends(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await plan_operation(two.fbi_lead, two.hsi_liaison))
    [edit] = re.findall(r"/plan(/sites/[^/]+/edit)", await page.text())
    form = (await page.browser.get(f"{page.at}{edit}")).text
    assert "Another place, purpose, or radius ends the deconfliction number." in form
    [version] = re.findall(r'name="version" value="(\d+)"', form)
    wanted = SITE | {"place": "Lot by the river", "version": version}
    assert (await page.browser.post(f"{page.at}{edit}", wanted)).status_code == 303
    assert "Lot by the river saved." in await page.text()
    outdated = await page.browser.post(f"{page.at}{edit}", wanted | {"place": "Elsewhere"})
    assert (outdated.status_code, 'value="Elsewhere"' in outdated.text) == (422, True)


async def test_a_site_has_no_form_for_people_who_cannot_change_the_plan(two: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    page = await plan_page_of(browse, two.fbi_lead, event_id)
    [edit] = re.findall(r"/plan(/sites/[^/]+/edit)", await page.text())
    other = await plan_page_of(browse, two.hsi_liaison, event_id)
    assert (await other.browser.get(f"{other.at}{edit}")).status_code == 404
    assert edit not in await other.text()


async def test_the_page_of_an_operation_starts_its_plan_for_those_who_lead_it(two: Cast, browse: SignIn) -> None:
    event_id = await schedule_bluestem(two)
    at = f"/events/{event_id}/{KEY}"
    lead, detective = await browse(two.fbi_lead), await browse(two.kcpd_detective)
    assert ">Start the plan</button>" in (await lead.get(at)).text
    assert "Start the plan" not in (await detective.get(at)).text
    assert (await lead.post(f"{at}/plan", {})).headers["location"] == f"{at}/plan"
    assert "Start the plan" not in (await lead.get(at)).text


async def test_an_empty_site_form_says_what_is_missing_at_each_field(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    refused = await page.browser.post(f"{page.at}/sites", SITE | {"place": " ", "coordinates": "", "radius": ""})
    assert refused.status_code == 422
    assert re.findall(r'<a href="#f-(\w+)"', refused.text) == ["place", "coordinates", "radius"]


@pytest.mark.parametrize("place", ["Lot north", "500 Larkspur Ln", " lot north, 500 larkspur ln"])
async def test_a_known_place_needs_no_coordinates(two: Cast, browse: SignIn, place: str) -> None:
    known = MeetingSiteFacts(
        name="Lot north",
        address="500 Larkspur Ln",
        capacity=None,
        equipment="",
        is_open=True,
        coordinates=Coordinates(39_096_800, -94_418_500),
    )
    await add_meeting_site(two.coordinator, known, NOW, NOW)
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    assert 'value="Lot north, 500 Larkspur Ln"' in await page.text()
    assert await page.post("/sites", **SITE | {"place": place, "coordinates": ""}) == 303
    assert "39.0968, -94.4185" in await page.text()


async def test_an_unknown_place_needs_coordinates(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    refused = await page.browser.post(f"{page.at}/sites", SITE | {"coordinates": ""})
    assert (refused.status_code, "Enter latitude and longitude, like 39.0911, -94.4155." in refused.text) == (422, True)


async def test_the_page_says_what_is_in_the_way_of_the_next_step(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    assert "Add a site first." in await page.text()
    await page.post("/sites", **SITE)
    assert "Move to planning" in await page.text()
    await page.post("/states", to="planning")
    assert "Name the approving supervisor first." in await page.text()


async def test_a_plan_goes_from_its_first_site_to_approval(two: Cast, browse: SignIn) -> None:
    event_id = await schedule_bluestem(two)
    lead = await plan_page_of(browse, two.fbi_lead, event_id)
    await lead.post("")
    await lead.post("/sites", **SITE)
    await lead.post("/states", to="planning")
    await lead.post("/basics", supervisor=str(two.fbi_alternate.member_id), disclosure="contact_only", buffer="60")
    await lead.post("/states", to="submitted")
    when = {"submitted_on": "2026-12-14", "submitted_at": "16:30"}
    await lead.post("/clearances", system="rissafe", number="RS-1042", result="no_conflict", **when)
    assert re.search(r"RS-1042</b>:\s+no conflict.*Dec 14[^<]*4:30 PM", await lead.text(), re.DOTALL)
    other = await plan_page_of(browse, two.kcpd_detective, event_id)
    await other.post("/commitments", agency=str(two.agencies["KCPD"]), people="4", vehicles="2", skills="K-9")
    supervisor = await plan_page_of(browse, two.fbi_alternate, event_id)
    await supervisor.post("/states", to="approved")
    assert "<b>Approved</b>" in await lead.text()
    assert "Not every agency has acknowledged" in await lead.text()
    await other.post("/acknowledgments")
    await lead.post("/states", to="briefed")
    assert "<b>Briefed</b>" in await lead.text()


def card_of(page: str) -> str:
    """Return the card that opens the plan, its spaces as one."""
    return " ".join(page.partition('id="next-step"')[2].partition("</section>")[0].split())


async def test_a_plan_opens_with_a_card_that_says_what_the_next_button_does_and_what_is_missing(
    two: Cast, browse: SignIn
) -> None:
    page = await plan_page_of(browse, two.fbi_lead, event_id := await schedule_bluestem(two))
    await page.post("")
    assert '<li>Add a site first. <a href="#add-site">Add a site</a>' in card_of(await page.text())
    await page.post("/sites", **SITE)
    await page.post("/states", to="planning")
    await page.post("/basics", supervisor=str(two.fbi_alternate.member_id), disclosure="contact_only", buffer="60")
    card = card_of(await page.text())
    assert "The deconfliction number is missing." in card
    assert '<a href="#record-number">Record a number</a>' in card
    assert "1 person gets an email: Fbi alternate (FBI)." in card
    assert card.index("Submit for approval</button>") < card.index("<summary>Stand down</summary>")
    await page.post("/states", to="submitted")
    shown = await page.text()
    assert "Plan submitted for approval. 1 person gets an email: Fbi alternate (FBI)." in shown
    assert "Waiting for Fbi alternate (FBI) to approve the plan." in card_of(shown)
    supervisor = card_of(await (await plan_page_of(browse, two.fbi_alternate, event_id)).text())
    assert '<a href="#waive">' in supervisor
    assert ">Approve</button>" not in supervisor


async def test_the_supervisor_reads_at_the_button_that_the_outside_system_has_not_answered(
    two: Cast, browse: SignIn
) -> None:
    event_id = await submit_bluestem(two)
    waived = "The flight leaves in an hour."
    supervisor = await plan_page_of(browse, two.fbi_alternate, event_id)
    await supervisor.post("/waivers", waiver=waived)
    card = card_of(await supervisor.text())
    assert f"The deconfliction number was waived: {waived}" in card
    assert "1 person gets an email: Fbi lead" in card
    await supervisor.post("/states", to="approved")
    assert "Plan approved. 1 person gets an email: Fbi lead" in await supervisor.text()


async def test_beginning_and_releasing_say_before_and_after_who_never_checked_in(two: Cast, browse: SignIn) -> None:
    event_id = await approve_bluestem(two)
    clock.start_at(BEGINS, is_still=True)
    lead = await plan_page_of(browse, two.fbi_lead, event_id)
    await lead.post("/states", to="briefed")
    assert "3 of 3 people haven’t checked in." in card_of(await lead.text())
    await lead.post("/states", to="executing")
    assert "The operation has begun. 3 of 3 people haven’t checked in. No one gets an email." in await lead.text()
    tap = {"person": str(two.fbi_lead.member_id), "tap": "1", "was": "expected", "status": "in"}
    await lead.browser.post(f"{lead.at}/check-in/taps", tap)
    assert f'<a href="{lead.at}/check-in">' in card_of(await lead.text())
    await lead.browser.post(f"{lead.at}/check-in/taps", tap | {"was": "in", "tap": "2", "status": "out"})
    names = "2 never checked in: Fbi alternate (FBI), Kcpd detective (KCPD)."
    card = card_of(await lead.text())
    assert "1 of 1 person who checked in is out." in card
    assert names in card
    assert ">Mark as released</button>" in card
    await lead.post("/states", to="released")
    said = f"1 of 1 person who checked in is out. {names} Operation marked as released. No one gets an email."
    assert said in await lead.text()


async def test_an_open_conflict_is_above_the_plan_until_it_is_decided(two: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    shown = await (await plan_page_of(browse, two.fbi_lead, event_id)).text()
    assert shown.index("1 conflict to decide") < shown.index('id="next-step"')
    assert '<a href="#conflicts-h">Decide</a>' in shown.partition('id="next-step"')[0]


async def test_an_outdated_form_keeps_what_was_typed_and_can_be_sent_again(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, await schedule_bluestem(two))
    await page.post("")
    form = {"disclosure": "silent", "buffer": "45"}
    refused = await page.browser.post(f"{page.at}/basics", {"version": "7"} | form)
    assert (refused.status_code, 'value="45"' in refused.text) == (422, True)
    assert "The plan has changed since you opened it." in refused.text
    [version] = re.findall(r'name="version" value="(\d+)"', refused.text.partition("/plan/basics")[2])[:1]
    assert (await page.browser.post(f"{page.at}/basics", {"version": version} | form)).status_code == 303


async def test_a_conflict_shows_whom_to_call_and_takes_a_decision(two: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    page = await plan_page_of(browse, two.fbi_lead, event_id)
    shown = await page.text()
    assert "Call Kcpd alternate (KCPD)" in shown
    assert "Operation Larkspur" not in shown
    conflict = shown.partition("/plan/conflicts/")[2].partition("/")[0]
    refused = await page.browser.post(f"{page.at}/conflicts/{conflict}/decisions", {"decision": "proceed"})
    assert (refused.status_code, "Say in one sentence why, or what you agreed." in refused.text) == (422, True)
    assert await page.post(f"/conflicts/{conflict}/decisions", decision="proceed", reason="Channel 2.") == 303
    assert "Both proceed, with coordination." in await page.text()


async def test_each_of_two_conflicts_has_fields_of_its_own_and_an_error_leads_to_the_one_that_was_sent(
    two: Cast, browse: SignIn
) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    for title in ("Operation Larkspur", "Operation Foxglove"):
        await plan_operation(two.kcpd_alternate, two.ipd_liaison, title=title, at=B)
    page = await plan_page_of(browse, two.fbi_lead, event_id)
    for conflict in set(re.findall(r"/plan/conflicts/([^/]+)/decisions", await page.text())):
        refused = await page.browser.post(f"{page.at}/conflicts/{conflict}/decisions", {"decision": "proceed"})
        ids = re.findall(r' id="(f-[^"]+)"', refused.text)
        assert len(ids) == len(set(ids))
        sent = refused.text.partition(f"/conflicts/{conflict}/decisions")[2].partition("</form>")[0]
        assert 'href="#f-reason"' in refused.text
        assert 'id="f-reason"' in sent


async def test_a_waiver_without_a_reason_is_refused_at_its_field(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, event_id := await schedule_bluestem(two))
    await page.post("")
    await page.post("/basics", supervisor=str(two.fbi_alternate.member_id), disclosure="contact_only", buffer="60")
    supervisor = await plan_page_of(browse, two.fbi_alternate, event_id)
    refused = await supervisor.browser.post(f"{supervisor.at}/waivers", {"waiver": " ", "version": "2"})
    form = refused.text.partition("/plan/waivers")[2]
    assert (refused.status_code, "Give the reason in up to 500 characters." in form) == (422, True)
    assert 'href="#f-waiver"' in refused.text


async def test_a_waiver_on_a_page_from_before_a_change_is_not_recorded(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, event_id := await schedule_bluestem(two))
    await page.post("")
    await page.post("/basics", supervisor=str(two.fbi_alternate.member_id), disclosure="contact_only", buffer="60")
    supervisor = await plan_page_of(browse, two.fbi_alternate, event_id)
    stale = await supervisor.browser.post(f"{supervisor.at}/waivers", {"waiver": "No time.", "version": "1"})
    assert "The plan has changed since you opened it." in stale.text
    assert (await operation_for(two.fbi_lead, event_id)).clearance is None


async def test_a_supervisor_reads_what_is_missing_and_not_that_others_lead(two: Cast, browse: SignIn) -> None:
    page = await plan_page_of(browse, two.fbi_lead, event_id := await schedule_bluestem(two))
    await page.post("")
    await page.post("/basics", supervisor=str(two.fbi_alternate.member_id), disclosure="contact_only", buffer="60")
    supervisor = await plan_page_of(browse, two.fbi_alternate, event_id)
    shown = await supervisor.text()
    assert "Add a site first." in shown
    assert "can do this." not in shown
    await page.post("/sites", **SITE)
    shown = await supervisor.text()
    assert "Move to planning" not in shown
    assert re.search(r"<ul[^>]*>\s*</ul>", shown) is None


async def test_a_canceled_operation_offers_no_way_back_to_planning(two: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    page = await plan_page_of(browse, two.fbi_lead, event_id)
    await page.post("/states", to="stood_down")
    assert "Return to planning" in await page.text()
    await cancel_event(two.fbi_lead, event_id, (await event_seen_by(two.fbi_lead, event_id)).version, "", NOW)
    assert "Return to planning" not in await page.text()


async def test_the_officer_sees_where_and_when_both_are_and_no_content(two: Cast, browse: SignIn) -> None:
    await plan_operation(two.fbi_lead, two.hsi_liaison)
    await plan_operation(two.kcpd_alternate, two.ipd_liaison, title="Operation Larkspur", at=B)
    officer = await browse(two.coordinator)
    shown = (await officer.get("/deconfliction")).text
    assert "FBI and KCPD, 873 feet apart" in shown or "KCPD and FBI, 873 feet apart" in shown
    assert "39.0925, -94.413" in shown
    assert [word for word in ("Bluestem", "Larkspur", "A lot") if word in shown] == []
    assert "/deconfliction" in (await officer.get("/admin")).text


@pytest.mark.parametrize("name", ["fbi_lead", "caht_lead", "administrator", "auditor"])
async def test_no_one_else_learns_that_there_is_a_page_of_conflicts(two: Cast, browse: SignIn, name: str) -> None:
    browser = await browse(two.members[name])
    refused, missing = await browser.get("/deconfliction"), await browser.get("/nothing-there")
    assert (refused.status_code, refused.content) == (404, missing.content)


async def test_a_meeting_and_a_series_have_no_plan(two: Cast, browse: SignIn) -> None:
    event_id = await schedule_event(two.coordinator, meeting(two.fbi_lead), NOW)
    browser = await browse(two.coordinator)
    assert (await browser.get(f"/events/{event_id}/2027-01-12/plan")).status_code == 404


async def test_a_site_beyond_the_limit_of_comparisons_is_refused_with_what_was_typed(two: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    await insert_compared_places(two.fbi_lead, 100)
    page = await plan_page_of(browse, two.fbi_lead, event_id)
    refused = await page.browser.post(f"{page.at}/sites", SITE | {"place": "South lot"})
    assert (refused.status_code, "South lot" in refused.text) == (422, True)
    assert "You have had 100 sites compared with other operations in an hour, which is the limit." in refused.text
    shown = (await (await browse(two.coordinator)).get("/deconfliction")).text
    assert re.search(r"Fbi lead \(FBI\).*101</td>", shown, re.DOTALL)


APPROVAL = re.compile(r'action="(/events/[^"]+/approval)"')


async def plan_bluestem(two: Cast) -> UUID:
    return await plan_operation(two.fbi_lead, two.hsi_liaison, two.kcpd_detective)


def access_page(event_id: UUID) -> str:
    return f"/events/{event_id}/2027-01-16/plan/access"


async def request_access(desk: Browser, two: Cast, event_id: UUID) -> str:
    """Ask for access of the lead of victim services, and return what the page says then."""
    form = {"person": str(two.caht_lead.member_id), "reason": "She arranges the interpreters."}
    return (await desk.get(str((await desk.post(access_page(event_id), form)).headers["location"]))).text


async def test_the_page_shows_since_when_and_through_whom_each_person_sees_it(two: Cast, browse: SignIn) -> None:
    event_id = await plan_bluestem(two)
    desk = await browse(two.fbi_lead)
    await desk.post(
        access_page(event_id), {"person": str(two.ipd_liaison.member_id), "reason": "Perimeter on the south side."}
    )
    page = (await desk.get(access_page(event_id))).text
    for words in ("Ipd liaison (IPD)", "Perimeter on the south side.", "Leads the operation"):
        assert words in page


async def test_a_request_waits_and_a_second_person_approves_it(two: Cast, browse: SignIn) -> None:
    event_id = await plan_bluestem(two)
    page = await request_access(await browse(two.fbi_lead), two, event_id)
    assert "They see nothing, and get no email, until a second person" in page
    assert "No one on the operation can approve it yet." not in page
    assert not APPROVAL.search(page)
    advocate = await browse(two.caht_lead)
    assert (await advocate.get(access_page(event_id))).status_code == 404
    second = await browse(two.hsi_liaison)
    button = APPROVAL.search((await second.get(access_page(event_id))).text)
    assert button
    await second.post(button[1], {})
    assert (await advocate.get(access_page(event_id))).status_code == 200


async def test_a_request_that_no_one_on_the_operation_can_approve_says_so(two: Cast, browse: SignIn) -> None:
    event_id = await plan_operation(two.fbi_lead, two.hsi_liaison)
    desk = await browse(two.fbi_lead)
    await desk.post(f"{access_page(event_id)}/people/{two.hsi_liaison.member_id}/removal", {})
    page = await request_access(desk, two, event_id)
    assert "No one on the operation can approve it yet." in page


async def test_victim_services_without_a_reason_is_refused_at_the_field(two: Cast, browse: SignIn) -> None:
    event_id = await plan_bluestem(two)
    desk = await browse(two.fbi_lead)
    refused = await desk.post(access_page(event_id), {"person": str(two.caht_lead.member_id), "reason": ""})
    assert refused.status_code == 422
    assert "Say why this person needs to know." in refused.text
    assert 'value="Caht lead (CAHT)"' in refused.text


async def test_a_removed_person_gets_not_found_with_the_next_request(two: Cast, browse: SignIn) -> None:
    event_id = await plan_bluestem(two)
    gone = await browse(two.kcpd_detective)
    assert (await gone.get(access_page(event_id))).status_code == 200
    desk = await browse(two.fbi_lead)
    await desk.post(f"{access_page(event_id)}/people/{two.kcpd_detective.member_id}/removal", {})
    assert (await gone.get(access_page(event_id))).status_code == 404


async def test_someone_who_does_not_lead_it_sees_only_their_own_access(two: Cast, browse: SignIn) -> None:
    event_id = await plan_bluestem(two)
    page = (await (await browse(two.hsi_liaison)).get(access_page(event_id))).text
    assert "Your access" in page
    assert "Kcpd detective" not in page


TYPED = {
    "starts": "2027-01-15",
    "starts_at": "20:00",
    "ends": "2027-01-17",
    "ends_at": "02:00",
    "fewest": "3",
    "most": "6",
    "minors": "unknown",
    "needs": "Beds for one night",
    "contact": "Duty desk, 816-555-0100",
}


@pytest.fixture
async def planned_bluestem(sqlite_cast: Cast) -> UUID:
    return await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison)


def readiness_page(event_id: UUID) -> str:
    return f"/events/{event_id}/{KEY}/plan/readiness"


def notice_form(cast: Cast) -> dict[str, str]:
    return TYPED | {"recipient": str(cast.caht_lead.member_id)}


async def test_a_refused_notice_is_shown_again_with_what_was_typed(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    refused = await lead.post(
        readiness_page(planned_bluestem), notice_form(sqlite_cast) | {"ends": "2027-01-15", "ends_at": "21:00"}
    )
    assert (refused.status_code, "Make the window at least 4 hours long." in refused.text) == (422, True)
    assert "Beds for one night</textarea>" in refused.text
    assert (await lead.post(readiness_page(planned_bluestem), notice_form(sqlite_cast))).status_code == 303


async def test_recipients_are_found_by_words_one_after_another(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    several = await lead.post(
        readiness_page(planned_bluestem), notice_form(sqlite_cast) | {"more": "", "more_words": "caht"}
    )
    assert (several.status_code, "More than one person matches." in several.text) == (422, True)
    assert f'value="{sqlite_cast.caht_lead.member_id}" checked' in several.text
    assert 'value="caht"' in several.text
    refused = await lead.post(
        readiness_page(planned_bluestem), notice_form(sqlite_cast) | {"more_words": "harbor advocate", "ends": "soon"}
    )
    assert f'value="{sqlite_cast.harbor_advocate.member_id}" checked' in refused.text
    await lead.post(readiness_page(planned_bluestem), notice_form(sqlite_cast) | {"more_words": "harbor advocate"})
    view = await readiness.readiness_view(sqlite_cast.fbi_lead, planned_bluestem, KEY)
    assert view.current
    assert {one.name for one in view.current.recipients} == {"Caht lead", "Harbor advocate"}


async def test_words_that_find_no_recipient_say_whom_the_lead_can_choose(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    refused = await lead.post(readiness_page(planned_bluestem), notice_form(sqlite_cast) | {"more_words": "auditor"})
    assert "You can choose people of victim services whom you know from an event or a committee." in refused.text


async def test_a_notice_that_is_due_says_that_it_goes_out_now(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    lead, page = await browse(sqlite_cast.fbi_lead), readiness_page(planned_bluestem)
    await lead.post(page, notice_form(sqlite_cast) | {"release": "2026-12-01", "release_at": "09:00"})
    view = await readiness.readiness_view(sqlite_cast.fbi_lead, planned_bluestem, KEY)
    assert view.current
    await lead.post(f"{page}/{view.current.id}/states", {"to": "scheduled"})
    assert "The notice is released within a minute" in (await lead.get(page)).text


async def test_a_text_stays_readable_when_another_person_has_scheduled_the_draft_meanwhile(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    await lead.post(readiness_page(planned_bluestem), notice_form(sqlite_cast))
    view = await readiness.readiness_view(sqlite_cast.fbi_lead, planned_bluestem, KEY)
    assert view.current
    await readiness.change_notice_state(
        sqlite_cast.fbi_lead, planned_bluestem, view.current.id, NoticeState.SCHEDULED, NOW
    )
    refused = await lead.post(
        readiness_page(planned_bluestem), notice_form(sqlite_cast) | {"needs": "A female interpreter"}
    )
    assert (refused.status_code, "This operation has a notice already." in refused.text) == (422, True)
    assert "A female interpreter</textarea>" in refused.text


async def test_nothing_is_offered_that_an_operation_refuses_once_it_is_over(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    facts = ConfidentialSiteFacts(name="Partner location 2", address="12 Elm St", directions="Ring twice")
    await agencies.add_confidential_site(sqlite_cast.harbor_advocate, facts, NOW)
    lead = await browse(sqlite_cast.fbi_lead)
    before = (await lead.get(readiness_page(planned_bluestem))).text
    assert ("Write a notice" in before, "Add place" in before) == (True, True)
    [place] = (await readiness.readiness_view(sqlite_cast.fbi_lead, planned_bluestem, KEY)).places
    await readiness.add_off_site_place(sqlite_cast.fbi_lead, planned_bluestem, place.id, NOW)
    await end_operation(sqlite_cast.fbi_lead, planned_bluestem)
    after = (await lead.get(readiness_page(planned_bluestem))).text
    assert [one for one in ("Write a notice", "Add place", "/removal", "can write one") if one in after] == []
    assert "There is no notice." in after
    assert (await lead.post(readiness_page(planned_bluestem), notice_form(sqlite_cast))).status_code == 422


async def test_other_people_of_the_operation_cannot_write_a_notice(
    sqlite_cast: Cast, planned_bluestem: UUID, browse: SignIn
) -> None:
    other = await browse(sqlite_cast.hsi_liaison)
    assert "Write a notice" not in (await other.get(readiness_page(planned_bluestem))).text
    assert (await other.post(readiness_page(planned_bluestem), notice_form(sqlite_cast))).status_code == 403


async def test_a_plan_that_changed_after_its_approval_says_which_version_was_approved(
    two: Cast, browse: SignIn
) -> None:
    bluestem = await approve_bluestem(two)
    version = (await operation_for(two.fbi_lead, bluestem)).version
    page = await plan_page_of(browse, two.fbi_lead, bluestem)
    assert "was approved; this is" not in await page.text()
    await plans.choose_operation_kind(two.fbi_lead, bluestem, "Arrest", ("Arrest",), NOW)
    assert f"Version {version} was approved; this is version {version + 1}." in await page.text()


async def test_a_move_says_before_and_after_saving_that_the_plan_returns_to_planning(two: Cast, browse: SignIn) -> None:
    bluestem = await approve_bluestem(two)
    browser, address = await browse(two.fbi_lead), f"/events/{bluestem}/edit"
    form = form_with((await browser.get(address)).text, address, date="2027-01-17", save="send")
    preview = await browser.post("/schedule/summary", form)
    await browser.post(address, form)
    for page in (preview, await browser.get(f"/events/{bluestem}/2027-01-17")):
        assert "The plan returns to planning, because the time moved beyond its buffer" in page.text
        assert "You get an email about this." in page.text
