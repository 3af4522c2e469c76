"""The committees of the task force: their list, the page of one, and the forms of a committee and of a seat."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tracker.database import together
from tracker.errors import Conflict, Invalid, NotFound
from tracker.ports.http.dependencies import Now, PathId, Settings, Viewer, Visit
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import (
    Form,
    Page,
    Pages,
    first_reauthenticate,
    is_reauthenticated,
    usual_escalation,
)
from tracker.ports.pages.core.form_shapes import (
    CheckBox,
    Choice,
    FormShape,
    Id,
    Ids,
    NameField,
    Text,
    Whole,
    form_fields,
)
from tracker.ports.pages.core.form_values import (
    WORDS,
    FormValues,
    form_version,
    id_in,
    ids_among,
    read_chosen_person,
    settle_chosen_person,
)
from tracker.ports.pages.core.sheets import FormSheet, FormWords, open_sheet, overtake_sheet, refuse_sheet, typed_sheet
from tracker.ports.pages.roster.admin_forms import AdminForm, check_roster_manager, handlers_of, unproved_sheet
from tracker.ports.pages.roster.people import ROSTER_WORDS, is_reviewed, review_of
from tracker.rules.core.viewers import Arm, Status
from tracker.rules.emails.escalations import escalation_words
from tracker.rules.roster.csv_file import LONGEST_COMMITTEE
from tracker.rules.roster.directory import (
    COMMITTEE_KINDS,
    AgencyCard,
    CommitteeCard,
    CommitteeFacts,
    CommitteeStatus,
    SeatFacts,
)
from tracker.rules.views.impact import ListImpact, list_change_words
from tracker.usecases.core import audit
from tracker.usecases.emails.escalations import committee_escalation_days
from tracker.usecases.roster import committees, directory
from tracker.usecases.roster.agencies import open_sites
from tracker.usecases.roster.committees import policy_of_committee
from tracker.usecases.views import impact as offboarding

LONGEST_PLACE = 200  # characters
STATUS_WORDS = {CommitteeStatus.ACTIVE: "Active", CommitteeStatus.ENDED: "Ended"}
STATUS_NOTES = {CommitteeStatus.ENDED: "Its seats no longer give access; its records stay"}
SEAT = "/committees/{committee_id:uuid}/seats/{agency_id:uuid}"


class CommitteeForm(FormShape, kw_only=True):
    """A committee."""

    name: Annotated[str, NameField("Name", LONGEST_COMMITTEE)]
    kind: Annotated[str, Choice("Kind", words=COMMITTEE_KINDS)] = ""
    arm: Annotated[Arm | None, Choice("Arm", words=Arm.labels(), blank="Both arms")]
    place: Annotated[str, Text("Usual place", LONGEST_PLACE)]
    chair: Annotated[UUID | None, Id("Chair", of="chair_id")]
    quorum: Annotated[int | None, Whole("Quorum", 2, of="quorum.seats")]
    both_arms: Annotated[bool, CheckBox("Require someone from each arm", of="quorum.both_arms", empty="none")]
    status: Annotated[CommitteeStatus, Choice("Status", words=STATUS_WORDS, notes=STATUS_NOTES)] = (
        CommitteeStatus.ACTIVE
    )

    @classmethod
    def refusals(cls, form: FormValues, _: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Refuse words that mean more than one person, or no one."""
        return [("chair", "Choose one person, or leave the chair blank.")] if form[f"chair{WORDS}"] else []


class SeatForm(FormShape, kw_only=True):
    """The holders of a seat."""

    primary: Annotated[UUID | None, Id("Primary", of="primary_id")]
    alternates: Annotated[frozenset[UUID], Ids("Alternates", of="alternate_ids")]


@get("/committees", guards=[signed_in])
async def committees_page(pages: Pages, viewer: Viewer) -> Page:
    """Show the committees that the viewer may know."""
    committee_cards = await directory.committees_for(viewer)
    return pages.render(
        "roster/committees/list.html", **ROSTER_WORDS, kinds=COMMITTEE_KINDS, committees=committee_cards
    )


@get("/committees/{committee_id:uuid}", guards=[signed_in])
async def committee_page(committee_id: PathId, pages: Pages, viewer: Viewer, settings: Settings) -> Page:
    """Show one committee with its seats."""
    committee_card = await directory.committee_for(viewer, committee_id)
    known, policy, days = await together(
        _may_sit(viewer, committee_card), policy_of_committee(committee_id), committee_escalation_days(committee_id)
    )
    seated = {seat.agency_id for seat in committee_card.seats}
    seatless = [
        (str(agency_card.id), agency_card.code)
        for agency_card in known
        if agency_card.status is Status.ACTIVE and agency_card.id not in seated
    ]
    return pages.render(
        "roster/committees/show.html",
        **ROSTER_WORDS,
        kinds=COMMITTEE_KINDS,
        committee=committee_card,
        seatless=seatless,
        reminders=policy.words,
        escalation=escalation_words(days.over(usual_escalation(settings))),
    )


async def _may_sit(viewer: Viewer, committee: CommitteeCard) -> list[AgencyCard]:
    """Return the agencies to which the viewer may give a seat, those that have one included."""
    may_add = viewer.manages_accounts and committee.status is CommitteeStatus.ACTIVE
    return await directory.agencies_for(viewer) if may_add else []


async def _committee_texts(viewer: Viewer, committee_id: UUID, _: str) -> tuple[FormValues, int]:
    committee = await directory.committee_for(viewer, committee_id)
    chair_id = committee.chairs[0].id if committee.chairs else None
    return CommitteeForm.texts_of(committee, chair=chair_id), committee.version


async def _committee_context(viewer: Viewer, committee_id: UUID | None, form: FormValues) -> Mapping[str, Any]:
    return {
        "committee": await directory.committee_for(viewer, committee_id) if committee_id else None,
        "sites": await open_sites(),
        "chair": await read_chosen_person(form, "chair", committees.possible_chairs(viewer)),
    }


async def _settled(viewer: Viewer, form: FormValues) -> FormValues:
    return await settle_chosen_person(form, "chair", committees.possible_chairs(viewer))


async def _committee_words(_: Viewer, shown: Sequence[FormValues]) -> FormWords:
    chairs = await audit.names_of_people(ids_among([form["chair"] for form in shown]))
    names = {str(chair_id): f"{name} ({agency})" for chair_id, (name, agency) in chairs.items()}
    return CommitteeForm.words(empty="none", chair=names)


committee_form = handlers_of(
    AdminForm(
        address="/committees",
        key="committee_id",
        template="roster/committees/form.html",
        shape=CommitteeForm,
        read=lambda form, *_: CommitteeForm.read(form).facts(CommitteeFacts),
        add=committees.add_committee,
        change=committees.change_committee,
        texts=_committee_texts,
        words=_committee_words,
        settled=_settled,
        shown=_committee_context,
        added=lambda facts: f"{facts.name} added. Next, add seats for agencies.",
    )
)


@get("/committees/{committee_id:uuid}/seats", guards=[signed_in])
async def seat_of_agency(committee_id: PathId, viewer: Viewer, agency: FromQuery[str] = "") -> Page:
    """Redirect to the form of the seat of the agency in the address."""
    check_roster_manager(viewer)
    agency_id = id_in(agency)
    return Redirect(
        f"/committees/{committee_id}/seats/{agency_id}" if agency_id else f"/committees/{committee_id}", status_code=303
    )


@get(SEAT, guards=[signed_in])
async def seat_page(
    committee_id: PathId, agency_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, now: Now
) -> Page:
    """Show the holders of a seat, or the form of a new one."""
    sheet, _ = await _seat_sheet(viewer, committee_id, agency_id)
    back = f"/committees/{committee_id}/seats/{agency_id}"
    return first_reauthenticate(visit, back, now) or await _seat_form(pages, viewer, sheet, committee_id, agency_id)


@post(SEAT, guards=[signed_in], status_code=303)
async def save_seat(committee_id: PathId, agency_id: PathId, pages: Pages, visit: Visit, form: Form, now: Now) -> Page:
    """Save the holders of a seat, or show the form again with errors or with changes that were saved meanwhile."""
    viewer, proof = visit.viewer, visit.reauthenticated_at
    check_roster_manager(viewer)
    if not is_reauthenticated(visit, now):
        return await _seat_form(pages, viewer, unproved_sheet(form), committee_id, agency_id)
    try:
        facts = SeatForm.read(form).facts(SeatFacts)
        deed = partial(offboarding.set_seat, viewer, committee_id, agency_id, facts, form_version(form), proof, now)
        impact = await offboarding.do_and_roll_back(deed)
        if not is_reviewed(form, impact):
            return await _seat_form(pages, viewer, typed_sheet(form), committee_id, agency_id, saving=impact)
        changes = list_change_words(await deed())
    except Invalid as wrong:
        sheet = refuse_sheet(form, wrong, list(form_fields(SeatForm)))
        return await _seat_form(pages, viewer, sheet, committee_id, agency_id)
    except Conflict:
        sheet = overtake_sheet(form, *await _seat_sheet(viewer, committee_id, agency_id))
        return await _seat_form(pages, viewer, sheet, committee_id, agency_id)
    return pages.redirect(f"/committees/{committee_id}", f"Seat saved.{changes}")


@post(f"{SEAT}/removal", guards=[signed_in], status_code=303)
async def post_seat_removal(
    committee_id: PathId, agency_id: PathId, pages: Pages, viewer: Viewer, visit: Visit, form: Form, now: Now
) -> Page:
    """Remove a seat."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, f"/committees/{committee_id}", now):
        return first
    proof, version = visit.reauthenticated_at, form_version(form)
    deed = partial(offboarding.remove_seat, viewer, committee_id, agency_id, version, proof, now)
    impact = await offboarding.do_and_roll_back(deed)
    if not is_reviewed(form, impact):
        sheet, _ = await _seat_sheet(viewer, committee_id, agency_id)
        return await _seat_form(pages, viewer, sheet, committee_id, agency_id, removing=impact)
    return pages.redirect(f"/committees/{committee_id}", f"Seat removed.{list_change_words(await deed())}")


async def _committee_and_agency(
    viewer: Viewer, committee_id: UUID, agency_id: UUID
) -> tuple[CommitteeCard, AgencyCard]:
    check_roster_manager(viewer)
    committee = await directory.committee_for(viewer, committee_id)
    agency = await directory.agency_for(viewer, agency_id)
    if agency.status is not Status.ACTIVE:
        raise NotFound
    return committee, agency


async def _seat_sheet(viewer: Viewer, committee_id: UUID, agency_id: UUID) -> tuple[FormSheet, FormWords]:
    committee, agency = await _committee_and_agency(viewer, committee_id, agency_id)
    seat = next((seat for seat in committee.seats if seat.agency_id == agency_id), None)
    form = SeatForm.texts_of(
        seat,
        primary=seat.primary.id if seat and seat.primary else None,
        alternates=[alternate.id for alternate in seat.alternates] if seat else (),
    )
    names = {str(person.id): person.name for person in agency.people}
    return open_sheet(form, committee.version), SeatForm.words(empty="no one", primary=names, alternates=names)


async def _seat_form(
    pages: Pages,
    viewer: Viewer,
    sheet: FormSheet,
    committee_id: UUID,
    agency_id: UUID,
    *,
    saving: Sequence[ListImpact] = (),
    removing: Sequence[ListImpact] = (),
) -> Page:
    """Show the form; `saving` or `removing` is what that does to lists of events, for review."""
    committee, agency = await _committee_and_agency(viewer, committee_id, agency_id)
    people = sorted((person for person in agency.people if person.status is Status.ACTIVE), key=attrgetter("name"))
    away = await committees.suspended_holders(committee_id, agency_id)
    return pages.render(
        "roster/committees/seat.html",
        **sheet.context,
        committee=committee,
        agency=agency,
        is_new=agency_id not in {seat.agency_id for seat in committee.seats},
        primaries=[("", "Choose a person"), *((str(person.id), person.name) for person in people)],
        alternates=[(str(person.id), person.name, person.title) for person in people],
        suspended=sorted(person.name for person in agency.people if person.id in away),
        saving=review_of(saving, viewer.zone),
        removing=review_of(removing, viewer.zone),
    )
