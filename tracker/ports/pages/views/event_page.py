"""The page of an event: everything about one date in one place, with the forms for replies."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.errors import Conflict, Gone, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.date_entries import is_from_home
from tracker.ports.pages.core.dependencies import Drafts, Form, HomeRows, OnDate, Page, Pages
from tracker.ports.pages.core.form_values import FormValues, errors_of, participant_in
from tracker.ports.pages.events.date_pages import (
    REPLY_FIELDS,
    event_page_context,
    occurrence_address,
    read_reply_form,
    read_reply_value,
    redirect_to_moved_date,
    refusal_undo_button,
)
from tracker.ports.pages.events.previews import preview_deed
from tracker.rules.core.drafts import DraftForm, DraftKey, SavedDraft
from tracker.rules.core.wording import local, plural, short_date
from tracker.rules.emails.emails import REPLY_WORDS
from tracker.rules.events.events import EventStatus, agenda_items, dates_taking_place
from tracker.rules.events.plans import rule_of
from tracker.rules.recurrence.series import pattern_words
from tracker.usecases.core import audit
from tracker.usecases.events import occurrences, replies, scheduling
from tracker.usecases.events.recorded_replies import record_reply_for
from tracker.usecases.views.event_page import EventView, view_event, view_series

DATES_SHOWN = 12
"""Upcoming dates of a series that are shown expanded."""


@get("/events/{event_id:uuid}", guards=[signed_in])
async def show_series(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show a series with all its dates; redirect an event with one date to that date."""
    view = await view_series(viewer, event_id, now)
    if not view.event.is_series:
        return Redirect(occurrence_address(view.dates[0].occurrence), status_code=303)
    await audit.record_series_read(viewer, [view.event], now)
    rule = rule_of(view.event)
    left = dates_taking_place([series_date.occurrence for series_date in view.dates])
    runs = f"until {short_date(local(left[-1].starts_at, view.event.zone))}, {plural(len(left), 'date')}"
    return pages.render(
        "events/series.html",
        view=view,
        event=view.event,
        shown=DATES_SHOWN,
        runs=runs,
        repeats=pattern_words(rule) if rule else "",
        agenda=agenda_items(view.following.occurrence.agenda) if view.following else (),
    )


@get("/events/{event_id:uuid}/{key:str}", guards=[signed_in])
async def show_event(date: OnDate, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now) -> Page:
    """Show one date, also at the address that it had in an earlier series.

    The forms of replies begin with what the viewer typed there and did not save.
    """
    subject = f"{date.event_id}/{date.key}"
    try:
        view, kept = await together(
            view_event(viewer, *date, now), drafts.of(subject, DraftForm.REPLY, DraftForm.RECORDED_REPLY)
        )
    except NotFound:
        return await redirect_to_moved_date(viewer, *date)
    await audit.record_date_read(viewer, view.occurrence, now)
    typed = _typed(drafts, view, subject, kept)
    occurrence, event = view.occurrence, view.occurrence.event
    outcome = None
    if occurrence.is_off and view.may_edit:
        restore = partial(occurrences.restore_occurrence, viewer, event.id, occurrence.key, occurrence.version, now)
        if event.status is EventStatus.CANCELED:
            restore = partial(scheduling.restore_event, viewer, event.id, event.version, now)
        outcome = (await preview_deed(viewer, event.id, restore, now)).outcome
    return pages.render("events/show.html", **event_page_context(view, now) | typed | {"outcome": outcome})


def _typed(drafts: Drafts, view: EventView, subject: str, kept: Mapping[DraftForm, SavedDraft]) -> dict[str, Any]:
    """Return what was typed into the two forms of replies and not saved, as far as the page has these forms."""

    def shown(form: DraftForm) -> FormValues | None:
        return drafts.shown(DraftKey(form=form, subject=subject, event_id=view.occurrence.event.id), kept.get(form))

    reply = shown(DraftForm.REPLY) if view.is_invited else None
    recorded = shown(DraftForm.RECORDED_REPLY) if view.answerable else None
    typed: dict[str, Any] = {"comment": reply["comment"]} if reply else {}
    return typed | ({"recorded": recorded} if recorded else {})


@post("/events/{event_id:uuid}/{key:str}/reply", guards=[signed_in], status_code=303)
async def post_reply(date: OnDate, pages: Pages, viewer: Viewer, form: Form, home_rows: HomeRows, now: Now) -> Page:
    """Record the viewer's reply, or say why it came too late, with the note that was typed (410)."""
    is_row = home_rows.are_asked_for(form)
    try:
        value, comment, substitute = read_reply_form(form)
        for_series = form["scope"] == "series"
        await replies.record_own_reply(viewer, *date, value, comment, now, for_series=for_series, substitute=substitute)
    except Gone as closed:
        if is_row:
            return await _home_row(home_rows, await replies.owed_reply_for(viewer, *date), form, closed)
        view = await view_event(viewer, *date, now)
        said = {"comment": form["comment"], "refused": closed.sentence}
        return pages.render(_template(pages), status_code=410, **event_page_context(view, now) | said)
    except Invalid as wrong:
        return await _replied(pages, viewer, *date, now, form, wrong=wrong)
    if not is_from_home(form):
        return await _replied(pages, viewer, *date, now)
    owed_reply = await replies.owed_reply_for(viewer, *date)
    return (
        await _home_row(home_rows, owed_reply, form) if is_row else pages.redirect(HOME, _reply_said(form, owed_reply))
    )


async def _replied(
    pages: Pages,
    viewer: Viewer,
    event_id: UUID,
    key: str,
    now: Now,
    form: FormValues | None = None,
    *,
    wrong: Invalid | None = None,
) -> Page:
    """Show the present state: to htmx the parts that changed, with an error the whole page, else a redirect."""
    if not wrong and not pages.is_htmx:
        occurrence = await occurrences.date_seen_by(viewer, event_id, key)
        return pages.redirect(f"{occurrence_address(occurrence)}#reply")
    if not wrong:
        pages.saved()
    view = await view_event(viewer, event_id, key, now)
    typed = {"comment": form["comment"] if form else "", "wrong": errors_of(wrong, REPLY_FIELDS)}
    return pages.render(_template(pages), status_code=422 if wrong else 200, **event_page_context(view, now) | typed)


async def _home_row(
    home_rows: HomeRows, owed_reply: replies.OwedReply, form: FormValues, closed: Gone | None = None
) -> Page:
    """Return the row of the home page; after it the next date of the series, if that waits for a reply now."""
    home = await home_rows.found()
    refused = closed.sentence if closed else ""
    owed = () if refused or form["changes"] else home.owed or ()
    return home_rows.show(
        "core/home/row-reply.html",
        home,
        f"Your reply wasn’t saved. {refused}" if refused else _reply_said(form, owed_reply),
        refused=refused,
        status_code=410 if refused else 200,
        one=owed_reply,
        given="" if refused else form["reply"],
        covers=form["scope"],
        next_owed=next((other for other in owed if other.line.event_id == owed_reply.line.event_id), None),
    )


def _reply_said(form: FormValues, owed_reply: replies.OwedReply) -> str:
    """Return what was replied to what."""
    is_of_all = owed_reply.is_series and form["scope"] == "series"
    which = f"{'all dates of ' if is_of_all else ''}{owed_reply.line.title}"
    return f"You replied {form['reply'].capitalize()} to {which}."


def _template(pages: Pages) -> str:
    return "events/reply-part.html" if pages.is_htmx else "events/show.html"


RECORDED_FIELDS = ("person", "reply", "note", "reply_for")
NO_EMAIL = "No email was sent."
OF_SUBSTITUTE = "They’ll get an email that updates their calendar. The person who named them will get one, too."


@post("/events/{event_id:uuid}/{key:str}/replies", guards=[signed_in], status_code=303)
async def post_recorded_reply(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record the reply, or show the page again with what was typed; a date that takes no replies shows that."""
    view = await view_event(viewer, *date, now)
    try:
        value, note = read_reply_value(form, "reply", "note")
        for_series, (person_id, invitation_id) = form["reply_for"] == "series", participant_in(form["person"])
        person, released = await record_reply_for(
            viewer, *date, person_id, value, note, now, for_series=for_series, invitation_id=invitation_id
        )
    except Invalid as wrong:
        context = {**event_page_context(view, now), "recorded": form, "errors": errors_of(wrong, RECORDED_FIELDS)}
        return pages.render("events/show.html", status_code=422, **context)
    except (Gone, Conflict) as closed:
        return pages.refuse(f"{date.page}#participants", closed.sentence)
    sentence = f"Recorded: {person.name} ({person.agency}) replied {REPLY_WORDS[value]}."
    undo, emailed = None, f"{released} will get an email that they’re not needed." if released else NO_EMAIL
    if person.substitutes_for:
        undo, emailed = refusal_undo_button(date.page, now), OF_SUBSTITUTE
    return pages.redirect(f"{date.page}#participants", f"{sentence} {emailed}", undo)
