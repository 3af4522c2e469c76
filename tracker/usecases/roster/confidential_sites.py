"""Confidential sites, kept by the people of their agency; no role opens those of another agency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Conflict, Invalid, NotFound
from tracker.rules.core.viewers import Viewer
from tracker.rules.roster.confidential_sites import ConfidentialSiteFacts, OwnSite
from tracker.tables.schema.roster import ConfidentialSite
from tracker.tables.visible import roster
from tracker.usecases.core import audit

SUBJECT = "confidential_site"
TAKEN = "Another place already has this public name."
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
        await _check(facts, site_id)
        await ConfidentialSite.insert(ConfidentialSite(id=site_id, agency=viewer.agency_id, **_columns(facts)))
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
        await _check(facts, site_id)
        before, after = _columns(site.facts), _columns(facts)
        values: dict[Any, Any] = {**after, "version": version + 1}
        await ConfidentialSite.update(values).where(ConfidentialSite.id == site_id)
        changed = sorted(name for name, value in after.items() if before[name] != value)
        await audit.record(viewer.actor, "updated", SUBJECT, site_id, {"fields": changed}, now)


async def _check(facts: ConfidentialSiteFacts, site_id: UUID) -> None:
    facts.check()
    is_other = (ConfidentialSite.name == facts.name) & (ConfidentialSite.id != site_id)
    if await ConfidentialSite.exists().where(is_other):
        raise Invalid(name=TAKEN)


def _columns(facts: ConfidentialSiteFacts) -> dict[str, Any]:
    return {"name": facts.name, "address": facts.address, "directions": facts.directions, "is_open": facts.is_open}
