"""What the pages of signing in share: forms of people who have no session yet, and the way in at the end."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Redirect

from tracker import clock
from tracker.config.settings import Settings, statements
from tracker.errors import Busy, Invalid, NotAllowed
from tracker.ports.http import cookies, csrf, errors, flash
from tracker.ports.http.addresses import HOME, place
from tracker.ports.http.request_source import origin_of
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.core.templating import page
from tracker.usecases.identity.accounts import Arrival
from tracker.usecases.identity.sign_in import CHALLENGE, Challenge

Web = Request[Any, Any, Any]

FIELDS = ("ack", "email", "password", "repeated", "code")
STALE = "This page was open for too long, or your browser does not keep cookies. Please try again."
DIFFER = "The two passwords differ. Type the same one twice."
NO_FORM = FormValues({})
LONGEST_BROWSER = 150  # letters kept of what a browser says it is


def settings_of(request: Web) -> Settings:
    """Return the settings of the application."""
    settings: Settings = request.scope["state"]["settings"]
    return settings


def show(
    request: Web, template: str, *, form: FormValues = NO_FORM, wrong: Exception | None = None, **more: Any
) -> Response[str]:
    """Show a form to somebody without a session: its token belongs to a short cookie of this browser.

    `wrong` is told in the page, with what was typed still there; passwords are never sent back.
    """
    now = clock.now()
    nonce = cookies.read(request, cookies.SIGN_IN)
    is_new = not csrf.is_good_nonce(nonce, now)
    nonce = csrf.new_nonce(now) if is_new else nonce
    request.scope["state"].update(csrf=csrf.token_for(nonce), flash=flash.heard(request))
    told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    response = page(
        template,
        request,
        status_code=_status(wrong),
        form=form,
        errors=errors_of(told, FIELDS),
        statements=statements(settings_of(request).notice),
        **more,
    )
    if isinstance(wrong, Busy):
        response.headers["Retry-After"] = str(errors.RETRY)
    if is_new:
        cookies.put(response, settings_of(request), cookies.SIGN_IN, nonce, int(csrf.LIFETIME.total_seconds()))
    return response


def wanting(wanted: str) -> FormValues:
    """Return an empty form that remembers where to go afterwards."""
    return FormValues({"next": [place(wanted)]})


def check_repeated(form: FormValues) -> None:
    """Raise `Invalid` unless a new password was typed twice alike."""
    if form["password"] != form["repeated"]:
        raise Invalid(repeated=DIFFER)


async def check_own(request: Web) -> None:
    """Raise `NotAllowed` unless the form was filled in on a page that `show` made for this browser, not long ago."""
    nonce = cookies.read(request, cookies.SIGN_IN)
    if not csrf.is_good_nonce(nonce, clock.now()):
        raise NotAllowed(STALE)
    await csrf.check_token(request, nonce)


def to_second_step(request: Web, challenge: Challenge, wanted: str) -> Response[Any]:
    """Lead on to the code, or to the set-up of an authenticator app: nothing else is open before that."""
    path = "/sign-in/enrolment" if challenge.needs_enrolment else "/sign-in/code"
    response: Response[Any] = Redirect(_with_next(path, wanted), status_code=303)
    seconds = int(CHALLENGE.total_seconds())
    cookies.put(response, settings_of(request), cookies.CHALLENGE, challenge.token, seconds)
    return response


def to_start(request: Web, wanted: str) -> Response[Any]:
    """Lead back to the sign-in page when the first proof is missing or too old."""
    response: Response[Any] = Redirect(_with_next("/sign-in", wanted), status_code=303)
    cookies.remove(response, settings_of(request), cookies.CHALLENGE)
    return response


def let_in(request: Web, session: str, wanted: str, response: Response[Any] | None = None) -> Response[Any]:
    """Give a browser its session and lead to the page that was wanted, or give the answer that comes before it."""
    settings = settings_of(request)
    response = response or Redirect(place(wanted), status_code=303)
    cookies.put(response, settings, cookies.SESSION, session)
    cookies.remove(response, settings, cookies.CHALLENGE)
    cookies.remove(response, settings, cookies.SIGN_IN)
    return response


def arrival_of(request: Web) -> Arrival:
    """Return how somebody comes to prove who they are: from where and with what, and to how many sessions."""
    said = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Arrival(
        origin=origin_of(request),
        browser=said[:LONGEST_BROWSER].strip(),
        replacing=cookies.read(request, cookies.SESSION),
        most=settings_of(request).sessions,
    )


def _with_next(path: str, wanted: str) -> str:
    return path if place(wanted) == HOME else f"{path}?next={quote(wanted, safe='/')}"


def _status(wrong: Exception | None) -> int:
    return 200 if wrong is None else errors.status_of(wrong)
