"""Scheduling an event: the form with all its values, and templates that it can begin with."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.database import together
from tracker.errors import Invalid, NotAllowed, NotFound
from tracker.ports.http.cookies import Flash
from tracker.ports.http.dependencies import Now, PathId, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Drafts,
    Form,
    Page,
    Pages,
    Query,
    QueryString,
    undo_for,
    with_number_notified,
)
from tracker.ports.pages.core.form_values import Errors, FormReader, FormValues, form_version, id_in, person_label
from tracker.ports.pages.core.sheets import sent_form
from tracker.ports.pages.events import previews, schedule_form
from tracker.ports.pages.events.event_form import EventForm
from tracker.ports.pages.events.previews import (
    Editing,
    OpenedForm,
    conflicts_in_form,
    double_booked_in,
    repeat_options,
    typed_dates_in_words,
)
from tracker.ports.pages.events.schedule_form import (
    BEGINS,
    empty_form,
    form_of_copy,
    form_of_template,
    read_event_plan,
    zone_in_form,
)
from tracker.ports.pages.events.schedule_people import (
    ROLE_OPTIONS,
    agency_lists,
    fill_choices,
    picks_in_form,
    search_in_form,
    settle_boxes,
    with_person,
    without_person,
)
from tracker.rules.availability.double_bookings import sending_effect
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import local, plural, zone_choices
from tracker.rules.events.events import Event, EventStatus, Kind
from tracker.rules.events.forms import Picks, Template, may_be_shared, may_remove_template
from tracker.rules.events.history import UNDO_FOR
from tracker.rules.events.markings import may_copy
from tracker.rules.events.plans import Plan
from tracker.rules.recurrence.holidays import next_working_day
from tracker.rules.views.impact import NO_OPENING, Consequences
from tracker.usecases.availability import TimeSearch, first_free_time
from tracker.usecases.emails import messages
from tracker.usecases.events import form_options, scheduling
from tracker.usecases.events.form_options import invited_by_form, notified_by_form


async def schedule_context(
    viewer: Viewer, form: FormValues, opened: OpenedForm, now: Now, *, is_tried: bool = True
) -> dict[str, Any]:
    """Return what every part of the form shows; without `is_tried`, not the effect of sending it."""
    opened = opened._replace(zone=zone_in_form(FormReader(form), opened.zone))
    offered, zone, editing, event = *opened, opened.event
    foreseen = await previews.preview_form(viewer, form, opened, now, is_tried=is_tried)
    search, conflicts = await together(
        search_in_form(viewer, form, offered), conflicts_in_form(viewer, form, opened, foreseen.outcome, now)
    )
    hindrance = Errors({"": foreseen.hindrance} if foreseen.hindrance else {})
    to_fix = EventForm.errors(foreseen.wrong) or hindrance
    if not is_tried and event is None and not form["title"]:
        to_fix = Errors()  # nothing was typed yet, so that nothing is wrong
    named = {committee.id: committee.name for committee in offered.own_committees}
    if event and event.committee_id:
        named[event.committee_id] = event.committee or ""
    return {
        "form": form,
        "offered": offered,
        "event": event,
        "committees": list(named.items()),
        "sending": notified_by_form(invited_by_form(picks_in_form(form), offered), offered),
        "words": typed_dates_in_words(form, zone, now),
        "repeats": repeat_options(form),
        "role_options": ROLE_OPTIONS,
        "lists": agency_lists(form, offered),
        "search": search,
        "edit_impact": editing.edit_impact if editing else None,
        **schedule_form.marking_context(form, offered, event) | schedule_form.reminder_context(offered),
        **conflicts,
        "outcome": foreseen.outcome,
        "to_fix": to_fix,
        "effect": sending_effect(*_sending_words(foreseen.outcome, event), double_booked=conflicts["double_booked"]),
        "unheard": foreseen.unheard,
        **details_in_outcome(foreseen.outcome, editing),
        "outcome_zone": zone,
        "zone_name": zone,
        "zones": zone_choices(zone),
        "names": {person.id: person_label(person) for person in (*offered.people, offered.lead) if person},
    }


def _sending_words(outcome: Consequences | None, event: Event | None) -> tuple[str, str]:
    """Return what saving says to whom, and what it does to a plan."""
    if outcome:
        return outcome.email_words, outcome.plan_words
    is_unsent = event is None or event.status is EventStatus.DRAFT
    return ("Nothing is sent yet." if is_unsent else "Nothing has changed yet."), ""


def details_in_outcome(outcome: Consequences | None, editing: Editing | None) -> dict[str, Any]:
    """Return the dates that keep their own details when the form is saved, those that cannot, and what opens.

    When a series changes from one of its dates on, the earlier ones are not named.
    """
    if outcome is None or editing is None:
        return {"kept_details": (), "lost_details": (), "opening": NO_OPENING}
    first = editing.edit_impact.first
    return {
        "kept_details": [
            detail.words
            for detail in outcome.kept_details
            if not first or detail.date.original_start >= first.original_start
        ],
        "lost_details": [detail.words for detail in outcome.lost_details],
        "opening": outcome.opening,
    }


async def render_schedule_form(
    pages: Pages,
    viewer: Viewer,
    form: FormValues,
    opened: OpenedForm,
    now: Now,
    *,
    is_tried: bool = True,
    is_quick: bool = False,
    **context: Any,
) -> Page:
    """Return the whole form, with everything that was typed; `context` is what else it shows, and its status.

    `is_quick`: the small form, which hides the rest and leads to the whole one. Without `is_tried` the page requests
    the preview itself after it has loaded: a GET of the form of a new event waits for no writer.
    """
    editing = opened.editing
    action = f"/events/{editing.event.id}/edit" if editing else "/events"
    if editing and editing.first_key:  # after an error, that address opens the same form again
        action = f"{action}?from={editing.first_key}"
    usual = {
        "action": action,
        "form_id": "",
        "errors": Errors(),
        "times": None,
        "templates": (),
        "asks_reauthentication": False,
        "proposed": None,
    }
    return pages.render(
        "events/schedule/quick.html" if is_quick else "events/schedule/form.html",
        version=editing.version if editing else 0,
        was=editing.was if editing else "",
        changes=editing.changes if editing else None,
        **await schedule_context(viewer, form, opened, now, is_tried=is_tried),
        **usual | context,
    )


DAYS_TO_BE_FREE = 7
"""In how many days the first free time is looked for."""
DRAFTED = "Draft saved. Only you can see it."
ONLY_MARKERS = (
    "This event is marked as controlled information. Only members of law-enforcement agencies can duplicate it."
)
ASKS = "poll"
"""The value of the button that saves a draft and asks people for its date."""
SENDS = ("send", "draft", ASKS)
"""The values of the buttons that save; any other button shows the form again, and nothing is sent."""


@get("/schedule", guards=[signed_in])
async def show_new_event(
    pages: Pages, viewer: Viewer, params: Query, query_string: QueryString, drafts: Drafts, zone: Zone, now: Now
) -> Page:
    """Show an empty form for the requested kind and day, a copy of `like`, or one from a `template`.

    Each of them begins with what the viewer typed there and did not save: a form that was opened for a day of the
    calendar has a draft of its own. `quick` shows the small form, unless there is a draft.
    """
    check_organizer(viewer)
    like, template_id, day = id_in(params["like"]), id_in(params["template"]), FormReader(params).day("date")
    key = _draft_key(like, template_id, day)
    offered, templates, plan, template, kept = await together(
        form_options.choices_in_form(viewer),
        form_options.templates_for(viewer),
        _to_copy(viewer, like),
        _to_begin_with(viewer, None if like else template_id),
        drafts.of(key.subject, key.form),
    )
    kind = next((kind for kind in Kind if kind == params["kind"]), Kind.MEETING)
    typed = drafts.shown(key, kept.get(key.form))
    starts = await _first_start(viewer, params, zone, now, is_free=not (plan or template or typed))
    form = empty_form(kind, starts.date(), offered, starts.time())
    begun: dict[str, Any] = {"action": _with_query("/events", query_string)}
    if plan:
        offered = await form_options.choices_with_people(viewer, offered, Picks(people=frozenset(plan.invitees)))
        form = form_of_copy(plan, form["date"], offered)
    elif template and typed is None:
        offered = await fill_choices(viewer, offered, FormValues(template.form))
        form, missing = form_of_template(template, date.fromisoformat(form["date"]), offered)
        begun["flash"] = _begun_from(template, missing)
    form = form if typed is None else typed
    offered = await fill_choices(viewer, offered, form)
    opened = OpenedForm(offered, zone)
    form_id = id_in(form["form_id"]) or ids.new_id()  # that of a form whose first attempt may have been saved
    if params["quick"] and kind is not Kind.JOINT_OPERATION and not (plan or template or typed):
        begun |= {"is_quick": True, "action": f"/events?date={day}" if day else "/events"}
    begun |= {"form_id": form_id, "templates": templates, "is_tried": False}
    return await render_schedule_form(pages, viewer, form, opened, now, **begun)


def _draft_key(like: UUID | None, template_id: UUID | None, day: date | None) -> DraftKey:
    if like:
        return DraftKey(form=DraftForm.COPY, subject=str(like), event_id=like)
    subject = f"template:{template_id}" if template_id else f"day:{day}" if day else ""
    return DraftKey(form=DraftForm.SCHEDULE, subject=subject)


def _begun_from(template: Template, missing: int) -> Flash:
    rest = f" {plural(missing, 'person', 'people')} in it {'isn’t' if missing == 1 else 'aren’t'} on your list."
    return Flash(sentence=f"This form starts with the template “{template.name}”.{rest if missing else ''}")


@get("/events", guards=[signed_in])
async def redirect_to_new_event(viewer: Viewer, query_string: QueryString) -> Redirect:
    """Redirect to the form with its draft: after an error it has this address. Others come to the calendar."""
    form = _with_query("/schedule", query_string)
    return Redirect(form if viewer.may_schedule else "/calendar", status_code=303)


@post("/events", guards=[signed_in], status_code=303)
async def post_new_event(
    pages: Pages, viewer: Viewer, form: Form, query_string: QueryString, zone: Zone, now: Now
) -> Page:
    """Save what the form describes, or show it again with its errors."""
    opened = await _opened_new(viewer, form, zone)
    form_id = id_in(form["form_id"]) or ids.new_id()
    context: dict[str, Any] = {"form_id": form_id, "action": _with_query("/events", query_string)}
    if form["save"] not in SENDS:
        return await render_schedule_form(pages, viewer, form, opened, now, **context)
    try:
        plan = read_event_plan(form, opened.offered, zone)
        event_id = await scheduling.schedule_event(
            viewer, plan, now, form_id=form_id, form=sent_form(form, viewer, now), notified_at=now + UNDO_FOR
        )
    except Invalid as wrong:
        errors = EventForm.errors(wrong)
        return await render_schedule_form(pages, viewer, form, opened, now, errors=errors, status_code=422, **context)
    if form["save"] == ASKS:
        return pages.redirect(f"/events/{event_id}/poll", DRAFTED)
    count, double_booked = await together(
        messages.number_notified(viewer, [event_id], now), double_booked_in(viewer, event_id, "", event_id, now)
    )
    scheduled = f"{with_number_notified('Scheduled.', count)} {double_booked}".rstrip()
    sentence = DRAFTED if plan.status is EventStatus.DRAFT else scheduled
    return pages.redirect(f"/events/{event_id}", sentence, await undo_for(viewer, event_id, now))


@get("/schedule/preview", guards=[signed_in])
async def preview_typed_dates(pages: Pages, viewer: Viewer, params: Query, zone: Zone, now: Now) -> Page:
    """Show what the date fields mean."""
    check_organizer(viewer)
    return pages.render(
        "events/schedule/preview-part.html",
        form=params,
        is_part=True,
        errors=Errors(),
        words=typed_dates_in_words(params, zone_in_form(FormReader(params), zone), now),
        repeats=repeat_options(params),
    )


@post("/schedule/summary", guards=[signed_in], status_code=200)
async def preview_event(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Show who gets what; when the kind has just become operation, it is for named people."""
    opened = await open_form(viewer, form, zone, now)
    if form["kind"] == Kind.JOINT_OPERATION and form["kind_shown"] != form["kind"]:
        form = form.but({"visibility": Visibility.NAMED})
    context = await schedule_context(viewer, form, opened, now)
    return pages.render("events/schedule/summary-part.html", is_part=True, errors=Errors(), **context)


def check_organizer(viewer: Viewer) -> None:
    """Raise `NotAllowed` for people who may not schedule anything."""
    if not viewer.may_schedule:
        raise NotAllowed("Only coordinators, committee chairs, and agency leads can schedule events. Ask one of them.")


def _with_query(path: str, query_string: str) -> str:
    return f"{path}?{query_string}" if query_string else path


async def _first_start(viewer: Viewer, params: FormValues, zone: str, now: Now, *, is_free: bool) -> datetime:
    """Return the start of an empty form on the wall clock: as the address says, or where the viewer is free first."""
    reader = FormReader(params)
    day, hour = reader.day("date"), reader.time("starts")
    starts = datetime.combine(day or next_working_day(local(now, zone).date()), hour or BEGINS)
    if hour or not is_free:
        return starts
    ahead = 1 if day else DAYS_TO_BE_FREE
    wanted = TimeSearch(first=starts, length=timedelta(hours=1), zone=zone, ahead=ahead)
    return await first_free_time(viewer, wanted, now) or starts


async def _to_copy(viewer: Viewer, like: UUID | None) -> Plan | None:
    """Return the plan of the event `like`, if the address names one. Errors: NotFound, NotAllowed."""
    if like is None:
        return None
    _, plan = await scheduling.plan_to_change(viewer, like)
    if not may_copy(viewer, plan.marking):
        raise NotAllowed(ONLY_MARKERS)
    return plan


async def _to_begin_with(viewer: Viewer, template_id: UUID | None) -> Template | None:
    return await form_options.template_for(viewer, template_id) if template_id else None


async def open_form(viewer: Viewer, form: FormValues, zone: str, now: Now, *lists: UUID) -> OpenedForm:
    """Return what a form is about: a new event in `zone`, or the one that it changes; `lists` are agencies to show.

    Errors: NotFound, NotAllowed.
    """
    event_id = id_in(form["event"])
    if event_id is None:
        return await _opened_new(viewer, form, zone, *lists)
    event, plan, edit_impact = await form_options.event_in_form(viewer, event_id, form["from"], now)
    offered = await form_options.choices_in_form(viewer, event, plan.invitees)
    offered = await fill_choices(viewer, offered, form, *lists)
    return OpenedForm(
        offered, zone_in_form(FormReader(form), event.zone), Editing(event, event.version, "", edit_impact, plan)
    )


async def _opened_new(viewer: Viewer, form: FormValues, zone: str, *lists: UUID) -> OpenedForm:
    check_organizer(viewer)
    offered = await fill_choices(viewer, await form_options.choices_in_form(viewer), form, *lists)
    return OpenedForm(offered, zone_in_form(FormReader(form), zone))


async def show_form_again(
    pages: Pages, viewer: Viewer, form: FormValues, opened: OpenedForm, now: Now, **context: Any
) -> Page:
    """Show the whole form again as it was typed; `context` is what else it shows."""
    kept = opened.editing and opened.editing._replace(version=form_version(form), was=form["was"])
    form_id = id_in(form["form_id"]) or ids.new_id()
    return await render_schedule_form(
        pages, viewer, form, opened._replace(editing=kept), now, form_id=form_id, **context
    )


@post("/schedule/people", guards=[signed_in], status_code=200)
async def post_people(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Show the lists as the checked agencies and committees make them, and with one person added or removed."""
    opened = await open_form(viewer, form, zone, now)
    offered_ids = {person.id for person in opened.offered.people}
    added, dropped = id_in(form["add"]), id_in(form["drop"])
    form = with_person(form, added if added in offered_ids else None)
    form = without_person(form, dropped if dropped in offered_ids else None)
    if not pages.is_htmx:
        return await show_form_again(pages, viewer, form, opened, now)
    lists = agency_lists(form, opened.offered)
    return pages.render("events/schedule/people.html", lists=lists, role_options=ROLE_OPTIONS, errors=Errors())


@post("/schedule/people/{agency_id:uuid}", guards=[signed_in], status_code=200)
async def post_people_of_agency(
    agency_id: PathId, pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now
) -> Page:
    """Show all people of one agency whom the viewer may invite. Errors: NotFound for an agency without such people."""
    opened = await open_form(viewer, form, zone, now, agency_id)
    lists = agency_lists(form, opened.offered, [agency_id])
    agency_list = next((agency_list for agency_list in lists if agency_list.id == agency_id), None)
    if agency_list is None:
        raise NotFound
    if not pages.is_htmx:
        loaded = form.but({"loaded": (*form.all("loaded"), str(agency_id))})
        return await show_form_again(pages, viewer, loaded, opened, now)
    return pages.render("events/schedule/people-rows.html", one=agency_list, role_options=ROLE_OPTIONS)


@post("/schedule/matches", guards=[signed_in], status_code=200)
async def post_people_search(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Show the first people whom the typed words find."""
    opened = await open_form(viewer, form, zone, now)
    if not pages.is_htmx:
        return await show_form_again(pages, viewer, form, opened, now)
    search = await search_in_form(viewer, form, opened.offered)
    return pages.render(
        "core/parts/people-found.html",
        place="add",
        deed="add",
        words=search.words,
        found=search.people,
        more=search.more,
        others=(),
        invited=search.invited,
    )


TEMPLATES_PATH = "/schedule/templates"


@get(TEMPLATES_PATH, guards=[signed_in])
async def show_templates(pages: Pages, viewer: Viewer) -> Page:
    """List the templates that the viewer may use."""
    check_organizer(viewer)
    templates = await form_options.templates_for(viewer)
    rows = [(template, may_remove_template(viewer, template)) for template in templates]
    return pages.render("events/schedule/templates.html", rows=rows)


@post(TEMPLATES_PATH, guards=[signed_in], status_code=200)
async def post_template(pages: Pages, viewer: Viewer, form: Form, zone: Zone, now: Now) -> Page:
    """Save the content of the form as a template, and show the form again unchanged."""
    opened = await _opened_new(viewer, form, zone)
    kept = settle_boxes(form)
    texts = {name: kept.all(name) for name in kept}
    committee_id = id_in(form["committee"])
    is_offered = committee_id in {committee.id for committee in opened.offered.own_committees}
    # A template without one of their committees is the viewer's own.
    shared_in = committee_id if is_offered and may_be_shared(form["visibility"]) else None
    try:
        await form_options.save_template(viewer, form["template_name"], texts, shared_in, now)
    except Invalid as wrong:
        errors = EventForm.errors(wrong)
        return await show_form_again(pages, viewer, form, opened, now, errors=errors, status_code=422)
    saved = Flash(sentence=f"Template “{form['template_name'].strip()}” saved. Nothing has been sent yet.")
    return await show_form_again(pages, viewer, form.but({"template_name": ""}), opened, now, flash=saved)


@post(TEMPLATES_PATH + "/{template_id:uuid}/removal", guards=[signed_in], status_code=303)
async def post_template_removal(pages: Pages, viewer: Viewer, now: Now, template_id: PathId) -> Redirect:
    """Remove a template."""
    name = await form_options.remove_template(viewer, template_id, now)
    return pages.redirect(TEMPLATES_PATH, f"Template “{name}” removed.")
