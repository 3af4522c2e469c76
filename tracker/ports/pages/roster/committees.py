"""The bodies of the task force, and the page of one: who chairs it, and who holds its seats."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.roster.people import WORDS
from tracker.rules.core.viewer import Status
from tracker.rules.roster.directory import BODY_KINDS, BodyStatus
from tracker.usecases.roster import directory


@get("/bodies", guards=[signed_in])
async def bodies_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the bodies that the viewer may know."""
    found = await directory.bodies(viewer_of(request))
    return page("roster/committees/list.html", request, **WORDS, kinds=BODY_KINDS, bodies=found)


@get("/bodies/{body_id:uuid}", guards=[signed_in])
async def body_page(body_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one body with its seats."""
    viewer = viewer_of(request)
    found = await directory.body(viewer, body_id)
    known = await directory.agencies(viewer) if viewer.keeps_accounts and found.status is BodyStatus.ACTIVE else []
    seated = {seat.agency_id for seat in found.seats}
    seatless = [(str(one.id), one.code) for one in known if one.status is Status.ACTIVE and one.id not in seated]
    return page("roster/committees/show.html", request, **WORDS, kinds=BODY_KINDS, body=found, seatless=seatless)


handlers = [bodies_page, body_page]
