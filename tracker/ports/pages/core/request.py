"""What a page asks of its request: who looks, in which zone the task force lives, whether htmx asks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Redirect

from tracker.config.settings import Settings
from tracker.ports.http import flash
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import plural
from tracker.rules.events.undo import UNDO_FOR, Deed


def viewer_of(request: Request[Any, Any, Any]) -> Viewer:
    """Return who is signed in; the guard of the route has seen to it."""
    viewer: Viewer = request.scope["state"]["viewer"]
    return viewer


def settings_of(request: Request[Any, Any, Any]) -> Settings:
    """Return the settings of this process."""
    settings: Settings = request.scope["state"]["settings"]
    return settings


def zone_of(request: Request[Any, Any, Any]) -> str:
    """Return the IANA name of the task force's zone."""
    return settings_of(request).time_zone


def said(request: Request[Any, Any, Any], address: str, sentence: str, undo: flash.Undo | None = None) -> Redirect:
    """Lead to a page that begins by saying what has been done, and offers to take it back."""
    response = Redirect(address, status_code=303)
    flash.say(response, request.scope["state"]["settings"], sentence, undo)
    return response


def undo_for(event_id: UUID, deed: Deed, version: int, now: datetime, key: str = "") -> flash.Undo:
    """Return how a deed on an event, done `now`, can be taken back; `version` is that after the deed."""
    fields = {"deed": deed, "version": str(version), "key": key}
    return flash.Undo(address=f"/events/{event_id}/undo", fields=fields, until=now + UNDO_FOR)


def audit_facts_in_words(deed: str, people: int) -> str:
    """Return what was done and how many people get a mail about it."""
    mails = f"{plural(people, 'person gets', 'people get')} a mail about it." if people else "No mail goes out."
    return f"{deed} {mails}"


def is_from_htmx(request: Request[Any, Any, Any]) -> bool:
    """Whether a part of the page is enough."""
    return request.headers.get("hx-request") == "true"
