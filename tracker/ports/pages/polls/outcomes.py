"""The questions before a date poll is closed: schedule its event on a date, or cancel the poll."""

from functools import partial
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect

from tracker.database import surviving_failures
from tracker.errors import Conflict, Gone, Invalid
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Form, Page, Pages, Query, undo_for, with_number_notified
from tracker.ports.pages.core.form_values import id_in
from tracker.ports.pages.events.previews import preview_deed
from tracker.ports.pages.polls.polls import poll_context
from tracker.rules.emails.messages import EmailCount
from tracker.rules.events.history import UNDO_FOR
from tracker.usecases.emails import messages
from tracker.usecases.polls import outcomes, polls
from tracker.usecases.views.impact import do_and_roll_back

NOWHERE = UUID(int=0)


@get("/polls/{poll_id:uuid}/date", guards=[signed_in])
async def show_poll_scheduling(poll_id: PathId, pages: Pages, viewer: Viewer, params: Query, now: Now) -> Page:
    """Show a date with everyone's replies, and what happens when the event is scheduled on it."""
    return await _question(pages, viewer, poll_id, id_in(params["date"]) or NOWHERE, now)


@post("/polls/{poll_id:uuid}/date", guards=[signed_in], status_code=303)
async def post_poll_scheduling(poll_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Schedule the event on one of the dates."""
    event_id = (await outcomes.led_poll(viewer, poll_id)).event.id
    option_id = id_in(form["date"]) or NOWHERE
    try:
        await outcomes.schedule_on_poll_date(viewer, poll_id, option_id, now)
    except Invalid as wrong:
        return await _question(pages, viewer, poll_id, option_id, now, wrong.sentence)
    said = with_number_notified("Scheduled.", await messages.number_notified(viewer, [event_id], now))
    return pages.redirect(f"/events/{event_id}", said, await undo_for(viewer, event_id, now))


@get("/polls/{poll_id:uuid}/cancellation", guards=[signed_in])
async def show_poll_cancellation(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show what happens when a poll is canceled."""
    poll, effect = await outcomes.led_poll(viewer, poll_id), None
    with surviving_failures():
        effect = await do_and_roll_back(partial(outcomes.cancel_poll, viewer, poll_id, now))
    return pages.render("polls/cancel.html", poll=poll, event=poll.event, effect=effect, seconds=UNDO_FOR.seconds)


@post("/polls/{poll_id:uuid}/cancellation", guards=[signed_in], status_code=303)
async def post_poll_cancellation(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Cancel a poll, with a button that undoes it."""
    done = await outcomes.cancel_poll(viewer, poll_id, now)
    undo = Undo(address=f"/polls/{poll_id}/restoration", fields={}, until=now + UNDO_FOR)
    return pages.redirect(
        f"/polls/{poll_id}", with_number_notified("Poll canceled.", EmailCount(done.notified, done.notified)), undo
    )


@post("/polls/{poll_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def post_poll_restoration(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Undo a cancellation, or say why that is too late."""
    deed, said = outcomes.restore_poll(viewer, poll_id, now), "Undone. The poll is open, and no one was notified."
    return await pages.respond(f"/polls/{poll_id}", deed, said, (Gone, Conflict))


async def _question(pages: Pages, viewer: Viewer, poll_id: UUID, option_id: UUID, now: Now, wrong: str = "") -> Page:
    poll = await outcomes.led_poll(viewer, poll_id)
    outcomes.chosen_poll_date(poll, option_id, now)
    deed = partial(outcomes.schedule_on_poll_date, viewer, poll_id, option_id, now)
    change_preview = await preview_deed(viewer, poll.event.id, deed, now)
    context = poll_context(await polls.view_poll(viewer, poll), now)
    date, column = next((date, column) for date, column in context["dates"] if date.id == option_id)
    return pages.render(
        "polls/schedule.html",
        status_code=422 if wrong else 200,
        **context | {"date": date, "column": column},
        outcome=change_preview.outcome,
        outcome_zone=poll.event.zone,
        hindrance=wrong or change_preview.hindrance,
    )
