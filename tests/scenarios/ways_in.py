"""The two ways in for email, and an office to which people reply: a mail server hands over, or a mailbox is read."""

import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from typing import NamedTuple, Protocol
from uuid import UUID, uuid4

from anyio import to_thread

from tests.cast import Cast
from tests.dovecot import Dovecot
from tests.ports.mail.mailboxes import ADDRESS, reader, reading
from tests.ports.standing import standing
from tests.scenarios.monthly_meeting import replies, schedule_monthly
from tests.scenarios.office import Office, calendar_of, open_office
from tracker import clock
from tracker.ports.mail.imap import MailboxReader
from tracker.ports.mail.received_emails import Listener

SERVER = "mx.tracker.example"
"""The site's own mail server, as it writes its name into Authentication-Results."""
PASSES = f"{SERVER}; dmarc=pass header.from={{domain}}"
TAKEN = "taken"


class Sent(NamedTuple):
    """An email that someone sends, and the address of ours on its envelope."""

    to: str
    content: bytes


class WayIn(Protocol):
    """How emails come in."""

    of_too_large: str
    """What is answered to an email that is longer than the limit."""

    async def get(self, *emails: Sent) -> list[str]:
        """Let emails come, one after the other, and return what is answered to each: a code of LMTP, or "taken"."""
        ...

    async def stop(self) -> None:
        """Take no more."""
        ...


class ByLmtp:
    """The site's mail server hands emails over."""

    of_too_large = "552"

    def __init__(self) -> None:
        self._listener = Listener(reader(), clock.now)
        self.port = 0

    async def start(self) -> "ByLmtp":
        """Listen on a free port of loopback."""
        self.port = await self._listener.start("127.0.0.1", 0)
        return self

    async def get(self, *emails: Sent) -> list[str]:
        """Hand them over in one connection each."""
        return [await to_thread.run_sync(self._hand_over, one) for one in emails]

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

    def _hand_over(self, email: Sent) -> str:
        with smtplib.LMTP("127.0.0.1", self.port, local_hostname=SERVER) as client:
            try:
                client.sendmail("bounces@elsewhere.example", [email.to], email.content)
            except smtplib.SMTPRecipientsRefused as refused:
                return str(next(iter(refused.recipients.values()))[0])
            except smtplib.SMTPResponseException as refused:
                return str(refused.smtp_code)
        return TAKEN


class ByMailbox:
    """The tracker reads a mailbox of Dovecot, whose mail server writes the envelope into the email."""

    of_too_large = TAKEN

    def __init__(self, server: Dovecot) -> None:
        self._server, self._user = server, f"{uuid4()}@tracker.example"
        self._reads = MailboxReader(reading(server.port, self._user), reader(), clock.now, waits=0)

    async def get(self, *emails: Sent) -> list[str]:
        """Put them into the mailbox, and read it; what is taken is marked as read."""
        delivered = [f"Delivered-To: {one.to}\r\n".encode() + one.content for one in emails]
        await to_thread.run_sync(lambda: self._server.put(self._user, *delivered))
        await self._reads.run()
        unread = len(await to_thread.run_sync(lambda: self._server.unseen(self._user)))
        return [TAKEN] * (len(emails) - unread) + ["unread"] * unread

    async def stop(self) -> None:
        """Leave the mailbox to another process."""
        await self._reads.stop()


class Invitation(NamedTuple):
    """What someone's calendar program keeps of their invitation."""

    uid: str
    organizer: str
    """The address to which replies go."""
    who: str
    """The address of the invited person."""


class Desk:
    """The office of the monthly meeting, its invitations, and a way in for what people reply."""

    def __init__(self, office: Office, way: WayIn, event: UUID, emails: list[EmailMessage]) -> None:
        self.office, self.way, self.event = office, way, event
        self.emails = {str(one["To"]).partition("@")[0]: one for one in emails}

    def invitation(self, person: str) -> Invitation:
        """Return the invitation that someone got by email."""
        email = self.emails[person]
        [*_, event] = calendar_of(email).walk("VEVENT")
        return Invitation(str(event["UID"]), str(event["ORGANIZER"]).removeprefix("mailto:"), str(email["To"]))

    async def get(self, *emails: Sent) -> None:
        """Let emails come, all of which are taken."""
        assert await self.way.get(*emails) == [TAKEN] * len(emails)

    async def count(self, key: str) -> str:
        """Return what the coordinator reads of the replies to a date."""
        return await replies(self.office, f"/events/{self.event}/{key}")

    async def page(self, key: str, person: str = "coordinator") -> str:
        """Return the page of a date as someone sees it."""
        return await self.office.page(person, f"/events/{self.event}/{key}")


@asynccontextmanager
async def open_desk(cast: Cast, way: WayIn) -> AsyncIterator[Desk]:
    """Open the office with a way in; the monthly meeting is scheduled, and its invitations are out."""
    with standing(reply_address=ADDRESS) as app:
        async with open_office(app, cast, reply_address=ADDRESS) as office:
            yield Desk(office, way, *await schedule_monthly(office))
            await way.stop()


def email_in(
    of: Invitation, calendar: bytes, *, sender: str = "", is_verified: bool = True, name: str = "", **headers: str
) -> Sent:
    """Return the email in which a program sends a reply, as the site's mail server hands it over.

    It comes from the invited person, if no other `sender` is given; `name` is its Message-ID.
    """
    email = envelope(of, sender=sender, is_verified=is_verified, name=name, **headers)
    email.set_content("Accepted")
    method = "COUNTER" if b"METHOD:COUNTER" in calendar else "REPLY"
    email.add_alternative(calendar, maintype="text", subtype="calendar", params={"method": method})
    return Sent(of.organizer, email.as_bytes())


def envelope(
    of: Invitation, *, sender: str = "", is_verified: bool = True, name: str = "", **headers: str
) -> EmailMessage:
    """Return an email without content."""
    email, who = EmailMessage(policy=policy.SMTP), sender or of.who
    if is_verified:
        email["Authentication-Results"] = PASSES.format(domain=who.rpartition("@")[2])
    email["From"], email["To"], email["Subject"] = who, of.organizer, "Accepted: Steering Committee"
    email["Message-ID"] = f"<{name or uuid4()}@elsewhere.example>"
    for header, value in headers.items():
        email[header.replace("_", "-")] = value
    return email


def stamped(minutes: int = 0) -> str:
    """Return a DTSTAMP so many minutes from now."""
    return f"{clock.now() + timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}"
