"""The confidential sites that a plan names, for a viewer who may see the operation: by their public names alone."""

from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import Event
from tracker.rules.roster.confidential_sites import PublicSite
from tracker.tables.visible.core.rows import rows

_OFF_SITE = (
    "SELECT s.id, s.name, g.code FROM operation_off_site o JOIN confidential_site s ON s.id = o.site"
    " JOIN agency g ON g.id = s.agency JOIN operation_plan p ON p.id = o.plan JOIN event e ON e.id = p.event"
    " WHERE MAY_SEE(e)"
)


async def off_site(viewer: Viewer, event: Event) -> list[PublicSite]:
    """Return where an operation has off-site services, by public name."""
    found = await rows(_OFF_SITE, viewer, " AND p.event = {} ORDER BY s.name", event.id)
    return [PublicSite(id=row["id"], name=row["name"], agency=row["code"]) for row in found]
