"""GET and HEAD /feeds/<token>.ics: no session, no cookie, no redirect, the same bytes until something changes."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Response, route
from litestar.background_tasks import BackgroundTask

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import NotFound
from tracker.ports.feeds.feed_builder import FeedBuilder
from tracker.ports.feeds.responses import response, too_many, unknown
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import feed as feed_guard
from tracker.ports.http.rate_limit import Guesses
from tracker.ports.http.request_source import origin_of
from tracker.rules.calendars.feeds import client_name
from tracker.rules.events.event import Event
from tracker.usecases.calendars.feed_access import Feed, OpenFeeds, note_fetches
from tracker.usecases.core import access_records

SUFFIX = ".ics"
OK = 200  # the calendar is sent; with 304 the program has it already
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


@route(
    ["/feeds", "/feeds/{name:path}"],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    guards=[feed_guard],
    include_in_schema=False,
    opt={"skip_compression": True},
)
async def subscription(request: FormRequest) -> Response[Any]:
    """Return the calendar of the address; all invalid addresses get the same response."""
    now, desk = clock.now(), _desk(request)
    try:
        feed = await desk.feeds.open(_token(request), now)
    except NotFound:
        return too_many() if desk.guesses.is_one_too_many(origin_of(request).address, now) else unknown()
    body = await desk.maker.body(feed, now)
    since = feed.body_since if feed.body_since and feed.body_hash == body.hash else now
    asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
    answer = response(body, since, asked)
    if request.method == HttpMethod.GET:
        desk.count(feed)
        given = body.named if answer.status_code == OK else ()
        if given or _is_to_be_noted(feed, body.hash, now):
            program = client_name(asked.get("user-agent", ""))
            from_there = replace(feed, viewer=replace(feed.viewer, origin=origin_of(request)))
            answer.background = BackgroundTask(desk.note, from_there, body.hash, since, program, given, now)
    return answer


def _is_to_be_noted(feed: Feed, body_hash: str, now: datetime) -> bool:
    return feed.fetched_at is None or now - feed.fetched_at >= NOTED_EVERY or feed.body_hash != body_hash


def _token(request: FormRequest) -> str:
    """Return the text between /feeds/ and .ics; nothing for any other address, so that it is invalid."""
    name = str(request.path_params.get("name", "")).removeprefix("/")
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else ""


def _desk(request: FormRequest) -> FeedDesk:
    state = request.app.state
    desk: FeedDesk | None = state.get("feeds")
    if desk is None:
        desk = state["feeds"] = FeedDesk(request.scope["state"]["settings"])
    return desk
