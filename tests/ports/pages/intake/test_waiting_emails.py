"""The page of emails that wait, and the row of the home page that leads there."""

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.usecases.intake.replying import invited
from tests.usecases.intake.test_item_emails import from_home
from tests.usecases.intake.test_unrecorded import KEY, from_private_address
from tests.usecases.intake.writing_back import given
from tracker.rules.intake.calendar_replies import Sender
from tracker.tables.schema.actions.action_items import ActionItem
from tracker.tables.schema.intake.received_emails import IncomingWords

ROW = "3 email replies are waiting"


async def three_waiting(cast: Cast) -> str:
    """Let two emails about an event and one about an action item wait; return the address of the last one."""
    event_id = await invited(cast)
    for address in ("lead@home.example", "lead@phone.example"):
        await from_private_address(cast, event_id, sender=Sender(address=address, is_verified=True), comment=address)
    await given(cast.coordinator, cast.caht_lead)
    await from_home(cast.caht_lead)
    [row] = await IncomingWords.select(IncomingWords.id)
    return f"/email-replies/{row['id']}"


async def test_the_page_lists_events_and_answers_and_a_decision_is_undone(sqlite_cast: Cast, browse: SignIn) -> None:
    email, desk = await three_waiting(sqlite_cast), await browse(sqlite_cast.coordinator)
    page = (await desk.get("/email-replies")).text
    assert ROW in page
    assert f"/{KEY}#email-replies" in page
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
