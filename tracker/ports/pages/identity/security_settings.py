"""Settings: another authenticator app, and new recovery codes; both need a recent confirmation (CJIS IA-11)."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Invalid, NotAllowed
from tracker.ports.http import errors
from tracker.ports.http.dependencies import Now, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import errors_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.identity.dependencies import Arrival
from tracker.usecases.identity import authenticators
from tracker.usecases.identity.recovery_codes import codes_left, renew_codes

AUTHENTICATOR = "/settings/authenticator"
CODES = "/settings/recovery-codes"
SECURITY = "/settings#security"
SET_UP = "Your new authenticator app is set up. You’ve been signed out in your other browsers."
FIRST_CODES = "Your authenticator app is set up. Now get recovery codes in case you don’t have your phone."


@get(AUTHENTICATOR, guards=[signed_in])
async def authenticator_page(pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Show a new secret; the present app stays valid until a code of the new one is entered."""
    return first_reauthenticate(visit, AUTHENTICATOR, now) or await _authenticator(pages, visit)


@post(AUTHENTICATOR, guards=[signed_in], status_code=303)
async def set_authenticator(pages: Pages, visit: Visit, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Replace the present app with the new one, by its first code."""
    if first := first_reauthenticate(visit, AUTHENTICATOR, now):
        return first
    person = visit.viewer.member_id
    try:
        await authenticators.set_authenticator(person, visit.session_id, form["sealed"], form["code"], now, arrival)
    except Invalid as wrong:
        return await _authenticator(pages, visit, form["sealed"], wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret was not made here: a new one is shown
        return await _authenticator(pages, visit, "", wrong)
    has_codes = (await authenticators.credentials_of(person)).codes_left > 0
    return pages.redirect(SECURITY, SET_UP) if has_codes else pages.redirect(CODES, FIRST_CODES)


@get(CODES, guards=[signed_in])
async def codes_page(pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Say how many recovery codes are left, and offer new ones."""
    return first_reauthenticate(visit, CODES, now) or await _codes(pages, visit)


@post(CODES, guards=[signed_in], status_code=200)
async def make_codes(pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Replace the recovery codes and show the new ones, only once."""
    if first := first_reauthenticate(visit, CODES, now):
        return first
    viewer = visit.viewer
    had_codes = await codes_left(viewer.member_id) > 0
    codes = await renew_codes(viewer.member_id, now, by=viewer.actor)
    return await _codes(pages, visit, codes, had_codes=had_codes)


async def _authenticator(pages: Pages, visit: Visit, sealed: str = "", wrong: Exception | None = None) -> Response[str]:
    person = visit.viewer.member_id
    told = wrong if isinstance(wrong, Invalid) else Invalid(str(wrong)) if wrong else None
    response = pages.render(
        "views/settings/authenticator.html",
        status_code=errors.status_of(wrong) if wrong else 200,
        made=await authenticators.new_authenticator(person, visit.session_id, sealed),
        proofs=await authenticators.credentials_of(person),
        errors=errors_of(told, ("code",)),
    )
    response.headers.update(errors.again_after(wrong))
    return response


async def _codes(
    pages: Pages, visit: Visit, codes: list[str] | None = None, *, had_codes: bool = False
) -> Response[str]:
    proofs = await authenticators.credentials_of(visit.viewer.member_id)
    return pages.render("views/settings/recovery-codes.html", proofs=proofs, codes=codes, had_codes=had_codes)
