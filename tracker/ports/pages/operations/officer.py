"""The conflicts between operations, for the deconfliction officer."""

from litestar import Response, get

from tracker.ports.http.dependencies import Now, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages
from tracker.rules.operations.deconfliction import DISCLOSURE_WORDS
from tracker.rules.operations.hits import DECISION_WORDS
from tracker.usecases.operations import officer


@get("/deconfliction", guards=[signed_in])
async def conflicts_page(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Response[str]:
    """Show the open conflicts. Errors: NotFound for everyone but deconfliction officers."""
    return pages.render(
        "operations/officer.html",
        cases=await officer.cases(viewer, now),
        unplaced=await officer.unplaced(viewer, now),
        searchers=await officer.searchers(viewer, now),
        zone=settings.time_zone,
        disclosures=DISCLOSURE_WORDS,
        decisions=DECISION_WORDS,
    )
