"""For people who are signed in: proving once more that it is them, choosing a password, signing out."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Busy, Invalid
from tracker.ports.http import cookies, errors, flash
from tracker.ports.http.addresses import HOME, place
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, errors_of, form_of, query_of
from tracker.ports.pages.core.reauthentication import AGAIN, first_reauthenticate, visit_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.identity.sign_in_forms import Web, arrival_of, check_repeated, settings_of, wanting
from tracker.usecases.identity import passwords, sessions, sign_in

PASSWORD = "/password"  # noqa: S105 - an address


@get(AGAIN, guards=[signed_in])
async def again_page(request: Web) -> Response[str]:
    """Ask for the code, or for the password of somebody who has no code; `next` is where to go afterwards."""
    return await _again(request, wanting(query_of(request)["next"]))


@post(AGAIN, guards=[signed_in], status_code=303)
async def prove_again(request: Web) -> Response[Any]:
    """Check the proof and lead back to what needed it."""
    form, visit = await form_of(request), visit_of(request)
    try:
        if await _is_press_enough(request):
            await sign_in.prove_by_press(visit.viewer.member_id, visit.session_id, clock.now())
        else:
            await sign_in.prove_again(
                visit.viewer.member_id, visit.session_id, form["proof"], clock.now(), arrival_of(request)
            )
    except (Invalid, Busy) as wrong:
        return await _again(request, form, wrong)
    return Redirect(place(form["next"]), status_code=303)


@get(PASSWORD, guards=[signed_in])
async def password_page(request: Web) -> Response[Any]:
    """Show the form for a new password to somebody who has just proved who they are; `next` is where to go then."""
    wanted = query_of(request)["next"]
    return first_reauthenticate(request, to_password(wanted)) or _password(request, wanting(wanted))


@post(PASSWORD, guards=[signed_in], status_code=303)
async def choose_password(request: Web) -> Response[Any]:
    """Set the password and end the person's other sessions."""
    form, visit = await form_of(request), visit_of(request)
    if first := first_reauthenticate(request, to_password(form["next"])):
        return first
    try:
        check_repeated(form)
        await passwords.set_password(
            visit.viewer.member_id, form["password"], clock.now(), by=visit.viewer.actor, keeping=visit.session_id
        )
    except (Invalid, Busy) as wrong:
        return _password(request, wanting(form["next"]), wrong)
    response: Response[Any] = Redirect(place(form["next"]), status_code=303)
    flash.say(response, settings_of(request), "Your password is set. Your other sessions have ended.")
    return response


@post("/sign-out", guards=[signed_in], status_code=303)
async def sign_out(request: Web) -> Response[Any]:
    """End the session, and let the browser forget what pages kept in it."""
    visit = visit_of(request)
    await sessions.sign_out(visit.viewer, visit.session_id, clock.now())
    # Only "storage": "cookies" would end the sessions of every other site of the same domain.
    response: Response[Any] = Redirect("/sign-in", status_code=303, headers={"Clear-Site-Data": '"storage"'})
    cookies.remove(response, settings_of(request), cookies.SESSION)
    flash.say(response, settings_of(request), "You are signed out.")
    return response


def to_password(wanted: str) -> str:
    """Return the address where one chooses a password, and goes on to `wanted`."""
    return PASSWORD if place(wanted) == HOME else f"{PASSWORD}?next={quote(place(wanted), safe='/')}"


async def _again(request: Web, form: FormValues, wrong: Exception | None = None) -> Response[str]:
    asked = await sign_in.reauthentication_asked(visit_of(request).viewer.member_id)
    takes_press = await _is_press_enough(request)
    return _form(request, "identity/again.html", ("proof",), wrong, form=form, asked=asked, takes_press=takes_press)


async def _is_press_enough(request: Web) -> bool:
    """Whether this is a demo and somebody who has neither code nor password: its links let people in without either."""
    if not settings_of(request).is_demo:
        return False
    return await sign_in.reauthentication_asked(visit_of(request).viewer.member_id) is None


def _password(request: Web, form: FormValues, wrong: Exception | None = None) -> Response[str]:
    return _form(request, "identity/password.html", ("password", "repeated"), wrong, form=form)


def _form(
    request: Web, template: str, fields: tuple[str, ...], wrong: Exception | None, **context: Any
) -> Response[str]:
    told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    status = errors.status_of(wrong) if wrong else 200
    return page(template, request, status_code=status, errors=errors_of(told, fields), **context)


handlers = [again_page, prove_again, password_page, choose_password, sign_out]
