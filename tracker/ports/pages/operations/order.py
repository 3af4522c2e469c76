"""The operations order: its page, which also shows the phases, its form, and its earlier versions."""

import re
from typing import Any

from litestar import Response, get, post

from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, Settings, Viewer
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId, PathText
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages
from tracker.ports.pages.core.form_values import FormValues, Reader, version_in
from tracker.ports.pages.core.sheets import NO_FORM, Sheet, Words, opened, overtaken, refused, resumed
from tracker.ports.pages.events.event_page import times_of
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.operations.orders import LONGEST_PARAGRAPH, PARAGRAPH_HINTS, PARAGRAPH_WORDS, Paragraph, Paragraphs
from tracker.rules.operations.phases import LONGEST_NAME, SUGGESTED
from tracker.rules.operations.timeline import timeline
from tracker.usecases.core import access_records
from tracker.usecases.operations import kinds, order_page, orders
from tracker.usecases.operations.order_page import OrderView

AT = "/events/{event_id:uuid}/{key:str}/plan/order"
PHASE_FIELDS = ("name", "day", "starts", "ends")
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
WORDS = Words(labels=PARAGRAPH_WORDS)
KIND_WORDS = Words(labels={"kind": "Operation type"}, said=lambda _, text: text or "Not chosen yet")


@get(AT, guards=[signed_in])
async def show_order(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, settings: Settings, now: Now
) -> Response[str]:
    """Show the phases and the order as they are, and who saved the order when."""
    view = await order_page.order_view(viewer, event_id, key)
    await access_records.note_date(viewer, view.occurrence, now, plan=view.operation.version)
    return shown(pages, view, settings, now)


@get(f"{AT}/versions/{{version:str}}", guards=[signed_in])
async def show_version(
    event_id: PathId, key: PathText, version: PathText, pages: Pages, viewer: Viewer, now: Now
) -> Response[str]:
    """Show the order as it was."""
    if not NUMBER.fullmatch(version):
        raise NotFound
    view, order = await order_page.order_of_version(viewer, event_id, key, int(version))
    await access_records.note_date(viewer, view.occurrence, now, plan=order.version)
    return pages.render("operations/order-version.html", order=order, **context_of(view))


@post(f"{AT}/kind", guards=[signed_in], status_code=303)
async def choose_kind(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, settings: Settings, now: Now
) -> Response[Any]:
    """Choose what kind of operation it is, from the kinds of the settings."""
    view = await order_page.order_to_change(viewer, event_id, key)
    try:
        await kinds.choose(viewer, event_id, form["kind"], settings.operation_kind_names, now, version=version_in(form))
    except Invalid as wrong:
        return shown(pages, view, settings, now, kind=refused(form, wrong, ("kind",)))
    except Conflict:
        return shown(pages, view, settings, now, kind=overtaken(form, _kind_of(view), KIND_WORDS))
    return pages.redirect(f"/events/{event_id}/{key}/plan/order", "Operation type saved.")


@get(f"{AT}/edit", guards=[signed_in])
async def edit_order(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, drafts: Drafts, now: Now
) -> Response[str]:
    """Show the form of the order, or the viewer's draft of it."""
    view = await order_page.order_to_change(viewer, event_id, key)
    await access_records.note_date(viewer, view.occurrence, now, plan=view.operation.version)
    draft = await drafts.kept(DraftKey(form=DraftForm.ORDER, subject=str(event_id), event_id=event_id))
    return _form(pages, view, resumed(draft, DraftForm.ORDER, _opened(view), WORDS))


@post(f"{AT}/edit", guards=[signed_in], status_code=303)
async def save_order(
    event_id: PathId, key: PathText, pages: Pages, viewer: Viewer, form: Form, now: Now
) -> Response[Any]:
    """Save the order, or show the form again: with errors (422), or with what was saved meanwhile (409)."""
    view = await order_page.order_to_change(viewer, event_id, key)
    try:
        version = await orders.save(viewer, event_id, _paragraphs_in(form), now, read=version_in(form))
    except Invalid as wrong:
        return _form(pages, view, refused(form, wrong, list(Paragraph)))
    except Conflict:
        return _form(pages, view, overtaken(form, _opened(view), WORDS))
    return pages.redirect(f"/events/{event_id}/{key}/plan/order", f"Order saved as version {version}.")


def shown(
    pages: Pages,
    view: OrderView,
    settings: Settings,
    now: Now,
    *,
    phase: Sheet | None = None,
    kind: Sheet | None = None,
) -> Response[str]:
    """Render the page; after an error with what was typed into the form of a new phase, or of the operation's type."""
    known = dict.fromkeys((*settings.operation_kind_names, *filter(None, [view.operation.kind])))
    posted = phase or kind or Sheet(form=NO_FORM)
    return pages.render(
        "operations/order.html",
        status_code=posted.status_code,
        form=phase.form if phase else NO_FORM,
        errors=posted.errors,
        kind_sheet=kind or _kind_of(view),
        kinds=[("", "Not chosen yet"), *((one, one) for one in known)],
        drawing=timeline(view.phases.values(), now),
        suggested=SUGGESTED,
        longest_name=LONGEST_NAME,
        **context_of(view),
    )


def _kind_of(view: OrderView) -> Sheet:
    return opened(FormValues({"kind": (view.operation.kind,)}), view.operation.version)


def _paragraphs_in(form: FormValues) -> Paragraphs:
    """Return the paragraphs of a form. Errors: Invalid by field."""
    reader = Reader(form)
    found = {one: reader.text(one, LONGEST_PARAGRAPH, multiline=True) for one in Paragraph}
    reader.check()
    return found


def _opened(view: OrderView) -> Sheet:
    order = view.order
    return opened(FormValues({one: (order.paragraphs[one] if order else "",) for one in Paragraph}), view.version)


def _form(pages: Pages, view: OrderView, sheet: Sheet) -> Response[str]:
    return pages.render(
        "operations/order-edit.html",
        hints=PARAGRAPH_HINTS,
        longest=LONGEST_PARAGRAPH,
        **sheet.context,
        **context_of(view),
    )


def context_of(view: OrderView) -> dict[str, Any]:
    """Return what each page of the order and of a phase shows."""
    return {"view": view, "event": view.occurrence.event, "paragraphs": PARAGRAPH_WORDS, **times_of(view.occurrence)}
