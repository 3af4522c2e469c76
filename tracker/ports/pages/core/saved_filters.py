"""Saved filters: the part of a page that lists them and saves another, and how one is removed in the settings."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Invalid
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, errors_of, form_of
from tracker.ports.pages.core.request import said, viewer_of
from tracker.ports.pages.core.templating import page
from tracker.rules.core.saved_filters import LISTINGS, SavedFilter, kept
from tracker.usecases.core import saved_filters

PATH = "/saved-filters"
FIELDS = ("name",)


async def saved_in(request: Request[Any, Any, Any], listing: str) -> dict[str, Any]:
    """Return what the part `core/parts/saved-filters.html` shows on a page whose address holds a filter."""
    return saved_among(request, listing, await saved_filters.filters_of(viewer_of(request)))


def saved_among(request: Request[Any, Any, Any], listing: str, every: Iterable[SavedFilter]) -> dict[str, Any]:
    """Return the same where the viewer's filters have been read with something else."""
    saved = [one for one in every if one.listing == listing]
    asked = kept(listing, request.url.query) if saved else ""
    in_force = [one for one in saved if one.query == asked]
    return {"saved": saved, "in_force": in_force, "listing": listing, "query": request.url.query}


@post(PATH, guards=[signed_in], status_code=303)
async def save_filter(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep a filter under a name and show what it finds, or say what is missing."""
    form = await form_of(request)
    try:
        made = await saved_filters.save(viewer_of(request), form["listing"], form["name"], form["query"], clock.now())
    except Invalid as wrong:
        return _again(request, form, wrong)
    return said(request, made.address, f"The filter “{made.name}” is saved. Only you see it.")


@post(f"{PATH}/{{filter_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def remove_filter(filter_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Redirect:
    """Remove a filter, and show the page from which that was done."""
    form = await form_of(request)
    gone = await saved_filters.remove(viewer_of(request), filter_id, clock.now())
    back = gone.address if form["from"] == gone.listing else "/settings#filters"
    return said(request, back, f"The filter “{gone.name}” is removed.")


def _again(request: Request[Any, Any, Any], form: FormValues, wrong: Invalid) -> Response[str]:
    listing = form["listing"]
    return page(
        "core/saved_filters/form.html",
        request,
        status_code=422,
        form=form,
        errors=errors_of(wrong, FIELDS),
        label=LISTINGS[listing].label,
        back=f"/{listing}?{form['query']}",
    )


handlers = [save_filter, remove_filter]
