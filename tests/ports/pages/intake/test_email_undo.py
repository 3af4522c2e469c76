"""The Undo link of a confirmation: looking changes nothing, one press undoes, and every dead link looks alike."""

from uuid import uuid4

from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.pages.intake.world import undo_link
from tests.usecases.intake.world import invite_bureau, recorded_reply_of
from tests.usecases.intake.world import write_back as replied
from tests.usecases.intake.writing_back import given, said
from tracker.rules.events.replies import ReplyValue
from tracker.tables.schema.actions import ActionItem
from tracker.tables.schema.events import Event
from tracker.tables.schema.roster import Member
from tracker.usecases.events import occurrences, replies, substitutes


async def status() -> str:
    [row] = await ActionItem.select(ActionItem.status)
    return str(row["status"])


async def test_an_email_scanner_undoes_nothing_and_a_press_does(
    app: Litestar, stranger: Browser, sqlite_cast: Cast
) -> None:
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await said(sqlite_cast.caht_lead, "DONE")
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
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await said(sqlite_cast.caht_lead, "DONE")
    link = await undo_link(app)
    reopened = {ActionItem.status: "open", ActionItem.closed_at: None, ActionItem.version: 9}
    await ActionItem.update(reopened, force=True)
    assert (await stranger.send("POST", link)).status_code == 303
    page = (await stranger.get(link)).text
    assert ("This can’t be undone here" in page, "</form>" in page, await status()) == (True, False, "open")
    assert "The status was changed to “Open” afterward." in page


async def test_links_that_undo_nothing_all_look_alike(app: Litestar, stranger: Browser, sqlite_cast: Cast) -> None:
    await given(sqlite_cast.coordinator, sqlite_cast.caht_lead)
    await said(sqlite_cast.caht_lead, "DONE")
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
