"""The form of what keepers of the roster add and change: one mechanism for people, agencies and committees."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from litestar import Request, Response, get, post

from tracker import clock
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, version_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.roster.admin_saving import NO_FORM, Sheet, Words, done, manager_of, opened, save
from tracker.rules.core.viewer import Viewer

Facts = TypeVar("Facts")
Asked = Request[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class AdminForm(Generic[Facts]):
    """What one kind of form does; `thing_id` is None for something new."""

    address: str
    """Where its list stands, for example /agencies."""
    key: str
    """What the id is called in the address of one."""
    template: str
    fields: tuple[str, ...]
    read: Callable[[Asked, FormValues], Facts]
    add: Callable[[Viewer, Facts, datetime, datetime], Awaitable[UUID]]
    change: Callable[[Viewer, UUID, Facts, int, datetime, datetime], Awaitable[None]]
    texts: Callable[[Asked, UUID], Awaitable[tuple[FormValues, int]]]
    """What stands in the form of a known one, and its version. Errors: NotFound."""
    words: Callable[[Viewer], Awaitable[Words]]
    shown: Callable[[Viewer, UUID | None, FormValues], Awaitable[Mapping[str, Any]]]
    """What its template is given beside the form."""
    added: Callable[[Facts], str]
    saved: Callable[[Facts], str]
    blank: Callable[[Asked], FormValues] = lambda _: NO_FORM
    leads_to: Callable[[UUID], str] | None = None
    """Where one is shown afterwards; None = at its own address."""

    def place(self, thing_id: UUID) -> str:
        """Return where one is shown."""
        return self.leads_to(thing_id) if self.leads_to else f"{self.address}/{thing_id}"


def handlers_of(kept: AdminForm[Any]) -> list[Any]:
    """Return the handlers of the form: what shows it and saves it, for a new thing and for a known one."""
    return [*_of_new(kept), *_of_known(kept)]


def _of_new(kept: AdminForm[Any]) -> tuple[Any, Any]:
    address = f"{kept.address}/new"

    @get(address, guards=[signed_in])
    async def new(request: Asked) -> Response[Any]:
        """Show the form of a new one."""
        manager_of(request)
        return first_reauthenticate(request, address) or await _form(
            kept, request, Sheet(form=kept.blank(request)), None
        )

    @post(address, guards=[signed_in], status_code=303)
    async def add(request: Asked) -> Response[Any]:
        """Add it, or show the form again with errors."""
        viewer = manager_of(request)

        async def deed(form: FormValues) -> Response[Any]:
            facts = kept.read(request, form)
            thing_id = await kept.add(viewer, facts, visit_of(request).reauthenticated_at, clock.now())
            return done(request, kept.place(thing_id), kept.added(facts))

        async def show(sheet: Sheet) -> Response[Any]:
            return await _form(kept, request, sheet, None)

        return await save(request, kept.fields, deed, show)

    return new, add


def _of_known(kept: AdminForm[Any]) -> tuple[Any, Any]:
    address = f"{kept.address}/{{{kept.key}:uuid}}/edit"

    @get(address, guards=[signed_in])
    async def edit(request: Asked) -> Response[Any]:
        """Show the form of one."""
        thing_id = request.path_params[kept.key]
        sheet, _ = await _opened(kept, request, thing_id)
        return first_reauthenticate(request, f"{kept.address}/{thing_id}/edit") or await _form(
            kept, request, sheet, thing_id
        )

    @post(address, guards=[signed_in], status_code=303)
    async def change(request: Asked) -> Response[Any]:
        """Save it, or show the form again with errors or with what changed meanwhile."""
        viewer, thing_id = manager_of(request), request.path_params[kept.key]

        async def deed(form: FormValues) -> Response[Any]:
            facts, reauthenticated_at = kept.read(request, form), visit_of(request).reauthenticated_at
            await kept.change(viewer, thing_id, facts, version_in(form), reauthenticated_at, clock.now())
            return done(request, kept.place(thing_id), kept.saved(facts))

        async def show(sheet: Sheet) -> Response[Any]:
            return await _form(kept, request, sheet, thing_id)

        async def now() -> tuple[Sheet, Words]:
            return await _opened(kept, request, thing_id)

        return await save(request, kept.fields, deed, show, now)

    return edit, change


async def _opened(kept: AdminForm[Any], request: Asked, thing_id: UUID) -> tuple[Sheet, Words]:
    viewer = manager_of(request)
    return opened(*await kept.texts(request, thing_id)), await kept.words(viewer)


async def _form(kept: AdminForm[Any], request: Asked, sheet: Sheet, thing_id: UUID | None) -> Response[Any]:
    shown = await kept.shown(manager_of(request), thing_id, sheet.form)
    return page(
        kept.template,
        request,
        status_code=sheet.status_code,
        sheet=sheet,
        form=sheet.form,
        errors=sheet.errors,
        changes=sheet.changes,
        **shown,
    )
