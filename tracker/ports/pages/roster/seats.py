"""The holders of an agency's seat on a committee, for people who manage the roster."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.errors import NotFound
from tracker.ports.http.dependencies import Now, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.http.path import PathId
from tracker.ports.pages.core.dependencies import Form, Pages
from tracker.ports.pages.core.form_values import FormValues, id_in, ids_in, version_in
from tracker.ports.pages.core.reauthentication import first_reauthenticate
from tracker.ports.pages.core.sheets import Sheet, Words, opened, typed_in
from tracker.ports.pages.roster.admin_saving import check_manager, save
from tracker.ports.pages.roster.list_review import is_reviewed, review_of
from tracker.rules.core.viewer import Status
from tracker.rules.roster.directory import AgencyCard, CommitteeCard, PersonCard
from tracker.rules.roster.people_changes import SeatFacts
from tracker.rules.views.list_impact import ListImpact, done_words
from tracker.usecases.roster import committees, directory
from tracker.usecases.views import preview, seat_changes

SEAT = "/committees/{committee_id:uuid}/seats/{agency_id:uuid}"
FIELDS = ("primary", "alternates")
LABELS = {"primary": "Primary", "alternates": "Alternates"}


@get("/committees/{committee_id:uuid}/seats", guards=[signed_in])
async def choose_agency(committee_id: PathId, viewer: Viewer, agency: FromQuery[str] = "") -> Response[Any]:
    """Redirect to the form of the seat of the agency in the address."""
    check_manager(viewer)
    agency_id = id_in(agency)
    return Redirect(
        f"/committees/{committee_id}/seats/{agency_id}" if agency_id else f"/committees/{committee_id}", status_code=303
    )


@get(SEAT, guards=[signed_in])
async def edit_seat(
    committee_id: PathId, agency_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now
) -> Response[Any]:
    """Show the holders of a seat, or the form of a new one."""
    sheet, _ = await _opened(viewer, committee_id, agency_id)
    back = f"/committees/{committee_id}/seats/{agency_id}"
    return first_reauthenticate(visit, back, now) or await _form(pages, viewer, sheet, committee_id, agency_id)


@post(SEAT, guards=[signed_in], status_code=303)
async def save_seat(
    committee_id: PathId, agency_id: PathId, pages: Pages, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Save the holders of a seat, or show the form again with errors or with changes that were saved meanwhile."""
    viewer = visit.viewer
    check_manager(viewer)

    async def change() -> Response[Any]:
        facts = SeatFacts(primary_id=id_in(form["primary"]), alternate_ids=ids_in(form.all("alternates")))
        proof = visit.reauthenticated_at
        deed = partial(seat_changes.set_seat, viewer, committee_id, agency_id, facts, version_in(form), proof, now)
        impact = await preview.rolled_back(deed)
        if not is_reviewed(form, impact):
            return await _form(pages, viewer, typed_in(form), committee_id, agency_id, saving=impact)
        return pages.redirect(f"/committees/{committee_id}", f"Seat saved.{done_words(await deed())}")

    async def show(sheet: Sheet) -> Response[Any]:
        return await _form(pages, viewer, sheet, committee_id, agency_id)

    async def current() -> tuple[Sheet, Words]:
        return await _opened(viewer, committee_id, agency_id)

    return await save(visit, form, now, FIELDS, change, show, current)


@post(f"{SEAT}/removal", guards=[signed_in], status_code=303)
async def remove_seat(
    committee_id: PathId, agency_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Response[Any]:
    """Remove a seat."""
    check_manager(viewer)
    if first := first_reauthenticate(visit, f"/committees/{committee_id}", now):
        return first
    proof, version = visit.reauthenticated_at, version_in(form)
    deed = partial(seat_changes.remove_seat, viewer, committee_id, agency_id, version, proof, now)
    impact = await preview.rolled_back(deed)
    if not is_reviewed(form, impact):
        sheet, _ = await _opened(viewer, committee_id, agency_id)
        return await _form(pages, viewer, sheet, committee_id, agency_id, removing=impact)
    return pages.redirect(f"/committees/{committee_id}", f"Seat removed.{done_words(await deed())}")


async def _of(viewer: Viewer, committee_id: UUID, agency_id: UUID) -> tuple[CommitteeCard, AgencyCard]:
    check_manager(viewer)
    committee, agency = await directory.committee(viewer, committee_id), await directory.agency(viewer, agency_id)
    if agency.status is not Status.ACTIVE:
        raise NotFound
    return committee, agency


async def _opened(viewer: Viewer, committee_id: UUID, agency_id: UUID) -> tuple[Sheet, Words]:
    committee, agency = await _of(viewer, committee_id, agency_id)
    seat = next((one for one in committee.seats if one.agency_id == agency_id), None)
    form = FormValues(
        {
            "primary": (str(seat.primary.id) if seat and seat.primary else "",),
            "alternates": tuple(str(one.id) for one in seat.alternates) if seat else (),
        }
    )
    names = {str(one.id): one.name for one in agency.people}

    def said(_: str, text: str) -> str:
        return ", ".join(names.get(one, one) for one in text.split("\n") if one) or "no one"

    return opened(form, committee.version), Words(labels=LABELS, said=said)


async def _form(
    pages: Pages,
    viewer: Viewer,
    sheet: Sheet,
    committee_id: UUID,
    agency_id: UUID,
    *,
    saving: Sequence[ListImpact] = (),
    removing: Sequence[ListImpact] = (),
) -> Response[Any]:
    """Show the form; `saving` or `removing` is what that does to lists of events, for review."""
    committee, agency = await _of(viewer, committee_id, agency_id)
    people = sorted((one for one in agency.people if one.status is Status.ACTIVE), key=_name)
    away = await committees.suspended_holders(committee_id, agency_id)
    return pages.render(
        "roster/committees/seat.html",
        **sheet.context,
        committee=committee,
        agency=agency,
        is_new=agency_id not in {one.agency_id for one in committee.seats},
        primaries=[("", "Choose a person"), *((str(one.id), one.name) for one in people)],
        alternates=[(str(one.id), one.name, one.title) for one in people],
        suspended=sorted(one.name for one in agency.people if one.id in away),
        saving=review_of(saving, viewer.zone),
        removing=review_of(removing, viewer.zone),
    )


def _name(person: PersonCard) -> str:
    return person.name
