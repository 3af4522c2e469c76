"""The second step of signing in: a code from the authenticator app, or a recovery code in its place."""

from typing import Any

from litestar import Response, get, post

from tracker import clock
from tracker.errors import Gone, Invalid, NotAllowed
from tracker.ports.http import cookies, flash
from tracker.ports.http.guards import public
from tracker.ports.pages.core.form_values import form_of, query_of
from tracker.ports.pages.identity.sign_in_forms import (
    Web,
    arrival_of,
    check_own,
    let_in,
    settings_of,
    show,
    to_start,
    wanting,
)
from tracker.rules.core.wording import plural
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.recovery_codes import codes_left
from tracker.usecases.identity.sign_in import RECOVERY_CODE, SECURITY_CODE, SecondStep

CODE = "/sign-in/code"
RECOVERY = "/sign-in/recovery"
TEMPLATES = {SECURITY_CODE: "identity/code.html", RECOVERY_CODE: "identity/recovery.html"}
USED = (
    "You used a recovery code; {} left. If the phone is gone, set up another authenticator app in your settings, "
    "under Security."
)


@get(CODE, guards=[public])
async def code_page(request: Web) -> Response[Any]:
    """Ask for the code of somebody whose password was right."""
    return await _ask(request, SECURITY_CODE)


@post(CODE, guards=[public], status_code=303)
async def answer_code(request: Web) -> Response[Any]:
    """Check the code; a session is the answer."""
    return await _check(request, SECURITY_CODE)


@get(RECOVERY, guards=[public])
async def recovery_page(request: Web) -> Response[Any]:
    """Ask somebody whose password was right for a recovery code."""
    return await _ask(request, RECOVERY_CODE)


@post(RECOVERY, guards=[public], status_code=303)
async def answer_recovery_code(request: Web) -> Response[Any]:
    """Check the recovery code and use it up; a session is the answer, and how many codes are left."""
    return await _check(request, RECOVERY_CODE)


async def _ask(request: Web, step: SecondStep) -> Response[Any]:
    wanted = query_of(request)["next"]
    try:
        await sign_in.challenged(cookies.read(request, cookies.CHALLENGE), clock.now())
    except Gone:
        return to_start(request, wanted)
    return show(request, TEMPLATES[step], form=wanting(wanted))


async def _check(request: Web, step: SecondStep) -> Response[Any]:
    form, challenge = await form_of(request), cookies.read(request, cookies.CHALLENGE)
    try:
        await check_own(request)
        account = await sign_in.challenged(challenge, clock.now())
        session = await sign_in.answer_code(challenge, form["code"], clock.now(), arrival_of(request), by=step)
    except Gone:
        return to_start(request, form["next"])
    except (Invalid, NotAllowed) as wrong:
        return show(request, TEMPLATES[step], form=form, wrong=wrong)
    response = let_in(request, session, form["next"])
    if step is RECOVERY_CODE:
        left = plural(await codes_left(account.member_id), "is", "are").replace("0 are", "none is")
        flash.say(response, settings_of(request), USED.format(left))
    return response


handlers = [code_page, answer_code, recovery_page, answer_recovery_code]
