"""Where an operation has off-site services: confidential sites, which the plan knows by their public names alone."""

from datetime import datetime
from uuid import UUID

from tracker.crypto import ids
from tracker.database import writing
from tracker.errors import Invalid, NotFound
from tracker.rules.core.viewer import Viewer
from tracker.rules.operations.sites import MOST_SITES
from tracker.tables.schema.operations.off_site import OperationOffSite
from tracker.tables.visible.operations.off_site import off_site
from tracker.tables.visible.roster.confidential_sites import public_sites
from tracker.usecases.core import audit
from tracker.usecases.operations.lookup import operation_to_change
from tracker.usecases.operations.steps import new_version


async def add(viewer: Viewer, event_id: UUID, site_id: UUID | None, now: datetime) -> None:
    """Add a confidential site for off-site services; each agency must acknowledge the plan again.

    It has no coordinates and is never compared with other operations. Errors: NotFound, NotAllowed, Invalid(site).
    """
    async with writing():
        operation = await operation_to_change(viewer, event_id)
        here = {one.id for one in await off_site(viewer, operation.event)}
        if site_id not in {one.id for one in await public_sites(viewer)} - here:
            raise Invalid(site="Choose a place from the list.")
        if len(here) >= MOST_SITES:
            raise Invalid(site=f"A plan has at most {MOST_SITES} places for off-site services.")
        await OperationOffSite.insert(OperationOffSite(id=ids.new_id(), plan=operation.id, site=site_id))
        await new_version(operation.id)
        await audit.record(viewer.actor, "off_site_added", "event", event_id, {}, now)


async def remove(viewer: Viewer, event_id: UUID, site_id: UUID, now: datetime) -> None:
    """Remove such a site; each agency must acknowledge the plan again. Errors: NotFound, NotAllowed."""
    async with writing():
        operation = await operation_to_change(viewer, event_id)
        if site_id not in {one.id for one in await off_site(viewer, operation.event)}:
            raise NotFound
        its = (OperationOffSite.plan == operation.id) & (OperationOffSite.site == site_id)
        await OperationOffSite.delete().where(its)
        await new_version(operation.id)
        await audit.record(viewer.actor, "off_site_removed", "event", event_id, {}, now)
