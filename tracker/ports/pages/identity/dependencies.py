"""What Litestar injects into the handlers of signing in: the arrival of a person, and the way to a session."""

from typing import TypeAlias

from litestar.di import Provide

from tracker.ports.http.dependencies import Injected, now_of, settings_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.pages.identity import sign_in_forms
from tracker.usecases.identity import accounts

Arrival: TypeAlias = Injected[accounts.Arrival]
"""How a person who confirms their identity arrives: from where, with which browser."""
Entry: TypeAlias = Injected[sign_in_forms.Entry]
"""Makes the pages for people without a session, and starts their session."""


def _arrival(request: FormRequest) -> accounts.Arrival:
    return sign_in_forms.arrival_of(request, settings_of(request.scope))


def _entry(request: FormRequest) -> sign_in_forms.Entry:
    return sign_in_forms.Entry(request, settings_of(request.scope), now_of(request.scope))


DEPENDENCIES = {"arrival": Provide(_arrival, sync_to_thread=False), "entry": Provide(_entry, sync_to_thread=False)}
"""Dependencies of sign-in handlers, beside those of every page."""
