"""Agencies, and their sites."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert
from msgspec.structs import asdict
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Conflict, Invalid, NotFound, refuse_fields
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Role, Status, Viewer
from tracker.rules.events.plans import Slot
from tracker.rules.roster import directory
from tracker.rules.roster.directory import AgencyFacts
from tracker.rules.roster.meetings import (
    ConfidentialSiteFacts,
    MeetingSite,
    MeetingSiteFacts,
    OwnSite,
    Room,
    SiteBooking,
    site_at,
)
from tracker.tables.schema import events
from tracker.tables.schema.roster import Agency, ConfidentialSite, Member, MemberRole
from tracker.tables.schema.roster import Site as SiteRow
from tracker.tables.visible import availability, roster
from tracker.usecases.core import audit
from tracker.usecases.roster.accounts import close_account, coordinators
from tracker.usecases.roster.directory_rows import row_to_change

AGENCY_TAKEN = "Another agency already has this short name."
ONLY_COORDINATORS_MOVE_AGENCIES = (
    "Only a coordinator can move an agency to the other arm. Its people would see different events."
)
OWN = "You’re at this agency, so you would lock yourself out."
WITH_COORDINATOR = "A coordinator is at this agency, and only a coordinator can lock them out."
STILL_SERVE = (
    "{count} {verb} still at this agency. Remove each person from the task force first so their work is reassigned."
)


async def add_agency(viewer: Viewer, facts: AgencyFacts, reauthenticated_at: datetime, now: datetime) -> UUID:
    """Add an agency and return its id. Errors: NotAllowed, Invalid by field."""
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check_agency(viewer, facts, None)
        agency_id = await insert_agency(facts)
        await audit.record(viewer.actor, "added", "agency", agency_id, {}, now)
    return agency_id


async def change_agency(
    viewer: Viewer,
    agency_id: UUID,
    facts: AgencyFacts,
    expected_version: int,
    reauthenticated_at: datetime,
    now: datetime,
) -> None:
    """Change an agency. Errors: NotFound, NotAllowed, Conflict when it has changed since that version, Invalid."""
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        row = await row_to_change(Agency, agency_id, expected_version)
        await _check_agency(viewer, facts, row)
        changed = {name: value for name, value in _agency_columns(facts).items() if row[name] != value}
        values: dict[Any, Any] = {**changed, "version": expected_version + 1}
        await Agency.update(values).where(Agency.id == agency_id)
        members = await Member.select(Member.id).where(Member.agency == agency_id).output(as_list=True)
        if changed.get("status", Status.ACTIVE) != Status.ACTIVE:
            for member_id in members:
                await close_account(member_id)
        await events.raise_audience_versions(viewers.member_audience(member) for member in members)
        details = {"fields": sorted(changed), "status": facts.status}
        await audit.record(viewer.actor, "updated", "agency", agency_id, details, now)


async def _check_agency(viewer: Viewer, facts: AgencyFacts, row: dict[str, Any] | None) -> None:
    """Raise `Invalid` when other rows forbid the change; inside the caller's transaction."""
    codes = {other["id"]: other["code"].casefold() for other in await Agency.select(Agency.id, Agency.code)}
    if row is not None:
        del codes[row["id"]]
    is_offered = facts.coalition_id is None or facts.coalition_id in codes
    wrong = {
        "code": AGENCY_TAKEN if facts.code.casefold() in codes.values() else "",
        "coalition": "" if is_offered else "Choose another agency from the list.",
    }
    if row is not None:
        wrong["arm"] = ONLY_COORDINATORS_MOVE_AGENCIES if row["arm"] != facts.arm and not viewer.is_coordinator else ""
        wrong["status"] = await _why_not_status(viewer, row, facts.status)
    refuse_fields(wrong)


async def _why_not_status(viewer: Viewer, row: dict[str, Any], status: Status) -> str:
    """Return why an agency's status cannot change to this one, or ""."""
    if status == row["status"] or status is Status.ACTIVE:
        return ""
    if viewer.agency_id == row["id"]:
        return OWN
    serves_here = (Member.agency == row["id"]) & (Member.status != Status.DEPARTED)
    here = await Member.select(Member.id).where(serves_here).output(as_list=True)
    if not await coordinators() - set(here):
        return directory.LAST_COORDINATOR
    is_one = (MemberRole.role == Role.COORDINATOR) & MemberRole.member.is_in(here or [row["id"]])
    if not viewer.is_coordinator and await MemberRole.exists().where(is_one):
        return WITH_COORDINATOR
    if status is Status.DEPARTED and here:
        count, verb = ("1 person", "is") if len(here) == 1 else (f"{len(here)} people", "are")
        return STILL_SERVE.format(count=count, verb=verb)
    return ""


def _agency_columns(facts: AgencyFacts) -> dict[str, Any]:
    return {
        "code": facts.code,
        "name": facts.name,
        "arm": facts.arm,
        "level": facts.level,
        "coalition": facts.coalition_id,
        "status": facts.status,
        "contact_name": facts.contact.name,
        "contact_phone": facts.contact.phone,
        "contact_email": facts.contact.email,
        "address": facts.contact.address,
    }


async def insert_agency(facts: AgencyFacts) -> UUID:
    """Add an agency; the caller is inside a transaction and has checked the names."""
    agency = Agency(id=ids.new_id(), **_agency_columns(facts))
    await Agency.insert(agency)
    return agency.id


_SITES = (
    "SELECT s.id, s.name, s.address, s.capacity, s.equipment, s.latitude_e6, s.longitude_e6, s.is_open, s.version"
    " FROM site s ORDER BY s.name"
)
SITE_TAKEN = "Another site already has this name."
MOST_DATES = 60  # of a series, that are checked


async def every_site() -> list[MeetingSite]:
    """Return all sites by name; every member may know where the task force meets."""
    rows = await engine().run_querystring(QueryString(_SITES))
    points = [(row["latitude_e6"], row["longitude_e6"]) for row in rows]
    sites = [{**row, "coordinates": None if None in point else point} for row, point in zip(rows, points, strict=True)]
    return convert(sites, list[MeetingSite], strict=False)


async def open_sites() -> tuple[MeetingSite, ...]:
    """Return the sites that are offered for events, by name."""
    return tuple(site for site in await every_site() if site.is_open)


async def meeting_site(site_id: UUID) -> MeetingSite:
    """Return one site. Errors: NotFound."""
    site = next((site for site in await every_site() if site.id == site_id), None)
    if site is None:
        raise NotFound
    return site


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
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        await _check_site(facts, None)
        row = SiteRow(id=ids.new_id(), **_site_columns(facts))
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
    directory.check_manager(viewer, reauthenticated_at, now)
    facts.check()
    async with writing():
        row = await row_to_change(SiteRow, site_id, expected_version)
        await _check_site(facts, site_id)
        changed = {name: value for name, value in _site_columns(facts).items() if row[name] != value}
        values: dict[Any, Any] = {**changed, "version": expected_version + 1}
        await SiteRow.update(values).where(SiteRow.id == site_id)
        await audit.record(viewer.actor, "updated", "site", site_id, {"fields": sorted(changed)}, now)


async def _check_site(facts: MeetingSiteFacts, site_id: UUID | None) -> None:
    if any(site.name.casefold() == facts.name.casefold() and site.id != site_id for site in await every_site()):
        raise Invalid(name=SITE_TAKEN)


def _site_columns(facts: MeetingSiteFacts) -> dict[str, Any]:
    columns = asdict(facts)
    latitude, longitude = columns.pop("coordinates") or (None, None)
    return {**columns, "latitude_e6": latitude, "longitude_e6": longitude}


SUBJECT = "confidential_site"
CONFIDENTIAL_SITE_TAKEN = "Another place already has this public name."
CHANGED = "Someone has changed this place since you opened it. Check it, and save again."


async def own_sites_of(viewer: Viewer) -> list[OwnSite]:
    """Return the confidential sites of the viewer's agency."""
    return await roster.own_sites(viewer)


async def own_site_for(viewer: Viewer, site_id: UUID) -> OwnSite:
    """Return one site of the viewer's agency. Errors: NotFound for any other."""
    site = await roster.own_site_by_id(viewer, site_id)
    if site is None:
        raise NotFound
    return site


async def add_confidential_site(viewer: Viewer, facts: ConfidentialSiteFacts, now: datetime) -> UUID:
    """Add a site of the viewer's agency; the audit log has neither its address nor its name. Errors: Invalid."""
    site_id = ids.new_id()
    async with writing():
        await _check_confidential_site(facts, site_id)
        await ConfidentialSite.insert(ConfidentialSite(id=site_id, agency=viewer.agency_id, **asdict(facts)))
        await audit.record(viewer.actor, "added", SUBJECT, site_id, {}, now)
    return site_id


async def change_confidential_site(
    viewer: Viewer, site_id: UUID, facts: ConfidentialSiteFacts, version: int, now: datetime
) -> None:
    """Change a site of the viewer's agency. Errors: NotFound, Conflict when it has changed since, Invalid."""
    async with writing():
        site = await own_site_for(viewer, site_id)
        if site.version != version:
            raise Conflict(CHANGED)
        await _check_confidential_site(facts, site_id)
        before, after = asdict(site.facts), asdict(facts)
        values: dict[Any, Any] = {**after, "version": version + 1}
        await ConfidentialSite.update(values).where(ConfidentialSite.id == site_id)
        changed = sorted(name for name, value in after.items() if before[name] != value)
        await audit.record(viewer.actor, "updated", SUBJECT, site_id, {"fields": changed}, now)


async def _check_confidential_site(facts: ConfidentialSiteFacts, site_id: UUID) -> None:
    facts.check()
    is_other = (ConfidentialSite.name == facts.name) & (ConfidentialSite.id != site_id)
    if await ConfidentialSite.exists().where(is_other):
        raise Invalid(name=CONFIDENTIAL_SITE_TAKEN)
