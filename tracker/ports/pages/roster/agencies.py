"""Adding and changing an agency, for people who manage the roster."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from tracker.ports.pages.core.form_shapes import Choice, Email, FormShape, Id, Name, Text
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.sheets import FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Level, Status, Viewer
from tracker.rules.roster.csv_file import LONGEST
from tracker.rules.roster.directory import LONGEST_ADDRESS, LONGEST_PHONE, AgencyFacts
from tracker.usecases.roster import agencies, directory

STATUS_WORDS = {Status.ACTIVE: "Active", Status.SUSPENDED: "Suspended", Status.DEPARTED: "Left the task force"}
STATUS_NOTES = {
    Status.SUSPENDED: "None of its people can sign in or get emails until it’s active again",
    Status.DEPARTED: "Only when no people are left there",
}


class AgencyForm(FormShape, kw_only=True):
    """An agency."""

    code: Annotated[str, Name("Short name", LONGEST["agency_code"])]
    name: Annotated[str, Name("Full name", LONGEST["agency_name"])]
    arm: Annotated[Arm | None, Choice("Arm", words=Arm.labels())]
    level: Annotated[Level | None, Choice("Level", words=Level.labels(), blank="Choose a level")]
    coalition: Annotated[UUID | None, Id("Coalition", of="coalition_id")]
    status: Annotated[Status, Choice("Status", words=STATUS_WORDS, notes=STATUS_NOTES)] = Status.ACTIVE
    contact_name: Annotated[str, Name("Contact person", LONGEST["name"], of="contact.name")]
    contact_phone: Annotated[str, Text("Contact phone", LONGEST_PHONE, of="contact.phone")]
    contact_email: Annotated[str, Email("Contact email", LONGEST["email"], of="contact.email")]
    address: Annotated[str, Name("Office address", LONGEST_ADDRESS, of="contact.address")]


async def _texts(viewer: Viewer, agency_id: UUID, _: str) -> tuple[FormValues, int]:
    agency = await directory.agency_for(viewer, agency_id)
    return AgencyForm.texts_of(agency), agency.version


async def _shown(viewer: Viewer, agency_id: UUID | None, _: FormValues) -> Mapping[str, Any]:
    known = await directory.agencies_for(viewer)
    coalitions = [
        (str(agency_card.id), f"{agency_card.code} · {agency_card.name}")
        for agency_card in known
        if agency_card.id != agency_id
    ]
    return {
        "agency": next((agency_card for agency_card in known if agency_card.id == agency_id), None),
        "coalitions": [("", "None"), *coalitions],
    }


async def _words(viewer: Viewer, _: Sequence[FormValues]) -> FormWords:
    codes = {str(agency.id): agency.code for agency in await directory.agencies_for(viewer)}
    return AgencyForm.words(coalition=codes)


agency_form = handlers_of(
    AdminForm(
        address="/agencies",
        key="agency_id",
        template="roster/agencies/form.html",
        shape=AgencyForm,
        read=lambda form, _: AgencyForm.read(form).facts(AgencyFacts),
        add=agencies.add_agency,
        change=agencies.change_agency,
        texts=_texts,
        words=_words,
        shown=_shown,
        added=lambda facts: f"{facts.code} added.",
        saved=lambda facts: f"{facts.code} saved.",
    )
)
