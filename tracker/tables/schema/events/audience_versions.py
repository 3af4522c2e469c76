"""How often something changed for each audience; the counters of a viewer's audiences make the state of their feed."""

from collections.abc import Iterable

from tracker.database.bulk_insert import bulk_insert
from tracker.tables.schema.events.events import AudienceVersion

_ONE_MORE = " ON CONFLICT (audience) DO UPDATE SET version = audience_version.version + 1"


async def touch(audiences: Iterable[str]) -> None:
    """Count a change for each audience, inside the caller's transaction.

    Give the audiences that lose sight of a thing as well as those that gain it. Always in the same order: two writers
    that lock the same rows never wait for each other in a circle.
    """
    made = [{"audience": audience, "version": 1} for audience in sorted(set(audiences))]
    await bulk_insert(AudienceVersion, made, _ONE_MORE)
