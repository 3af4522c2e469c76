"""Email replies that wait on the page of their event: attached, recorded as a substitute's, dismissed, and undone."""

import pytest

from tests.cast import Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.usecases.intake.replying import NO, invited
from tests.usecases.intake.test_unrecorded import AT, KEY, forwarded, from_private_address
from tracker.usecases.events import replies


@pytest.fixture
async def desk(browse: SignIn, sqlite_cast: Cast) -> Browser:
    return await browse(sqlite_cast.coordinator)


async def test_an_email_is_attached_by_name_and_undone(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await invited(sqlite_cast)
    row = await from_private_address(sqlite_cast, event_id, comment="Late by ten")
    date = f"/events/{event_id}/{KEY}"
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
    email = f"/events/{event_id}/{KEY}/email-replies/{await from_private_address(sqlite_cast, event_id)}"
    await desk.post(f"{email}/attachment", {"person": str(sqlite_cast.fbi_lead.member_id)})
    await desk.post(f"{email}/undo")
    date = f"/events/{event_id}/{KEY}"
    assert "Entered by" not in (await desk.get(date)).text
    assert "Entered for you" not in (await (await browse(sqlite_cast.fbi_lead)).get(date)).text


async def test_a_refused_attachment_says_why(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await invited(sqlite_cast)
    row = await from_private_address(sqlite_cast, event_id)
    date = f"/events/{event_id}/{KEY}"
    await desk.post(f"{date}/email-replies/{row}/attachment", {"person": ""})
    page = (await desk.get(date)).text
    assert "Choose one of the invited people." in page[page.index("usa-alert--error") :]
    await desk.post(f"{date}/email-replies/{row}/dismissal")
    await desk.post(f"{date}/email-replies/{row}/dismissal")
    assert "Someone has already decided about this email." in (await desk.get(date)).text


async def test_the_alternate_who_replied_is_recorded_by_one_press(desk: Browser, sqlite_cast: Cast) -> None:
    event_id = await forwarded(sqlite_cast, sqlite_cast.fbi_alternate)
    date = f"/events/{event_id}/{KEY}"
    page = (await desk.get(date)).text
    assert "Record Fbi alternate (FBI) as substitute" in page
    [row] = {part.split("/")[0] for part in page.split("/email-replies/")[1:]}
    await desk.post(f"{date}/email-replies/{row}/substitution")
    assert "the sender is coming in place of Fbi lead (FBI)" in " ".join((await desk.get(date)).text.split())


async def test_a_reply_that_no_longer_counts_is_listed_with_the_reason_and_without_a_button(
    desk: Browser, sqlite_cast: Cast
) -> None:
    event_id = await invited(sqlite_cast)
    row = await from_private_address(sqlite_cast, event_id)
    await replies.reply(sqlite_cast.fbi_lead, event_id, KEY, NO, "", AT, for_series=False)
    date = f"/events/{event_id}/{KEY}"
    page = (await desk.get(date)).text
    assert "No email replies are waiting" in page
    since = "It didn’t come from their address. No decision is needed: Fbi lead (FBI) has replied since."
    assert since in " ".join(page.split())
    assert f"{row}/" not in page
    assert "email replies" not in (await desk.get("/")).text
    await desk.post(f"{date}/email-replies/{row}/attachment", {"person": str(sqlite_cast.fbi_lead.member_id)})
    assert " ".join((await desk.get(date)).text.split()).count(since) == 2
