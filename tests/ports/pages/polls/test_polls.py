"""Date polls on pages: asking, replying, and closing."""

import html
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting, operation
from tests.database.others import another_writer
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import text_at
from tests.usecases.polls.world import ask_again, ask_people, numbers_in_words, reply_to_poll
from tracker import clock
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import ReplySource
from tracker.rules.polls import Fit
from tracker.rules.recurrence.series import rule_for_choice
from tracker.tables.visible import polls as visible
from tracker.usecases.core import audit
from tracker.usecases.events import scheduling
from tracker.usecases.polls import outcomes, polls

NO_POLL = UUID(int=0)
ASKED: Mapping[str, Any] = {
    "dates": ["2027-01-12", "2027-01-13", ""],
    "times": ["10:00", "14:00", "10:00"],
    "reply_by": "2027-01-08",
    "save": "ask",
}


async def schedule_draft(cast: Cast, *asked: Viewer) -> UUID:
    return await scheduling.schedule_event(cast.coordinator, meeting(*asked, status=EventStatus.DRAFT), NOW)


async def test_the_organizer_proposes_dates_and_people_reply(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_draft(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    organizer, asked = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    assert f'href="/events/{event_id}/poll"' in await text_at(organizer, f"/events/{event_id}/2027-01-12")
    opened = await organizer.post(f"/events/{event_id}/poll", ASKED)
    address = opened.headers["location"]
    page = await text_at(asked, address)
    assert "You haven’t replied yet. Please reply by Fri, Jan 8, 5:00 PM." in page
    names = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', page)
    assert len(names) == 2
    await asked.post(f"{address}/replies", {names[0]: "yes", names[1]: "if_needed"})
    table = await text_at(organizer, f"{address}/table")
    assert "1 of 2 people asked have replied" in table
    assert re.search(r"Best so far.*?<td[^>]*>2</td>", table)


async def test_the_message_after_sending_says_how_many_people_get_an_email(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_draft(sqlite_cast, sqlite_cast.fbi_lead, sqlite_cast.caht_lead)
    organizer = await browse(sqlite_cast.coordinator)
    opened = await organizer.post(f"/events/{event_id}/poll", ASKED)
    assert "Date poll sent. 2 people will get an email." in await text_at(organizer, opened.headers["location"])


async def test_asking_again_begins_with_the_earlier_dates_that_are_ahead(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_draft(sqlite_cast, sqlite_cast.fbi_lead)
    days = {"dates": ["2026-12-17", "2027-01-13", "2027-01-14", "2027-01-15"], "times": ["09:00"] + ["14:00"] * 3}
    organizer = await browse(sqlite_cast.coordinator)
    opened = await organizer.post(f"/events/{event_id}/poll", {**ASKED, **days, "reply_by": "2026-12-16"})
    await organizer.post(f"{opened.headers['location']}/cancellation")
    clock.start_at(NOW + timedelta(days=7), is_still=True)
    page = await text_at(await browse(sqlite_cast.coordinator), f"/events/{event_id}/poll")
    values = [re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page) for name in ("dates", "times", "reply_by")]
    assert values == [["2027-01-13", "2027-01-14", "2027-01-15"], ["14:00"] * 3, ["2026-12-29"]]


async def test_where_people_are_asked_again_it_says_that_their_replies_are_deleted(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    await reply_to_poll(sqlite_cast.fbi_lead, poll_id, Fit.YES)
    event_id = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event.id
    await outcomes.cancel_poll(sqlite_cast.coordinator, poll_id, NOW)
    browser = await browse(sqlite_cast.coordinator)
    for address in (f"/polls/{poll_id}", f"/events/{event_id}/poll"):
        assert "Asking again deletes the replies of 1 person." in await text_at(browser, address)


async def test_the_address_of_a_poll_leads_to_the_one_in_which_people_were_asked_again(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    first = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    second = await ask_again(sqlite_cast.coordinator, first)
    third = await ask_again(sqlite_cast.coordinator, second)
    for who in (sqlite_cast.fbi_lead, sqlite_cast.coordinator):
        browser = await browse(who)
        locations = [(await browser.get(f"/polls/{one}")).headers["location"] for one in (first, second)]
        assert locations == [f"/polls/{third}"] * 2


async def test_replies_to_a_poll_that_was_asked_again_lead_to_the_new_one(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    option = (await polls.poll_for(sqlite_cast.fbi_lead, earlier)).options[0].id
    again = await ask_again(sqlite_cast.coordinator, earlier)
    browser = await browse(sqlite_cast.fbi_lead)
    sent = await browser.post(f"/polls/{earlier}/replies", {f"date-{option}": "yes"})
    assert sent.headers["location"] == f"/polls/{again}"
    assert "Your replies weren’t saved" in await text_at(browser, f"/polls/{again}")


async def test_only_people_who_are_asked_again_read_that_they_are(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    again = await ask_again(sqlite_cast.coordinator, earlier)
    for who in (sqlite_cast.caht_lead, sqlite_cast.fbi_lead):
        browser = await browse(who)
        if who is sqlite_cast.fbi_lead:
            await outcomes.cancel_poll(sqlite_cast.coordinator, again, NOW)
        sent = await browser.post(f"/polls/{earlier}/replies", {})
        assert sent.headers["location"] == f"/polls/{again}"
        assert "This one replaced it" not in await text_at(browser, f"/polls/{again}")


async def test_the_tables_of_a_poll_that_was_asked_again_lead_to_the_new_one(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    again = await ask_again(sqlite_cast.fbi_lead, earlier)
    tables = await (await browse(sqlite_cast.kcpd_detective)).get(f"/polls/{earlier}/table")
    assert (tables.status_code, tables.headers["hx-redirect"]) == (200, f"/polls/{again}")
    stranger = await browse(sqlite_cast.caht_lead)
    assert (await stranger.get(f"/polls/{earlier}/table")).status_code == 404


async def test_an_earlier_poll_that_a_person_may_not_see_is_like_none(sqlite_cast: Cast, browse: SignIn) -> None:
    earlier = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await ask_again(sqlite_cast.fbi_lead, earlier)
    stranger = await browse(sqlite_cast.caht_lead)
    read = [await stranger.get(f"/polls/{one}") for one in (earlier, NO_POLL)]
    sent = [await stranger.post(f"/polls/{one}/replies", {}) for one in (earlier, NO_POLL)]
    for hidden, missing in (read, sent):
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.content == missing.content


async def test_suggested_times_can_be_proposed_too(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_draft(sqlite_cast, sqlite_cast.fbi_lead)
    organizer = await browse(sqlite_cast.coordinator)
    page = await text_at(organizer, f"/events/{event_id}/poll")
    suggested = re.findall(r'name="suggested" id="[^"]+" value="([^"]+)"', page)
    form = ASKED | {"dates": ["", ""], "suggested": suggested[-2:], "reply_by": "2026-12-18"}
    poll_id = (await organizer.post(f"/events/{event_id}/poll", form)).headers["location"].rpartition("/")[2]
    poll = await polls.poll_for(sqlite_cast.fbi_lead, UUID(poll_id))
    assert {f"{one.starts:%Y-%m-%dT%H:%M}" for one in poll.options} == {one.partition("/")[0] for one in suggested[-2:]}


async def test_more_rows_and_errors_lose_nothing_that_was_typed(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_draft(sqlite_cast, sqlite_cast.fbi_lead)
    organizer = await browse(sqlite_cast.coordinator)
    more = await organizer.post(f"/events/{event_id}/poll", {**ASKED, "save": "more"})
    assert (more.status_code, more.text.count('name="dates"'), "2027-01-13" in more.text) == (200, 6, True)
    odd = await organizer.post(f"/events/{event_id}/poll", {**ASKED, "times": ["10:00", "", ""]})
    assert (odd.status_code, "Enter a start time for each date." in odd.text) == (422, True)
    assert "2027-01-13" in odd.text


async def test_the_form_of_a_new_event_leads_to_its_poll(sqlite_cast: Cast, browse: SignIn) -> None:
    form = {
        "title": "Core group",
        "kind": "meeting",
        "visibility": "all",
        "date": "2027-01-12",
        "starts": "10:00",
        "ends": "11:00",
        "person": str(sqlite_cast.fbi_lead.member_id),
        "save": "poll",
    }
    sent = await (await browse(sqlite_cast.coordinator)).post("/events", form)
    assert re.fullmatch(r"/events/[0-9a-f-]+/poll", sent.headers["location"])


async def test_who_opens_the_poll_of_a_restricted_event_is_on_record(sqlite_cast: Cast, browse: SignIn) -> None:
    poll_id = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    event = (await polls.poll_for(sqlite_cast.fbi_lead, poll_id)).event
    await (await browse(sqlite_cast.kcpd_detective)).get(f"/polls/{poll_id}")
    [reading] = await audit.readings_of(sqlite_cast.fbi_lead, event.id)
    assert reading.name == "Kcpd detective"


async def test_people_who_are_not_asked_see_no_form(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_draft(sqlite_cast, sqlite_cast.fbi_lead)
    address = (await (await browse(sqlite_cast.coordinator)).post(f"/events/{event_id}/poll", ASKED)).headers[
        "location"
    ]
    stranger = await browse(sqlite_cast.hsi_liaison)
    assert "Save replies" not in await text_at(stranger, address)
    assert (await stranger.post(f"{address}/replies", {})).status_code == 403


async def linked(app: Litestar, cast: Cast, who: Viewer) -> str:
    """Ask a person in a poll that all may see, and return the path of their link."""
    poll_id = await ask_people(cast.coordinator, meeting(cast.fbi_lead, who))
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
    assert await numbers_in_words(sqlite_cast.coordinator, poll_id) == [
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
    again = await ask_again(sqlite_cast.coordinator, app.state.links.read_poll(link.removeprefix("/p/")).poll_id)
    [name, _] = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', (await browser.get(link)).text)
    await browser.post(link, {name: "yes"})
    assert await numbers_in_words(sqlite_cast.coordinator, again) == ["2 yes, 1 no reply", "1 yes, 2 no reply"]


async def test_replies_to_a_canceled_poll_show_the_one_in_which_its_person_is_asked_again_and_why(
    app: Litestar, sqlite_cast: Cast
) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    [earlier, _] = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', (await browser.get(link)).text)
    again = await ask_again(sqlite_cast.coordinator, app.state.links.read_poll(link.removeprefix("/p/")).poll_id)
    shown = await browser.post(link, {earlier: "yes"})
    assert (shown.status_code, "This one replaced it, so please reply here" in shown.text) == (409, True)
    assert "Choose Yes" not in shown.text
    assert await numbers_in_words(sqlite_cast.coordinator, again) == ["1 yes, 2 no reply"] * 2
    [name, _] = re.findall(r'name="(date-[^"]+)" id="[^"]+" value="yes"', shown.text)
    assert (await browser.post(link, {name: "yes"})).status_code == 303
    assert (await browser.post(link, {})).status_code == 422
    assert await numbers_in_words(sqlite_cast.coordinator, again) == ["2 yes, 1 no reply", "1 yes, 2 no reply"]


async def test_a_look_by_a_scanner_changes_nothing(app: Litestar, sqlite_cast: Cast) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    for method in ("GET", "HEAD"):
        assert (await browser.send(method, link)).status_code == 200
    poll_id = app.state.links.read_poll(link.removeprefix("/p/")).poll_id
    assert await numbers_in_words(sqlite_cast.coordinator, poll_id) == ["1 yes, 2 no reply"] * 2


async def test_a_form_without_a_reply_is_shown_again(app: Litestar, sqlite_cast: Cast) -> None:
    browser, link = Browser(app), await linked(app, sqlite_cast, sqlite_cast.caht_lead)
    refused = await browser.post(link, {})
    assert (refused.status_code, "Choose Yes, If need be, or No" in refused.text) == (422, True)


async def test_once_the_date_is_set_the_link_says_which_and_that_of_a_restricted_poll_opens_nothing(
    app: Litestar, sqlite_cast: Cast
) -> None:
    cast, browser = sqlite_cast, Browser(app)
    secret = await ask_people(cast.fbi_lead, operation(cast.kcpd_detective))
    for_all = await ask_people(cast.coordinator, meeting(cast.caht_lead))
    for lead, poll_id in ((cast.fbi_lead, secret), (cast.coordinator, for_all)):
        option = (await polls.poll_for(lead, poll_id)).options[1].id
        await outcomes.schedule_on_poll_date(lead, poll_id, option, NOW)
    page = await browser.get(f"/p/{app.state.links.poll(for_all, cast.caht_lead.member_id)}")
    said = "The date is set: Wed, Jan 13, 2:00–3:30 PM Central. Reply to the event instead."
    assert (page.status_code, said in page.text) == (410, True)
    unnamed = await browser.get(f"/p/{app.state.links.poll(secret, cast.kcpd_detective.member_id)}")
    assert (unnamed.status_code, "Jan" in unnamed.text) == (404, False)


async def test_after_the_event_of_a_poll_is_canceled_its_link_asks_for_no_reply(
    app: Litestar, sqlite_cast: Cast
) -> None:
    cast = sqlite_cast
    poll_id = await ask_people(cast.coordinator, meeting(cast.caht_lead))
    poll = await polls.poll_for(cast.coordinator, poll_id)
    await outcomes.schedule_on_poll_date(cast.coordinator, poll_id, poll.options[1].id, NOW)
    event = await scheduling.event_seen_by(cast.coordinator, poll.event.id)
    await scheduling.cancel_event(cast.coordinator, poll.event.id, event.version, "", NOW)
    page = await Browser(app).get(f"/p/{app.state.links.poll(poll_id, cast.caht_lead.member_id)}")
    said = "A date was chosen, but the event has since been canceled. You don’t need to reply."
    assert (page.status_code, said in page.text) == (410, True)
    assert "Reply to the event instead" not in page.text


async def test_the_link_of_a_restricted_poll_asks_to_sign_in_and_records_nothing(
    app: Litestar, sqlite_cast: Cast
) -> None:
    browser, who = Browser(app), sqlite_cast.kcpd_detective
    poll_id = await ask_people(sqlite_cast.fbi_lead, operation(who))
    link = f"/p/{app.state.links.poll(poll_id, who.member_id)}"
    option = (await polls.poll_for(who, poll_id)).options[0]
    for page in (await browser.get(link), await browser.post(link, {f"date-{option.id}": "yes"})):
        assert "Sign in to continue" in page.text
        assert "Bluestem" not in page.text
    assert await numbers_in_words(sqlite_cast.fbi_lead, poll_id) == ["1 yes, 1 no reply"] * 2


async def test_a_link_that_opens_nothing_is_like_a_forged_one(app: Litestar, sqlite_cast: Cast) -> None:
    browser, links = Browser(app), app.state.links
    secret = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    for_all = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead))
    over = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await outcomes.cancel_poll(sqlite_cast.fbi_lead, over, NOW)
    earlier = await ask_people(sqlite_cast.fbi_lead, operation(sqlite_cast.kcpd_detective))
    await ask_again(sqlite_cast.fbi_lead, earlier)
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


SET = "The date is set: Tue, Jan 12, 10:00–11:30 AM Central."


@pytest.fixture
async def poll_id(sqlite_cast: Cast) -> UUID:
    """A poll in which one of two people replied yes to both dates."""
    poll_id = await ask_people(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    await reply_to_poll(sqlite_cast.fbi_lead, poll_id, Fit.YES, Fit.YES)
    return poll_id


async def test_the_organizer_sees_what_it_does_schedules_and_undoes_it(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    organizer = await browse(sqlite_cast.coordinator)
    [first, *_] = re.findall(
        rf'href="(/polls/{poll_id}/date\?date=[^"]+)"', await text_at(organizer, f"/polls/{poll_id}")
    )
    question = await text_at(organizer, first)
    assert "Schedule and notify 2 people" in question
    assert "2 yes, 1 no reply" in question
    clock.start_at(NOW + timedelta(minutes=1), is_still=True)  # what was asked at first isn't counted again
    done = await organizer.post(f"/polls/{poll_id}/date", {"date": first.partition("=")[2]})
    address = done.headers["location"]
    page = await text_at(organizer, f"{address}/2027-01-12")
    assert "Scheduled. 2 people will get an email." in page
    assert f"{SET} <a" in await text_at(organizer, f"/polls/{poll_id}")
    [change] = re.findall(r'name="change" value="([^"]+)"', page)
    await organizer.post(f"{address}/undo", {"change": change})
    assert "Save replies" in await text_at(await browse(sqlite_cast.caht_lead), f"/polls/{poll_id}")


async def test_a_draft_that_repeats_by_now_gets_no_date_from_its_poll_and_the_page_says_why(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    organizer = sqlite_cast.coordinator
    poll = await polls.poll_for(organizer, poll_id)
    event, plan = await scheduling.plan_to_change(organizer, poll.event.id)
    weekly = replace(plan, rule=rule_for_choice("weekly", plan.starts, count=3))
    await scheduling.change_event(organizer, event.id, weekly, event.version, NOW)
    browser, date = await browse(organizer), str(poll.options[0].id)
    asked_first = await browser.get(f"/polls/{poll_id}/date?date={date}")
    refused = await browser.post(f"/polls/{poll_id}/date", {"date": date})
    assert (asked_first.status_code, refused.status_code) == (200, 422)
    assert all("doesn’t repeat" in one.text for one in (asked_first, refused))


async def test_a_reply_that_comes_after_the_date_is_set_is_refused_without_a_link_to_a_form_that_is_gone(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    option = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).options[0].id
    await outcomes.schedule_on_poll_date(sqlite_cast.coordinator, poll_id, option, NOW)
    late = await (await browse(sqlite_cast.caht_lead)).post(f"/polls/{poll_id}/replies", {f"date-{option}": "yes"})
    assert (late.status_code, f"{SET} Reply to the event instead." in late.text) == (410, True)
    assert 'href="#f-dates"' not in late.text


async def test_a_canceled_poll_is_closed_to_everyone_else_and_can_be_undone(
    app: Litestar, sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    organizer, other = await browse(sqlite_cast.coordinator), await browse(sqlite_cast.fbi_lead)
    await organizer.post(f"/polls/{poll_id}/cancellation")
    page = await text_at(organizer, f"/polls/{poll_id}")
    assert "Poll canceled. 1 person will get an email." in page
    link = f"/p/{app.state.links.poll(poll_id, sqlite_cast.fbi_lead.member_id)}"
    for closed in (await other.get(f"/polls/{poll_id}"), await Browser(app).get(link)):
        assert (closed.status_code, "This poll was canceled" in closed.text) == (410, True)
        assert "Monthly" not in closed.text
    undone = await organizer.post(f"/polls/{poll_id}/restoration")
    assert undone.status_code == 303
    assert (await other.get(f"/polls/{poll_id}")).status_code == 200


async def test_before_a_poll_is_canceled_its_page_says_what_happens_to_whom(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    organizer = await browse(sqlite_cast.coordinator)
    assert f'href="/polls/{poll_id}/cancellation"' in await text_at(organizer, f"/polls/{poll_id}")
    question = await text_at(organizer, f"/polls/{poll_id}/cancellation")
    for sentence in (
        "1 person will get an email that it’s canceled.",
        "2 emails that ask for a reply wait and won’t be sent.",
        "1 person’s replies are kept for you to read.",
        "For 20 seconds. No email about it goes out before that.",
        "Cancel the poll and notify 1 person",
    ):
        assert sentence in question
    assert "Cancel the poll" in await text_at(organizer, f"/polls/{poll_id}")


async def test_a_cancellation_that_cannot_be_saved_now_is_not_offered(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    organizer = await browse(sqlite_cast.coordinator)
    async with another_writer():
        question = await organizer.get(f"/polls/{poll_id}/cancellation")
    assert (question.status_code, "Nothing can be saved right now" in question.text) == (200, True)
    assert ">Cancel the poll<" not in question.text


async def test_a_draft_with_an_open_poll_says_why_it_cannot_be_discarded(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    event_id = (await polls.poll_for(sqlite_cast.coordinator, poll_id)).event.id
    organizer = await browse(sqlite_cast.coordinator)
    question = await text_at(organizer, f"/events/{event_id}/cancellation")
    assert "Cancel the date poll first." in question


async def test_remind_says_how_many_once_and_can_be_undone(sqlite_cast: Cast, browse: SignIn, poll_id: UUID) -> None:
    organizer = await browse(sqlite_cast.coordinator)
    assert "Remind 1 person who hasn’t replied" in await text_at(organizer, f"/polls/{poll_id}")
    await organizer.post(f"/polls/{poll_id}/nudges")
    page = await text_at(organizer, f"/polls/{poll_id}")
    assert "Reminded 1 person to reply." in page
    assert "You can remind them again on" in page
    [at] = re.findall(r'name="at" value="([^"]+)"', page)
    await organizer.post(f"/polls/{poll_id}/nudges/removal", {"at": html.unescape(at)})
    assert "Undone. No one was reminded." in await text_at(organizer, f"/polls/{poll_id}")


async def test_an_organizer_reads_that_a_poll_is_closed_and_nothing_of_a_link(
    sqlite_cast: Cast, browse: SignIn, poll_id: UUID
) -> None:
    await outcomes.cancel_poll(sqlite_cast.coordinator, poll_id, NOW)
    response = await (await browse(sqlite_cast.coordinator)).get(f"/polls/{poll_id}/cancellation")
    assert response.status_code == 410
    main = response.text.partition("<main")[2].partition("</main")[0]
    assert "This poll is closed." in main
    assert ("link" in main, "sign-in" in main) == (False, False)
