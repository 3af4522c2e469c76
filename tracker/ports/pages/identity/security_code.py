"""The second step of signing in: a code from the authenticator app, or a recovery code in its place."""

from typing import Any

from litestar import Response, get, post

from tracker.errors import Gone, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now
from tracker.ports.http.guards import public
from tracker.ports.pages.core.dependencies import Form, Wanted
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.identity.dependencies import Arrival, Entry
from tracker.ports.pages.identity.sign_in_forms import wanting
from tracker.rules.core.wording import plural
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.recovery_codes import codes_left
from tracker.usecases.identity.sign_in import RECOVERY_CODE, SECURITY_CODE, SecondStep

CODE = "/sign-in/code"
RECOVERY = "/sign-in/recovery"
TEMPLATES = {SECURITY_CODE: "identity/code.html", RECOVERY_CODE: "identity/recovery.html"}
USED = (
    "You used a recovery code. You have {} left. If you lost your phone, set up another authenticator app in "
    "Settings, under Security."
)


@get(CODE, guards=[public])
async def code_page(entry: Entry, now: Now, wanted: Wanted = "") -> Response[Any]:
    """Ask for the code of a person whose password was right."""
    return await _ask(entry, wanted, now, SECURITY_CODE)


@post(CODE, guards=[public], status_code=303)
async def answer_code(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Check the code and start a session."""
    return await _check(entry, arrival, form, now, SECURITY_CODE)


@get(RECOVERY, guards=[public])
async def recovery_page(entry: Entry, now: Now, wanted: Wanted = "") -> Response[Any]:
    """Ask a person whose password was right for a recovery code."""
    return await _ask(entry, wanted, now, RECOVERY_CODE)


@post(RECOVERY, guards=[public], status_code=303)
async def answer_recovery_code(entry: Entry, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Check the recovery code and use it up; start a session, and show how many codes are left."""
    return await _check(entry, arrival, form, now, RECOVERY_CODE)


async def _ask(entry: Entry, wanted: str, now: Now, step: SecondStep) -> Response[Any]:
    try:
        await sign_in.challenged(entry.challenge, now)
    except Gone:
        return entry.to_start(wanted)
    return entry.show(TEMPLATES[step], form=wanting(wanted))


async def _check(entry: Entry, arrival: Arrival, form: FormValues, now: Now, step: SecondStep) -> Response[Any]:
    try:
        await entry.check_own()
        account = await sign_in.challenged(entry.challenge, now)
        session = await sign_in.answer_code(entry.challenge, form["code"], now, arrival, by=step)
    except Gone:
        return entry.to_start(form["next"])
    except (Invalid, NotAllowed) as wrong:
        return entry.show(TEMPLATES[step], form=form, wrong=wrong)
    if step is RECOVERY_CODE:
        left = plural(await codes_left(account.member_id), "code").replace("0 codes", "no codes")
        return entry.let_in(session, form["next"], sentence=USED.format(left))
    return entry.let_in(session, form["next"])
