"""Fetches of feeds, as their owners see them: collected, and written for all feeds in one transaction."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from tracker.database import writing
from tracker.database.bulk_insert import run_for_each

WRITTEN_EVERY = timedelta(seconds=15)
"""The longest that a fetch of an unchanged feed stays unwritten: pages show the minute."""

# A fetch that another process wrote meanwhile may be later, and what it sent newer.
_FETCHED = """UPDATE subscription SET fetches = fetches + {}, client = {},
 fetched_at = CASE WHEN fetched_at > {} THEN fetched_at ELSE {} END,
 body_hash = COALESCE({}, body_hash), body_since = COALESCE({}, body_since) WHERE id = {}"""


class Fetch(NamedTuple):
    """One fetch, or several of which this is the last."""

    subscription_id: UUID
    client: str
    at: datetime
    body_hash: str | None = None
    """SHA-256 of a calendar that differs from the one that was sent before."""
    body_since: datetime | None = None
    times: int = 1

    def after(self, earlier: "Fetch") -> "Fetch":
        """Return this fetch and the earlier ones of the same feed as one."""
        new = self if self.body_hash else earlier
        times = self.times + earlier.times
        return Fetch(self.subscription_id, self.client, self.at, new.body_hash, new.body_since, times)


class FetchLog:
    """The fetches that one running application has not written yet."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, Fetch] = {}
        self._written_at: datetime | None = None
        self._turn = asyncio.Lock()

    def add(self, fetch: Fetch) -> None:
        """Keep a fetch until the next `write`."""
        earlier = self._waiting.get(fetch.subscription_id)
        self._waiting[fetch.subscription_id] = fetch if earlier is None else fetch.after(earlier)

    def is_due(self, now: datetime) -> bool:
        """Return whether nothing was written for so long that what waits should be."""
        return self._written_at is None or now - self._written_at >= WRITTEN_EVERY

    async def write(self, now: datetime) -> None:
        """Write what waits, after a write that is under way; after an error, it waits on."""
        async with self._turn:
            taken, self._waiting = self._waiting, {}
            before, self._written_at = self._written_at, now
            try:
                await note_fetches(taken.values())
            except BaseException:
                self._written_at = before
                meanwhile, self._waiting = self._waiting, taken
                for fetch in meanwhile.values():
                    self.add(fetch)
                raise


async def note_fetches(fetches: Iterable[Fetch]) -> None:
    """Record fetches for their owners, and which content was sent."""
    rows = [
        (one.times, one.client, one.at, one.at, one.body_hash, one.body_since, one.subscription_id) for one in fetches
    ]
    if rows:
        async with writing():
            await run_for_each(_FETCHED, rows)
