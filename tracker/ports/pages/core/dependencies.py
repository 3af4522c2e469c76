"""What the handlers of pages share: what Litestar injects by name, asking people to confirm who they are, and Undo."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import UUID

from litestar import Response
from litestar.di import Provide
from litestar.params import QueryParameter
from litestar.response import Redirect
from litestar.types import Scope

from tracker.config.settings import Settings
from tracker.ports.http import cookies
from tracker.ports.http.dependencies import Injected, now_of, settings_of, viewer_of
from tracker.ports.http.forms import FormRequest
from tracker.ports.http.request_source import sent_from
from tracker.ports.pages.core import date_entries, form_values, sheets, templating
from tracker.ports.pages.core.form_values import FormValues, read_form, read_query
from tracker.rules.core.viewers import Viewer, is_recent
from tracker.rules.emails.escalations import Escalation
from tracker.rules.emails.messages import EmailCount
from tracker.rules.events.history import UNDO_FOR
from tracker.usecases.core.viewers import Visit
from tracker.usecases.events import history

AGAIN = "/sign-in/again"
Page: TypeAlias = Response[Any]
"""What a handler returns: a page, a part of one, or the way to another."""
AnyResponse = TypeVar("AnyResponse", bound=Page)


class DateAddress(NamedTuple):
    """The date that an address names, in the order in which use cases take it: `*date`."""

    event_id: UUID
    key: str

    @property
    def page(self) -> str:
        """Return the address of the page of the date."""
        return f"/events/{self.event_id}/{self.key}"

    @property
    def plan(self) -> str:
        """Return the address of the plan of an operation."""
        return f"{self.page}/plan"


Pages: TypeAlias = Injected[templating.Pages]
"""Makes the pages and redirects of this request."""
Form: TypeAlias = Injected[FormValues]
"""The posted form. Errors: Invalid, TooLarge."""
Upload: TypeAlias = Injected[form_values.Upload | None]
"""The uploaded file in the field `file` of a form; None for a form without one."""
Drafts: TypeAlias = Injected[sheets.PageDrafts]
"""The viewer's drafts of the forms on the page; only behind the guard `signed_in`."""
HomeRows: TypeAlias = Injected[date_entries.HomeRows]
"""Answers a deed that was done on the home page; only behind the guard `signed_in`."""
OnDate: TypeAlias = Injected[DateAddress]
"""The date in the address; only in routes with `{event_id:uuid}` and `{key:str}`."""
Query: TypeAlias = Injected[FormValues]
"""The query of the address."""
NextAddress: TypeAlias = Annotated[str, QueryParameter(name="next")]
"""Where to go afterward: `next` in the address."""
QueryString: TypeAlias = Injected[str]
"""The same as `Query`, as text; bytes that are not text are replaced."""
FormToken: TypeAlias = Injected[str]
"""The token that every form of this session carries; only behind the guard `signed_in`."""


async def _injected_form(request: FormRequest) -> FormValues:
    form = await read_form(request)
    sheets.keep_draft(request.scope, form)
    return form


def _date(scope: Scope) -> DateAddress:
    named: dict[str, Any] = dict(scope["path_params"])
    return DateAddress(named["event_id"], named["key"])


def _query_string(scope: Scope) -> str:
    return scope["query_string"].decode("utf-8", "replace")


def _form_token(scope: Scope) -> str:
    token: str = scope["state"]["csrf"]
    return token


def _injected_pages(scope: Scope) -> templating.Pages:
    is_htmx = (b"hx-request", b"true") in scope["headers"]
    return templating.Pages(scope["state"], is_htmx=is_htmx, sent_from=sent_from(scope) if is_htmx else "")


def _home_rows(scope: Scope) -> date_entries.HomeRows:
    return date_entries.HomeRows(_injected_pages(scope), viewer_of(scope), now_of(scope), settings_of(scope).time_zone)


DEPENDENCIES = {
    "pages": Provide(_injected_pages, sync_to_thread=False),
    "form": Provide(_injected_form),
    "upload": Provide(form_values.uploaded_file),
    "drafts": Provide(sheets.PageDrafts, sync_to_thread=False),
    "home_rows": Provide(_home_rows, sync_to_thread=False),
    "date": Provide(_date, sync_to_thread=False),
    "params": Provide(read_query, sync_to_thread=False),
    "query_string": Provide(_query_string, sync_to_thread=False),
    "form_token": Provide(_form_token, sync_to_thread=False),
}
"""Dependencies of every page handler, beside `tracker.ports.http.dependencies`."""


def first_reauthenticate(visit: Visit, back: str, now: datetime) -> Redirect | None:
    """Return the redirect to confirm one's identity and then go to `back`; None while the last confirmation holds.

    `back` is a page to read, never a change: the content of a form would be lost. So a page asks before it shows its
    form, and its action asks again.
    """
    return None if is_reauthenticated(visit, now) else Redirect(to_reauthentication(back), status_code=303)


def is_reauthenticated(visit: Visit, now: datetime) -> bool:
    """Return whether the visitor has confirmed their identity recently."""
    return is_recent(visit.reauthenticated_at, now)


def to_reauthentication(back: str) -> str:
    """Return the address where people confirm their identity and then go to `back`."""
    return f"{AGAIN}?next={quote(back, safe='/')}"


def show_link_page(response: AnyResponse) -> AnyResponse:
    """Return a page behind a link in an email; its address is the permission, so no search engine or site learns it."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response


async def undo_for(viewer: Viewer, event_id: UUID, now: datetime, key: str = "") -> cookies.Undo | None:
    """Return how the viewer can undo what they did `now` to an event; None if it can't be undone.

    Afterward they see the date `key`, or the nearest one.
    """
    change_id = await history.change_made_at(viewer, event_id, now)
    if change_id is None:
        return None
    fields = {"change": str(change_id), "key": key}
    return cookies.Undo(address=f"/events/{event_id}/undo", fields=fields, until=now + UNDO_FOR)


def with_number_notified(deed: str, count: EmailCount, *, any_waiting: bool = False) -> str:
    """Return what was done and how many people get how many emails about it.

    `any_waiting`: emails that wait since an earlier change include it.
    """
    no_one = f"No one will get {'another' if any_waiting else 'an'} email."
    return f"{deed} {count.words or no_one}"


def usual_escalation(settings: Settings) -> Escalation:
    """Return after how many days action items reach others than their owners."""
    return Escalation(agency=settings.escalate_to_agency, coordinator=settings.escalate_to_coordinator)
