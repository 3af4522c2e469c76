"""What people set about their security: password, second step, and personal tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.ports.http import cookies, errors
from tracker.ports.http.dependencies import Now, PathId, PathText, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Form,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    to_reauthentication,
)
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.ports.pages.identity.sign_in import Arrival
from tracker.rules.core.wording import plural
from tracker.rules.identity.passwords import MAX_TOKENS, ApiScope, browser_name, scopes_of
from tracker.usecases.calendars.subscriptions import subscriptions_of
from tracker.usecases.identity import sessions as session_deeds
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.security_codes import codes_left, renew_codes
from tracker.usecases.identity.sessions import api_tokens_of, report_lost_phone

AUTHENTICATOR = "/settings/authenticator"
CODES = "/settings/recovery-codes"
SECURITY = "/settings#security"
SET_UP = "Your new authenticator app is set up. You’ve been signed out in your other browsers."
FIRST_CODES = "Your authenticator app is set up. Now get recovery codes in case you don’t have your phone."
LOST = "/settings/lost-phone"
ENDED = "Signed out in that browser."
EVERYWHERE = "You’re signed out everywhere."
LOST_PHONE_WORDS = "{} ended, {} turned off, {} revoked. Next, set up an authenticator app on another phone."


@get(AUTHENTICATOR, guards=[signed_in])
async def authenticator_page(pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Show a new secret; the present app stays valid until a code of the new one is entered."""
    return first_reauthenticate(visit, AUTHENTICATOR, now) or await _authenticator(pages, visit)


@post(AUTHENTICATOR, guards=[signed_in], status_code=303)
async def post_authenticator(pages: Pages, visit: Visit, arrival: Arrival, form: Form, now: Now) -> Response[Any]:
    """Replace the present app with the new one, by its first code."""
    if first := first_reauthenticate(visit, AUTHENTICATOR, now):
        return first
    person = visit.viewer.member_id
    try:
        await sign_in.set_authenticator(person, visit.session_id, form["sealed"], form["code"], now, arrival)
    except Invalid as wrong:
        return await _authenticator(pages, visit, form["sealed"], wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret was not made here: a new one is shown
        return await _authenticator(pages, visit, "", wrong)
    has_codes = (await sign_in.credentials_of(person)).codes_left > 0
    return pages.redirect(SECURITY, SET_UP) if has_codes else pages.redirect(CODES, FIRST_CODES)


@get(CODES, guards=[signed_in])
async def recovery_codes_page(pages: Pages, visit: Visit, now: Now) -> Response[Any]:
    """Say how many recovery codes are left, and offer new ones."""
    return first_reauthenticate(visit, CODES, now) or await _codes(pages, visit)


@post(CODES, guards=[signed_in], status_code=200)
async def post_recovery_codes(pages: Pages, visit: Visit, now: Now) -> Response[Any]:
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
        "identity/settings/authenticator.html",
        status_code=errors.status_of(wrong) if wrong else 200,
        made=await sign_in.new_authenticator(person, visit.session_id, sealed),
        proofs=await sign_in.credentials_of(person),
        errors=errors_of(told, ("code",)),
    )
    response.headers.update(errors.again_after(wrong))
    return response


async def _codes(
    pages: Pages, visit: Visit, codes: list[str] | None = None, *, had_codes: bool = False
) -> Response[str]:
    proofs = await sign_in.credentials_of(visit.viewer.member_id)
    return pages.render("identity/settings/recovery-codes.html", proofs=proofs, codes=codes, had_codes=had_codes)


class ShownSession(Struct, frozen=True, kw_only=True):
    """A session in words; `is_here` marks the present one."""

    id: str
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_here: bool


async def shown_sessions(member_id: UUID, here: str, now: Now) -> list[ShownSession]:
    """Return a member's open sessions in words, the present one first."""
    sessions = [_shown_session(session, here) for session in await session_deeds.sessions_of(member_id, now)]
    return sorted(sessions, key=lambda shown_session: not shown_session.is_here)


@post("/settings/sessions/{session_id:str}/end", guards=[signed_in], status_code=303)
async def post_session_end(session_id: PathText, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Sign another browser out; this one signs out with the button in the header."""
    await session_deeds.end_session(viewer, session_id, now)
    return pages.redirect(SECURITY, ENDED)


@post("/settings/sessions/end", guards=[signed_in], status_code=303)
async def post_sign_out_everywhere(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Redirect:
    """Sign all browsers out, this one too."""
    await session_deeds.sign_out_everywhere(viewer.member_id, now, by=viewer.actor)
    response = pages.redirect("/sign-in", EVERYWHERE)
    response.headers["Clear-Site-Data"] = '"storage"'
    cookies.remove_cookie(response, settings, cookies.SESSION)
    return response


@get(LOST, guards=[signed_in])
async def lost_phone_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[str]:
    """Show what ends when a phone is reported lost."""
    here = visit.session_id
    sessions = await session_deeds.sessions_of(viewer.member_id, now)
    others = [session for session in sessions if session.id != here]
    feeds, tokens = await subscriptions_of(viewer), await api_tokens_of(viewer, now)
    return pages.render("identity/settings/lost-phone.html", others=len(others), feeds=len(feeds), tokens=len(tokens))


@post(LOST, guards=[signed_in], status_code=303)
async def post_lost_phone(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Redirect:
    """End every other session, turn every feed off and revoke every token, at once."""
    shut = await report_lost_phone(viewer, now, keeping=visit.session_id)
    words = LOST_PHONE_WORDS.format(
        plural(shut["sessions"], "other session"), plural(shut["feeds"], "feed"), plural(shut["tokens"], "token")
    )
    return pages.redirect(SECURITY, words)


def _shown_session(session: session_deeds.OpenSession, here: str) -> ShownSession:
    address, _, agent = session.client.partition(" ")
    return ShownSession(
        id=session.id,
        browser=browser_name(agent),
        address=address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        is_here=session.id == here,
    )


PATH = "/settings/tokens"
FIELDS = ("name", "scopes")
REVOKED = "Token revoked. Apps that used it no longer have access."


@get(PATH, guards=[signed_in])
async def tokens_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Response[str]:
    """Show the viewer's tokens and, after a recent confirmation, the form for a new one."""
    return await _page(pages, viewer, visit, now)


@post(PATH, guards=[signed_in], status_code=201)
async def post_token(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Response[Any]:
    """Make a token and show it, or show the form again with its errors."""
    if first := first_reauthenticate(visit, PATH, now):
        return first
    try:
        token = await session_deeds.create_token(viewer, form["name"], scopes_of(form.all("scopes")), now)
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, form=form, errors=errors_of(wrong, FIELDS), status_code=422)
    return await _page(pages, viewer, visit, now, token=token, made=form["name"], status_code=201)


@post(f"{PATH}/{{token_id:uuid}}/revocation", guards=[signed_in], status_code=303)
async def post_token_revocation(token_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Revoke a token permanently."""
    await session_deeds.revoke_token_of(viewer, token_id, now)
    return pages.redirect(PATH, REVOKED)


async def _page(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, *, status_code: int = 200, **context: Any
) -> Response[str]:
    tokens = await session_deeds.api_tokens_of(viewer, now)
    values: dict[str, Any] = {
        "tokens": tokens,
        "may_add": len(tokens) < MAX_TOKENS,
        "is_reauthenticated": is_reauthenticated(visit, now),
        "prove_again": to_reauthentication(PATH),
        "scopes": [(scope.value, scope.label) for scope in ApiScope],
        "all_scopes": ApiScope,
        "form": FormValues({}),
        "errors": Errors(),
        "token": None,
        "made": "",
    }
    return pages.render("identity/tokens/show.html", status_code=status_code, **values | context)
