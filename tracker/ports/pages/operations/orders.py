"""The operations order: its page, which also shows the phases, its form, and its earlier versions.

Phases are planned in a form, timed by one press, and corrected.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.cookies import Undo
from tracker.ports.http.dependencies import Now, PathId, PathText, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import FormReader, FormValues, form_version, moment_in
from tracker.ports.pages.core.sheets import (
    NO_FORM,
    FormSheet,
    FormWords,
    open_sheet,
    overtake_sheet,
    refuse_sheet,
    resume_sheet,
)
from tracker.ports.pages.events.date_pages import occurrence_times
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.operations.orders import (
    LONGEST_PARAGRAPH,
    LONGEST_PHASE_NAME,
    NO_PHASE_NAME,
    PARAGRAPH_HINTS,
    PARAGRAPH_WORDS,
    SUGGESTED_PHASES,
    Paragraph,
    Paragraphs,
    Phase,
    PhasePlan,
    draw_timeline,
)
from tracker.usecases.core import audit
from tracker.usecases.operations import orders, plans
from tracker.usecases.operations.orders import OrderView

ORDER = "/events/{event_id:uuid}/{key:str}/plan/order"
PHASE_FIELDS = ("name", "day", "starts", "ends")
VERSION_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
ORDER_WORDS = FormWords(labels=PARAGRAPH_WORDS)
KIND_WORDS = FormWords(labels={"kind": "Operation type"}, said=lambda _, text: text or "Not chosen yet")
PHASES = "/events/{event_id:uuid}/{key:str}/plan/order/phases"
NO_START = "Enter when it starts."
TIME_FIELDS = ("begun_day", "begun", "ended")
PLANNED_WORDS = FormWords(labels={"name": "Phase", "day": "Day", "starts": "Starts", "ends": "Ends"})
ACTUAL_WORDS = FormWords(labels={"begun_day": "Start day", "begun": "Started", "ended": "Ended"})
UNDO_FOR = timedelta(seconds=60)
PRESSES: dict[str, tuple[Callable[..., Awaitable[Phase]], str]] = {
    "begun": (orders.begin_phase, "has started"),
    "ended": (orders.end_phase, "has ended"),
}
"""What the buttons of a phase do, and say afterward."""


@get(ORDER, guards=[signed_in])
async def show_order(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, settings: Settings, now: Now
) -> Response[str]:
    """Show the phases and the order as they are, and who saved the order when."""
    view = await orders.order_view(viewer, event_id, key)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return render_order(pages, view, settings, now)


@get(f"{ORDER}/versions/{{version:str}}", guards=[signed_in])
async def show_order_version(
    event_id: PathId, key: PathText, version: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the order as it was."""
    if not VERSION_NUMBER.fullmatch(version):
        raise NotFound
    view, order = await orders.order_of_version(viewer, event_id, key, int(version))
    await audit.record_date_read(viewer, view.occurrence, now, plan=order.version)
    return pages.render("operations/order-version.html", order=order, **order_context(view))


@post(f"{ORDER}/kind", guards=[signed_in], status_code=303)
async def post_kind(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now
) -> Response[Any]:
    """Choose what kind of operation it is, from the kinds of the settings."""
    view = await orders.order_to_change(viewer, event_id, key)
    try:
        await plans.choose_operation_kind(
            viewer, event_id, form["kind"], settings.operation_kind_names, now, version=form_version(form)
        )
    except Invalid as wrong:
        return render_order(pages, view, settings, now, kind=refuse_sheet(form, wrong, ("kind",)))
    except Conflict:
        return render_order(pages, view, settings, now, kind=overtake_sheet(form, _kind_of(view), KIND_WORDS))
    return pages.redirect(f"/events/{event_id}/{key}/plan/order", "Operation type saved.")


@get(f"{ORDER}/edit", guards=[signed_in])
async def edit_order(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Show the form of the order, or the viewer's draft of it."""
    view = await orders.order_to_change(viewer, event_id, key)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    draft = await drafts.kept(DraftKey(form=DraftForm.ORDER, subject=str(event_id), event_id=event_id))
    return _order_form(pages, view, resume_sheet(draft, DraftForm.ORDER, _order_values(view), ORDER_WORDS))


@post(f"{ORDER}/edit", guards=[signed_in], status_code=303)
async def post_order(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the order, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view = await orders.order_to_change(viewer, event_id, key)
    try:
        version = await orders.save_operations_order(
            viewer, event_id, _paragraphs_in(form), now, read=form_version(form)
        )
    except Invalid as wrong:
        return _order_form(pages, view, refuse_sheet(form, wrong, list(Paragraph)))
    except Conflict:
        return _order_form(pages, view, overtake_sheet(form, _order_values(view), ORDER_WORDS))
    return pages.redirect(f"/events/{event_id}/{key}/plan/order", f"Order saved as version {version}.")


def render_order(
    pages: Pages,
    view: OrderView,
    settings: Settings,
    now: Now,
    *,
    phase: FormSheet | None = None,
    kind: FormSheet | None = None,
) -> Response[str]:
    """Render the page; after an error with what was typed into the form of a new phase, or of the operation's type."""
    known = dict.fromkeys((*settings.operation_kind_names, *filter(None, [view.operation.kind])))
    posted = phase or kind or FormSheet(form=NO_FORM)
    return pages.render(
        "operations/order.html",
        status_code=posted.status_code,
        form=phase.form if phase else NO_FORM,
        errors=posted.errors,
        kind_sheet=kind or _kind_of(view),
        kinds=[("", "Not chosen yet"), *((one, one) for one in known)],
        drawing=draw_timeline(view.phases.values(), now),
        suggested=SUGGESTED_PHASES,
        longest_name=LONGEST_PHASE_NAME,
        **order_context(view),
    )


def _kind_of(view: OrderView) -> FormSheet:
    return open_sheet(FormValues({"kind": (view.operation.kind,)}), view.operation.version)


def _paragraphs_in(form: FormValues) -> Paragraphs:
    """Return the paragraphs of a form. Errors: Invalid by field."""
    reader = FormReader(form)
    found = {paragraph: reader.text(paragraph, LONGEST_PARAGRAPH, multiline=True) for paragraph in Paragraph}
    reader.check()
    return found


def _order_values(view: OrderView) -> FormSheet:
    order = view.order
    return open_sheet(
        FormValues({paragraph: (order.paragraphs[paragraph] if order else "",) for paragraph in Paragraph}),
        view.version,
    )


def _order_form(pages: Pages, view: OrderView, sheet: FormSheet) -> Response[str]:
    return pages.render(
        "operations/order-edit.html",
        hints=PARAGRAPH_HINTS,
        longest=LONGEST_PARAGRAPH,
        **sheet.context,
        **order_context(view),
    )


def order_context(view: OrderView) -> dict[str, Any]:
    """Return what each page of the order and of a phase shows."""
    return {
        "view": view,
        "event": view.occurrence.event,
        "paragraphs": PARAGRAPH_WORDS,
        **occurrence_times(view.occurrence),
    }


@post(PHASES, guards=[signed_in], status_code=303)
async def post_phase(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now
) -> Response[Any]:
    """Plan another phase, or show the page again with what was typed."""
    view = await orders.order_to_change(viewer, event_id, key)
    try:
        plan = _plan_in(form, view.occurrence.event.zone)
        await orders.plan_phase(viewer, event_id, plan, now)
    except Invalid as wrong:
        return render_order(pages, view, settings, now, phase=refuse_sheet(form, wrong, PHASE_FIELDS))
    return pages.redirect(_order_address(event_id, key), f"{plan.name} added.")


@get(f"{PHASES}/{{phase_id:uuid}}", guards=[signed_in])
async def show_phase(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the forms of a phase: when it is planned, and when it began and ended."""
    view, phase = await orders.phase_to_change(viewer, event_id, key, phase_id)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return _phase_forms(pages, view, phase)


@post(f"{PHASES}/{{phase_id:uuid}}", guards=[signed_in], status_code=303)
async def post_phase_plan(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Plan a phase differently, or show the form again with what was typed."""
    view, phase = await orders.phase_to_change(viewer, event_id, key, phase_id)
    try:
        plan = _plan_in(form, view.occurrence.event.zone)
        await orders.replan_phase(viewer, event_id, phase_id, plan, now, version=form_version(form))
    except Invalid as wrong:
        return _phase_forms(pages, view, phase, planned=refuse_sheet(form, wrong, PHASE_FIELDS))
    except Conflict:
        return _phase_forms(pages, view, phase, planned=overtake_sheet(form, _planned_form(view, phase), PLANNED_WORDS))
    return pages.redirect(_order_address(event_id, key), f"{plan.name} saved.")


@post(f"{PHASES}/{{phase_id:uuid}}/times", guards=[signed_in], status_code=303)
async def post_phase_times(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record when a phase really began and ended, or show the form again with what was typed."""
    view, phase = await orders.phase_to_change(viewer, event_id, key, phase_id)
    try:
        begun_at, ended_at = _span_in(FormReader(form), TIME_FIELDS, view.occurrence.event.zone)
        await orders.correct_phase_times(viewer, event_id, phase_id, begun_at, ended_at, now, seen=form_version(form))
    except Invalid as wrong:
        return _phase_forms(pages, view, phase, actual=refuse_sheet(form, wrong, TIME_FIELDS))
    except Conflict:
        return _phase_forms(pages, view, phase, actual=overtake_sheet(form, _actual_form(view, phase), ACTUAL_WORDS))
    return pages.redirect(_order_address(event_id, key), f"Times of {phase.name} saved.")


@post(f"{PHASES}/{{phase_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_phase_removal(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a phase."""
    phase = await orders.delete_phase(viewer, event_id, phase_id, now)
    return pages.redirect(_order_address(event_id, key), f"{phase.name} removed.")


@post(f"{PHASES}/{{phase_id:uuid}}/marks", guards=[signed_in], status_code=303)
async def post_phase_mark(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record that a phase begins or ends now, and offer to undo it."""
    if form["mark"] not in PRESSES:
        raise NotFound
    press, words = PRESSES[form["mark"]]
    try:
        phase = await press(viewer, event_id, phase_id, now)
    except Conflict as known:
        return pages.refuse(_order_address(event_id, key), known.sentence)
    address = f"{_order_address(event_id, key)}/phases/{phase_id}/undo"
    undo = Undo(address=address, fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    return pages.redirect(_order_address(event_id, key), f"{phase.name} {words}.", undo)


@post(f"{PHASES}/{{phase_id:uuid}}/undo", guards=[signed_in], status_code=303)
async def post_phase_mark_undo(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Take back that a phase began or ended at a moment."""
    moment = moment_in(form["at"])
    if moment is None:
        raise NotFound
    try:
        phase = await orders.undo_phase_time(viewer, event_id, phase_id, moment, now)
    except Conflict as changed:
        return pages.refuse(_order_address(event_id, key), f"Not undone. {changed.sentence}")
    return pages.redirect(_order_address(event_id, key), f"Undone. The earlier times of {phase.name} count again.")


def _plan_in(form: FormValues, zone: str) -> PhasePlan:
    """Return the phase of a form. Errors: Invalid by field."""
    reader = FormReader(form)
    name = reader.text("name", LONGEST_PHASE_NAME)
    if not name:
        reader.refuse("name", NO_PHASE_NAME)
    if not form["starts"].strip():
        reader.refuse("starts", NO_START)
    starts_at, ends_at = _span_in(reader, ("day", "starts", "ends"), zone)
    if starts_at is None:
        raise Invalid(starts=NO_START)
    return PhasePlan(name=name, starts_at=starts_at, ends_at=ends_at)


def _span_in(reader: FormReader, names: tuple[str, str, str], zone: str) -> tuple[datetime | None, datetime | None]:
    """Return two moments on one day; an end before the start is on the next day. Errors: Invalid by field."""
    day_name, first_name, last_name = names
    first, last = reader.time(first_name), reader.time(last_name)
    day = reader.day(day_name, "Enter the day." if first or last else None)
    reader.check()
    if day is None:
        return None, None

    def at(clock: time, days: int = 0) -> datetime:
        return to_utc(datetime.combine(day + timedelta(days=days), clock), zone)

    return at(first) if first else None, at(last, int(bool(first and last < first))) if last else None


def _planned_form(view: OrderView, phase: Phase) -> FormSheet:
    """Return the form of the planned times as it is opened; a move of the operation changes them too."""
    zone = view.occurrence.event.zone
    starts, ends = to_local(phase.starts_at, zone), to_local(phase.ends_at, zone) if phase.ends_at else None
    texts = {"name": phase.name, "day": f"{starts:%Y-%m-%d}", "starts": _clock(starts), "ends": _clock(ends)}
    return open_sheet(FormValues({name: (text,) for name, text in texts.items()}), view.operation.version)


def _actual_form(view: OrderView, phase: Phase) -> FormSheet:
    """Return the form of the actual times as it is opened."""
    zone = view.occurrence.event.zone
    begun, ended = (to_local(moment, zone) if moment else None for moment in (phase.begun_at, phase.ended_at))
    day = begun or to_local(phase.starts_at, zone)
    texts = {"begun_day": f"{day:%Y-%m-%d}", "begun": _clock(begun), "ended": _clock(ended)}
    return open_sheet(FormValues({name: (text,) for name, text in texts.items()}), phase.version)


def _clock(at: datetime | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _phase_forms(
    pages: Pages, view: OrderView, phase: Phase, *, planned: FormSheet | None = None, actual: FormSheet | None = None
) -> Response[str]:
    """Render both forms of a phase, the one that was sent as it is given."""
    posted = planned or actual or FormSheet(form=NO_FORM)
    planned, actual = planned or _planned_form(view, phase), actual or _actual_form(view, phase)
    texts = {name: planned.form.all(name) for name in PHASE_FIELDS}
    return pages.render(
        "operations/phase.html",
        status_code=posted.status_code,
        phase=phase,
        planned=planned,
        actual=actual,
        form=actual.form.but(texts),
        errors=posted.errors,
        changes=posted.changes,
        suggested=SUGGESTED_PHASES,
        longest_name=LONGEST_PHASE_NAME,
        **order_context(view),
    )


def _order_address(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/order"
