"""The button that nudges everyone who has not replied to a date, or not confirmed its new time or place."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Response, post

from tracker.errors import Conflict, Gone
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Form, HomeRows, Pages
from tracker.ports.pages.core.form_values import moment_in
from tracker.ports.pages.core.home_part import is_from_home
from tracker.rules.emails.nudges import UNDO_FOR, nudged_words
from tracker.usecases.emails import nudges

NEVER = datetime.min.replace(tzinfo=UTC)


@post("/events/{event_id:uuid}/{key:str}/nudges", guards=[signed_in], status_code=303)
async def post_nudges(
    event_id: PathId,
    key: PathText,
    pages: Pages,
    viewer: Viewer,
    form: Form,
    *,
    home_rows: HomeRows,
    zone: Zone,
    now: Now,
) -> Response[Any]:
    """Nudge them and say how many; if someone else was faster, the page says when it is possible again."""
    confirms = bool(form["confirmations"])
    refused = ""
    try:
        count = await nudges.nudge_people(viewer, event_id, key, now, zone, confirmations=confirms)
        said = nudged_words(count, "confirm the change" if confirms else "reply")
    except Conflict as conflict:
        said = refused = conflict.sentence
    fields = {"at": now.isoformat(), "next": form["next"]}
    undo_button = Undo(address=f"/events/{event_id}/{key}/nudges/removal", fields=fields, until=now + UNDO_FOR)
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, event_id, key, said, refused, None if refused else undo_button)
    address = HOME if is_from_home(form) else f"/events/{event_id}/{key}#participants"
    if refused:
        return pages.refuse(address, refused if address == HOME else "")
    return pages.redirect(address, said, undo_button)


@post("/events/{event_id:uuid}/{key:str}/nudges/removal", guards=[signed_in], status_code=303)
async def post_nudges_undo(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, *, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Undo reminders that have not left yet, or say that they may have."""
    said, refused = "Undone. No one was reminded.", ""
    try:
        await nudges.undo_date_nudges(viewer, event_id, key, moment_in(form["at"]) or NEVER, now)
    except Gone as gone:
        said = refused = gone.sentence
    if home_rows.are_asked_for(form):
        return await _home_row(home_rows, event_id, key, said, refused)
    address = HOME if is_from_home(form) else f"/events/{event_id}/{key}#participants"
    return pages.refuse(address, refused) if refused else pages.redirect(address, said)


async def _home_row(
    home_rows: HomeRows, event_id: UUID, key: str, said: str, refused: str, undo_button: Undo | None = None
) -> Response[str]:
    """Return the row of the home page, also when nothing is left to do: it shows why."""
    home = await home_rows.found()
    missing = home.days.replies if home.days else []
    row = next(
        (
            missing_replies
            for missing_replies in missing
            if (missing_replies.line.event_id, missing_replies.line.key) == (event_id, key)
        ),
        None,
    )
    template = "core/home/row-nudge.html" if row else "core/home/row-settled.html"
    row_key = f"{event_id}-{key}"
    return home_rows.show(template, home, said, refused=refused, undo=undo_button, row=row, key=row_key)
