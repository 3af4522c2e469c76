"""Requests about drafts: saving what is typed, discarding a draft, and restoring it."""

from litestar import Response, post
from litestar.response import Redirect

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http import cookies
from tracker.ports.http import drafts as marks
from tracker.ports.http.dependencies import Now, Viewer, Zone
from tracker.ports.http.drafts import FIELD, PATH, DraftMark
from tracker.ports.http.errors import status_of
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_drafts import NEW_EACH_TIME
from tracker.ports.pages.core.form_values import FormValues
from tracker.rules.core.drafts import RESTORABLE_FOR, saved_words
from tracker.usecases.core import drafts

REPLACES = "_replaces"
"""The field by which a person uses a tab's text instead of the draft that another tab saved."""
DISCARDED = "Draft discarded."
RESTORED = "Draft restored."
TOO_LATE = "That draft can’t be restored. Drafts that you discard are deleted after a minute."


@post(PATH, guards=[signed_in], status_code=200, opt=POLLED)
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


@post(f"{PATH}/removal", guards=[signed_in], status_code=303)
async def post_draft_removal(pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Discard a draft, and show its form without it."""
    mark = _mark(form, viewer, now)
    await drafts.discard_draft(viewer, mark.key, now)
    undo = cookies.Undo(address=f"{PATH}/restoration", fields={FIELD: form[FIELD]}, until=now + RESTORABLE_FOR)
    return pages.redirect(mark.page, DISCARDED, undo)


@post(f"{PATH}/restoration", guards=[signed_in], status_code=303)
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
