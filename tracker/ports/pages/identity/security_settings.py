"""Settings: another authenticator app, and new recovery codes; both need a fresh proof of who asks (CJIS IA-11)."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid, NotAllowed
from tracker.ports.http import errors, flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import errors_of, form_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.identity.sign_in_forms import Web, arrival_of, settings_of
from tracker.usecases.identity import authenticators
from tracker.usecases.identity.recovery_codes import codes_left, renew_codes

AUTHENTICATOR = "/settings/authenticator"
CODES = "/settings/recovery-codes"
SECURITY = "/settings#security"
SET_UP = "Your new authenticator app is set up. Your other sessions have ended."
FIRST_CODES = "Your authenticator app is set up. Now make recovery codes, for the day you do not have your phone."


@get(AUTHENTICATOR, guards=[signed_in])
async def authenticator_page(request: Web) -> Response[Any]:
    """Show a new secret; the app that is in force goes on until a code of the new one is entered."""
    return first_reauthenticate(request, AUTHENTICATOR) or await _authenticator(request)


@post(AUTHENTICATOR, guards=[signed_in], status_code=303)
async def set_authenticator(request: Web) -> Response[Any]:
    """Put the new app in the place of the one before, by its first code."""
    if first := first_reauthenticate(request, AUTHENTICATOR):
        return first
    form, visit = await form_of(request), visit_of(request)
    person = visit.viewer.member_id
    try:
        await authenticators.set_authenticator(
            person, visit.session_id, form["sealed"], form["code"], clock.now(), arrival_of(request)
        )
    except Invalid as wrong:
        return await _authenticator(request, form["sealed"], wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret is not one of ours: a new one is shown
        return await _authenticator(request, "", wrong)
    has_codes = (await authenticators.credentials_of(person)).codes_left > 0
    response: Response[Any] = Redirect(SECURITY if has_codes else CODES, status_code=303)
    flash.say(response, settings_of(request), SET_UP if has_codes else FIRST_CODES)
    return response


@get(CODES, guards=[signed_in])
async def codes_page(request: Web) -> Response[Any]:
    """Say how many recovery codes are left, and offer new ones."""
    return first_reauthenticate(request, CODES) or await _codes(request)


@post(CODES, guards=[signed_in], status_code=200)
async def make_codes(request: Web) -> Response[Any]:
    """Replace the recovery codes and show the new ones, this once."""
    if first := first_reauthenticate(request, CODES):
        return first
    viewer = visit_of(request).viewer
    had_codes = await codes_left(viewer.member_id) > 0
    codes = await renew_codes(viewer.member_id, clock.now(), by=viewer.actor)
    return await _codes(request, codes, had_codes=had_codes)


async def _authenticator(request: Web, sealed: str = "", wrong: Exception | None = None) -> Response[str]:
    visit = visit_of(request)
    person = visit.viewer.member_id
    told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    return page(
        "views/settings/authenticator.html",
        request,
        status_code=errors.status_of(wrong) if wrong else 200,
        made=await authenticators.new_authenticator(person, visit.session_id, sealed),
        proofs=await authenticators.credentials_of(person),
        errors=errors_of(told, ("code",)),
    )


async def _codes(request: Web, codes: list[str] | None = None, *, had_codes: bool = False) -> Response[str]:
    proofs = await authenticators.credentials_of(visit_of(request).viewer.member_id)
    return page("views/settings/recovery-codes.html", request, proofs=proofs, codes=codes, had_codes=had_codes)


handlers = [authenticator_page, set_authenticator, codes_page, make_codes]
