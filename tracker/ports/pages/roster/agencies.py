"""Adding and changing an agency, for people who manage the roster."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.ports.pages.core.sheets import NO_FORM, FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewers import Level, Status, Viewer
from tracker.rules.roster.csv_file import LONGEST
from tracker.rules.roster.directory import (
    ARM_WORDS,
    LEVEL_WORDS,
    LONGEST_ADDRESS,
    LONGEST_PHONE,
    AgencyContact,
    AgencyFacts,
)
from tracker.usecases.roster import agencies, directory

LABELS = {
    "code": "Short name",
    "name": "Full name",
    "arm": "Arm",
    "level": "Level",
    "coalition": "Coalition",
    "status": "Status",
    "contact_name": "Contact person",
    "contact_phone": "Contact phone",
    "contact_email": "Contact email",
    "address": "Office address",
}
STATUSES = [
    (Status.ACTIVE.value, "Active", ""),
    (Status.SUSPENDED.value, "Suspended", "None of its people can sign in or get emails until it’s active again"),
    (Status.DEPARTED.value, "Left the task force", "Only when no people are left there"),
]


async def _texts(viewer: Viewer, agency_id: UUID, _: str) -> tuple[FormValues, int]:
    agency = await directory.agency_for(viewer, agency_id)
    return NO_FORM.but(
        {
            "code": agency.code,
            "name": agency.name,
            "arm": agency.arm,
            "level": agency.level,
            "coalition": str(agency.coalition_id or ""),
            "status": agency.status,
            "contact_name": agency.contact.name,
            "contact_phone": agency.contact.phone,
            "contact_email": agency.contact.email,
            "address": agency.contact.address,
        }
    ), agency.version


async def _shown(viewer: Viewer, agency_id: UUID | None, _: FormValues) -> Mapping[str, Any]:
    known = await directory.agencies_for(viewer)
    coalitions = [
        (str(agency_card.id), f"{agency_card.code} · {agency_card.name}")
        for agency_card in known
        if agency_card.id != agency_id
    ]
    return {
        "agency": next((agency_card for agency_card in known if agency_card.id == agency_id), None),
        "statuses": STATUSES,
        "arms": [(arm.value, words) for arm, words in ARM_WORDS.items()],
        "levels": [("", "Choose a level"), *((level.value, words) for level, words in LEVEL_WORDS.items())],
        "coalitions": [("", "None"), *coalitions],
    }


def _read(form: FormValues, _: str) -> AgencyFacts:
    reader = FormReader(form)
    code, name = reader.named("code", LONGEST["agency_code"]), reader.named("name", LONGEST["agency_name"])
    contact = AgencyContact(
        name=reader.named("contact_name", LONGEST["name"]),
        phone=reader.text("contact_phone", LONGEST_PHONE),
        email=reader.text("contact_email", LONGEST["email"]).lower(),
        address=reader.named("address", LONGEST_ADDRESS),
    )
    reader.check()
    arm, level, status = form["arm"], form["level"], form["status"]
    return AgencyFacts(
        code=code,
        name=name,
        arm=Arm(arm) if arm in set(Arm) else None,
        level=Level(level) if level in set(Level) else None,
        coalition_id=id_in(form["coalition"]),
        status=Status(status) if status in set(Status) else Status.ACTIVE,
        contact=contact,
    )


async def _words(viewer: Viewer, _: Sequence[FormValues]) -> FormWords:
    meanings = {arm.value: words for arm, words in ARM_WORDS.items()}
    meanings |= {level.value: words for level, words in LEVEL_WORDS.items()}
    meanings |= {str(agency.id): agency.code for agency in await directory.agencies_for(viewer)}
    meanings |= {value: words for value, words, _ in STATUSES}
    return FormWords(labels=LABELS, said=lambda _, text: meanings.get(text, text) or "empty")


agency_form = handlers_of(
    AdminForm(
        address="/agencies",
        key="agency_id",
        template="roster/agencies/form.html",
        fields=tuple(LABELS),
        read=_read,
        add=agencies.add_agency,
        change=agencies.change_agency,
        texts=_texts,
        words=_words,
        shown=_shown,
        added=lambda facts: f"{facts.code} added.",
        saved=lambda facts: f"{facts.code} saved.",
    )
)
