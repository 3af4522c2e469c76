"""The one list of an event's fields: the type of each, its label, and the limits that every port obeys.

Plans, stored events, undo snapshots and previews hold these fields. Columns, history, audit log, emails, API and forms
walk the list, so a new field appears in all of them; `CONTRIBUTING.md` shows how to add one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, get_type_hints
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from tracker.rules.core.audiences import Visibility
from tracker.rules.core.clean_text import clean, too_long_words
from tracker.rules.events.markings import Marking
from tracker.rules.roster.reminder_policies import USUAL_POLICY, ReminderPolicy

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


class About(Struct, frozen=True, kw_only=True):
    """Labels and names of a field."""

    label: str
    """The label, in forms and in the history of an event."""
    log_words: str = ""
    """The name of its column in the audit log, where that differs from the column's own name."""


class Text(About, frozen=True, kw_only=True):
    """Limits of a field that people type."""

    longest: int  # characters
    is_multiline: bool = False
    is_link: bool = False
    """Whether it is a web address: https only."""


class EventFields(Struct, frozen=True, kw_only=True):
    """What people choose about an event; `starts` is local to `zone`, without offset, and is the first date."""

    title: Annotated[str, Text(label="Title", longest=200)]
    kind: Annotated[Kind, About(label="Kind")]
    visibility: Annotated[Visibility, About(label="Who can see this", log_words="who sees it")]
    committee_id: Annotated[UUID | None, About(label="Committee")] = None
    starts: Annotated[datetime, About(label="Start", log_words="start")]
    duration: Annotated[timedelta, About(label="Length", log_words="length")]
    zone: Annotated[str, About(label="Time zone", log_words="time zone")]
    is_all_day: Annotated[bool, About(label="All day", log_words="all day")] = False
    place: Annotated[str, Text(label="Place", longest=300)] = ""
    video_link: Annotated[str, Text(label="Video link", log_words="video", longest=500, is_link=True)] = ""
    agenda: Annotated[str, Text(label="Agenda", longest=5_000, is_multiline=True)] = ""
    """One item per line. You can add minutes at the end of a line."""
    description: Annotated[str, Text(label="Notes", log_words="notes", longest=5_000, is_multiline=True)] = ""
    status: Annotated[EventStatus, About(label="Status")] = EventStatus.CONFIRMED
    marking: Annotated[Marking | None, About(label="Marking")] = None
    reminders: Annotated[ReminderPolicy, About(label="Reminders")] = USUAL_POLICY


FIELDS: Mapping[str, About] = {
    name: kind.__metadata__[0] for name, kind in get_type_hints(EventFields, include_extras=True).items()
}
"""Every field of an event by its name, in the order of the list."""
TEXTS: Mapping[str, Text] = {name: about for name, about in FIELDS.items() if isinstance(about, Text)}
"""The fields that people type."""


def values_of(one: EventFields) -> dict[str, Any]:
    """Return the values of the list's fields by name."""
    return {name: value for name, value in asdict(one).items() if name in FIELDS}


def fields_of(one: EventFields) -> EventFields:
    """Return only the list's fields, without what a plan or a stored event adds."""
    return EventFields(**values_of(one))


def texts_of(one: EventFields) -> dict[str, str]:
    """Return the texts of the list's fields by name."""
    return {name: value for name, value in asdict(one).items() if name in TEXTS}


def when(one: EventFields) -> tuple[object, ...]:
    """Return the fields that define, with the rule, when it takes place; a change raises SEQUENCE (RFC 5546 §2.1.4)."""
    return one.starts, one.duration, one.zone, one.is_all_day


def where(one: EventFields) -> tuple[object, ...]:
    """Return the fields that define where people go; a change raises SEQUENCE too."""
    return one.place, one.video_link


def where_words(place: str, video_link: str) -> str:
    """Return where people go: "5th-floor conference room, or by video", "By video", or nothing."""
    if place and video_link:
        return f"{place}, or by video"
    return place or (BY_VIDEO if video_link else "")


def label_of(name: str) -> str:
    """Return the label of a field."""
    return FIELDS[name].label


def cleaned(name: str, text: str) -> str:
    """Return the text of a field, safe to store. Errors: Invalid under the field's name above its limit."""
    about = TEXTS[name]
    return clean(text, about.longest, name, multiline=about.is_multiline)


def cleaned_reason(text: str) -> str:
    """Return the reason for a change or cancellation, safe to store. Errors: Invalid(reason)."""
    return clean(text, LONGEST_REASON, "reason", multiline=True)


def wrong_texts(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Return an error for each text, by the name of its field, that no event may have; None = not given."""
    found = {name: _wrong(TEXTS[name], text) for name, text in texts.items() if text}
    return {name: sentence for name, sentence in found.items() if sentence}


def is_https(link: str) -> bool:
    """Return whether a text is an https address."""
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and bool(parts.hostname) and not any(one.isspace() for one in link)
    except ValueError:
        return False


def _wrong(about: Text, text: str) -> str:
    if len(text) > about.longest:
        return too_long_words(text, about.longest)
    return ONLY_HTTPS if about.is_link and not is_https(text) else ""
