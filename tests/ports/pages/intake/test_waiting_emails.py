"""The page of emails that wait, and the row of the home page that leads there."""

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.intake.replying import (
    DECIDED_AT,
    FIRST_KEY,
    NO,
    invited,
    reply_from_private_address,
    reply_to_forwarded_invitation,
)
from tests.usecases.intake.world import block_from_home
from tests.usecases.intake.writing_back import given
from tracker.rules.intake.calendar_replies import Sender
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.intake import IncomingWords
from tracker.usecases.events import replies

ROW = "3 email replies are waiting"


async def three_waiting(cast: Cast) -> str:
    """Let two emails about an event and one about an action item wait; return the address of the last one."""
    event_id = await invited(cast)
    for address in ("lead@home.example", "lead@phone.example"):
        await reply_from_private_address(
            cast, event_id, sender=Sender(address=address, is_verified=True), comment=address
        )
    await given(cast.coordinator, cast.caht_lead)
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
    event_id = await invited(sqlite_cast)
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
    event_id = await invited(sqlite_cast)
    email = f"/events/{event_id}/{FIRST_KEY}/email-replies/{await reply_from_private_address(sqlite_cast, event_id)}"
    await desk.post(f"{email}/attachment", {"person": str(sqlite_cast.fbi_lead.member_id)})
    await desk.post(f"{email}/undo")
    date = f"/events/{event_id}/{FIRST_KEY}"
    assert "Entered by" not in (await desk.get(date)).text
    assert "Entered for you" not in (await (await browse(sqlite_cast.fbi_lead)).get(date)).text


async def test_a_refused_attachment_says_why(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await invited(sqlite_cast)
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
    event_id = await invited(sqlite_cast)
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
