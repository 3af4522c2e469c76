"""The single properties of an event in another program's file, and which content of a file is not imported."""

from datetime import datetime, timedelta

from icalendar.prop import vDuration

from tracker.errors import Invalid
from tracker.ical.components import Component, Components
from tracker.ical.lines import is_web_address
from tracker.rules.core.wording import clock, plural, zone_word
from tracker.rules.events import plan
from tracker.rules.events.event import EventStatus
from tracker.rules.events.event_fields import TEXTS, cleaned, wrong_texts

PROPERTIES = {"title": "SUMMARY", "place": "LOCATION", "description": "DESCRIPTION"}
"""The texts of an event that a file holds, and the property of each."""
PRIVATE = "It is marked as private. Imported events are for everyone, so it stays out."
CANCELED = "It is canceled."


def passed_over(one: Component) -> str:
    """Return why an event is skipped without being an error; empty for one that is imported."""
    if is_canceled(one):
        return CANCELED
    secrecy = one.one("CLASS")
    return PRIVATE if secrecy and secrecy.value.upper() in ("PRIVATE", "CONFIDENTIAL") else ""


def is_canceled(one: Component) -> bool:
    """Return whether the event, or the date, is canceled."""
    status = one.one("STATUS")
    return status is not None and status.value.upper() == "CANCELLED"


def status_of(one: Component) -> EventStatus:
    """Return whether the event is confirmed or tentative."""
    status = one.one("STATUS")
    is_tentative = status is not None and status.value.upper() == "TENTATIVE"
    return EventStatus.TENTATIVE if is_tentative else EventStatus.CONFIRMED


def text_of(one: Component, name: str) -> str:
    """Return the text of an event's field, safe to store. Errors: Invalid, which names the field, above its limit."""
    try:
        return cleaned(name, one.text(PROPERTIES[name]))
    except Invalid as wrong:
        raise Invalid(f"{TEXTS[name].label}: {wrong.sentence}") from wrong


def video_link_of(one: Component) -> str:
    """Return the video link (RFC 7986 §5.11, and Google's own property)."""
    for name in ("CONFERENCE", "X-GOOGLE-CONFERENCE"):
        for given in one.all(name):
            if is_web_address(given.value) and not wrong_texts({"video_link": given.value}):
                return given.value
    return ""


def span_of(text: str) -> timedelta:
    """Return a DURATION of at most 14 days. Errors: Invalid."""
    try:
        span: timedelta = vDuration.from_ical(text)  # type: ignore[no-untyped-call]  # the library says no types
    except (ValueError, OverflowError) as odd:
        raise Invalid(f"“{text[:40]}” is not a length that we can read.") from odd
    if not timedelta(0) <= span <= plan.LONGEST:
        raise Invalid("It lasts less than nothing, or more than 14 days.")
    return span


def utc_note(starts: datetime, zone: str) -> str:
    """Return the note on the times of a series written in UTC."""
    return f"Its times are in UTC in the file: here it is at {clock(starts)} {zone_word(zone)} all year."


def notes_on(found: Components) -> list[str]:
    """Return notes on the content beside events, and on parts of events that are not imported."""
    notes = []
    if alarms := found.others["VALARM"]:
        notes.append(f"{plural(alarms, 'alarm')} of the file left out: reminders here are those of the tracker.")
    if others := sum(found.others[kind] for kind in ("VTODO", "VJOURNAL", "VFREEBUSY")):
        notes.append(
            f"{plural(others, 'task, journal or free-busy entry', 'tasks, journals or free-busy entries')} "
            "left out: only events are imported."
        )
    if any("ATTACH" in one.lines for one in found.events):
        notes.append("Attachments of the file are left out.")
    if any("ATTENDEE" in one.lines for one in found.events):
        notes.append("The people that the file invites are not invited here, and nobody is told.")
    return notes
