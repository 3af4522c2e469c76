"""Counters of changes for each audience; the counters of a viewer's audiences make their feed's validator."""

from collections.abc import Iterable

from tracker.database.bulk_insert import bulk_insert
from tracker.tables.schema.events.events import AudienceVersion

_ONE_MORE = " ON CONFLICT (audience) DO UPDATE SET version = audience_version.version + 1"


async def touch(audiences: Iterable[str]) -> None:
    """Count a change for each audience, inside the caller's transaction.

    Pass the audiences that lose visibility of a thing as well as those that gain it. Always in the same order, so that
    two writers that lock the same rows cannot deadlock.
    """
    made = [{"audience": audience, "version": 1} for audience in sorted(set(audiences))]
    await bulk_insert(AudienceVersion, made, _ONE_MORE)
