"""The page of a date poll, replies on it and behind the link in an email, and reminders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response, get, post, route
from litestar.response import Redirect
from msgspec import Struct

from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Viewer
from tracker.ports.http.guards import POLLED, link, signed_in
from tracker.ports.pages.core.dependencies import Form, Page, Pages, Query, show_link_page, with_number_notified
from tracker.ports.pages.core.form_shapes import FormField, FormShape
from tracker.ports.pages.core.form_values import Errors, FormReader, id_in, moment_in
from tracker.rules.core.wording import local
from tracker.rules.emails.messages import EmailCount
from tracker.rules.emails.reminders import nudged_words, skipped_words, why_no_nudge
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.polls import (
    Fit,
    Poll,
    PollDate,
    PollState,
    date_set_words,
    fit_words,
    lost_replies_words,
    replied_words,
)
from tracker.usecases.core import audit
from tracker.usecases.emails import poll_emails
from tracker.usecases.polls import polls
from tracker.usecases.polls.polls import PollView

ROWS = 3
"""Empty rows that the form begins with, and that "Add 3 dates" adds."""


OF_DATE = "date-"
"""Prefix of the fields that hold the replies; the id of the date follows."""
NEVER = datetime.min.replace(tzinfo=UTC)


class DateReplies(FormField, frozen=True):
    """The replies of a form by date; one that can't be read is ignored."""

    def read(self, reader: FormReader, _: str) -> dict[UUID, Fit]:
        fits = {
            id_in(name.removeprefix(OF_DATE)): Fit(text)
            for name, text in reader.form.items()
            if name.startswith(OF_DATE) and text in set(Fit)
        }
        return {date_id: fit for date_id, fit in fits.items() if date_id}


class PollReplyForm(FormShape, kw_only=True):
    """What a person replies to a poll: a field for each date."""

    dates: Annotated[dict[UUID, Fit], DateReplies("Your replies")]


class ProposedDate(Struct, frozen=True, kw_only=True):
    """One proposed date, on the wall clock of the event."""

    id: UUID
    starts: datetime
    ends: datetime
    is_over: bool


@get("/polls/{poll_id:uuid}", guards=[signed_in])
async def show_poll(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show a poll, or say that it was canceled; the address of one that was asked again leads to its successor."""
    try:
        context = await _poll_page(viewer, await polls.poll_for(viewer, poll_id), now)
    except NotFound:
        successor = await polls.poll_asked_again(viewer, poll_id)
        return Redirect(f"/polls/{successor.id}", status_code=303)
    except Gone as canceled:
        return pages.render("polls/closed.html", status_code=410, sentence=canceled.sentence)
    await audit.record_series_read(viewer, [context["event"]], now)
    return pages.render("polls/show.html", **context)


@get("/polls/{poll_id:uuid}/table", guards=[signed_in], opt=POLLED)
async def show_poll_table(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show only the tables, for a page that refreshes them every 15 seconds; one that was asked again is left."""
    try:
        return pages.render("polls/table.html", **await _poll_page(viewer, await polls.poll_for(viewer, poll_id), now))
    except NotFound:
        successor = await polls.poll_asked_again(viewer, poll_id)
        return Response("", headers={"HX-Redirect": f"/polls/{successor.id}"})
    except Gone as canceled:
        return pages.render("polls/table-canceled.html", sentence=canceled.sentence)


@post("/polls/{poll_id:uuid}/replies", guards=[signed_in], status_code=303)
async def post_poll_replies(poll_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record the viewer's replies, or show the page again with what was chosen."""
    try:
        poll = await polls.poll_for(viewer, poll_id)
    except NotFound:
        successor = await polls.poll_asked_again(viewer, poll_id)
        if await polls.may_reply_to_poll(viewer, successor, now):
            return pages.refuse(f"/polls/{successor.id}", polls.ASKED_AGAIN)
        return Redirect(f"/polls/{successor.id}", status_code=303)
    except Gone as canceled:
        return pages.render("polls/closed.html", status_code=410, sentence=canceled.sentence)
    try:
        await polls.reply_to_poll(viewer, poll_id, PollReplyForm.read(form).dates, now)
    except (Invalid, Gone) as refused:
        wrong = refused if isinstance(refused, Invalid) else Invalid(refused.sentence)
        context = await _poll_page(viewer, poll, now)
        context |= {"errors": PollReplyForm.errors(wrong), "chosen": PollReplyForm.read(form).dates}
        return pages.render("polls/show.html", status_code=422 if refused is wrong else 410, **context)
    return pages.redirect(f"/polls/{poll_id}", "Replies saved. You can change them until the date is set.")


def proposed_date(poll: Poll, option: PollDate, now: datetime) -> ProposedDate:
    """Return a date on the wall clock of the event."""
    starts, ends = (local(moment, poll.event.zone) for moment in poll.slot(option))
    return ProposedDate(id=option.id, starts=starts, ends=ends, is_over=starts <= now)


def poll_context(view: PollView, now: datetime) -> dict[str, Any]:
    """Return what each page of a poll shows of it."""
    poll = view.poll
    chosen: Mapping[UUID, Fit] = view.own.fits if view.own else {}
    return {
        "view": view,
        "poll": poll,
        "event": poll.event,
        "dates": [(proposed_date(poll, column.option, now), column) for column in view.columns],
        "lost": lost_replies_words(view.people) if poll.state is PollState.CANCELED else "",
        "set_words": date_set_words(poll, now) if poll.state is PollState.SCHEDULED else "",
        "replied": replied_words(view.people),
        "reply_by": local(poll.reply_by, poll.event.zone),
        "numbers_in_words": fit_words,
        "fits": list(Fit),
        "chosen": chosen,
        "errors": Errors(),
    }


async def _poll_page(viewer: Viewer, poll: Poll, now: datetime) -> dict[str, Any]:
    """Return what the page of a poll shows, with whom the viewer can remind."""
    nudge = await poll_emails.poll_nudges_of(viewer, poll, now)
    zone = poll.event.zone
    return poll_context(await polls.view_poll(viewer, poll), now) | {
        "nudge": nudge,
        "why_no_nudge": why_no_nudge(nudge, now, zone) if nudge else None,
        "skipped": skipped_words(nudge, now, zone) if nudge else (),
    }


@route("/p/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], guards=[link])
async def show_poll_link(token: PathText, pages: Pages, origin: Origin, params: Query, now: Now, links: Links) -> Page:
    """Show the dates of a poll; ?saved=yes shows what was saved."""
    try:
        viewer, view = await polls.open_poll_by_link(*links.read_poll(token), now, origin)
    except (NotFound, Gone) as closed:
        return _closed_link(pages, closed)
    return _link_form(
        pages, viewer, view, token, now, is_saved=bool(params["saved"] and view.own and view.own.has_replied)
    )


@post("/p/{token:str}", guards=[link], status_code=303)
async def post_poll_link_replies(
    token: PathText, pages: Pages, origin: Origin, form: Form, now: Now, links: Links
) -> Page:
    """Record the replies, or show the form: with why they are refused, or that the person is asked about new dates."""
    try:
        opened = links.read_poll(token)
        viewer, view = await polls.open_poll_by_link(*opened, now, origin)
        if view.poll.event.is_restricted:
            return _link_form(pages, viewer, view, token, now)
        try:
            await polls.reply_to_poll_by_link(viewer, opened.poll_id, PollReplyForm.read(form).dates, now)
        except Invalid as wrong:
            return _link_form(pages, viewer, view, token, now, wrong)
        except Conflict as asked_again:
            viewer, view = await polls.open_poll_by_link(*opened, now, origin)
            return _link_form(pages, viewer, view, token, now, Invalid(asked_again.sentence), is_asked_again=True)
    except (NotFound, Gone) as closed:
        return _closed_link(pages, closed)
    return show_link_page(Redirect(f"/p/{token}?saved=yes", status_code=303))


def _link_form(
    pages: Pages, viewer: Viewer, view: PollView, token: str, now: Now, wrong: Invalid | None = None, **facts: bool
) -> Page:
    """Show the dates, or a link to sign in where only named people may know what the event is."""
    if view.poll.event.is_restricted:
        return show_link_page(pages.render("events/reply-sign-in.html", address=f"/polls/{view.poll.id}"))
    page = pages.render(
        "polls/link.html",
        status_code=409 if facts.get("is_asked_again") else 422 if wrong else 200,
        **poll_context(view, now) | {"errors": PollReplyForm.errors(wrong)},
        person=viewer,
        here=f"/p/{token}",
        **{"is_asked_again": False, "is_saved": False} | facts,
    )
    return show_link_page(page)


def _closed_link(pages: Pages, why: NotFound | Gone) -> Page:
    """Say why replies are closed; of any other link, say only that it can't be used."""
    if why.sentence in (NotFound.sentence, Gone.sentence):
        return show_link_page(pages.render("core/errors/link.html", status_code=404, of="poll"))
    return show_link_page(pages.render("events/reply-closed.html", status_code=410, sentence=why.sentence, comment=""))


@post("/polls/{poll_id:uuid}/nudges", guards=[signed_in], status_code=303)
async def post_poll_reminder(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Remind them and say how many, with a button that undoes it; if no one can be reminded, say why."""
    address = f"/polls/{poll_id}"
    undo = Undo(address=f"{address}/nudges/removal", fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    deed = poll_emails.remind_respondents(viewer, poll_id, now)
    return await pages.respond(address, deed, nudged_words, (Conflict, Gone), undo)


@post("/polls/{poll_id:uuid}/nudges/removal", guards=[signed_in], status_code=303)
async def post_poll_reminder_undo(poll_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo reminders that have not left yet, or say that they may have."""
    deed = poll_emails.undo_poll_nudges(viewer, poll_id, moment_in(form["at"]) or NEVER, now)
    return await pages.respond(f"/polls/{poll_id}", deed, "Undone. No one was reminded.", Gone)


@post("/polls/{poll_id:uuid}/requests", guards=[signed_in], status_code=303)
async def post_added_people(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Email the dates to people who were put on the list since the poll was opened."""
    count = await polls.ask_added_people(viewer, poll_id, now)
    return pages.redirect(f"/polls/{poll_id}", with_number_notified("Asked.", EmailCount(count, count)))


NOWHERE = UUID(int=0)
