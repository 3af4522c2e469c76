"""The form of a person, and how it is read."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from tracker.ports.pages.core.form_values import FormValues, Reader, id_in
from tracker.ports.pages.core.sheets import Words
from tracker.rules.core.viewer import Role, Viewer
from tracker.rules.core.wall_clock import to_utc
from tracker.rules.core.wording import local
from tracker.rules.roster.accounts import GRANTED
from tracker.rules.roster.csv_rows import LONGEST
from tracker.rules.roster.directory import ROLE_WORDS, AgencyCard, PersonCard
from tracker.rules.roster.people_changes import PersonFacts

FIELDS = ("name", "title", "agency", "email", "phone", "mobile", "private", "zone", "roles", "guest", "ends")
LABELS = {
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
HINTS = {
    Role.COORDINATOR: "Schedules events for everyone and manages the roster",
    Role.AGENCY_LEAD: "Schedules events for their own arm and for people they name",
    Role.ADMINISTRATOR: "Manages accounts and the roster. Doesn’t give access to events",
    Role.AUDITOR: "Reads the audit log",
}


def role_options(viewer: Viewer) -> list[tuple[str, str, str]]:
    """Return the roles that the viewer may give: value, label, purpose."""
    given = [role for role in HINTS if viewer.is_coordinator or role is not Role.COORDINATOR]
    return [(role.value, ROLE_WORDS[role], HINTS[role]) for role in given]


def new_form(zone: str, agency: str) -> FormValues:
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
        "ends": last_day(ends, zone).date().isoformat() if ends else "",
    }
    roles = tuple(role.value for role in HINTS if role in person.roles)
    return FormValues({name: (text,) for name, text in texts.items()} | {"roles": roles})


def last_day(ends: datetime, zone: str) -> datetime:
    """Return the last moment of an account that ends, on the wall clock of `zone`."""
    return local(ends, zone) - timedelta.resolution


def read_person(form: FormValues, zone: str) -> PersonFacts:
    """Return the person that a form describes. Errors: Invalid by field, those of the texts at once."""
    reader = Reader(form)
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


def words_for(agencies: Iterable[AgencyCard]) -> Words:
    """Return how changes of a person's form are worded."""
    codes = {str(one.id): one.code for one in agencies}

    def said(name: str, text: str) -> str:
        if name == "roles":
            roles = [ROLE_WORDS[Role(one)] for one in text.split("\n") if one in GRANTED]
            return ", ".join(roles) or "none"
        if name in ("guest", "private"):
            return "yes" if text else "no"
        return (codes.get(text, text) if name == "agency" else text) or "empty"

    return Words(labels=LABELS, said=said)


def agency_options(agencies: Iterable[AgencyCard], chosen: str) -> list[tuple[str, str]]:
    """Return the agencies to choose from: active ones, and the chosen one."""
    open_ = [one for one in agencies if one.status == "active" or str(one.id) == chosen]
    return [("", "Choose an agency"), *((str(one.id), f"{one.code} · {one.name}") for one in open_)]
