"""The forms with which administrators add and change things: one mechanism for people, agencies, committees, and sites.

They need a recent confirmation, show errors at their fields, and show what another person saved meanwhile.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from litestar import Response, get, post
from litestar.params import PathParameter
from msgspec import Struct
from msgspec.structs import replace

from tracker.errors import Conflict, Invalid, NotAllowed
from tracker.ports.http.dependencies import Now, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Drafts, Form, Pages, Query, first_reauthenticate, is_reauthenticated
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

Facts = TypeVar("Facts")
ShowForm = Callable[[FormSheet], Awaitable[Response[Any]]]
SavingDeed = Callable[[], Awaitable[Response[Any]]]
CurrentForm = Callable[[], Awaitable[tuple[FormSheet, FormWords]]]
"""Returns the form as it is now, after another person saved it."""


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
    read: Callable[[FormValues, str], Facts]
    """Reads a form; days are those of the zone."""
    add: Callable[[Viewer, Facts, datetime, datetime], Awaitable[UUID]]
    change: Callable[[Viewer, UUID, Facts, int, datetime, datetime], Awaitable[None]]
    texts: Callable[[Viewer, UUID, str], Awaitable[tuple[FormValues, int]]]
    """Returns the form of a known one, with the days of the zone, and its version. Errors: NotFound."""
    words: Callable[[Viewer, Sequence[FormValues]], Awaitable[FormWords]]
    """Returns the words for the texts in some forms."""
    shown: Callable[[Viewer, UUID | None, FormValues], Awaitable[Mapping[str, Any]]]
    """Returns what its template gets beside the form."""
    added: Callable[[Facts], str]
    saved: Callable[[Facts], str]
    settled: Callable[[Viewer, FormValues], Awaitable[FormValues]] = _as_it_is
    """Returns the form with the ids that its words mean."""
    blank: Callable[[FormValues, str], FormValues] = lambda *_: NO_FORM
    """Returns the form of a new one, made of the query of the address and the zone."""
    leads_to: Callable[[UUID], str] | None = None
    """Where it is shown afterward; None = at its own address."""

    @property
    def edit_route(self) -> str:
        """The route of the form of a known one."""
        return f"{self.address}/{{{self.key}:uuid}}/edit"

    def place(self, thing_id: UUID) -> str:
        """Return where it is shown."""
        return self.leads_to(thing_id) if self.leads_to else f"{self.address}/{thing_id}"

    @property
    def draft(self) -> DraftForm:
        """The form as one that keeps drafts."""
        return DraftForm(self.address.removeprefix("/"))

    def draft_of(self, thing_id: UUID | None) -> DraftKey:
        """Return which draft the form keeps."""
        return DraftKey(form=self.draft, subject=str(thing_id or ""))


def handlers_of(kept: AdminForm[Any]) -> list[Any]:
    """Return the handlers of the form: those that show and save it, for a new thing and for a known one."""
    return [*_of_new(kept), _edit_of(kept), _change_of(kept)]


def _of_new(kept: AdminForm[Any]) -> tuple[Any, Any]:
    address = f"{kept.address}/new"

    @get(address, guards=[signed_in])
    async def new(pages: Pages, visit: Visit, params: Query, drafts: Drafts, zone: Zone, now: Now) -> Response[Any]:
        """Show the form of a new one, or the viewer's draft of it."""
        check_roster_manager(visit.viewer)
        sheet = resume_sheet(
            await drafts.kept(kept.draft_of(None)), kept.draft, FormSheet(form=kept.blank(params, zone))
        )
        return first_reauthenticate(visit, address, now) or await _render(kept, pages, visit.viewer, sheet, None)

    @post(address, guards=[signed_in], status_code=303)
    async def add(pages: Pages, visit: Visit, form: Form, zone: Zone, now: Now) -> Response[Any]:
        """Add it, or show the form again with its errors."""
        check_roster_manager(visit.viewer)
        form = await kept.settled(visit.viewer, form)

        async def deed() -> Response[Any]:
            facts = kept.read(form, zone)
            thing_id = await kept.add(visit.viewer, facts, visit.reauthenticated_at, now)
            return pages.redirect(kept.place(thing_id), kept.added(facts))

        async def show(sheet: FormSheet) -> Response[Any]:
            return await _render(kept, pages, visit.viewer, sheet, None)

        return await save_admin_form(visit, form, now, tuple(form_fields(kept.shape)), deed, show)

    return new, add


def _edit_of(kept: AdminForm[Any]) -> Any:
    @get(kept.edit_route, guards=[signed_in])
    async def edit(
        thing_id: Annotated[UUID, PathParameter(name=kept.key)],
        pages: Pages,
        visit: Visit,
        drafts: Drafts,
        zone: Zone,
        now: Now,
    ) -> Response[Any]:
        """Show the form of one, or the viewer's draft of it."""
        check_roster_manager(visit.viewer)
        draft = await drafts.kept(kept.draft_of(thing_id))
        draft = await kept.settled(visit.viewer, draft) if draft else None
        sheet = resume_sheet(draft, kept.draft, *await _opened(kept, visit.viewer, thing_id, zone, draft))
        first = first_reauthenticate(visit, f"{kept.address}/{thing_id}/edit", now)
        return first or await _render(kept, pages, visit.viewer, sheet, thing_id)

    return edit


def _change_of(kept: AdminForm[Any]) -> Any:
    @post(kept.edit_route, guards=[signed_in], status_code=303)
    async def change(
        thing_id: Annotated[UUID, PathParameter(name=kept.key)],
        pages: Pages,
        visit: Visit,
        form: Form,
        zone: Zone,
        now: Now,
    ) -> Response[Any]:
        """Save it, or show the form again with errors or with changes that were saved meanwhile."""
        check_roster_manager(visit.viewer)
        form = await kept.settled(visit.viewer, form)

        async def deed() -> Response[Any]:
            facts = kept.read(form, zone)
            await kept.change(visit.viewer, thing_id, facts, form_version(form), visit.reauthenticated_at, now)
            return pages.redirect(kept.place(thing_id), kept.saved(facts))

        async def show(sheet: FormSheet) -> Response[Any]:
            return await _render(kept, pages, visit.viewer, sheet, thing_id)

        current = partial(_opened, kept, visit.viewer, thing_id, zone, form)
        return await save_admin_form(visit, form, now, tuple(form_fields(kept.shape)), deed, show, current)

    return change


async def _opened(
    kept: AdminForm[Any], viewer: Viewer, thing_id: UUID, zone: str, typed: FormValues | None
) -> tuple[FormSheet, FormWords]:
    """Return a known one as its form shows it now, with the words for its texts and those that were typed."""
    saved, version = await kept.texts(viewer, thing_id, zone)
    return open_sheet(saved, version), await kept.words(
        viewer, [saved, *([typed, recorded_form(typed["was"])] if typed else ())]
    )


async def _render(
    kept: AdminForm[Any], pages: Pages, viewer: Viewer, sheet: FormSheet, thing_id: UUID | None
) -> Response[Any]:
    shown = await kept.shown(viewer, thing_id, sheet.form)
    return pages.render(kept.template, **sheet_context(sheet, kept.shape), **shown)


def check_roster_manager(viewer: Viewer) -> None:
    """Raise `NotAllowed` unless the viewer manages the roster."""
    if not viewer.manages_accounts:
        raise NotAllowed(MANAGERS_ONLY)


async def save_admin_form(
    visit: Visit,
    form: FormValues,
    now: Now,
    fields: Sequence[str],
    deed: SavingDeed,
    show: ShowForm,
    current: CurrentForm | None = None,
) -> Response[Any]:
    """Save a form, or show it again with everything that was typed.

    It is shown again without a recent confirmation (403), with errors (422), or beside what another person saved
    meanwhile (409).
    """
    if not is_reauthenticated(visit, now):
        return await show(replace(typed_sheet(form), asks_reauthentication=True, status_code=403))
    try:
        return await deed()
    except Invalid as wrong:
        return await show(refuse_sheet(form, wrong, fields))
    except Conflict:
        if current is None:
            raise
        return await show(overtake_sheet(form, *await current()))
