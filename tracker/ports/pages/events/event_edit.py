"""The form that changes an event, from a date on or all of it, the import of calendar files, and Undo."""

from contextlib import suppress
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from msgspec.structs import replace

from tracker.database import together
from tracker.errors import Busy, Conflict, Gone, Invalid, NotFound, ReauthenticationNeeded, TooLarge
from tracker.ports.http import errors
from tracker.ports.http.dependencies import Now, PathId, Viewer, Visit, Zone
from tracker.ports.http.forms import read_upload
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Page, Pages, Upload, undo_for, with_number_notified
from tracker.ports.pages.core.form_values import Errors, FormValues, form_version, id_in, person_label, upload_content
from tracker.ports.pages.core.sheets import BACK, FormSheet, form_record, sheet_beside
from tracker.ports.pages.events.date_pages import occurrence_address, proposed_times, redirect_to_moved_date
from tracker.ports.pages.events.event_form import EventForm
from tracker.ports.pages.events.previews import Editing, OpenedForm, double_booked_in, save_event_form
from tracker.ports.pages.events.schedule_form import (
    designator_options,
    form_of_plan,
    notify_in_form,
    read_event_plan,
    ready_to_mark,
)
from tracker.ports.pages.events.schedule_people import fill_choices, settle_boxes
from tracker.ports.pages.events.scheduling import render_schedule_form
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.events.events import Event, EventStatus
from tracker.rules.events.history import UndoableDeed
from tracker.rules.events.plans import ImportReport, Plan, check_importer, file_event_in_words, is_added
from tracker.usecases.emails import messages
from tracker.usecases.events import form_options, history, occurrences, scheduling
from tracker.usecases.events.form_options import EditImpact, EventChoices
from tracker.usecases.operations.states import move_in_words

CANCELED = Invalid("This event is canceled. Restore it before you change it. What you typed is still here.")
NO_LONGER_VISIBLE = "Saved. Only the people on its list can see that event now, and you’re not one of them."


class OpenedEvent(NamedTuple):
    """An event as its form shows it now."""

    offered: EventChoices
    form: FormValues
    editing: Editing

    @property
    def event(self) -> Event:
        """Return the event."""
        return self.editing.event

    def shown(self, **editing: Any) -> OpenedForm:
        """Return what the page shows, with some values of `editing` replaced."""
        return OpenedForm(self.offered, self.event.zone, self.editing._replace(**editing))


@get("/events/{event_id:uuid}/edit", guards=[signed_in])
async def show_event_form(
    event_id: PathId,
    pages: Pages,
    viewer: Viewer,
    drafts: Drafts,
    now: Now,
    key: Annotated[str, QueryParameter(name="from")] = "",
    proposal: FromQuery[str] = "",
) -> Page:
    """Show the form of an event or the viewer's draft of it; `from` is the first date of a series that is to change.

    With a `proposal` for its only date, the form has the time that someone proposed.
    The browser's Back button leads here after such a change, when another series may have these dates.
    """
    try:
        event, plan, impact = await form_options.event_in_form(viewer, event_id, key, now)
    except NotFound:
        return await redirect_to_moved_date(viewer, event_id, key, "/edit?from=")
    if event.status is EventStatus.CANCELED:
        return Redirect(f"/events/{event_id}", status_code=303)
    if impact.first and is_added(impact.first):
        return Redirect(f"{occurrence_address(impact.first)}/edit", status_code=303)
    subject = f"{event_id}/{impact.first.key}" if impact.first else str(event_id)
    try:
        opened, draft, proposed = await together(
            _opened(viewer, event, plan, impact),
            drafts.kept(DraftKey(form=DraftForm.EVENT, subject=subject, event_id=event_id)),
            proposed_times(viewer, proposal, event_id, now),
        )
    except Conflict as closed:
        return pages.refuse(f"/events/{event_id}", closed.sentence)
    texts = proposed.texts if proposed else {}
    if draft is None:
        form = opened.form.but(texts)
        return await render_schedule_form(pages, viewer, form, opened.shown(), now, proposed=proposed)
    resumes = _again if form_version(draft) == event.version else _beside_each_other
    opened = opened._replace(offered=await fill_choices(viewer, opened.offered, draft))
    return await resumes(pages, viewer, draft.but(texts), opened, now, proposed=proposed)


@post("/events/{event_id:uuid}/edit", guards=[signed_in], status_code=303)
async def post_event_change(event_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now) -> Page:
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
        context = {"asks_reauthentication": unproven.sentence, "status_code": 403}
        return await _again(pages, viewer, form, opened, now, **context)
    except Invalid as wrong:
        errors = EventForm.errors(wrong)
        return await _again(pages, viewer, form, opened, now, errors=errors, status_code=422)
    except Conflict:
        opened = await _opened_for(viewer, event_id, form, now)
        return await _beside_each_other(pages, viewer, form, opened, now, status_code=409)
    undo = await undo_for(viewer, event_id, now, form["from"])
    changed = {event_id, new_id}
    try:
        await scheduling.event_seen_by(viewer, new_id)
    except NotFound:
        return pages.redirect("/calendar", NO_LONGER_VISIBLE, undo)
    any_waiting = await messages.any_emails_waiting(viewer, changed)
    count = await messages.number_notified(viewer, changed, now)
    double_booked = await double_booked_in(viewer, new_id, form["from"], event_id, now)
    saved = with_number_notified("Saved.", count, any_waiting=any_waiting)
    words = " ".join(part for part in (saved, double_booked, await move_in_words(viewer, event_id)) if part)
    return pages.redirect(f"/events/{new_id}", words, undo)


async def _opened_for(viewer: Viewer, event_id: UUID, form: FormValues, now: Now) -> OpenedEvent:
    """Return the event that a posted form changes, with the people whom it names. Errors: NotFound, NotAllowed."""
    event, plan, impact = await form_options.event_in_form(viewer, event_id, form["from"], now)
    opened = await _opened(viewer, event, plan, impact)
    return opened._replace(offered=await fill_choices(viewer, opened.offered, form))


async def _opened(viewer: Viewer, event: Event, plan: Plan, impact: EditImpact) -> OpenedEvent:
    invitees = {member_id: role for member_id, role in plan.invitees.items() if member_id != event.lead_id}
    offered = await form_options.choices_in_form(viewer, event, invitees)
    form = form_of_plan(replace(plan, invitees=invitees))
    form = form if event.marking else ready_to_mark(form, offered)
    return OpenedEvent(offered, form, Editing(event, event.version, form_record(form), impact, plan))


async def _again(pages: Pages, viewer: Viewer, form: FormValues, opened: OpenedEvent, now: Now, **context: Any) -> Page:
    """Show what was typed, with the version that the form was opened with."""
    sent = opened.shown(version=form_version(form), was=form["was"])
    return await render_schedule_form(pages, viewer, form, sent, now, **context)


async def _beside_each_other(
    pages: Pages, viewer: Viewer, form: FormValues, opened: OpenedEvent, now: Now, **context: Any
) -> Page:
    """Show what was typed beside what another person saved, with the new version: the next Save is based on both."""
    people = {f"person:{person.id}": f"Invitation of {person_label(person)}" for person in opened.offered.people}
    words = EventForm.words(
        committee={str(committee.id): committee.name for committee in opened.offered.committees},
        mark_agency=dict(designator_options(opened.offered, opened.event)),
    )

    def said(name: str, text: str) -> str:
        return (text or "not invited") if name in people else words.said(name, text)

    with_people = replace(words, labels={**words.labels, **people}, said=said)
    sheet = sheet_beside(settle_boxes(form), FormSheet(form=opened.form), with_people)
    return await render_schedule_form(pages, viewer, sheet.form, opened.shown(changes=sheet.changes), now, **context)


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
async def show_calendar_import(pages: Pages, viewer: Viewer) -> Page:
    """Show how to import a calendar file."""
    check_importer(viewer)
    return _import_page(pages)


@post(IMPORT_PATH, guards=[signed_in], status_code=303)
async def post_calendar_import(pages: Pages, viewer: Viewer, form: Form, upload: Upload, zone: Zone, now: Now) -> Page:
    """Show what a file would do, row by row; after confirmation, import it."""
    check_importer(viewer)
    try:
        chosen = upload_content(upload)
        content = chosen or form["calendar"].encode()
        file = await read_upload(content, now, zone) if content else None
    except (Invalid, TooLarge, Busy) as wrong:
        return _import_page(pages, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    if file is None:
        return _import_page(pages, status_code=422, wrong=NO_FILE)
    skips_refused = form["skip"] == "yes"
    is_confirmed = form["confirmed"] == "yes" and not chosen  # a new file is never confirmed
    if is_confirmed:
        report = await scheduling.import_calendar(viewer, file, now, skips_refused=skips_refused)
    else:
        report = await scheduling.preview_calendar_import(viewer, file)
    stops = bool(report.refused) and not skips_refused
    if not is_confirmed or stops:
        return _import_page(pages, status_code=422 if stops else 200, report=report, text=content.decode("utf-8-sig"))
    return pages.redirect("/calendar", f"Import complete: {report.words}. No one will get an email.")


def _import_page(
    pages: Pages, *, status_code: int = 200, wrong: str = "", report: ImportReport | None = None, text: str = ""
) -> Page:
    rows = report.rows[:SHOWN] if report else ()
    return pages.render(
        "events/import.html",
        status_code=status_code,
        report=report,
        text=text,
        rows=[(row, file_event_in_words(row.event) if row.event else "") for row in rows],
        errors=Errors({"file": wrong} if wrong else {}),
    )
