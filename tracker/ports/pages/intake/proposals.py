"""Declining another time that someone proposed for a date by email, and undoing that."""

from typing import Any

from litestar import Response, post

from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Pages, with_number_notified
from tracker.ports.pages.core.form_values import FormValues, errors_of
from tracker.ports.pages.events.date_pages import event_page_context, occurrence_address
from tracker.rules.core.clean_text import clean
from tracker.rules.events.events import Occurrence
from tracker.rules.events.replies import LONGEST_COMMENT
from tracker.rules.events.undo import UNDO_FOR
from tracker.rules.intake.proposals import STATE_WORDS
from tracker.usecases.emails import messages
from tracker.usecases.intake import proposals
from tracker.usecases.views.event_page import view_event

FIELDS = ("comment",)
UNDONE = "Undone. No one was notified."
WAITS = "The proposal is waiting for your decision."


@post("/proposals/{proposal_id:uuid}/refusal", guards=[signed_in], status_code=303)
async def post_proposal_refusal(
    proposal_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Decline a proposal, or show the page again with what was typed; for one that no longer waits, with why (409)."""
    date = await proposals.date_of_proposal(viewer, proposal_id, now)
    try:
        comment = clean(form["comment"], LONGEST_COMMENT, "comment", multiline=True)
        await proposals.decline_proposal(viewer, proposal_id, comment, now)
    except Invalid as wrong:
        view = await view_event(viewer, date.event.id, date.key, now)
        typed = {"refusal": form, "refused_id": proposal_id, "wrong_refusal": errors_of(wrong, FIELDS)}
        return pages.render("events/show.html", status_code=422, **event_page_context(view, now) | typed)
    except Conflict as closed:
        return await _too_late(pages, viewer, date, now, form, closed)
    words = with_number_notified("Declined.", await messages.number_notified(viewer, [date.event.id], now))
    undo_button = Undo(address=f"/proposals/{proposal_id}/refusal/removal", fields={}, until=now + UNDO_FOR)
    return pages.redirect(_address(date), words, undo_button)


@post("/proposals/{proposal_id:uuid}/refusal/removal", guards=[signed_in], status_code=303)
async def post_refusal_removal(proposal_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Let a declined proposal wait again, or say that its email may have left."""
    date = await proposals.date_of_proposal(viewer, proposal_id, now)
    try:
        state = await proposals.undo_proposal_decline(viewer, proposal_id, now)
    except Gone as gone:
        return pages.refuse(_address(date), gone.sentence)
    return pages.redirect(_address(date), f"{UNDONE} {STATE_WORDS.get(state, WAITS)}")


def _address(date: Occurrence) -> str:
    return f"{occurrence_address(date)}#proposals"


async def _too_late(
    pages: Pages, viewer: Viewer, date: Occurrence, now: Now, form: FormValues, closed: Conflict
) -> Response[str]:
    """Show the page with the comment that was typed for a proposal that no longer waits."""
    view = await view_event(viewer, date.event.id, date.key, now)
    unsent = {"sentence": closed.sentence, "comment": form["comment"]}
    return pages.render(
        "events/show.html", status_code=409, **event_page_context(view, now) | {"unsent_decline": unsent}
    )
