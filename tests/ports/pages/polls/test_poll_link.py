"""The page behind the link of a date poll: a look changes nothing, and the link opens one poll for one person."""

import re
from uuid import uuid4

from litestar import Litestar

from tests.cast import NOW, Cast, meeting, operation
from tests.ports.browser import Browser
from tests.usecases.polls.world import asked, asked_again, in_words
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.replies import ReplySource
from tracker.tables.visible.polls import polls as visible
from tracker.usecases.events import events
from tracker.usecases.polls import poll_closing, polls


async def linked(app: Litestar, cast: Cast, who: Viewer) -> str:
    """Ask a person in a poll that all may see, and return the path of their link."""
    poll_id = await asked(cast.coordinator, meeting(cast.fbi_lead, who))
    return f"/p/{app.state.links.poll(poll_id, who.member_id)}"


async def test_a_person_without_an_account_replies_and_changes_their_replies(app: Litestar, sqlite_cast: Cast) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    names = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', (await browser.get(link)).text)
    saved = await browser.post(link, {names[0]: "yes", names[1]: "no"})
    assert saved.headers["location"] == f"{link}?saved=yes"
    page = (await browser.get(f"{link}?saved=yes")).text
    assert "Your replies are saved" in page
    assert page.count(" checked") == 2
    await browser.post(link, {names[0]: "if_needed"})
    poll_id = app.state.links.read_poll(link.removeprefix("/p/")).poll_id
    assert await in_words(sqlite_cast.coordinator, poll_id) == [
        "1 yes, 1 if need be, 1 no reply",
        "1 yes, 1 no, 1 no reply",
    ]
    poll = await polls.poll_for(sqlite_cast.coordinator, poll_id)
    people = await visible.poll_people(sqlite_cast.coordinator, poll)
    assert {one.source for one in people if one.role.is_asked} == {None, ReplySource.LINK}


async def test_the_link_of_a_canceled_poll_opens_the_one_in_which_its_person_is_asked_again(
    app: Litestar, sqlite_cast: Cast
) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    again = await asked_again(sqlite_cast.coordinator, app.state.links.read_poll(link.removeprefix("/p/")).poll_id)
    [name, _] = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', (await browser.get(link)).text)
    await browser.post(link, {name: "yes"})
    assert await in_words(sqlite_cast.coordinator, again) == ["2 yes, 1 no reply", "1 yes, 2 no reply"]


async def test_replies_to_a_canceled_poll_show_the_one_in_which_its_person_is_asked_again_and_why(
    app: Litestar, sqlite_cast: Cast
) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    [earlier, _] = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', (await browser.get(link)).text)
    again = await asked_again(sqlite_cast.coordinator, app.state.links.read_poll(link.removeprefix("/p/")).poll_id)
    shown = await browser.post(link, {earlier: "yes"})
    assert (shown.status_code, "This one replaced it, so please reply here" in shown.text) == (409, True)
    assert "Choose Yes" not in shown.text
    assert await in_words(sqlite_cast.coordinator, again) == ["1 yes, 2 no reply"] * 2
    [name, _] = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', shown.text)
    assert (await browser.post(link, {name: "yes"})).status_code == 303
    assert (await browser.post(link, {})).status_code == 422
    assert await in_words(sqlite_cast.coordinator, again) == ["2 yes, 1 no reply", "1 yes, 2 no reply"]


async def test_a_look_by_a_scanner_changes_nothing(app: Litestar, sqlite_cast: Cast) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    for method in ("GET", "HEAD"):
        assert (await browser.send(method, link)).status_code == 200
    poll_id = app.state.links.read_poll(link.removeprefix("/p/")).poll_id
    assert await in_words(sqlite_cast.coordinator, poll_id) == ["1 yes, 2 no reply"] * 2


async def test_a_form_without_a_reply_is_shown_again(app: Litestar, sqlite_cast: Cast) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    refused = await browser.post(link, {})
    assert (refused.status_code, "Choose Yes, If need be, or No" in refused.text) == (422, True)


async def test_once_the_date_is_set_the_link_says_which_and_that_of_a_restricted_poll_opens_nothing(
    app: Litestar, sqlite_cast: Cast
) -> None:
    cast, browser = sqlite_cast, Browser(app)
    secret = await asked(cast.fbi_lead, operation(cast.kcpd_detective))
    for_all = await asked(cast.coordinator, meeting(cast.caht_lead))
    for lead, poll_id in ((cast.fbi_lead, secret), (cast.coordinator, for_all)):
        option = (await polls.poll_for(lead, poll_id)).options[1].id
        await poll_closing.schedule_on_poll_date(lead, poll_id, option, NOW)
    page = await browser.get(f"/p/{app.state.links.poll(for_all, cast.caht_lead.member_id)}")
    said = "The date is set: Wed, Jan 13, 2:00–3:30 PM Central. Reply to the event instead."
    assert (page.status_code, said in page.text) == (410, True)
    unnamed = await browser.get(f"/p/{app.state.links.poll(secret, cast.kcpd_detective.member_id)}")
    assert (unnamed.status_code, "Jan" in unnamed.text) == (404, False)


async def test_after_the_event_of_a_poll_is_canceled_its_link_asks_for_no_reply(
    app: Litestar, sqlite_cast: Cast
) -> None:
    cast = sqlite_cast
    poll_id = await asked(cast.coordinator, meeting(cast.caht_lead))
    poll = await polls.poll_for(cast.coordinator, poll_id)
    await poll_closing.schedule_on_poll_date(cast.coordinator, poll_id, poll.options[1].id, NOW)
    event = await events.event_for(cast.coordinator, poll.event.id)
    await events.cancel(cast.coordinator, poll.event.id, event.version, "", NOW)
    page = await Browser(app).get(f"/p/{app.state.links.poll(poll_id, cast.caht_lead.member_id)}")
    said = "A date was chosen, but the event has since been canceled. You don’t need to reply."
    assert (page.status_code, said in page.text) == (410, True)
    assert "Reply to the event instead" not in page.text


async def test_the_link_of_a_restricted_poll_asks_to_sign_in_and_records_nothing(
    app: Litestar, sqlite_cast: Cast
) -> None:
    browser, who = Browser(app), sqlite_cast.kcpd_detective
    poll_id = await asked(sqlite_cast.fbi_lead, operation(who))
    link = f"/p/{app.state.links.poll(poll_id, who.member_id)}"
    option = (await polls.poll_for(who, poll_id)).options[0]
    for page in (await browser.get(link), await browser.post(link, {f"date-{option.id}": "yes"})):
        assert "Sign in to continue" in page.text
        assert "Bluestem" not in page.text
    assert await in_words(sqlite_cast.fbi_lead, poll_id) == ["1 yes, 1 no reply"] * 2


async def test_a_link_that_opens_nothing_is_like_a_forged_one(app: Litestar, sqlite_cast: Cast) -> None:
    browser, links = Browser(app), app.state.links
    secret = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    for_all = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    over = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await poll_closing.cancel_poll(sqlite_cast.fbi_lead, over, NOW)
    earlier = await asked(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await asked_again(sqlite_cast.fbi_lead, earlier)
    tokens = (
        links.poll(earlier, sqlite_cast.caht_lead.member_id),
        links.poll(over, sqlite_cast.kcpd_detective.member_id),
        links.poll(secret, sqlite_cast.caht_lead.member_id),
        links.poll(for_all, sqlite_cast.hsi_liaison.member_id),
        links.poll(uuid4(), sqlite_cast.hsi_liaison.member_id),
        links.item(for_all, sqlite_cast.fbi_lead.member_id),
        "x",
    )
    pages = [await browser.get(f"/p/{token}") for token in tokens]
    assert [one.status_code for one in pages] == [404] * len(tokens)
    assert len({one.text for one in pages}) == 1
