"""The page of a person whose email comes back says why and what to do, and sends again at one press."""

import html
import re

import pytest

from tests.cast import Cast
from tests.ports.conftest import SignIn
from tests.usecases.intake.returned import came_back, paused, sent


@pytest.fixture
def cast(sqlite_cast: Cast) -> Cast:
    return sqlite_cast


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


async def test_one_email_that_came_back_is_said_with_what_to_do(cast: Cast, browse: SignIn) -> None:
    who = cast.kcpd_detective
    [message_id] = await sent(cast, who)
    await came_back(message_id)
    page = (await (await browse(cast.coordinator)).get(f"/people/{who.member_id}")).text
    assert "1 email to kcpd_detective@kcpd.example couldn’t be delivered on" in words(page)
    assert "The address doesn’t exist. Ask for the right address, and correct it." in words(page)
    assert f'href="/messages/{message_id}"' in page
    assert "Resume sending" not in page


async def test_an_administrator_resumes_sending_and_home_no_longer_names_the_person(cast: Cast, browse: SignIn) -> None:
    who, browser = cast.kcpd_detective, await browse(cast.administrator)
    await paused(cast, who)
    assert "Email to 1 person can’t be delivered" in words((await browser.get("/")).text)
    assert "Email to 1 person can't be delivered." in words((await browser.get("/admin/health")).text)
    page = (await browser.get(f"/people/{who.member_id}")).text
    assert "/messages/" not in page.partition("<main")[2].partition("</main>")[0]
    done = await browser.post(f"/people/{who.member_id}/sending", {})
    assert done.headers["location"] == f"/people/{who.member_id}"
    assert "Resume sending" not in (await browser.get(f"/people/{who.member_id}")).text
    assert "can’t be delivered" not in (await browser.get("/")).text


async def test_others_see_nothing_of_it_and_can_change_nothing(cast: Cast, browse: SignIn) -> None:
    who, browser = cast.kcpd_detective, await browse(cast.kcpd_alternate)
    before = (await browser.get(f"/people/{who.member_id}")).text
    await paused(cast, who)
    after = (await browser.get(f"/people/{who.member_id}")).text
    assert words(after) == words(before)
    assert (await browser.post(f"/people/{who.member_id}/sending", {})).status_code == 404
    assert (
        "Ask a coordinator to correct your address" in (await (await browse(who)).get(f"/people/{who.member_id}")).text
    )


async def test_messages_says_that_an_email_came_back_and_leads_to_the_address(cast: Cast, browse: SignIn) -> None:
    [message_id] = await sent(cast, cast.kcpd_detective)
    await came_back(message_id)
    page = (await (await browse(cast.coordinator)).get(f"/messages/{message_id}")).text
    assert "Failed, undeliverable · 550 5.1.1 User unknown" in words(page)
    assert "This email couldn’t be delivered." in words(page)
    assert f'href="/people/{cast.kcpd_detective.member_id}"' in page


@pytest.mark.parametrize("reader", ["coordinator", "administrator"])
async def test_an_email_about_an_operation_that_came_back_says_nothing_of_the_operation(
    cast: Cast, browse: SignIn, reader: str
) -> None:
    who, browser = cast.kcpd_detective, await browse(cast.members[reader])
    [secret] = await sent(cast, who, is_secret=True)
    await came_back(secret)
    pages = ("/", f"/people/{who.member_id}", "/messages", f"/messages?person={who.member_id}", "/admin/health")
    texts = {path: (await browser.get(path)).text for path in pages}
    assert "couldn’t be delivered on" in words(texts[f"/people/{who.member_id}"])
    assert {path for path, text in texts.items() if "Bluestem" in text or str(secret) in text} == set()
    assert {path for path, text in texts.items() if "550 5.1.1" in text} == set()
