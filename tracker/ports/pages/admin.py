"""What whoever keeps accounts or reads the audit trail can do, on one page."""

from collections.abc import Callable
from typing import Any, NamedTuple

from litestar import Request, Response, get

from tracker.errors import NotFound
from tracker.ports.guards import signed_in
from tracker.ports.pages.request import viewer_of
from tracker.ports.pages.templating import page
from tracker.rules.people import Viewer


class Task(NamedTuple):
    """One page of the administration and what it is good for."""

    address: str
    label: str
    words: str
    sign: str
    is_for: Callable[[Viewer], bool]


TASKS = (
    Task(
        "/audit", "Audit trail", "Who did what and when. Verify that nothing was changed, or take a copy.", "history",
        lambda viewer: viewer.reads_audit,
    ),
)  # fmt: skip


@get("/admin", guards=[signed_in])
async def admin_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the pages that the viewer may use. Errors: NotFound for who may use none of them."""
    tasks = [task for task in TASKS if task.is_for(viewer_of(request))]
    if not tasks:
        raise NotFound
    return page("admin/show.html", request, tasks=tasks)


handlers = [admin_page]
