"""GET and HEAD /feeds/<token>.ics: no session, no cookie, no redirect, the same bytes until something changes."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar.enums import HttpMethod
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import NotFound
from tracker.ports.feeds.feed_builder import FeedBuilder
from tracker.ports.feeds.responses import FeedResponse, response, too_many, unknown
from tracker.ports.http.guards import feed as feed_guard
from tracker.ports.http.rate_limit import Guesses
from tracker.ports.http.request_source import ORIGIN, Connection
from tracker.rules.calendars.feeds import client_name
from tracker.rules.core.actors import Origin
from tracker.rules.events.event import Event
from tracker.usecases.calendars.feed_access import Feed, OpenFeeds, note_fetches
from tracker.usecases.core import access_records

SUFFIX = ".ics"
OK = 200  # the calendar is sent; with 304 the program has it already
READS = (HttpMethod.GET, HttpMethod.HEAD)
NOTED_EVERY = timedelta(minutes=1)
"""A feed's row is written at most this often; fetches in between are counted here and written with the next."""

log = logging.getLogger(__name__)


class FeedDesk:
    """What one running application remembers between two fetches."""

    def __init__(self, settings: Settings) -> None:
        self.maker = FeedBuilder(settings)
        self.guesses = Guesses()
        self.feeds = OpenFeeds()
        self._uncounted: dict[UUID, int] = {}

    def count(self, feed: Feed) -> None:
        """Count a fetch."""
        self._uncounted[feed.subscription_id] = self._uncounted.get(feed.subscription_id, 0) + 1

    async def note(
        self, feed: Feed, body_hash: str, since: datetime, program: str, given: Sequence[Event], now: datetime
    ) -> None:
        """Write the count of fetches, and which restricted events were disclosed; never fail."""
        await access_records.note_series(feed.viewer, given, now)
        count = self._uncounted.pop(feed.subscription_id, 0)
        try:
            await note_fetches(feed.subscription_id, count, program, body_hash, since, now)
        except Exception:  # the calendar is sent already, and the next fetch tries again
            log.exception("A fetch was not noted.")
            self._uncounted[feed.subscription_id] = self._uncounted.get(feed.subscription_id, 0) + count


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
        raise MethodNotAllowedException(headers={"allow": ", ".join(READS)})
    is_fetch = request["method"] == HttpMethod.GET
    now, desk = clock.now(), _desk(request)
    try:
        feed = await desk.feeds.open(_token(request["path"]), now)
    except NotFound:
        await _refusal(desk, request, now).sent(send, has_content=is_fetch)
        return
    body = await desk.maker.body(feed, now)
    since = feed.body_since if feed.body_since and feed.body_hash == body.hash else now
    asked = dict(request["headers"])
    answer = response(body, since, asked)
    await answer.sent(send, has_content=is_fetch)
    if is_fetch:
        desk.count(feed)
        given = body.named if answer.status == OK else ()
        if given or _is_to_be_noted(feed, body.hash, now):
            program = client_name(asked.get(b"user-agent", b"").decode("latin-1"))
            from_there = replace(feed, viewer=replace(feed.viewer, origin=_origin(request)))
            await desk.note(from_there, body.hash, since, program, given, now)


def _refusal(desk: FeedDesk, request: Any, now: datetime) -> FeedResponse:
    return too_many() if desk.guesses.is_one_too_many(_origin(request).address, now) else unknown()


def _is_to_be_noted(feed: Feed, body_hash: str, now: datetime) -> bool:
    return feed.fetched_at is None or now - feed.fetched_at >= NOTED_EVERY or feed.body_hash != body_hash


def _token(path: str) -> str:
    """Return the text between /feeds/ and .ics; nothing for any other address, so that it is invalid."""
    name = path.removesuffix("/").removeprefix("/")  # Litestar ends what is left of a mount's path with a slash
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) and path.startswith("/") else ""


def _origin(request: Any) -> Origin:
    """Return the origin that the guard recorded."""
    origin: Origin = request["state"][ORIGIN]
    return origin


def _desk(request: Any) -> FeedDesk:
    state = request["litestar_app"].state
    desk: FeedDesk | None = state.get("feeds")
    if desk is None:
        desk = state["feeds"] = FeedDesk(request["state"]["settings"])
    return desk
