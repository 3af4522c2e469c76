"""What people keep for later: requests about drafts, and saved filters."""

from collections.abc import Iterable
from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http import cookies
from tracker.ports.http import forms as marks
from tracker.ports.http.dependencies import Now, PathId, Viewer, Zone
from tracker.ports.http.errors import status_of
from tracker.ports.http.forms import FIELD, DraftMark
from tracker.ports.http.forms import PATH as DRAFTS_PATH
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import Form, Page, Pages, QueryString
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.core.sheets import NEW_EACH_TIME
from tracker.rules.core.drafts import LISTINGS, RESTORABLE_FOR, SavedFilter, kept_query, saved_words
from tracker.usecases.core import drafts

REPLACES = "_replaces"
"""The field by which a person uses a tab's text instead of the draft that another tab saved."""
DISCARDED = "Draft discarded."
RESTORED = "Draft restored."
TOO_LATE = "That draft can’t be restored. Drafts that you discard are deleted after a minute."


@post(DRAFTS_PATH, guards=[signed_in], status_code=200, opt=POLLED)
async def post_draft(viewer: Viewer, form: Form, zone: Zone, now: Now) -> Response[dict[str, str]]:
    """Save what a page holds, and say when; this request does not extend the session.

    It replaces another tab's draft only when the person asked for that.
    """
    mark = _mark(form, viewer, now)
    texts = {name: form.all(name) for name in form if name not in NEW_EACH_TIME}
    try:
        await drafts.save_draft(viewer, mark.key, texts, now, tab=mark.tab, shown=mark.shown, replaces=REPLACES in form)
    except (Conflict, Invalid) as unsaved:
        return Response({"sentence": unsaved.sentence}, status_code=status_of(unsaved))
    return Response({"saved": saved_words(now, now, zone)})


@post(f"{DRAFTS_PATH}/removal", guards=[signed_in], status_code=303)
async def post_draft_removal(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Discard a draft, and show its form without it."""
    mark = _mark(form, viewer, now)
    await drafts.discard_draft(viewer, mark.key, now)
    undo = cookies.Undo(address=f"{DRAFTS_PATH}/restoration", fields={FIELD: form[FIELD]}, until=now + RESTORABLE_FOR)
    return pages.redirect(mark.page, DISCARDED, undo)


@post(f"{DRAFTS_PATH}/restoration", guards=[signed_in], status_code=303)
async def post_draft_restoration(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Restore a draft that was discarded a moment ago, and show its form with it."""
    mark = _mark(form, viewer, now)
    is_back = await drafts.restore_draft(viewer, mark.key, now)
    return pages.redirect(mark.page, RESTORED if is_back else TOO_LATE)


def _mark(form: FormValues, viewer: Viewer, now: Now) -> DraftMark:
    mark = marks.mark_in(form, viewer, now)
    if mark is None:
        raise NotFound
    return mark


PATH = "/saved-filters"
FIELDS = ("name",)


async def saved_in(viewer: Viewer, query_string: QueryString, listing: str) -> dict[str, Any]:
    """Return the values of `core/parts/saved-filters.html` on a page whose address holds a filter."""
    return saved_among(query_string, listing, await drafts.filters_of(viewer))


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
async def post_filter(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save a filter under a name and show its page, or say what is missing."""
    try:
        made = await drafts.save_filter(viewer, form["listing"], form["name"], form["query"], now)
    except Invalid as wrong:
        listing = form["listing"]
        return pages.render(
            "core/saved_filters/form.html",
            status_code=422,
            form=form,
            errors=errors_of(wrong, FIELDS),
            label=LISTINGS[listing].label,
            back=f"/{listing}?{form['query']}",
        )
    return pages.redirect(made.address, f"Filter “{made.name}” saved. Only you can see it.")


@post(f"{PATH}/{{filter_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_filter_removal(filter_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Remove a filter, and show the page where that was done."""
    gone = await drafts.remove_filter(viewer, filter_id, now)
    back = gone.address if form["from"] == gone.listing else "/settings#filters"
    return pages.redirect(back, f"Filter “{gone.name}” removed.")
