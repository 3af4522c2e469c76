"""Adding a person and changing one, for those who keep the roster."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tracker import clock
from tracker.ports.guards import signed_in
from tracker.ports.pages import people_forms as forms
from tracker.ports.pages.form_values import FormValues, query_of, version_in
from tracker.ports.pages.keeping import Sheet, Words, done, keeper_of, opened, save
from tracker.ports.pages.proof import first_prove, visit_of
from tracker.ports.pages.request import zone_of
from tracker.ports.pages.templating import page
from tracker.rules import accounts
from tracker.usecases import directory, people_changes

NEW = "/people/new"


@get(NEW, guards=[signed_in])
async def new_person(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of somebody new; the address may name their agency."""
    keeper_of(request)
    agency = query_of(request)["agency"]
    blank = Sheet(form=forms.new_form(zone_of(request), agency))
    return first_prove(request, NEW) or await _form(request, blank, None)


@post(NEW, guards=[signed_in], status_code=303)
async def add_person(request: Request[Any, Any, Any]) -> Response[Any]:
    """Add somebody."""
    viewer = keeper_of(request)

    async def add(form: FormValues) -> Response[Any]:
        facts = forms.read_person(form, zone_of(request))
        member_id = await people_changes.add_person(viewer, facts, visit_of(request).proved_at, clock.now())
        return done(request, f"/people/{member_id}", f"{facts.name} is added.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, None)

    return await save(request, forms.FIELDS, add, show)


@get("/people/{person_id:uuid}/edit", guards=[signed_in])
async def edit_person(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the form of a person."""
    sheet, _ = await _opened(request, person_id)
    return first_prove(request, f"/people/{person_id}/edit") or await _form(request, sheet, person_id)


@post("/people/{person_id:uuid}/edit", guards=[signed_in], status_code=303)
async def save_person(person_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Save a person, or show the form again with errors or with what changed meanwhile."""
    viewer = keeper_of(request)

    async def change(form: FormValues) -> Response[Any]:
        facts, now = forms.read_person(form, zone_of(request)), clock.now()
        proved_at = visit_of(request).proved_at
        await people_changes.change_person(viewer, person_id, facts, version_in(form), proved_at, now)
        return done(request, f"/people/{person_id}", f"{facts.name} is saved.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, person_id)

    async def now() -> tuple[Sheet, Words]:
        return await _opened(request, person_id)

    return await save(request, forms.FIELDS, change, show, now)


async def _opened(request: Request[Any, Any, Any], person_id: UUID) -> tuple[Sheet, Words]:
    viewer = keeper_of(request)
    person = await directory.person(viewer, person_id)
    accounts.check_account(viewer, person_id, person.roles)
    form = forms.form_of_person(person, zone_of(request))
    return opened(form, person.version), forms.words_for(await directory.agencies(viewer))


async def _form(request: Request[Any, Any, Any], sheet: Sheet, person_id: UUID | None) -> Response[Any]:
    viewer = keeper_of(request)
    person = await directory.person(viewer, person_id) if person_id else None
    agencies = await directory.agencies(viewer)
    return page(
        "people/form.html", request, status_code=sheet.status_code, sheet=sheet, form=sheet.form, errors=sheet.errors,
        changes=sheet.changes, person=person, roles=forms.role_options(viewer),
        agencies=forms.agency_options(agencies, sheet.form["agency"]), zones=forms.zone_options(sheet.form["zone"]),
    )  # fmt: skip


handlers = [new_person, add_person, edit_person, save_person]
