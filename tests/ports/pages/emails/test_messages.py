"""Messages on their pages, and the emails of a demo."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from tests.cast import NOW, Cast, everyone, meeting, operation
from tests.ports.browser import Browser, app_settings
from tests.ports.conftest import SignIn
from tests.ports.pages.forms import words_of_page
from tests.ports.standing import standing
from tests.usecases.polls.world import ask_people, reply_to_poll
from tracker import clock
from tracker.app import create_app
from tracker.database import writing
from tracker.errors import Invalid
from tracker.ports.mail.demo_emails import ReplyWays
from tracker.ports.pages.emails.demo_emails import text_pieces
from tracker.rules.core import outbox as outbox_rules
from tracker.rules.core.message_types import ItemDue
from tracker.rules.core.outbox import MessageState, SendOutcome
from tracker.rules.emails.preferences import Preferences
from tracker.rules.polls import Fit
from tracker.tables.schema.core.tables import Message, Sending
from tracker.usecases.core import outbox as core_outbox
from tracker.usecases.emails import preferences
from tracker.usecases.emails.messages import PAGE
from tracker.usecases.events.scheduling import schedule_event

ROW = "<h3>"
NEXT_WEEK = datetime(2026, 12, 22, 10)  # noqa: DTZ001 - local to the event's zone


async def schedule_next_week(cast: Cast, **facts: Any) -> UUID:
    plan = meeting(cast.fbi_lead, cast.caht_lead, **{"starts": NEXT_WEEK, **facts})
    return await schedule_event(cast.coordinator, plan, NOW - timedelta(hours=2))


async def end(state: MessageState, reason: str = "") -> None:
    for message in await core_outbox.claim_messages("test", (), NOW, 100):
        await core_outbox.close_message(message, SendOutcome(state=state, reason=reason), NOW)


async def main_of_messages(browser: Browser, query: str = "") -> str:
    response = await browser.get(f"/messages{query}")
    assert response.status_code == 200
    return response.text[response.text.index("<main") : response.text.index("</main>")]


async def test_a_coordinator_reads_what_when_to_whom_and_its_state(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast)
    await end(MessageState.BOUNCED, "550 no such mailbox")
    page = await main_of_messages(await browse(sqlite_cast.coordinator))
    assert "Invitation: Monthly task force meeting" in words_of_page(page)
    assert "2 people" in page
    assert "2 failed" in words_of_page(page)
    assert "Fbi lead (FBI) Failed, undeliverable · 550 no such mailbox" in words_of_page(page)
    address = re.search(r'href="(/messages/sendings/[^"]+)"', page)
    assert address
    own_view = (await (await browse(sqlite_cast.coordinator)).get(address[1])).text
    assert "Fbi lead (FBI) Failed, undeliverable · 550 no such mailbox" in words_of_page(own_view)
    assert f'href="/events/{event_id}"' in own_view


async def test_a_member_reads_their_own_and_finds_no_filter_by_person(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast)
    page = await main_of_messages(await browse(sqlite_cast.hsi_liaison))
    assert "No messages yet." in page
    page = await main_of_messages(await browse(sqlite_cast.kcpd_alternate))
    assert 'name="person"' not in page
    assert "Fbi lead" not in page


async def test_filters_are_in_the_address_and_what_no_one_understands_is_passed_over(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await schedule_next_week(sqlite_cast)
    await end(MessageState.SENT)
    browser = await browse(sqlite_cast.coordinator)
    assert "Caht lead (CAHT)" in await main_of_messages(browser, "?state=sent&kind=invitation")
    assert "No messages match." in await main_of_messages(browser, "?state=failed")
    assert "Caht lead (CAHT)" in await main_of_messages(browser, "?state=odd&kind=odd&person=odd&event=odd&after=odd")
    part = await browser.get("/messages?state=sent", headers={"HX-Request": "true"})
    assert ("<main" in part.text, "Caht lead (CAHT)" in part.text) == (False, True)


async def test_the_next_page_continues_where_this_one_ends(sqlite_cast: Cast, browse: SignIn) -> None:
    async with writing():
        person, content = sqlite_cast.fbi_lead.member_id, ItemDue(due=NOW.date())
        for number in range(PAGE + 10):
            await core_outbox.enqueue_all(
                [outbox_rules.NewMessage(content=content, recipient_id=person, key=str(number))], NOW
            )
    browser = await browse(sqlite_cast.fbi_lead)
    first = await main_of_messages(browser)
    match = re.search(r'href="(/messages\?after=[^"]+)">Older messages', first)
    assert match
    second = await main_of_messages(browser, match[1].removeprefix("/messages"))
    assert (first.count(ROW), second.count(ROW)) == (PAGE, 10)
    assert "Older messages" not in second
    assert "Newest messages" in second


async def test_an_event_s_page_leads_to_its_messages_and_to_what_is_planned(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast)
    browser, path = await browse(sqlite_cast.coordinator), f"/messages?event={event_id}"
    assert f'href="{path}"' in (await browser.get(f"/events/{event_id}/2026-12-22")).text
    assert (
        f'href="{path}"' not in (await (await browse(sqlite_cast.fbi_lead)).get(f"/events/{event_id}/2026-12-22")).text
    )
    page = words_of_page(await main_of_messages(browser, f"?event={event_id}"))
    assert "Mon, Dec 21, 10:00 AM Reminder, 1 day before Monthly task force meeting , Tue, Dec 22 3 people" in page


async def test_trying_again_goes_back_to_the_same_filter_and_says_to_how_many(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await schedule_next_week(sqlite_cast)
    await end(MessageState.FAILED)
    browser = await browse(sqlite_cast.coordinator)
    page = await main_of_messages(browser, "?state=failed")
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
    await schedule_next_week(sqlite_cast)
    await end(MessageState.SENT)
    to_fbi = Message.recipient == sqlite_cast.fbi_lead.member_id
    [row] = await Message.select(Message.id, Message.sending).where(to_fbi)
    browser = await browse(sqlite_cast.coordinator)
    page = await main_of_messages(browser, f"/sendings/{row['sending']}")
    assert f'action="/messages/{row["id"]}/sendings"' in page
    response = await browser.post(f"/messages/{row['id']}/sendings")
    assert (response.status_code, response.headers["location"]) == (303, f"/messages/sendings/{row['sending']}")
    page = words_of_page(await main_of_messages(browser, f"/sendings/{row['sending']}"))
    assert "Sending again, with current details." in page
    assert "Sent again Tue, Dec 15, 9:00 AM." in page
    stale = await browser.post(f"/messages/{row['id']}/sendings")
    assert stale.status_code == 409
    assert "Nothing was sent again The message to Fbi lead (FBI) was already sent again." in words_of_page(stale.text)
    assert "Sent again Tue, Dec 15, 9:00 AM." in words_of_page(stale.text)
    assert '<a href="/messages">Back to Messages</a>' in stale.text
    assert "What you just typed" not in words_of_page(stale.text)


async def test_the_button_of_what_still_waits_is_missing(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast)
    [sending_id, _] = await Message.select(Message.sending).output(as_list=True)
    for query in ("", f"/sendings/{sending_id}"):
        assert "<form method" not in await main_of_messages(await browse(sqlite_cast.coordinator), query)


@pytest.mark.parametrize("skip", ["", "?skip=odd", "?skip=-1", "?skip=1000"])
async def test_an_odd_page_of_a_sending_breaks_nothing(sqlite_cast: Cast, browse: SignIn, skip: str) -> None:
    await schedule_next_week(sqlite_cast)
    [sending_id, _] = await Message.select(Message.sending).output(as_list=True)
    assert "Invitation" in await main_of_messages(
        await browse(sqlite_cast.coordinator), f"/sendings/{sending_id}{skip}"
    )


async def test_an_unseen_event_leaves_the_page_as_it_was_to_the_byte(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast)
    await end(MessageState.FAILED)
    browser = await browse(sqlite_cast.coordinator)
    person = f"?person={sqlite_cast.kcpd_detective.member_id}"
    asked = ("", person, *(f"?state={one}" for one in ("planned", "waiting", "sent", "failed", "skipped")))
    before = [await main_of_messages(browser, query) for query in asked]
    others = [one for one in everyone(sqlite_cast) if one.agency in ("KCPD", "HSI")]
    for number in range(PAGE):
        secret = operation(*others, starts=NEXT_WEEK + timedelta(hours=number))
        await schedule_event(sqlite_cast.fbi_lead, secret, NOW - timedelta(minutes=number))
    for state in (MessageState.FAILED, MessageState.SENT):
        assert before == [await main_of_messages(browser, query) for query in asked]
        await end(state)
    assert before == [await main_of_messages(browser, query) for query in asked]


async def test_a_message_is_read_without_the_links_of_its_recipient(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast)
    [row, _] = await Message.select(Message.id, Message.recipient.email)
    browser = await browse(sqlite_cast.coordinator)
    page = await main_of_messages(browser, f"/{row['id']}")
    assert "Invitation: Monthly task force meeting" in words_of_page(page)
    assert f"To {row['recipient.email']}" in words_of_page(page)
    assert "Reply yes" in words_of_page(page)
    assert "Its links don’t work here." in page
    for tail in ("/r/", "/u/", "/n/", "?a=", "sign-in/link"):
        assert tail not in page
    everything = await main_of_messages(browser)
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
    await schedule_next_week(sqlite_cast)
    if state:
        await end(state)
    browser, [first, *_] = await browse(sqlite_cast.coordinator), await Message.select(Message.id)
    page = words_of_page((await browser.get(f"/messages/{first['id']}")).text)
    assert sentence in page
    assert "It’s shown with today’s details, as its recipient would see it now, limited to what you can see." in page


async def test_a_row_of_people_who_got_no_email_says_why(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast)
    await end(MessageState.SUPPRESSED, "The recipient is no longer invited.")
    page = words_of_page(await main_of_messages(await browse(sqlite_cast.coordinator)))
    assert "2 not sent · The recipient is no longer invited." in page


async def test_what_cannot_be_read_says_why(sqlite_cast: Cast, browse: SignIn) -> None:
    event_id = await schedule_next_week(sqlite_cast)
    await Message.update({Message.facts: '{"content": {"type": "from_the_future"}}'}).where(Message.event == event_id)
    [message_id, _] = await Message.select(Message.id).output(as_list=True)
    page = words_of_page(await main_of_messages(await browse(sqlite_cast.coordinator), f"/{message_id}"))
    assert "This version can’t read the message." in page.replace("&#39;", "'")


async def test_a_list_for_one_person_sends_again_to_that_person_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    await schedule_next_week(sqlite_cast)
    await end(MessageState.BOUNCED)
    browser, person = await browse(sqlite_cast.coordinator), sqlite_cast.fbi_lead.member_id
    page = await main_of_messages(browser, f"?person={person}")
    assert "/retries" not in page
    address = re.search(r'action="(/messages/[^"]+/sendings)"', page)
    assert address
    await browser.post(address[1])
    waiting = await Message.select(Message.recipient).where(Message.state == MessageState.PENDING.value)
    assert [row["recipient"] for row in waiting] == [person]


async def test_a_sending_of_which_this_version_knows_no_topic_is_named_by_its_kind(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    await schedule_next_week(sqlite_cast)
    await Sending.update({Sending.topic: "from_the_future"}, force=True)
    assert "Invitation: Monthly task force meeting" in words_of_page(
        await main_of_messages(await browse(sqlite_cast.coordinator))
    )


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-12-15T09:00:00", "odd"])
async def test_a_place_in_the_list_with_a_time_that_no_page_wrote_is_ignored(
    sqlite_cast: Cast, browse: SignIn, at: str
) -> None:
    await schedule_next_week(sqlite_cast)
    after = urlencode({"after": f"{at}_{uuid4()}"})
    assert "Invitation" in await main_of_messages(await browse(sqlite_cast.coordinator), f"?{after}")


async def test_planned_lists_the_reminder_of_a_date_poll_to_those_who_may_see_it(
    sqlite_cast: Cast, browse: SignIn
) -> None:
    cast = sqlite_cast
    poll_id = await ask_people(cast.fbi_lead, operation(cast.kcpd_detective, cast.hsi_liaison))
    await reply_to_poll(cast.hsi_liaison, poll_id, Fit.YES)
    clock.start_at(datetime(2027, 1, 4, 15, tzinfo=UTC), is_still=True)
    planned = "?state=planned&kind=poll"
    led = words_of_page(await main_of_messages(await browse(cast.fbi_lead), planned))
    assert "Thu, Jan 7, 8:00 AM Date poll, reminder to reply:" in led
    assert "Kcpd detective (KCPD)" in led
    assert f'href="/polls/{poll_id}"' in await main_of_messages(await browse(cast.kcpd_detective), planned)
    for reader in (cast.hsi_liaison, cast.caht_lead):
        assert "No messages match." in await main_of_messages(await browse(reader), planned)


async def test_planned_lists_the_weekly_digest_to_its_reader_alone(sqlite_cast: Cast, browse: SignIn) -> None:
    cast = sqlite_cast
    await schedule_next_week(cast)
    await preferences.save_preferences(cast.fbi_lead, Preferences(digest=True), NOW)
    planned = "?state=planned&kind=digest"
    said = words_of_page(await main_of_messages(await browse(cast.fbi_lead), planned))
    assert "Mon, Dec 21, 7:00 AM Weekly digest: week of Mon, Dec 21 You" in said
    assert "No messages match." in await main_of_messages(await browse(cast.coordinator), planned)


TEN, ELEVEN = datetime(2027, 1, 12, 10, tzinfo=UTC), datetime(2027, 1, 12, 11, tzinfo=UTC)
LINK = "http://tracker.test/r/abc.def?a=yes"


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that one application reads."""
    return tmp_path_factory.mktemp("demo-mail")


@pytest.fixture
def empty_folder(outbox: Path) -> Path:
    """Return that folder, with no email in it."""
    for file in outbox.iterdir():
        file.unlink()
    return outbox


@pytest.fixture
def demo_app(sqlite_cast: Cast, empty_folder: Path) -> Iterator[Litestar]:
    with standing(is_demo=True, mail_folder=str(empty_folder)) as app:
        yield app


@pytest.fixture
def demo_visitor(demo_app: Litestar, empty_folder: Path) -> Browser:
    """A stranger before a demo that sent two emails."""
    keep(empty_folder, "000001", "Invitation: Training", "a@kcpd.example", f"Reply yes:\n{LINK}\n")
    keep(empty_folder, "000002", "<script>alert(1)</script>", "b@hsi.example", "A line")
    return Browser(demo_app)


def keep(folder: Path, name: str, subject: str, to: str, text: str) -> None:
    email = EmailMessage()
    email["Subject"], email["To"], email["Date"] = subject, to, "Tue, 15 Dec 2026 15:00:00 +0000"
    email.set_content(text)
    email.add_alternative("<html><head></head><b onclick='x()'>Bold</b></html>", subtype="html")
    email.add_alternative("BEGIN:VCALENDAR\r\nURL:http://tracker.test/ev\r\n ents/1\r\n", subtype="calendar")
    (folder / f"{name}.eml").write_bytes(email.as_bytes())


async def test_the_newest_emails_are_listed_first(demo_visitor: Browser) -> None:
    text = (await demo_visitor.get("/demo/mail")).text
    assert 0 < text.index("/demo/mail/000002") < text.index("/demo/mail/000001")
    assert "Tue, Dec 15, 9:00 AM" in text


async def test_emails_to_one_address_can_be_asked_for(demo_visitor: Browser) -> None:
    text = (await demo_visitor.get("/demo/mail?to=a@kcpd.example")).text
    assert "000001" in text
    assert "000002" not in text


async def test_links_of_an_email_can_be_followed(demo_visitor: Browser) -> None:
    text = (await demo_visitor.get("/demo/mail/000001")).text
    assert f'<a href="{LINK}">{LINK}</a>' in text
    assert '<a href="http://tracker.test/events/1">' in text


async def test_nothing_of_an_email_is_markup(demo_visitor: Browser) -> None:
    text = (await demo_visitor.get("/demo/mail/000002")).text
    assert "<script>alert" not in text
    assert "<b onclick" not in text
    assert "&lt;b onclick" in text


async def test_a_page_shows_an_email_as_its_reader_sees_it_before_its_parts(demo_visitor: Browser) -> None:
    response = await demo_visitor.get("/demo/mail/000001")
    order = [response.text.index(one) for one in ("All emails", 'src="/demo/mail/000001/shown"', "HTML source")]
    assert order == sorted(order)
    assert response.headers["content-security-policy"].endswith("; frame-src 'self'")


async def test_links_of_a_shown_email_lead_on_from_the_page_around_it(demo_visitor: Browser) -> None:
    assert '<head><base target="_top">' in (await demo_visitor.get("/demo/mail/000001/shown")).text


async def test_an_email_is_shown_as_a_mail_program_does_and_can_run_nothing(demo_visitor: Browser) -> None:
    response = await demo_visitor.get("/demo/mail/000002/shown")
    assert "<b onclick='x()'>Bold</b>" in response.text
    assert "sandbox" in response.headers["content-security-policy"]
    assert "script" not in response.headers["content-security-policy"]
    assert (await demo_visitor.get("/demo/mail/000009/shown")).status_code == 404


@pytest.mark.parametrize("name", ["000009", "..", "%2e%2e%2fsecret", "x" * 300])
async def test_an_email_that_is_not_there_is_not_found(demo_visitor: Browser, name: str) -> None:
    assert (await demo_visitor.get(f"/demo/mail/{name}")).status_code == 404


async def test_outside_a_demo_there_is_no_such_page(sqlite_cast: Cast, tmp_path: Path) -> None:
    keep(tmp_path, "000001", "Invitation", "a@kcpd.example", "Text")
    stranger = Browser(create_app(app_settings(mail_folder=str(tmp_path))))
    assert (await stranger.get("/demo/mail")).status_code == 404
    assert (await stranger.get("/demo/mail/000001")).status_code == 404
    assert (await stranger.post("/demo/mail/000001/replies", {"words": "DONE"})).status_code == 404


class Box:
    """A reply box that sends nothing: it keeps what it was asked to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, ...]] = []

    def ways(self, _email: object) -> ReplyWays:
        return ReplyWays(has_buttons=True, reads_words=True, page="http://tracker.test/events/1", at=(TEN, ELEVEN))

    async def press(self, _email: object, program: str, button: str, note: str, _now: object) -> str:
        if note == "long":
            raise Invalid(note="It is too long.")
        self.sent.append((program, button, note))
        return "250 2.0.0 Taken"

    async def propose(self, _email: object, starts: datetime, ends: datetime, note: str, _now: object) -> str:
        self.sent.append((f"{starts:%b %d %H:%M}", f"{ends:%H:%M}", note))
        return "250 2.0.0 Taken"

    async def write(self, _email: object, text: str, _now: object) -> str:
        self.sent.append((text,))
        return "451 4.3.0 Try again later"


@pytest.fixture
def boxed(demo_app: Litestar, empty_folder: Path) -> tuple[Browser, Box]:
    """A stranger before a demo with an email, and its reply box."""
    keep(empty_folder, "000001", "Invitation: Training", "a@kcpd.example", "Text")
    box = Box()
    demo_app.state["reply_box"] = box
    return Browser(demo_app), box


async def test_a_button_below_an_email_sends_what_its_recipient_s_program_would(boxed: tuple[Browser, Box]) -> None:
    visitor, box = boxed
    form = {"program": "apple", "button": "maybe", "note": "By train"}
    text = (await visitor.post("/demo/mail/000001/replies", form)).text
    assert box.sent == [("apple", "maybe", "By train")]
    assert "answered: <b>250 2.0.0 Taken</b>" in text
    assert '<a href="http://tracker.test/events/1">See the event</a>' in text


async def test_a_time_that_the_recipient_proposes_is_sent_and_odd_ones_stay_in_their_fields(
    boxed: tuple[Browser, Box],
) -> None:
    visitor, box = boxed
    assert 'name="starts" type="time" value="10:00"' in (await visitor.get("/demo/mail/000001")).text
    form = {"button": "propose", "date": "2027-01-14", "starts": "13:00", "ends": "14:00", "reason": "Court"}
    await visitor.post("/demo/mail/000001/replies", form)
    assert box.sent == [("Jan 14 13:00", "14:00", "Court")]
    response = await visitor.post("/demo/mail/000001/replies", {**form, "starts": "soon"})
    assert (response.status_code, len(box.sent), 'value="soon"' in response.text) == (422, 1, True)


async def test_words_are_sent_and_an_answer_that_is_no_yes_is_shown_as_one(boxed: tuple[Browser, Box]) -> None:
    visitor, box = boxed
    text = (await visitor.post("/demo/mail/000001/replies", {"words": "DONE"})).text
    assert box.sent == [("DONE",)]
    assert "usa-alert--error" in text


async def test_a_reply_that_can_t_be_sent_stays_in_its_field(boxed: tuple[Browser, Box]) -> None:
    visitor, box = boxed
    form = {"program": "apple", "button": "maybe", "note": "long"}
    response = await visitor.post("/demo/mail/000001/replies", form)
    assert (response.status_code, box.sent) == (422, [])
    assert "It is too long." in response.text
    assert "long</textarea>" in response.text


async def test_an_email_without_an_address_that_is_read_has_no_reply_box(demo_visitor: Browser) -> None:
    assert "Reply as" not in (await demo_visitor.get("/demo/mail/000001")).text
    assert (await demo_visitor.post("/demo/mail/000001/replies", {"words": "DONE"})).status_code == 404


def test_an_address_ends_before_the_full_stop() -> None:
    assert [
        one for one, is_address in text_pieces("See http://a.example/b?c=1. Or (http://d.example/)") if is_address
    ] == ["http://a.example/b?c=1", "http://d.example/"]
