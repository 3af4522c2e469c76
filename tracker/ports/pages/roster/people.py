"""The directory: people and agencies, their forms, the import of a list, and the review of lists that change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect

from tracker.crypto import ids
from tracker.database import together
from tracker.errors import Invalid, TooLarge
from tracker.ports.http import errors
from tracker.ports.http.dependencies import Now, PathId, Viewer, Visit, Zone
from tracker.ports.http.guards import signed_in
from tracker.ports.pages.core.date_entries import date_address, date_times
from tracker.ports.pages.core.dependencies import Form, Page, Pages, Query, QueryString, Upload, first_reauthenticate
from tracker.ports.pages.core.drafts import saved_in
from tracker.ports.pages.core.form_shapes import (
    CheckBox,
    Choice,
    Choices,
    DayField,
    EmailField,
    FormShape,
    Id,
    NameField,
    Text,
)
from tracker.ports.pages.core.form_values import Errors, FormValues, upload_content
from tracker.ports.pages.core.sheets import FormWords
from tracker.ports.pages.roster.admin_forms import AdminForm, check_roster_manager, handlers_of
from tracker.rules.core.viewers import Arm, Level, Role, Status
from tracker.rules.core.wording import local, plural, to_utc, zone_choices
from tracker.rules.events.events import DateLine
from tracker.rules.roster import directory as directory_rules
from tracker.rules.roster.csv_file import COLUMNS, LONGEST, REQUIRED
from tracker.rules.roster.directory import (
    LONGEST_ADDRESS,
    LONGEST_PHONE,
    AgencyFacts,
    PersonCard,
    PersonFacts,
    role_words,
)
from tracker.rules.views.impact import ListImpact, list_change_words, list_email_words, notified_by_lists
from tracker.usecases.actions import item_lists
from tracker.usecases.intake import received_emails
from tracker.usecases.roster import agencies, directory, known_people, people
from tracker.usecases.roster.csv_import import RosterImportReport
from tracker.usecases.views import impact as offboarding

MOST = 100  # people on one page
LONGEST_WORDS = 100  # characters of a search
LONGEST_ZONE = 100  # characters
ROSTER_WORDS: dict[str, Any] = {"role_words": role_words}
ROLE_HINTS = {
    Role.COORDINATOR: "Schedules events for everyone and manages the roster",
    Role.AGENCY_LEAD: "Schedules events for their own arm and for people they name",
    Role.ADMINISTRATOR: "Manages accounts and the roster. Doesn’t give access to events",
    Role.AUDITOR: "Reads the audit log",
}


class PersonForm(FormShape, kw_only=True):
    """A person."""

    name: Annotated[str, NameField("Name", LONGEST["name"])]
    title: Annotated[str, NameField("Title", LONGEST["title"])]
    agency: Annotated[UUID | None, Id("Agency", of="agency_id")]
    email: Annotated[str, EmailField("Email", LONGEST["email"])]
    phone: Annotated[str, Text("Work phone", LONGEST["phone"])]
    mobile: Annotated[str, Text("Mobile phone", LONGEST["mobile"])]
    private: Annotated[bool, CheckBox("Mobile for coordinators only", of="is_mobile_private")]
    zone: Annotated[str, Text("Time zone", LONGEST_ZONE)]
    roles: Annotated[
        frozenset[Role], Choices("Roles", words={role: role.label for role in ROLE_HINTS}, notes=ROLE_HINTS)
    ]
    guest: Annotated[bool, CheckBox("Email only", of="is_guest")]
    ends: Annotated[date | None, DayField("Last day", of="expires_at")]


@get("/people", guards=[signed_in])
async def people_page(pages: Pages, viewer: Viewer, params: Query, query_string: QueryString) -> Page:
    """Show the people whom the viewer may know, by agency; the address holds the search."""
    if pages.is_htmx:
        return pages.render_block("roster/people/list.html", "found", **await _listed(viewer, params))
    listed, saved = await together(_listed(viewer, params), saved_in(viewer, query_string, "people"))
    return pages.render("roster/people/list.html", **listed, **saved)


@get("/people/{person_id:uuid}", guards=[signed_in])
async def show_person(person_id: PathId, pages: Pages, viewer: Viewer, zone: Zone, now: Now) -> Page:
    """Show one person."""
    return pages.render("roster/people/show.html", **await person_context(viewer, zone, person_id, now))


async def person_context(viewer: Viewer, zone: str, person_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the values of a person's page."""
    person = await directory.person_for(viewer, person_id)
    return {
        **ROSTER_WORDS,
        "person": person,
        "items": await item_lists.open_items_of_people(viewer, [person_id]),
        "may_touch": directory_rules.may_change_account(viewer, person_id, person.roles),
        "email": await received_emails.undeliverable_emails(viewer, person_id, now),
        "aliases": await known_people.addresses_of_person(viewer, person_id),
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
        "found": people_found.matching,
        "known": people_found.known,
        "agencies": people_found.agencies,
    }


@post("/people/{person_id:uuid}/sending", guards=[signed_in], status_code=303)
async def resume_sending(person_id: PathId, pages: Pages, viewer: Viewer, now: Now) -> Redirect:
    """Send to a person's address again, after emails to it couldn't be delivered."""
    await received_emails.resume_address(viewer, person_id, now)
    return pages.redirect(f"/people/{person_id}", "Sending resumed. New emails to this address will go out.")


def people_by_agency(people: Sequence[PersonCard]) -> list[tuple[PersonCard, list[PersonCard]]]:
    """Return the people of each agency, with one of them to name it."""
    groups = [list(group) for _, group in groupby(people, key=lambda person: person.agency_id)]
    return [(group[0], group) for group in groups]


async def _person_texts(viewer: Viewer, person_id: UUID, zone: str) -> tuple[FormValues, int]:
    person = await directory.person_for(viewer, person_id)
    directory_rules.check_account(viewer, person_id, person.roles)
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


def _person_in(form: FormValues, zone: str, _: object) -> PersonFacts:
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
        change=offboarding.change_person,
        texts=_person_texts,
        words=_form_words,
        shown=_form_context,
    )
)


def account_last_day(ends: datetime, zone: str) -> datetime:
    """Return the last moment of an account that ends, on the wall clock of `zone`."""
    return local(ends, zone) - timedelta.resolution


STATUS_WORDS = {Status.ACTIVE: "Active", Status.SUSPENDED: "Suspended", Status.DEPARTED: "Left the task force"}
STATUS_NOTES = {
    Status.SUSPENDED: "None of its people can sign in or get emails until it’s active again",
    Status.DEPARTED: "Only when no people are left there",
}


class AgencyForm(FormShape, kw_only=True):
    """An agency."""

    code: Annotated[str, NameField("Short name", LONGEST["agency_code"])]
    name: Annotated[str, NameField("Full name", LONGEST["agency_name"])]
    arm: Annotated[Arm | None, Choice("Arm", words=Arm.labels())]
    level: Annotated[Level | None, Choice("Level", words=Level.labels(), blank="Choose a level")]
    coalition: Annotated[UUID | None, Id("Coalition", of="coalition_id")]
    status: Annotated[Status, Choice("Status", words=STATUS_WORDS, notes=STATUS_NOTES)] = Status.ACTIVE
    contact_name: Annotated[str, NameField("Contact person", LONGEST["name"], of="contact.name")]
    contact_phone: Annotated[str, Text("Contact phone", LONGEST_PHONE, of="contact.phone")]
    contact_email: Annotated[str, EmailField("Contact email", LONGEST["email"], of="contact.email")]
    address: Annotated[str, NameField("Office address", LONGEST_ADDRESS, of="contact.address")]


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
        read=lambda form, *_: AgencyForm.read(form).facts(AgencyFacts),
        add=agencies.add_agency,
        change=agencies.change_agency,
        texts=_texts,
        words=_words,
        shown=_shown,
        added=lambda facts: f"{facts.code} added.",
        saved=lambda facts: f"{facts.code} saved.",
    )
)
PATH = "/people/import"
NO_FILE = "Choose a CSV file."


@get(PATH, guards=[signed_in])
async def roster_import_page(pages: Pages, viewer: Viewer, visit: Visit, now: Now) -> Page:
    """Show how to import a list."""
    check_roster_manager(viewer)
    return first_reauthenticate(visit, PATH, now) or _page(pages)


@post(PATH, guards=[signed_in], status_code=303)
async def post_roster_import(
    pages: Pages, viewer: Viewer, visit: Visit, form: Form, upload: Upload, zone: Zone, now: Now
) -> Page:
    """Show what a file would do, row by row; after confirmation, import it."""
    check_roster_manager(viewer)
    if first := first_reauthenticate(visit, PATH, now):
        return first
    try:
        text, is_trial = _list(upload, form)
        deed = partial(offboarding.import_list_for, viewer, text, visit.reauthenticated_at, now, zone)
        report, impact = await (offboarding.do_and_roll_back(deed) if is_trial else deed())
    except (Invalid, TooLarge) as wrong:
        return _page(pages, status_code=errors.status_of(wrong), wrong=wrong.sentence)
    if is_trial or report.faults:
        shown: dict[str, Any] = {
            "text": "" if report.faults else text.decode("utf-8-sig"),
            "review": review_of(impact, zone),
        }
        return _page(pages, report, status_code=422 if report.faults else 200, **shown)
    return pages.redirect("/people", f"Import complete: {_counted(report)}.{list_change_words(impact)}")


def _list(upload: Upload | None, form: FormValues) -> tuple[bytes, bool]:
    """Return the list, from a chosen file or a confirmed report, and whether it is a trial."""
    chosen = upload_content(upload)
    content = chosen or form["list"].encode()
    if not content:
        raise Invalid(file=NO_FILE)
    return content, bool(chosen) or form["confirmed"] != "yes"


class ReviewedDate(NamedTuple):
    """An upcoming date; `starts` and `ends` are on the wall clock of the reader."""

    line: DateLine
    address: str
    starts: datetime
    ends: datetime


class ReviewedList(NamedTuple):
    """One event: who is invited and who is removed, if anyone is, and its upcoming dates."""

    words: str
    dates: list[ReviewedDate]


class Review(NamedTuple):
    """What a page shows before a change of seats; `reviewed` is the hidden field that says what was shown."""

    lists: list[ReviewedList]
    emails: str
    notify: str
    """The end of the button: " and notify 2 people", or nothing."""
    reviewed: str


def _page(pages: Pages, report: RosterImportReport | None = None, wrong: str = "", **shown: Any) -> Page:
    values = {
        "wrong": wrong,
        "report": report,
        "text": "",
        "counted": _counted(report) if report else "",
        "review": None,
        "columns": [name for name in COLUMNS if name not in REQUIRED],
        "required": REQUIRED,
        "errors": Errors({"file": wrong} if wrong else {}),
    }
    return pages.render("roster/people/import.html", **values | shown)


def _counted(report: RosterImportReport) -> str:
    added = sum(outcome.is_new for outcome in report.outcomes)
    changed = sum(bool(outcome.changes) for outcome in report.outcomes)
    same = len(report.outcomes) - added - changed
    return f"{plural(added, 'person', 'people')} added, {changed} changed, {same} unchanged"


def is_reviewed(form: FormValues, impact: Sequence[ListImpact]) -> bool:
    """Return whether the form was sent from a page that showed exactly this, or there is nothing to show."""
    return not impact or form["reviewed"] == _reviewed(impact)


def review_of(impact: Sequence[ListImpact], zone: str) -> Review | None:
    """Return what to show; None where no list changes that the viewer may know of."""
    if not impact:
        return None
    people = len(notified_by_lists(impact))
    return Review(
        lists=[
            ReviewedList(list_impact.words, [_date(line, zone) for line in list_impact.dates]) for list_impact in impact
        ],
        emails=list_email_words(impact),
        notify=f" and notify {plural(people, 'person', 'people')}" if people else "",
        reviewed=_reviewed(impact),
    )


def dates_by_event(lines: Iterable[DateLine], zone: str) -> list[ReviewedList]:
    """Return the events that have these dates, in the order of their first ones."""
    events: dict[UUID, list[ReviewedDate]] = {}
    for line in lines:
        events.setdefault(line.event_id, []).append(_date(line, zone))
    return [ReviewedList("", dates) for dates in events.values()]


def _date(line: DateLine, zone: str) -> ReviewedDate:
    return ReviewedDate(line, date_address(line), *date_times(line, zone))


def _reviewed(impact: Sequence[ListImpact]) -> str:
    facts = [
        ([line.id for line in list_impact.dates], list_impact.leaves, list_impact.joins, list_impact.notified)
        for list_impact in impact
    ]
    return str(ids.id_from(facts))
