"""GET and HEAD /feeds/<token>.ics: no session, no cookie, no redirect, the same bytes until something changes."""

import asyncio
import logging
from datetime import datetime
from typing import Any

from litestar.enums import HttpMethod
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import NotFound
from tracker.ports.feeds.feed_builder import FeedBuilder
from tracker.ports.feeds.responses import feed_response, too_many, unknown, wrong_method
from tracker.ports.http.guards import Guesses
from tracker.ports.http.guards import feed as feed_guard
from tracker.ports.http.request_source import ORIGIN, Connection
from tracker.rules.calendars.feeds import client_name
from tracker.rules.core.viewers import Origin
from tracker.usecases.calendars.feeds import FETCHES_WRITTEN_EVERY, FeedFetch, FetchLog, OpenFeeds
from tracker.usecases.core import audit

SUFFIX = ".ics"
OK = 200  # the calendar is sent; with 304 the program has it already
READS = (HttpMethod.GET, HttpMethod.HEAD)

log = logging.getLogger(__name__)


class FeedDesk:
    """What one running application remembers between two fetches."""

    def __init__(self, settings: Settings) -> None:
        self.maker = FeedBuilder(settings)
        self.guesses = Guesses()
        self.feeds = OpenFeeds()
        self._fetches = FetchLog()
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def note(self, fetch: FeedFetch, now: datetime, *, at_once: bool) -> None:
        """Record a fetch: at once, or with those of the next seconds."""
        self._fetches.add(fetch)
        if at_once or self._fetches.is_due(now):
            await self.write()
        else:
            self._write_soon()

    async def write(self) -> None:
        """Write the fetches that wait; never fail."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            await self._fetches.write(clock.now())
        except Exception:  # the calendars are sent already
            log.exception("Fetches were not noted.")
            self._write_soon()

    def _write_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(FETCHES_WRITTEN_EVERY.total_seconds(), self._write_later)

    def _write_later(self) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self.write())


class plain(ASGIRouteHandler):  # noqa: N801 - a decorator, as Litestar's `asgi` is
    """A route that is an ASGI application, without the copy of itself that Litestar makes for each guard."""

    async def authorize_connection(self, connection: Connection) -> None:
        """Run the guards."""
        for guard in self.resolve_guards():
            await guard(connection, self)  # type: ignore[misc]  # all of ours are async


@plain("/feeds", is_mount=True, copy_scope=False, guards=[feed_guard])
async def subscription(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - Litestar names them
    """Send the calendar of the address; all invalid addresses get the same response.

    A plain ASGI application, because a feed needs nothing of what Litestar does for a page (decision 42). That the
    path begins with /feeds is checked here: Litestar also hands over what only begins with the same letters.
    """
    request: Any = scope
    if request["method"] not in READS:
        await wrong_method(READS).sent(send, has_content=True)
        return
    is_fetch = request["method"] == HttpMethod.GET
    now = clock.now()
    desk: FeedDesk = request["litestar_app"].state["feeds"]
    try:
        feed = await desk.feeds.open(_token(request["path"]), now)
    except NotFound:
        refusal = too_many() if desk.guesses.is_one_too_many(_origin(request).address, now) else unknown()
        await refusal.sent(send, has_content=is_fetch)
        return
    body = await desk.maker.body(feed, now)
    since = feed.body_since if feed.body_since and feed.body_hash == body.hash else now
    asked = dict(request["headers"])
    response = feed_response(body, since, asked, now)
    await response.sent(send, has_content=is_fetch)
    if is_fetch:
        is_sent = response.status == OK
        is_new = is_sent and feed.body_hash != body.hash
        program = client_name(asked.get(b"user-agent", b"").decode("latin-1"))
        fetch = FeedFetch(feed.subscription_id, program, now, *((body.hash, since) if is_new else ()))
        await desk.note(fetch, now, at_once=is_new)
        if body.named and is_sent:
            await audit.record_series_read(replace(feed.viewer, origin=_origin(request)), body.named, now)


def _token(path: str) -> str:
    """Return the text between /feeds/ and .ics; nothing for any other address, so that it is invalid."""
    name = path.removesuffix("/").removeprefix("/")  # Litestar ends what is left of a mount's path with a slash
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) and path.startswith("/") else ""


def _origin(request: Any) -> Origin:
    """Return the origin that the guard recorded."""
    origin: Origin = request["state"][ORIGIN]
    return origin
