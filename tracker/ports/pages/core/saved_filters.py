"""Saved filters: the part of a page that lists them and saves another, and removal in the settings."""

from collections.abc import Iterable
from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from tracker.errors import Invalid
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, QueryString
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.rules.core.saved_filters import LISTINGS, SavedFilter, kept_query
from tracker.usecases.core import saved_filters

PATH = "/saved-filters"
FIELDS = ("name",)


async def saved_in(viewer: Viewer, query_string: QueryString, listing: str) -> dict[str, Any]:
    """Return the values of `core/parts/saved-filters.html` on a page whose address holds a filter."""
    return saved_among(query_string, listing, await saved_filters.filters_of(viewer))


def saved_among(query_string: QueryString, listing: str, every: Iterable[SavedFilter]) -> dict[str, Any]:
    """Return the same where the viewer's filters were read with something else."""
    saved = [saved_filter for saved_filter in every if saved_filter.listing == listing]
    asked = kept_query(listing, query_string)
    in_force = [saved_filter for saved_filter in saved if saved_filter.query == asked]
    return {
        "saved": saved,
        "in_force": in_force,
        "is_narrowed": any(not part.startswith("view=") for part in asked.split("&") if part),
        "listing": listing,
        "query": query_string,
    }


@post(PATH, guards=[signed_in], status_code=303)
async def post_filter(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Save a filter under a name and show its page, or say what is missing."""
    try:
        made = await saved_filters.save_filter(viewer, form["listing"], form["name"], form["query"], now)
    except Invalid as wrong:
        return _again(pages, form, wrong)
    return pages.redirect(made.address, f"Filter “{made.name}” saved. Only you can see it.")


@post(f"{PATH}/{{filter_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_filter_removal(filter_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Remove a filter, and show the page where that was done."""
    gone = await saved_filters.remove_filter(viewer, filter_id, now)
    back = gone.address if form["from"] == gone.listing else "/settings#filters"
    return pages.redirect(back, f"Filter “{gone.name}” removed.")


def _again(pages: Pages, form: FormValues, wrong: Invalid) -> Response[str]:
    listing = form["listing"]
    return pages.render(
        "core/saved_filters/form.html",
        status_code=422,
        form=form,
        errors=errors_of(wrong, FIELDS),
        label=LISTINGS[listing].label,
        back=f"/{listing}?{form['query']}",
    )
