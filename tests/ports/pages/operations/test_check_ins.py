"""The day of an operation on pages: check-ins, what Home says, and the activity log."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import text_at
from tests.usecases.operations.world import NOTICE_TEXT, begin_execution, end_operation, let_in, plan_operation
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.readiness import NoticeState
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations import access, approvals, plans, readiness
from tracker.usecases.operations.plans import PlanBasics

FIVE = datetime(2027, 1, 16, 11, tzinfo=UTC)
HTMX = {"headers": {"HX-Request": "true"}}


class List(Struct, frozen=True):
    """The check-in list of an operation in one person's browser."""

    browser: Browser
    at: str

    async def text(self, tail: str = "") -> str:
        return " ".join((await self.browser.get(self.at + tail)).text.split())

    async def tap(self, person: Viewer, status: str, was: str = "expected", **kwargs: Any) -> httpx.Response:
        form = {"person": str(person.member_id), "status": status, "was": was, "tap": f"{status}-{was}"}
        return await self.browser.post(f"{self.at}/taps", form, **kwargs)


@pytest.fixture
async def event_id(sqlite_cast: Cast) -> UUID:
    cast = sqlite_cast
    event_id = await plan_operation(cast.fbi_lead, cast.fbi_alternate, cast.hsi_liaison, cast.kcpd_detective)
    await let_in(cast.fbi_lead, cast.hsi_liaison, event_id, cast.caht_lead)
    return event_id


async def check_in_list_of(browse: SignIn, viewer: Viewer, event_id: UUID) -> List:
    clock.start_at(FIVE, is_still=True)
    return List(await browse(viewer), f"/events/{event_id}/2027-01-16/plan/check-in")


async def test_a_tap_without_scripts_leads_back_with_an_undo(sqlite_cast: Cast, browse: SignIn, event_id: UUID) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    response = await check_ins.tap(sqlite_cast.hsi_liaison, "in")
    assert response.status_code == 303
    assert response.headers["location"].endswith(f"#p-{sqlite_cast.hsi_liaison.member_id}")
    page = " ".join((await check_ins.browser.get(response.headers["location"])).text.split())
    assert "Hsi liaison (HSI): checked in at 5:00 AM." in page
    row = page.partition('name="row" value="')[2].partition('"')[0]
    await check_ins.browser.post(f"{check_ins.at}/undo", {"row": row})
    assert '<b class="nums">0</b> here now' in await check_ins.text()


async def test_a_tap_with_scripts_answers_with_the_line_and_the_counts(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    response = await check_ins.tap(sqlite_cast.hsi_liaison, "in", **HTMX)
    text = " ".join(response.text.split())
    assert f'<li id="p-{sqlite_cast.hsi_liaison.member_id}">' in text
    assert "In 5:00 AM" in text
    assert "1</b> here now" in text
    assert "<h1>" not in text


async def test_check_in_starts_with_the_own_button_which_becomes_the_one_to_check_out(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.kcpd_detective, event_id)
    page = await check_ins.text()
    assert 0 < page.index(">Check me in</button>") < page.index('<ul class="tt-att">')
    response = await check_ins.tap(sqlite_cast.kcpd_detective, "in", **HTMX)
    own = " ".join(response.text.split()).partition('id="me-in"')[2].partition("</form>")[0]
    assert "You’ve been in since 5:00 AM." in own
    assert ">Check me out</button>" in own


async def test_there_is_no_own_button_for_people_who_are_not_on_the_list(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.coordinator, event_id)
    assert "Check me in" not in await check_ins.text()


async def test_each_agency_is_counted(sqlite_cast: Cast, browse: SignIn, event_id: UUID) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    for person in (sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate):
        await check_ins.tap(person, "in")
    await check_ins.tap(sqlite_cast.fbi_lead, "out", "in")
    assert f'id="n-{sqlite_cast.agencies["FBI"]}">1 here, 1 out<' in await check_ins.text()
    assert "1</b> here now" in await check_ins.text("/count")


async def test_people_have_buttons_for_those_whom_they_may_check_in(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    lead = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    assert (await lead.text()).partition('id="roll"')[2].count('name="person"') == 4
    liaison = await check_in_list_of(browse, sqlite_cast.hsi_liaison, event_id)
    assert (await liaison.text()).partition('id="roll"')[2].count('name="person"') == 1
    assert (await liaison.tap(sqlite_cast.fbi_lead, "in")).status_code == 403


async def test_victim_services_on_the_operation_find_neither_the_page_nor_its_link(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.caht_lead, event_id)
    assert (await check_ins.browser.get(check_ins.at)).status_code == 404
    plan = await check_ins.browser.get(check_ins.at.removesuffix("/check-in"))
    assert (plan.status_code, "check-in" in plan.text.lower()) == (200, False)


async def test_a_walk_in_without_a_name_is_refused_with_what_was_typed(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    refused = await check_ins.browser.post(
        f"{check_ins.at}/walk-ins", {"name": "", "agency": "other", "contact": "Channel 2"}
    )
    assert (refused.status_code, "Enter the name of the person who came." in refused.text) == (422, True)
    assert 'value="Channel 2"' in refused.text
    form = {"name": "Trooper", "agency": "other", "agency_name": "MSHP", "contact": "Channel 2"}
    assert (await check_ins.browser.post(f"{check_ins.at}/walk-ins", form)).status_code == 303
    assert "Trooper" in await check_ins.text()


async def test_times_are_corrected_on_the_clock_of_the_operation(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    clock.start_at(FIVE + timedelta(minutes=20), is_still=True)
    await check_ins.tap(sqlite_cast.hsi_liaison, "in")
    person = f"/people/{sqlite_cast.hsi_liaison.member_id}"
    page = await check_ins.text(person)
    assert 'value="2027-01-16T05:20"' in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    wrong = {"time_in": "2027-01-16T05:50", "time_out": "noon", "seen": seen}
    refused = await check_ins.browser.post(check_ins.at + person, wrong)
    assert (refused.status_code, "Enter the day and time, like 2027-05-15 05:00." in refused.text) == (422, True)
    odd = await check_ins.browser.post(check_ins.at + person, wrong | {"time_in": "2017-01-16T05:50", "time_out": ""})
    assert (odd.status_code, "more than 30 days ago. Check the date." in odd.text) == (422, True)
    form = {"time_in": "2027-01-16 05:10", "time_out": "", "assignment": "Perimeter", "seen": seen}
    assert (await check_ins.browser.post(check_ins.at + person, form)).status_code == 303
    assert "In 5:10 AM" in await check_ins.text()
    stale = await check_ins.browser.post(check_ins.at + person, form | {"assignment": "Entry"})
    assert (stale.status_code, "Someone changed this since you opened it." in stale.text) == (422, True)
    assert 'value="Entry"' in stale.text


async def test_the_page_says_what_the_last_check_out_after_a_release_does(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    cast = sqlite_cast
    await begin_execution(cast, event_id)
    check_ins = await check_in_list_of(browse, cast.fbi_lead, event_id)
    await check_ins.tap(cast.hsi_liaison, "in")
    assert "When the last person checks out, the operation is marked released." in await check_ins.text()
    refused = await check_ins.browser.post(f"{check_ins.at}/release", {"minutes": "soon"})
    assert (refused.status_code, 'value="soon"' in refused.text) == (422, True)
    assert (await check_ins.browser.post(f"{check_ins.at}/release", {"minutes": "30"})).status_code == 303
    page = await check_ins.text()
    assert "Release ordered at 5:00 AM" in page
    assert "If someone hasn’t checked out by 5:30 AM, Fbi lead gets an email." in page
    assert "Not checked out: Hsi liaison (HSI)." in page
    response = await check_ins.tap(cast.hsi_liaison, "out", "in", **HTMX)
    assert "1 of 1 person who checked in is out." in " ".join(response.text.split())
    assert "never checked in: " in response.text
    assert 'id="roll" hx-swap-oob' in response.text
    plan = await check_ins.browser.get(check_ins.at.removesuffix("/check-in"))
    assert "<b>Released</b>" in plan.text


async def test_the_lead_can_take_a_release_back(sqlite_cast: Cast, browse: SignIn, event_id: UUID) -> None:
    await begin_execution(sqlite_cast, event_id)
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    await check_ins.tap(sqlite_cast.hsi_liaison, "in")
    await check_ins.browser.post(f"{check_ins.at}/release", {"minutes": "30"})
    assert (await check_ins.browser.post(f"{check_ins.at}/release/removal")).status_code == 303
    assert "Release ordered at" not in await check_ins.text()


@pytest.mark.parametrize("odd", [{"status": "away"}, {"was": "lost"}, {"tap": ""}, {"person": "someone"}])
async def test_what_no_page_sends_is_refused(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID, odd: dict[str, str]
) -> None:
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    form = {"person": str(sqlite_cast.hsi_liaison.member_id), "status": "in", "was": "expected", "tap": "1"}
    assert (await check_ins.browser.post(f"{check_ins.at}/taps", form | odd)).status_code == 422


async def test_when_the_time_to_check_out_is_over_the_page_names_who_is_in_and_promises_no_email(
    sqlite_cast: Cast, browse: SignIn, event_id: UUID
) -> None:
    await begin_execution(sqlite_cast, event_id)
    check_ins = await check_in_list_of(browse, sqlite_cast.fbi_lead, event_id)
    await check_ins.tap(sqlite_cast.hsi_liaison, "in")
    await check_ins.browser.post(f"{check_ins.at}/release", {"minutes": "5"})
    clock.start_at(FIVE + timedelta(minutes=5), is_still=True)
    page = await check_ins.text()
    assert "Not checked out: Hsi liaison (HSI). Check them out when they’re accounted for." in page
    assert "Fbi lead gets an email" not in page


KEY = "2027-01-16"


async def submit_with_commitment(cast: Cast) -> UUID:
    """Return an operation whose version 4 fbi_alternate approves and KCPD acknowledges."""
    event_id = await plan_operation(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    kcpd = cast.kcpd_detective.agency_id
    await plans.commit_resources(cast.kcpd_detective, event_id, kcpd, people=4, vehicles=2, skills="", now=NOW)
    basics = PlanBasics(
        supervisor_id=cast.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(cast.fbi_lead, event_id, basics, NOW)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    return event_id


def main_text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")]).split())


async def test_the_supervisor_is_led_to_the_plan(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    html = (await (await browse(sqlite_cast.fbi_alternate)).get("/")).text
    assert "Waiting for your approval: Operation Bluestem Version 4 · Sat, Jan 16" in main_text(html)
    assert f'href="/events/{event_id}/{KEY}/plan"' in html


async def test_an_agency_acknowledges_by_one_press(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    assert "KCPD hasn’t acknowledged the plan: Operation Bluestem Version 4" in main_text((await browser.get("/")).text)
    address, form = f"/events/{event_id}/{KEY}/plan/acknowledgments", {"version": "4", "next": "/"}
    response = await browser.post(address, form)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    after = main_text((await browser.get("/")).text)
    assert "KCPD has acknowledged version 4." in after
    assert "hasn’t acknowledged" not in after


async def test_the_row_is_settled_in_place(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    address = f"/events/{event_id}/{KEY}/plan/acknowledgments"
    row = (await browser.post(address, {"version": "4", "next": "/"}, **HTMX)).text
    assert f'class="is-handled" id="row-plan-{event_id}-{KEY}"' in row
    assert "KCPD has acknowledged version 4." in row


async def test_a_plan_that_changed_meanwhile_is_not_acknowledged(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    address = f"/events/{event_id}/{KEY}/plan/acknowledgments"
    row = (await browser.post(address, {"version": "3", "next": "/"}, **HTMX)).text
    assert "The plan has changed. Read version 4 before you acknowledge it." in row
    assert "Acknowledge version 4" in row
    assert "hasn’t acknowledged" in main_text((await browser.get("/")).text)


async def test_a_plan_that_is_over_by_now_is_not_acknowledged(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    await end_operation(sqlite_cast.fbi_lead, event_id)
    address = f"/events/{event_id}/{KEY}/plan/acknowledgments"
    row = await browser.post(address, {"version": "4", "next": "/"}, **HTMX)
    assert (row.status_code, "The operation is over, and its plan no longer changes." in row.text) == (200, True)


async def test_a_notice_that_has_ended_by_now_is_settled_in_its_row(sqlite_cast: Cast, browse: SignIn) -> None:
    lead, recipient = sqlite_cast.fbi_lead, sqlite_cast.caht_lead
    event_id = await plan_operation(lead, sqlite_cast.hsi_liaison)
    await readiness.save_readiness_notice(lead, event_id, NOTICE_TEXT, NOW, [recipient.member_id], NOW)
    [notice] = (await readiness.readiness_view(lead, event_id, KEY)).notices
    await readiness.change_notice_state(lead, event_id, notice.id, NoticeState.SCHEDULED, NOW)
    await readiness.run_due_notices(NOW)
    browser = await browse(recipient)
    assert f'id="row-{notice.id}"' in (await browser.get("/")).text
    await readiness.change_notice_state(lead, event_id, notice.id, NoticeState.STOOD_DOWN, NOW)
    row = await browser.post(f"/notices/{notice.id}/acknowledgments", {"next": "/"}, **HTMX)
    assert (row.status_code, f'id="row-{notice.id}"' in row.text, "<html" in row.text) == (200, True, False)
    assert readiness.HAS_ENDED in row.text


async def test_a_plan_that_was_sent_back_leads_its_lead_to_the_comment(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    supervisor, lead = await browse(sqlite_cast.fbi_alternate), await browse(sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/{KEY}/plan"
    assert "Send back to planning" in main_text((await supervisor.get(address)).text)
    empty = await supervisor.post(f"{address}/returns", {"version": "4", "comment": " "})
    assert (empty.status_code, "Say what should change in up to 500 characters." in main_text(empty.text)) == (
        422,
        True,
    )
    assert (
        await supervisor.post(f"{address}/returns", {"version": "4", "comment": "Name the medic."})
    ).status_code == 303
    row = "Fbi alternate (FBI) sent back the plan: Operation Bluestem “Name the medic.” · Sat, Jan 16"
    assert row in main_text((await lead.get("/")).text)
    assert "Version 4 was sent back by Fbi alternate (FBI), Tue, Dec 15" in main_text((await lead.get(address)).text)
    assert "Waiting for your approval" not in main_text((await supervisor.get("/")).text)


async def test_a_comment_that_comes_too_late_is_kept_on_the_page(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    supervisor = await browse(sqlite_cast.fbi_alternate)
    await approvals.change_plan_state(sqlite_cast.fbi_lead, event_id, OperationState.PLANNING, NOW)
    late = await supervisor.post(
        f"/events/{event_id}/{KEY}/plan/returns", {"version": "4", "comment": "Name the medic."}
    )
    assert late.status_code == 422
    assert "The plan isn’t waiting for approval." in main_text(late.text)
    assert "Your comment, which wasn’t sent Name the medic." in main_text(late.text)


async def test_a_request_for_access_leads_the_second_person_to_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    why = "She arranges the interpreters."
    await access.give_access(sqlite_cast.fbi_lead, event_id, sqlite_cast.caht_lead.member_id, why, None, NOW)
    html = (await (await browse(sqlite_cast.kcpd_detective)).get("/")).text
    assert "1 access request to approve: Operation Bluestem Sat, Jan 16" in main_text(html)
    assert f'href="/events/{event_id}/{KEY}/plan/access"' in html


async def test_a_plan_whose_supervisor_left_leads_to_the_choice_of_another_one(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await submit_with_commitment(sqlite_cast)
    await access.take_off_operation(sqlite_cast.fbi_lead, event_id, sqlite_cast.fbi_alternate.member_id, NOW)
    lead, address = await browse(sqlite_cast.fbi_lead), f"/events/{event_id}/{KEY}/plan"
    assert "No one can approve the plan: Operation Bluestem Sat, Jan 16" in main_text((await lead.get("/")).text)
    assert "Fbi alternate (FBI) can no longer approve. Choose someone else." in main_text(
        (await lead.get(address)).text
    )
    form = {
        "version": "4",
        "supervisor": str(sqlite_cast.fbi_alternate.member_id),
        "disclosure": "open",
        "buffer": "60",
    }
    assert (await lead.post(f"{address}/basics", form)).status_code == 303


SIX = datetime(2027, 1, 16, 12, tzinfo=UTC)


@pytest.fixture
async def log_page(sqlite_cast: Cast) -> str:
    """The address of the log of an operation that is under way."""
    event_id: UUID = await plan_operation(sqlite_cast.fbi_lead, sqlite_cast.fbi_alternate, sqlite_cast.hsi_liaison)
    await begin_execution(sqlite_cast, event_id)
    await let_in(sqlite_cast.fbi_lead, sqlite_cast.hsi_liaison, event_id, sqlite_cast.caht_lead)
    return f"/events/{event_id}/2027-01-16/plan/log"


async def desk_at_six(browse: SignIn, viewer: Viewer) -> Browser:
    clock.start_at(SIX, is_still=True)
    return await browse(viewer)


async def test_a_quick_entry_is_in_the_log_with_time_and_name(sqlite_cast: Cast, browse: SignIn, log_page: str) -> None:
    browser = await desk_at_six(browse, sqlite_cast.hsi_liaison)
    page = await text_at(browser, log_page)
    assert 'name="text" value="On scene"' in page
    assert (await browser.post(f"{log_page}/entries", {"text": "On scene", "tap": "1"})).status_code == 303
    shown = await text_at(browser, log_page)
    assert "<b>On scene</b>" in shown
    assert "Sat, Jan 16, 6:00 AM" in shown
    assert "Hsi liaison (HSI)" in shown
    assert "State: Executing" in shown


async def test_with_scripts_the_lines_and_the_form_that_was_sent_come_back(
    sqlite_cast: Cast, browse: SignIn, log_page: str
) -> None:
    browser = await desk_at_six(browse, sqlite_cast.fbi_lead)
    form = {"text": "Two vehicles at the door", "tap": "1", "typed": "yes"}
    response = await browser.post(f"{log_page}/entries", form, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<h1>" not in response.text
    assert 'id="free" hx-swap-oob' in response.text
    assert "“Two vehicles at the door” added to the log." in response.text


async def test_what_is_too_long_is_refused_with_what_was_typed(
    sqlite_cast: Cast, browse: SignIn, log_page: str
) -> None:
    browser = await desk_at_six(browse, sqlite_cast.fbi_lead)
    refused = await browser.post(f"{log_page}/entries", {"text": "x" * 501, "tap": "1"})
    assert (refused.status_code, "x" * 501 in refused.text) == (422, True)
    for odd in ({"text": "", "tap": "1"}, {"text": "On scene", "tap": ""}):
        assert (await browser.post(f"{log_page}/entries", odd)).status_code == 422


async def test_a_corrected_entry_shows_both(sqlite_cast: Cast, browse: SignIn, log_page: str) -> None:
    browser = await desk_at_six(browse, sqlite_cast.fbi_lead)
    await browser.post(f"{log_page}/entries", {"text": "Two in custody", "tap": "1"})
    clock.start_at(SIX + timedelta(minutes=10), is_still=True)
    entry = (await text_at(browser, log_page)).partition(f"{log_page}/entries/")[2].partition('"')[0]
    page = await text_at(browser, f"{log_page}/entries/{entry}")
    assert 'value="2027-01-16T06:00"' in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    wrong = await browser.post(f"{log_page}/entries/{entry}", {"text": "One", "at": "later", "seen": seen})
    assert (wrong.status_code, "Enter the day and time" in wrong.text) == (422, True)
    odd = await browser.post(f"{log_page}/entries/{entry}", {"text": "One", "at": "2017-01-16T06:00", "seen": seen})
    assert (odd.status_code, "more than 30 days before the operation. Check the date." in odd.text) == (422, True)
    form = {"text": "One in custody", "at": "2027-01-16T05:55", "seen": seen}
    assert (await browser.post(f"{log_page}/entries/{entry}", form)).status_code == 303
    shown = await text_at(browser, log_page)
    assert "<b>One in custody</b>" in shown
    assert "<s>Two in custody</s>, 6:00 AM, by Fbi lead (FBI)" in shown
    stale = await browser.post(f"{log_page}/entries/{entry}", form)
    assert (stale.status_code, "Someone corrected this since you opened it." in stale.text) == (422, True)


async def test_others_read_an_entry_and_have_no_form_to_correct_it(
    sqlite_cast: Cast, browse: SignIn, log_page: str
) -> None:
    lead = await desk_at_six(browse, sqlite_cast.fbi_lead)
    await lead.post(f"{log_page}/entries", {"text": "On scene", "tap": "1"})
    entry = (await text_at(lead, log_page)).partition(f"{log_page}/entries/")[2].partition('"')[0]
    other = await desk_at_six(browse, sqlite_cast.hsi_liaison)
    assert "<b>On scene</b>" in await text_at(other, f"{log_page}/lines")
    assert f"{log_page}/entries/{entry}" not in await text_at(other, log_page)
    assert (await other.get(f"{log_page}/entries/{entry}")).status_code == 404


async def test_victim_services_on_the_operation_find_no_log(sqlite_cast: Cast, browse: SignIn, log_page: str) -> None:
    browser = await desk_at_six(browse, sqlite_cast.caht_lead)
    assert (await browser.get(log_page)).status_code == 404
    assert "plan/log" not in await text_at(browser, log_page.removesuffix("/log"))
