"""What people set about their security: password, second step, and personal tokens."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Invalid, NotAllowed
from tracker.ports.http import cookies
from tracker.ports.http.dependencies import Now, PathId, PathText, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Form,
    Page,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    to_reauthentication,
)
from tracker.ports.pages.core.form_shapes import Choices, FormShape, Text, form_context
from tracker.ports.pages.identity.sign_in import Arrival, CodeForm, show_refusable
from tracker.rules.core.wording import plural
from tracker.rules.identity import MAX_TOKENS, ApiScope, browser_name
from tracker.usecases.calendars.subscriptions import subscriptions_of
from tracker.usecases.identity import sessions as session_deeds
from tracker.usecases.identity import sign_in
from tracker.usecases.identity.credentials import codes_left, renew_codes
from tracker.usecases.identity.sessions import LONGEST_NAME, NO_SCOPE, api_tokens_of, report_lost_phone

AUTHENTICATOR = "/settings/authenticator"
CODES = "/settings/recovery-codes"
SECURITY = "/settings#security"
SET_UP = "Your new authenticator app is set up. You’ve been signed out in your other browsers."
FIRST_CODES = "Your authenticator app is set up. Now get recovery codes in case you don’t have your phone."
LOST = "/settings/lost-phone"
LOST_PHONE_WORDS = "{} ended, {} turned off, {} revoked. Next, set up an authenticator app on another phone."


@get(AUTHENTICATOR, guards=[signed_in])
async def authenticator_page(pages: Pages, visit: Visit, now: Now) -> Page:
    """Show a new secret; the present app stays valid until a code of the new one is entered."""
    return first_reauthenticate(visit, AUTHENTICATOR, now) or await _authenticator(pages, visit)


@post(AUTHENTICATOR, guards=[signed_in], status_code=303)
async def post_authenticator(pages: Pages, visit: Visit, arrival: Arrival, form: Form, now: Now) -> Page:
    """Replace the present app with the new one, by its first code."""
    if first := first_reauthenticate(visit, AUTHENTICATOR, now):
        return first
    person = visit.viewer.member_id
    try:
        await sign_in.set_authenticator(
            person, visit.session_id, form["sealed"], CodeForm.read(form).code, now, arrival
        )
    except Invalid as wrong:
        return await _authenticator(pages, visit, form["sealed"], wrong)
    except NotAllowed as wrong:  # the page is stale, or its secret was not made here: a new one is shown
        return await _authenticator(pages, visit, "", wrong)
    has_codes = (await sign_in.credentials_of(person)).codes_left > 0
    return pages.redirect(SECURITY, SET_UP) if has_codes else pages.redirect(CODES, FIRST_CODES)


@get(CODES, guards=[signed_in])
async def recovery_codes_page(pages: Pages, visit: Visit, now: Now) -> Page:
    """Say how many recovery codes are left, and offer new ones."""
    return first_reauthenticate(visit, CODES, now) or await _codes(pages, visit)


@post(CODES, guards=[signed_in], status_code=200)
async def post_recovery_codes(pages: Pages, visit: Visit, now: Now) -> Page:
    """Replace the recovery codes and show the new ones, only once."""
    if first := first_reauthenticate(visit, CODES, now):
        return first
    viewer = visit.viewer
    had_codes = await codes_left(viewer.member_id) > 0
    codes = await renew_codes(viewer.member_id, now, by=viewer.actor)
    return await _codes(pages, visit, codes, had_codes=had_codes)


async def _authenticator(pages: Pages, visit: Visit, sealed: str = "", wrong: Exception | None = None) -> Page:
    person = visit.viewer.member_id
    made = await sign_in.new_authenticator(person, visit.session_id, sealed)
    proofs = await sign_in.credentials_of(person)
    return show_refusable(pages, "identity/settings/authenticator.html", wrong, CodeForm, made=made, proofs=proofs)


async def _codes(pages: Pages, visit: Visit, codes: list[str] | None = None, *, had_codes: bool = False) -> Page:
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
    sessions = []
    for session in await session_deeds.sessions_of(member_id, now):
        address, _, agent = session.client.partition(" ")
        shown_session = ShownSession(
            id=session.id,
            browser=browser_name(agent),
            address=address,
            created_at=session.created_at,
            seen_at=session.seen_at,
            is_here=session.id == here,
        )
        sessions.append(shown_session)
    return sorted(sessions, key=lambda shown_session: not shown_session.is_here)


@post("/settings/sessions/{session_id:str}/end", guards=[signed_in], status_code=303)
async def post_session_end(session_id: PathText, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Sign another browser out; this one signs out with the button in the header."""
    await session_deeds.end_session(viewer, session_id, now)
    return pages.redirect(SECURITY, "Signed out in that browser.")


@post("/settings/sessions/end", guards=[signed_in], status_code=303)
async def post_sign_out_everywhere(pages: Pages, viewer: Viewer, now: Now, settings: Settings) -> Redirect:
    """Sign all browsers out, this one too."""
    await session_deeds.sign_out_everywhere(viewer.member_id, now, by=viewer.actor)
    response = pages.redirect("/sign-in", "You’re signed out everywhere.")
    response.headers["Clear-Site-Data"] = '"storage"'
    cookies.remove_cookie(response, settings, cookies.SESSION)
    return response


@get(LOST, guards=[signed_in])
async def lost_phone_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Page:
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


PATH = "/settings/tokens"


class TokenForm(FormShape, kw_only=True):
    """A new token."""

    name: Annotated[str, Text("App", LONGEST_NAME)]
    scopes: Annotated[
        frozenset[ApiScope], Choices("Permissions", words=ApiScope.labels(), missing=NO_SCOPE, unknown=NO_SCOPE)
    ]


@get(PATH, guards=[signed_in])
async def tokens_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Page:
    """Show the viewer's tokens and, after a recent confirmation, the form for a new one."""
    return await _tokens(pages, viewer, visit, now)


@post(PATH, guards=[signed_in], status_code=201)
async def post_token(pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Page:
    """Make a token and show it, or show the form again with its errors."""
    if first := first_reauthenticate(visit, PATH, now):
        return first
    try:
        typed = TokenForm.read(form)
        token = await session_deeds.create_token(viewer, typed.name, typed.scopes, now)
    except Invalid as wrong:
        return await _tokens(pages, viewer, visit, now, **form_context(form, wrong, TokenForm))
    return await _tokens(pages, viewer, visit, now, token=token, made=form["name"], status_code=201)


@post(f"{PATH}/{{token_id:uuid}}/revocation", guards=[signed_in], status_code=303)
async def post_token_revocation(token_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Revoke a token permanently."""
    await session_deeds.revoke_token_of(viewer, token_id, now)
    return pages.redirect(PATH, "Token revoked. Apps that used it no longer have access.")


async def _tokens(pages: Pages, viewer: Viewer, visit: Visit, now: Now, **context: Any) -> Page:
    tokens = await session_deeds.api_tokens_of(viewer, now)
    values: dict[str, Any] = {
        **form_context(None, None, TokenForm),
        "tokens": tokens,
        "may_add": len(tokens) < MAX_TOKENS,
        "is_reauthenticated": is_reauthenticated(visit, now),
        "prove_again": to_reauthentication(PATH),
        "all_scopes": ApiScope,
        "token": None,
        "made": "",
    }
    return pages.render("identity/tokens/show.html", **values | context)
