"""Builds feeds: each event once for a version, level and alarm, the whole once for each state of its owner's rights."""

import gzip
import hashlib
import logging
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from anyio import to_thread
from msgspec import Struct

from tracker.config.settings import Settings
from tracker.ical.feed import calendar, vevents
from tracker.ical.readiness import notice_vevent
from tracker.ical.vevent import Organizer
from tracker.ports.feeds.cache import Cache
from tracker.rules.calendars.alarms import NO_ALARMS, Alarms
from tracker.rules.calendars.feeds import APPOINTMENTS, Level, content_words, shown_until
from tracker.rules.events.event import Event, EventStatus, Occurrence
from tracker.rules.operations.readiness import Notice
from tracker.usecases.calendars import feed_content
from tracker.usecases.calendars.feed_access import Feed

EVENTS_ROOM = 16_000_000  # bytes
FEEDS_ROOM = 16_000_000  # bytes
CHUNK = 100  # events that are read and written at a time: other requests are served in between

Key = tuple[UUID, int, datetime, EventStatus, Level, Alarms, bool]

log = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """An event as one feed shows it; free = its owner is only informed of it, so it takes none of their time."""

    event: Event
    level: Level
    alarms: Alarms
    is_free: bool

    @property
    def key(self) -> Key:
        """Return what makes its bytes the same: the plan of an operation changes its status and not its version."""
        event = self.event
        return event.id, event.version, event.changed_at, event.status, self.level, self.alarms, self.is_free


class Piece(Struct, frozen=True):
    """One event at one level, with its alarms, valid until a day on which time alone changes it."""

    text: bytes
    zone: str | None
    until: date

    @property
    def size(self) -> int:
        """Return the size in bytes, including Python's overhead."""
        return len(self.text) + 500


class Body(Struct, frozen=True):
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
        self._pieces: Cache[Key, Piece] = Cache(EVENTS_ROOM)
        self._bodies: Cache[Hashable, Body] = Cache(FEEDS_ROOM)

    async def body(self, feed: Feed, now: datetime) -> Body:
        """Return the current calendar of a feed."""
        key = (feed.state, now.date())
        body = self._bodies.get(key)
        if body is None:
            body = await self._made(feed, now)
            self._bodies.put(key, body)
        return body

    async def _made(self, feed: Feed, now: datetime) -> Body:
        found = await feed_content.published(
            feed.viewer, now, scope=feed.scope, only=feed.only, shows_operations=feed.shows_operations
        )
        informed = await feed_content.informed_of(feed.viewer)
        wanted = [_wanted(event, level, feed.alarms, is_free=event.id in informed) for event, level in found]
        pieces = await self._pieces_of(feed, wanted, now.date())
        pieces += [self._notice(feed, one) for one in await feed_content.notices(feed.viewer, now, feed.only)]
        named = tuple(event for event, _ in found if event.is_restricted)
        return await to_thread.run_sync(self._joined, feed, pieces, named)

    async def _pieces_of(self, feed: Feed, wanted: Sequence[Wanted], today: date) -> list[Piece]:
        kept = {one.key: self._pieces.get(one.key) for one in wanted}
        ready = {key: piece for key, piece in kept.items() if piece is not None and today < piece.until}
        missing = [one for one in wanted if one.key not in ready]
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            dates = await feed_content.dates_of(feed.viewer, [one.event for one in chunk])
            ready |= await to_thread.run_sync(self._written, chunk, dates, today)
        for one in missing:
            if ready[one.key].text:  # nothing: this viewer lost access to it between two queries; others did not
                self._pieces.put(one.key, ready[one.key])
        return [ready[one.key] for one in wanted]

    def _written(
        self, chunk: Sequence[Wanted], dates: Mapping[UUID, Sequence[Occurrence]], today: date
    ) -> dict[Key, Piece]:
        return {one.key: self._piece(one, dates[one.event.id], today) for one in chunk}

    def _piece(self, wanted: Wanted, dates: Sequence[Occurrence], today: date) -> Piece:
        event, level = wanted.event, wanted.level
        try:
            organizer = self._nobody if level is Level.APPOINTMENT else self._organizer
            text = vevents(event, dates, level, organizer, today, wanted.alarms, is_free=wanted.is_free)
        except Exception:  # one event that can't be written must not remove all others
            log.exception("Event %s is left out of feeds.", event.id)
            text = b""
        zone = event.zone if text and not event.is_all_day else None
        return Piece(text, zone, shown_until(event, dates, today))

    def _notice(self, feed: Feed, notice: Notice) -> Piece:
        is_discreet = feed.viewer.is_discreet
        organizer = self._nobody if is_discreet else self._organizer
        return Piece(notice_vevent(notice, organizer, is_discreet=is_discreet), None, date.max)

    def _joined(self, feed: Feed, pieces: Sequence[Piece], named: tuple[Event, ...]) -> Body:
        text = calendar(
            self._name_of(feed),
            self._settings.time_zone,
            {piece.zone for piece in pieces if piece.zone},
            (piece.text for piece in pieces),
        )
        return Body(text, gzip.compress(text, mtime=0), hashlib.sha256(text).hexdigest(), named)

    def _name_of(self, feed: Feed) -> str:
        if feed.viewer.is_discreet:
            return APPOINTMENTS
        name = self._settings.task_force_name
        words = content_words(feed.scope, feed.only, feed.committee)
        return f"{name}: {words}" if words else name


def _wanted(event: Event, level: Level, alarms: Alarms, *, is_free: bool) -> Wanted:
    """Return the event with the feed's alarms; nothing rings for people who are not asked to come."""
    return Wanted(event, level, NO_ALARMS if is_free else alarms, is_free)
