"""Scenario 4 where no mail server of the site hands emails over: the tracker reads a mailbox of a real IMAP server."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from anyio import to_thread

from tests.cast import Cast
from tests.dovecot import Dovecot
from tests.ical import client_replies
from tests.ports.mail.mailboxes import ADDRESS, reader, reading
from tests.ports.standing import standing
from tests.scenarios.monthly_meeting import APRIL_1, replies, scheduled
from tests.scenarios.office import Office, calendar_of, opened
from tests.scenarios.test_replies_by_email import reply, stamped
from tracker import clock
from tracker.ports.mail.imap_reader import MailboxReader
from tracker.ports.mail.incoming import LARGEST

pytestmark = pytest.mark.anyio

JANUARY, APRIL, MAY = "2027-01-12", "2027-04-13", "2027-05-11"


class Mailbox:
    """The office, with the monthly meeting, its invitations, and the mailbox to which people reply."""

    def __init__(self, office: Office, server: Dovecot, event: UUID, invitations: list[EmailMessage]) -> None:
        self.office, self.event = office, event
        self._server, self._user = server, f"{uuid4()}@tracker.example"
        self._invitations = {str(one["To"]).partition("@")[0]: one for one in invitations}

    def asked(self, person: str) -> tuple[str, str, str]:
        """Return the UID and the organizer's address in someone's invitation, and the address that it came to."""
        mail = self._invitations[person]
        [*_, event] = calendar_of(mail).walk("VEVENT")
        return str(event["UID"]), str(event["ORGANIZER"]).removeprefix("mailto:"), str(mail["To"])

    async def get(self, *emails: bytes) -> int:
        """Let emails come, and the tracker read them; return how many are unread afterward."""
        await to_thread.run_sync(lambda: self._server.put(self._user, *emails))
        reads = MailboxReader(reading(self._server.port, self._user), reader(), clock.now, waits=0)
        await reads.run()
        await reads.stop()
        return len(await to_thread.run_sync(lambda: self._server.unseen(self._user)))

    async def count(self, key: str) -> str:
        return await replies(self.office, f"/events/{self.event}/{key}")

    async def page(self, key: str) -> str:
        return await self.office.page("coordinator", f"/events/{self.event}/{key}")


@pytest.fixture
async def mailbox(sqlite_cast: Cast, dovecot: Dovecot) -> AsyncIterator[Mailbox]:
    with standing(reply_address=ADDRESS) as app:
        async with opened(app, sqlite_cast, reply_address=ADDRESS) as office:
            yield Mailbox(office, dovecot, *await scheduled(office))


async def test_what_each_program_sends_counts_for_its_person_and_mails_no_one(mailbox: Mailbox) -> None:
    ipd, ours, who = mailbox.asked("ipd_liaison")
    accepted = reply(who, ours, client_replies.google(ipd, who, stamp=stamped()))
    hsi, ours, who = mailbox.asked("hsi_liaison")
    tentative = client_replies.outlook(hsi, who, "TENTATIVE", stamp=stamped(), note="In court until ten")
    hhs, theirs, hers = mailbox.asked("hhs_liaison")
    apple = client_replies.apple(hhs, hers, "DECLINED", date="20270511T100000", stamp=stamped())
    fbi, his_address, he = mailbox.asked("fbi_lead")
    google = client_replies.google(fbi, he, "DECLINED", date="20270511T150000Z", stamp=stamped())
    unread = await mailbox.get(
        accepted,
        reply(who, ours, tentative, name="<2@elsewhere>"),
        reply(hers, theirs, apple, name="<3@elsewhere>"),
        reply(he, his_address, google, name="<4@elsewhere>"),
    )
    assert (unread, await mailbox.office.mails()) == (0, [])
    assert await mailbox.count(JANUARY) == "2 yes · 1 maybe · 0 no · 5 no reply"
    assert await mailbox.count(MAY) == "2 yes · 1 maybe · 2 no · 3 no reply"
    page = await mailbox.page(JANUARY)
    assert ("By email, " in page, "In court until ten" in page) == (True, True)


async def test_what_does_not_count_changes_nothing_and_is_shown_to_the_coordinator_alone(mailbox: Mailbox) -> None:
    uid, ours, who = mailbox.asked("ipd_liaison")
    yes = client_replies.google(uid, who, stamp=stamped())
    alternate, stranger = "fbi_alternate@fbi.example", "ipd.private@elsewhere.example"
    fbi, his_address, _ = mailbox.asked("fbi_lead")
    unread = await mailbox.get(
        reply(who, ours, yes, is_verified=False, name="<forged@elsewhere>"),
        reply(stranger, ours, yes, name="<unknown@elsewhere>"),
        reply(alternate, his_address, client_replies.outlook(fbi, alternate, stamp=stamped()), name="<forwarded@fbi>"),
        reply(who, f"reply+{'a' * 52}@tracker.example", yes, name="<random@elsewhere>"),
        b"Auto-Submitted: auto-replied\r\n" + reply(who, ours, b"", name="<away@elsewhere>"),
        f"From: {who}\r\nTo: {ours}\r\nContent-Type: text/html\r\n\r\n<b>Yes!</b>".encode(),
        f"From: {who}\r\nTo: {ours}\r\n\r\n".encode() + b"x" * 70 + b"\r\n" * (2 * LARGEST),
    )
    assert (unread, await mailbox.office.mails()) == (0, [])
    assert await mailbox.count(JANUARY) == "1 yes · 0 maybe · 0 no · 7 no reply"
    page = await mailbox.page(JANUARY)
    assert "Your mail server couldn’t confirm the sender." in page
    assert "It names a different person." in page or "It didn’t come from their address." in page
    assert "recorded" not in await mailbox.office.page("hsi_liaison", f"/events/{mailbox.event}/{JANUARY}")


async def test_an_older_reply_and_one_to_the_old_time_do_not_count(mailbox: Mailbox) -> None:
    uid, ours, who = mailbox.asked("ipd_liaison")
    no = reply(who, ours, client_replies.google(uid, who, "DECLINED", stamp=stamped(), sequence=0))
    before = client_replies.google(uid, who, stamp=stamped(-60), sequence=0)
    await mailbox.get(no, no, reply(who, ours, before, name="<older@elsewhere>"))
    assert await mailbox.count(JANUARY) == "1 yes · 0 maybe · 1 no · 6 no reply"
    await mailbox.office.at(APRIL_1)
    address = f"/events/{mailbox.event}/{APRIL}/edit"
    moved = {"date": "2027-04-15", "starts": "13:00", "ends": "14:30", "reason": "courtroom conflict"}
    await mailbox.office.fill("coordinator", address, address, **moved)
    old = client_replies.google(uid, who, date="20270413T150000Z", stamp=stamped())
    await mailbox.get(reply(who, ours, old, name="<april@elsewhere>"))
    assert "It replies to a time that has changed since." in await mailbox.page(APRIL)
