"""The operations order: its page, which also shows the phases, its form, and its earlier versions.

Phases are planned in a form, timed by one press, and corrected.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from litestar import get, post
from msgspec.structs import asdict, replace

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.cookies import BUTTON_FOR, Undo
from tracker.ports.http.dependencies import Now, PathId, PathText, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, OnDate, Page, Pages
from tracker.ports.pages.core.form_shapes import (
    DayField,
    FormField,
    FormShape,
    Text,
    TimeOfDay,
    form_fields,
    refused_form,
    sheet_context,
)
from tracker.ports.pages.core.form_values import FormValues, form_version, moment_in
from tracker.ports.pages.core.sheets import NO_FORM, FormSheet, open_sheet, resume_sheet
from tracker.ports.pages.events.date_pages import date_context
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.core.wording import to_local, to_utc
from tracker.rules.operations.orders import (
    LONGEST_PARAGRAPH,
    LONGEST_PHASE_NAME,
    NO_PHASE_NAME,
    PARAGRAPH_HINTS,
    SUGGESTED_PHASES,
    Paragraph,
    Phase,
    PhasePlan,
    draw_timeline,
)
from tracker.usecases.core import audit
from tracker.usecases.operations import orders, plans
from tracker.usecases.operations.orders import OrderView

ORDER = "/events/{event_id:uuid}/{key:str}/plan/order"
PHASES = f"{ORDER}/phases"
VERSION_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
NO_DAY = "Enter the day."
PRESSES: dict[str, tuple[Callable[..., Awaitable[Phase]], str]] = {
    "begun": (orders.begin_phase, "has started"),
    "ended": (orders.end_phase, "has ended"),
}
"""What the buttons of a phase do, and say afterward."""


class KindForm(FormShape, kw_only=True):
    """What kind of operation it is, of the kinds of the settings."""

    kind: Annotated[str, FormField("Operation type", empty="Not chosen yet")]


class OrderForm(FormShape, kw_only=True):
    """The paragraphs of an order."""

    situation: Annotated[str, Text(Paragraph.SITUATION.label, LONGEST_PARAGRAPH, is_multiline=True)]
    mission: Annotated[str, Text(Paragraph.MISSION.label, LONGEST_PARAGRAPH, is_multiline=True)]
    execution: Annotated[str, Text(Paragraph.EXECUTION.label, LONGEST_PARAGRAPH, is_multiline=True)]
    administration: Annotated[str, Text(Paragraph.ADMINISTRATION.label, LONGEST_PARAGRAPH, is_multiline=True)]
    command: Annotated[str, Text(Paragraph.COMMAND.label, LONGEST_PARAGRAPH, is_multiline=True)]


class PhaseForm(FormShape, kw_only=True):
    """When a phase is planned."""

    name: Annotated[str, Text("Phase", LONGEST_PHASE_NAME, missing=NO_PHASE_NAME)]
    day: Annotated[date, DayField("Day")]
    starts: Annotated[time, TimeOfDay("Starts", missing="Enter when it starts.")]
    ends: Annotated[time | None, TimeOfDay("Ends")]

    @classmethod
    def refusals(cls, _: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a time without a day."""
        return [("day", NO_DAY)] if not values["day"] and (values["starts"] or values["ends"]) else []

    def plan(self, zone: str) -> PhasePlan:
        """Return the phase, aware UTC."""
        starts_at = to_utc(datetime.combine(self.day, self.starts), zone)
        return PhasePlan(name=self.name, starts_at=starts_at, ends_at=_end(self.day, self.starts, self.ends, zone))


class PhaseTimesForm(FormShape, kw_only=True):
    """When a phase really began and ended."""

    begun_day: Annotated[date | None, DayField("Start day")]
    begun: Annotated[time | None, TimeOfDay("Started")]
    ended: Annotated[time | None, TimeOfDay("Ended")]

    @classmethod
    def refusals(cls, _: FormValues, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse a time without a day."""
        return [("begun_day", NO_DAY)] if not values["begun_day"] and (values["begun"] or values["ended"]) else []


def _end(day: date, first: time | None, last: time | None, zone: str) -> datetime | None:
    """Return when something ends that begins on a day; an end before the start is on the next day."""
    days = timedelta(days=1) if first and last and last < first else timedelta()
    return to_utc(datetime.combine(day + days, last), zone) if last else None


@get(ORDER, guards=[signed_in])
async def show_order(date: OnDate, pages: Pages, viewer: Viewer, settings: Settings, now: Now) -> Page:
    """Show the phases and the order as they are, and who saved the order when."""
    view = await orders.order_view(viewer, *date)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return render_order(pages, view, settings, now)


@get(f"{ORDER}/versions/{{version:str}}", guards=[signed_in])
async def show_order_version(date: OnDate, version: PathText, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the order as it was."""
    if not VERSION_NUMBER.fullmatch(version):
        raise NotFound
    view, order = await orders.order_of_version(viewer, *date, int(version))
    await audit.record_date_read(viewer, view.occurrence, now, plan=order.version)
    return pages.render("operations/order-version.html", order=order, **order_context(view))


@post(f"{ORDER}/kind", guards=[signed_in], status_code=303)
async def post_kind(date: OnDate, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now) -> Page:
    """Choose what kind of operation it is, from the kinds of the settings."""
    view = await orders.order_to_change(viewer, *date)
    try:
        kind, version = KindForm.read(form).kind, form_version(form)
        await plans.choose_operation_kind(
            viewer, date.event_id, kind, settings.operation_kind_names, now, version=version
        )
    except (Invalid, Conflict) as refusal:
        sheet = refused_form(form, refusal, KindForm, _kind_of(view))
        return render_order(pages, view, settings, now, kind=sheet)
    return pages.redirect(f"{date.plan}/order", "Operation type saved.")


@get(f"{ORDER}/edit", guards=[signed_in])
async def edit_order(date: OnDate, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now) -> Page:
    """Show the form of the order, or the viewer's draft of it."""
    view = await orders.order_to_change(viewer, *date)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    draft = await drafts.kept(DraftKey(form=DraftForm.ORDER, subject=str(date.event_id), event_id=date.event_id))
    return _order_form(pages, view, resume_sheet(draft, DraftForm.ORDER, _order_values(view), OrderForm.words()))


@post(f"{ORDER}/edit", guards=[signed_in], status_code=303)
async def post_order(date: OnDate, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Save the order, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view = await orders.order_to_change(viewer, *date)
    try:
        paragraphs = {Paragraph(name): text for name, text in asdict(OrderForm.read(form)).items()}
        version = await orders.save_operations_order(viewer, date.event_id, paragraphs, now, read=form_version(form))
    except (Invalid, Conflict) as refusal:
        return _order_form(pages, view, refused_form(form, refusal, OrderForm, _order_values(view)))
    return pages.redirect(f"{date.plan}/order", f"Order saved as version {version}.")


def render_order(
    pages: Pages,
    view: OrderView,
    settings: Settings,
    now: Now,
    *,
    phase: FormSheet | None = None,
    kind: FormSheet | None = None,
) -> Page:
    """Render the page; after an error with what was typed into the form of a new phase, or of the operation's type."""
    known = dict.fromkeys((*settings.operation_kind_names, *filter(None, [view.operation.kind])))
    posted, kind = phase or kind or FormSheet(form=NO_FORM), kind or _kind_of(view)
    form = (phase.form if phase else NO_FORM).but({"kind": kind.form["kind"]})
    return pages.render(
        "operations/order.html",
        **sheet_context(replace(posted, form=form), PhaseForm, KindForm),
        kind_sheet=kind,
        kinds=[("", "Not chosen yet"), *((kind_name, kind_name) for kind_name in known)],
        drawing=draw_timeline(view.phases.values(), now),
        suggested=SUGGESTED_PHASES,
        **order_context(view),
    )


def _kind_of(view: OrderView) -> FormSheet:
    return open_sheet(KindForm.texts_of(view.operation), view.operation.version)


def _order_values(view: OrderView) -> FormSheet:
    paragraphs = view.order.paragraphs if view.order else {}
    texts = {paragraph.value: text for paragraph, text in paragraphs.items()}
    return open_sheet(OrderForm.texts_of(None, **texts), view.version)


def _order_form(pages: Pages, view: OrderView, sheet: FormSheet) -> Page:
    return pages.render(
        "operations/order-edit.html", hints=PARAGRAPH_HINTS, **sheet_context(sheet, OrderForm), **order_context(view)
    )


def order_context(view: OrderView) -> dict[str, Any]:
    """Return what each page of the order and of a phase shows."""
    return {"view": view, "paragraphs": Paragraph.labels(), **date_context(view.occurrence)}


@post(PHASES, guards=[signed_in], status_code=303)
async def post_phase(date: OnDate, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now) -> Page:
    """Plan another phase, or show the page again with what was typed."""
    view = await orders.order_to_change(viewer, *date)
    try:
        plan = PhaseForm.read(form).plan(view.occurrence.event.zone)
        await orders.plan_phase(viewer, date.event_id, plan, now)
    except Invalid as wrong:
        return render_order(
            pages, view, settings, now, phase=refused_form(form, wrong, PhaseForm, FormSheet(form=NO_FORM))
        )
    return pages.redirect(f"{date.plan}/order", f"{plan.name} added.")


@get(f"{PHASES}/{{phase_id:uuid}}", guards=[signed_in])
async def show_phase(date: OnDate, phase_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Show the forms of a phase: when it is planned, and when it began and ended."""
    view, phase = await orders.phase_to_change(viewer, *date, phase_id)
    await audit.record_date_read(viewer, view.occurrence, now, plan=view.operation.version)
    return _phase_forms(pages, view, phase)


@post(f"{PHASES}/{{phase_id:uuid}}", guards=[signed_in], status_code=303)
async def post_phase_plan(date: OnDate, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Plan a phase differently, or show the form again with what was typed."""
    view, phase = await orders.phase_to_change(viewer, *date, phase_id)
    try:
        plan = PhaseForm.read(form).plan(view.occurrence.event.zone)
        await orders.replan_phase(viewer, date.event_id, phase_id, plan, now, version=form_version(form))
    except (Invalid, Conflict) as refusal:
        sheet = refused_form(form, refusal, PhaseForm, _planned_form(view, phase))
        return _phase_forms(pages, view, phase, planned=sheet)
    return pages.redirect(f"{date.plan}/order", f"{plan.name} saved.")


@post(f"{PHASES}/{{phase_id:uuid}}/times", guards=[signed_in], status_code=303)
async def post_phase_times(date: OnDate, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record when a phase really began and ended, or show the form again with what was typed."""
    view, phase = await orders.phase_to_change(viewer, *date, phase_id)
    try:
        typed, zone, seen = PhaseTimesForm.read(form), view.occurrence.event.zone, form_version(form)
        day, begun = typed.begun_day, typed.begun
        begun_at = to_utc(datetime.combine(day, begun), zone) if day and begun else None
        ended_at = _end(day, begun, typed.ended, zone) if day else None
        await orders.correct_phase_times(viewer, date.event_id, phase_id, begun_at, ended_at, now, seen=seen)
    except (Invalid, Conflict) as refusal:
        sheet = refused_form(form, refusal, PhaseTimesForm, _actual_form(view, phase))
        return _phase_forms(pages, view, phase, actual=sheet)
    return pages.redirect(f"{date.plan}/order", f"Times of {phase.name} saved.")


@post(f"{PHASES}/{{phase_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def post_phase_removal(date: OnDate, phase_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Page:
    """Remove a phase."""
    phase = await orders.delete_phase(viewer, date.event_id, phase_id, now)
    return pages.redirect(f"{date.plan}/order", f"{phase.name} removed.")


@post(f"{PHASES}/{{phase_id:uuid}}/marks", guards=[signed_in], status_code=303)
async def post_phase_mark(date: OnDate, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now) -> Page:
    """Record that a phase begins or ends now, and offer to undo it."""
    if form["mark"] not in PRESSES:
        raise NotFound
    press, words = PRESSES[form["mark"]]
    address = f"{date.plan}/order/phases/{phase_id}/undo"
    undo = Undo(address=address, fields={"at": now.isoformat()}, until=now + BUTTON_FOR)
    deed = press(viewer, date.event_id, phase_id, now)
    return await pages.respond(f"{date.plan}/order", deed, lambda phase: f"{phase.name} {words}.", Conflict, undo)


@post(f"{PHASES}/{{phase_id:uuid}}/undo", guards=[signed_in], status_code=303)
async def post_phase_mark_undo(
    date: OnDate, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Page:
    """Take back that a phase began or ended at a moment."""
    moment = moment_in(form["at"])
    if moment is None:
        raise NotFound
    return await pages.respond(
        f"{date.plan}/order",
        orders.undo_phase_time(viewer, date.event_id, phase_id, moment, now),
        lambda phase: f"Undone. The earlier times of {phase.name} count again.",
        Conflict,
        refused="Not undone. ",
    )


def _planned_form(view: OrderView, phase: Phase) -> FormSheet:
    """Return the form of the planned times as it is opened; a move of the operation changes them too."""
    zone = view.occurrence.event.zone
    starts, ends = to_local(phase.starts_at, zone), to_local(phase.ends_at, zone) if phase.ends_at else None
    return open_sheet(PhaseForm.texts_of(phase, day=starts, starts=starts, ends=ends), view.operation.version)


def _actual_form(view: OrderView, phase: Phase) -> FormSheet:
    zone = view.occurrence.event.zone
    begun, ended = (to_local(moment, zone) if moment else None for moment in (phase.begun_at, phase.ended_at))
    day = begun or to_local(phase.starts_at, zone)
    return open_sheet(PhaseTimesForm.texts_of(phase, begun_day=day, begun=begun, ended=ended), phase.version)


def _phase_forms(
    pages: Pages, view: OrderView, phase: Phase, *, planned: FormSheet | None = None, actual: FormSheet | None = None
) -> Page:
    """Render both forms of a phase, the one that was sent as it is given."""
    posted = planned or actual or FormSheet(form=NO_FORM)
    planned, actual = planned or _planned_form(view, phase), actual or _actual_form(view, phase)
    form = actual.form.but({name: planned.form.all(name) for name in form_fields(PhaseForm)})
    return pages.render(
        "operations/phase.html",
        **sheet_context(replace(posted, form=form), PhaseForm, PhaseTimesForm),
        phase=phase,
        planned=planned,
        actual=actual,
        suggested=SUGGESTED_PHASES,
        **order_context(view),
    )
