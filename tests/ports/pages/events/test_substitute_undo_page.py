"""The Undo button beside the message that a substitute can't come: theirs, and that of the person who recorded it."""

from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.events.world import FIRST_DATE, row_of_person, schedule_for_committee
from tests.ports.pages.forms import typed
from tests.ports.pages.intake.world import undo_link
from tests.usecases.intake.replying import NO, YES
from tests.usecases.intake.world import FIRST_DATE as ONLY
from tests.usecases.intake.world import name_same_substitute, send_due, write_back
from tracker import clock
from tracker.usecases.events import replies

LATER = NOW + timedelta(hours=1)


async def named(cast: Cast) -> str:
    """Return the page of a meeting to which the Bureau's lead sends their alternate."""
    event_id = await schedule_for_committee(cast)
    said_no = (cast.fbi_lead, event_id, FIRST_DATE, NO, "", NOW)
    await replies.record_own_reply(*said_no, for_series=False, substitute=cast.fbi_alternate.member_id)
    return f"/events/{event_id}/{FIRST_DATE}"


async def declined(agent: Browser, address: str) -> dict[str, str]:
    """Let a substitute decline, and return the form of the Undo button on the next page."""
    await agent.post(f"{address}/substitution/refusal")
    return typed((await agent.get(address)).text, f"{address}/substitution/refusal/removal")


async def wrote_no(cast: Cast) -> None:
    """Let a substitute get the email that names them, and write NO back."""
    await send_due(LATER)
    await write_back(cast.fbi_alternate, "NO", LATER)


async def test_a_substitute_undoes_their_no_by_the_button_on_the_next_page(browse: SignIn, sqlite_cast: Cast) -> None:
    address, agent = await named(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    form = await declined(agent, address)
    response = await agent.post(f"{address}/substitution/refusal/removal", form)
    assert (response.status_code, response.headers["location"]) == (303, address)
    page = (await agent.get(address)).text
    assert "Undone. You’re the substitute for Fbi lead (FBI) again. No one was notified." in page
    assert "I can’t come" in page
    row = row_of_person((await (await browse(sqlite_cast.coordinator)).get(address)).text, "Fbi alternate")
    assert "Named by Fbi lead (FBI)" in row


async def test_the_organizer_undoes_a_no_that_they_recorded_for_a_substitute(browse: SignIn, sqlite_cast: Cast) -> None:
    cast, address = sqlite_cast, await named(sqlite_cast)
    desk, removal = await browse(cast.coordinator), f"{address}/substitution/refusal/removal"
    form = {"person": str(cast.fbi_alternate.member_id), "reply": "no", "note": "Called in sick"}
    await desk.post(f"{address}/replies", form)
    await desk.post(removal, typed((await desk.get(address)).text, removal))
    page = (await desk.get(address)).text
    assert "Undone. Fbi alternate (FBI) is the substitute for Fbi lead (FBI) again. No one was notified." in page
    assert "Called in sick" not in page


async def test_a_reply_recorded_for_an_invited_person_has_no_undo_button(browse: SignIn, sqlite_cast: Cast) -> None:
    address, desk = await named(sqlite_cast), await browse(sqlite_cast.coordinator)
    form = {"person": str(sqlite_cast.fbi_lead.member_id), "reply": "yes", "note": ""}
    await desk.post(f"{address}/replies", form)
    assert "refusal/removal" not in (await desk.get(address)).text


async def test_an_undo_that_comes_too_late_says_so(browse: SignIn, sqlite_cast: Cast) -> None:
    address, agent = await named(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    form = await declined(agent, address)
    clock.start_at(NOW + timedelta(minutes=1), stands_still=True)
    await agent.post(f"{address}/substitution/refusal/removal", form)
    page = (await agent.get(address)).text
    assert "It’s too late to undo this because 20 seconds have passed." in page
    assert "I can’t come" not in page


async def test_an_undo_after_the_person_replied_says_that_nothing_was_undone(browse: SignIn, sqlite_cast: Cast) -> None:
    address, agent = await named(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    form = await declined(agent, address)
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, YES, "", NOW, for_series=False
    )
    await agent.post(f"{address}/substitution/refusal/removal", form)
    page = (await agent.get(address)).text
    assert "Nothing was undone because the person who named the substitute replied again" in page


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", "odd", ""])
async def test_an_undo_of_a_moment_at_which_no_one_said_no_undoes_nothing(
    browse: SignIn, sqlite_cast: Cast, at: str
) -> None:
    address, agent = await named(sqlite_cast), await browse(sqlite_cast.fbi_alternate)
    await declined(agent, address)
    assert (await agent.post(f"{address}/substitution/refusal/removal", {"at": at})).status_code == 303
    assert "I can’t come" not in (await agent.get(address)).text


async def test_the_link_in_the_confirmation_of_a_substitute_s_no_undoes_it(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    address, stranger = await named(sqlite_cast), await browse(None)
    await wrote_no(sqlite_cast)
    link = await undo_link(app)
    page = " ".join((await stranger.get(link)).text.split())
    assert "Undo what your email changed?" in page
    assert "You’re the substitute for Fbi lead (FBI) again." in page
    assert (await stranger.send("POST", link)).status_code == 303
    page = " ".join((await stranger.get(link)).text.split())
    assert ("Your change was undone" in page, "</form>" in page) == (True, False)
    assert "You’re the substitute for Fbi lead (FBI) again." in page
    assert "I can’t come" in (await (await browse(sqlite_cast.fbi_alternate)).get(address)).text


async def test_the_link_says_why_it_undoes_nothing_once_the_person_replied(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    address, stranger = await named(sqlite_cast), await browse(None)
    await wrote_no(sqlite_cast)
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, YES, "", LATER, for_series=False
    )
    page = " ".join((await stranger.get(await undo_link(app))).text.split())
    assert "Fbi lead (FBI) replied again or can no longer send you, or the date is over or canceled." in page
    assert "</form>" not in page


async def test_the_link_says_that_they_are_the_substitute_again_only_while_that_is_true(
    app: Litestar, browse: SignIn, sqlite_cast: Cast
) -> None:
    address, stranger = await named(sqlite_cast), await browse(None)
    await wrote_no(sqlite_cast)
    link = await undo_link(app)
    await stranger.send("POST", link)
    assert "You’re the substitute for Fbi lead (FBI) again." in " ".join((await stranger.get(link)).text.split())
    await replies.record_own_reply(
        sqlite_cast.fbi_lead, UUID(address.split("/")[2]), FIRST_DATE, YES, "", LATER, for_series=False
    )
    page = (await stranger.get(link)).text
    assert ("Your change was undone" in page, "You’re the substitute" in page) == (True, False)


async def test_after_an_undo_the_page_names_only_the_people_for_whom_they_come_again(
    browse: SignIn, sqlite_cast: Cast
) -> None:
    event_id, other = await name_same_substitute(sqlite_cast)
    address, agent = f"/events/{event_id}/{ONLY}", await browse(other)
    form = await declined(agent, address)
    await replies.record_own_reply(sqlite_cast.fbi_lead, event_id, ONLY, YES, "", NOW, for_series=False)
    await agent.post(f"{address}/substitution/refusal/removal", form)
    assert "Undone. You’re the substitute for Fbi alternate (FBI) again." in (await agent.get(address)).text
