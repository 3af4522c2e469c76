"""Date polls: the form that asks people for dates, their pages, replies, reminders, and closing."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from litestar import HttpMethod, Response, get, post, route
from litestar.response import Redirect
from msgspec import Struct

from tracker.database import surviving_failures
from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Links, Now, Origin, PathId, PathText, Settings, Viewer
from tracker.ports.http.guards import POLLED, link, signed_in
from tracker.ports.pages.availability import TimeChoice, time_choice
from tracker.ports.pages.core.dependencies import (
    Drafts,
    Form,
    Page,
    Pages,
    Query,
    show_link_page,
    undo_for,
    with_number_notified,
)
from tracker.ports.pages.core.form_shapes import DayField, FormField, FormShape, form_context
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, id_in, moment_in
from tracker.ports.pages.events.previews import preview_deed
from tracker.rules.availability.suggested_times import OPENS
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import local, to_utc
from tracker.rules.emails.messages import EmailCount
from tracker.rules.emails.reminders import nudged_words, skipped_words, why_no_nudge
from tracker.rules.events.events import Event
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.replies import REPLY_HOUR, AttendeeRole
from tracker.rules.polls import (
    MOST_DATES,
    Fit,
    NewPoll,
    Poll,
    PollDate,
    PollState,
    date_set_words,
    fit_words,
    lost_replies_words,
    replied_words,
    usual_reply_by,
)
from tracker.rules.recurrence.holidays import next_working_day
from tracker.usecases import availability, polls
from tracker.usecases.availability import TimeSearch
from tracker.usecases.core import audit
from tracker.usecases.emails import messages, poll_emails
from tracker.usecases.events import form_options
from tracker.usecases.events.scheduling import plan_to_change
from tracker.usecases.polls import PollView
from tracker.usecases.views.impact import do_and_roll_back

ROWS = 3
"""Empty rows that the form begins with, and that "Add 3 dates" adds."""


class TypedDate(NamedTuple):
    """One row of the form, as it was typed."""

    day: str
    starts: str


class ProposedDates(FormField, frozen=True):
    """Days and times in rows, as naive local starts; an error of one row is an error of them all.

    A row without a day is empty: its start is the one that it began with.
    """

    def read(self, reader: FormReader, name: str) -> list[datetime]:
        starts = []
        for row in typed_rows(reader.form):
            row_reader = FormReader(FormValues({"day": [row.day], "starts": [row.starts]}))
            day = row_reader.day("day")
            at = row_reader.time("starts", "Enter a start time for each date.") if row.day.strip() else None
            for sentence in row_reader.wrong.values():
                reader.refuse(name, sentence)
            if day and at is not None:
                starts.append(datetime.combine(day, at))
        return starts


class SuggestedStarts(FormField, frozen=True):
    """The suggested times that are checked, as naive local starts, without those that can't be read."""

    def read(self, reader: FormReader, name: str) -> list[datetime]:
        starts = []
        for text in reader.form.all(name):
            with suppress(ValueError):
                starts.append(datetime.fromisoformat(text.partition("/")[0]))
        return [start for start in starts if start.tzinfo is None]


class NewPollForm(FormShape, kw_only=True):
    """The dates that people are asked for, and by when they reply."""

    dates: Annotated[list[datetime], ProposedDates("Dates to propose")]
    suggested: Annotated[list[datetime], SuggestedStarts("Suggested times")]
    reply_by: Annotated[date, DayField("Reply by", missing="Choose a day by which people should reply.")]

    def poll(self, zone: str) -> NewPoll:
        """Return what is proposed: the suggested times follow those that were typed."""
        further = sorted({start for start in self.suggested if start not in self.dates})
        reply_by = to_utc(datetime.combine(self.reply_by, REPLY_HOUR), zone)
        return NewPoll(starts=(*self.dates, *further), reply_by=reply_by)


def typed_rows(form: FormValues) -> list[TypedDate]:
    """Return the rows of the form."""
    times = [*form.all("times"), *[""] * len(form.all("dates"))]
    return [TypedDate(day, starts) for day, starts in zip(form.all("dates"), times, strict=False)]


@get("/events/{event_id:uuid}/poll", guards=[signed_in])
async def show_new_poll(
    event_id: PathId, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now, settings: Settings
) -> Page:
    """Show the form, which begins with the dates of a canceled poll, or the draft's; an open poll is shown instead."""
    event = await polls.draft_for(viewer, event_id)
    known = await polls.last_poll_of(viewer, event)
    if known and known.state is PollState.OPEN:
        return Redirect(f"/polls/{known.id}", status_code=303)
    earlier = [poll_date.starts for poll_date in known.ahead(now)] if known else []
    form = await drafts.begun(
        DraftKey(form=DraftForm.POLL, subject=str(event_id), event_id=event_id), _begun(event, earlier, now)
    )
    return await _shown(pages, viewer, event, form, now, settings)


@post("/events/{event_id:uuid}/poll", guards=[signed_in], status_code=303)
async def post_new_poll(
    event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now, settings: Settings
) -> Page:
    """Ask people for dates, or show the form again with its errors or with more rows."""
    event = await polls.draft_for(viewer, event_id)
    if form["save"] != "ask":
        rows = typed_rows(form)
        added = max(0, min(ROWS, MOST_DATES - len(rows)))
        more = [TypedDate("", rows[-1].starts if rows else "")] * added
        days, times = [row.day for row in [*rows, *more]], [row.starts for row in [*rows, *more]]
        return await _shown(pages, viewer, event, form.but({"dates": days, "times": times}), now, settings)
    timed = form.but({"times": ["00:00"] * len(form.all("dates"))}) if event.is_all_day else form
    try:
        poll_id = await polls.open_poll(viewer, event_id, NewPollForm.read(timed).poll(event.zone), now)
    except Invalid as wrong:
        return await _shown(pages, viewer, event, form, now, settings, wrong)
    count = await messages.number_notified(viewer, [event_id], now)
    return pages.redirect(f"/polls/{poll_id}", with_number_notified("Date poll sent.", count))


async def _shown(
    pages: Pages,
    viewer: Viewer,
    event: Event,
    form: FormValues,
    now: Now,
    settings: Settings,
    wrong: Invalid | None = None,
) -> Page:
    return pages.render(
        "polls/new.html",
        **form_context(form, wrong, NewPollForm),
        hindrance=await polls.draft_hindrance(event),
        event=event,
        rows=typed_rows(form),
        suggested=await _suggested(viewer, event, now, settings),
        reads_outside=settings.shared_calendars,
        lost=await polls.lost_by_asking_again(viewer, event),
        most=MOST_DATES,
        more=ROWS,
    )


def _begun(event: Event, earlier: Sequence[datetime], now: datetime) -> FormValues:
    """Return the form as it begins: the dates of an earlier poll that are ahead, and when people usually reply by.

    Without one, it begins with the draft's own date, if that is ahead.
    """
    is_ahead = to_utc(event.starts, event.zone) > now
    starts = [*earlier] or ([event.starts] if is_ahead else [])
    empty = max(0, ROWS - len(starts))
    reply_by = usual_reply_by(min(starts, default=event.starts).date(), local(now, event.zone).date())
    return FormValues(
        {
            "dates": [*(f"{start:%Y-%m-%d}" for start in starts), *[""] * empty],
            "times": [f"{moment:%H:%M}" for moment in [*starts, *[event.starts] * empty]],
            "reply_by": [reply_by.isoformat()],
        }
    )


async def _suggested(viewer: Viewer, event: Event, now: Now, settings: Settings) -> Sequence[TimeChoice]:
    """Return the suggested times for the people of the draft, from its own day on or from tomorrow on."""
    if event.is_all_day:
        return ()
    _, plan = await plan_to_change(viewer, event.id)
    offered = await form_options.choices_in_form(viewer, event, plan.invitees)
    asked = {person_id: role for person_id, role in plan.invitees.items() if role.takes_part}
    invitees = {offered.lead_id: AttendeeRole.CHAIR} | asked
    day = max(event.starts.date(), next_working_day(local(now, event.zone).date()))
    wanted = TimeSearch(
        first=datetime.combine(day, OPENS),
        length=event.duration,
        zone=event.zone,
        committee_id=event.committee_id,
        event_id=event.id,
        reads_outside=settings.shared_calendars,
    )
    times_found = await availability.find_times(viewer, invitees, wanted, now)
    names = {person.id: person for person in (*offered.people, offered.lead) if person}
    required = [person_id for person_id, role in invitees.items() if role is not AttendeeRole.OPTIONAL]
    days = times_found.days if wanted.reads_outside else {}
    return [time_choice(suggestion, event.zone, required, names, days) for suggestion in times_found.suggestions]


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


@get("/polls/{poll_id:uuid}/date", guards=[signed_in])
async def show_poll_scheduling(poll_id: PathId, pages: Pages, viewer: Viewer, params: Query, now: Now) -> Page:
    """Show a date with everyone's replies, and what happens when the event is scheduled on it."""
    return await _question(pages, viewer, poll_id, id_in(params["date"]) or NOWHERE, now)


@post("/polls/{poll_id:uuid}/date", guards=[signed_in], status_code=303)
async def post_poll_scheduling(poll_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Schedule the event on one of the dates."""
    event_id = (await polls.led_poll(viewer, poll_id)).event.id
    option_id = id_in(form["date"]) or NOWHERE
    try:
        await polls.schedule_on_poll_date(viewer, poll_id, option_id, now)
    except Invalid as wrong:
        return await _question(pages, viewer, poll_id, option_id, now, wrong.sentence)
    said = with_number_notified("Scheduled.", await messages.number_notified(viewer, [event_id], now))
    return pages.redirect(f"/events/{event_id}", said, await undo_for(viewer, event_id, now))


@get("/polls/{poll_id:uuid}/cancellation", guards=[signed_in])
async def show_poll_cancellation(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show what happens when a poll is canceled."""
    poll, effect = await polls.led_poll(viewer, poll_id), None
    with surviving_failures():
        effect = await do_and_roll_back(partial(polls.cancel_poll, viewer, poll_id, now))
    return pages.render("polls/cancel.html", poll=poll, event=poll.event, effect=effect, seconds=UNDO_FOR.seconds)


@post("/polls/{poll_id:uuid}/cancellation", guards=[signed_in], status_code=303)
async def post_poll_cancellation(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Cancel a poll, with a button that undoes it."""
    done = await polls.cancel_poll(viewer, poll_id, now)
    undo = Undo(address=f"/polls/{poll_id}/restoration", fields={}, until=now + UNDO_FOR)
    return pages.redirect(
        f"/polls/{poll_id}", with_number_notified("Poll canceled.", EmailCount(done.notified, done.notified)), undo
    )


@post("/polls/{poll_id:uuid}/restoration", guards=[signed_in], status_code=303)
async def post_poll_restoration(poll_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Undo a cancellation, or say why that is too late."""
    deed, said = polls.restore_poll(viewer, poll_id, now), "Undone. The poll is open, and no one was notified."
    return await pages.respond(f"/polls/{poll_id}", deed, said, (Gone, Conflict))


async def _question(pages: Pages, viewer: Viewer, poll_id: UUID, option_id: UUID, now: Now, wrong: str = "") -> Page:
    poll = await polls.led_poll(viewer, poll_id)
    polls.chosen_poll_date(poll, option_id, now)
    deed = partial(polls.schedule_on_poll_date, viewer, poll_id, option_id, now)
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
