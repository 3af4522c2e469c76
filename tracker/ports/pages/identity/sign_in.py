"""Signing in: the notice and the password, and at the first time the set-up of the app that makes codes."""

from typing import Any

from litestar import Response, get, post

from tracker import clock
from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http import cookies
from tracker.ports.http.addresses import place
from tracker.ports.http.guards import public
from tracker.ports.pages.core.form_values import FormValues, form_of, query_of
from tracker.ports.pages.identity import password_reset, reauthenticate, security_code, sign_in_link
from tracker.ports.pages.identity.sign_in_forms import (
    Web,
    arrival_of,
    check_own,
    let_in,
    show,
    to_second_step,
    to_start,
    wanting,
)
from tracker.usecases.identity import sign_in as sign_in_deeds

SIGN_IN = "identity/sign-in.html"
ENROLMENT = "identity/enrolment.html"
NO_ACK = "Read the notice, and confirm that you agree to its terms."


@get("/sign-in", guards=[public])
async def sign_in_page(request: Web) -> Response[str]:
    """Show the notice and the form; `next` is where to go afterwards."""
    return show(request, SIGN_IN, form=wanting(query_of(request)["next"]))


@post("/sign-in", guards=[public], status_code=303)
async def sign_in(request: Web) -> Response[Any]:
    """Check address and password; the code is next."""
    form = await form_of(request)
    try:
        await check_own(request)
        _check_filled(form)
        challenge = await sign_in_deeds.sign_in(form["email"], form["password"], clock.now(), arrival_of(request))
    except (Invalid, Busy, NotAllowed) as wrong:
        return show(request, SIGN_IN, form=form, wrong=wrong)
    return to_second_step(request, challenge, form["next"])


@get("/sign-in/enrolment", guards=[public])
async def enrolment_page(request: Web) -> Response[Any]:
    """Show a new secret for an authenticator app to somebody who signs in for the first time."""
    return await _enrolment(request, wanting(query_of(request)["next"]))


@post("/sign-in/enrolment", guards=[public], status_code=303)
async def confirm_enrolment(request: Web) -> Response[Any]:
    """Put the app in force by its first code; the answer is a session, and the recovery codes, shown this once."""
    form = await form_of(request)
    try:
        await check_own(request)
        first = await sign_in_deeds.confirm_totp(
            cookies.read(request, cookies.CHALLENGE), form["sealed"], form["code"], clock.now(), arrival_of(request)
        )
    except Gone:
        return to_start(request, form["next"])
    except Invalid as wrong:
        return await _enrolment(request, form, wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret is not one of ours: a new one is shown
        return await _enrolment(request, form.but({"sealed": ""}), wrong)
    wanted = place(form["next"])
    onward = wanted if first.has_password else reauthenticate.to_password(wanted)
    codes = show(
        request,
        "identity/recovery-codes.html",
        codes=first.recovery_codes,
        onward=onward,
        has_password=first.has_password,
    )
    return let_in(request, first.session, wanted, response=codes)


async def _enrolment(request: Web, form: FormValues, wrong: Exception | None = None) -> Response[Any]:
    challenge = cookies.read(request, cookies.CHALLENGE)
    try:
        made = await sign_in_deeds.enrol(challenge, clock.now(), form["sealed"])
    except (Gone, NotAllowed):
        return to_start(request, form["next"])
    return show(request, ENROLMENT, form=form, wrong=wrong, made=made)


def _check_filled(form: FormValues) -> None:
    wrong = {}
    if form["ack"] != "yes":
        wrong["ack"] = NO_ACK
    if not form["email"].strip():
        wrong["email"] = "Enter your work email."
    if not form["password"]:
        wrong["password"] = "Enter your password."  # noqa: S105 - a sentence
    if wrong:
        raise Invalid(**wrong)


handlers: list[Any] = [
    sign_in_page,
    sign_in,
    enrolment_page,
    confirm_enrolment,
    *security_code.handlers,
    *sign_in_link.handlers,
    *password_reset.handlers,
    *reauthenticate.handlers,
]
