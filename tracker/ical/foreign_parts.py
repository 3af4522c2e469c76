"""The single properties of an event in another program's file, and which content of a file is not imported."""

from datetime import datetime, timedelta

from icalendar.prop import vDuration

from tracker.errors import Invalid
from tracker.ical.components import LARGEST, Component, Components
from tracker.ical.lines import is_web_address
from tracker.rules.core.clean_text import clean
from tracker.rules.core.wording import clock, plural, zone_word
from tracker.rules.events import plan
from tracker.rules.events.event import EventStatus, Kind
from tracker.rules.events.event_fields import BY_VIDEO, TEXTS, wrong_texts

PROPERTIES = {"title": "SUMMARY", "place": "LOCATION", "description": "DESCRIPTION"}
"""The texts of an event that a file holds, and the property of each."""
VIDEO = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
"""Where files keep video links: RFC 7986 §5.11, and what Google and Microsoft write."""
KINDS = {kind.value: kind for kind in Kind if kind is not Kind.JOINT_OPERATION}
"""The kinds of imported events: an operation is for named people, and what is imported is for everyone."""
PRIVATE = "It's marked private, and imported events are visible to everyone."
CANCELED = "It is canceled."


def passed_over(one: Component) -> str:
    """Return why an event is skipped without being an error; empty for one that is imported."""
    if is_canceled(one):
        return CANCELED
    return PRIVATE if is_private(one) else ""


def is_private(one: Component) -> bool:
    """Return whether the event, or the date, is not for everyone; an unknown CLASS is private (RFC 5545 §3.8.1.3)."""
    secrecy = one.one("CLASS")
    return secrecy is not None and secrecy.value.upper() != "PUBLIC"


def is_canceled(one: Component) -> bool:
    """Return whether the event, or the date, is canceled."""
    status = one.one("STATUS")
    return status is not None and status.value.upper() == "CANCELLED"


def kind_of(one: Component) -> Kind:
    """Return the kind that a category of the event names, as our own feeds write it; a meeting without one."""
    return next((KINDS[name] for name in categories_of(one) if name in KINDS), Kind.MEETING)


def categories_of(one: Component) -> list[str]:
    """Return the categories of an event in small letters."""
    # The text after the last colon: a line that is otherwise odd must not stop the import.
    lists = (line.rpartition(":")[2] for line in one.lines.get("CATEGORIES", ()))
    return [name.strip().lower() for text in lists for name in text.split(",")]


def status_of(one: Component) -> EventStatus:
    """Return whether the event is confirmed or tentative."""
    status = one.one("STATUS")
    is_tentative = status is not None and status.value.upper() == "TENTATIVE"
    return EventStatus.TENTATIVE if is_tentative else EventStatus.CONFIRMED


def text_of(one: Component, name: str) -> str:
    """Return the text of an event's field, safe to store, and cut where it is longer than the field may be."""
    return uncut(one, name)[: TEXTS[name].longest].rstrip()


def uncut(one: Component, name: str) -> str:
    """Return the text of an event's field, safe to show, as long as the file has it."""
    text = clean(one.text(PROPERTIES[name]), LARGEST, name, multiline=TEXTS[name].is_multiline)
    is_no_place = name == "place" and text == BY_VIDEO and bool(video_link_of(one))  # as our own feeds write it
    return "" if is_no_place else text


def video_link_of(one: Component) -> str:
    """Return the first video link that an event may have; empty = none."""
    for name in VIDEO:
        for given in one.all(name):
            if is_web_address(given.value) and not wrong_texts({"video_link": given.value}):
                return given.value
    return ""


def span_of(text: str) -> timedelta:
    """Return a DURATION of at most 14 days. Errors: Invalid."""
    try:
        span: timedelta = vDuration.from_ical(text)  # type: ignore[no-untyped-call]  # the library says no types
    except (ValueError, OverflowError) as odd:
        raise Invalid(f"“{text[:40]}” isn't a length that we can read.") from odd
    if not timedelta(0) <= span <= plan.LONGEST:
        raise Invalid("It ends before it starts, or lasts more than 14 days.")
    return span


def utc_note(starts: datetime, zone: str) -> str:
    """Return the note on the times of a series written in UTC."""
    return f"Its times are in UTC in the file. Here it is at {clock(starts)} {zone_word(zone)} all year."


def notes_on(found: Components) -> list[str]:
    """Return notes on the content beside events."""
    notes = []
    if others := sum(found.others[kind] for kind in ("VTODO", "VJOURNAL", "VFREEBUSY")):
        notes.append(
            f"{plural(others, 'task, journal or free-busy entry', 'tasks, journals or free-busy entries')} "
            "left out: only events are imported."
        )
    return notes
