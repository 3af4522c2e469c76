"""The page of personal tokens: what programs may do for their owner; a token is shown once, when it is made."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Form,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    to_reauthentication,
)
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.rules.identity.api_tokens import MAX_TOKENS, ApiScope, scopes_of
from tracker.usecases.identity import api_tokens

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
        token = await api_tokens.create_token(viewer, form["name"], scopes_of(form.all("scopes")), now)
    except Invalid as wrong:
        return await _page(pages, viewer, visit, now, form=form, errors=errors_of(wrong, FIELDS), status_code=422)
    return await _page(pages, viewer, visit, now, token=token, made=form["name"], status_code=201)


@post(f"{PATH}/{{token_id:uuid}}/revocation", guards=[signed_in], status_code=303)
async def post_token_revocation(token_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Revoke a token permanently."""
    await api_tokens.revoke_token_of(viewer, token_id, now)
    return pages.redirect(PATH, REVOKED)


async def _page(
    pages: Pages, viewer: Viewer, visit: Visit, now: Now, *, status_code: int = 200, **context: Any
) -> Response[str]:
    tokens = await api_tokens.api_tokens_of(viewer, now)
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
