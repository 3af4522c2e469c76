"""Reads another program's calendar file into plans of events; each row that can't be imported has its reason.

What an event loses or changes on the way is said in a sentence for each.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ical.foreign_events import (
    KINDS,
    PROPERTIES,
    VIDEO,
    Stamp,
    WallClock,
    Zones,
    categories_of,
    clock_of,
    event_status_of,
    is_canceled,
    is_private,
    kind_of,
    rule_from,
    span_of,
    text_of,
    uncut,
    video_link_of,
    zones_of,
)
from tracker.ical.lines import LARGEST, MOST, Component, components
from tracker.rules.core.viewers import Visibility
from tracker.rules.core.wording import clock, plural, short_weekday_date, to_local, zone_word
from tracker.rules.events import plans as plan_rules
from tracker.rules.events.events import TEXTS, Kind
from tracker.rules.events.plans import (
    MOST_DATES,
    CalendarFile,
    DateChange,
    FileEvent,
    ImportLimits,
    ImportOutcome,
    ImportRow,
    Plan,
    Slot,
    check_import_size,
)
from tracker.rules.recurrence.series import check_number_of_dates

A_DAY = timedelta(days=1)
PRIVATE = "It's marked private, and imported events are visible to everyone."
CANCELED = "It is canceled."
USUAL = ImportLimits(size=LARGEST, events=MOST, dates=MOST_DATES, seconds=10.0)
ImportProgress = Callable[[int, int], None]
"""Gets how many events of how many were read."""


def read_calendar_file(
    content: bytes,
    now: datetime,
    home: str,
    limits: ImportLimits = USUAL,
    progress: ImportProgress = lambda _done, _of: None,
) -> CalendarFile:
    """Return the content of a file; `home` is the task force's zone, `now` limits a series without an end.

    Reading stops at the first event that exceeds the limits.
    Errors: Invalid and TooLarge when the file as a whole can't be imported.
    """
    file = components(content, limits.events, limits.size)
    if not file.events:
        raise Invalid("The file has no events.")
    reader = _FileReader(zones_of(file.zones, home), now)
    masters = {
        _uid(component): component for component in reversed(file.events) if "RECURRENCE-ID" not in component.lines
    }
    changes: dict[str, list[Component]] = {uid: [] for uid in masters}
    groups: list[tuple[Component, list[Component]]] = []
    for event in file.events:
        uid = _uid(event)
        if "RECURRENCE-ID" in event.lines and uid in masters:
            changes[uid].append(event)
        else:  # a change whose event is missing is an event of its own
            groups.append((event, changes[uid] if masters.get(uid) is event else []))
    for number, (master, overrides) in enumerate(groups, start=1):
        reader.take(master, overrides)
        check_import_size(reader.dates, limits)
        progress(number, len(groups))
    rest = sorted(reader.rest, key=lambda import_row: import_row.row)
    others = sum(file.others[kind] for kind in ("VTODO", "VJOURNAL", "VFREEBUSY"))
    entries = plural(others, "task, journal or free-busy entry", "tasks, journals or free-busy entries")
    notes = [f"{entries} left out: only events are imported."] if others else []
    return CalendarFile(events=reader.events, rest=rest, notes=notes)


def _uid(component: Component) -> str:
    """Return the UID; for an event without one, as old programs write, a hash of its lines."""
    line = next(iter(component.lines.get("UID", ())), "")
    named = line.partition(":")[2].strip()
    return named or sha256("\n".join(sorted(chain(*component.lines.values()))).encode()).hexdigest()


class _FileReader:
    """Reads the events of one file."""

    def __init__(self, zones: Zones, now: datetime) -> None:
        self.zones = zones
        self.today = to_local(now, zones.home).date()
        self.events: list[FileEvent] = []
        self.rest: list[ImportRow] = []
        self.dates = 0  # of all events so far
        self._seen: set[str] = set()

    def take(self, component: Component, overrides: Sequence[Component]) -> None:
        """Read one event, or record why it is not imported."""
        title, outcome = "(no title)", ImportOutcome.REFUSED
        try:
            title = text_of(component, "title") or title
            reason = CANCELED if is_canceled(component) else PRIVATE if is_private(component) else ""
            if reason:
                outcome = ImportOutcome.LEFT_OUT
            else:
                self.events.append(self._event(component, overrides))
                self.dates += len(self.events[-1].slots)
        except Invalid as wrong:
            reason = wrong.sentence
        if reason:
            self.rest.append(ImportRow(row=component.row, title=title, outcome=outcome, sentence=reason))

    def _event(self, component: Component, overrides: Sequence[Component]) -> FileEvent:
        uid = _uid(component) + "".join(line for line in component.lines.get("RECURRENCE-ID", ()))
        if uid in self._seen:
            raise Invalid("The file has this event twice.")
        self._seen.add(uid)
        is_series = bool(component.lines.get("RRULE"))
        if component.lines.get("RDATE") and not is_series:
            raise Invalid("It has extra dates, but no repeat rule.")
        start = self.zones.start_of(component)
        wall = clock_of(start, self.zones.home, is_series=is_series)
        starts = wall.shows(start)
        rule, rule_note = None, ""
        if is_series:
            if len(component.lines["RRULE"]) > 1 or "EXRULE" in component.lines:
                raise Invalid("It has more than one repeat rule. Export it as separate series.")
            [given] = component.all("RRULE")
            rule, rule_note = rule_from(given.value, starts, wall, self.zones, self.today)
        plan = Plan(
            kind=kind_of(component),
            visibility=Visibility.ALL,
            status=event_status_of(component),
            starts=starts,
            duration=self._length(component, start, starts, wall),
            zone=wall.zone,
            is_all_day=start.is_day,
            rule=rule,
            title=text_of(component, "title"),
            place=text_of(component, "place"),
            description=text_of(component, "description"),
            video_link=video_link_of(component),
        )
        plan_rules.check_plan(plan)
        notes = [rule_note, zone_note(component, start, self.zones.home), *notes_of(component, overrides)]
        if is_series and start.is_utc:
            at = f"{clock(starts)} {zone_word(wall.zone)}"
            notes.append(f"Its times are in UTC in the file. Here it is at {at} all year.")
        bare = FileEvent(row=component.row, uid=uid, plan=plan, notes=tuple(filter(None, notes)))
        return self._with_dates(bare, component, overrides, wall)

    def _with_dates(
        self, bare: FileEvent, component: Component, overrides: Sequence[Component], wall: WallClock
    ) -> FileEvent:
        slots = plan_rules.slots_of_plan(bare.plan)
        by_rule = {start for start, _ in slots}
        left_out, added = self._beside(component, bare.plan, wall, by_rule)
        dated = self._dated(overrides, bare.plan, wall, by_rule | added, left_out)
        extra = {start for start, _ in dated} - by_rule - added
        added |= extra
        hidden = {start for start, override in dated if is_private(override)}
        known = (by_rule - left_out | added) - hidden
        if not known:
            raise Invalid("All of its dates are left out.")
        check_number_of_dates(len(known))
        changes = {start: self._change(bare.plan, override, wall) for start, override in dated if start in known}
        if all(changes.get(start, bare) is None for start in known):
            raise Invalid("All of its dates are canceled.")
        return replace(
            bare,
            left_out=frozenset(left_out | hidden),
            added=tuple(sorted(added - hidden)),
            changes=changes,
            notes=tuple(filter(None, (*bare.notes, clock_note(slots), *notes_of_dates(dated, component, extra)))),
        )

    def _beside(
        self, component: Component, plan: Plan, wall: WallClock, by_rule: set[datetime]
    ) -> tuple[set[datetime], set[datetime]]:
        """Return which dates of the rule are left out, and which others there are; EXDATE is stronger than RDATE."""
        stamps = self.zones.stamps(component.all("RDATE"))
        if any(stamp.is_day != plan.is_all_day for stamp in stamps):
            raise Invalid("Extra dates must be like the others: all with times, or all without.")
        extra = {wall.shows(stamp) for stamp in stamps}
        left_out = set(self._named(self.zones.stamps(component.all("EXDATE")), wall, by_rule | extra))
        return left_out & by_rule, extra - by_rule - left_out

    def _dated(
        self, overrides: Sequence[Component], plan: Plan, wall: WallClock, known: set[datetime], left_out: set[datetime]
    ) -> list[tuple[datetime, Component]]:
        """Return each component that changes a date, with the date: one that a series does not have is an extra one."""
        dated = []
        for override in overrides:
            named = override.one("RECURRENCE-ID")
            if named is None or "RANGE" in named.parameters:
                raise Invalid(
                    "A change of this and following dates (RANGE) can't be imported. Export it as two series."
                )
            stamp = self.zones.stamp(named)
            moments = self._named([stamp], wall, known - left_out)
            if not moments and is_canceled(override):
                continue
            is_extra = plan.rule is not None and stamp.is_day == plan.is_all_day and wall.shows(stamp) not in left_out
            if not moments and not is_extra:
                raise Invalid(f"“{named.value[:40]}” is changed, but it isn't a date of this series.")
            dated.append((moments[0] if moments else wall.shows(stamp), override))
        return dated

    def _change(self, plan: Plan, override: Component, wall: WallClock) -> DateChange | None:
        """Return the new values of the date that a component changes; None = canceled."""
        if is_canceled(override):
            return None
        start = self.zones.start_of(override)
        if start.is_day != plan.is_all_day:
            raise Invalid("Some of its dates last all day and others don't. Such a series can't be imported.")
        starts = wall.shows(start)
        change = DateChange(
            starts=starts,
            duration=self._length(override, start, starts, wall),
            title=text_of(override, "title") or None,
            place=text_of(override, "place"),
        )
        plan_rules.check_date_change(change, is_all_day=plan.is_all_day)
        return change

    def _named(self, stamps: Sequence[Stamp], wall: WallClock, known: set[datetime]) -> list[datetime]:
        """Return the named dates: by their start, or by their day, as some programs write them."""
        by_day = {start.date(): start for start in known}
        wanted = [by_day.get(stamp.local.date()) if stamp.is_day else wall.shows(stamp) for stamp in stamps]
        return [moment for moment in wanted if moment in known]

    def _length(self, component: Component, start: Stamp, starts: datetime, wall: WallClock) -> timedelta:
        """Return the length on the clocks of its zone; a day without an end is one day (RFC 5545 §3.6.1)."""
        if end := component.one("DTEND"):
            stamp = self.zones.stamp(end)
            if stamp.is_day != start.is_day:
                raise Invalid("Its start and end must both have times, or neither.")
            ends = wall.shows(stamp)
        elif duration := component.one("DURATION"):
            ends = wall.after(starts, span_of(duration.value))
        else:
            ends = starts + (A_DAY if start.is_day else timedelta(0))
        if ends == starts and start.is_day:
            ends = starts + A_DAY  # some programs repeat the day
        if ends == starts:
            raise Invalid("It ends when it starts. Give it a length.")
        return ends - starts


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
OWN_PROPERTIES = frozenset({"UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"})
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


def notes_of(component: Component, overrides: Sequence[Component]) -> list[str]:
    """Return what an event and the components that change its dates lose. Errors: Invalid for an unreadable line."""
    every = [component, *overrides]
    notes = []
    status = component.one("STATUS")
    if status and status.value.upper() not in STATUSES:
        notes.append(f"Its status “{status.value[:20]}” is read as confirmed.")
    is_free = any(line.upper().endswith(":TRANSPARENT") for line in component.lines.get("TRANSP", ()))
    if is_free and kind_of(component) is not Kind.DEADLINE:
        notes.append("The file shows its time as free. Here it counts as busy.")
    if others := {given.value for name in VIDEO for given in component.all(name)} - {video_link_of(component)}:
        ways = plural(len(others), "way to join online is", "ways to join online are")
        notes.append(f"{ways} left out: an event has one video link, which starts with https.")
    return [*_text_notes(component), *notes, *_people_notes(every), *_left_out(every)]


def notes_of_dates(
    dated: Sequence[tuple[datetime, Component]], master: Component, extra: Collection[datetime] = ()
) -> list[str]:
    """Return what the components that change dates of a series lose; each comes with the date's local start.

    `extra` are those that the series does not have.
    """
    notes = [
        f"{short_weekday_date(start)}: not a date of the series in the file; it is added." for start in sorted(extra)
    ]
    for start, component in dated:
        notes += [f"{short_weekday_date(start)}: {note}" for note in _date_notes(component, master)]
    counted = Counter(start for start, _ in dated)
    twice = [start for start, times in counted.items() if times > 1]
    return [
        *notes,
        *(f"{short_weekday_date(start)}: changed more than once; the last change counts." for start in twice),
    ]


def zone_note(component: Component, start: Stamp, home: str) -> str:
    """Return how the zone of an event is read where the file has none or another name; `home` is the task force's."""
    if start.is_day or start.is_utc:
        return ""
    if start.zone is None:
        return f"It has no time zone in the file. Its times are read as {zone_word(home)}."
    given = component.one("DTSTART")
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
            ("status", event_status_of(override) is not event_status_of(master)),
        )
        if is_other
    ]
    shared = [f"it has the {' and the '.join(lost)} of the series, not its own."] if lost else []
    return [*shared, *_text_notes(override, ("title", "place"))]


def _text_notes(component: Component, names: Iterable[str] = tuple(PROPERTIES)) -> list[str]:
    notes = []
    for name in names:
        whole, text_field = uncut(component, name), TEXTS[name]
        if len(whole) > text_field.longest:
            notes.append(
                f"{text_field.label}: cut after {text_field.longest:,} characters; the file has {len(whole):,}."
            )
        if _visible(whole) != _visible(component.text(PROPERTIES[name])):
            notes.append(f"{text_field.label}: characters that can't be shown are left out.")
    return notes


def _visible(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def _people_notes(every: Sequence[Component]) -> list[str]:
    # The address is what follows the last colon: a line that is otherwise odd must not stop the import.
    people = {
        line.rpartition(":")[2].strip().lower() for component in every for line in component.lines.get("ATTENDEE", ())
    }
    notes = []
    if any("ORGANIZER" in component.lines for component in every):
        notes.append("Its organizer in the file isn't kept: you're the organizer.")
    if people:
        notes.append(
            f"{plural(len(people), 'person in the file is', 'people in the file are')} not invited and not notified."
        )
    return notes


def _left_out(every: Sequence[Component]) -> list[str]:
    names = {name for component in every for name in component.lines if name} - KEPT - OWN_PROPERTIES - NOTED
    if all(name in KINDS for component in every for name in categories_of(component)):
        names -= {"CATEGORIES"}
    words = [WORDS[name] for name in sorted(names & set(WORDS))]
    if alarms := sum(component.parts["VALARM"] for component in every):
        words.insert(0, plural(alarms, "alarm"))
    if others := sorted(names - set(WORDS)):
        more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
        words.append(f"properties of other programs ({', '.join(name[:40] for name in others[:SHOWN])}{more})")
    return [f"Left out: {', '.join(words)}."] if words else []
