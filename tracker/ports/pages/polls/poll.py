"""The page of a date poll: the viewer's own replies, and everyone's by date and by agency."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Gone, Invalid, NotFound
from tracker.ports.http.dependencies import Now, Viewer
from tracker.ports.http.guards import POLLED, signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of
from tracker.rules.core.wording import local
from tracker.rules.polls.cancellation import lost_words
from tracker.rules.polls.polls import Fit, Option, Poll, PollState, set_words
from tracker.rules.polls.table import replied_words, words
from tracker.usecases.core import access_records
from tracker.usecases.emails import poll_reminders
from tracker.usecases.polls import polls
from tracker.usecases.polls.polls import PollView

OF_DATE = "date-"
"""Prefix of the fields that hold the replies; the id of the date follows."""
FIELDS = ("dates",)
SAVED = "Replies saved. You can change them until the date is set."


class Proposed(Struct, frozen=True, kw_only=True):
    """One proposed date, on the wall clock of the event."""

    id: UUID
    starts: datetime
    ends: datetime
    is_over: bool


@get("/polls/{poll_id:uuid}", guards=[signed_in])
async def poll_page(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Show a poll, or say that it was canceled; the address of one that was asked again leads to its successor."""
    try:
        context = await _context(viewer, poll_id, now)
    except NotFound:
        return Redirect(_address(await polls.poll_in_place_of(viewer, poll_id)), status_code=303)
    except Gone as canceled:
        return _canceled(pages, canceled)
    await access_records.note_series(viewer, [context["event"]], now)
    return pages.render("polls/show.html", **context)


@get("/polls/{poll_id:uuid}/table", guards=[signed_in], opt=POLLED)
async def poll_table(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[str]:
    """Show only the tables, for a page that refreshes them every 15 seconds; one that was asked again is left."""
    try:
        return pages.render("polls/table.html", **await _context(viewer, poll_id, now))
    except NotFound:
        successor = await polls.poll_in_place_of(viewer, poll_id)
        return Response("", headers={"HX-Redirect": _address(successor)})
    except Gone as canceled:
        return pages.render("polls/table-canceled.html", sentence=canceled.sentence)


@post("/polls/{poll_id:uuid}/replies", guards=[signed_in], status_code=303)
async def save_replies(poll_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Response[Any]:
    """Record the viewer's replies, or show the page again with what was chosen."""
    try:
        poll = await polls.poll_for(viewer, poll_id)
    except NotFound:
        successor = await polls.poll_in_place_of(viewer, poll_id)
        if await polls.asks(viewer, successor, now):
            return pages.refuse(_address(successor), polls.ASKED_AGAIN)
        return Redirect(_address(successor), status_code=303)
    except Gone as canceled:
        return _canceled(pages, canceled)
    try:
        await polls.reply(viewer, poll_id, fits_in(form), now)
    except (Invalid, Gone) as refused:
        wrong = refused if isinstance(refused, Invalid) else Invalid(refused.sentence)
        context = await _page(viewer, poll, now)
        context |= {"errors": errors_of(wrong, FIELDS), "chosen": fits_in(form)}
        return pages.render("polls/show.html", status_code=422 if refused is wrong else 410, **context)
    return pages.redirect(f"/polls/{poll_id}", SAVED)


def fits_in(form: FormValues) -> dict[UUID, Fit]:
    """Return the replies in a form, by date; a field that can't be read is ignored."""
    found = {}
    for name in form:
        if name.startswith(OF_DATE) and form[name] in set(Fit):
            try:
                found[UUID(name.removeprefix(OF_DATE))] = Fit(form[name])
            except ValueError:
                continue
    return found


def proposed(poll: Poll, option: Option, now: datetime) -> Proposed:
    """Return a date on the wall clock of the event."""
    starts, ends = (local(one, poll.event.zone) for one in poll.slot(option))
    return Proposed(id=option.id, starts=starts, ends=ends, is_over=starts <= now)


def shown(view: PollView, now: datetime) -> dict[str, Any]:
    """Return what each page of a poll shows of it."""
    poll = view.poll
    chosen: Mapping[UUID, Fit] = view.mine.fits if view.mine else {}
    return {
        "view": view,
        "poll": poll,
        "event": poll.event,
        "dates": [(proposed(poll, one.option, now), one) for one in view.columns],
        "lost": lost_words(view.people) if poll.state is PollState.CANCELED else "",
        "set_words": set_words(poll, now) if poll.state is PollState.SCHEDULED else "",
        "replied": replied_words(view.people),
        "reply_by": local(poll.reply_by, poll.event.zone),
        "numbers_in_words": words,
        "fits": list(Fit),
        "chosen": chosen,
        "errors": Errors(),
    }


def _address(poll: Poll) -> str:
    return f"/polls/{poll.id}"


def _canceled(pages: Pages, why: Gone) -> Response[str]:
    return pages.render("polls/closed.html", status_code=410, sentence=why.sentence)


async def _context(viewer: Viewer, poll_id: UUID, now: datetime) -> dict[str, Any]:
    poll = await polls.poll_for(viewer, poll_id)
    return await _page(viewer, poll, now)


async def _page(viewer: Viewer, poll: Poll, now: datetime) -> dict[str, Any]:
    """Return what the page of a poll shows, with whom the viewer can remind."""
    nudge = await poll_reminders.nudges_of(viewer, poll, now)
    why_not = nudge.why_not(now, poll.event.zone) if nudge else ""
    return shown(await polls.view_of(viewer, poll), now) | {"nudge": nudge, "why_no_nudge": why_not}
