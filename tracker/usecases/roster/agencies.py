"""Agencies, and their sites."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine, writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core import viewers
from tracker.rules.core.viewers import Arm, Level, Role, Status, Viewer
from tracker.rules.events.plans import Slot
from tracker.rules.roster import directory
from tracker.rules.roster.directory import NO_CONTACT, AgencyContact, AgencyFacts
from tracker.rules.roster.sites import (
    ConfidentialSiteFacts,
    Coordinates,
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
        assert facts.arm is not None and facts.level is not None  # noqa: S101, PT018 - `check` refuses facts without
        agency_id = await insert_agency(
            name=facts.name,
            code=facts.code,
            arm=facts.arm,
            level=facts.level,
            coalition=facts.coalition_id,
            contact=facts.contact,
        )
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
        row = await Agency.select().where(Agency.id == agency_id).first()
        if row is None:
            raise NotFound
        if row["version"] != expected_version:
            raise Conflict
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
    others = [one for one in await Agency.select(Agency.id, Agency.code) if row is None or one["id"] != row["id"]]
    wrong = {
        "code": AGENCY_TAKEN if facts.code.casefold() in {row["code"].casefold() for row in others} else "",
        "coalition": ""
        if facts.coalition_id is None or facts.coalition_id in {row["id"] for row in others}
        else "Choose another agency from the list.",
    }
    if row is not None:
        wrong["arm"] = ONLY_COORDINATORS_MOVE_AGENCIES if row["arm"] != facts.arm and not viewer.is_coordinator else ""
        wrong["status"] = await _why_not(viewer, row, facts.status)
    if found := {field: sentence for field, sentence in wrong.items() if sentence}:
        raise Invalid(**found)


async def _why_not(viewer: Viewer, row: dict[str, Any], status: Status) -> str:
    """Return why an agency's status cannot change to this one, or ""."""
    if status == row["status"] or status is Status.ACTIVE:
        return ""
    if viewer.agency_id == row["id"]:
        return OWN
    here = (
        await Member.select(Member.id)
        .where((Member.agency == row["id"]) & (Member.status != Status.DEPARTED))
        .output(as_list=True)
    )
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


async def insert_agency(
    *, name: str, code: str, arm: Arm, level: Level, coalition: UUID | None = None, contact: AgencyContact = NO_CONTACT
) -> UUID:
    """Add an agency; the caller is inside a transaction and has checked the names."""
    agency = Agency(
        id=ids.new_id(),
        name=name,
        code=code,
        arm=arm,
        level=level,
        coalition=coalition,
        status="active",
        contact_name=contact.name,
        contact_phone=contact.phone,
        contact_email=contact.email,
        address=contact.address,
    )
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
        row = await SiteRow.select().where(SiteRow.id == site_id).first()
        if row is None:
            raise NotFound
        if row["version"] != expected_version:
            raise Conflict
        await _check_site(facts, site_id)
        changed = {name: value for name, value in _site_columns(facts).items() if row[name] != value}
        values: dict[Any, Any] = {**changed, "version": expected_version + 1}
        await SiteRow.update(values).where(SiteRow.id == site_id)
        details = {"fields": sorted(changed)}
        await audit.record(viewer.actor, "updated", "site", site_id, details, now)


async def _check_site(facts: MeetingSiteFacts, site_id: UUID | None) -> None:
    names = {site.name.casefold() for site in await every_site() if site.id != site_id}
    if facts.name.casefold() in names:
        raise Invalid(name=SITE_TAKEN)


def _site(row: dict[str, Any]) -> MeetingSite:
    latitude, longitude = row.pop("latitude_e6"), row.pop("longitude_e6")
    known = None if latitude is None or longitude is None else Coordinates(latitude, longitude)
    return MeetingSite(**row | {"is_open": bool(row["is_open"]), "coordinates": known})


def _site_columns(facts: MeetingSiteFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "address": facts.address,
        "capacity": facts.capacity,
        "equipment": facts.equipment,
        "is_open": facts.is_open,
        "latitude_e6": facts.coordinates.latitude_e6 if facts.coordinates else None,
        "longitude_e6": facts.coordinates.longitude_e6 if facts.coordinates else None,
    }


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
        await ConfidentialSite.insert(
            ConfidentialSite(id=site_id, agency=viewer.agency_id, **_confidential_site_columns(facts))
        )
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
        before, after = _confidential_site_columns(site.facts), _confidential_site_columns(facts)
        values: dict[Any, Any] = {**after, "version": version + 1}
        await ConfidentialSite.update(values).where(ConfidentialSite.id == site_id)
        changed = sorted(name for name, value in after.items() if before[name] != value)
        await audit.record(viewer.actor, "updated", SUBJECT, site_id, {"fields": changed}, now)


async def _check_confidential_site(facts: ConfidentialSiteFacts, site_id: UUID) -> None:
    facts.check()
    is_other = (ConfidentialSite.name == facts.name) & (ConfidentialSite.id != site_id)
    if await ConfidentialSite.exists().where(is_other):
        raise Invalid(name=CONFIDENTIAL_SITE_TAKEN)


def _confidential_site_columns(facts: ConfidentialSiteFacts) -> dict[str, Any]:
    return {"name": facts.name, "address": facts.address, "directions": facts.directions, "is_open": facts.is_open}
