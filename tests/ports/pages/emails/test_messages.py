"""The page of messages: what it shows of each, filters in the address, pages, and the button that sends again."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from tests.cast import NOW, Cast, everybody, meeting, operation
from tests.ports.browser import Browser
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import words_of_page
from tests.usecases.polls.world import asked, reply
from tracker import clock
from tracker.database import writing
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.message_types import ItemDue
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.emails.preferences import Preferences
from tracker.rules.polls.polls import Fit
from tracker.tables.schema.core.tables import Message, Sending
from tracker.usecases.core import outbox
from tracker.usecases.emails import preferences
from tracker.usecases.emails.messages import PAGE
from tracker.usecases.events.scheduling import schedule_event

ROW = "<h3>"
NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def scheduled(cast: Cast, **facts: Any) -> UUID:
    plan = meeting(cast.fbi_lead, cast.caht_lead, **{"starts": NEXT_WEEK, **facts})
    return await schedule_event(cast.coordinator, plan, NOW - timedelta(hours=2))


async def end(state: MessageState, reason: str = "") -> None:
    for message in await outbox.claim_messages("test", (), NOW, 100):
        await outbox.close_message(message, SendOutcome(state=state, reason=reason), NOW)


async def main(browser: Browser, query: str = "") -> str:
    response = await browser.get(f"/messages{query}")
    assert response.status_code == 200
    return response.text[response.text.index("<main") : response.text.index("</main>")]


async def test_a_coordinator_reads_what_when_to_whom_and_how_it_stands(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduled(sqlite_cast)
    await end(MessageState.BOUNCED, "550 no such mailbox")
    page = await main(await browse(sqlite_cast.coordinator))
    assert "Invitation: Monthly task force meeting" in words_of_page(page)
    assert "2 people" in page
    assert "2 failed" in words_of_page(page)
    assert "Fbi lead (FBI) Failed, undeliverable · 550 no such mailbox" in words_of_page(page)
    address = re.search(r'href="(/messages/sendings/[^"]+)"', page)
    assert address
    one = (await (await browse(sqlite_cast.coordinator)).get(address[1])).text
    assert "Fbi lead (FBI) Failed, undeliverable · 550 no such mailbox" in words_of_page(one)
    assert f'href="/events/{event_id}"' in one


async def test_a_member_reads_their_own_and_finds_no_filter_by_person(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    page = await main(await browse(sqlite_cast.hsi_liaison))
    assert "No messages yet." in page
    page = await main(await browse(sqlite_cast.kcpd_alternate))
    assert 'name="person"' not in page
    assert "Fbi lead" not in page


async def test_filters_are_in_the_address_and_what_nobody_understands_is_passed_over(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await scheduled(sqlite_cast)
    await end(MessageState.SENT)
    browser = await browse(sqlite_cast.coordinator)
    assert "Caht lead (CAHT)" in await main(browser, "?state=sent&kind=invitation")
    assert "No messages match." in await main(browser, "?state=failed")
    assert "Caht lead (CAHT)" in await main(browser, "?state=odd&kind=odd&person=odd&event=odd&after=odd")
    part = await browser.get("/messages?state=sent", headers={"HX-Request": "true"})
    assert ("<main" in part.text, "Caht lead (CAHT)" in part.text) == (False, True)


async def test_the_next_page_goes_on_where_this_one_ends(sqlite_cast: Cast, browse: SignIn) -> None:
    async with writing():
        person, content = sqlite_cast.fbi_lead.member_id, ItemDue(due=NOW.date())
        for number in range(PAGE + 10):
            await outbox.enqueue_all(
                [outbox_rules.NewMessage(content=content, recipient_id=person, key=str(number))], NOW
            )
    browser = await browse(sqlite_cast.fbi_lead)
    first = await main(browser)
    found = re.search(r'href="(/messages\?after=[^"]+)">Older messages', first)
    assert found
    second = await main(browser, found[1].removeprefix("/messages"))
    assert (first.count(ROW), second.count(ROW)) == (PAGE, 10)
    assert "Older messages" not in second
    assert "Newest messages" in second


async def test_an_event_s_page_leads_to_its_messages_and_to_what_is_planned(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduled(sqlite_cast)
    browser, path = await browse(sqlite_cast.coordinator), f"/messages?event={event_id}"
    assert f'href="{path}"' in (await browser.get(f"/events/{event_id}/2026-12-22")).text
    assert (
        f'href="{path}"' not in (await (await browse(sqlite_cast.fbi_lead)).get(f"/events/{event_id}/2026-12-22")).text
    )
    page = words_of_page(await main(browser, f"?event={event_id}"))
    assert "Mon, Dec 21, 10:00 AM Reminder, 1 day before Monthly task force meeting , Tue, Dec 22 3 people" in page


async def test_trying_again_goes_back_to_the_same_filter_and_says_to_how_many(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await scheduled(sqlite_cast)
    await end(MessageState.FAILED)
    browser = await browse(sqlite_cast.coordinator)
    page = await main(browser, "?state=failed")
    address = re.search(r'action="(/messages/sendings/[^"]+/retries)"', page)
    assert address
    assert "Send again to 2 people" in words_of_page(page)
    response = await browser.post(address[1], {"state": "failed"})
    assert (response.status_code, response.headers["location"]) == (303, "/messages?state=failed")
    assert "Sending again to 2 people, with current details." in (await browser.get("/messages")).text
    stale = await browser.post(address[1], {"state": "failed"})
    assert stale.status_code == 409
    assert "There’s nothing left to send again. Each failed email was already sent again" in words_of_page(stale.text)
    assert '<a href="/messages?state=failed">Back to Messages</a>' in stale.text
    assert "What you just typed" not in words_of_page(stale.text)


async def test_one_message_is_sent_again_from_the_page_of_its_sending(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    await end(MessageState.SENT)
    to_fbi = Message.recipient == sqlite_cast.fbi_lead.member_id
    [row] = await Message.select(Message.id, Message.sending).where(to_fbi)
    browser = await browse(sqlite_cast.coordinator)
    page = await main(browser, f"/sendings/{row['sending']}")
    assert f'action="/messages/{row["id"]}/sendings"' in page
    response = await browser.post(f"/messages/{row['id']}/sendings")
    assert (response.status_code, response.headers["location"]) == (303, f"/messages/sendings/{row['sending']}")
    page = words_of_page(await main(browser, f"/sendings/{row['sending']}"))
    assert "Sending again, with current details." in page
    assert "Sent again Tue, Dec 15, 9:00 AM." in page
    stale = await browser.post(f"/messages/{row['id']}/sendings")
    assert stale.status_code == 409
    assert "Nothing was sent again The message to Fbi lead (FBI) was already sent again." in words_of_page(stale.text)
    assert "Sent again Tue, Dec 15, 9:00 AM." in words_of_page(stale.text)
    assert '<a href="/messages">Back to Messages</a>' in stale.text
    assert "What you just typed" not in words_of_page(stale.text)


async def test_the_button_of_what_still_waits_is_missing(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    [sending_id, _] = await Message.select(Message.sending).output(as_list=True)
    for query in ("", f"/sendings/{sending_id}"):
        assert "<form method" not in await main(await browse(sqlite_cast.coordinator), query)


@pytest.mark.parametrize("skip", ["", "?skip=odd", "?skip=-1", "?skip=1000"])
async def test_an_odd_page_of_a_sending_breaks_nothing(sqlite_cast: Cast, browse: SignIn, skip: str) -> None:
    await scheduled(sqlite_cast)
    [sending_id, _] = await Message.select(Message.sending).output(as_list=True)
    assert "Invitation" in await main(await browse(sqlite_cast.coordinator), f"/sendings/{sending_id}{skip}")


async def test_an_unseen_event_leaves_the_page_as_it_was_to_the_byte(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    await end(MessageState.FAILED)
    browser = await browse(sqlite_cast.coordinator)
    person = f"?person={sqlite_cast.kcpd_detective.member_id}"
    asked = ("", person, *(f"?state={one}" for one in ("planned", "waiting", "sent", "failed", "skipped")))
    before = [await main(browser, query) for query in asked]
    others = [one for one in everybody(sqlite_cast) if one.agency in ("KCPD", "HSI")]
    for number in range(PAGE):
        secret = operation(*others, starts=NEXT_WEEK + timedelta(hours=number))
        await schedule_event(sqlite_cast.fbi_lead, secret, NOW - timedelta(minutes=number))
    for state in (MessageState.FAILED, MessageState.SENT):
        assert before == [await main(browser, query) for query in asked]
        await end(state)
    assert before == [await main(browser, query) for query in asked]


async def test_a_message_is_read_without_the_links_of_its_recipient(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    [row, _] = await Message.select(Message.id, Message.recipient.email)
    browser = await browse(sqlite_cast.coordinator)
    page = await main(browser, f"/{row['id']}")
    assert "Invitation: Monthly task force meeting" in words_of_page(page)
    assert f"To {row['recipient.email']}" in words_of_page(page)
    assert "Reply yes" in words_of_page(page)
    assert "Its links don’t work here." in page
    for tail in ("/r/", "/u/", "/n/", "?a=", "sign-in/link"):
        assert tail not in page
    everything = await main(browser)
    assert f'href="/messages/{row["id"]}"' in everything


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (None, "This email hasn’t been sent yet."),
        (MessageState.SENT, "This isn’t a copy of what was sent. No copies are kept."),
        (MessageState.SUPERSEDED, "This email wasn’t sent."),
    ],
)
async def test_a_message_says_that_it_is_shown_with_the_details_of_today(
    sqlite_cast: Cast, browse: SignIn, state: MessageState | None, sentence: str
) -> None:
    await scheduled(sqlite_cast)
    if state:
        await end(state)
    browser, [first, *_] = await browse(sqlite_cast.coordinator), await Message.select(Message.id)
    page = words_of_page((await browser.get(f"/messages/{first['id']}")).text)
    assert sentence in page
    assert "It’s shown with today’s details, as its recipient would see it now, limited to what you can see." in page


async def test_a_row_of_people_who_got_no_email_says_why(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    await end(MessageState.SUPPRESSED, "The recipient is no longer invited.")
    page = words_of_page(await main(await browse(sqlite_cast.coordinator)))
    assert "2 not sent · The recipient is no longer invited." in page


async def test_what_cannot_be_read_says_why(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await scheduled(sqlite_cast)
    await Message.update({Message.facts: '{"content": {"type": "from_the_future"}}'}).where(Message.event == event_id)
    [message_id, _] = await Message.select(Message.id).output(as_list=True)
    page = words_of_page(await main(await browse(sqlite_cast.coordinator), f"/{message_id}"))
    assert "This version can’t read the message." in page.replace("&#39;", "'")


async def test_a_list_for_one_person_sends_again_to_that_person_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    await scheduled(sqlite_cast)
    await end(MessageState.BOUNCED)
    browser, person = await browse(sqlite_cast.coordinator), sqlite_cast.fbi_lead.member_id
    page = await main(browser, f"?person={person}")
    assert "/retries" not in page
    address = re.search(r'action="(/messages/[^"]+/sendings)"', page)
    assert address
    await browser.post(address[1])
    waiting = await Message.select(Message.recipient).where(Message.state == MessageState.PENDING.value)
    assert [row["recipient"] for row in waiting] == [person]


async def test_a_sending_of_which_this_version_knows_no_topic_is_named_by_its_kind(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await scheduled(sqlite_cast)
    await Sending.update({Sending.topic: "from_the_future"}, force=True)
    assert "Invitation: Monthly task force meeting" in words_of_page(await main(await browse(sqlite_cast.coordinator)))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-12-15T09:00:00", "odd"])
async def test_a_place_in_the_list_with_a_time_that_no_page_wrote_is_ignored(
    sqlite_cast: Cast, browse: SignIn, at: str
) -> None:
    await scheduled(sqlite_cast)
    after = urlencode({"after": f"{at}_{uuid4()}"})
    assert "Invitation" in await main(await browse(sqlite_cast.coordinator), f"?{after}")


async def test_planned_lists_the_reminder_of_a_date_poll_to_those_who_may_see_it(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    cast = sqlite_cast
    poll_id = await asked(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison))
    await reply(cast.hsi_liaison, poll_id, Fit.YES)
    clock.start_at(datetime(2027, 1, 4, 15, tzinfo=UTC), stands_still=True)
    planned = "?state=planned&kind=poll"
    led = words_of_page(await main(await browse(cast.fbi_lead), planned))
    assert "Thu, Jan 7, 8:00 AM Date poll, reminder to reply:" in led
    assert "Kcpd detective (KCPD)" in led
    assert f'href="/polls/{poll_id}"' in await main(await browse(cast.kcpd_detective), planned)
    for reader in (cast.hsi_liaison, cast.caht_lead):
        assert "No messages match." in await main(await browse(reader), planned)


async def test_planned_lists_the_weekly_digest_to_its_reader_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    cast = sqlite_cast
    await scheduled(cast)
    await preferences.save_preferences(cast.fbi_lead, Preferences(digest=True), NOW)
    planned = "?state=planned&kind=digest"
    said = words_of_page(await main(await browse(cast.fbi_lead), planned))
    assert "Mon, Dec 21, 7:00 AM Weekly digest: week of Mon, Dec 21 You" in said
    assert "No messages match." in await main(await browse(cast.coordinator), planned)
