"""Emails that wait for a decision, proposed times, and undoing what an email did, on pages."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.intake.world import undo_link
from tests.usecases.actions.world import assign_item
from tests.usecases.intake.replying import (
    APRIL,
    DECIDED_AT,
    FIRST_KEY,
    HOUR,
    LATER,
    MAY,
    NO,
    TEN_IN_MAY,
    calendar_reply,
    date_named,
    email_with_replies,
    reply_from_private_address,
    reply_to_forwarded_invitation,
    schedule_invited,
)
from tests.usecases.intake.world import block_from_home, invite_bureau, recorded_reply_of
from tests.usecases.intake.world import write_back as replied
from tests.usecases.intake.writing_back import write_about_item
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplyValue
from tracker.rules.intake.calendar_replies import ProposedTimes, Sender
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.events import Event
from tracker.tables.schema.intake import IncomingWords, TimeProposal
from tracker.tables.schema.roster import Member
from tracker.usecases.events import occurrences, replies, substitutes
from tracker.usecases.intake.received_emails import take_email

ROW = "3 email replies are waiting"


async def three_waiting(cast: Cast) -> str:
    """Let two emails about an event and one about an action item wait; return the address of the last one."""
    event_id = await schedule_invited(cast)
    for address in ("lead@home.example", "lead@phone.example"):
        await reply_from_private_address(
            cast, event_id, sender=Sender(address=address, is_verified=True), comment=address
        )
    await assign_item(cast.coordinator, cast.caht_lead)
    await block_from_home(cast.caht_lead)
    [row] = await IncomingWords.select(IncomingWords.id)
    return f"/email-replies/{row['id']}"


async def test_the_page_lists_events_and_answers_and_a_decision_is_undone(sqlite_cast: Cast, browse: SignIn) -> None:
    email, desk = await three_waiting(sqlite_cast), await browse(sqlite_cast.coordinator)
    page = (await desk.get("/email-replies")).text
    assert ROW in page
    assert f"/{FIRST_KEY}#email-replies" in page
    assert "“no address yet”" in page
    await desk.post(f"{email}/attachment")
    page = (await desk.get("/email-replies")).text
    assert "Recorded as a reply from Caht lead (CAHT)." in page
    assert "Attached to Caht lead (CAHT) by Coordinator (USAO)" in page
    assert page.count(f'action="{email}/undo"') == 2
    assert "You can undo a decision here" in page
    assert "Undo within" not in page
    await desk.post(f"{email}/undo")
    assert "Undone." in (page := (await desk.get("/email-replies")).text)
    await desk.post(f"{email}/dismissal")
    await desk.post(f"{email}/attachment")
    assert "Someone has already decided about this email." in (await desk.get("/email-replies")).text


async def test_home_counts_them_for_people_who_may_decide_and_for_no_one_else(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await three_waiting(sqlite_cast)
    homes = {
        name: (await (await browse(getattr(sqlite_cast, name))).get("/")).text
        for name in ("coordinator", "fbi_lead", "caht_lead", "harbor_advocate")
    }
    assert {name for name, page in homes.items() if ROW in page} == {"coordinator"}
    assert {name for name, page in homes.items() if "/email-replies" in page} == {"coordinator"}


async def test_the_item_says_who_attached_an_email_to_it(sqlite_cast: Cast, browse: SignIn) -> None:
    email, desk = await three_waiting(sqlite_cast), await browse(sqlite_cast.coordinator)
    await desk.post(f"{email}/attachment")
    [row] = await ActionItem.select(ActionItem.reference)
    page = " ".join((await desk.get(f"/action-items/{row['reference']}")).text.split())
    assert "Coordinator, for an attached email: Open → Blocked. “no address yet”" in page


async def test_an_email_is_attached_by_name_and_undone(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(sqlite_cast, event_id, comment="Late by ten")
    date = f"/events/{event_id}/{FIRST_KEY}"
    page = (await desk.get(date)).text
    assert "1 email reply is waiting for a decision" in page
    assert "It didn’t come from their address." in page
    email = f"{date}/email-replies/{row}"
    await desk.post(f"{email}/attachment", {"person": str(sqlite_cast.fbi_lead.member_id)})
    page = (await desk.get(date)).text
    assert ("attached by Coordinator (USAO)" in page, "Attached to Fbi lead (FBI)" in page) == (True, True)
    await desk.post(f"{email}/undo")
    page = (await desk.get(date)).text
    assert ("1 email reply is waiting for a decision" in page, "before the change" in page) == (True, False)
    assert "No reply, for Fbi lead (FBI)" in page


async def test_after_an_undone_attachment_no_one_has_entered_a_reply(
    desk: Browser, browse: SignIn, sqlite_cast: Cast
) -> None:
    event_id = await schedule_invited(sqlite_cast)
    email = f"/events/{event_id}/{FIRST_KEY}/email-replies/{await reply_from_private_address(sqlite_cast, event_id)}"
    await desk.post(f"{email}/attachment", {"person": str(sqlite_cast.fbi_lead.member_id)})
    await desk.post(f"{email}/undo")
    date = f"/events/{event_id}/{FIRST_KEY}"
    assert "Entered by" not in (await desk.get(date)).text
    assert "Entered for you" not in (await (await browse(sqlite_cast.fbi_lead)).get(date)).text


async def test_a_refused_attachment_says_why(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(sqlite_cast, event_id)
    date = f"/events/{event_id}/{FIRST_KEY}"
    await desk.post(f"{date}/email-replies/{row}/attachment", {"person": ""})
    page = (await desk.get(date)).text
    assert "Choose one of the invited people." in page[page.index("usa-alert--error") :]
    await desk.post(f"{date}/email-replies/{row}/dismissal")
    await desk.post(f"{date}/email-replies/{row}/dismissal")
    assert "Someone has already decided about this email." in (await desk.get(date)).text


async def test_the_alternate_who_replied_is_recorded_by_one_press(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await reply_to_forwarded_invitation(sqlite_cast, sqlite_cast.fbi_alternate)
    date = f"/events/{event_id}/{FIRST_KEY}"
    page = (await desk.get(date)).text
    assert "Record Fbi alternate (FBI) as substitute" in page
    [row] = {part.split("/")[0] for part in page.split("/email-replies/")[1:]}
    await desk.post(f"{date}/email-replies/{row}/substitution")
    assert "the sender is coming in place of Fbi lead (FBI)" in " ".join((await desk.get(date)).text.split())


async def test_a_reply_that_no_longer_counts_is_listed_with_the_reason_and_without_a_button(
    desk: Browser, sqlite_cast: Cast
) -> None:
    event_id = await schedule_invited(sqlite_cast)
    row = await reply_from_private_address(sqlite_cast, event_id)
    await replies.record_own_reply(sqlite_cast.fbi_lead, event_id, FIRST_KEY, NO, "", DECIDED_AT, for_series=False)
    date = f"/events/{event_id}/{FIRST_KEY}"
    page = (await desk.get(date)).text
    assert "No email replies are waiting" in page
    since = "It didn’t come from their address. No decision is needed: Fbi lead (FBI) has replied since."
    assert since in " ".join(page.split())
    assert f"{row}/" not in page
    assert "email replies" not in (await desk.get("/")).text
    await desk.post(f"{date}/email-replies/{row}/attachment", {"person": str(sqlite_cast.fbi_lead.member_id)})
    assert " ".join((await desk.get(date)).text.split()).count(since) == 2


ONE_TO_TWO = "Tue, May 11, 1:00–2:00 PM"


async def propose_one_o_clock(cast: Cast, who: Viewer, *, is_series: bool = True) -> tuple[str, UUID]:
    """Let a person propose one o'clock instead of ten, and return the page of the date and the proposal."""
    clock.start_at(LATER, is_still=True)
    facts = {} if is_series else {"starts": TEN_IN_MAY.replace(hour=10, tzinfo=None)}
    event_id = await schedule_invited(cast, is_series=is_series, **facts)
    times = ProposedTimes(starts=date_named(TEN_IN_MAY + 3 * HOUR), ends=date_named(TEN_IN_MAY + 4 * HOUR))
    date = date_named(TEN_IN_MAY) if is_series else None
    reply = await calendar_reply(who, event_id, None, date=date, proposal=times, comment="Court until noon")
    await take_email(await email_with_replies(who, event_id, reply))
    [row] = await TimeProposal.select(TimeProposal.id)
    return f"/events/{event_id}/{MAY}", row["id"]


async def test_a_proposal_is_on_the_page_of_its_date_for_those_who_lead_the_event(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, _ = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    page = (await (await browse(sqlite_cast.coordinator)).get(address)).text
    assert f"{ONE_TO_TWO}, instead of Tue, May 11, 10:00–11:30 AM" in page
    assert "“Court until noon”" in page
    for who in (sqlite_cast.fbi_lead, sqlite_cast.kcpd_detective):
        assert "Proposed times" not in (await (await browse(who)).get(address)).text


@pytest.mark.parametrize("is_series", [True, False])
async def test_accept_opens_the_usual_form_with_the_time_filled_in_and_saves_nothing(
    sqlite_cast: Cast, browse: SignIn, is_series: object
) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead, is_series=bool(is_series))
    browser = await browse(sqlite_cast.coordinator)
    page = (await browser.get(f"{address}/edit?proposal={proposal}", follow_redirects=True)).text
    assert "Fbi lead (FBI) proposed the time below" in page
    for name, value in (("date", "2027-05-11"), ("starts", "13:00"), ("ends", "14:00")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', page)
    assert "The 2 emails about to go out will include this." in page
    assert f"{ONE_TO_TWO}, instead of" in (await browser.get(address)).text


async def test_saving_the_form_takes_up_the_proposal(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    times = {"date": "2027-05-11", "starts": "13:00", "ends": "14:00"}
    assert (await browser.post(f"{address}/edit", {**times, "version": "1"})).status_code == 303
    assert "The date is now at this time." in (await browser.get(address)).text
    response = await browser.get(f"{address}/edit?proposal={proposal}")
    assert (response.status_code, response.headers["location"]) == (303, f"{address}#proposals")


async def test_declining_says_who_is_notified_and_can_be_undone(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    refusal = f"/proposals/{proposal}/refusal"
    assert (await browser.post(refusal, {"comment": "The room is taken."})).status_code == 303
    page = (await browser.get(address)).text
    assert "Declined. 1 person will get an email." in page
    await browser.post(f"{refusal}/removal", {})
    page = (await browser.get(address)).text
    assert "Undone. No one was notified. The proposal is waiting for your decision." in page
    await browser.post(refusal, {})
    clock.start_at(LATER + timedelta(minutes=1), is_still=True)
    again = await browser.post(refusal, {"comment": "Sorry, the court moved."})
    assert (again.status_code, "Your comment wasn’t sent: “Sorry, the court moved.”" in again.text) == (409, True)


async def test_undo_says_what_became_of_a_proposal_whose_date_moved_meanwhile(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    await browser.post(f"/proposals/{proposal}/refusal", {})
    times = {"date": "2027-05-11", "starts": "15:00", "ends": "16:00"}
    assert (await browser.post(f"{address}/edit", {**times, "version": "1"})).status_code == 303
    await browser.post(f"/proposals/{proposal}/refusal/removal", {})
    page = (await browser.get(address)).text
    assert "Undone. No one was notified. The event has changed since they saw it." in page


async def test_what_was_typed_is_kept_beside_the_error(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    response = await browser.post(f"/proposals/{proposal}/refusal", {"comment": "x" * 1_001})
    assert (response.status_code, "x" * 1_001 in response.text) == (422, True)
    assert f"{ONE_TO_TWO}, instead of" in (await browser.get(address)).text


async def test_the_home_page_of_those_who_lead_the_event_leads_to_its_proposals(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    home = (await browser.get("/")).text
    assert ("1 proposed time to decide" in home, f'href="{address}#proposals"' in home) == (True, True)
    assert "to decide" not in (await (await browse(sqlite_cast.fbi_lead)).get("/")).text
    await browser.post(f"/proposals/{proposal}/refusal", {})
    assert "to decide" not in (await browser.get("/")).text


async def test_a_proposal_fills_in_the_form_of_its_own_date_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    address, proposal = await propose_one_o_clock(sqlite_cast, sqlite_cast.fbi_lead)
    browser = await browse(sqlite_cast.coordinator)
    series = address.removesuffix(f"/{MAY}")
    for elsewhere in (f"{series}/{APRIL}/edit", f"{series}/edit"):
        assert (await browser.get(f"{elsewhere}?proposal={proposal}")).status_code == 404


async def status() -> str:
    [row] = await ActionItem.select(ActionItem.status)
    return str(row["status"])


async def test_an_email_scanner_undoes_nothing_and_a_press_does(
    app: Litestar, stranger: Browser, sqlite_cast: Cast
) -> None:
    await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await write_about_item(sqlite_cast.caht_lead, "DONE")
    link = await undo_link(app)
    page = await stranger.get(link)
    await stranger.send("HEAD", link)
    assert ("Undo what your email changed?" in page.text, await status()) == (True, "done")
    assert (await stranger.send("POST", link)).status_code == 303
    assert await status() == "open"
    assert "Your change was undone" in (await stranger.get(link)).text
    await stranger.send("POST", link)
    assert await status() == "open"


async def test_what_changed_since_is_said(app: Litestar, stranger: Browser, sqlite_cast: Cast) -> None:
    await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await write_about_item(sqlite_cast.caht_lead, "DONE")
    link = await undo_link(app)
    reopened = {ActionItem.status: "open", ActionItem.closed_at: None, ActionItem.version: 9}
    await ActionItem.update(reopened, force=True)
    assert (await stranger.send("POST", link)).status_code == 303
    page = (await stranger.get(link)).text
    assert ("This can’t be undone here" in page, "</form>" in page, await status()) == (True, False, "open")
    assert "The status was changed to “Open” afterward." in page


async def test_links_that_undo_nothing_all_look_alike(app: Litestar, stranger: Browser, sqlite_cast: Cast) -> None:
    await assign_item(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await write_about_item(sqlite_cast.caht_lead, "DONE")
    link, links = await undo_link(app), app.state.links
    await Member.update({Member.status: "departed"}).where(Member.id == sqlite_cast.caht_lead.member_id)
    dead = [link, "/w/x", f"/w/{links.undo(uuid4())}", f"/w/{links.digest(sqlite_cast.caht_lead.member_id)}"]
    responses = [await stranger.send(method, one) for one in dead for method in ("GET", "POST")]
    assert {response.status_code for response in responses} == {404}
    assert len({response.text for response in responses}) == 1


async def test_a_reply_is_undone_by_a_press(app: Litestar, stranger: Browser, sqlite_cast: Cast) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast)
    await replied(cast.fbi_lead, "NO")
    link = await undo_link(app)
    page = (await stranger.get(link)).text
    assert ("Monthly task force meeting" in page, await recorded_reply_of(cast.fbi_lead, event_id)) == (
        True,
        (ReplyValue.DECLINED, ""),
    )
    await stranger.send("POST", link)
    assert (await recorded_reply_of(cast.fbi_lead, event_id))[0] is ReplyValue.NEEDS_ACTION
    assert "Your change was undone" in (await stranger.get(link)).text


async def test_the_link_of_a_restricted_event_asks_to_sign_in(
    app: Litestar, stranger: Browser, sqlite_cast: Cast
) -> None:
    event_id = await invite_bureau(sqlite_cast)
    await replied(sqlite_cast.fbi_lead, "NO")
    await Event.update({Event.visibility: "named"}).where(Event.id == event_id)
    page = (await stranger.get(await undo_link(app))).text
    assert ("Sign in to continue" in page, "Monthly" in page) == (True, False)


async def test_the_page_says_whom_an_undone_reply_names_again_before_the_press(
    app: Litestar, stranger: Browser, sqlite_cast: Cast
) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast, committee_id=sqlite_cast.committees["steering"])
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    said_no = (cast.fbi_lead, event_id, date.key, ReplyValue.DECLINED, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await replied(cast.fbi_lead, "YES")
    link = await undo_link(app)
    again = "Fbi alternate (FBI) will be your substitute again and get an email."
    assert again in " ".join((await stranger.get(link)).text.split())
    await stranger.send("POST", link)
    assert again not in " ".join((await stranger.get(link)).text.split())
    assert await substitutes.substitutes_on_date(event_id, date.id) == {cast.fbi_alternate.member_id}


async def test_an_undo_that_would_name_someone_who_can_t_come_says_so_and_keeps_the_reply(
    app: Litestar, stranger: Browser, sqlite_cast: Cast
) -> None:
    cast, event_id = sqlite_cast, await invite_bureau(sqlite_cast, committee_id=sqlite_cast.committees["steering"])
    date = await occurrences.nearest_date(cast.fbi_lead, event_id, NOW)
    said_no = (cast.fbi_lead, event_id, date.key, ReplyValue.DECLINED, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    await replied(cast.fbi_lead, "YES")
    await Member.update({Member.status: "departed"}).where(Member.id == cast.fbi_alternate.member_id)
    link = await undo_link(app)
    await stranger.send("POST", link)
    page = " ".join((await stranger.get(link)).text.split())
    assert "This can’t be undone here" in page
    assert "Fbi alternate (FBI), who was coming in your place, can no longer come." in page
    assert "</form>" not in page
    assert (await recorded_reply_of(cast.fbi_lead, event_id))[0] is ReplyValue.ACCEPTED
