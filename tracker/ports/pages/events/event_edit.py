"""The form that changes an event, from a date on or all of it, the import of calendar files, and Undo."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.database import together
from tracker.errors import Busy, Conflict, Gone, Invalid, NotFound, ReauthenticationNeeded, TooLarge
from tracker.ports.http import cookies, errors
from tracker.ports.http.dependencies import Now, PathId, Viewer, Visit, Zone
from tracker.ports.http.forms import read_upload
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages, Upload, undo_for, with_number_notified
from tracker.ports.pages.core.form_values import Errors, FormValues, errors_of, form_version, id_in, upload_content
from tracker.ports.pages.core.sheets import BACK, form_record, merge_edits, recorded_form, word_changes
from tracker.ports.pages.events.date_pages import occurrence_address, redirect_to_moved_form
from tracker.ports.pages.events.occurrences import ProposedTimes, proposed_times
from tracker.ports.pages.events.previews import Editing, save_event_form
from tracker.ports.pages.events.schedule_context import EVENT_FORM_FIELDS, PLAIN_WORDS, render_schedule_form
from tracker.ports.pages.events.schedule_form import (
    designator_options,
    form_of_plan,
    notify_in_form,
    read_event_plan,
    ready_to_mark,
)
from tracker.ports.pages.events.schedule_people import fill_choices, settle_boxes
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import WEEKDAYS, ZONE_WORDS
from tracker.rules.events.calendar_import import CalendarFile, ImportReport, check_importer, file_event_in_words
from tracker.rules.events.events import TEXTS, Event, EventStatus, field_label
from tracker.rules.events.history import UndoableDeed
from tracker.rules.events.plans import Plan, is_added
from tracker.rules.roster.quorum import ASKS_AFTER_OFFERED, ASKS_OFFERED, OFFERED, lead_words, minutes_of
from tracker.usecases.emails import messages
from tracker.usecases.events import calendar_import, form_options, history, occurrences, scheduling
from tracker.usecases.events.form_options import EditImpact, EventChoices

CANCELED = Invalid("This event is canceled. Restore it before you change it. What you typed is still here.")
NO_LONGER_VISIBLE = "Saved. Only the people on its list can see that event now, and you’re not one of them."
EVENT_LABELS = {
    **{name: field_label(name) for name in ("title", "kind", "visibility")},
    "committee": field_label("committee_id"),
    "date": "First day",
    "starts": field_label("starts"),
    "ends": "End",
    "last_day": "Last day",
    "zone": field_label("zone"),
    "all_day": field_label("is_all_day"),
    "repeat": "Repeats",
    "interval": "Repeat every",
    "until": "Until",
    "count": "Number of dates",
    "weekdays": "Days of a weekly series",
    "week_starts": "Weeks start on",
    **{name: text_field.label for name, text_field in TEXTS.items()},
    "tentative": "Tentative",
    "mark_categories": "Marking",
    "mark_limit": "Limit of the marking",
    "mark_agency": "Designated by",
    "mark_until": "Decontrol on",
    "leads": field_label("reminders"),
    "asks_before": "Follow up before the event",
    "asks_after": "Follow up after the invitation",
    "sends_thanks": "Thank-you",
}
VALUES: dict[str, Mapping[str, str]] = {
    "visibility": {
        "all": "everyone in the task force",
        "law_enforcement": "law enforcement only",
        "victim_services": "victim services only",
        "committee": "members of one committee only",
        "named": "only the named participants",
    },
    "all_day": {"yes": "yes", "": "no"},
    "tentative": {"yes": "yes", "": "no"},
    "repeat": {choice.value: words.lower() for choice, words in PLAIN_WORDS.items()},
    "week_starts": {str(day): name for day, name in enumerate(WEEKDAYS)},
    "zone": ZONE_WORDS,
    "leads": {minutes_of(span): lead_words(span) for span in OFFERED},
    "asks_before": {minutes_of(span): lead_words(span) for span in ASKS_OFFERED},
    "asks_after": {minutes_of(span): lead_words(span) for span in ASKS_AFTER_OFFERED},
    "sends_thanks": {"yes": "yes", "": "no"},
}


class OpenedEvent(NamedTuple):
    """An event as its form shows it now."""

    event: Event
    offered: EventChoices
    form: FormValues
    editing: Editing


@get("/events/{event_id:uuid}/edit", guards=[signed_in])
async def show_event_form(
    event_id: PathId,
    pages: Pages,
    viewer: Viewer,
    drafts: Drafts,
    now: Now,
    key: Annotated[str, QueryParameter(name="from")] = "",
    proposal: FromQuery[str] = "",
) -> Response[Any]:
    """Show the form of an event or the viewer's draft of it; `from` is the first date of a series that is to change.

    With a `proposal` for its only date, the form has the time that someone proposed.
    The browser's Back button leads here after such a change, when another series may have these dates.
    """
    try:
        event, plan, impact = await form_options.event_in_form(viewer, event_id, key, now)
    except NotFound:
        return await redirect_to_moved_form(viewer, event_id, key)
    if event.status is EventStatus.CANCELED:
        return Redirect(f"/events/{event_id}", status_code=303)
    if impact.first and is_added(impact.first):
        return Redirect(f"{occurrence_address(impact.first)}/edit", status_code=303)
    try:
        opened, draft, proposed = await together(
            _opened(viewer, event, plan, impact),
            drafts.kept(_key(event, impact)),
            proposed_times(viewer, proposal, event_id, now),
        )
    except Conflict as closed:
        return pages.refuse(f"/events/{event_id}", closed.sentence)
    return await _shown(pages, viewer, draft, opened, now, proposed)


@post("/events/{event_id:uuid}/edit", guards=[signed_in], status_code=303)
async def post_event_change(
    event_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Save the whole event, or show the form again.

    It is shown again with errors (422), with changes that were saved meanwhile (409), or to confirm the person's
    identity before more people can see the event (403).
    """
    opened = await _opened_for(viewer, event_id, form, now)
    if form["save"] not in ("send", "draft"):
        return await _again(pages, viewer, form, opened, now)
    try:
        if opened.event.status is EventStatus.CANCELED:
            raise CANCELED
        plan = read_event_plan(form, opened.offered, opened.event.zone, opened.event)
        new_id = await save_event_form(
            viewer,
            opened.editing,
            plan,
            form_version(form),
            now,
            notify=notify_in_form(form),
            reauthenticated_at=visit.reauthenticated_at,
        )
    except ReauthenticationNeeded as unproven:
        return await _again(pages, viewer, form, opened, now, asks_reauthentication=unproven.sentence)
    except Invalid as wrong:
        return await _again(pages, viewer, form, opened, now, wrong)
    except Conflict:
        opened = await _opened_for(viewer, event_id, form, now)
        return await _beside_each_other(pages, viewer, form, opened, now, 409)
    undo = await undo_for(viewer, event_id, now, form["from"])
    return await _saved(pages, viewer, {event_id, new_id}, new_id, now, undo)


async def _shown(
    pages: Pages,
    viewer: Viewer,
    draft: FormValues | None,
    opened: OpenedEvent,
    now: Now,
    proposed: ProposedTimes | None,
) -> Response[str]:
    """Show the form as it is opened, or the draft of it; with the time that someone proposed."""
    texts = proposed.texts if proposed else {}
    if draft is not None:
        resumes = _again if form_version(draft) == opened.event.version else _beside_each_other
        opened = await _filled(viewer, opened, draft)
        return await resumes(pages, viewer, draft.but(texts), opened, now, proposed=proposed)
    form, offered, zone = opened.form.but(texts), opened.offered, opened.event.zone
    return await render_schedule_form(
        pages, viewer, form, offered, zone, now, editing=opened.editing, proposed=proposed
    )


def _key(event: Event, impact: EditImpact) -> DraftKey:
    """Return which draft the form keeps: that of the whole event, or of this and following dates."""
    subject = f"{event.id}/{impact.first.key}" if impact.first else str(event.id)
    return DraftKey(form=DraftForm.EVENT, subject=subject, event_id=event.id)


async def _saved(
    pages: Pages, viewer: Viewer, changed: Collection[UUID], event_id: UUID, now: Now, undo: cookies.Undo | None
) -> Redirect:
    """Redirect to the event, or to the calendar when people have just removed their own access to it."""
    try:
        await scheduling.event_seen_by(viewer, event_id)
    except NotFound:
        return pages.redirect("/calendar", NO_LONGER_VISIBLE, undo)
    any_waiting = await messages.any_emails_waiting(viewer, changed)
    people = await messages.number_notified(viewer, changed, now)
    words = with_number_notified("Saved.", people, any_waiting=any_waiting)
    return pages.redirect(f"/events/{event_id}", words, undo)


async def _opened_for(viewer: Viewer, event_id: UUID, form: FormValues, now: Now) -> OpenedEvent:
    """Return the event that a posted form changes, with the people whom it names. Errors: NotFound, NotAllowed."""
    event, plan, impact = await form_options.event_in_form(viewer, event_id, form["from"], now)
    return await _filled(viewer, await _opened(viewer, event, plan, impact), form)


async def _opened(viewer: Viewer, event: Event, plan: Plan, impact: EditImpact) -> OpenedEvent:
    invitees = {member_id: role for member_id, role in plan.invitees.items() if member_id != event.lead_id}
    offered, form = (
        await form_options.choices_in_form(viewer, event, invitees),
        form_of_plan(replace(plan, invitees=invitees)),
    )
    form = form if event.marking else ready_to_mark(form, offered)
    editing = Editing(event, event.version, form_record(form), impact, plan)
    return OpenedEvent(event=event, offered=offered, form=form, editing=editing)


async def _filled(viewer: Viewer, opened: OpenedEvent, form: FormValues) -> OpenedEvent:
    return opened._replace(offered=await fill_choices(viewer, opened.offered, form))


async def _again(
    pages: Pages,
    viewer: Viewer,
    form: FormValues,
    opened: OpenedEvent,
    now: Now,
    wrong: Invalid | None = None,
    *,
    asks_reauthentication: str = "",
    proposed: ProposedTimes | None = None,
) -> Response[str]:
    """Show what was typed, with the version that the form was opened with."""
    editing = opened.editing._replace(version=form_version(form), was=form["was"])
    return await render_schedule_form(
        pages,
        viewer,
        form,
        opened.offered,
        opened.event.zone,
        now,
        editing=editing,
        errors=errors_of(wrong, EVENT_FORM_FIELDS),
        status_code=403 if asks_reauthentication else 422 if wrong else 200,
        asks_reauthentication=asks_reauthentication,
        proposed=proposed,
    )


async def _beside_each_other(
    pages: Pages,
    viewer: Viewer,
    form: FormValues,
    opened: OpenedEvent,
    now: Now,
    status_code: int = 200,
    *,
    proposed: ProposedTimes | None = None,
) -> Response[str]:
    """Show what was typed beside what another person saved, with the new version: the next Save is based on both."""
    both, changes = merge_edits(recorded_form(form["was"]), settle_boxes(form), opened.form)
    people = {
        f"person:{person.id}": f"Invitation of {person.name} ({person.agency})" for person in opened.offered.people
    }
    words = word_changes(changes, EVENT_LABELS | people, _said(opened))
    editing = opened.editing._replace(changes=words)
    return await render_schedule_form(
        pages,
        viewer,
        both,
        opened.offered,
        opened.event.zone,
        now,
        editing=editing,
        status_code=status_code,
        proposed=proposed,
    )


def _said(opened: OpenedEvent) -> Callable[[str, str], str]:
    names = {str(committee.id): committee.name for committee in opened.offered.committees} | dict(
        designator_options(opened.offered, opened.event)
    )

    def said(name: str, text: str) -> str:
        if name.startswith("person:"):
            return text or "not invited"
        if name == "mark_categories":
            return ", ".join(text.split()) or "none"
        if name == "weekdays":
            return ", ".join(WEEKDAYS[int(day)] for day in text.split() if day in tuple("0123456")) or "none"
        return VALUES.get(name, names).get(text, text.replace("_", " ") if name == "kind" else text) or "empty"

    return said


FORM_NOT_KEPT = "What you entered wasn’t kept. If you began another event there, that draft is still there."
NO_CHANGE = UUID(int=0)
"""That change can’t be undone."""
SENTENCES = {
    UndoableDeed.SCHEDULED: "Undone. The event is gone, and no one was notified of it.",
    UndoableDeed.CHANGED: "Undone. It’s as before, and no one was notified of the change.",
    UndoableDeed.CANCELED: "Undone. Nothing is canceled, and no one was notified.",
}


@post("/events/{event_id:uuid}/undo", guards=[signed_in], status_code=303)
async def post_event_undo(event_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Redirect:
    """Undo a recent change to an event, or say why it can't be undone."""
    try:
        done = await history.undo_change(viewer, event_id, id_in(form["change"]) or NO_CHANGE, now)
    except (Gone, Conflict) as refused:
        return pages.refuse(await _address_after_undo(viewer, event_id, form, now), refused.sentence)
    sentence = SENTENCES[done.deed]
    if done.form_page:
        return pages.redirect(done.form_page, f"{sentence} {BACK}")
    if done.deed is UndoableDeed.SCHEDULED:
        return pages.redirect("/calendar", f"{sentence} {FORM_NOT_KEPT}" if done.is_form_lost else sentence)
    return pages.redirect(await _address_after_undo(viewer, event_id, form, now), sentence)


async def _address_after_undo(viewer: Viewer, event_id: UUID, form: FormValues, now: Now) -> str:
    with suppress(NotFound):  # undoing may have removed the date
        if form["key"]:
            return occurrence_address(await occurrences.date_seen_by(viewer, event_id, form["key"]))
    return occurrence_address(await occurrences.nearest_date(viewer, event_id, now))


IMPORT_PATH = "/calendar/import"
NO_FILE = "Choose a calendar file."
SHOWN = 500  # rows of a report


@get(IMPORT_PATH, guards=[signed_in])
async def show_calendar_import(pages: Pages, viewer: Viewer) -> Response[Any]:
    """Show how to import a calendar file."""
    check_importer(viewer)
    return _import_page(pages)


@post(IMPORT_PATH, guards=[signed_in], status_code=303)
async def post_calendar_import(
    pages: Pages, viewer: Viewer, form: Form, upload: Upload, zone: Zone, now: Now
) -> Response[Any]:
    """Show what a file would do, row by row; after confirmation, import it."""
    check_importer(viewer)
    try:
        text, form = _sent(upload, form)
        file = await read_upload(text, now, zone)
    except (Invalid, TooLarge, Busy) as wrong:
        return _import_page(pages, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    is_confirmed, skips_refused = form["confirmed"] == "yes", form["skip"] == "yes"
    report = await _report(viewer, file, now, is_confirmed=is_confirmed, skips_refused=skips_refused)
    stops = bool(report.refused) and not skips_refused
    if not is_confirmed or stops:
        return _import_page(pages, status_code=422 if stops else 200, report=report, text=text.decode("utf-8-sig"))
    return pages.redirect("/calendar", f"Import complete: {report.words}. No one will get an email.")


async def _report(
    viewer: Viewer, file: CalendarFile, now: Now, *, is_confirmed: bool, skips_refused: bool
) -> ImportReport:
    if is_confirmed:
        return await calendar_import.import_calendar(viewer, file, now, skips_refused=skips_refused)
    return await calendar_import.preview_calendar_import(viewer, file)


def _sent(upload: Upload | None, form: FormValues) -> tuple[bytes, FormValues]:
    """Return the file, newly chosen or confirmed after its report, and the form; a new file is never confirmed."""
    chosen = upload_content(upload)
    content = chosen or form["calendar"].encode()
    if not content:
        raise Invalid(file=NO_FILE)
    return content, form.but({"confirmed": ""}) if chosen else form


def _import_page(
    pages: Pages, *, status_code: int = 200, wrong: str = "", report: ImportReport | None = None, text: str = ""
) -> Response[Any]:
    rows = report.rows[:SHOWN] if report else ()
    return pages.render(
        "events/import.html",
        status_code=status_code,
        report=report,
        text=text,
        rows=[(row, file_event_in_words(row.event) if row.event else "") for row in rows],
        errors=Errors({"file": wrong} if wrong else {}),
    )
