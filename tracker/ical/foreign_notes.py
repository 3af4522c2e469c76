"""What an event of another program's file loses or changes when it is imported, one sentence each."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from tracker.ical.components import Component
from tracker.ical.foreign_parts import (
    KINDS,
    PROPERTIES,
    VIDEO,
    categories_of,
    is_canceled,
    is_private,
    kind_of,
    status_of,
    text_of,
    uncut,
    video_link_of,
)
from tracker.ical.foreign_times import Stamp
from tracker.rules.core.date_words import short_weekday_date
from tracker.rules.core.wording import plural, zone_word
from tracker.rules.events.event import Kind
from tracker.rules.events.event_fields import TEXTS
from tracker.rules.events.plan import Slot

KEPT = frozenset(
    {
        *PROPERTIES.values(),
        *VIDEO,
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "STATUS",
        "CLASS",
    }
)
"""What an import reads."""
ANEW = frozenset({"UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"})
"""What every event of the tracker has of its own."""
NOTED = frozenset({"ATTENDEE", "ORGANIZER", "TRANSP"})
"""What has a sentence of its own."""
WORDS = {
    "ATTACH": "attachments",
    "CATEGORIES": "categories",
    "COLOR": "color",
    "COMMENT": "comments",
    "CONTACT": "contact",
    "GEO": "map position",
    "IMAGE": "picture",
    "PRIORITY": "priority",
    "RELATED-TO": "links to other entries",
    "RESOURCES": "resources",
    "STYLED-DESCRIPTION": "formatted notes",
    "URL": "web address",
}
STATUSES = frozenset({"CONFIRMED", "TENTATIVE", "CANCELLED"})
SHOWN = 3  # names of properties that only other programs know


def notes_of(one: Component, overrides: Sequence[Component]) -> list[str]:
    """Return what an event and the components that change its dates lose. Errors: Invalid for an unreadable line."""
    every = [one, *overrides]
    return [*_text_notes(one), *_status_notes(one), *_video_notes(one), *_people_notes(every), *_left_out(every)]


def notes_of_dates(
    dated: Sequence[tuple[datetime, Component]], master: Component, extra: Collection[datetime] = ()
) -> list[str]:
    """Return what the components that change dates of a series lose; each comes with the date's local start.

    `extra` are those that the series does not have.
    """
    notes = [
        f"{short_weekday_date(start)}: not a date of the series in the file; it is added." for start in sorted(extra)
    ]
    for start, one in dated:
        notes += [f"{short_weekday_date(start)}: {note}" for note in _date_notes(one, master)]
    counted = Counter(start for start, _ in dated)
    twice = [start for start, times in counted.items() if times > 1]
    return [
        *notes,
        *(f"{short_weekday_date(start)}: changed more than once; the last change counts." for start in twice),
    ]


def zone_note(one: Component, start: Stamp, home: str) -> str:
    """Return how the zone of an event is read where the file has none or another name; `home` is the task force's."""
    if start.is_day or start.is_utc:
        return ""
    if start.zone is None:
        return f"It has no time zone in the file. Its times are read as {zone_word(home)}."
    given = one.one("DTSTART")
    tzid = given.parameters.get("TZID", "") if given else ""
    return f"Its time zone “{tzid[:60]}” is read as {start.zone}." if tzid != start.zone else ""


def clock_note(slots: Iterable[tuple[datetime, Slot]]) -> str:
    """Return which dates of a series last longer or shorter here because the clocks change meanwhile, or nothing.

    A file with DTEND means the same elapsed time for all of them (RFC 5545 §3.8.5.3); here the hours on the clock stay.
    """
    every = list(slots)
    lasts = {start: ends_at - starts_at for start, (starts_at, ends_at) in every}
    other = [start for start, _ in every if lasts[start] != lasts[every[0][0]]]
    if not other:
        return ""
    more = f" and {plural(len(other) - 1, 'other date')}" if len(other) > 1 else ""
    days = f"{short_weekday_date(other[0])}{more}"
    return f"{days}: the clocks change during it; it ends at its usual time of day."


def _date_notes(override: Component, master: Component) -> list[str]:
    """Return what one of them loses, because a date shares it with its series."""
    if is_private(override):
        return ["it's marked private. Imported events are visible to everyone, so it was left out."]
    if is_canceled(override):
        return []
    lost = [
        words
        for words, is_other in (
            ("notes", text_of(override, "description") != text_of(master, "description")),
            ("video link", video_link_of(override) != video_link_of(master)),
            ("status", status_of(override) is not status_of(master)),
        )
        if is_other
    ]
    shared = [f"it has the {' and the '.join(lost)} of the series, not its own."] if lost else []
    return [*shared, *_text_notes(override, ("title", "place"))]


def _text_notes(one: Component, names: Iterable[str] = tuple(PROPERTIES)) -> list[str]:
    notes = []
    for name in names:
        whole, about = uncut(one, name), TEXTS[name]
        if len(whole) > about.longest:
            notes.append(f"{about.label}: cut after {about.longest:,} characters; the file has {len(whole):,}.")
        if _visible(whole) != _visible(one.text(PROPERTIES[name])):
            notes.append(f"{about.label}: characters that can't be shown are left out.")
    return notes


def _visible(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def _status_notes(one: Component) -> list[str]:
    notes = []
    status = one.one("STATUS")
    if status and status.value.upper() not in STATUSES:
        notes.append(f"Its status “{status.value[:20]}” is read as confirmed.")
    is_free = any(line.upper().endswith(":TRANSPARENT") for line in one.lines.get("TRANSP", ()))
    if is_free and kind_of(one) is not Kind.DEADLINE:
        notes.append("The file shows its time as free. Here it counts as busy.")
    return notes


def _video_notes(one: Component) -> list[str]:
    others = {given.value for name in VIDEO for given in one.all(name)} - {video_link_of(one)}
    if not others:
        return []
    ways = plural(len(others), "way to join online is", "ways to join online are")
    return [f"{ways} left out: an event has one video link, which starts with https."]


def _people_notes(every: Sequence[Component]) -> list[str]:
    # The address is what follows the last colon: a line that is otherwise odd must not stop the import.
    people = {line.rpartition(":")[2].strip().lower() for one in every for line in one.lines.get("ATTENDEE", ())}
    notes = []
    if any("ORGANIZER" in one.lines for one in every):
        notes.append("Its organizer in the file isn't kept: you're the organizer.")
    if people:
        notes.append(
            f"{plural(len(people), 'person in the file is', 'people in the file are')} not invited and not notified."
        )
    return notes


def _left_out(every: Sequence[Component]) -> list[str]:
    names = {name for one in every for name in one.lines if name} - KEPT - ANEW - NOTED
    if all(name in KINDS for one in every for name in categories_of(one)):
        names -= {"CATEGORIES"}
    words = [WORDS[name] for name in sorted(names & set(WORDS))]
    if alarms := sum(one.parts["VALARM"] for one in every):
        words.insert(0, plural(alarms, "alarm"))
    if others := sorted(names - set(WORDS)):
        more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
        words.append(f"properties of other programs ({', '.join(name[:40] for name in others[:SHOWN])}{more})")
    return [f"Left out: {', '.join(words)}."] if words else []
