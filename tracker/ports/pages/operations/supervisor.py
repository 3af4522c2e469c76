"""What the approving supervisor does on the page of a plan, beside approving it: waive the number, or send it back."""

from typing import Any

from litestar import Response, post

from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Reader
from tracker.ports.pages.operations.plan import AT, done, version_in
from tracker.rules.operations.plans import LONGEST_REASON
from tracker.usecases.operations import approvals, returns


@post(f"{AT}/waivers", guards=[signed_in], status_code=303)
async def waive(event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Waive the deconfliction number."""

    async def deed() -> None:
        reader = Reader(form)
        reason = reader.text("waiver", LONGEST_REASON)
        reader.check()
        await approvals.waive(viewer, event_id, reason, now)

    return await done(pages, viewer, (event_id, key), form, deed, "Deconfliction number waived.", now=now)


@post(f"{AT}/returns", guards=[signed_in], status_code=303)
async def send_back(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Send the plan back to planning with a comment."""

    async def deed() -> None:
        reader = Reader(form)
        comment = reader.text("comment", LONGEST_REASON)
        reader.check()
        await returns.send_back(viewer, event_id, comment, now, version=version_in(form))

    sentence = "Plan sent back. Its lead gets an email."
    return await done(pages, viewer, (event_id, key), form, deed, sentence, now=now)
