"""A task force at work: people at their browsers, a mail server that keeps what it got, a calendar that fetches."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import icalendar
from litestar import Litestar

from tests.cast import NOW, ZONE, Cast
from tests.faults.server import MailServer, serve_smtp
from tests.ports.browser import BASE, Browser, app_settings, session_of
from tests.ports.mail.making import parse_email, parts
from tests.ports.pages.forms import form_with
from tracker import clock
from tracker.ports.mail.compose import EmailComposer
from tracker.ports.mail.delivery import Delivery
from tracker.usecases.emails.reminders import queue_due_messages

A_WHILE = timedelta(minutes=5)
"""Until emails are looked for: edits within a minute are one email."""
FEED = re.compile(rf"{BASE}(/feeds/[\w-]+\.ics)")
REPLY = re.compile(rf"{BASE}(/r/\S+?)\?a=yes")


class Office:
    """The application with everyone around it; the clock stays where it is until someone moves it."""

    def __init__(self, app: Litestar, cast: Cast, server: MailServer, **facts: Any) -> None:
        self.app = app
        self.facts = facts
        self.cast = cast
        self._server = server
        self._read = 0

    async def at(self, moment: datetime) -> None:
        """Let it be a moment; reminders whose time has come until then are queued, as the clock of the product does."""
        clock.start_at(moment, is_still=True)
        await queue_due_messages(moment, ZONE)

    async def browser(self, person: str | None) -> Browser:
        """Return the browser of someone who has just signed in, or of a stranger."""
        return Browser(self.app, await session_of(self.cast.members[person], clock.now()) if person else None)

    async def page(self, person: str | None, path: str) -> str:
        """Return what someone reads at an address."""
        reply = await (await self.browser(person)).get(path)
        assert reply.status_code == 200, (path, reply.status_code)
        return reply.text

    async def fill(self, person: str, path: str, action: str, /, **changes: Any) -> httpx.Response:
        """Open a page, type into its form and send it."""
        browser = await self.browser(person)
        form = form_with((await browser.get(path)).text, action, **changes)
        return await browser.post(action, form)

    async def review(self, person: str, address: str, /, **changes: Any) -> httpx.Response:
        """Send the form at an address, read what it would do, and send it again."""
        browser = await self.browser(person)
        reviewed = await browser.post(address, form_with((await browser.get(address)).text, address, **changes))
        assert reviewed.status_code == 200, (address, reviewed.status_code)
        return await browser.post(address, form_with(reviewed.text, address))

    async def do(self, person: str | None, path: str, /, **form: Any) -> httpx.Response:
        """Send a form that is taken; without a person as someone who follows a link in an email."""
        browser = await self.browser(person)
        reply = await browser.post(path, form) if person else await browser.send("POST", path, data=form)
        assert reply.status_code == 303, (path, reply.status_code, reply.text)
        return reply

    def ids(self, *people: str) -> list[str]:
        """Return the ids of people of the cast, as forms hold them."""
        return [str(self.cast.members[one].member_id) for one in people]

    async def emails(self) -> list[EmailMessage]:
        """Let the emails that wait go out a while later, and return what has arrived since the last look."""
        clock.start_at(clock.now() + A_WHILE, is_still=True)
        composer = EmailComposer(app_settings(**self.facts), self.app.state.links)
        sending = Delivery(app_settings(smtp_port=self._server.port), composer, clock.now)
        await sending.dispatch()
        await sending.stop()
        new = [parse_email(one) for one in self._server.accepted[self._read :]]
        self._read = len(self._server.accepted)
        return sorted(new, key=lambda one: str(one["To"]))

    async def subscribe(self, person: str, /, **choices: str) -> str:
        """Make a feed of all that someone may see, by its page, and return its address."""
        browser = await self.browser(person)
        made = await browser.post("/subscriptions", {"name": "Phone", "scope": "all", **choices})
        assert made.status_code == 303, made.text
        [*_, address] = FEED.findall((await browser.get("/subscriptions")).text)
        return str(address)

    async def fetch(self, feed: str, **headers: str) -> httpx.Response:
        """Fetch a feed as a calendar program does: without a cookie."""
        return await (await self.browser(None)).get(feed, headers=headers)


@asynccontextmanager
async def open_office(app: Litestar, cast: Cast, **facts: Any) -> AsyncIterator[Office]:
    """Open the office on Tuesday, December 15, 2026, at nine; `facts` are settings of its emails."""
    async with serve_smtp(MailServer()) as server:
        office = Office(app, cast, server, **facts)
        await office.at(NOW)
        yield office


def recipients(emails: list[EmailMessage]) -> list[str]:
    """Return who got them, by the name in the cast."""
    return [str(one["To"]).partition("@")[0] for one in emails]


def calendar_of(email: EmailMessage) -> icalendar.Calendar:
    """Return the calendar in an email."""
    return icalendar.Calendar.from_ical(parts(email.as_bytes())["text/calendar"].get_payload(decode=True))


def reply_link(email: EmailMessage) -> str:
    """Return the path behind the button Yes."""
    match = REPLY.search(parts(email.as_bytes())["text/plain"].get_content())
    assert match
    return match[1]


def words_of(email: EmailMessage) -> str:
    """Return everything that an email says, each part as its reader sees it."""
    texts = [part.get_payload(decode=True).decode() for part in email.walk() if not part.is_multipart()]
    return "\n".join([str(email["Subject"]), *texts])


def event_in(reply: httpx.Response) -> UUID:
    """Return the event that a saved form leads to."""
    assert reply.status_code == 303, reply.text
    return UUID(reply.headers["location"].split("/")[2])
