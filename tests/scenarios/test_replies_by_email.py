"""People press Accept in the calendar they use, and the task force knows: over real sockets, from email to page."""

import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from anyio import to_thread

from tests.cast import ZONE, Cast
from tests.ical import client_replies
from tests.ical.client_replies import CLIENTS
from tests.ports.browser import BASE, settings
from tests.ports.standing import standing
from tests.scenarios.monthly_meeting import scheduled
from tests.scenarios.office import Office, calendar_of, opened, words_of
from tracker import clock
from tracker.crypto import keys
from tracker.crypto.reply_addresses import ReplyAddresses
from tracker.ports.mail.incoming import LARGEST, Reader
from tracker.ports.mail.lmtp import Listener
from tracker.ports.mail.mailbox import Mailbox
from tracker.ports.mail.reply_box import ReplyBox, Ways
from tracker.usecases.core import send_hold

pytestmark = pytest.mark.anyio

MAILBOX = "reply@tracker.example"
PASSES = "mx.tracker.example; dmarc=pass header.from={domain}"
ADDRESSES = {"ipd_liaison": "ipd_liaison@ipd.example", "hsi_liaison": "hsi_liaison@hsi.example"}


class Post:
    """The office, and its way in for emails."""

    event: UUID
    """The meeting, once it is scheduled."""

    def __init__(self, office: Office, port: int) -> None:
        self.office = office
        self.port = port

    async def deliver(self, to: str, content: bytes) -> str:
        """Hand an email over as the site's mail server does, and return what is answered: a code, or "taken"."""
        return await to_thread.run_sync(self._deliver, to, content)

    def _deliver(self, to: str, content: bytes) -> str:
        with smtplib.LMTP("127.0.0.1", self.port, local_hostname="mx.tracker.example") as client:
            try:
                client.sendmail("bounces@elsewhere.example", [to], content)
            except smtplib.SMTPRecipientsRefused as refused:
                return str(next(iter(refused.recipients.values()))[0])
            except smtplib.SMTPResponseException as refused:
                return str(refused.smtp_code)
        return "taken"


@pytest.fixture
async def post(sqlite_cast: Cast) -> AsyncIterator[Post]:
    async with _post(sqlite_cast) as found:
        yield found


@asynccontextmanager
async def _post(cast: Cast) -> AsyncIterator[Post]:
    with standing(reply_address=MAILBOX) as app:
        async with opened(app, cast, reply_address=MAILBOX) as office:
            addresses = ReplyAddresses(MAILBOX, keys.every("replies"))
            reader = Reader(addresses=addresses, authserv_id="mx.tracker.example", zone=ZONE)
            listener = Listener(reader, clock.now)
            port = await listener.start("127.0.0.1", 0)
            yield Post(office, port)
            await listener.stop()


async def invitation(post: Post, person: str) -> tuple[str, str, EmailMessage]:
    """Schedule the monthly meeting; return the organizer's address and UID that someone's invitation has."""
    post.event, mails = await scheduled(post.office)
    [mail] = [one for one in mails if str(one["To"]).startswith(person)]
    [event] = calendar_of(mail).walk("VEVENT")
    return str(event["ORGANIZER"]).removeprefix("mailto:"), str(event["UID"]), mail


def reply(sender: str, to: str, calendar: bytes, *, is_verified: bool = True, name: str = "<1@elsewhere>") -> bytes:
    """Return the email in which a calendar program sends a reply, as the site's mail server hands it over."""
    mail = EmailMessage(policy=policy.SMTP)
    if is_verified:
        mail["Authentication-Results"] = PASSES.format(domain=sender.rpartition("@")[2])
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, to, "Accepted: Monthly meeting", name
    mail.set_content("Accepted")
    mail.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()


def stamped(minutes: int = 0) -> str:
    return f"{clock.now() + timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}"


async def meeting_page(post: Post, person: str = "coordinator") -> str:
    return await post.office.page(person, f"/events/{post.event}/2027-01-12")


@pytest.mark.parametrize("client", CLIENTS)
async def test_the_accept_button_of_each_program_is_on_the_coordinator_s_page(post: Post, client: str) -> None:
    to, uid, _ = await invitation(post, "ipd_liaison")
    who = ADDRESSES["ipd_liaison"]
    assert await post.deliver(to, reply(who, to, CLIENTS[client](uid, who, stamp=stamped()))) == "taken"
    page = await meeting_page(post)
    assert "By email, " in page
    assert await post.office.mails() == []  # no email back, and none to others


async def test_the_invitation_asks_for_a_reply_and_says_how(post: Post) -> None:
    to, _, mail = await invitation(post, "ipd_liaison")
    [event] = calendar_of(mail).walk("VEVENT")
    assert (to.startswith("reply+"), event["ATTENDEE"].params["RSVP"]) == (True, "TRUE")
    assert "Reply with these buttons, or with the ones in your calendar app." in words_of(mail)
    assert "To reply by email, write YES, MAYBE, or NO on the first line." in words_of(mail)
    assert "receive replies" not in words_of(mail)


async def test_the_answer_is_the_same_for_every_address_and_every_email(post: Post) -> None:
    to, uid, _ = await invitation(post, "ipd_liaison")
    who = ADDRESSES["ipd_liaison"]
    accept = client_replies.google(uid, who, stamp=stamped())
    answers = [
        await post.deliver(to, reply(who, to, accept)),
        await post.deliver(f"reply+{'a' * 52}@tracker.example", reply(who, to, accept)),
        await post.deliver(MAILBOX, reply(who, to, accept)),
        await post.deliver(to, reply("stranger@elsewhere.example", to, accept, name="<2@elsewhere>")),
        await post.deliver(to, b"\r\n"),
        await post.deliver(to, reply(who, to, accept, is_verified=False, name="<3@elsewhere>")),
    ]
    assert answers == ["taken"] * 6


async def test_another_mailbox_and_an_email_that_is_too_large_are_refused(post: Post) -> None:
    to, _, _ = await invitation(post, "ipd_liaison")
    assert await post.deliver("calendar@tracker.example", b"From: a@b.example\r\n\r\n") == "550"
    assert await post.deliver(to, b"From: a@b.example\r\n\r\n" + b"x" * 70 + b"\r\n" * LARGEST) == "552"


async def test_a_restored_copy_leaves_an_email_with_the_mail_server_until_it_is_confirmed(post: Post) -> None:
    to, uid, _ = await invitation(post, "ipd_liaison")
    who = ADDRESSES["ipd_liaison"]
    accept = reply(who, to, client_replies.google(uid, who, stamp=stamped()))
    await send_hold.hold(clock.now(), clock.now())
    assert await post.deliver(to, accept) == "451"
    await send_hold.resume(None, clock.now())
    assert await post.deliver(to, accept) == "taken"


async def test_a_forged_sender_changes_nothing(post: Post) -> None:
    to, uid, _ = await invitation(post, "ipd_liaison")
    who = ADDRESSES["ipd_liaison"]
    await post.deliver(to, reply(who, to, client_replies.google(uid, who, stamp=stamped()), is_verified=False))
    page = await meeting_page(post)
    assert "By email, " not in page
    assert "1 email reply wasn’t recorded" in page
    assert "Your mail server couldn’t confirm the sender." in page
    assert "wasn’t recorded" not in await meeting_page(post, "hsi_liaison")


async def test_the_invited_person_sees_that_the_calendar_app_s_reply_arrived(post: Post) -> None:
    to, uid, _ = await invitation(post, "ipd_liaison")
    who = ADDRESSES["ipd_liaison"]
    await post.deliver(to, reply(who, to, client_replies.google(uid, who, "DECLINED", stamp=stamped())))
    assert "You replied by email." in await meeting_page(post, "ipd_liaison")


async def test_a_word_written_back_is_on_the_page_and_confirmed_to_its_writer_alone(post: Post) -> None:
    _, _, mail = await invitation(post, "ipd_liaison")
    answer = EmailMessage(policy=policy.SMTP)
    answer["From"], answer["To"], answer["Message-ID"] = ADDRESSES["ipd_liaison"], mail["Reply-To"], "<1@ipd>"
    answer["Authentication-Results"] = PASSES.format(domain="ipd.example")
    answer.set_content("Yes, by train\n\nOn Tue, Dec 15, 2026 at 9:00 AM Task Force wrote:\n> NO\n")
    assert await post.deliver(str(mail["Reply-To"]), answer.as_bytes()) == "taken"
    page = await meeting_page(post)
    assert ("By email, " in page, "by train" in page) == (True, True)
    [confirmation] = await post.office.mails()
    assert confirmation["To"] == ADDRESSES["ipd_liaison"]
    assert "You replied yes" in str(confirmation["Subject"])
    assert "/w/" in words_of(confirmation)


async def test_a_visitor_of_the_demo_replies_for_the_person_whose_email_they_read(post: Post, tmp_path: Path) -> None:
    _, _, mail = await invitation(post, "ipd_liaison")
    (tmp_path / "000001.eml").write_bytes(mail.as_bytes())
    kept = await Mailbox(tmp_path).mail("000001")
    assert kept
    way_in = {"lmtp": f"127.0.0.1:{post.port}", "authserv_id": "mx.tracker.example"}
    box = ReplyBox(settings(reply_address=MAILBOX, **way_in))
    assert await box.press(kept, "outlook", "decline", "In court, until ten", clock.now()) == "250 2.0.0 Taken"
    assert "In court, until ten" in await meeting_page(post)
    clock.start_at(clock.now() + timedelta(minutes=1), stands_still=True)
    assert await box.write(kept, "YES\nby train", clock.now()) == "250 2.0.0 Taken"
    assert "by train" in await meeting_page(post)
    assert box.ways(kept) == Ways(has_buttons=True, reads_words=True, page=f"{BASE}/events/{post.event}")
