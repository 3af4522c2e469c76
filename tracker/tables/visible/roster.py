"""Readers with a viewer for the roster: what of it not every member may read."""

from uuid import UUID

import msgspec

from tracker.rules.core.viewers import Viewer
from tracker.rules.roster.meetings import OwnSite, PublicSite
from tracker.tables.schema.roster import ConfidentialSite


async def own_sites(viewer: Viewer) -> list[OwnSite]:
    """Return the confidential sites of the viewer's agency, with their addresses, by public name."""
    if viewer.beside is not None and viewer.beside.agency_id != viewer.agency_id:
        return []
    rows = (
        await ConfidentialSite.select(
            ConfidentialSite.id,
            ConfidentialSite.name,
            ConfidentialSite.address,
            ConfidentialSite.directions,
            ConfidentialSite.is_open,
            ConfidentialSite.version,
        )
        .where(ConfidentialSite.agency == viewer.agency_id)
        .order_by(ConfidentialSite.name)
    )
    return msgspec.convert([{**row, "facts": row} for row in rows], list[OwnSite], strict=False)


async def public_sites(viewer: Viewer) -> list[PublicSite]:
    """Return the sites that are offered for off-site services, by public name; none for people without an account."""
    if not viewer.signs_in:
        return []
    rows = await ConfidentialSite.select(
        ConfidentialSite.id, ConfidentialSite.name, ConfidentialSite.agency.code, ConfidentialSite.is_open
    ).order_by(ConfidentialSite.name)
    return [PublicSite(id=row["id"], name=row["name"], agency=row["agency.code"]) for row in rows if row["is_open"]]


async def own_site_by_id(viewer: Viewer, site_id: UUID) -> OwnSite | None:
    """Return one site of the viewer's agency; None for any other."""
    return next((site for site in await own_sites(viewer) if site.id == site_id), None)
