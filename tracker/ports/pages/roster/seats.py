"""Who holds an agency's seat in a committee, for those who keep the roster."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tracker import clock
from tracker.errors import NotFound
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.form_values import FormValues, form_of, id_in, ids_in, query_of, version_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate, visit_of
from tracker.ports.pages.core.templating import page
from tracker.ports.pages.roster.admin_saving import Sheet, Words, done, manager_of, opened, save
from tracker.rules.core.viewer import Status
from tracker.rules.roster.directory import AgencyCard, CommitteeCard, PersonCard
from tracker.rules.roster.people_changes import SeatFacts
from tracker.usecases.roster import committees, directory

SEAT = "/committees/{committee_id:uuid}/seats/{agency_id:uuid}"
FIELDS = ("primary", "alternates")
LABELS = {"primary": "Primary", "alternates": "Alternates"}


@get("/committees/{committee_id:uuid}/seats", guards=[signed_in])
async def choose_agency(committee_id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[Any]:
    """Lead to the form of the seat of the agency that the address names."""
    manager_of(request)
    agency_id = id_in(query_of(request)["agency"])
    return Redirect(
        f"/committees/{committee_id}/seats/{agency_id}" if agency_id else f"/committees/{committee_id}", status_code=303
    )


@get(SEAT, guards=[signed_in])
async def edit_seat(
    committee_id: FromPath[UUID], agency_id: FromPath[UUID], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Show who holds a seat, or the form of a new one."""
    sheet, _ = await _opened(request, committee_id, agency_id)
    back = f"/committees/{committee_id}/seats/{agency_id}"
    return first_reauthenticate(request, back) or await _form(request, sheet, committee_id, agency_id)


@post(SEAT, guards=[signed_in], status_code=303)
async def save_seat(
    committee_id: FromPath[UUID], agency_id: FromPath[UUID], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Save who holds a seat, or show the form again with errors or with what changed meanwhile."""
    viewer = manager_of(request)

    async def change(form: FormValues) -> Response[Any]:
        facts = SeatFacts(primary_id=id_in(form["primary"]), alternate_ids=ids_in(form.all("alternates")))
        reauthenticated_at = visit_of(request).reauthenticated_at
        await committees.set_seat(
            viewer, committee_id, agency_id, facts, version_in(form), reauthenticated_at, clock.now()
        )
        return done(request, f"/committees/{committee_id}", "The seat is saved. It holds from now on.")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(request, sheet, committee_id, agency_id)

    async def now() -> tuple[Sheet, Words]:
        return await _opened(request, committee_id, agency_id)

    return await save(request, FIELDS, change, show, now)


@post(f"{SEAT}/removal", guards=[signed_in], status_code=303)
async def remove_seat(
    committee_id: FromPath[UUID], agency_id: FromPath[UUID], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Take a seat away."""
    viewer = manager_of(request)
    if first := first_reauthenticate(request, f"/committees/{committee_id}"):
        return first
    version = version_in(await form_of(request))
    await committees.remove_seat(
        viewer, committee_id, agency_id, version, visit_of(request).reauthenticated_at, clock.now()
    )
    return done(request, f"/committees/{committee_id}", "The seat is taken away.")


async def _of(request: Request[Any, Any, Any], committee_id: UUID, agency_id: UUID) -> tuple[CommitteeCard, AgencyCard]:
    viewer = manager_of(request)
    committee, agency = await directory.committee(viewer, committee_id), await directory.agency(viewer, agency_id)
    if agency.status is not Status.ACTIVE:
        raise NotFound
    return committee, agency


async def _opened(request: Request[Any, Any, Any], committee_id: UUID, agency_id: UUID) -> tuple[Sheet, Words]:
    committee, agency = await _of(request, committee_id, agency_id)
    seat = next((one for one in committee.seats if one.agency_id == agency_id), None)
    form = FormValues(
        {
            "primary": (str(seat.primary.id) if seat and seat.primary else "",),
            "alternates": tuple(str(one.id) for one in seat.alternates) if seat else (),
        }
    )
    names = {str(one.id): one.name for one in agency.people}

    def said(_: str, text: str) -> str:
        return ", ".join(names.get(one, one) for one in text.split("\n") if one) or "nobody"

    return opened(form, committee.version), Words(labels=LABELS, said=said)


async def _form(request: Request[Any, Any, Any], sheet: Sheet, committee_id: UUID, agency_id: UUID) -> Response[Any]:
    committee, agency = await _of(request, committee_id, agency_id)
    people = sorted((one for one in agency.people if one.status is Status.ACTIVE), key=_name)
    away = await committees.suspended_holders(committee_id, agency_id)
    return page(
        "roster/committees/seat.html",
        request,
        status_code=sheet.status_code,
        sheet=sheet,
        form=sheet.form,
        errors=sheet.errors,
        changes=sheet.changes,
        committee=committee,
        agency=agency,
        is_new=agency_id not in {one.agency_id for one in committee.seats},
        primaries=[("", "Choose a person"), *((str(one.id), one.name) for one in people)],
        alternates=[(str(one.id), one.name, one.title) for one in people],
        suspended=sorted(one.name for one in agency.people if one.id in away),
    )


def _name(person: PersonCard) -> str:
    return person.name


handlers = [choose_agency, edit_seat, save_seat, remove_seat]
