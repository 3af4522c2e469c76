"""Adding and changing a person, for people who manage the roster."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.sheets import Words
from tracker.ports.pages.roster import person_forms as forms
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.core.viewer import Viewer
from tracker.rules.core.wording import zone_choices
from tracker.rules.roster import accounts
from tracker.usecases.roster import directory, people_changes
from tracker.usecases.views import seat_changes


async def _texts(viewer: Viewer, person_id: UUID, zone: str) -> tuple[FormValues, int]:
    person = await directory.person(viewer, person_id)
    accounts.check_account(viewer, person_id, person.roles)
    return forms.form_of_person(person, zone), person.version


async def _shown(viewer: Viewer, person_id: UUID | None, form: FormValues) -> Mapping[str, Any]:
    agencies = await directory.agencies(viewer)
    return {
        "person": await directory.person(viewer, person_id) if person_id else None,
        "roles": forms.role_options(viewer),
        "agencies": forms.agency_options(agencies, form["agency"]),
        "zones": zone_choices(form["zone"]),
    }


async def _words(viewer: Viewer, _: Sequence[FormValues]) -> Words:
    return forms.words_for(await directory.agencies(viewer))


person_form = handlers_of(
    AdminForm(
        address="/people",
        key="person_id",
        template="roster/people/form.html",
        fields=forms.FIELDS,
        read=forms.read_person,
        blank=lambda query, zone: forms.new_form(zone, query["agency"]),
        add=people_changes.add_person,
        change=seat_changes.change_person,
        texts=_texts,
        words=_words,
        shown=_shown,
        added=lambda facts: f"{facts.name} added.",
        saved=lambda facts: f"{facts.name} saved.",
    )
)
