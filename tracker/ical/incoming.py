"""Reads another program's calendar file into plans of events; each row that can't be imported has its reason.

Alarms, attachments and people of the file are not imported: reminders are the product's own, and no one is invited.
What an event loses, or has otherwise than in the file, its notes say (`foreign_notes`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain

from msgspec.structs import replace

from tracker.errors import Invalid
from tracker.ical.components import LARGEST, MOST, Component, components
from tracker.ical.foreign_notes import clock_note, notes_of, notes_of_dates, zone_note
from tracker.ical.foreign_parts import (
    is_canceled,
    is_private,
    kind_of,
    notes_on,
    passed_over,
    span_of,
    status_of,
    text_of,
    utc_note,
    video_link_of,
)
from tracker.ical.foreign_rules import rule_from
from tracker.ical.foreign_times import Stamp, WallClock, Zones, clock_of, zones_of
from tracker.rules.core.audiences import Visibility
from tracker.rules.core.wall_clock import to_local
from tracker.rules.events import plan as plan_rules
from tracker.rules.events.calendar_import import MOST_DATES, CalendarFile, Incoming, Limits, Outcome, Row, check_size
from tracker.rules.events.plan import DateChange, Plan
from tracker.rules.recurrence import Rule, check_number

A_DAY = timedelta(days=1)
USUAL = Limits(size=LARGEST, events=MOST, dates=MOST_DATES, seconds=10.0)
Progress = Callable[[int, int], None]
"""Gets how many events of how many were read."""


def read(
    content: bytes, now: datetime, home: str, limits: Limits = USUAL, progress: Progress = lambda _done, _of: None
) -> CalendarFile:
    """Return the content of a file; `home` is the task force's zone, `now` limits a series without an end.

    Reading stops at the first event that exceeds the limits.
    Errors: Invalid and TooLarge when the file as a whole can't be imported.
    """
    found = components(content, limits.events, limits.size)
    if not found.events:
        raise Invalid("The file has no events.")
    reader = _Reader(zones_of(found.zones, home), now)
    groups = _groups(found.events)
    for number, (master, overrides) in enumerate(groups, start=1):
        reader.take(master, overrides)
        check_size(reader.dates, limits)
        progress(number, len(groups))
    rest = sorted(reader.rest, key=lambda one: one.row)
    return CalendarFile(events=reader.events, rest=rest, notes=notes_on(found))


def _groups(events: Sequence[Component]) -> list[tuple[Component, list[Component]]]:
    """Return each event with the components that change its dates; one whose event is missing forms its own group."""
    masters = {_uid(one): one for one in reversed(events) if "RECURRENCE-ID" not in one.lines}
    changes: dict[str, list[Component]] = {uid: [] for uid in masters}
    groups = []
    for one in events:
        uid = _uid(one)
        if "RECURRENCE-ID" in one.lines and uid in masters:
            changes[uid].append(one)
        else:
            groups.append((one, changes[uid] if masters.get(uid) is one else []))
    return groups


def _uid(one: Component) -> str:
    """Return the UID; for an event without one, as old programs write, a hash of its lines."""
    line = next(iter(one.lines.get("UID", ())), "")
    named = line.partition(":")[2].strip()
    return named or sha256("\n".join(sorted(chain(*one.lines.values()))).encode()).hexdigest()


class _Reader:
    """Reads the events of one file."""

    def __init__(self, zones: Zones, now: datetime) -> None:
        self.zones = zones
        self.today = to_local(now, zones.home).date()
        self.events: list[Incoming] = []
        self.rest: list[Row] = []
        self.dates = 0  # of all events so far
        self._seen: set[str] = set()

    def take(self, one: Component, overrides: Sequence[Component]) -> None:
        """Read one event, or record why it is not imported."""
        title = "(no title)"
        try:
            title = text_of(one, "title") or title
            if reason := passed_over(one):
                self.rest.append(Row(row=one.row, title=title, outcome=Outcome.LEFT_OUT, sentence=reason))
                return
            self.events.append(self._event(one, overrides))
            self.dates += len(self.events[-1].slots)
        except Invalid as wrong:
            self.rest.append(Row(row=one.row, title=title, outcome=Outcome.REFUSED, sentence=wrong.sentence))

    def _event(self, one: Component, overrides: Sequence[Component]) -> Incoming:
        uid = _uid(one) + "".join(line for line in one.lines.get("RECURRENCE-ID", ()))
        if uid in self._seen:
            raise Invalid("The file has this event twice.")
        self._seen.add(uid)
        is_series = bool(one.lines.get("RRULE"))
        if one.lines.get("RDATE") and not is_series:
            raise Invalid("It has extra dates, but no repeat rule.")
        start = self._start(one)
        wall = clock_of(start, self.zones.home, is_series=is_series)
        starts = wall.shows(start)
        rule, rule_note = self._rule(one, starts, wall) if is_series else (None, "")
        plan = Plan(
            kind=kind_of(one),
            visibility=Visibility.ALL,
            status=status_of(one),
            starts=starts,
            duration=self._length(one, start, starts, wall),
            zone=wall.zone,
            is_all_day=start.is_day,
            rule=rule,
            title=text_of(one, "title"),
            place=text_of(one, "place"),
            description=text_of(one, "description"),
            video_link=video_link_of(one),
        )
        plan_rules.check(plan)
        notes = [rule_note, zone_note(one, start, self.zones.home), *notes_of(one, overrides)]
        if is_series and start.is_utc:
            notes.append(utc_note(starts, wall.zone))
        bare = Incoming(row=one.row, uid=uid, plan=plan, notes=tuple(filter(None, notes)))
        return self._with_dates(bare, one, overrides, wall)

    def _with_dates(self, bare: Incoming, one: Component, overrides: Sequence[Component], wall: WallClock) -> Incoming:
        slots = plan_rules.slots(bare.plan)
        by_rule = {start for start, _ in slots}
        left_out, added = self._beside(one, bare.plan, wall, by_rule)
        dated = self._dated(overrides, bare.plan, wall, by_rule | added, left_out)
        extra = {start for start, _ in dated} - by_rule - added
        added |= extra
        hidden = {start for start, override in dated if is_private(override)}
        known = (by_rule - left_out | added) - hidden
        if not known:
            raise Invalid("All of its dates are left out.")
        check_number(len(known))
        changes = {start: self._change(bare.plan, override, wall) for start, override in dated if start in known}
        if all(changes.get(start, bare) is None for start in known):
            raise Invalid("All of its dates are canceled.")
        return replace(
            bare,
            left_out=frozenset(left_out | hidden),
            added=tuple(sorted(added - hidden)),
            changes=changes,
            notes=tuple(filter(None, (*bare.notes, clock_note(slots), *notes_of_dates(dated, one, extra)))),
        )

    def _beside(
        self, one: Component, plan: Plan, wall: WallClock, by_rule: set[datetime]
    ) -> tuple[set[datetime], set[datetime]]:
        """Return which dates of the rule are left out, and which others there are; EXDATE is stronger than RDATE."""
        stamps = self.zones.stamps(one.all("RDATE"))
        if any(stamp.is_day != plan.is_all_day for stamp in stamps):
            raise Invalid("Extra dates must be like the others: all with times, or all without.")
        extra = {wall.shows(stamp) for stamp in stamps}
        left_out = set(self._named(self.zones.stamps(one.all("EXDATE")), wall, by_rule | extra))
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
            found = self._named([stamp], wall, known - left_out)
            if not found and is_canceled(override):
                continue
            is_extra = plan.rule is not None and stamp.is_day == plan.is_all_day and wall.shows(stamp) not in left_out
            if not found and not is_extra:
                raise Invalid(f"“{named.value[:40]}” is changed, but it isn't a date of this series.")
            dated.append((found[0] if found else wall.shows(stamp), override))
        return dated

    def _change(self, plan: Plan, override: Component, wall: WallClock) -> DateChange | None:
        """Return the new values of the date that a component changes; None = canceled."""
        if is_canceled(override):
            return None
        start = self._start(override)
        if start.is_day != plan.is_all_day:
            raise Invalid("Some of its dates last all day and others don't. Such a series can't be imported.")
        starts = wall.shows(start)
        change = DateChange(
            starts=starts,
            duration=self._length(override, start, starts, wall),
            title=text_of(override, "title") or None,
            place=text_of(override, "place"),
        )
        plan_rules.check_change(change, is_all_day=plan.is_all_day)
        return change

    def _named(self, stamps: Sequence[Stamp], wall: WallClock, known: set[datetime]) -> list[datetime]:
        """Return the named dates: by their start, or by their day, as some programs write them."""
        by_day = {start.date(): start for start in known}
        wanted = [by_day.get(one.local.date()) if one.is_day else wall.shows(one) for one in stamps]
        return [one for one in wanted if one in known]

    def _start(self, one: Component) -> Stamp:
        given = one.one("DTSTART")
        if given is None:
            raise Invalid("It has no start.")
        return self.zones.stamp(given)

    def _length(self, one: Component, start: Stamp, starts: datetime, wall: WallClock) -> timedelta:
        """Return the length on the clocks of its zone; a day without an end is one day (RFC 5545 §3.6.1)."""
        if end := one.one("DTEND"):
            stamp = self.zones.stamp(end)
            if stamp.is_day != start.is_day:
                raise Invalid("Its start and end must both have times, or neither.")
            ends = wall.shows(stamp)
        elif duration := one.one("DURATION"):
            ends = wall.after(starts, span_of(duration.value))
        else:
            ends = starts + (A_DAY if start.is_day else timedelta(0))
        if ends == starts and start.is_day:
            ends = starts + A_DAY  # some programs repeat the day
        if ends == starts:
            raise Invalid("It ends when it starts. Give it a length.")
        return ends - starts

    def _rule(self, one: Component, starts: datetime, wall: WallClock) -> tuple[Rule, str]:
        if len(one.lines["RRULE"]) > 1 or "EXRULE" in one.lines:
            raise Invalid("It has more than one repeat rule. Export it as separate series.")
        [given] = one.all("RRULE")
        return rule_from(given.value, starts, wall, self.zones, self.today)
