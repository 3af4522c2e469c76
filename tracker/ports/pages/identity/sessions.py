"""For people who are signed in: confirming their identity again, choosing a password, staying, signing out.

A page asks how much longer the session lasts before it warns, and extends it.
"""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Busy, Invalid
from tracker.ports.http import cookies, errors
from tracker.ports.http.dependencies import Now, Settings, Visit
from tracker.ports.http.guards import POLLED, UNDER_EMERGENCY, signed_in
from tracker.ports.http.request_source import HOME, place
from tracker.ports.pages.core.dependencies import AGAIN, Form, FormToken, NextAddress, Pages, first_reauthenticate
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.identity.sign_in_forms import Arrival, check_repeated, wanting
from tracker.usecases.identity import passwords, sessions, sign_in

PASSWORD = "/password"  # noqa: S105 - an address
SESSION = "/session"


@get(AGAIN, guards=[signed_in])
async def reauthentication_page(
    pages: Pages, visit: Visit, settings: Settings, wanted: NextAddress = ""
) -> Response[str]:
    """Ask for the code, or for the password of a person without a code; `next` is where to go afterward."""
    return await _reauthentication_form(pages, visit, settings, wanting(wanted))


@post(AGAIN, guards=[signed_in], status_code=303)
async def post_reauthentication(
    pages: Pages, visit: Visit, arrival: Arrival, form: Form, now: Now, settings: Settings
) -> Response[Any]:
    """Check the code or password and go back to the page that required it."""
    try:
        if await _is_press_enough(visit, settings):
            await sign_in.reauthenticate_by_press(visit.viewer.member_id, visit.session_id, now)
        else:
            await sign_in.reauthenticate(visit.viewer.member_id, visit.session_id, form["proof"], now, arrival)
    except (Invalid, Busy) as wrong:
        return await _reauthentication_form(pages, visit, settings, form, wrong)
    return Redirect(place(form["next"]), status_code=303)


@get(PASSWORD, guards=[signed_in])
async def password_page(pages: Pages, visit: Visit, now: Now, wanted: NextAddress = "") -> Response[Any]:
    """Show the form for a new password after a recent confirmation; `next` is where to go afterward."""
    return first_reauthenticate(visit, to_password(wanted), now) or _password_form(pages, wanting(wanted))


@post(PASSWORD, guards=[signed_in], status_code=303)
async def post_password(pages: Pages, visit: Visit, form: Form, now: Now) -> Response[Any]:
    """Set the password and end the person's other sessions."""
    if first := first_reauthenticate(visit, to_password(form["next"]), now):
        return first
    try:
        check_repeated(form)
        await passwords.set_password(
            visit.viewer.member_id, form["password"], now, by=visit.viewer.actor, keeping=visit.session_id
        )
    except (Invalid, Busy) as wrong:
        return _password_form(pages, wanting(form["next"]), wrong)
    return pages.redirect(place(form["next"]), "Password set. You’ve been signed out in your other browsers.")


@post("/sign-out", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def post_sign_out(pages: Pages, visit: Visit, now: Now, settings: Settings) -> Response[Any]:
    """End the session, and delete what pages stored in the browser."""
    await sessions.sign_out(visit.viewer, visit.session_id, now)
    # Only "storage": "cookies" would end the sessions of every other site of the same domain.
    response = pages.redirect("/sign-in", "You’re signed out.")
    response.headers["Clear-Site-Data"] = '"storage"'
    cookies.remove_cookie(response, settings, cookies.SESSION)
    return response


def to_password(wanted: str) -> str:
    """Return the address where people choose a password, and then go to `wanted`."""
    return PASSWORD if place(wanted) == HOME else f"{PASSWORD}?next={quote(place(wanted), safe='/')}"


async def _reauthentication_form(
    pages: Pages, visit: Visit, settings: Settings, form: FormValues, wrong: Exception | None = None
) -> Response[str]:
    asked = await sign_in.reauthentication_asked(visit.viewer.member_id)
    takes_press = await _is_press_enough(visit, settings)
    return _rendered(pages, "identity/again.html", ("proof",), wrong, form=form, asked=asked, takes_press=takes_press)


async def _is_press_enough(visit: Visit, settings: Settings) -> bool:
    """Return whether this is a demo and the person has neither code nor password: its links need neither."""
    if not settings.is_demo:
        return False
    return await sign_in.reauthentication_asked(visit.viewer.member_id) is None


def _password_form(pages: Pages, form: FormValues, wrong: Exception | None = None) -> Response[str]:
    return _rendered(pages, "identity/password.html", ("password", "repeated"), wrong, form=form)


def _rendered(
    pages: Pages, template: str, fields: tuple[str, ...], wrong: Exception | None, **context: Any
) -> Response[str]:
    told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    status = errors.status_of(wrong) if wrong else 200
    response = pages.render(template, status_code=status, errors=errors_of(told, fields), **context)
    response.headers.update(errors.again_after(wrong))
    return response


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
