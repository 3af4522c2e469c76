"""Signing in: the form and its steps, one-time links; sessions, and their end.

Looking at a one-time link changes nothing, so that an email scanner uses none up.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

from litestar import HttpMethod, Response, get, post, route
from litestar.di import Provide
from litestar.response import Redirect

from tracker.config.settings import notice_lines
from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http import cookies, errors
from tracker.ports.http.cookies import Flash
from tracker.ports.http.dependencies import Injected, Now, Origin, PathText, Settings, Visit, now_of, settings_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.guards import POLLED, UNDER_EMERGENCY, link, public, signed_in
from tracker.ports.http.request_source import (
    HOME,
    Connection,
    is_behind_unnamed_proxy,
    is_from_this_computer,
    is_loopback,
    origin_of,
    place,
)
from tracker.ports.pages.core.dependencies import AGAIN, Form, FormToken, NextAddress, Page, Pages, first_reauthenticate
from tracker.ports.pages.core.form_shapes import CheckBox, FormShape, Secret, Typed, form_context
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.core.viewers import Viewer
from tracker.rules.core.wording import plural
from tracker.rules.roster.csv_file import LONGEST
from tracker.usecases.core.viewers import was_revoked
from tracker.usecases.identity import credentials, sessions, sign_in
from tracker.usecases.identity.credentials import codes_left
from tracker.usecases.identity.sign_in import (
    CHALLENGE,
    RECOVERY_CODE,
    SECURITY_CODE,
    Challenge,
    SecondStep,
    check_link,
    email_of_reset_link,
    redeem_link,
    reset_password,
)
from tracker.usecases.identity.sign_in_attempts import SignInArrival

NO_ACK = "Read the notice and confirm that you agree to its terms."
STALE = "This page was open too long, or your browser blocks cookies. Try again."
DIFFER = "The passwords don’t match. Enter the same one twice."
LONGEST_BROWSER = 150  # characters kept of a browser's name for itself
Arrival: TypeAlias = Injected[SignInArrival]
"""How a person who confirms their identity arrives: from where, with which browser."""
IsRevoked: TypeAlias = Injected[bool]
"""Whether this browser still has the cookie of a session that was ended from elsewhere."""
Personas: TypeAlias = Injected[Sequence[Viewer]]
"""The people whom a demo offers on its sign-in page; none elsewhere."""


class SignInForm(FormShape, kw_only=True):
    """What people sign in with."""

    ack: Annotated[bool, CheckBox("I have read the notice and agree to its terms", missing=NO_ACK)]
    email: Annotated[str, Typed("Work email", LONGEST["email"], of_text=str.strip, missing="Enter your work email.")]
    password: Annotated[str, Secret("Password", missing="Enter your password.")]


class PasswordForm(FormShape, kw_only=True):
    """A new password, typed twice."""

    password: Annotated[str, Secret("New password")]
    repeated: Annotated[str, Secret("Re-enter password")]

    @classmethod
    def refusals(cls, form: FormValues, _: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse two that differ."""
        return [("repeated", DIFFER)] if form["password"] != form["repeated"] else []


class CodeForm(FormShape, kw_only=True):
    """A code of an authenticator app."""

    code: Annotated[str, Secret("6-digit code", 9)]


class RecoveryForm(FormShape, kw_only=True):
    """A recovery code."""

    code: Annotated[str, Secret("Recovery code", 40)]


class ProofForm(FormShape, kw_only=True):
    """A code, or the password of a person without one, to confirm who they are."""

    proof: Annotated[str, Secret("6-digit code", 9)]


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

    def show(self, template: str, *shapes: type[FormShape], wrong: Exception | None = None, **more: Any) -> Page:
        """Show a form; its token belongs to a short-lived cookie of this browser.

        The page shows the errors in `wrong`, with what was typed; passwords are never sent back.
        """
        nonce = cookies.read_cookie(self._request, cookies.SIGN_IN)
        is_new = not cookies.is_good_nonce(nonce, self._now)
        nonce = cookies.new_nonce(self._now) if is_new else nonce
        state = self._request.scope["state"]
        state.update(csrf=cookies.token_for(nonce))
        cookies.read_flash(self._request)
        notice = notice_lines(self._settings.notice)
        response = show_refusable(Pages(state), template, wrong, *shapes, statements=notice, **more)
        if is_new:
            cookies.put_cookie(response, self._settings, cookies.SIGN_IN, nonce, int(cookies.LIFETIME.total_seconds()))
        return response

    async def check_own(self) -> None:
        """Raise `NotAllowed` unless `show` made the form for this browser, not too long ago."""
        nonce = cookies.read_cookie(self._request, cookies.SIGN_IN)
        if not cookies.is_good_nonce(nonce, self._now):
            raise NotAllowed(STALE)
        await cookies.check_token(self._request, nonce)

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

    def let_in(self, session: str, wanted: str, response: Page | None = None, sentence: str = "") -> Page:
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


def show_refusable(pages: Pages, template: str, wrong: Exception | None, *shapes: type[FormShape], **more: Any) -> Page:
    """Show a form, which an error of any kind may have refused: with its status, and when to try again."""
    refusal = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    shown = form_context(more.pop("form", None), refusal, *shapes) | {
        "status_code": errors.status_of(wrong) if wrong else 200
    }
    response = pages.render(template, **shown, **more)
    response.headers.update(errors.again_after(wrong))
    return response


def _arrival(request: FormRequest) -> SignInArrival:
    said = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return SignInArrival(
        origin=origin_of(request),
        browser=said[:LONGEST_BROWSER].strip(),
        replacing=cookies.read_cookie(request, cookies.SESSION),
        most=settings_of(request.scope).sessions,
        is_behind_unnamed_proxy=is_behind_unnamed_proxy(request),
    )


def _with_next(path: str, wanted: str) -> str:
    """Return an address from which people then go to `wanted`."""
    return path if place(wanted) == HOME else f"{path}?next={quote(wanted, safe='/')}"


Entry: TypeAlias = Injected[SignInPages]
"""Makes the pages for people without a session, and starts their session."""


def offers_personas(connection: Connection) -> bool:
    """Return whether a press may sign a person in: in a demo that has this computer's name, for this computer only."""
    settings = settings_of(connection.scope)
    return settings.is_demo and is_loopback(settings.own_host) and is_from_this_computer(connection)


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
SIGN_IN = "identity/sign-in.html"
CODE = "/sign-in/code"
RECOVERY = "/sign-in/recovery"
CODE_PAGES: Mapping[SecondStep, tuple[str, type[FormShape]]] = {
    SECURITY_CODE: ("identity/code.html", CodeForm),
    RECOVERY_CODE: ("identity/recovery.html", RecoveryForm),
}
USED = (
    "You used a recovery code. You have {} left. If you lost your phone, set up another authenticator app in "
    "Settings, under Security."
)


@get("/sign-in", guards=[public])
async def sign_in_page(entry: Entry, personas: Personas, is_revoked: IsRevoked, wanted: NextAddress = "") -> Page:
    """Show the notice and the form, in a demo also its people; `next` is where to go afterward.

    After a session that was ended from elsewhere, the page deletes what the tab kept of forms.
    """
    return entry.show(SIGN_IN, SignInForm, form=wanting(wanted), personas=personas, forgets=is_revoked)


@post("/sign-in", guards=[public], status_code=303)
async def post_sign_in(entry: Entry, arrival: Arrival, personas: Personas, form: Form, now: Now) -> Page:
    """Check address and password; the code is next."""
    try:
        await entry.check_own()
        typed = SignInForm.read(form)
        challenge = await sign_in.sign_in(typed.email, typed.password, now, arrival)
    except (Invalid, Busy, NotAllowed) as wrong:
        return entry.show(SIGN_IN, SignInForm, form=form, wrong=wrong, personas=personas)
    return entry.to_second_step(challenge, form["next"])


@get("/sign-in/enrollment", guards=[public])
async def enrollment_page(entry: Entry, now: Now, wanted: NextAddress = "") -> Page:
    """Show a new secret for an authenticator app to a person who signs in for the first time."""
    return await _enrollment(entry, now, wanting(wanted))


@post("/sign-in/enrollment", guards=[public], status_code=303)
async def post_enrollment(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Page:
    """Activate the app by its first code; start a session, and show the recovery codes, only once."""
    try:
        await entry.check_own()
        first = await sign_in.confirm_totp(entry.challenge, form["sealed"], CodeForm.read(form).code, now, arrival)
    except Gone:
        return entry.to_start(form["next"])
    except Invalid as wrong:
        return await _enrollment(entry, now, form, wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret was not made here: a new one is shown
        return await _enrollment(entry, now, form.but({"sealed": ""}), wrong)
    wanted = place(form["next"])
    onward = wanted if first.has_password else _with_next(PASSWORD, wanted)
    codes = entry.show(
        "identity/recovery-codes.html", codes=first.recovery_codes, onward=onward, has_password=first.has_password
    )
    return entry.let_in(first.session, wanted, response=codes)


async def _enrollment(entry: Entry, now: Now, form: FormValues, wrong: Exception | None = None) -> Page:
    try:
        made = await sign_in.enroll(entry.challenge, now, form["sealed"])
    except (Gone, NotAllowed):
        return entry.to_start(form["next"])
    return entry.show("identity/enrollment.html", CodeForm, form=form, wrong=wrong, made=made)


@get(CODE, guards=[public])
async def code_page(entry: Entry, now: Now, wanted: NextAddress = "") -> Page:
    """Ask for the code of a person whose password was right."""
    return await _ask_for_code(entry, wanted, now, SECURITY_CODE)


@post(CODE, guards=[public], status_code=303)
async def post_code(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Page:
    """Check the code and start a session."""
    return await _check_code(entry, arrival, form, now, SECURITY_CODE)


@get(RECOVERY, guards=[public])
async def recovery_page(entry: Entry, now: Now, wanted: NextAddress = "") -> Page:
    """Ask a person whose password was right for a recovery code."""
    return await _ask_for_code(entry, wanted, now, RECOVERY_CODE)


@post(RECOVERY, guards=[public], status_code=303)
async def post_recovery_code(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Page:
    """Check the recovery code and use it up; start a session, and show how many codes are left."""
    return await _check_code(entry, arrival, form, now, RECOVERY_CODE)


async def _ask_for_code(entry: Entry, wanted: str, now: Now, step: SecondStep) -> Page:
    try:
        await sign_in.account_challenged(entry.challenge, now)
    except Gone:
        return entry.to_start(wanted)
    return entry.show(*CODE_PAGES[step], form=wanting(wanted))


async def _check_code(entry: Entry, arrival: Arrival, form: FormValues, now: Now, step: SecondStep) -> Page:
    try:
        await entry.check_own()
        account = await sign_in.account_challenged(entry.challenge, now)
        session = await sign_in.answer_code(entry.challenge, form["code"], now, arrival, by=step)
    except Gone:
        return entry.to_start(form["next"])
    except (Invalid, NotAllowed) as wrong:
        return entry.show(*CODE_PAGES[step], form=form, wrong=wrong)
    if step is RECOVERY_CODE:
        left = plural(await codes_left(account.member_id), "code").replace("0 codes", "no codes")
        return entry.let_in(session, form["next"], sentence=USED.format(left))
    return entry.let_in(session, form["next"])


PASSWORD = "/password"  # noqa: S105 - an address
SESSION = "/session"


@get(AGAIN, guards=[signed_in])
async def reauthentication_page(pages: Pages, visit: Visit, settings: Settings, wanted: NextAddress = "") -> Page:
    """Ask for the code, or for the password of a person without a code; `next` is where to go afterward."""
    return await _reauthentication_form(pages, visit, settings, wanting(wanted))


@post(AGAIN, guards=[signed_in], status_code=303)
async def post_reauthentication(
    pages: Pages, visit: Visit, arrival: Arrival, form: Form, now: Now, settings: Settings
) -> Page:
    """Check the code or password and go back to the page that required it."""
    try:
        if await _is_press_enough(visit, settings):
            await sign_in.reauthenticate_by_press(visit.viewer.member_id, visit.session_id, now)
        else:
            proof = ProofForm.read(form).proof
            await sign_in.reauthenticate(visit.viewer.member_id, visit.session_id, proof, now, arrival)
    except (Invalid, Busy) as wrong:
        return await _reauthentication_form(pages, visit, settings, form, wrong)
    return Redirect(place(form["next"]), status_code=303)


@get(PASSWORD, guards=[signed_in])
async def password_page(pages: Pages, visit: Visit, now: Now, wanted: NextAddress = "") -> Page:
    """Show the form for a new password after a recent confirmation; `next` is where to go afterward."""
    return first_reauthenticate(visit, _with_next(PASSWORD, wanted), now) or show_refusable(
        pages, "identity/password.html", None, PasswordForm, form=wanting(wanted)
    )


@post(PASSWORD, guards=[signed_in], status_code=303)
async def post_password(pages: Pages, visit: Visit, form: Form, now: Now) -> Page:
    """Set the password and end the person's other sessions."""
    if first := first_reauthenticate(visit, _with_next(PASSWORD, form["next"]), now):
        return first
    try:
        password = PasswordForm.read(form).password
        await credentials.set_password(
            visit.viewer.member_id, password, now, by=visit.viewer.actor, keeping=visit.session_id
        )
    except (Invalid, Busy) as wrong:
        return show_refusable(pages, "identity/password.html", wrong, PasswordForm, form=wanting(form["next"]))
    return pages.redirect(place(form["next"]), "Password set. You’ve been signed out in your other browsers.")


@post("/sign-out", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_sign_out(pages: Pages, visit: Visit, now: Now, settings: Settings) -> Page:
    """End the session, and delete what pages stored in the browser."""
    await sessions.sign_out(visit.viewer, visit.session_id, now)
    # Only "storage": "cookies" would end the sessions of every other site of the same domain.
    response = pages.redirect("/sign-in", "You’re signed out.")
    response.headers["Clear-Site-Data"] = '"storage"'
    cookies.remove_cookie(response, settings, cookies.SESSION)
    return response


async def _reauthentication_form(
    pages: Pages, visit: Visit, settings: Settings, form: FormValues, wrong: Exception | None = None
) -> Page:
    asked = await sign_in.reauthentication_asked(visit.viewer.member_id)
    takes_press = await _is_press_enough(visit, settings)
    return show_refusable(
        pages, "identity/again.html", wrong, ProofForm, form=form, asked=asked, takes_press=takes_press
    )


async def _is_press_enough(visit: Visit, settings: Settings) -> bool:
    """Return whether this is a demo and the person has neither code nor password: its links need neither."""
    return settings.is_demo and await sign_in.reauthentication_asked(visit.viewer.member_id) is None


@get(SESSION, guards=[signed_in], opt=POLLED)
async def session_state(visit: Visit, form_token: FormToken, now: Now) -> Response[dict[str, Any]]:
    """Return how much longer the session lasts; this request does not extend it."""
    return _session_state(visit, form_token, now)


@post(SESSION, guards=[signed_in], status_code=200, opt=UNDER_EMERGENCY)
async def extend_session(visit: Visit, form_token: FormToken, now: Now) -> Response[dict[str, Any]]:
    """Extend the session, as any use does."""
    return _session_state(visit, form_token, now)


def _session_state(visit: Visit, form_token: str, now: Now) -> Response[dict[str, Any]]:
    return Response(
        {
            "seconds": visit.seconds_left(now),
            "can_stay": visit.idle_end < visit.last_end,
            "person": str(visit.viewer.member_id),
            "form_token": form_token,
        }
    )


SIGN_IN_LINK = "/sign-in/link/{token:str}"
SIGN_IN_LINK_OVER = "identity/link-over.html"
RESET_LINK = "/sign-in/reset/{token:str}"


@route(SIGN_IN_LINK, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def link_page(token: PathText, entry: Entry, personas: Personas, now: Now) -> Page:
    """Show the notice and the button, or that the link has expired; nothing changes."""
    try:
        await check_link(token, now)
    except Gone as over:
        return entry.show(SIGN_IN_LINK_OVER, wrong=over, personas=personas)
    return entry.show("identity/link.html", token=token)


@post(SIGN_IN_LINK, guards=[link], status_code=303)
async def use_link(
    token: PathText, entry: Entry, arrival: Arrival, personas: Personas, settings: Settings, now: Now
) -> Page:
    """Use the link, once: a demo opens at once, elsewhere the code is next."""
    try:
        await entry.check_own()
        opened = await redeem_link(token, now, arrival, asks_code=not settings.is_demo)
    except Gone as over:
        return entry.show(SIGN_IN_LINK_OVER, wrong=over, personas=personas)
    except NotAllowed as wrong:
        return entry.show("identity/link.html", token=token, wrong=wrong)
    return entry.to_second_step(opened, HOME) if isinstance(opened, Challenge) else entry.let_in(opened, HOME)


@route(RESET_LINK, http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def reset_page(token: PathText, pages: Pages, entry: Entry, now: Now) -> Page:
    """Show the form for a new password, or that the link has expired; nothing changes."""
    return await _reset_form(token, pages, entry, now)


@post(RESET_LINK, guards=[link], status_code=303)
async def post_new_password(token: PathText, pages: Pages, entry: Entry, origin: Origin, form: Form, now: Now) -> Page:
    """Set the password and invalidate the link; the sign-in page is next."""
    try:
        await entry.check_own()
        await reset_password(token, PasswordForm.read(form).password, now, origin)
    except Gone:
        return pages.render("identity/reset-over.html", status_code=410)
    except (Invalid, Busy, NotAllowed) as wrong:
        return await _reset_form(token, pages, entry, now, wrong)
    return pages.redirect("/sign-in", "Password set. Sign in with it now.")


async def _reset_form(token: str, pages: Pages, entry: Entry, now: Now, wrong: Exception | None = None) -> Page:
    try:
        email = await email_of_reset_link(token, now)
    except Gone:
        return pages.render("identity/reset-over.html", status_code=410)
    return entry.show("identity/reset.html", PasswordForm, wrong=wrong, token=token, email=email)
