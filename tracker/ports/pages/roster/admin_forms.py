"""The forms with which administrators add and change things: one mechanism for people, agencies, committees, and sites.

They need a recent confirmation, show errors at their fields, and show what another person saved meanwhile.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from litestar import get, post
from litestar.params import PathParameter
from msgspec import Struct
from msgspec.structs import replace

from tracker.config.settings import Settings as SettingsInUse
from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Settings, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Drafts,
    Form,
    Page,
    Pages,
    Query,
    first_reauthenticate,
    is_reauthenticated,
)
from tracker.ports.pages.core.form_shapes import FormShape, form_fields, sheet_context
from tracker.ports.pages.core.form_values import FormValues, form_version
from tracker.ports.pages.core.sheets import (
    NO_FORM,
    FormSheet,
    FormWords,
    open_sheet,
    overtake_sheet,
    recorded_form,
    refuse_sheet,
    resume_sheet,
    typed_sheet,
)
from tracker.rules.core.drafts import DraftForm, DraftKey
from tracker.rules.roster.directory import MANAGERS_ONLY

Facts = TypeVar("Facts", bound=Any)


async def _as_it_is(_: Viewer, form: FormValues) -> FormValues:
    return form


class AdminForm(Struct, Generic[Facts], frozen=True, kw_only=True):
    """What one kind of form does, for a viewer who manages the roster; `thing_id` is None for something new."""

    address: str
    """The address of its list, for example /agencies."""
    key: str
    """The name of the id in the address."""
    template: str
    shape: type[FormShape]
    read: Callable[[FormValues, str, SettingsInUse], Facts]
    """Reads a form; days are those of the zone."""
    add: Callable[[Viewer, Facts, datetime, datetime], Awaitable[UUID]]
    change: Callable[[Viewer, UUID, Facts, int, datetime, datetime], Awaitable[None]]
    texts: Callable[[Viewer, UUID, str], Awaitable[tuple[FormValues, int]]]
    """Returns the form of a known one, with the days of the zone, and its version. Errors: NotFound."""
    shown: Callable[[Viewer, UUID | None, FormValues], Awaitable[Mapping[str, Any]]]
    """Returns what its template gets beside the form."""
    words: Callable[[Viewer, Sequence[FormValues]], Awaitable[FormWords]] | None = None
    """Returns the words for the texts in some forms; None = they speak for themselves."""
    settled: Callable[[Viewer, FormValues], Awaitable[FormValues]] = _as_it_is
    """Returns the form with the ids that its words mean."""
    blank: Callable[[FormValues, str], FormValues] = lambda *_: NO_FORM
    """Returns the form of a new one, made of the query of the address and the zone."""
    added: Callable[[Facts], str] = lambda facts: f"{facts.name} added."
    saved: Callable[[Facts], str] = lambda facts: f"{facts.name} saved."
    leads_to: Callable[[UUID], str] | None = None
    """Where it is shown afterward; None = at its own address."""

    def place(self, thing_id: UUID) -> str:
        """Return where it is shown."""
        return self.leads_to(thing_id) if self.leads_to else f"{self.address}/{thing_id}"

    @property
    def draft(self) -> DraftForm:
        """The form as one that keeps drafts."""
        return DraftForm(self.address.removeprefix("/"))


def handlers_of(kept: AdminForm[Any]) -> list[Any]:
    """Return the handlers of the form: one shows it and one saves it, for a new thing and for a known one."""
    routes = [f"{kept.address}/new", f"{kept.address}/{{{kept.key}:uuid}}/edit"]
    ThingId: TypeAlias = Annotated[UUID | None, PathParameter(name=kept.key)]

    @get(routes, guards=[signed_in])
    async def show_form(
        pages: Pages, visit: Visit, params: Query, drafts: Drafts, zone: Zone, now: Now, *, thing_id: ThingId = None
    ) -> Page:
        """Show the form, or the viewer's draft of it."""
        viewer = visit.viewer
        check_roster_manager(viewer)
        draft = await drafts.kept(DraftKey(form=kept.draft, subject=str(thing_id or "")))
        if thing_id is None:
            sheet = resume_sheet(draft, kept.draft, FormSheet(form=kept.blank(params, zone)))
        else:
            draft = await kept.settled(viewer, draft) if draft else None
            sheet = resume_sheet(draft, kept.draft, *await _opened(kept, viewer, thing_id, zone, draft))
        back = f"{kept.address}/{thing_id}/edit" if thing_id else routes[0]
        return first_reauthenticate(visit, back, now) or await _render(kept, pages, viewer, sheet, thing_id)

    @post(routes, guards=[signed_in], status_code=303)
    async def save_form(
        pages: Pages, visit: Visit, form: Form, zone: Zone, settings: Settings, now: Now, *, thing_id: ThingId = None
    ) -> Page:
        """Save it, or show the form again with errors or with changes that were saved meanwhile."""
        check_roster_manager(visit.viewer)
        form = await kept.settled(visit.viewer, form)
        if not is_reauthenticated(visit, now):
            return await _render(kept, pages, visit.viewer, unproved_sheet(form), thing_id)
        try:
            facts = kept.read(form, zone, settings)
            return await _save(kept, pages, visit, facts, form_version(form), now, thing_id)
        except Invalid as wrong:
            sheet = refuse_sheet(form, wrong, list(form_fields(kept.shape)))
        except Conflict:
            if thing_id is None:
                raise
            sheet = overtake_sheet(form, *await _opened(kept, visit.viewer, thing_id, zone, form))
        return await _render(kept, pages, visit.viewer, sheet, thing_id)

    return [show_form, save_form]


async def _save(
    kept: AdminForm[Facts], pages: Pages, visit: Visit, facts: Facts, version: int, now: Now, thing_id: UUID | None
) -> Page:
    proof = visit.reauthenticated_at
    if thing_id is None:
        new_id = await kept.add(visit.viewer, facts, proof, now)
        return pages.redirect(kept.place(new_id), kept.added(facts))
    await kept.change(visit.viewer, thing_id, facts, version, proof, now)
    return pages.redirect(kept.place(thing_id), kept.saved(facts))


async def _opened(
    kept: AdminForm[Any], viewer: Viewer, thing_id: UUID, zone: str, typed: FormValues | None
) -> tuple[FormSheet, FormWords]:
    """Return a known one as its form shows it now, with the words for its texts and those that were typed."""
    saved, version = await kept.texts(viewer, thing_id, zone)
    texts = [saved, *([typed, recorded_form(typed["was"])] if typed else ())]
    return open_sheet(saved, version), await kept.words(viewer, texts) if kept.words else kept.shape.words()


async def _render(kept: AdminForm[Any], pages: Pages, viewer: Viewer, sheet: FormSheet, thing_id: UUID | None) -> Page:
    shown = await kept.shown(viewer, thing_id, sheet.form)
    return pages.render(kept.template, **sheet_context(sheet, kept.shape), **shown)


def check_roster_manager(viewer: Viewer) -> None:
    """Raise `NotAllowed` unless the viewer manages the roster."""
    if not viewer.manages_accounts:
        raise NotAllowed(MANAGERS_ONLY)


def unproved_sheet(form: FormValues) -> FormSheet:
    """Return a form as it was sent without a recent confirmation (403)."""
    return replace(typed_sheet(form), asks_reauthentication=True, status_code=403)
