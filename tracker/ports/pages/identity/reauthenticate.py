"""For people who are signed in: confirming their identity again, choosing a password, signing out."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Busy, Invalid
from tracker.ports.http import cookies, errors
from tracker.ports.http.addresses import HOME, place
from tracker.ports.http.dependencies import Now, Settings, Visit
from tracker.ports.http.guards import UNDER_EMERGENCY, signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, Wanted
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.core.reauthentication import AGAIN, first_reauthenticate
from tracker.ports.pages.identity.dependencies import Arrival
from tracker.ports.pages.identity.sign_in_forms import check_repeated, wanting
from tracker.usecases.identity import passwords, sessions, sign_in

PASSWORD = "/password"  # noqa: S105 - an address


@get(AGAIN, guards=[signed_in])
async def again_page(pages: Pages, visit: Visit, settings: Settings, wanted: Wanted = "") -> Response[str]:
    """Ask for the code, or for the password of a person without a code; `next` is where to go afterward."""
    return await _again(pages, visit, settings, wanting(wanted))


@post(AGAIN, guards=[signed_in], status_code=303)
async def prove_again(
    pages: Pages, visit: Visit, arrival: Arrival, form: Form, now: Now, settings: Settings
) -> Response[Any]:
    """Check the code or password and go back to the page that required it."""
    try:
        if await _is_press_enough(visit, settings):
            await sign_in.prove_by_press(visit.viewer.member_id, visit.session_id, now)
        else:
            await sign_in.prove_again(visit.viewer.member_id, visit.session_id, form["proof"], now, arrival)
    except (Invalid, Busy) as wrong:
        return await _again(pages, visit, settings, form, wrong)
    return Redirect(place(form["next"]), status_code=303)


@get(PASSWORD, guards=[signed_in])
async def password_page(pages: Pages, visit: Visit, now: Now, wanted: Wanted = "") -> Response[Any]:
    """Show the form for a new password after a recent confirmation; `next` is where to go afterward."""
    return first_reauthenticate(visit, to_password(wanted), now) or _password(pages, wanting(wanted))


@post(PASSWORD, guards=[signed_in], status_code=303)
async def choose_password(pages: Pages, visit: Visit, form: Form, now: Now) -> Response[Any]:
    """Set the password and end the person's other sessions."""
    if first := first_reauthenticate(visit, to_password(form["next"]), now):
        return first
    try:
        check_repeated(form)
        await passwords.set_password(
            visit.viewer.member_id, form["password"], now, by=visit.viewer.actor, keeping=visit.session_id
        )
    except (Invalid, Busy) as wrong:
        return _password(pages, wanting(form["next"]), wrong)
    return pages.redirect(place(form["next"]), "Password set. You’ve been signed out in your other browsers.")


@post("/sign-out", guards=[signed_in], status_code=303, opt=UNDER_EMERGENCY)
async def sign_out(pages: Pages, visit: Visit, now: Now, settings: Settings) -> Response[Any]:
    """End the session, and delete what pages stored in the browser."""
    await sessions.sign_out(visit.viewer, visit.session_id, now)
    # Only "storage": "cookies" would end the sessions of every other site of the same domain.
    response = pages.redirect("/sign-in", "You’re signed out.")
    response.headers["Clear-Site-Data"] = '"storage"'
    cookies.remove(response, settings, cookies.SESSION)
    return response


def to_password(wanted: str) -> str:
    """Return the address where people choose a password, and then go to `wanted`."""
    return PASSWORD if place(wanted) == HOME else f"{PASSWORD}?next={quote(place(wanted), safe='/')}"


async def _again(
    pages: Pages, visit: Visit, settings: Settings, form: FormValues, wrong: Exception | None = None
) -> Response[str]:
    asked = await sign_in.reauthentication_asked(visit.viewer.member_id)
    takes_press = await _is_press_enough(visit, settings)
    return _form(pages, "identity/again.html", ("proof",), wrong, form=form, asked=asked, takes_press=takes_press)


async def _is_press_enough(visit: Visit, settings: Settings) -> bool:
    """Return whether this is a demo and the person has neither code nor password: its links need neither."""
    if not settings.is_demo:
        return False
    return await sign_in.reauthentication_asked(visit.viewer.member_id) is None


def _password(pages: Pages, form: FormValues, wrong: Exception | None = None) -> Response[str]:
    return _form(pages, "identity/password.html", ("password", "repeated"), wrong, form=form)


def _form(
    pages: Pages, template: str, fields: tuple[str, ...], wrong: Exception | None, **context: Any
) -> Response[str]:
    told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    status = errors.status_of(wrong) if wrong else 200
    response = pages.render(template, status_code=status, errors=errors_of(told, fields), **context)
    response.headers.update(errors.again_after(wrong))
    return response
