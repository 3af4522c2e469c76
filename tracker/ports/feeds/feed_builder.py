"""Builds feeds: each event once for a version, level and alarm, the whole once for each state of its owner's rights."""

import gzip
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from anyio import to_thread
from msgspec import Struct

from tracker.config.settings import Settings
from tracker.ical.vevents import Organizer, feed_calendar, notice_vevent, vevents
from tracker.rules.calendars.feeds import APPOINTMENTS, NO_ALARMS, Alarms, FeedLevel, feed_shown_until, feed_words
from tracker.rules.events.events import Event, EventStatus, Occurrence
from tracker.rules.operations.readiness import Notice
from tracker.usecases.calendars import feeds
from tracker.usecases.calendars.feeds import Feed

EVENTS_ROOM = 16_000_000  # bytes
FEEDS_ROOM = 16_000_000  # bytes
CHUNK = 100  # events that are read and written at a time: other requests are served in between

Key = tuple[UUID, int, datetime, EventStatus, FeedLevel, Alarms, bool]

log = logging.getLogger(__name__)


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
        self._nobody = Organizer(name=APPOINTMENTS, address=settings.mail_from)
        self._pieces: Cache[Key, FeedPart] = Cache(EVENTS_ROOM)
        self._bodies: Cache[Hashable, FeedBody] = Cache(FEEDS_ROOM)

    async def body(self, feed: Feed, now: datetime) -> FeedBody:
        """Return the current calendar of a feed."""
        key = (feed.state, now.date())
        body = self._bodies.get(key)
        if body is None:
            body = await self._made(feed, now)
            self._bodies.put(key, body)
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
            organizer = self._nobody if level is FeedLevel.APPOINTMENT else self._organizer
            text = vevents(event, dates, level, organizer, today, wanted.alarms, is_free=wanted.is_free)
        except Exception:  # one event that can't be written must not remove all others
            log.exception("Event %s is left out of feeds.", event.id)
            text = b""
        zone = event.zone if text and not event.is_all_day else None
        return FeedPart(text, zone, feed_shown_until(event, dates, today))

    def _notice(self, feed: Feed, notice: Notice) -> FeedPart:
        is_discreet = feed.viewer.is_discreet
        organizer = self._nobody if is_discreet else self._organizer
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
