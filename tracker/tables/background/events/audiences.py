"""The audiences of an event for its writers, without a viewer; people read `visible`."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.bulk_insert import bulk_insert
from tracker.database.sql_list import sql_list
from tracker.rules.core.audiences import Arm, Audience, arm_audience, committee_audience
from tracker.tables.schema.events.events import Event, EventAudience
from tracker.tables.schema.roster import Committee

_IS_LASTING = EventAudience.audience.not_like("emergency:%")


async def audiences_of(event_id: UUID) -> set[Audience]:
    """Return the audiences that may see an event, without those of emergency access, which no change of it ends."""
    of_event = (EventAudience.event == event_id) & _IS_LASTING
    found = await EventAudience.select(EventAudience.audience).where(of_event)
    return {row["audience"] for row in found}


async def opened_at(event_id: UUID) -> datetime | None:
    """Return when an event last opened to more people; None = never."""
    found = await Event.select(Event.opened_at).where(Event.id == event_id)
    at: datetime | None = found[0]["opened_at"]
    return at


async def audiences_of_each(event_ids: Iterable[UUID]) -> dict[UUID, set[Audience]]:
    """Return the audiences that may see each of these events."""
    found: dict[UUID, set[Audience]] = {one: set() for one in event_ids}
    if found:
        of_events = QueryString("SELECT event, audience FROM event_audience WHERE event IN ({})", sql_list(found))
        for row in await engine().run_querystring(of_events):
            found[row["event"]].add(row["audience"])
    return found


async def committees_of_arms(audiences: Collection[str]) -> frozenset[Audience]:
    """Return the audiences of the committees of those arms that are among these audiences."""
    wanted = [one.value for one in Arm if arm_audience(one) in audiences]
    if not wanted:
        return frozenset()
    found = await Committee.select(Committee.id).where(Committee.arm.is_in(wanted))
    return frozenset(Audience(committee_audience(row["id"])) for row in found)


async def replace_audiences(event_id: UUID, wanted: Iterable[str]) -> None:
    """Make exactly these audiences see an event, and emergency access as before; rows that stay aren't written."""
    present, after = await audiences_of(event_id), set(wanted)
    if gone := sorted(present - after):
        await EventAudience.delete().where((EventAudience.event == event_id) & EventAudience.audience.is_in(gone))
    await add_audiences(event_id, after - present)


async def add_audiences(event_id: UUID, wanted: Iterable[str]) -> None:
    """Let these audiences see an event that they could not see."""
    await bulk_insert(
        EventAudience, [{"id": ids.new_id(), "event": event_id, "audience": one} for one in sorted(wanted)]
    )


async def forget(audiences: Iterable[str]) -> list[UUID]:
    """Remove these audiences from all events; return the events that they could see."""
    theirs = EventAudience.audience.is_in(sorted(audiences))
    gone = EventAudience.delete().where(theirs).returning(EventAudience.event)
    return [row["event"] for row in await gone]
