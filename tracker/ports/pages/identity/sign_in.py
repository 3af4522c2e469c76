"""Signing in: the notice and the password, then a code, and at the first sign-in the setup of the authenticator app."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Busy, Gone, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now
from tracker.ports.http.guards import public
from tracker.ports.http.request_source import place
from tracker.ports.pages.core.dependencies import Form, NextAddress
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.identity import sessions
from tracker.ports.pages.identity.sign_in_forms import Arrival, Entry, IsRevoked, Personas, wanting
from tracker.rules.core.wording import plural
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.security_codes import codes_left
from tracker.usecases.identity.sign_in import RECOVERY_CODE, SECURITY_CODE, SecondStep

SIGN_IN = "identity/sign-in.html"
ENROLLMENT = "identity/enrollment.html"
NO_ACK = "Read the notice and confirm that you agree to its terms."
CODE = "/sign-in/code"
RECOVERY = "/sign-in/recovery"
CODE_TEMPLATES = {SECURITY_CODE: "identity/code.html", RECOVERY_CODE: "identity/recovery.html"}
USED = (
    "You used a recovery code. You have {} left. If you lost your phone, set up another authenticator app in "
    "Settings, under Security."
)


@get("/sign-in", guards=[public])
async def sign_in_page(
    entry: Entry, personas: Personas, is_revoked: IsRevoked, wanted: NextAddress = ""
) -> Response[str]:
    """Show the notice and the form, in a demo also its people; `next` is where to go afterward.

    After a session that was ended from elsewhere, the page deletes what the tab kept of forms.
    """
    return entry.show(SIGN_IN, form=wanting(wanted), personas=personas, forgets=is_revoked)


@post("/sign-in", guards=[public], status_code=303)
async def post_sign_in(entry: Entry, arrival: Arrival, personas: Personas, form: Form, now: Now) -> Response[Any]:
    """Check address and password; the code is next."""
    try:
        await entry.check_own()
        _check_filled(form)
        challenge = await sign_in.sign_in(form["email"], form["password"], now, arrival)
    except (Invalid, Busy, NotAllowed) as wrong:
        return entry.show(SIGN_IN, form=form, wrong=wrong, personas=personas)
    return entry.to_second_step(challenge, form["next"])


@get("/sign-in/enrollment", guards=[public])
async def enrollment_page(entry: Entry, now: Now, wanted: NextAddress = "") -> Response[Any]:
    """Show a new secret for an authenticator app to a person who signs in for the first time."""
    return await _enrollment(entry, now, wanting(wanted))


@post("/sign-in/enrollment", guards=[public], status_code=303)
async def post_enrollment(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Activate the app by its first code; start a session, and show the recovery codes, only once."""
    try:
        await entry.check_own()
        first = await sign_in.confirm_totp(entry.challenge, form["sealed"], form["code"], now, arrival)
    except Gone:
        return entry.to_start(form["next"])
    except Invalid as wrong:
        return await _enrollment(entry, now, form, wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret was not made here: a new one is shown
        return await _enrollment(entry, now, form.but({"sealed": ""}), wrong)
    wanted = place(form["next"])
    onward = wanted if first.has_password else sessions.to_password(wanted)
    codes = entry.show(
        "identity/recovery-codes.html", codes=first.recovery_codes, onward=onward, has_password=first.has_password
    )
    return entry.let_in(first.session, wanted, response=codes)


async def _enrollment(entry: Entry, now: Now, form: FormValues, wrong: Exception | None = None) -> Response[Any]:
    try:
        made = await sign_in.enroll(entry.challenge, now, form["sealed"])
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


@get(CODE, guards=[public])
async def code_page(entry: Entry, now: Now, wanted: NextAddress = "") -> Response[Any]:
    """Ask for the code of a person whose password was right."""
    return await _ask_for_code(entry, wanted, now, SECURITY_CODE)


@post(CODE, guards=[public], status_code=303)
async def post_code(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Check the code and start a session."""
    return await _check_code(entry, arrival, form, now, SECURITY_CODE)


@get(RECOVERY, guards=[public])
async def recovery_page(entry: Entry, now: Now, wanted: NextAddress = "") -> Response[Any]:
    """Ask a person whose password was right for a recovery code."""
    return await _ask_for_code(entry, wanted, now, RECOVERY_CODE)


@post(RECOVERY, guards=[public], status_code=303)
async def post_recovery_code(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Check the recovery code and use it up; start a session, and show how many codes are left."""
    return await _check_code(entry, arrival, form, now, RECOVERY_CODE)


async def _ask_for_code(entry: Entry, wanted: str, now: Now, step: SecondStep) -> Response[Any]:
    try:
        await sign_in.account_challenged(entry.challenge, now)
    except Gone:
        return entry.to_start(wanted)
    return entry.show(CODE_TEMPLATES[step], form=wanting(wanted))


async def _check_code(entry: Entry, arrival: Arrival, form: FormValues, now: Now, step: SecondStep) -> Response[Any]:
    try:
        await entry.check_own()
        account = await sign_in.account_challenged(entry.challenge, now)
        session = await sign_in.answer_code(entry.challenge, form["code"], now, arrival, by=step)
    except Gone:
        return entry.to_start(form["next"])
    except (Invalid, NotAllowed) as wrong:
        return entry.show(CODE_TEMPLATES[step], form=form, wrong=wrong)
    if step is RECOVERY_CODE:
        left = plural(await codes_left(account.member_id), "code").replace("0 codes", "no codes")
        return entry.let_in(session, form["next"], sentence=USED.format(left))
    return entry.let_in(session, form["next"])
