"""The emails that a demo sent, for its visitors. Registered only in a demo, which only this computer reaches.

The application puts the reader of the sink's folder into `app.state.mailbox`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from litestar import Response, get
from litestar.di import Provide
from litestar.params import FromPath, FromQuery
from litestar.types import Scope

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Injected
from tracker.ports.http.guards import public
from tracker.ports.http.security import CSP
from tracker.ports.pages.core.dependencies import Pages

ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
AS_A_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation-by-user-activation;"
    " frame-ancestors 'self'; base-uri 'none'"
)
AROUND_A_MAIL = f"{CSP.decode('ascii')}; frame-src 'self'"
HEAD = re.compile(r"(<head[^>]*>)")
ONTO_THE_PAGE = r'\1<base target="_top">'
"""Makes the links of an email lead on from the page around it."""
FOLD = re.compile(r"\r?\n[ \t]")  # RFC 5545 §3.1


class Mail(Protocol):
    """One email as the page shows it; missing parts are empty."""

    @property
    def name(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def calendar(self) -> str: ...


class Mailbox(Protocol):
    """Where the emails are kept."""

    async def newest(self, to: str = "") -> Sequence[Mail]:
        """Return the newest emails first, to one address if it is given."""

    async def mail(self, name: str) -> Mail | None:
        """Return one email, or None."""


def mailbox_of(scope: Scope) -> Mailbox:
    """Return the mailbox of this application."""
    found: Mailbox = scope["litestar_app"].state["mailbox"]
    return found


@get("/demo/mail", guards=[public])
async def mails_page(pages: Pages, mailbox: Injected[Mailbox], to: FromQuery[str] = "") -> Response[str]:
    """Show the newest emails; ?to= shows only those to one address."""
    return pages.render("emails/pages/demo-emails.html", mails=await mailbox.newest(to), to=to)


@get("/demo/mail/{name:str}", guards=[public])
async def mail_page(name: FromPath[str], pages: Pages, mailbox: Injected[Mailbox]) -> Response[str]:
    """Show one email as its reader sees it, and below it the parts as text, with clickable links. Errors: NotFound."""
    mail = await mailbox.mail(name)
    if mail is None:
        raise NotFound
    parts = {"Text": mail.text, "Calendar": FOLD.sub("", mail.calendar), "HTML source": mail.html}
    shown = {title: list(pieces(text)) for title, text in parts.items() if text.strip()}
    page = pages.render("emails/pages/demo-email.html", mail=mail, parts=shown)
    page.headers["Content-Security-Policy"] = AROUND_A_MAIL
    return page


@get("/demo/mail/{name:str}/shown", guards=[public])
async def shown_mail(name: FromPath[str], mailbox: Injected[Mailbox]) -> Response[str]:
    """Show the HTML of one email as an email program does: in a sandbox, without scripts and external content."""
    mail = await mailbox.mail(name)
    if mail is None or not mail.html:
        raise NotFound
    content = HEAD.sub(ONTO_THE_PAGE, mail.html, count=1)
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": AS_A_MAIL})


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield a text in parts, each with whether it is a clickable address."""
    end = 0
    for found in ADDRESS.finditer(text):
        yield text[end : found.start()], False
        yield found.group(), True
        end = found.end()
    yield text[end:], False


DEPENDENCIES = {"mailbox": Provide(mailbox_of, sync_to_thread=False)}
handlers = [mails_page, mail_page, shown_mail]
