"""The emails that a demo sent, for its visitors, and a box to answer them as their recipients would.

Registered only in a demo, which only this computer reaches. The application puts the reader of the sink's folder into
`app.state.mailbox`, and what answers an email into `app.state.reply_box`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Protocol

from litestar import Response, get, post
from litestar.di import Provide
from litestar.params import FromQuery
from litestar.types import Scope

from tracker.errors import Invalid, NotFound
from tracker.ports.http.dependencies import Injected, Now, PathText
from tracker.ports.http.guards import public
from tracker.ports.http.security import CSP
from tracker.ports.pages.core.dependencies import Form, Page, Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues, errors_of
from tracker.rules.events.replies import LONGEST_COMMENT

ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
AS_AN_EMAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation;"
    " frame-ancestors 'self'; base-uri 'none'"
)
AROUND_AN_EMAIL = f"{CSP.decode('ascii')}; frame-src 'self'"
HEAD = re.compile(r"(<head[^>]*>)")
ONTO_THE_PAGE = r'\1<base target="_top">'
"""Makes the links of an email lead on from the page around it."""
PROGRAMS = (
    ("outlook", "Outlook"),
    ("google", "Gmail"),
    ("apple", "Apple"),
    ("thunderbird", "Thunderbird"),
    ("nextcloud", "Nextcloud"),
)
"""The calendar programs whose replies a visitor can send."""
FOLD = re.compile(r"\r?\n[ \t]")  # RFC 5545 §3.1


class DemoEmail(Protocol):
    """One email as the page shows it; missing parts are empty."""

    name: str
    subject: str
    to: str
    sent_at: datetime | None
    text: str
    html: str
    calendar: str


class DemoMailbox(Protocol):
    """Where the emails are kept."""

    async def newest(self, to: str = "") -> Sequence[DemoEmail]:
        """Return the newest emails first, to one address if it is given."""

    async def read(self, name: str) -> DemoEmail | None:
        """Return one email, or None."""


class DemoReplyWays(Protocol):
    """How the recipient of an email can answer it by email."""

    has_buttons: bool
    reads_words: bool
    page: str
    at: tuple[datetime, datetime] | None


class DemoReplyBox(Protocol):
    """The programs of everyone who gets the emails."""

    def ways(self, email: Any) -> DemoReplyWays:
        """Return how an email can be answered."""

    async def press(self, email: Any, program: str, button: str, note: str, now: datetime) -> str:
        """Send what a calendar program sends, and return what the way in answered. Errors: NotFound, Invalid."""

    async def propose(self, email: Any, starts: datetime, ends: datetime, note: str, now: datetime) -> str:
        """Send a proposal of another time, and return what the way in answered. Errors: NotFound, Invalid."""

    async def write(self, email: Any, text: str, now: datetime) -> str:
        """Send what a person writes back, and return what the way in answered. Errors: NotFound, Invalid."""


def _mailbox(scope: Scope) -> DemoMailbox:
    mailbox: DemoMailbox = scope["litestar_app"].state["mailbox"]
    return mailbox


def _reply_box(scope: Scope) -> DemoReplyBox:
    reply_box: DemoReplyBox = scope["litestar_app"].state["reply_box"]
    return reply_box


@get("/demo/mail", guards=[public])
async def show_demo_emails(pages: Pages, mailbox: Injected[DemoMailbox], to: FromQuery[str] = "") -> Page:
    """Show the newest emails; ?to= shows only those to one address."""
    return pages.render("emails/pages/demo-emails.html", emails=await mailbox.newest(to), to=to)


@get("/demo/mail/{name:str}", guards=[public])
async def show_demo_email(
    name: PathText, pages: Pages, mailbox: Injected[DemoMailbox], reply_box: Injected[DemoReplyBox]
) -> Page:
    """Show one email as its reader sees it, below it a box to answer it, and its parts as text. Errors: NotFound."""
    return _email_page(pages, await _find_email(mailbox, name), reply_box)


@post("/demo/mail/{name:str}/replies", guards=[public], status_code=200)
async def post_demo_reply(
    name: PathText,
    pages: Pages,
    form: Form,
    now: Now,
    mailbox: Injected[DemoMailbox],
    reply_box: Injected[DemoReplyBox],
) -> Page:
    """Send a reply as the recipient's program does, and show what the way in for emails answered. Errors: NotFound."""
    email = await _find_email(mailbox, name)
    try:
        if form["button"] == "propose":
            answered = await _propose(email, form, now, reply_box)
        elif form["button"]:
            answered = await reply_box.press(email, form["program"], form["button"], form["note"], now)
        else:
            answered = await reply_box.write(email, form["words"], now)
    except Invalid as wrong:
        return _email_page(pages, email, reply_box, form=form, wrong=wrong)
    return _email_page(pages, email, reply_box, form=form, answered=answered)


@get("/demo/mail/{name:str}/shown", guards=[public])
async def show_demo_email_html(name: PathText, mailbox: Injected[DemoMailbox]) -> Page:
    """Show the HTML of one email as an email program does: in a sandbox, without scripts and external content."""
    email = await _find_email(mailbox, name)
    if not email.html:
        raise NotFound
    content = HEAD.sub(ONTO_THE_PAGE, email.html, count=1)
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": AS_AN_EMAIL})


async def _propose(email: DemoEmail, form: FormValues, now: datetime, reply_box: DemoReplyBox) -> str:
    reader = FormReader(form)
    day = reader.day("date", "Enter a day.") or date.min
    starts, ends = (reader.time(name, "Enter a time.") or time.min for name in ("starts", "ends"))
    reader.check()
    times = datetime.combine(day, starts), datetime.combine(day, ends)
    return await reply_box.propose(email, *times, form["reason"], now)


async def _find_email(mailbox: DemoMailbox, name: str) -> DemoEmail:
    email = await mailbox.read(name)
    if email is None:
        raise NotFound
    return email


def _email_page(
    pages: Pages,
    email: DemoEmail,
    reply_box: DemoReplyBox,
    *,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
    answered: str = "",
) -> Page:
    parts = {"Text": email.text, "Calendar": FOLD.sub("", email.calendar), "HTML source": email.html}
    page = pages.render(
        "emails/pages/demo-email.html",
        status_code=422 if wrong else 200,
        email=email,
        parts={title: list(text_pieces(text)) for title, text in parts.items() if text.strip()},
        ways=reply_box.ways(email),
        programs=PROGRAMS,
        longest=LONGEST_COMMENT,
        form=form or FormValues({}),
        errors=errors_of(wrong, ("note", "date", "starts", "ends", "reason", "words")),
        answered=answered,
    )
    page.headers["Content-Security-Policy"] = AROUND_AN_EMAIL
    return page


def text_pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield a text in parts, each with whether it is a clickable address."""
    end = 0
    for match in ADDRESS.finditer(text):
        yield text[end : match.start()], False
        yield match.group(), True
        end = match.end()
    yield text[end:], False


DEPENDENCIES = {
    "mailbox": Provide(_mailbox, sync_to_thread=False),
    "reply_box": Provide(_reply_box, sync_to_thread=False),
}
