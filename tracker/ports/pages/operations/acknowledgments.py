"""The button with which an agency acknowledges a plan, on the plan's page and on the home page."""

from typing import Any
from uuid import UUID

from litestar import Response, post

from tracker.errors import Conflict, NotAllowed
from tracker.ports.http.addresses import HOME
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Form, HomeRows, Pages
from tracker.ports.pages.core.form_values import Reader
from tracker.ports.pages.core.home_part import is_from_home
from tracker.rules.views.work_queue import OpenAcknowledgment
from tracker.usecases.operations import approvals


@post("/events/{event_id:uuid}/{key:str}/plan/acknowledgments", guards=[signed_in], status_code=303)
async def acknowledge(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, *, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Acknowledge the version that was shown, or say that the plan has changed since."""
    version = Reader(form).number("version") or 0
    said, refused = f"{viewer.agency} has acknowledged version {version}.", ""
    try:
        await approvals.acknowledge(viewer, event_id, version, now)
    except (Conflict, NotAllowed) as changed:
        said = refused = changed.sentence
    if home_rows.are_asked_for(form):
        return await _row(home_rows, event_id, key, said, refused)
    address = HOME if is_from_home(form) else f"/events/{event_id}/{key}/plan"
    return pages.refuse(address, refused) if refused else pages.redirect(address, said)


async def _row(home_rows: HomeRows, event_id: UUID, key: str, said: str, refused: str) -> Response[str]:
    """Return the row of the home page as it is now; when nothing is left to do, it says what was done."""
    found = await home_rows.found()
    at = (event_id, key)
    left = [one for one in found.follow_up if isinstance(one, OpenAcknowledgment)]
    row = next((one for one in left if (one.line.event_id, one.line.key) == at), None)
    template = "views/home/row-plan.html" if row else "views/home/row-settled.html"
    return home_rows.show(template, found, said, refused=refused, row=row, key=f"plan-{event_id}-{key}")
