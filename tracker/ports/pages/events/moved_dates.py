"""Addresses of dates that another series has now: in the browser's history, in bookmarks, and in earlier emails."""

from uuid import UUID

from litestar.response import Redirect

from tracker.errors import NotFound
from tracker.rules.core.viewers import Viewer
from tracker.usecases.views.event_page import date_after_split


async def page_elsewhere(viewer: Viewer, event_id: UUID, key: str) -> Redirect:
    """Redirect to the date in the series that continues the one that had it. Errors: NotFound."""
    found_id, found_key = await _elsewhere(viewer, event_id, key)
    return Redirect(f"/events/{found_id}/{found_key}" if found_key else f"/events/{found_id}", status_code=303)


async def form_elsewhere(viewer: Viewer, event_id: UUID, key: str) -> Redirect:
    """Redirect to the form of that date and those after it. Errors: NotFound."""
    found_id, found_key = await _elsewhere(viewer, event_id, key)
    from_it = f"?from={found_key}" if found_key else ""
    return Redirect(f"/events/{found_id}/edit{from_it}", status_code=303)


async def _elsewhere(viewer: Viewer, event_id: UUID, key: str) -> tuple[UUID, str]:
    found = await date_after_split(viewer, event_id, key)
    if found is None:
        raise NotFound
    return found
