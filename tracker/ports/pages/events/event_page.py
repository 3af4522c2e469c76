"""The page of an event: everything about one date in one place, and the answer of whoever is invited."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import Gone, Invalid
from tracker.ports.http import flash
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import Errors, FormValues, Reader, errors_of, form_of, id_in
from tracker.ports.pages.core.request import is_from_htmx, viewer_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.events.preview import of_deed
from tracker.rules.core.date_words import short_date
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import local, plural
from tracker.rules.emails.nudges import why_not
from tracker.rules.events.agenda import agenda_items, planned_minutes
from tracker.rules.events.event import EventStatus, Occurrence
from tracker.rules.events.plan import is_moved, rule_of, slot
from tracker.rules.events.replies import LONGEST_COMMENT, ReplyValue
from tracker.rules.recurrence.words import pattern_words
from tracker.rules.views.impact import Consequences
from tracker.usecases.core import access_records
from tracker.usecases.events import events, occurrences, replies
from tracker.usecases.views.event_page import EventView, event_view
from tracker.usecases.views.series_page import series_view

DATES_SHOWN = 12
"""Dates to come of a series that are shown unfolded."""
HOME = "/"
"""Where a reply that was given on the home page leads back to."""
REPLIES = {"yes": ReplyValue.ACCEPTED, "maybe": ReplyValue.TENTATIVE, "no": ReplyValue.DECLINED}
"""What the buttons of a page are worth."""
ALTERNATE = "alternate"
"""What the button is worth that sends somebody else."""
REPLY_FIELDS = ("reply", "comment", "substitute")


@get("/events/{event_id:uuid}", guards=[signed_in])
async def series_page(event_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show a series with all its dates; of an event with one date, lead to that."""
    viewer, now = viewer_of(request), clock.now()
    view = await series_view(viewer, event_id, now)
    if not view.event.is_series:
        return Redirect(address_of(view.dates[0].occurrence), status_code=303)
    await access_records.note_series(viewer, [view.event], now)
    rule = rule_of(view.event)
    last = local(view.dates[-1].occurrence.starts_at, view.event.zone)
    runs = f"until {short_date(last)}, {plural(len(view.dates), 'date')}"
    return page(
        "events/series.html",
        request,
        view=view,
        event=view.event,
        shown=DATES_SHOWN,
        runs=runs,
        repeats=pattern_words(rule) if rule else "",
    )


@get("/events/{event_id:uuid}/{key:str}", guards=[signed_in])
async def event_page(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one date."""
    viewer, now = viewer_of(request), clock.now()
    view = await event_view(viewer, event_id, key, now)
    await access_records.note_date(viewer, view.occurrence, now)
    return page("events/show.html", request, **event_context(view) | {"outcome": await _if_restored(viewer, view)})


async def _if_restored(viewer: Viewer, view: EventView) -> Consequences | None:
    """Return what the button does that brings a canceled event or date back, for whoever has it."""
    date, now = view.occurrence, clock.now()
    if not (date.is_off and view.may_edit):
        return None
    event = date.event
    if event.status is EventStatus.CANCELED:
        return await of_deed(viewer, event.id, partial(events.restore, viewer, event.id, event.version, now), now)
    deed = partial(occurrences.restore_occurrence, viewer, event.id, date.key, date.version, now)
    return await of_deed(viewer, event.id, deed, now)


@post("/events/{event_id:uuid}/{key:str}/reply", guards=[signed_in], status_code=303)
async def response(event_id: FromPath[UUID], key: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Record the viewer's answer; a date that is over or canceled shows so."""
    viewer, form = viewer_of(request), await form_of(request)
    try:
        value, comment, substitute = read_reply(form)
        for_series = form["scope"] == "series"
        await replies.reply(
            viewer, event_id, key, value, comment, clock.now(), for_series=for_series, substitute=substitute
        )
    except Gone:
        return await _replied(request, viewer, event_id, key)
    except Invalid as wrong:
        return await _replied(request, viewer, event_id, key, form, wrong)
    if form["next"] == HOME:
        return _back_home(request, form["reply"])
    return await _replied(request, viewer, event_id, key)


def read_reply_value(form: FormValues, response: str = "reply", comment: str = "comment") -> tuple[ReplyValue, str]:
    """Return what was answered, and in which words, from the fields of these names. Errors: Invalid by field."""
    reader = Reader(form)
    words = reader.text(comment, LONGEST_COMMENT, multiline=True)
    value = REPLIES.get(form[response])
    if value is None:
        raise Invalid(**{response: "Choose Yes, Maybe or No."}, **reader.wrong)
    reader.check()
    return value, words


def read_reply(form: FormValues) -> tuple[ReplyValue, str, UUID | None]:
    """Return what somebody answered, in which words, and whom they send instead. Errors: Invalid by field."""
    if form["reply"] != ALTERNATE:
        return *read_reply_value(form), None
    value, words = read_reply_value(form.but({"reply": "no"}))
    substitute = id_in(form["substitute"])
    if substitute is None:
        raise Invalid(substitute="Choose who comes in your place.")
    return value, words, substitute


def address_of(occurrence: Occurrence) -> str:
    """Return the address of a date's page."""
    return f"/events/{occurrence.event.id}/{occurrence.key}"


def event_context(view: EventView) -> dict[str, Any]:
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
        "why_no_nudge": lambda nudge: why_not(nudge, clock.now(), event.zone),
        "attendance_opens": local(view.attendance_opens, event.zone),
        "comment": "",
        "readings": [(one, local(one.at, event.zone)) for one in view.readings],
        "wrong": errors_of(None, REPLY_FIELDS),
        "recorded": FormValues({}),
        "errors": Errors(),
        "outcome": None,
        "outcome_zone": event.zone,
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


def _back_home(request: Request[Any, Any, Any], replied: str) -> Redirect:
    redirect = Redirect(HOME, status_code=303)
    flash.say(redirect, request.scope["state"]["settings"], f"Your reply is saved: {replied.capitalize()}.")
    return redirect


async def _replied(
    request: Request[Any, Any, Any],
    viewer: Viewer,
    event_id: UUID,
    key: str,
    form: FormValues | None = None,
    wrong: Invalid | None = None,
) -> Response[Any]:
    """Show the page as it is now: the parts that changed to htmx, the whole of it with an error, else its address."""
    if not wrong and not is_from_htmx(request):
        occurrence = await occurrences.date_for(viewer, event_id, key)
        return Redirect(f"{address_of(occurrence)}#reply", status_code=303)
    view = await event_view(viewer, event_id, key, clock.now())
    typed = {"comment": form["comment"] if form else "", "wrong": errors_of(wrong, REPLY_FIELDS)}
    template = "events/reply-part.html" if is_from_htmx(request) else "events/show.html"
    return page(template, request, status_code=422 if wrong else 200, **event_context(view) | typed)


handlers = [series_page, event_page, response]
