"""What Litestar hands to a handler by name: who asks, from where, when, and with which settings.

A handler says `viewer: Viewer, now: Now` with these types. To a type checker they are the plain ones; to Litestar they
are marked as dependencies, whose providers stand below under the names of the parameters.
"""

from datetime import date, datetime
from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from litestar.types import Scope

from tracker import clock
from tracker.config import settings
from tracker.crypto import signed_links
from tracker.ports.http.request_source import ORIGIN
from tracker.rules.core import actors, viewer
from tracker.rules.core.wording import local
from tracker.usecases.core import viewers

T = TypeVar("T")
Injected: TypeAlias = SkipValidation[NamedDependency[T]]
"""Filled in by the name of the parameter; we made the value, so it is not validated again."""

Viewer: TypeAlias = Injected[viewer.Viewer]
"""Who is signed in, or speaks through a token; behind the guards `signed_in` and `bearer` only."""
Visit: TypeAlias = Injected[viewers.Visit]
"""Who is signed in, by which session; behind the guard `signed_in` only."""
Origin: TypeAlias = Injected[actors.Origin]
"""Where the request comes from, as its guard noted it."""
Settings: TypeAlias = Injected[settings.Settings]
"""The settings of this application."""
Zone: TypeAlias = Injected[str]
"""The IANA name of the task force's time zone."""
Now: TypeAlias = Injected[datetime]
"""The moment of the request, aware, in UTC: one and the same for everything that is done for it."""
Today: TypeAlias = Injected[date]
"""The day that it is then in the task force's zone."""
Links: TypeAlias = Injected[signed_links.Links]
"""What signs and reads the links in emails."""


def now_of(scope: Scope) -> datetime:
    """Return the moment of a request: when it was first asked for."""
    moment: datetime = scope["state"].setdefault("now", clock.now())
    return moment


def settings_of(scope: Scope) -> settings.Settings:
    """Return the settings of the application that a request came to."""
    found: settings.Settings = scope["state"]["settings"]
    return found


def viewer_of(scope: Scope) -> viewer.Viewer:
    """Return who asks; behind the guards `signed_in` and `bearer` only."""
    found: viewer.Viewer = scope["state"]["viewer"]
    return found


def _visit(scope: Scope) -> viewers.Visit:
    found: viewers.Visit = scope["state"]["visit"]
    return found


def _origin(scope: Scope) -> actors.Origin:
    found: actors.Origin = scope["state"][ORIGIN]
    return found


def _zone(scope: Scope) -> str:
    return settings_of(scope).time_zone


def _today(scope: Scope) -> date:
    return local(now_of(scope), _zone(scope)).date()


def _links(scope: Scope) -> signed_links.Links:
    found: signed_links.Links = scope["litestar_app"].state["links"]
    return found


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
"""What every handler may ask for. None depends on another, so Litestar resolves them in one step."""
