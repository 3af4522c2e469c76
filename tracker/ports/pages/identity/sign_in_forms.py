"""What the sign-in pages share: forms for people who have no session yet, and the start of the session.

Litestar injects them into the handlers of signing in, with the arrival and a demo's people.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from litestar import Response
from litestar.di import Provide
from litestar.response import Redirect

from tracker.config.settings import Settings, statements
from tracker.errors import Invalid, NotAllowed
from tracker.ports.http import cookies, csrf, errors
from tracker.ports.http.cookies import Flash
from tracker.ports.http.dependencies import Injected, now_of, settings_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.request_source import (
    HOME,
    Connection,
    is_behind_unnamed_proxy,
    is_from_this_computer,
    is_loopback,
    origin_of,
    place,
)
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.core.templating import Pages
from tracker.rules.core.viewers import Viewer
from tracker.usecases.core.viewers import was_revoked
from tracker.usecases.identity import sign_in, sign_in_attempts
from tracker.usecases.identity.sign_in import CHALLENGE, Challenge
from tracker.usecases.identity.sign_in_attempts import SignInArrival

FIELDS = ("ack", "email", "password", "repeated", "code")
STALE = "This page was open too long, or your browser blocks cookies. Try again."
DIFFER = "The passwords don’t match. Enter the same one twice."
NO_FORM = FormValues({})
LONGEST_BROWSER = 150  # characters kept of a browser's name for itself
Arrival: TypeAlias = Injected[sign_in_attempts.SignInArrival]
"""How a person who confirms their identity arrives: from where, with which browser."""
IsRevoked: TypeAlias = Injected[bool]
"""Whether this browser still has the cookie of a session that was ended from elsewhere."""
Personas: TypeAlias = Injected[Sequence[Viewer]]
"""The people whom a demo offers on its sign-in page; none elsewhere."""


class SignInPages:
    """Makes the pages for people without a session, and starts it; a request carries their short-lived cookies."""

    def __init__(self, request: FormRequest, settings: Settings, now: datetime) -> None:
        self._request = request
        self._settings = settings
        self._now = now

    @property
    def challenge(self) -> str:
        """Return the challenge that the browser kept after the first step, while the second is missing; else empty."""
        return cookies.read_cookie(self._request, cookies.CHALLENGE)

    def show(
        self, template: str, *, form: FormValues = NO_FORM, wrong: Exception | None = None, **more: Any
    ) -> Response[str]:
        """Show a form; its token belongs to a short-lived cookie of this browser.

        The page shows the errors in `wrong`, with what was typed; passwords are never sent back.
        """
        nonce = cookies.read_cookie(self._request, cookies.SIGN_IN)
        is_new = not csrf.is_good_nonce(nonce, self._now)
        nonce = csrf.new_nonce(self._now) if is_new else nonce
        state = self._request.scope["state"]
        state.update(csrf=csrf.token_for(nonce))
        cookies.read_flash(self._request)
        told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
        response = Pages(state).render(
            template,
            status_code=errors.status_of(wrong) if wrong else 200,
            form=form,
            errors=errors_of(told, FIELDS),
            statements=statements(self._settings.notice),
            **more,
        )
        response.headers.update(errors.again_after(wrong))
        if is_new:
            cookies.put_cookie(response, self._settings, cookies.SIGN_IN, nonce, int(csrf.LIFETIME.total_seconds()))
        return response

    async def check_own(self) -> None:
        """Raise `NotAllowed` unless `show` made the form for this browser, not too long ago."""
        nonce = cookies.read_cookie(self._request, cookies.SIGN_IN)
        if not csrf.is_good_nonce(nonce, self._now):
            raise NotAllowed(STALE)
        await csrf.check_token(self._request, nonce)

    def to_second_step(self, challenge: Challenge, wanted: str) -> Redirect:
        """Redirect to the code, or to the setup of an authenticator app: nothing else is open before that."""
        path = "/sign-in/enrollment" if challenge.needs_enrollment else "/sign-in/code"
        response = Redirect(_with_next(path, wanted), status_code=303)
        seconds = int(CHALLENGE.total_seconds())
        cookies.put_cookie(response, self._settings, cookies.CHALLENGE, challenge.token, seconds)
        return response

    def to_start(self, wanted: str) -> Redirect:
        """Redirect to the sign-in page when the first step is missing or too old."""
        response = Redirect(_with_next("/sign-in", wanted), status_code=303)
        cookies.remove_cookie(response, self._settings, cookies.CHALLENGE)
        return response

    def let_in(
        self, session: str, wanted: str, response: Response[Any] | None = None, sentence: str = ""
    ) -> Response[Any]:
        """Start a session in a browser and redirect to the requested page, or return the response that comes before it.

        `sentence` is shown at the top of the next page, and no message of who used this browser before.
        """
        response = response or Redirect(place(wanted), status_code=303)
        cookies.put_flash(response, self._settings, Flash(sentence=sentence))
        cookies.put_cookie(response, self._settings, cookies.SESSION, session)
        cookies.remove_cookie(response, self._settings, cookies.CHALLENGE)
        cookies.remove_cookie(response, self._settings, cookies.SIGN_IN)
        return response


def wanting(wanted: str) -> FormValues:
    """Return an empty form that remembers where to go afterward."""
    return FormValues({"next": [place(wanted)]})


def check_repeated(form: FormValues) -> None:
    """Raise `Invalid` unless a new password was typed the same way twice."""
    if form["password"] != form["repeated"]:
        raise Invalid(repeated=DIFFER)


def arrival_of(request: FormRequest, settings: Settings) -> SignInArrival:
    """Return how a person arrives to confirm their identity: from where, with which browser and open sessions."""
    said = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return SignInArrival(
        origin=origin_of(request),
        browser=said[:LONGEST_BROWSER].strip(),
        replacing=cookies.read_cookie(request, cookies.SESSION),
        most=settings.sessions,
        is_behind_unnamed_proxy=is_behind_unnamed_proxy(request),
    )


def _with_next(path: str, wanted: str) -> str:
    return path if place(wanted) == HOME else f"{path}?next={quote(wanted, safe='/')}"


Entry: TypeAlias = Injected[SignInPages]
"""Makes the pages for people without a session, and starts their session."""


def offers_personas(connection: Connection) -> bool:
    """Return whether a press may sign a person in: in a demo that has this computer's name, for this computer only."""
    settings = settings_of(connection.scope)
    return settings.is_demo and is_loopback(settings.own_host) and is_from_this_computer(connection)


def _arrival(request: FormRequest) -> sign_in_attempts.SignInArrival:
    return arrival_of(request, settings_of(request.scope))


def _entry(request: FormRequest) -> SignInPages:
    return SignInPages(request, settings_of(request.scope), now_of(request.scope))


async def _is_revoked(request: FormRequest) -> bool:
    cookie = cookies.read_cookie(request, cookies.SESSION)
    return bool(cookie) and await was_revoked(cookie, now_of(request.scope))


async def _personas(request: FormRequest) -> Sequence[Viewer]:
    if not offers_personas(request):
        return ()
    return await sign_in.personas_at(settings_of(request.scope).persona_addresses, now_of(request.scope))


DEPENDENCIES = {
    "arrival": Provide(_arrival, sync_to_thread=False),
    "entry": Provide(_entry, sync_to_thread=False),
    "is_revoked": Provide(_is_revoked),
    "personas": Provide(_personas),
}
"""Dependencies of sign-in handlers, beside those of every page."""
