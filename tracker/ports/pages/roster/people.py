"""The directory: the list of people with its search box, the page of one person, and their form."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.ports.http.dependencies import Now, PathId, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages, Query, QueryString
from tracker.ports.pages.core.form_shapes import Check, Choices, Day, Email, FormShape, Id, Name, Text
from tracker.ports.pages.core.form_values import FormValues
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.core.sheets import FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.core.viewers import Role, Status
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.core.wording import local, zone_choices
from tracker.rules.roster import accounts
from tracker.rules.roster.csv_file import LONGEST
from tracker.rules.roster.directory import PersonCard, PersonFacts, role_words
from tracker.usecases.actions import item_lists
from tracker.usecases.intake import bounces
from tracker.usecases.roster import aliases, directory, people
from tracker.usecases.views import seat_changes

MOST = 100  # people on one page
LONGEST_WORDS = 100  # characters of a search
LONGEST_ZONE = 100  # characters
RESUMED = "Sending resumed. New emails to this address will go out."
ROSTER_WORDS: dict[str, Any] = {"role_words": role_words}
ROLE_HINTS = {
    Role.COORDINATOR: "Schedules events for everyone and manages the roster",
    Role.AGENCY_LEAD: "Schedules events for their own arm and for people they name",
    Role.ADMINISTRATOR: "Manages accounts and the roster. Doesn’t give access to events",
    Role.AUDITOR: "Reads the audit log",
}


class PersonForm(FormShape, kw_only=True):
    """A person."""

    name: Annotated[str, Name("Name", LONGEST["name"])]
    title: Annotated[str, Name("Title", LONGEST["title"])]
    agency: Annotated[UUID | None, Id("Agency", of="agency_id")]
    email: Annotated[str, Email("Email", LONGEST["email"])]
    phone: Annotated[str, Text("Work phone", LONGEST["phone"])]
    mobile: Annotated[str, Text("Mobile phone", LONGEST["mobile"])]
    private: Annotated[bool, Check("Mobile for coordinators only", of="is_mobile_private")]
    zone: Annotated[str, Text("Time zone", LONGEST_ZONE)]
    roles: Annotated[
        frozenset[Role], Choices("Roles", words={role: role.label for role in ROLE_HINTS}, notes=ROLE_HINTS)
    ]
    guest: Annotated[bool, Check("Email only", of="is_guest")]
    ends: Annotated[date | None, Day("Last day", of="expires_at")]


@get("/people", guards=[signed_in])
async def people_page(pages: Pages, viewer: Viewer, params: Query, query_string: QueryString) -> Response[str]:
    """Show the people whom the viewer may know, by agency; the address holds the search."""
    if pages.is_htmx:
        return pages.render_block("roster/people/list.html", "found", **await _listed(viewer, params))
    listed, saved = await together(_listed(viewer, params), saved_in(viewer, query_string, "people"))
    return pages.render("roster/people/list.html", **listed, **saved)


@get("/people/{person_id:uuid}", guards=[signed_in])
async def show_person(person_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Response[str]:
    """Show one person."""
    return pages.render("roster/people/show.html", **await person_context(viewer, zone, person_id, now))


async def person_context(viewer: Viewer, zone: str, person_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the values of a person's page."""
    person = await directory.person_for(viewer, person_id)
    return {
        **ROSTER_WORDS,
        "person": person,
        "items": await item_lists.open_items_of_people(viewer, [person_id]),
        "may_touch": accounts.may_change_account(viewer, person_id, person.roles),
        "email": await bounces.undeliverable_emails(viewer, person_id, now),
        "aliases": await aliases.addresses_of_person(viewer, person_id),
        "ends": person.account and person.account.expires_at and account_last_day(person.account.expires_at, zone),
    }


async def _listed(viewer: Viewer, query: FormValues) -> dict[str, Any]:
    words, with_departed = query["q"].strip()[:LONGEST_WORDS], query["left"] == "1"
    people_found = await directory.search_people(viewer, words, at_most=MOST, with_departed=with_departed)
    return {
        **ROSTER_WORDS,
        "groups": people_by_agency(people_found.people),
        "words": words,
        "with_departed": with_departed,
        "shown": len(people_found.people),
        "found": people_found.found,
        "known": people_found.known,
        "agencies": people_found.agencies,
    }


@post("/people/{person_id:uuid}/sending", guards=[signed_in], status_code=303)
async def resume_sending(person_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Send to a person's address again, after emails to it couldn't be delivered."""
    await bounces.resume_address(viewer, person_id, now)
    return pages.redirect(f"/people/{person_id}", RESUMED)


def people_by_agency(people: Sequence[PersonCard]) -> list[tuple[PersonCard, list[PersonCard]]]:
    """Return the people of each agency, with one of them to name it."""
    groups = [list(group) for _, group in groupby(people, key=lambda person: person.agency_id)]
    return [(group[0], group) for group in groups]


async def _person_texts(viewer: Viewer, person_id: UUID, zone: str) -> tuple[FormValues, int]:
    person = await directory.person_for(viewer, person_id)
    accounts.check_account(viewer, person_id, person.roles)
    ends = person.account.expires_at if person.account else None
    return PersonForm.texts_of(person, ends=account_last_day(ends, zone) if ends else None), person.version


async def _form_context(viewer: Viewer, person_id: UUID | None, form: FormValues) -> Mapping[str, Any]:
    agencies = [
        (str(agency.id), f"{agency.code} · {agency.name}")
        for agency in await directory.agencies_for(viewer)
        if agency.status is Status.ACTIVE or str(agency.id) == form["agency"]
    ]
    return {
        "person": await directory.person_for(viewer, person_id) if person_id else None,
        "roles": [
            (role.value, role.label, hint)
            for role, hint in ROLE_HINTS.items()
            if viewer.is_coordinator or role is not Role.COORDINATOR
        ],
        "agencies": [("", "Choose an agency"), *agencies],
        "zones": zone_choices(form["zone"]),
    }


async def _form_words(viewer: Viewer, _: Sequence[FormValues]) -> FormWords:
    codes = {str(agency.id): agency.code for agency in await directory.agencies_for(viewer)}
    return PersonForm.words(agency=codes)


def _person_in(form: FormValues, zone: str) -> PersonFacts:
    """Return the person that a form describes; their account ends with its last day."""
    person = PersonForm.read(form)
    ends = to_utc(datetime.combine(person.ends + timedelta(days=1), time()), zone) if person.ends else None
    return person.facts(PersonFacts, expires_at=ends)


person_form = handlers_of(
    AdminForm(
        address="/people",
        key="person_id",
        template="roster/people/form.html",
        shape=PersonForm,
        read=_person_in,
        blank=lambda query, zone: FormValues({"zone": (zone,), "agency": (query["agency"],)}),
        add=people.add_person,
        change=seat_changes.change_person,
        texts=_person_texts,
        words=_form_words,
        shown=_form_context,
        added=lambda facts: f"{facts.name} added.",
        saved=lambda facts: f"{facts.name} saved.",
    )
)


def account_last_day(ends: datetime, zone: str) -> datetime:
    """Return the last moment of an account that ends, on the wall clock of `zone`."""
    return local(ends, zone) - timedelta.resolution
