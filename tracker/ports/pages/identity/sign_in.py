"""Signing in: the notice and the password, and at the first sign-in the setup of the authenticator app."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http.addresses import place
from tracker.ports.http.dependencies import Now
from tracker.ports.http.guards import public
from tracker.ports.pages.core.dependencies import Form, Wanted
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.identity import reauthenticate
from tracker.ports.pages.identity.dependencies import Arrival, Entry, IsRevoked, Personas
from tracker.ports.pages.identity.sign_in_forms import wanting
from tracker.usecases.identity import sign_in as sign_in_deeds

SIGN_IN = "identity/sign-in.html"
ENROLLMENT = "identity/enrollment.html"
NO_ACK = "Read the notice and confirm that you agree to its terms."


@get("/sign-in", guards=[public])
async def sign_in_page(entry: Entry, personas: Personas, is_revoked: IsRevoked, wanted: Wanted = "") -> Response[str]:
    """Show the notice and the form, in a demo also its people; `next` is where to go afterward.

    After a session that was ended from elsewhere, the page deletes what the tab kept of forms.
    """
    return entry.show(SIGN_IN, form=wanting(wanted), personas=personas, forgets=is_revoked)


@post("/sign-in", guards=[public], status_code=303)
async def sign_in(entry: Entry, arrival: Arrival, personas: Personas, form: Form, now: Now) -> Response[Any]:
    """Check address and password; the code is next."""
    try:
        await entry.check_own()
        _check_filled(form)
        challenge = await sign_in_deeds.sign_in(form["email"], form["password"], now, arrival)
    except (Invalid, Busy, NotAllowed) as wrong:
        return entry.show(SIGN_IN, form=form, wrong=wrong, personas=personas)
    return entry.to_second_step(challenge, form["next"])


@get("/sign-in/enrollment", guards=[public])
async def enrollment_page(entry: Entry, now: Now, wanted: Wanted = "") -> Response[Any]:
    """Show a new secret for an authenticator app to a person who signs in for the first time."""
    return await _enrollment(entry, now, wanting(wanted))


@post("/sign-in/enrollment", guards=[public], status_code=303)
async def confirm_enrollment(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Activate the app by its first code; start a session, and show the recovery codes, only once."""
    try:
        await entry.check_own()
        first = await sign_in_deeds.confirm_totp(entry.challenge, form["sealed"], form["code"], now, arrival)
    except Gone:
        return entry.to_start(form["next"])
    except Invalid as wrong:
        return await _enrollment(entry, now, form, wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret was not made here: a new one is shown
        return await _enrollment(entry, now, form.but({"sealed": ""}), wrong)
    wanted = place(form["next"])
    onward = wanted if first.has_password else reauthenticate.to_password(wanted)
    codes = entry.show(
        "identity/recovery-codes.html", codes=first.recovery_codes, onward=onward, has_password=first.has_password
    )
    return entry.let_in(first.session, wanted, response=codes)


async def _enrollment(entry: Entry, now: Now, form: FormValues, wrong: Exception | None = None) -> Response[Any]:
    try:
        made = await sign_in_deeds.enroll(entry.challenge, now, form["sealed"])
    except (Gone, NotAllowed):
        return entry.to_start(form["next"])
    return entry.show(ENROLLMENT, form=form, wrong=wrong, made=made)


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
