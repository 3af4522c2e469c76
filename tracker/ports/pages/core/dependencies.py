"""What Litestar injects into the handlers of pages by name: the form, the query, and the page builder."""

from typing import Annotated, TypeAlias

from litestar.di import Provide
from litestar.params import QueryParameter
from litestar.types import Scope

from tracker.ports.http.addresses import sent_from
from tracker.ports.http.dependencies import Injected, now_of, settings_of, viewer_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.pages.core import form_drafts, home_part, templating, uploads
from tracker.ports.pages.core.form_values import FormValues, form_of, query_of

Pages: TypeAlias = Injected[templating.Pages]
"""Makes the pages and redirects of this request."""
Form: TypeAlias = Injected[FormValues]
"""The posted form. Errors: Invalid, TooLarge."""
Upload: TypeAlias = Injected[uploads.Upload | None]
"""The uploaded file in the field `file` of a form; None for a form without one."""
Drafts: TypeAlias = Injected[form_drafts.Drafts]
"""The viewer's drafts of the forms on the page; only behind the guard `signed_in`."""
HomeRows: TypeAlias = Injected[home_part.HomeRows]
"""Answers a deed that was done on the home page; only behind the guard `signed_in`."""
Query: TypeAlias = Injected[FormValues]
"""The query of the address."""
Wanted: TypeAlias = Annotated[str, QueryParameter(name="next")]
"""Where to go afterward: `next` in the address."""
QueryString: TypeAlias = Injected[str]
"""The same as `Query`, as text; bytes that are not text are replaced."""
FormToken: TypeAlias = Injected[str]
"""The token that every form of this session carries; only behind the guard `signed_in`."""


async def _upload(request: FormRequest) -> uploads.Upload | None:
    return await uploads.upload_in(request)


async def _form(request: FormRequest) -> FormValues:
    form = await form_of(request)
    form_drafts.show_again(request.scope, form)
    return form


def _drafts(scope: Scope) -> form_drafts.Drafts:
    return form_drafts.Drafts(scope)


def _params(request: FormRequest) -> FormValues:
    return query_of(request)


def _query_string(scope: Scope) -> str:
    return scope["query_string"].decode("utf-8", "replace")


def _form_token(scope: Scope) -> str:
    found: str = scope["state"]["csrf"]
    return found


def _pages(scope: Scope) -> templating.Pages:
    is_htmx = (b"hx-request", b"true") in scope["headers"]
    return templating.Pages(scope["state"], is_htmx=is_htmx, sent_from=sent_from(scope) if is_htmx else "")


def _home_rows(scope: Scope) -> home_part.HomeRows:
    return home_part.HomeRows(_pages(scope), viewer_of(scope), now_of(scope), settings_of(scope).time_zone)


DEPENDENCIES = {
    "pages": Provide(_pages, sync_to_thread=False),
    "form": Provide(_form),
    "upload": Provide(_upload),
    "drafts": Provide(_drafts, sync_to_thread=False),
    "home_rows": Provide(_home_rows, sync_to_thread=False),
    "params": Provide(_params, sync_to_thread=False),
    "query_string": Provide(_query_string, sync_to_thread=False),
    "form_token": Provide(_form_token, sync_to_thread=False),
}
"""Dependencies of every page handler, beside `tracker.ports.http.dependencies`."""
