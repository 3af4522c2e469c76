"""A link that no longer works says how long such a link works; one to an event that moved says that it did."""

from datetime import timedelta

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.ports.conftest import SignIn
from tests.ports.pages.events.world import schedule_with_reply_link
from tracker.usecases.events import scheduling

MOVED = "This event changed on"

TERMS = {
    "r": "until the event is over or canceled",
    "u": "while the item is yours",
    "p": "until the poll is closed",
    "w": "until what your email changed is changed again",
    "n": "while you have an account",
    "e": "works for an hour",
}


@pytest.mark.parametrize("letter", TERMS)
async def test_each_kind_of_link_says_its_own_term(app: Litestar, browse: SignIn, letter: str) -> None:
    response = await (await browse(None)).get(f"/{letter}/forged")
    assert (response.status_code, TERMS[letter] in response.text) == (404, True)
    assert "This link no longer works" in response.text


async def test_a_link_of_before_a_move_says_so_until_the_person_replies_again(
    app: Litestar, sqlite_cast: Cast, browse: SignIn
) -> None:
    cast, stranger = sqlite_cast, await browse(None)
    event_id, link = await schedule_with_reply_link(app, cast, meeting(cast.kcpd_detective), cast.kcpd_detective)
    await stranger.send("POST", link, data={"reply": "yes"})
    assert MOVED not in (await stranger.get(link)).text
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(known, starts=known.starts + timedelta(days=1))
    await scheduling.change_event(cast.coordinator, event_id, later, event.version, NOW)
    page = (await stranger.get(link)).text
    assert f"{MOVED} Tue, Dec 15" in page
    assert "You replied Yes before the change." in page
    await stranger.send("POST", link, data={"reply": "no"})
    assert MOVED not in (await stranger.get(link)).text


async def test_a_link_of_someone_who_was_invited_again_says_nothing_of_an_earlier_change(
    app: Litestar, sqlite_cast: Cast, browse: SignIn
) -> None:
    cast, stranger = sqlite_cast, await browse(None)
    event_id, link = await schedule_with_reply_link(app, cast, meeting(cast.kcpd_detective), cast.kcpd_detective)
    await stranger.send("POST", link, data={"reply": "yes"})
    event, known = await scheduling.plan_to_change(cast.coordinator, event_id)
    later = replace(known, starts=known.starts + timedelta(days=1))
    for number, invitees in enumerate(({}, known.invitees)):
        await scheduling.change_event(
            cast.coordinator, event_id, replace(later, invitees=invitees), event.version + number, NOW
        )
    page = (await stranger.get(link)).text
    assert "Will you attend?" in page
    assert (MOVED in page, "no longer counts" in page) == (False, False)
