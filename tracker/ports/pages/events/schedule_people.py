"""The people in the form of an event: what its boxes say, and what they show.

An agency's list begins with the people who differ from their agency. The whole list is loaded on demand, so that the
form is as long for a thousand people as for ten.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ports.pages.core.form_values import MOST, FormValues, id_in, ids_among
from tracker.rules.core.viewers import Viewer
from tracker.rules.events import forms as rules
from tracker.rules.events.forms import ROLE, BoxReason, PersonBox, Picks
from tracker.rules.events.plans import Person
from tracker.rules.events.replies import ROLES_OFFERED, AttendeeRole
from tracker.usecases.events.form_options import EventChoices, choices_with_people, invitable_people, people_in_groups

EVERY_AGENCY = "all"
"""The value of the box "All agencies", which is one of the field of agencies."""
BY_NAME = "agency_by_name"
"""The field of agencies that are shown as checked because the boxes of all their people are."""
ROLES = {role.value: role for role in AttendeeRole}
ROLE_OPTIONS = [(role, role.label) for role in ROLES_OFFERED]
NOT_INVITED = "out"
"""A role that templates and drafts of earlier versions hold for people who are not invited."""


class PersonRow(Struct, frozen=True, kw_only=True):
    """One person with their box, and their role if they are invited."""

    person: Person
    box: PersonBox
    role: AttendeeRole

    @property
    def differs(self) -> bool:
        """Return whether it says something that the box of the person's agency does not."""
        has_other_role = self.box.is_checked and self.role is not AttendeeRole.REQUIRED
        return has_other_role or self.box.decided is BoxReason.BY_NAME


class AgencyList(Struct, frozen=True, kw_only=True):
    """The people of one agency: how many are invited, and the rows that the page shows."""

    id: UUID
    agency: str
    people: int
    invited: int
    is_checked: bool
    is_by_name: bool
    """Whether it is checked only because the boxes of all its people are."""
    participants: int
    """How many people its box invites."""
    is_open: bool
    rows: tuple[PersonRow, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether the rows are all of its people."""
        return len(self.rows) == self.people


class PeopleSearch(Struct, frozen=True, kw_only=True):
    """What was looked for, and the first people found; `more` are left out."""

    words: str
    people: tuple[Person, ...] = ()
    more: int = 0
    invited: frozenset[UUID] = field(default_factory=frozenset)
    """People who are invited already."""


def picks_in_form(form: FormValues) -> Picks:
    """Return the selections that the boxes of a form mean."""
    roles = {
        member_id: form[name]
        for name in form
        if name.startswith(ROLE) and (member_id := id_in(name.removeprefix(ROLE)))
    }
    people, unchecked = rules.picks_by_box(
        ids_among(form.all("person")), ids_among(form.all(BoxReason.BY_GROUP)), ids_among(form.all(BoxReason.BY_NAME))
    )
    text = form["agencies_shown"]
    agencies, every_agency = rules.checked_agencies(
        ids_among(form.all("agency")),
        all_checked=EVERY_AGENCY in form.all("agency"),
        shown_checked=int(text) if text.isascii() and text.isdigit() and len(text) <= len("9999") else 0,
        by_name=ids_among(form.all(BY_NAME)),
    )
    return Picks(
        agencies=agencies,
        every_agency=every_agency,
        committees=ids_among(form.all("seats")),
        people=people,
        unchecked=unchecked | {member_id for member_id, role in roles.items() if role == NOT_INVITED},
        roles={member_id: ROLES[role] for member_id, role in roles.items() if role in ROLES},
    )


def settle_boxes(form: FormValues) -> FormValues:
    """Return the form with what its boxes mean in place of how they were shown: to be kept, compared and merged."""
    picks = picks_in_form(form)
    given = (*form.all("person"), *form.all(BoxReason.BY_GROUP), *form.all(BoxReason.BY_NAME))
    listed = [(text, member_id) for text in dict.fromkeys(given) if (member_id := id_in(text))]
    agencies = [text for text in form.all("agency") if text != EVERY_AGENCY and id_in(text) in picks.agencies]
    return form.but(
        {
            "agency": [EVERY_AGENCY] if picks.every_agency else agencies,
            "agencies_shown": "",
            BY_NAME: (),
            "person": [text for text, member_id in listed if member_id in picks.people],
            BoxReason.BY_GROUP: (),
            BoxReason.BY_NAME: [text for text, member_id in listed if member_id in picks.people | picks.unchecked],
            "loaded": (),
            "find": "",
        }
    )


async def fill_choices(viewer: Viewer, offered: EventChoices, form: FormValues, *lists: UUID) -> EventChoices:
    """Return the choices with the people of whom a form says something; `lists` are agencies to show whole."""
    picks, asked = picks_in_form(form), ids_among((form["add"], form["drop"]))
    return await choices_with_people(
        viewer, offered, replace(picks, people=picks.people | asked), ids_among(form.all("loaded")) | set(lists)
    )


def agency_lists(form: FormValues, offered: EventChoices, loads: Iterable[UUID] = ()) -> list[AgencyList]:
    """Return the agencies with the rows that the form shows; `loads` are lists that are shown whole from now on."""
    picks = picks_in_form(form)
    asked = people_in_groups(picks, offered)
    named: dict[UUID, list[Person]] = {}
    for person in offered.people:
        named.setdefault(person.agency_id, []).append(person)
    whole = ids_among(form.all("loaded")) | frozenset(loads)
    by_name = _by_name(form, picks, offered)
    lists = []
    for agency_id, agency, people, participants in offered.agencies:
        rows = [
            PersonRow(
                person=person,
                box=rules.box_of_person(person.id, picks, asked),
                role=picks.roles.get(person.id, AttendeeRole.REQUIRED),
            )
            for person in named.get(agency_id, ())
        ]
        shown = tuple(row for row in rows if agency_id in whole or row.differs)
        is_checked = participants > 0 and (picks.every_agency or agency_id in picks.agencies)
        lists.append(
            AgencyList(
                id=agency_id,
                agency=agency,
                people=people,
                participants=participants,
                invited=sum(row.box.is_checked for row in rows),
                is_checked=is_checked or agency_id in by_name,
                is_by_name=agency_id in by_name and not is_checked,
                is_open=agency_id in whole or 0 < len(shown) < people,
                rows=shown,
            )
        )
    return lists


def with_person(form: FormValues, member_id: UUID | None) -> FormValues:
    """Return the form with one more person added, whatever it said of them before; unchanged for none."""
    if member_id is None:
        return form
    kept = settle_boxes(form)
    people = dict.fromkeys((*kept.all("person"), str(member_id)))
    role = {} if form[f"{ROLE}{member_id}"] in ROLES else {f"{ROLE}{member_id}": AttendeeRole.REQUIRED.value}
    named = dict.fromkeys((*kept.all(BoxReason.BY_NAME), str(member_id)))
    return kept.but({"person": tuple(people), BoxReason.BY_NAME: tuple(named), "loaded": form.all("loaded"), **role})


def without_person(form: FormValues, member_id: UUID | None) -> FormValues:
    """Return the form with one person unchecked, whatever else is checked; unchanged for none."""
    if member_id is None:
        return form
    kept, dropped = settle_boxes(form), str(member_id)
    named = dict.fromkeys((*kept.all(BoxReason.BY_NAME), dropped))
    return kept.but(
        {
            "person": [person for person in kept.all("person") if person != dropped],
            BoxReason.BY_NAME: tuple(named),
            "loaded": form.all("loaded"),
        }
    )


async def search_in_form(viewer: Viewer, form: FormValues, offered: EventChoices) -> PeopleSearch:
    """Return the people whom the words in the form find."""
    people_matched, picks = await invitable_people(viewer, offered, form["find"], MOST), picks_in_form(form)
    return PeopleSearch(
        words=form["find"].strip(),
        people=people_matched.people,
        more=people_matched.more,
        invited=rules.people_picked(picks, people_in_groups(picks, offered)),
    )


def check_search_used(form: FormValues) -> None:
    """Raise Invalid(find) for words of a person who was looked for and not added: sending would drop them unsaid.

    Words whose people the page shows may stay: without scripts, they do when someone found is checked.
    """
    words = form["find"].strip()
    if words and words != form["found_for"]:
        raise Invalid(find=f"You typed “{words}”, but added no one. Choose a person, or clear this field.")


def _by_name(form: FormValues, picks: Picks, offered: EventChoices) -> frozenset[UUID]:
    """Return the agencies that are shown as checked because all their people are, but those unchecked meanwhile.

    Of an agency whose people the viewer doesn't know, they can't say that these are all.
    """
    unchecked = ids_among(form.all(BY_NAME)) - ids_among(form.all("agency"))
    named = picks.people - picks.unchecked - offered.managers
    counted = Counter(person.agency_id for person in offered.people if person.id in named)
    known = {person.agency_id for person in offered.people if person.id in named - offered.only_invited}
    return (
        frozenset(
            agency.id for agency in offered.agencies if agency.id in known and counted[agency.id] == agency.participants
        )
        - unchecked
    )
