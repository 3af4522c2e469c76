"""What the sign-in pages share: forms for people who have no session yet, and the start of the session."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.response import Redirect

from tracker.config.settings import Settings, statements
from tracker.errors import Invalid, NotAllowed
from tracker.ports.http import cookies, csrf, errors, flash
from tracker.ports.http.addresses import HOME, place
from tracker.ports.http.flash import Flash
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.request_source import is_behind_unnamed_proxy, origin_of
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.core.templating import Pages
from tracker.usecases.identity.accounts import Arrival
from tracker.usecases.identity.sign_in import CHALLENGE, Challenge

FIELDS = ("ack", "email", "password", "repeated", "code")
STALE = "This page was open too long, or your browser blocks cookies. Try again."
DIFFER = "The passwords don’t match. Enter the same one twice."
NO_FORM = FormValues({})
LONGEST_BROWSER = 150  # characters kept of a browser's name for itself


class Entry:
    """Makes the pages for people without a session, and starts it; a request carries their short-lived cookies."""

    def __init__(self, request: FormRequest, settings: Settings, now: datetime) -> None:
        self._request = request
        self._settings = settings
        self._now = now

    @property
    def challenge(self) -> str:
        """Return the challenge that the browser kept after the first step, while the second is missing; else empty."""
        return cookies.read(self._request, cookies.CHALLENGE)

    def show(
        self, template: str, *, form: FormValues = NO_FORM, wrong: Exception | None = None, **more: Any
    ) -> Response[str]:
        """Show a form; its token belongs to a short-lived cookie of this browser.

        The page shows the errors in `wrong`, with what was typed; passwords are never sent back.
        """
        nonce = cookies.read(self._request, cookies.SIGN_IN)
        is_new = not csrf.is_good_nonce(nonce, self._now)
        nonce = csrf.new_nonce(self._now) if is_new else nonce
        state = self._request.scope["state"]
        state.update(csrf=csrf.token_for(nonce))
        flash.hear(self._request)
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
            cookies.put(response, self._settings, cookies.SIGN_IN, nonce, int(csrf.LIFETIME.total_seconds()))
        return response

    async def check_own(self) -> None:
        """Raise `NotAllowed` unless `show` made the form for this browser, not too long ago."""
        nonce = cookies.read(self._request, cookies.SIGN_IN)
        if not csrf.is_good_nonce(nonce, self._now):
            raise NotAllowed(STALE)
        await csrf.check_token(self._request, nonce)

    def to_second_step(self, challenge: Challenge, wanted: str) -> Redirect:
        """Redirect to the code, or to the setup of an authenticator app: nothing else is open before that."""
        path = "/sign-in/enrollment" if challenge.needs_enrollment else "/sign-in/code"
        response = Redirect(_with_next(path, wanted), status_code=303)
        seconds = int(CHALLENGE.total_seconds())
        cookies.put(response, self._settings, cookies.CHALLENGE, challenge.token, seconds)
        return response

    def to_start(self, wanted: str) -> Redirect:
        """Redirect to the sign-in page when the first step is missing or too old."""
        response = Redirect(_with_next("/sign-in", wanted), status_code=303)
        cookies.remove(response, self._settings, cookies.CHALLENGE)
        return response

    def let_in(
        self, session: str, wanted: str, response: Response[Any] | None = None, sentence: str = ""
    ) -> Response[Any]:
        """Start a session in a browser and redirect to the requested page, or return the response that comes before it.

        `sentence` is shown at the top of the next page, and no message of who used this browser before.
        """
        response = response or Redirect(place(wanted), status_code=303)
        flash.say(response, self._settings, Flash(sentence=sentence))
        cookies.put(response, self._settings, cookies.SESSION, session)
        cookies.remove(response, self._settings, cookies.CHALLENGE)
        cookies.remove(response, self._settings, cookies.SIGN_IN)
        return response


def wanting(wanted: str) -> FormValues:
    """Return an empty form that remembers where to go afterward."""
    return FormValues({"next": [place(wanted)]})


def check_repeated(form: FormValues) -> None:
    """Raise `Invalid` unless a new password was typed the same way twice."""
    if form["password"] != form["repeated"]:
        raise Invalid(repeated=DIFFER)


def arrival_of(request: FormRequest, settings: Settings) -> Arrival:
    """Return how a person arrives to confirm their identity: from where, with which browser and open sessions."""
    said = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Arrival(
        origin=origin_of(request),
        browser=said[:LONGEST_BROWSER].strip(),
        replacing=cookies.read(request, cookies.SESSION),
        most=settings.sessions,
        is_behind_unnamed_proxy=is_behind_unnamed_proxy(request),
    )


def _with_next(path: str, wanted: str) -> str:
    return path if place(wanted) == HOME else f"{path}?next={quote(wanted, safe='/')}"
