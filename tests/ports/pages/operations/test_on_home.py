"""Home: a plan is acknowledged by one press, and reviewed by the person who approves it."""

import re
from datetime import timedelta
from uuid import UUID

from tests.cast import NOW, Cast
from tests.ports.conftest import SignIn
from tests.usecases.operations.world import NOTICE_TEXT, over, planned
from tracker.rules.operations.plans import Disclosure
from tracker.rules.operations.readiness import NoticeState
from tracker.rules.operations.states import OperationState
from tracker.usecases.operations import access, approvals, plans, readiness
from tracker.usecases.operations.plans import PlanBasics

KEY = "2027-01-16"
HTMX = {"headers": {"HX-Request": "true"}}


async def submitted(cast: Cast) -> UUID:
    """Return an operation whose version 4 fbi_alternate approves and KCPD acknowledges."""
    event_id = await planned(cast.fbi_lead, cast.fbi_alternate, cast.kcpd_detective)
    kcpd = cast.kcpd_detective.agency_id
    await plans.commit_resources(cast.kcpd_detective, event_id, kcpd, people=4, vehicles=2, skills="", now=NOW)
    basics = PlanBasics(
        supervisor_id=cast.fbi_alternate.member_id, disclosure=Disclosure.CONTACT_ONLY, buffer=timedelta(minutes=60)
    )
    await plans.change_plan_basics(cast.fbi_lead, event_id, basics, NOW)
    await approvals.change_plan_state(cast.fbi_lead, event_id, OperationState.SUBMITTED, NOW)
    return event_id


def main(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")]).split())


async def test_the_supervisor_is_led_to_the_plan(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    html = (await (await browse(sqlite_cast.fbi_alternate)).get("/")).text
    assert "Waiting for your approval: Operation Bluestem Version 4 · Sat, Jan 16" in main(html)
    assert f'href="/events/{event_id}/{KEY}/plan"' in html


async def test_an_agency_acknowledges_by_one_press(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    assert "KCPD hasn’t acknowledged the plan: Operation Bluestem Version 4" in main((await browser.get("/")).text)
    address, form = f"/events/{event_id}/{KEY}/plan/acknowledgments", {"version": "4", "next": "/"}
    response = await browser.post(address, form)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    after = main((await browser.get("/")).text)
    assert "KCPD has acknowledged version 4." in after
    assert "hasn’t acknowledged" not in after


async def test_the_row_is_settled_in_place(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    address = f"/events/{event_id}/{KEY}/plan/acknowledgments"
    row = (await browser.post(address, {"version": "4", "next": "/"}, **HTMX)).text
    assert f'class="is-handled" id="row-plan-{event_id}-{KEY}"' in row
    assert "KCPD has acknowledged version 4." in row


async def test_a_plan_that_changed_meanwhile_is_not_acknowledged(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    address = f"/events/{event_id}/{KEY}/plan/acknowledgments"
    row = (await browser.post(address, {"version": "3", "next": "/"}, **HTMX)).text
    assert "The plan has changed. Read version 4 before you acknowledge it." in row
    assert "Acknowledge version 4" in row
    assert "hasn’t acknowledged" in main((await browser.get("/")).text)


async def test_a_plan_that_is_over_by_now_is_not_acknowledged(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    browser = await browse(sqlite_cast.kcpd_detective)
    await over(sqlite_cast.fbi_lead, event_id)
    address = f"/events/{event_id}/{KEY}/plan/acknowledgments"
    row = await browser.post(address, {"version": "4", "next": "/"}, **HTMX)
    assert (row.status_code, "The operation is over, and its plan no longer changes." in row.text) == (200, True)


async def test_a_notice_that_has_ended_by_now_is_settled_in_its_row(sqlite_cast: Cast, browse: SignIn) -> None:
    lead, recipient = sqlite_cast.fbi_lead, sqlite_cast.caht_lead
    event_id = await planned(lead, sqlite_cast.hsi_liaison)
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
    event_id = await submitted(sqlite_cast)
    supervisor, lead = await browse(sqlite_cast.fbi_alternate), await browse(sqlite_cast.fbi_lead)
    address = f"/events/{event_id}/{KEY}/plan"
    assert "Send back to planning" in main((await supervisor.get(address)).text)
    empty = await supervisor.post(f"{address}/returns", {"version": "4", "comment": " "})
    assert (empty.status_code, "Say what should change in up to 500 characters." in main(empty.text)) == (422, True)
    assert (
        await supervisor.post(f"{address}/returns", {"version": "4", "comment": "Name the medic."})
    ).status_code == 303
    row = "Fbi alternate (FBI) sent back the plan: Operation Bluestem “Name the medic.” · Sat, Jan 16"
    assert row in main((await lead.get("/")).text)
    assert "Version 4 was sent back by Fbi alternate (FBI), Tue, Dec 15" in main((await lead.get(address)).text)
    assert "Waiting for your approval" not in main((await supervisor.get("/")).text)


async def test_a_comment_that_comes_too_late_is_kept_on_the_page(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    supervisor = await browse(sqlite_cast.fbi_alternate)
    await approvals.change_plan_state(sqlite_cast.fbi_lead, event_id, OperationState.PLANNING, NOW)
    late = await supervisor.post(
        f"/events/{event_id}/{KEY}/plan/returns", {"version": "4", "comment": "Name the medic."}
    )
    assert late.status_code == 422
    assert "The plan isn’t waiting for approval." in main(late.text)
    assert "Your comment, which wasn’t sent Name the medic." in main(late.text)


async def test_a_request_for_access_leads_the_second_person_to_it(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await submitted(sqlite_cast)
    why = "She arranges the interpreters."
    await access.give_access(sqlite_cast.fbi_lead, event_id, sqlite_cast.caht_lead.member_id, why, None, NOW)
    html = (await (await browse(sqlite_cast.kcpd_detective)).get("/")).text
    assert "1 access request to approve: Operation Bluestem Sat, Jan 16" in main(html)
    assert f'href="/events/{event_id}/{KEY}/plan/access"' in html


async def test_a_plan_whose_supervisor_left_leads_to_the_choice_of_another_one(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    event_id = await submitted(sqlite_cast)
    await access.take_off_operation(sqlite_cast.fbi_lead, event_id, sqlite_cast.fbi_alternate.member_id, NOW)
    lead, address = await browse(sqlite_cast.fbi_lead), f"/events/{event_id}/{KEY}/plan"
    assert "No one can approve the plan: Operation Bluestem Sat, Jan 16" in main((await lead.get("/")).text)
    assert "Fbi alternate (FBI) can no longer approve. Choose someone else." in main((await lead.get(address)).text)
    form = {
        "version": "4",
        "supervisor": str(sqlite_cast.fbi_alternate.member_id),
        "disclosure": "open",
        "buffer": "60",
    }
    assert (await lead.post(f"{address}/basics", form)).status_code == 303
