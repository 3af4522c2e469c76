"""The phases of an operation: planned in a form, timed by one press, and corrected."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, Settings, Viewer
from tracker.ports.http.flash import Undo
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, moment_in, version_in
from tracker.ports.pages.core.sheets import NO_FORM, Sheet, Words, opened, overtaken, refused
from tracker.ports.pages.operations.order import PHASE_FIELDS, context_of, shown
from tracker.rules.core.wall_clock import to_local, to_utc
from tracker.rules.operations.phases import LONGEST_NAME, NO_NAME, SUGGESTED, Phase, PhasePlan
from tracker.usecases.core import access_records
from tracker.usecases.operations import order_page, phases
from tracker.usecases.operations.order_page import OrderView

AT = "/events/{event_id:uuid}/{key:str}/plan/order/phases"
NO_START = "Enter when it starts."
TIME_FIELDS = ("begun_day", "begun", "ended")
PLANNED_WORDS = Words(labels={"name": "Phase", "day": "Day", "starts": "Starts", "ends": "Ends"})
ACTUAL_WORDS = Words(labels={"begun_day": "Start day", "begun": "Started", "ended": "Ended"})
UNDO_FOR = timedelta(seconds=60)
PRESSES: dict[str, tuple[Callable[..., Awaitable[Phase]], str]] = {
    "begun": (phases.begin, "has started"),
    "ended": (phases.end, "has ended"),
}
"""What the buttons of a phase do, and say afterward."""


@post(AT, guards=[signed_in], status_code=303)
async def add_phase(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now
) -> Response[Any]:
    """Plan another phase, or show the page again with what was typed."""
    view = await order_page.order_to_change(viewer, event_id, key)
    try:
        plan = _plan_in(form, view.occurrence.event.zone)
        await phases.add(viewer, event_id, plan, now)
    except Invalid as wrong:
        return shown(pages, view, settings, now, phase=refused(form, wrong, PHASE_FIELDS))
    return pages.redirect(_at(event_id, key), f"{plan.name} added.")


@get(f"{AT}/{{phase_id:uuid}}", guards=[signed_in])
async def edit_phase(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the forms of a phase: when it is planned, and when it began and ended."""
    view, phase = await order_page.phase_to_change(viewer, event_id, key, phase_id)
    await access_records.note_date(viewer, view.occurrence, now, plan=view.operation.version)
    return _forms(pages, view, phase)


@post(f"{AT}/{{phase_id:uuid}}", guards=[signed_in], status_code=303)
async def change_phase(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Plan a phase differently, or show the form again with what was typed."""
    view, phase = await order_page.phase_to_change(viewer, event_id, key, phase_id)
    try:
        plan = _plan_in(form, view.occurrence.event.zone)
        await phases.change(viewer, event_id, phase_id, plan, now, version=version_in(form))
    except Invalid as wrong:
        return _forms(pages, view, phase, planned=refused(form, wrong, PHASE_FIELDS))
    except Conflict:
        return _forms(pages, view, phase, planned=overtaken(form, _planned(view, phase), PLANNED_WORDS))
    return pages.redirect(_at(event_id, key), f"{plan.name} saved.")


@post(f"{AT}/{{phase_id:uuid}}/times", guards=[signed_in], status_code=303)
async def correct_times(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record when a phase really began and ended, or show the form again with what was typed."""
    view, phase = await order_page.phase_to_change(viewer, event_id, key, phase_id)
    try:
        begun_at, ended_at = _span_in(Reader(form), TIME_FIELDS, view.occurrence.event.zone)
        await phases.correct(viewer, event_id, phase_id, begun_at, ended_at, now, seen=version_in(form))
    except Invalid as wrong:
        return _forms(pages, view, phase, actual=refused(form, wrong, TIME_FIELDS))
    except Conflict:
        return _forms(pages, view, phase, actual=overtaken(form, _actual(view, phase), ACTUAL_WORDS))
    return pages.redirect(_at(event_id, key), f"Times of {phase.name} saved.")


@post(f"{AT}/{{phase_id:uuid}}/removal", guards=[signed_in], status_code=303)
async def remove_phase(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, now: Now
) -> Response[Any]:
    """Remove a phase."""
    phase = await phases.remove(viewer, event_id, phase_id, now)
    return pages.redirect(_at(event_id, key), f"{phase.name} removed.")


@post(f"{AT}/{{phase_id:uuid}}/marks", guards=[signed_in], status_code=303)
async def mark_phase(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Record that a phase begins or ends now, and offer to undo it."""
    if form["mark"] not in PRESSES:
        raise NotFound
    press, words = PRESSES[form["mark"]]
    try:
        phase = await press(viewer, event_id, phase_id, now)
    except Conflict as known:
        return pages.refuse(_at(event_id, key), known.sentence)
    address = f"{_at(event_id, key)}/phases/{phase_id}/undo"
    undo = Undo(address=address, fields={"at": now.isoformat()}, until=now + UNDO_FOR)
    return pages.redirect(_at(event_id, key), f"{phase.name} {words}.", undo)


@post(f"{AT}/{{phase_id:uuid}}/undo", guards=[signed_in], status_code=303)
async def undo_mark(
    event_id: PathId, key: PathText, phase_id: PathId, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Take back that a phase began or ended at a moment."""
    moment = moment_in(form["at"])
    if moment is None:
        raise NotFound
    try:
        phase = await phases.undo(viewer, event_id, phase_id, moment, now)
    except Conflict as changed:
        return pages.refuse(_at(event_id, key), f"Not undone. {changed.sentence}")
    return pages.redirect(_at(event_id, key), f"Undone. The earlier times of {phase.name} count again.")


def _plan_in(form: FormValues, zone: str) -> PhasePlan:
    """Return the phase of a form. Errors: Invalid by field."""
    reader = Reader(form)
    name = reader.text("name", LONGEST_NAME)
    if not name:
        reader.refuse("name", NO_NAME)
    if not form["starts"].strip():
        reader.refuse("starts", NO_START)
    starts_at, ends_at = _span_in(reader, ("day", "starts", "ends"), zone)
    if starts_at is None:
        raise Invalid(starts=NO_START)
    return PhasePlan(name=name, starts_at=starts_at, ends_at=ends_at)


def _span_in(reader: Reader, names: tuple[str, str, str], zone: str) -> tuple[datetime | None, datetime | None]:
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


def _planned(view: OrderView, phase: Phase) -> Sheet:
    """Return the form of the planned times as it is opened; a move of the operation changes them too."""
    zone = view.occurrence.event.zone
    starts, ends = to_local(phase.starts_at, zone), to_local(phase.ends_at, zone) if phase.ends_at else None
    texts = {"name": phase.name, "day": f"{starts:%Y-%m-%d}", "starts": _clock(starts), "ends": _clock(ends)}
    return opened(FormValues({name: (text,) for name, text in texts.items()}), view.operation.version)


def _actual(view: OrderView, phase: Phase) -> Sheet:
    """Return the form of the actual times as it is opened."""
    zone = view.occurrence.event.zone
    begun, ended = (to_local(one, zone) if one else None for one in (phase.begun_at, phase.ended_at))
    day = begun or to_local(phase.starts_at, zone)
    texts = {"begun_day": f"{day:%Y-%m-%d}", "begun": _clock(begun), "ended": _clock(ended)}
    return opened(FormValues({name: (text,) for name, text in texts.items()}), phase.version)


def _clock(at: datetime | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _forms(
    pages: Pages, view: OrderView, phase: Phase, *, planned: Sheet | None = None, actual: Sheet | None = None
) -> Response[str]:
    """Render both forms of a phase, the one that was sent as it is given."""
    posted = planned or actual or Sheet(form=NO_FORM)
    planned, actual = planned or _planned(view, phase), actual or _actual(view, phase)
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
        suggested=SUGGESTED,
        longest_name=LONGEST_NAME,
        **context_of(view),
    )


def _at(event_id: UUID, key: str) -> str:
    return f"/events/{event_id}/{key}/plan/order"
