"""The directory: the list of people with its search box, the page of one person, and their form."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from tracker.database import together
from tracker.ports.http.dependencies import Now, PathId, Viewer, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.dependencies import Pages, Query, QueryString
from tracker.ports.pages.core.form_values import FormReader, FormValues, id_in
from tracker.ports.pages.core.saved_filters import saved_in
from tracker.ports.pages.core.sheets import FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, handlers_of
from tracker.rules.core.viewers import Role
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.core.wording import local, zone_choices
from tracker.rules.roster import accounts
from tracker.rules.roster.accounts import GRANTED
from tracker.rules.roster.csv_file import LONGEST
from tracker.rules.roster.directory import ARM_WORDS, ROLE_WORDS, AgencyCard, PersonCard, PersonFacts, role_words
from tracker.usecases.actions import item_lists
from tracker.usecases.intake import bounces
from tracker.usecases.roster import aliases, directory, people
from tracker.usecases.views import seat_changes

MOST = 100  # people on one page
LONGEST_WORDS = 100  # characters of a search
RESUMED = "Sending resumed. New emails to this address will go out."
ROSTER_WORDS: dict[str, Any] = {"arm_words": ARM_WORDS, "role_words": role_words}
PERSON_FIELDS = ("name", "title", "agency", "email", "phone", "mobile", "private", "zone", "roles", "guest", "ends")
PERSON_LABELS = {
    "name": "Name",
    "title": "Title",
    "agency": "Agency",
    "email": "Email",
    "phone": "Work phone",
    "mobile": "Mobile phone",
    "private": "Mobile for coordinators only",
    "zone": "Time zone",
    "roles": "Roles",
    "guest": "Email only",
    "ends": "Last day",
}
ROLE_HINTS = {
    Role.COORDINATOR: "Schedules events for everyone and manages the roster",
    Role.AGENCY_LEAD: "Schedules events for their own arm and for people they name",
    Role.ADMINISTRATOR: "Manages accounts and the roster. Doesn’t give access to events",
    Role.AUDITOR: "Reads the audit log",
}


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
    return form_of_person(person, zone), person.version


async def _form_context(viewer: Viewer, person_id: UUID | None, form: FormValues) -> Mapping[str, Any]:
    agencies = await directory.agencies_for(viewer)
    return {
        "person": await directory.person_for(viewer, person_id) if person_id else None,
        "roles": role_options(viewer),
        "agencies": agency_options(agencies, form["agency"]),
        "zones": zone_choices(form["zone"]),
    }


async def _form_words(viewer: Viewer, _: Sequence[FormValues]) -> FormWords:
    return person_form_words(await directory.agencies_for(viewer))


def read_person(form: FormValues, zone: str) -> PersonFacts:
    """Return the person that a form describes. Errors: Invalid by field, those of the texts at once."""
    reader = FormReader(form)
    name, title = reader.named("name", LONGEST["name"]), reader.named("title", LONGEST["title"])
    email = reader.text("email", LONGEST["email"]).lower()
    phone, mobile = (reader.text(name, LONGEST["phone"]) for name in ("phone", "mobile"))
    day = reader.day("ends")
    reader.check()
    return PersonFacts(
        name=name,
        title=title,
        email=email,
        phone=phone,
        mobile=mobile,
        is_mobile_private=bool(form["private"]),
        zone=form["zone"],
        agency_id=id_in(form["agency"]),
        roles=frozenset(role for role in GRANTED if role.value in form.all("roles")),
        is_guest=bool(form["guest"]),
        expires_at=to_utc(datetime.combine(day + timedelta(days=1), time()), zone) if day else None,
    )


person_form = handlers_of(
    AdminForm(
        address="/people",
        key="person_id",
        template="roster/people/form.html",
        fields=PERSON_FIELDS,
        read=read_person,
        blank=lambda query, zone: new_person_form(zone, query["agency"]),
        add=people.add_person,
        change=seat_changes.change_person,
        texts=_person_texts,
        words=_form_words,
        shown=_form_context,
        added=lambda facts: f"{facts.name} added.",
        saved=lambda facts: f"{facts.name} saved.",
    )
)


def role_options(viewer: Viewer) -> list[tuple[str, str, str]]:
    """Return the roles that the viewer may give: value, label, purpose."""
    given = [role for role in ROLE_HINTS if viewer.is_coordinator or role is not Role.COORDINATOR]
    return [(role.value, ROLE_WORDS[role], ROLE_HINTS[role]) for role in given]


def new_person_form(zone: str, agency: str) -> FormValues:
    """Return the form of a new person, with the task force's zone and perhaps an agency."""
    return FormValues({"zone": (zone,), "agency": (agency,)})


def form_of_person(person: PersonCard, zone: str) -> FormValues:
    """Return the texts of a person's form; days are those of `zone`."""
    ends = person.account.expires_at if person.account else None
    texts = {
        "name": person.name,
        "title": person.title,
        "agency": str(person.agency_id),
        "email": person.email,
        "phone": person.phone,
        "mobile": person.mobile,
        "private": "yes" if person.is_mobile_private else "",
        "zone": person.zone,
        "guest": "yes" if person.is_guest else "",
        "ends": account_last_day(ends, zone).date().isoformat() if ends else "",
    }
    roles = tuple(role.value for role in ROLE_HINTS if role in person.roles)
    return FormValues({name: (text,) for name, text in texts.items()} | {"roles": roles})


def account_last_day(ends: datetime, zone: str) -> datetime:
    """Return the last moment of an account that ends, on the wall clock of `zone`."""
    return local(ends, zone) - timedelta.resolution


def person_form_words(agencies: Iterable[AgencyCard]) -> FormWords:
    """Return how changes of a person's form are worded."""
    codes = {str(agency.id): agency.code for agency in agencies}

    def said(name: str, text: str) -> str:
        if name == "roles":
            roles = [ROLE_WORDS[Role(one)] for one in text.split("\n") if one in GRANTED]
            return ", ".join(roles) or "none"
        if name in ("guest", "private"):
            return "yes" if text else "no"
        return (codes.get(text, text) if name == "agency" else text) or "empty"

    return FormWords(labels=PERSON_LABELS, said=said)


def agency_options(agencies: Iterable[AgencyCard], chosen: str) -> list[tuple[str, str]]:
    """Return the agencies to choose from: active ones, and the chosen one."""
    open_ = [agency for agency in agencies if agency.status == "active" or str(agency.id) == chosen]
    return [
        ("", "Choose an agency"),
        *((str(agency_card.id), f"{agency_card.code} · {agency_card.name}") for agency_card in open_),
    ]
