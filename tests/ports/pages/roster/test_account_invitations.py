"""The page on which those who never signed in are invited, some or all, in one move."""

from datetime import timedelta

import pytest

from tests.cast import NOW, Cast
from tests.ports.browser import Browser, session_of
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import typed
from tests.usecases.intake.returned import paused
from tracker import clock
from tracker.tables.schema.core.tables import Message

PATH = "/people/invitations"


@pytest.fixture
async def desk(sqlite_cast: Cast, browse: SignIn) -> Browser:
    """The administrator's browser."""
    return await browse(sqlite_cast.administrator)


async def test_no_one_is_checked_and_people_who_are_checked_get_an_email(sqlite_cast: Cast, desk: Browser) -> None:
    chosen = [sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id]
    page = (await desk.get(PATH)).text
    assert "person" not in typed(page, PATH)
    response = await desk.post(PATH, typed(page, PATH, person=chosen))
    assert (response.status_code, response.headers["location"]) == (303, PATH)
    assert set(await Message.select(Message.recipient).output(as_list=True)) == set(chosen)
    page = (await desk.get(PATH)).text
    assert "2 invitations are on the way by email. A link works once, until Tue, Dec 22." in page
    assert page.count("Waiting") == 2


async def test_an_invitation_to_a_paused_address_is_not_said_to_be_on_the_way(sqlite_cast: Cast, desk: Browser) -> None:
    await paused(sqlite_cast, sqlite_cast.fbi_lead)
    assert "Sending to this address is paused" in (await desk.get(PATH)).text
    both = [sqlite_cast.fbi_lead.member_id, sqlite_cast.caht_lead.member_id]
    await desk.post(PATH, {"person": list(map(str, both))})
    page = (await desk.get(PATH)).text
    assert "1 invitation is on the way by email." in page
    assert "1 invitation wasn’t sent because sending to that address is paused." in page


async def test_all_are_invited_by_one_button_which_says_how_many(sqlite_cast: Cast, desk: Browser) -> None:
    page = (await desk.get(PATH)).text
    assert "Invite all 12" in page
    await desk.post(PATH, {"everybody": "yes"})
    assert await Message.count() == 12


async def test_nobody_ticked_is_told_on_top_and_nobody_is_invited(desk: Browser) -> None:
    response = await desk.post(PATH, {})
    assert response.status_code == 422
    assert '<a href="#f-person">Choose at least one person.</a>' in response.text
    assert await Message.count() == 0


async def test_an_old_proof_invites_nobody(desk: Browser) -> None:
    await desk.form_token()
    clock.start_at(NOW + timedelta(minutes=15), stands_still=True)
    response = await desk.post(PATH, {"everybody": "yes"})
    assert response.headers["location"] == f"/sign-in/again?next={PATH}"
    assert await Message.count() == 0


async def test_when_everybody_has_signed_in_the_page_says_so(sqlite_cast: Cast, desk: Browser) -> None:
    for one in sqlite_cast.members.values():
        if one is not sqlite_cast.administrator:
            await session_of(one, NOW)
    assert "No one is left to invite" in (await desk.get(PATH)).text


async def test_whoever_keeps_no_accounts_has_no_such_page(sqlite_cast: Cast, browse: SignIn) -> None:
    lead = await browse(sqlite_cast.fbi_lead)
    assert (await lead.get(PATH)).status_code == 403
    assert (await lead.post(PATH, {"everybody": "yes"})).status_code == 403
