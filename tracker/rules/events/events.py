"""Events and their dates as frozen values, the one list of an event's fields, and who may do what with them.

`EventFields` is the list: the type of each field, its label, and the limits that every port obeys. Plans, stored
events, undo snapshots and previews hold these fields. Columns, history, audit log, emails, API and forms walk the list,
so a new field appears in all of them; `CONTRIBUTING.md` shows the steps.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, get_type_hints
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from tracker.errors import NotFound
from tracker.rules.core.clean_text import clean, too_long_words
from tracker.rules.core.viewers import Arm, Role, Viewer, Visibility
from tracker.rules.core.wording import MONTHS
from tracker.rules.events.markings import Marking
from tracker.rules.roster.meetings import USUAL_POLICY, ReminderPolicy

LONGEST_REASON = 500  # characters
ONLY_HTTPS = "Paste the full link. It starts with https://."
NO_TITLE = "Enter a title."
BY_VIDEO = "By video"
NO_LOCATION = "No location"


class Kind(StrEnum):
    """The kind of an event."""

    MEETING = "meeting"
    JOINT_OPERATION = "joint_operation"
    TRAINING = "training"
    OUTREACH = "outreach"
    DEADLINE = "deadline"

    @property
    def asks_reply(self) -> bool:
        """Return whether people are asked to reply; a deadline has no attendance."""
        return self is not Kind.DEADLINE


class EventStatus(StrEnum):
    """The status of an event. Only its organizer sees a draft, and no feed contains it."""

    DRAFT = "draft"
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    CANCELED = "canceled"


class FieldAbout(Struct, frozen=True, kw_only=True):
    """Labels and names of a field."""

    label: str
    """The label, in forms and in the history of an event."""
    log_words: str = ""
    """The name of its column in the audit log, where that differs from the column's own name."""


class TextField(FieldAbout, frozen=True, kw_only=True):
    """Limits of a field that people type."""

    longest: int  # characters
    is_multiline: bool = False
    is_link: bool = False
    """Whether it is a web address: https only."""


class EventFields(Struct, frozen=True, kw_only=True):
    """What people choose about an event; `starts` is local to `zone`, without offset, and is the first date."""

    title: Annotated[str, TextField(label="Title", longest=200)]
    kind: Annotated[Kind, FieldAbout(label="Kind")]
    visibility: Annotated[Visibility, FieldAbout(label="Who can see this", log_words="who sees it")]
    committee_id: Annotated[UUID | None, FieldAbout(label="Committee")] = None
    starts: Annotated[datetime, FieldAbout(label="Start", log_words="start")]
    duration: Annotated[timedelta, FieldAbout(label="Length", log_words="length")]
    zone: Annotated[str, FieldAbout(label="Time zone", log_words="time zone")]
    is_all_day: Annotated[bool, FieldAbout(label="All day", log_words="all day")] = False
    place: Annotated[str, TextField(label="Place", longest=300)] = ""
    video_link: Annotated[str, TextField(label="Video link", log_words="video", longest=500, is_link=True)] = ""
    agenda: Annotated[str, TextField(label="Agenda", longest=5_000, is_multiline=True)] = ""
    """One item per line. You can add minutes at the end of a line."""
    description: Annotated[str, TextField(label="Notes", log_words="notes", longest=5_000, is_multiline=True)] = ""
    status: Annotated[EventStatus, FieldAbout(label="Status")] = EventStatus.CONFIRMED
    marking: Annotated[Marking | None, FieldAbout(label="Marking")] = None
    reminders: Annotated[ReminderPolicy, FieldAbout(label="Reminders")] = USUAL_POLICY


FIELDS: Mapping[str, FieldAbout] = {
    name: kind.__metadata__[0] for name, kind in get_type_hints(EventFields, include_extras=True).items()
}
"""Every field of an event by its name, in the order of the list."""
TEXTS: Mapping[str, TextField] = {name: field for name, field in FIELDS.items() if isinstance(field, TextField)}
"""The fields that people type."""


def field_values(event_fields: EventFields) -> dict[str, Any]:
    """Return the values of the list's fields by name."""
    return {name: value for name, value in asdict(event_fields).items() if name in FIELDS}


def fields_of(event_fields: EventFields) -> EventFields:
    """Return only the list's fields, without what a plan or a stored event adds."""
    return EventFields(**field_values(event_fields))


def field_texts(event_fields: EventFields) -> dict[str, str]:
    """Return the texts of the list's fields by name."""
    return {name: value for name, value in asdict(event_fields).items() if name in TEXTS}


def when_fields(event_fields: EventFields) -> tuple[object, ...]:
    """Return the fields that define, with the rule, when it takes place; a change raises SEQUENCE (RFC 5546 §2.1.4)."""
    return event_fields.starts, event_fields.duration, event_fields.zone, event_fields.is_all_day


def where_fields(event_fields: EventFields) -> tuple[object, ...]:
    """Return the fields that define where people go; a change raises SEQUENCE too."""
    return event_fields.place, event_fields.video_link


def where_words(place: str, video_link: str) -> str:
    """Return where people go: "5th-floor conference room, or by video", "By video", or nothing."""
    if place and video_link:
        return f"{place}, or by video"
    return place or (BY_VIDEO if video_link else "")


def field_label(name: str) -> str:
    """Return the label of a field."""
    return FIELDS[name].label


def clean_field(name: str, text: str) -> str:
    """Return the text of a field, safe to store. Errors: Invalid under the field's name above its limit."""
    text_field = TEXTS[name]
    return clean(text, text_field.longest, name, multiline=text_field.is_multiline)


def clean_reason(text: str) -> str:
    """Return the reason for a change or cancellation, safe to store. Errors: Invalid(reason)."""
    return clean(text, LONGEST_REASON, "reason", multiline=True)


def wrong_field_texts(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Return an error for each text, by the name of its field, that no event may have; None = not given."""
    wrong: dict[str, str] = {}
    for name, text in texts.items():
        if text and len(text) > TEXTS[name].longest:
            wrong[name] = too_long_words(text, TEXTS[name].longest)
        elif text and TEXTS[name].is_link and not is_https(text):
            wrong[name] = ONLY_HTTPS
    return wrong


def is_https(link: str) -> bool:
    """Return whether a text is an https address."""
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and bool(parts.hostname) and not any(character.isspace() for character in link)
    except ValueError:
        return False


class Event(EventFields, frozen=True, kw_only=True):
    """An event as one viewer may see it."""

    id: UUID
    uid: str
    reference: str | None
    committee: str | None
    """The name of its committee."""
    lead_id: UUID
    lead: str
    lead_agency: str
    rrule: str | None
    version: int
    sequence: int
    created_at: datetime
    changed_at: datetime
    cancel_reason: str = ""
    """Why it was canceled, in the words of the person who canceled it."""

    @property
    def is_restricted(self) -> bool:
        """Return whether only named people may see it."""
        return self.visibility is Visibility.NAMED

    @property
    def banner(self) -> str:
        """Return the banner of its marking; empty when it is not marked."""
        return self.marking.banner if self.marking else ""

    @property
    def is_kept_back(self) -> bool:
        """Return whether feeds leave out its details, because anyone who has a feed's address can read it."""
        return self.is_restricted or self.marking is not None

    @property
    def where(self) -> str:
        """Return where it takes place, in the words of pages."""
        return where_words(self.place, self.video_link) or NO_LOCATION

    @property
    def is_series(self) -> bool:
        """Return whether a rule gives it more than one date."""
        return self.rrule is not None


class Occurrence(Struct, frozen=True, kw_only=True):
    """One date of an event; `starts_at` and `ends_at` are aware UTC; the end is excluded."""

    id: UUID
    event: Event
    original_start: datetime
    """Local start by the rule: the identity of the date, equal to RECURRENCE-ID."""
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    agenda: str
    is_canceled: bool
    is_changed: bool
    version: int
    sequence: int
    changed_at: datetime
    attendance_closed_at: datetime | None
    cancel_reason: str = ""
    """Why this date alone was canceled."""
    is_off_record: bool = False
    """Whether reports count it as canceled although its attendance is closed."""

    @property
    def key(self) -> str:
        """Return the date's name in addresses: the day on which the rule put it."""
        return self.original_start.date().isoformat()

    @property
    def where(self) -> str:
        """Return where this date takes place, in the words of pages."""
        return where_words(self.place, self.event.video_link) or NO_LOCATION

    @property
    def is_off(self) -> bool:
        """Return whether this date doesn't take place."""
        return self.is_canceled or self.event.status is EventStatus.CANCELED

    def is_ahead(self, now: datetime) -> bool:
        """Return whether this date takes place and isn't over."""
        return self.ends_at > now and not self.is_off

    @property
    def keeps_record(self) -> bool:
        """Return whether it was canceled after it was held, and reports still count its attendance."""
        return self.is_off and self.attendance_closed_at is not None and not self.is_off_record

    @property
    def status(self) -> EventStatus:
        """Return the status of this date: canceled when either the date or the whole event is."""
        return EventStatus.CANCELED if self.is_off else self.event.status


def dates_taking_place(dates: Sequence[Occurrence]) -> Sequence[Occurrence]:
    """Return the dates of a series that are not canceled; all of them when every date is."""
    return [occurrence for occurrence in dates if not occurrence.is_off] or dates


def next_sequence(event: Event, dates: Iterable[Occurrence]) -> int:
    """Return a SEQUENCE above any that emails gave the event or one of its dates (RFC 5546 §2.1.4).

    Dates have numbers of their own. A series with a lower one would not replace a date that was moved before, nor bring
    back what an email with the number of a date took out.
    """
    return max([event.sequence, *(occurrence.sequence for occurrence in dates)]) + 1


def day_of_key(key: str) -> datetime:
    """Return the local midnight of a date's key (YYYY-MM-DD). Errors: NotFound for any other text."""
    try:
        return datetime.strptime(key, "%Y-%m-%d")  # noqa: DTZ007 - local to the event's zone
    except ValueError as odd:
        raise NotFound from odd


class DateLine(NamedTuple):
    """One date in brief, for calendars and lists; times aware UTC. A tuple, because a month can have 500 of them."""

    id: UUID
    event_id: UUID
    key: str
    kind: Kind
    title: str
    place: str
    visibility: Visibility
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_all_day: bool
    is_changed: bool
    lead_id: UUID
    committee_id: UUID | None
    marking: Marking | None = None
    reminders: ReminderPolicy = USUAL_POLICY

    @property
    def is_off(self) -> bool:
        """Return whether this date doesn't take place."""
        return self.status is EventStatus.CANCELED


def line_of_date(date: Occurrence) -> DateLine:
    """Return a date in brief."""
    event = date.event
    return DateLine(
        id=date.id,
        event_id=event.id,
        key=date.key,
        kind=event.kind,
        title=date.title,
        place=date.place,
        visibility=event.visibility,
        status=date.status,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        zone=event.zone,
        is_all_day=event.is_all_day,
        is_changed=date.is_changed,
        lead_id=event.lead_id,
        committee_id=event.committee_id,
        marking=event.marking,
        reminders=event.reminders,
    )


def may_schedule(viewer: Viewer, kind: Kind, visibility: Visibility, committee_id: UUID | None) -> bool:
    """Return whether the viewer may schedule such an event.

    A coordinator may schedule anything; a committee's chair, what the committee may see; an agency lead, what their own
    arm may see, or an event for named people. Joint operations are limited to law enforcement.
    """
    if viewer.is_coordinator:
        return True
    if kind is Kind.JOINT_OPERATION and viewer.arm is not Arm.LAW_ENFORCEMENT:
        return False
    if visibility is Visibility.COMMITTEE and committee_id in viewer.chairs:
        return True
    leads_an_agency = Role.AGENCY_LEAD in viewer.roles
    return leads_an_agency and (visibility is Visibility.NAMED or visibility == viewer.arm.value)


def may_edit(viewer: Viewer, event: Event | DateLine) -> bool:
    """Return whether a viewer who sees the event may change it: organizer, committee's chair, coordinator."""
    return viewer.member_id == event.lead_id or event.committee_id in viewer.chairs or viewer.is_coordinator


may_take_attendance = may_edit
"""People who may change an event may also take attendance at it."""
LONGEST_ITEM = 480  # minutes: a larger number at the end of a line is part of its text
_DATES = frozenset({*MONTHS, *(month[:3] for month in MONTHS), "Sept"})


class AgendaItem(Struct, frozen=True, kw_only=True):
    """One line of an agenda; `minutes` is None where the line gives none."""

    title: str
    minutes: int | None


def agenda_items(text: str) -> list[AgendaItem]:
    """Return the items of an agenda, without empty lines."""
    return [_agenda_item(line) for raw in text.splitlines() if (line := raw.strip())]


def planned_minutes(items: Iterable[AgendaItem]) -> int:
    """Return the sum of the items' minutes."""
    return sum(item.minutes or 0 for item in items)


def _agenda_item(line: str) -> AgendaItem:
    words = line.split()
    bare = words[:-1] if words[-1].rstrip(".").lower() in ("min", "minutes") else words
    if len(bare) > 1 and _is_minutes(bare[-1]) and bare[-2].rstrip(".") not in _DATES:
        return AgendaItem(title=" ".join(bare[:-1]), minutes=int(bare[-1]))
    return AgendaItem(title=line, minutes=None)


def _is_minutes(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= len(str(LONGEST_ITEM)) and 0 < int(word) <= LONGEST_ITEM
