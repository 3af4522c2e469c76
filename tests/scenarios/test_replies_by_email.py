"""What people get and read when they reply by email, and what the mail server in front hears: over real sockets."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.ical.client_replies import google
from tests.ports.browser import BASE, settings
from tests.ports.mail.mailboxes import ADDRESS
from tests.scenarios.office import calendar_of, words_of
from tests.scenarios.ways_in import SERVER, TAKEN, ByLmtp, Desk, Sent, desk, email, envelope, stamped
from tests.usecases.intake.writing_back import many_emails
from tracker import clock
from tracker.ports.mail.demo_emails import ReplyBox, ReplyWays, SinkFolder
from tracker.ports.mail.received_emails import LARGEST_EMAIL
from tracker.usecases.core import process_locks

JANUARY = "2027-01-12"


@pytest.fixture
async def way() -> ByLmtp:
    return await ByLmtp().start()


@pytest.fixture
async def at(sqlite_cast: Cast, way: ByLmtp) -> AsyncIterator[Desk]:
    async with desk(sqlite_cast, way) as found:
        yield found


async def test_the_invitation_asks_for_a_reply_and_says_how(at: Desk) -> None:
    mail = at.mails["ipd_liaison"]
    [event] = calendar_of(mail).walk("VEVENT")
    assert at.invitation("ipd_liaison").organizer.startswith("reply+")
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert "Choose a reply below, or reply in your calendar app." in words_of(mail)
    assert "To reply by email, start with YES, MAYBE, or NO." in words_of(mail)
    assert "receive replies" not in words_of(mail)


async def test_another_mailbox_and_an_email_that_is_too_large_are_refused(at: Desk) -> None:
    to = at.invitation("ipd_liaison").organizer
    too_large = b"From: a@b.example\r\n\r\n" + b"x" * 70 + b"\r\n" * LARGEST_EMAIL
    answers = await at.way.get(Sent("calendar@tracker.example", b"From: a@b.example\r\n\r\n"), Sent(to, too_large))
    assert answers == ["550", "552"]


async def test_one_email_too_many_of_a_sender_is_left_with_the_mail_server(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await many_emails(ipd.who, clock.now(), is_verified=True)
    assert await at.way.get(email(ipd, google(ipd.uid, ipd.who, stamp=stamped()))) == ["451"]


async def test_a_restored_copy_leaves_an_email_with_the_mail_server_until_it_is_confirmed(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    accept = email(ipd, google(ipd.uid, ipd.who, stamp=stamped()))
    await process_locks.hold_sending(clock.now(), clock.now())
    assert await at.way.get(accept) == ["451"]
    await process_locks.release_sending(None, clock.now())
    assert await at.way.get(accept) == [TAKEN]


async def test_the_invited_person_sees_that_the_calendar_app_s_reply_arrived(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    await at.get(email(ipd, google(ipd.uid, ipd.who, "DECLINED", stamp=stamped())))
    assert "You replied by email." in await at.page(JANUARY, "ipd_liaison")


async def test_a_word_written_back_is_on_the_page_and_confirmed_to_its_writer_alone(at: Desk) -> None:
    ipd = at.invitation("ipd_liaison")
    answer = envelope(ipd)
    answer.set_content("Yes, by train\n\nOn Tue, Dec 15, 2026 at 9:00 AM Task Force wrote:\n> NO\n")
    await at.get(Sent(str(at.mails["ipd_liaison"]["Reply-To"]), answer.as_bytes()))
    page = await at.page(JANUARY)
    assert ("By email, " in page, "by train" in page) == (True, True)
    [confirmation] = await at.office.mails()
    assert confirmation["To"] == ipd.who
    assert "You replied yes" in str(confirmation["Subject"])
    assert "/w/" in words_of(confirmation)


async def test_a_visitor_of_the_demo_replies_for_the_person_whose_email_they_read(
    at: Desk, way: ByLmtp, tmp_path: Path
) -> None:
    (tmp_path / "000001.eml").write_bytes(at.mails["ipd_liaison"].as_bytes())
    kept = await SinkFolder(tmp_path).mail("000001")
    assert kept
    box = ReplyBox(settings(reply_address=ADDRESS, lmtp=f"127.0.0.1:{way.port}", authserv_id=SERVER))
    assert await box.press(kept, "outlook", "decline", "In court, until ten", clock.now()) == "250 2.0.0 Taken"
    assert "In court, until ten" in await at.page(JANUARY)
    clock.start_at(clock.now() + timedelta(minutes=1), stands_still=True)
    assert await box.write(kept, "YES\nby train", clock.now()) == "250 2.0.0 Taken"
    assert "by train" in await at.page(JANUARY)
    ways = box.ways(kept)
    assert ways.at
    assert ways == ReplyWays(has_buttons=True, reads_words=True, page=f"{BASE}/events/{at.event}", at=ways.at)
    starts, ends = (each.replace(tzinfo=None) + timedelta(hours=3) for each in ways.at)
    assert await box.propose(kept, starts, ends, "Court until noon", clock.now()) == "250 2.0.0 Taken"
    assert "Tue, Jan 12, 1:00–2:30 PM, instead of Tue, Jan 12, 10:00–11:30 AM" in await at.page(JANUARY)
