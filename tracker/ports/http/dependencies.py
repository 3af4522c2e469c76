"""What Litestar injects into handlers by name: the viewer, the request source, the time, and the settings.

A handler declares `viewer: Viewer, now: Now` with these types. For a type checker they are the plain types; for
Litestar they are marked as dependencies, whose providers follow below under the names of the parameters.
"""

from datetime import date, datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation
from litestar.types import Scope

from tracker import clock
from tracker.config import settings
from tracker.crypto import signed_links
from tracker.ports.http.request_source import ORIGIN
from tracker.rules.core import viewers
from tracker.rules.core.wording import local
from tracker.usecases.core import viewers as core_viewers

T = TypeVar("T")
Injected: TypeAlias = SkipValidation[NamedDependency[T]]
"""Injected by the name of the parameter; the value is made here, so it is not validated again."""

Viewer: TypeAlias = Injected[viewers.Viewer]
"""The person who is signed in or uses a token; only behind the guards `signed_in` and `bearer`."""
Visit: TypeAlias = Injected[core_viewers.Visit]
"""The person who is signed in, and the session; only behind the guard `signed_in`."""
Origin: TypeAlias = Injected[viewers.Origin]
"""The source of the request, as its guard recorded it."""
Settings: TypeAlias = Injected[settings.Settings]
"""The settings of this application."""
Zone: TypeAlias = Injected[str]
"""The IANA name of the task force's time zone."""
Now: TypeAlias = Injected[datetime]
"""The time of the request, aware, in UTC: the same for everything that is done for it."""
Today: TypeAlias = Injected[date]
"""The day of the request in the task force's zone."""
Links: TypeAlias = Injected[signed_links.Links]
"""Signs and reads the links in emails."""


def now_of(scope: Scope) -> datetime:
    """Return the time of a request, fixed at the first call."""
    moment: datetime = scope["state"].setdefault("now", clock.now())
    return moment


def settings_of(scope: Scope) -> settings.Settings:
    """Return the settings of the application that a request came to."""
    chosen: settings.Settings = scope["state"]["settings"]
    return chosen


def viewer_of(scope: Scope) -> viewers.Viewer:
    """Return the viewer; only behind the guards `signed_in` and `bearer`."""
    viewer: viewers.Viewer = scope["state"]["viewer"]
    return viewer


def _visit(scope: Scope) -> core_viewers.Visit:
    visit: core_viewers.Visit = scope["state"]["visit"]
    return visit


def _origin(scope: Scope) -> viewers.Origin:
    origin: viewers.Origin = scope["state"][ORIGIN]
    return origin


def _zone(scope: Scope) -> str:
    return settings_of(scope).time_zone


def _today(scope: Scope) -> date:
    return local(now_of(scope), _zone(scope)).date()


def _links(scope: Scope) -> signed_links.Links:
    links: signed_links.Links = scope["litestar_app"].state["links"]
    return links


DEPENDENCIES = {
    "viewer": Provide(viewer_of, sync_to_thread=False),
    "visit": Provide(_visit, sync_to_thread=False),
    "origin": Provide(_origin, sync_to_thread=False),
    "settings": Provide(settings_of, sync_to_thread=False),
    "zone": Provide(_zone, sync_to_thread=False),
    "now": Provide(now_of, sync_to_thread=False),
    "today": Provide(_today, sync_to_thread=False),
    "links": Provide(_links, sync_to_thread=False),
}
"""Dependencies of every handler. None depends on another, and none waits for anything."""
PathId: TypeAlias = FromPath[UUID]
PathText: TypeAlias = FromPath[str]
