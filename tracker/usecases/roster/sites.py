"""Managing sites, and what else takes place at one at the times of an event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.plans import Slot
from tracker.rules.roster import accounts
from tracker.rules.roster.sites import Coordinates, MeetingSite, MeetingSiteFacts, Room, SiteBooking, site_at
from tracker.tables.schema.roster import Site as SiteRow
from tracker.tables.visible import availability
from tracker.usecases.core import audit

_SITES = (
    "SELECT s.id, s.name, s.address, s.capacity, s.equipment, s.latitude_e6, s.longitude_e6, s.is_open, s.version"
    " FROM site s ORDER BY s.name"
)
TAKEN = "Another site already has this name."
MOST_DATES = 60  # of a series, that are checked


async def every_site() -> list[MeetingSite]:
    """Return all sites by name; every member may know where the task force meets."""
    return [_site(dict(row)) for row in await engine().run_querystring(QueryString(_SITES))]


async def open_sites() -> tuple[MeetingSite, ...]:
    """Return the sites that are offered for events, by name."""
    return tuple(site for site in await every_site() if site.is_open)


async def meeting_site(site_id: UUID) -> MeetingSite:
    """Return one site. Errors: NotFound."""
    meeting_sites = [site for site in await every_site() if site.id == site_id]
    if not meeting_sites:
        raise NotFound
    return meeting_sites[0]


async def room_of(viewer: Viewer, place: str, slots: Sequence[Slot], except_event: UUID | None = None) -> Room | None:
    """Return the site that a place names, and what else is there at these times; None when the place isn't a site.

    Only events that the viewer may see count; otherwise the room appears free (docs/decisions/0017).
    """
    site = site_at(place, await every_site()) if place else None
    if site is None:
        return None
    chosen = sorted(slots)[:MOST_DATES]
    if not chosen:
        return Room(site=site, taken=())
    rows = await availability.bookings_at(viewer, site.texts, chosen[0][0], max(end for _, end in chosen))
    return Room(
        site=site,
        taken=[
            SiteBooking(
                event_id=row["event"],
                title=row["title"],
                is_marked=bool(row["mark_categories"]),
                starts_at=row["starts_at"],
            )
            for row in rows
            if row["event"] != except_event
            and any(row["starts_at"] < end and row["ends_at"] > start for start, end in chosen)
        ],
    )


async def add_meeting_site(
    viewer: Viewer, facts: MeetingSiteFacts, reauthenticated_at: datetime, now: datetime
) -> UUID:
    """Add a site and return its id. Errors: NotAllowed, Invalid by field."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check(facts, None)
        row = SiteRow(id=ids.new_id(), **_columns(facts))
        await SiteRow.insert(row)
        await audit.record(viewer.actor, "added", "site", row.id, {}, now)
    return row.id


async def change_meeting_site(
    viewer: Viewer,
    site_id: UUID,
    facts: MeetingSiteFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change a site. Errors: NotFound, NotAllowed, Conflict when it has changed since that version, Invalid."""
    accounts.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        row = await SiteRow.select().where(SiteRow.id == site_id).first()
        if row is None:
            raise NotFound
        if row["version"] != expected_version:
            raise Conflict
        await _check(facts, site_id)
        changed = {name: value for name, value in _columns(facts).items() if row[name] != value}
        values: dict[Any, Any] = {**changed, "version": expected_version + 1}
        await SiteRow.update(values).where(SiteRow.id == site_id)
        details = {"fields": sorted(changed)}
        await audit.record(viewer.actor, "updated", "site", site_id, details, now)


async def _check(facts: MeetingSiteFacts, site_id: UUID | None) -> None:
    names = {site.name.casefold() for site in await every_site() if site.id != site_id}
    if facts.name.casefold() in names:
        raise Invalid(name=TAKEN)


def _site(row: dict[str, Any]) -> MeetingSite:
    latitude, longitude = row.pop("latitude_e6"), row.pop("longitude_e6")
    known = None if latitude is None or longitude is None else Coordinates(latitude, longitude)
    return MeetingSite(**row | {"is_open": bool(row["is_open"]), "coordinates": known})


def _columns(facts: MeetingSiteFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "address": facts.address,
        "capacity": facts.capacity,
        "equipment": facts.equipment,
        "is_open": facts.is_open,
        "latitude_e6": facts.coordinates.latitude_e6 if facts.coordinates else None,
        "longitude_e6": facts.coordinates.longitude_e6 if facts.coordinates else None,
    }
