"""The page of calendar subscriptions: one's own feed addresses, and how to put them into a calendar."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.config.settings import Settings
from tracker.errors import Invalid
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_of
from tracker.ports.pages.core.reauthentication import is_reauthenticated, to_reauthentication, visit_of
from tracker.ports.pages.core.request import viewer_of
from tracker.ports.pages.core.templating import page
from tracker.rules.calendars.feeds import MAX_SUBSCRIPTIONS, Scope, Subscription, scope_of
from tracker.usecases.calendars import subscriptions

PATH = "/subscriptions"
SCOPES = [
    (Scope.ALL.value, "Everything I may see", ""),
    (Scope.MINE.value, "My own events", "What I lead or am invited to"),
]
MADE = "The feed is ready. Copy its address into your calendar."
REPLACED = "The feed has a new address. The old one has stopped: put the new one into your calendar."
CHANGED = "The feed is changed. Your calendar shows it when it checks next."
TURNED_OFF = "The feed is turned off. Its address has stopped."
FIELDS = ("name", "scope")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A feed and, while its owner may see it and it opens something, its address."""

    feed: Subscription
    address: str | None

    @property
    def webcal(self) -> str | None:
        """The address by which a calendar program opens itself."""
        return self.address and f"webcal://{self.address.partition('://')[2]}"


@get(PATH, guards=[signed_in])
async def subscriptions_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show one's feeds; looking makes none."""
    return await _page(request)


@post(PATH, guards=[signed_in], status_code=303)
async def make_feed(request: Request[Any, Any, Any]) -> Response[Any]:
    """Make a feed, or show the form again with what is missing."""
    form = await form_of(request)
    try:
        await subscriptions.create(
            viewer_of(request),
            form["name"],
            scope_of(form["scope"]),
            clock.now(),
            shows_operations=bool(form["shows_operations"]),
        )
    except Invalid as wrong:
        return await _page(request, form=form, errors=errors_of(wrong, FIELDS), status_code=422)
    return _back(request, MADE)


@post(f"{PATH}/{{subscription_id:uuid}}/choices", guards=[signed_in], status_code=303)
async def change_feed(subscription_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Rename a feed, turn its operations on or off."""
    form = await form_of(request)
    shows_operations = bool(form["shows_operations"])
    try:
        await subscriptions.change(
            viewer_of(request), subscription_id, form["name"], clock.now(), shows_operations=shows_operations
        )
    except Invalid as wrong:
        return await _page(
            request,
            changing=subscription_id,
            changes=form,
            change_errors=errors_of(wrong, FIELDS),
            errors=errors_of(wrong, ()),
            status_code=422,
        )
    return _back(request, CHANGED)


@post(f"{PATH}/{{subscription_id:uuid}}/replacement", guards=[signed_in], status_code=303)
async def replace_address(subscription_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Redirect:
    """Give a feed another address; the old one stops at once."""
    await subscriptions.rotate(viewer_of(request), subscription_id, clock.now())
    return _back(request, REPLACED)


@post(f"{PATH}/{{subscription_id:uuid}}/revocation", guards=[signed_in], status_code=303)
async def turn_off(subscription_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Redirect:
    """Turn a feed off for good."""
    await subscriptions.revoke(viewer_of(request), subscription_id, clock.now())
    return _back(request, TURNED_OFF)


async def _page(request: Request[Any, Any, Any], *, status_code: int = 200, **context: Any) -> Response[str]:
    feeds = await _feeds(request)
    values: dict[str, Any] = {
        "feeds": feeds,
        "is_reauthenticated": is_reauthenticated(request),
        "may_add": len(feeds) < MAX_SUBSCRIPTIONS,
        "prove_again": to_reauthentication(PATH),
        "scopes": SCOPES,
        "scope_words": {scope: label for scope, label, _ in SCOPES},
        "form": FormValues({"scope": [Scope.ALL]}),
        "errors": Errors(),
        "changing": None,
        "changes": FormValues({}),
        "change_errors": Errors(),
    }
    return page("calendars/subscriptions/show.html", request, status_code=status_code, **values | context)


async def _feeds(request: Request[Any, Any, Any]) -> list[Shown]:
    viewer, now = viewer_of(request), clock.now()
    reauthenticated_at = visit_of(request).reauthenticated_at
    tokens = await subscriptions.tokens_of(viewer, reauthenticated_at, now) if is_reauthenticated(request) else {}
    base_url = _settings(request).base_url
    return [
        Shown(feed=one, address=None if one.is_over(now) else _address(base_url, tokens.get(one.id)))
        for one in await subscriptions.subscriptions_of(viewer)
    ]


def _address(base_url: str, token: str | None) -> str | None:
    return token and f"{base_url}/feeds/{token}.ics"


def _back(request: Request[Any, Any, Any], sentence: str) -> Redirect:
    redirect = Redirect(PATH, status_code=303)
    flash.say(redirect, _settings(request), sentence)
    return redirect


def _settings(request: Request[Any, Any, Any]) -> Settings:
    settings: Settings = request.scope["state"]["settings"]
    return settings


handlers = [subscriptions_page, make_feed, change_feed, replace_address, turn_off]
