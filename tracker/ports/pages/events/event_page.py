"""The page of an event: everything about one date in one place, and the viewer's reply if they are invited."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.errors import Gone, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, PathText, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.request_source import HOME
from tracker.ports.pages.core.dependencies import Drafts, Form, HomeRows, Pages
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, errors_of, id_in
from tracker.ports.pages.core.home_part import is_from_home
from tracker.ports.pages.events.moved_dates import page_elsewhere
from tracker.ports.pages.events.preview import of_deed
from tracker.rules.core.drafts import DraftForm, DraftKey, SavedDraft
from tracker.rules.core.wording import local, plural, short_date
from tracker.rules.emails.nudges import skipped, why_not
from tracker.rules.events.agenda import agenda_items, planned_minutes
from tracker.rules.events.event import EventStatus, Occurrence, taking_place
from tracker.rules.events.plan import is_moved, may_change_from, rule_of, slot
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.intake.proposals import STATE_WORDS as PROPOSAL_WORDS
from tracker.rules.operations.states import STATE_WORDS
from tracker.rules.recurrence.words import pattern_words
from tracker.rules.views.impact import Consequences
from tracker.usecases.core import audit
from tracker.usecases.events import events, occurrences, replies
from tracker.usecases.views.event_page import EventView, view_event, view_series

DATES_SHOWN = 12
"""Upcoming dates of a series that are shown expanded."""
REPLIES = {"yes": ReplyValue.ACCEPTED, "maybe": ReplyValue.TENTATIVE, "no": ReplyValue.DECLINED}
"""The values of the reply buttons."""
ALTERNATE = "alternate"
"""The value of the button that names a substitute."""
REPLY_FIELDS = ("reply", "comment", "substitute")


@get("/events/{event_id:uuid}", guards=[signed_in])
async def series_page(event_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Response[Any]:
    """Show a series with all its dates; redirect an event with one date to that date."""
    view = await view_series(viewer, event_id, now)
    if not view.event.is_series:
        return Redirect(address_of(view.dates[0].occurrence), status_code=303)
    await audit.record_series_read(viewer, [view.event], now)
    rule = rule_of(view.event)
    left = taking_place([one.occurrence for one in view.dates])
    runs = f"until {short_date(local(left[-1].starts_at, view.event.zone))}, {plural(len(left), 'date')}"
    return pages.render(
        "events/series.html",
        view=view,
        event=view.event,
        shown=DATES_SHOWN,
        runs=runs,
        repeats=pattern_words(rule) if rule else "",
    )


@get("/events/{event_id:uuid}/{key:str}", guards=[signed_in])
async def event_page(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[Any]:
    """Show one date, also at the address that it had in an earlier series.

    The forms of replies begin with what the viewer typed there and did not save.
    """
    subject = f"{event_id}/{key}"
    try:
        view, found = await together(
            view_event(viewer, event_id, key, now), drafts.of(subject, DraftForm.REPLY, DraftForm.RECORDED_REPLY)
        )
    except NotFound:
        return await page_elsewhere(viewer, event_id, key)
    await audit.record_date_read(viewer, view.occurrence, now)
    typed = _typed(drafts, view, subject, found)
    outcome = await _if_restored(viewer, view, now)
    return pages.render("events/show.html", **event_context(view, now) | typed | {"outcome": outcome})


def _typed(drafts: Drafts, view: EventView, subject: str, found: Mapping[DraftForm, SavedDraft]) -> dict[str, Any]:
    """Return what was typed into the two forms of replies and not saved, as far as the page has these forms."""

    def shown(form: DraftForm) -> FormValues | None:
        return drafts.shown(DraftKey(form=form, subject=subject, event_id=view.occurrence.event.id), found.get(form))

    reply = shown(DraftForm.REPLY) if view.is_invited else None
    recorded = shown(DraftForm.RECORDED_REPLY) if view.answerable else None
    typed: dict[str, Any] = {"comment": reply["comment"]} if reply else {}
    return typed | ({"recorded": recorded} if recorded else {})


async def _if_restored(viewer: Viewer, view: EventView, now: Now) -> Consequences | None:
    """Return what restoring a canceled event or date would do, for people who may restore it."""
    date = view.occurrence
    if not (date.is_off and view.may_edit):
        return None
    event = date.event
    if event.status is EventStatus.CANCELED:
        return await of_deed(viewer, event.id, partial(events.restore, viewer, event.id, event.version, now), now)
    deed = partial(occurrences.restore_occurrence, viewer, event.id, date.key, date.version, now)
    return await of_deed(viewer, event.id, deed, now)


@post("/events/{event_id:uuid}/{key:str}/reply", guards=[signed_in], status_code=303)
async def save_reply(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, home_rows: HomeRows, now: Now
) -> Response[Any]:
    """Record the viewer's reply, or say why it came too late, with the note that was typed (410)."""
    is_row = home_rows.are_asked_for(form)
    try:
        value, comment, substitute = read_reply(form)
        for_series = form["scope"] == "series"
        await replies.reply(viewer, event_id, key, value, comment, now, for_series=for_series, substitute=substitute)
    except Gone as closed:
        if is_row:
            return await _home_row(home_rows, await replies.date_asked(viewer, event_id, key), form, closed)
        return await _too_late(pages, await view_event(viewer, event_id, key, now), now, form, closed)
    except Invalid as wrong:
        return await _replied(pages, viewer, event_id, key, now, form, wrong=wrong)
    if not is_from_home(form):
        return await _replied(pages, viewer, event_id, key, now)
    one = await replies.date_asked(viewer, event_id, key)
    return await _home_row(home_rows, one, form) if is_row else pages.redirect(HOME, _said(form, one))


def read_reply_value(form: FormValues, field: str = "reply", comment: str = "comment") -> tuple[ReplyValue, str]:
    """Return a reply and its comment from the fields of these names. Errors: Invalid by field."""
    reader = FormReader(form)
    words = reader.text(comment, LONGEST_COMMENT, multiline=True)
    value = REPLIES.get(form[field])
    if value is None:
        raise Invalid(**{field: "Choose Yes, Maybe, or No."}, **reader.wrong)
    reader.check()
    return value, words


def read_reply(form: FormValues) -> tuple[ReplyValue, str, UUID | None]:
    """Return a reply, its comment, and the substitute. Errors: Invalid by field."""
    if form["reply"] != ALTERNATE:
        return *read_reply_value(form), None
    value, words = read_reply_value(form.but({"reply": "no"}))
    substitute = id_in(form["substitute"])
    if substitute is None:
        raise Invalid(substitute="Choose who is coming in your place.")
    return value, words, substitute


def address_of(occurrence: Occurrence) -> str:
    """Return the address of a date's page."""
    return f"/events/{occurrence.event.id}/{occurrence.key}"


def event_context(view: EventView, now: Now) -> dict[str, Any]:
    """Return what the page of a date shows."""
    occurrence, event = view.occurrence, view.occurrence.event
    agenda = agenda_items(occurrence.agenda)
    by_rule = slot(occurrence.original_start, event.duration, event.zone)
    return {
        **times_of(occurrence),
        "view": view,
        "event": event,
        "agenda": agenda,
        "planned": planned_minutes(agenda),
        "minutes": int((occurrence.ends_at - occurrence.starts_at).total_seconds() // 60),
        "repeats": pattern_words(rule) if (rule := rule_of(event)) else "",
        "was": tuple(local(one, event.zone) for one in by_rule) if event.is_series and is_moved(occurrence) else None,
        "nudge_words": lambda nudge, zone: (why_not(nudge, now, zone), skipped(nudge, now, zone)),
        "from_here": event.is_series and may_change_from(occurrence, view.before, now),
        "attendance_opens": local(view.attendance_opens, event.zone),
        "takes_items": event.status is not EventStatus.DRAFT and not occurrence.is_off,
        "assigns_items": view.assigns_items,
        "comment": "",
        "refused": "",
        "readings": [(one, local(one.at, event.zone)) for one in view.readings],
        "wrong": errors_of(None, REPLY_FIELDS),
        "recorded": FormValues({}),
        "errors": Errors(),
        "outcome": None,
        "outcome_zone": event.zone,
        "plan_states": STATE_WORDS,
        "proposal_states": PROPOSAL_WORDS,
        "refusal": FormValues({}),
        "refused_id": None,
        "wrong_refusal": Errors(),
        "unsent_decline": None,
    }


def times_of(occurrence: Occurrence) -> dict[str, Any]:
    """Return a date with its times on the wall clock of its zone."""
    zone = occurrence.event.zone
    return {
        "occurrence": occurrence,
        "starts": local(occurrence.starts_at, zone),
        "ends": local(occurrence.ends_at, zone),
        "address": address_of(occurrence),
    }


async def _replied(
    pages: Pages,
    viewer: Viewer,
    event_id: UUID,
    key: str,
    now: Now,
    form: FormValues | None = None,
    *,
    wrong: Invalid | None = None,
) -> Response[Any]:
    """Show the present state: to htmx the parts that changed, with an error the whole page, else a redirect."""
    if not wrong and not pages.is_htmx:
        occurrence = await occurrences.date_for(viewer, event_id, key)
        return pages.redirect(f"{address_of(occurrence)}#reply")
    if not wrong:
        pages.saved()
    view = await view_event(viewer, event_id, key, now)
    typed = {"comment": form["comment"] if form else "", "wrong": errors_of(wrong, REPLY_FIELDS)}
    return pages.render(_template(pages), status_code=422 if wrong else 200, **event_context(view, now) | typed)


async def _home_row(
    home_rows: HomeRows, one: replies.Owed, form: FormValues, closed: Gone | None = None
) -> Response[str]:
    """Return the row of the home page; after it the next date of the series, if that waits for a reply now."""
    found = await home_rows.found()
    refused = closed.sentence if closed else ""
    owed = () if refused or form["changes"] else found.owed or ()
    return home_rows.show(
        "views/home/row-reply.html",
        found,
        f"Your reply wasn’t saved. {refused}" if refused else _said(form, one),
        refused=refused,
        status_code=410 if refused else 200,
        one=one,
        given="" if refused else form["reply"],
        covers=form["scope"],
        next_owed=next((other for other in owed if other.line.event_id == one.line.event_id), None),
    )


def _said(form: FormValues, one: replies.Owed) -> str:
    """Return what was replied to what."""
    which = f"all dates of {one.line.title}" if one.is_series and form["scope"] == "series" else one.line.title
    return f"You replied {form['reply'].capitalize()} to {which}."


async def _too_late(pages: Pages, view: EventView, now: Now, form: FormValues, closed: Gone) -> Response[str]:
    """Show why a date takes no replies now, and the note that is still a draft."""
    said = {"comment": form["comment"], "refused": closed.sentence}
    return pages.render(_template(pages), status_code=410, **event_context(view, now) | said)


def _template(pages: Pages) -> str:
    return "events/reply-part.html" if pages.is_htmx else "events/show.html"
