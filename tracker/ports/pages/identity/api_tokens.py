"""The page of personal tokens: what programs may do for oneself; a token is shown once, when it is made."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_of
from tracker.ports.pages.core.reauthentication import first_reauthenticate, is_reauthenticated, to_reauthentication
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.rules.identity.api_tokens import MAX_TOKENS, SCOPE_WORDS, scopes_of
from tracker.usecases.identity import api_tokens

PATH = "/settings/tokens"
FIELDS = ("name", "scopes")
REVOKED = "The token is revoked. Whatever used it is shut out."


@get(PATH, guards=[signed_in])
async def tokens_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show one's tokens and, after a fresh proof, the form of a new one."""
    return await _page(request)


@post(PATH, guards=[signed_in], status_code=201)
async def make_token(request: Request[Any, Any, Any]) -> Response[Any]:
    """Make a token and show it, or show the form again with what is missing."""
    if first := first_reauthenticate(request, PATH):
        return first
    form = await form_of(request)
    try:
        token = await api_tokens.create(viewer_of(request), form["name"], scopes_of(form.all("scopes")), clock.now())
    except Invalid as wrong:
        return await _page(request, form=form, errors=errors_of(wrong, FIELDS), status_code=422)
    return await _page(request, token=token, made=form["name"], status_code=201)


@post(f"{PATH}/{{token_id:uuid}}/revocation", guards=[signed_in], status_code=303)
async def revoke_token(token_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Redirect:
    """Revoke a token for good."""
    await api_tokens.revoke(viewer_of(request), token_id, clock.now())
    redirect = Redirect(PATH, status_code=303)
    flash.say(redirect, request.scope["state"]["settings"], REVOKED)
    return redirect


async def _page(request: Request[Any, Any, Any], *, status_code: int = 200, **context: Any) -> Response[str]:
    tokens = await api_tokens.tokens_of(viewer_of(request), clock.now())
    values: dict[str, Any] = {
        "tokens": tokens,
        "may_add": len(tokens) < MAX_TOKENS,
        "is_reauthenticated": is_reauthenticated(request),
        "prove_again": to_reauthentication(PATH),
        "scopes": [(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        "scope_words": SCOPE_WORDS,
        "form": FormValues({}),
        "errors": Errors(),
        "token": None,
        "made": "",
    }
    return page("identity/tokens/show.html", request, status_code=status_code, **values | context)


handlers = [tokens_page, make_token, revoke_token]
