"""What Litestar injects into the handlers of signing in: the arrival, the way to a session, a demo's people."""

from collections.abc import Sequence
from typing import TypeAlias

from litestar.di import Provide

from tracker.ports.http import cookies
from tracker.ports.http.addresses import is_loopback
from tracker.ports.http.dependencies import Injected, now_of, settings_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.request_source import Connection, is_from_this_computer
from tracker.ports.pages.identity import sign_in_forms
from tracker.rules.core.viewer import Viewer
from tracker.usecases.core.viewers import was_revoked
from tracker.usecases.identity import accounts, personas

Arrival: TypeAlias = Injected[accounts.Arrival]
"""How a person who confirms their identity arrives: from where, with which browser."""
Entry: TypeAlias = Injected[sign_in_forms.Entry]
"""Makes the pages for people without a session, and starts their session."""
IsRevoked: TypeAlias = Injected[bool]
"""Whether this browser still has the cookie of a session that was ended from elsewhere."""
Personas: TypeAlias = Injected[Sequence[Viewer]]
"""The people whom a demo offers on its sign-in page; none elsewhere."""


def offers_personas(connection: Connection) -> bool:
    """Return whether a press may sign a person in: in a demo that has this computer's name, for this computer only."""
    settings = settings_of(connection.scope)
    return settings.is_demo and is_loopback(settings.own_host) and is_from_this_computer(connection)


def _arrival(request: FormRequest) -> accounts.Arrival:
    return sign_in_forms.arrival_of(request, settings_of(request.scope))


def _entry(request: FormRequest) -> sign_in_forms.Entry:
    return sign_in_forms.Entry(request, settings_of(request.scope), now_of(request.scope))


async def _is_revoked(request: FormRequest) -> bool:
    cookie = cookies.read(request, cookies.SESSION)
    return bool(cookie) and await was_revoked(cookie, now_of(request.scope))


async def _personas(request: FormRequest) -> Sequence[Viewer]:
    if not offers_personas(request):
        return ()
    return await personas.personas(settings_of(request.scope).persona_addresses, now_of(request.scope))


DEPENDENCIES = {
    "arrival": Provide(_arrival, sync_to_thread=False),
    "entry": Provide(_entry, sync_to_thread=False),
    "is_revoked": Provide(_is_revoked),
    "personas": Provide(_personas),
}
"""Dependencies of sign-in handlers, beside those of every page."""
