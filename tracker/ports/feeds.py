"""GET and HEAD /feeds/<token>.ics: no session, no cookie, no redirect, the same bytes until something changes.

Each event is built once for a version, level and alarm, the whole once for each state of its owner's rights. Responses
are conditional (RFC 9110 §13): 304 while a program has the calendar already, gzip when it accepts that.
"""

import asyncio
import gzip
import hashlib
import logging
import re
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from anyio import to_thread
from litestar.enums import HttpMethod
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from msgspec import Struct
from msgspec.structs import replace

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import NotFound
from tracker.ical.vevents import Organizer, feed_calendar, notice_vevent, vevents
from tracker.ports.http.guards import FailedAttempts
from tracker.ports.http.guards import feed as feed_guard
from tracker.ports.http.request_source import ORIGIN, Connection
from tracker.rules.calendars.feeds import (
    APPOINTMENTS,
    NO_ALARMS,
    Alarms,
    FeedLevel,
    client_name,
    feed_shown_until,
    feed_words,
)
from tracker.rules.core.viewers import Origin
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.operations.readiness import Notice
from tracker.usecases.calendars import feeds
from tracker.usecases.calendars.feeds import FETCHES_WRITTEN_EVERY, Feed, FeedFetch, FetchLog, OpenFeeds
from tracker.usecases.core import audit

EVENTS_ROOM = 16_000_000  # bytes
FEEDS_ROOM = 16_000_000  # bytes
CHUNK = 100  # events that are read and written at a time: other requests are served in between

Key = tuple[UUID, int, datetime, EventStatus, FeedLevel, Alarms, bool]


class WantedFeed(NamedTuple):
    """An event as one feed shows it; free = its owner is only informed of it, so it takes none of their time."""

    event: Event
    level: FeedLevel
    alarms: Alarms
    is_free: bool

    @property
    def key(self) -> Key:
        """Return what makes its bytes the same: the plan of an operation changes its status and not its version."""
        event = self.event
        return event.id, event.version, event.changed_at, event.status, self.level, self.alarms, self.is_free


class FeedPart(Struct, frozen=True):
    """One event at one level, with its alarms, valid until a day on which time alone changes it."""

    text: bytes
    zone: str | None
    until: date

    @property
    def size(self) -> int:
        """Return the size in bytes, including Python's overhead."""
        return len(self.text) + 500


class FeedBody(Struct, frozen=True):
    """A whole calendar, the same under gzip, and its SHA-256 (hexadecimal)."""

    text: bytes
    packed: bytes
    hash: str
    named: tuple[Event, ...] = ()
    """The restricted events in it: their disclosure is recorded."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return len(self.text) + len(self.packed)


class FeedBuilder:
    """The feeds of one running application. Both caches are its own: nothing of one database appears in another's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._organizer = Organizer(
            name=settings.task_force_name, address=settings.mail_from, base_url=settings.base_url
        )
        self._discreet_organizer = Organizer(name=APPOINTMENTS, address=settings.mail_from)
        self._pieces: Cache[Key, FeedPart] = Cache(EVENTS_ROOM)
        self._contents: Cache[Hashable, FeedBody] = Cache(FEEDS_ROOM)

    async def body(self, feed: Feed, now: datetime) -> FeedBody:
        """Return the current calendar of a feed."""
        key = (feed.state, now.date())
        body = self._contents.get(key)
        if body is None:
            body = await self._made(feed, now)
            self._contents.put(key, body)
        return body

    async def _made(self, feed: Feed, now: datetime) -> FeedBody:
        events = await feeds.feed_events(
            feed.viewer, now, scope=feed.scope, only=feed.only, shows_operations=feed.shows_operations
        )
        informed = await feeds.feed_informed_events(feed.viewer)
        wanted = [  # nothing rings for people who are not asked to come
            WantedFeed(event, level, NO_ALARMS if event.id in informed else feed.alarms, event.id in informed)
            for event, level in events
        ]
        pieces = await self._pieces_of(feed, wanted, now.date())
        pieces += [self._notice(feed, notice) for notice in await feeds.feed_notices(feed.viewer, now, feed.only)]
        named = tuple(event for event, _ in events if event.is_restricted)
        return await to_thread.run_sync(self._joined, feed, pieces, named)

    async def _pieces_of(self, feed: Feed, wanted: Sequence[WantedFeed], today: date) -> list[FeedPart]:
        kept = {feed.key: self._pieces.get(feed.key) for feed in wanted}
        ready = {key: piece for key, piece in kept.items() if piece is not None and today < piece.until}
        missing = [feed for feed in wanted if feed.key not in ready]
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            dates = await feeds.feed_dates(feed.viewer, [feed.event for feed in chunk])
            ready |= await to_thread.run_sync(self._written, chunk, dates, today)
        for key in (feed.key for feed in missing):
            if ready[key].text:  # nothing: this viewer lost access to it between two queries; others did not
                self._pieces.put(key, ready[key])
        return [ready[feed.key] for feed in wanted]

    def _written(
        self, chunk: Sequence[WantedFeed], dates: Mapping[UUID, Sequence[Occurrence]], today: date
    ) -> dict[Key, FeedPart]:
        return {wanted_feed.key: self._piece(wanted_feed, dates[wanted_feed.event.id], today) for wanted_feed in chunk}

    def _piece(self, wanted: WantedFeed, dates: Sequence[Occurrence], today: date) -> FeedPart:
        event, level = wanted.event, wanted.level
        try:
            organizer = self._discreet_organizer if level is FeedLevel.APPOINTMENT else self._organizer
            text = vevents(event, dates, level, organizer, today, wanted.alarms, is_free=wanted.is_free)
        except Exception:  # one event that can't be written must not remove all others
            log.exception("Event %s is left out of feeds.", event.id)
            text = b""
        zone = event.zone if text and not event.is_all_day else None
        return FeedPart(text, zone, feed_shown_until(event, dates, today))

    def _notice(self, feed: Feed, notice: Notice) -> FeedPart:
        is_discreet = feed.viewer.is_discreet
        organizer = self._discreet_organizer if is_discreet else self._organizer
        return FeedPart(notice_vevent(notice, organizer, is_discreet=is_discreet), None, date.max)

    def _joined(self, feed: Feed, pieces: Sequence[FeedPart], named: tuple[Event, ...]) -> FeedBody:
        text = feed_calendar(
            self._name_of(feed),
            self._settings.time_zone,
            {piece.zone for piece in pieces if piece.zone},
            (piece.text for piece in pieces),
        )
        return FeedBody(text, gzip.compress(text, mtime=0), hashlib.sha256(text).hexdigest(), named)

    def _name_of(self, feed: Feed) -> str:
        if feed.viewer.is_discreet:
            return APPOINTMENTS
        name = self._settings.task_force_name
        words = feed_words(feed.scope, feed.only, feed.committee)
        return f"{name}: {words}" if words else name


class Sized(Protocol):
    """An object that knows its size."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""


CacheKey = TypeVar("CacheKey", bound=Hashable)
Thing = TypeVar("Thing", bound=Sized)


class Cache(Generic[CacheKey, Thing]):
    """Objects by key; `room` in bytes. An object larger than that is not kept."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._things: OrderedDict[CacheKey, Thing] = OrderedDict()

    def get(self, key: CacheKey) -> Thing | None:
        """Return the object, or None when it was never stored or was dropped."""
        thing = self._things.get(key)
        if thing is not None:
            self._things.move_to_end(key)
        return thing

    def put(self, key: CacheKey, thing: Thing) -> None:
        """Store the object, replacing an earlier one with this key."""
        self._drop(key)
        self._things[key] = thing
        self._taken += thing.size
        while self._taken > self._room:
            self._drop(next(iter(self._things)))

    def _drop(self, key: CacheKey) -> None:
        thing = self._things.pop(key, None)
        self._taken -= thing.size if thing else 0


Headers = tuple[tuple[bytes, bytes], ...]

HEADERS: Headers = (
    (b"cache-control", b"private, no-cache"),
    (b"x-robots-tag", b"noindex"),
    (b"referrer-policy", b"no-referrer"),
    (b"vary", b"Accept-Encoding"),
)
GZIP: Headers = ((b"content-encoding", b"gzip"),)
CALENDAR = b"text/calendar; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
TAG_LENGTH = 32  # hexadecimal digits of the SHA-256
PACKED = "-gzip"  # other bytes, so a different strong ETag (RFC 9110 §8.8.3.3)
TAKES_GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


class FeedResponse(NamedTuple):
    """A response as the server sends it: Litestar's own would take half of the time of a feed that did not change."""

    status: int
    headers: Headers
    content: bytes

    async def sent(self, send: Send, *, has_content: bool) -> None:
        """Send it, or its headers alone (HEAD)."""
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        content = self.content if has_content else b""
        await send({"type": "http.response.body", "body": content, "more_body": False})


def feed_response(body: FeedBody, since: datetime, asked: Mapping[bytes, bytes], now: datetime) -> FeedResponse:
    """Return the calendar, or 304 when `asked` (header names in lower case) shows that the program has it."""
    is_packed = TAKES_GZIP.search(asked.get(b"accept-encoding", b"")) is not None
    tag = body.hash[:TAG_LENGTH]
    headers = _validators(tag, since, is_packed=is_packed)
    is_sent_back = (b"etag", asked.get(b"if-none-match")) in headers  # as most programs do, byte for byte
    if is_sent_back or _is_known(tag, since, asked, now):
        return FeedResponse(304, headers, b"")
    if is_packed:
        return _whole(200, headers + GZIP, CALENDAR, body.packed)
    return _whole(200, headers, CALENDAR, body.text)


def unknown() -> FeedResponse:
    """Return the one response for every invalid address, whatever the reason."""
    return _whole(404, HEADERS, TEXT, b"Not found.\n")


def too_many() -> FeedResponse:
    """Return the response to a client that guessed too often."""
    return _whole(429, (*HEADERS, (b"retry-after", b"60")), TEXT, b"Too many requests.\n")


def wrong_method(allowed: Iterable[str]) -> FeedResponse:
    """Return the response to a method other than these (RFC 9110 §15.5.6)."""
    allow = (b"allow", ", ".join(allowed).encode("ascii"))
    return _whole(405, (*HEADERS, allow), TEXT, "This isn’t available.\n".encode())


def _whole(status: int, headers: Headers, media_type: bytes, content: bytes) -> FeedResponse:
    length = str(len(content)).encode("ascii")
    return FeedResponse(status, (*headers, (b"content-type", media_type), (b"content-length", length)), content)


@lru_cache(1024)
def _validators(tag: str, since: datetime, *, is_packed: bool) -> Headers:
    etag = f'"{tag}{PACKED}"' if is_packed else f'"{tag}"'
    date = format_datetime(since.astimezone(UTC), usegmt=True)
    return (*HEADERS, (b"etag", etag.encode("ascii")), (b"last-modified", date.encode("ascii")))


def _is_known(tag: str, since: datetime, asked: Mapping[bytes, bytes], now: datetime) -> bool:
    """Compare weakly (§13.1.2); If-Modified-Since counts only without If-None-Match (§13.1.3).

    A date later than now is no date of ours: what it shows may never have been sent.
    """
    known = asked.get(b"if-none-match")
    if known is not None:
        tags = known.decode("latin-1")
        opaque = {sent.strip().removeprefix("W/").strip('"').removesuffix(PACKED) for sent in tags.split(",")}
        return tag in opaque or tags.strip() == "*"
    try:
        date = parsedate_to_datetime(asked.get(b"if-modified-since", b"").decode("latin-1"))
    except ValueError:
        return False
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return since.replace(microsecond=0) <= date <= now


SUFFIX = ".ics"
OK = 200  # the calendar is sent; with 304 the program has it already
READS = (HttpMethod.GET, HttpMethod.HEAD)

log = logging.getLogger(__name__)


class FeedDesk:
    """What one running application remembers between two fetches."""

    def __init__(self, settings: Settings) -> None:
        self.maker = FeedBuilder(settings)
        self.failed_attempts = FailedAttempts()
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
        refusal = too_many() if desk.failed_attempts.is_one_too_many(_origin(request).address, now) else unknown()
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
