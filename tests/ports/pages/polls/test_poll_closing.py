"""The pages that end a poll: a look at what scheduling does, the deed, and Undo."""

import html
import re
from uuid import UUID

import pytest
from litestar import Litestar
from msgspec.structs import replace

from tests.cast import NOW, Cast, meeting
from tests.database.others import another_writer
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import text_at
from tests.usecases.polls.world import asked, reply
from tracker.rules.polls.polls import Fit
from tracker.rules.recurrence.series import rule_for_choice
from tracker.usecases.events import scheduling
from tracker.usecases.polls import poll_closing, polls

SET = "The date is set: Tue, Jan 12, 10:00–11:30 AM Central."


@pytest.fixture
async def poll_id(sqlite_cast: Cast) -> UUID:
    """A poll in which one of two people replied yes to both dates."""
    poll_id = await asked(sqlite_cast.coordinator, meeting(sqlite_cast.fbi_lead, sqlite_cast.caht_lead))
    await reply(sqlite_cast.fbi_lead, poll_id, Fit.YES, Fit.YES)
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
    await poll_closing.schedule_on_poll_date(sqlite_cast.coordinator, poll_id, option, NOW)
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
    await poll_closing.cancel_poll(sqlite_cast.coordinator, poll_id, NOW)
    response = await (await browse(sqlite_cast.coordinator)).get(f"/polls/{poll_id}/cancellation")
    assert response.status_code == 410
    main = response.text.partition("<main")[2].partition("</main")[0]
    assert "This poll is closed." in main
    assert ("link" in main, "sign-in" in main) == (False, False)
