"""The history of an event in words: what each change did, and how much of it each reader sees."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.wording import local, long_day, plural, short_date, short_day, time_span, zone_word
from tracker.rules.events.event import Event, Occurrence, taking_place
from tracker.rules.events.event_fields import FIELDS, values_of
from tracker.rules.events.kept_dates import Details
from tracker.rules.events.plan import Plan, Slot, plan_of, slot
from tracker.rules.recurrence import dates
from tracker.rules.recurrence.words import pattern_and_hours
from tracker.rules.roster.reminder_policies import ReminderPolicy

NOTHING = "none"


class Verb(StrEnum):
    """The action of an entry."""

    SENT = "sent"
    """A draft was sent."""
    CHANGED = "changed"
    CANCELED = "canceled"
    RESTORED = "restored"
    DATE_ADDED = "date_added"
    """A date outside its rule was added to a series."""
    ENDED = "ended"
    """A series ended before its last date."""
    WENT_ON = "went_on"
    """A series ended before its last date, and another one continues it."""
    CONTINUED = "continued"
    """It continues another series."""
    CREATED = "created"
    """The event was made; read from the event, not stored here."""
    REPLY_RECORDED = "reply_recorded"
    """A reply was recorded on a person's behalf; read from the replies, not stored here."""


class Field(StrEnum):
    """A field that can change."""

    WHEN = "when"
    LAST = "last"
    """The last remaining date of a series."""
    NEXT = "next"
    """The first date of the series that continues."""
    PLACE = "place"
    TITLE = "title"
    STATUS = "status"
    VIDEO = "video_link"
    AGENDA = "agenda"
    DESCRIPTION = "description"
    KIND = "kind"
    VISIBILITY = "visibility"
    PEOPLE = "people"
    LEAD = "lead"
    MARKING = "marking"
    REMINDERS = "reminders"
    REPLY = "reply"
    FROM = "from"
    """The first date of a series that changed, when those before it did not."""
    NOT_KEPT = "not_kept"
    """A date whose own details the change could not keep."""

    @property
    def label(self) -> str:
        """Return its label."""
        return LABELS[self]


LABELS = {name: about.label for name, about in FIELDS.items()} | {
    Field.WHEN: "Time",
    Field.LAST: "Last date",
    Field.NEXT: "First date of the new series",
    Field.PEOPLE: "People",
    Field.LEAD: "Organizer",
    Field.REPLY: "Reply",
    Field.FROM: "Starting",
    Field.NOT_KEPT: "Not kept",
}
IN_WORDS = (Field.PLACE, Field.TITLE, Field.STATUS)
"""Fields of an event whose earlier and new values the history shows; for others it says only that they changed."""
ON_THEIR_OWN = frozenset(
    {"starts", "duration", "zone", "is_all_day", "visibility", "committee_id", "marking", "reminders"}
)
"""Fields that the history describes in another way."""
EDITORS_ONLY = frozenset({Field.KIND, Field.VISIBILITY, Field.PEOPLE, Field.REPLY, Field.NOT_KEPT, Field.REMINDERS})
"""Not everyone who sees an event may see who is invited and who can see it; only who arranges it needs the rest."""


class Change(Struct, frozen=True, kw_only=True):
    """One field before and after, in words; both are empty where only the fact of the change is shown."""

    field: Field
    before: str = ""
    after: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """One change as it is read."""

    at: datetime
    verb: Verb
    date: Occurrence | None
    """None = the whole event."""
    changes: tuple[Change, ...]
    reason: str = ""
    """Why, as the person who made the change said; also in the email about it."""
    actor: str | None
    """Name and agency; None for people who may not edit the event."""

    @property
    def is_onward(self) -> bool:
        """Return whether it changed this and following dates of the series, and not the ones before."""
        return any(one.field is Field.FROM for one in self.changes)


def changes_of(event: Event, plan: Plan, invited: Iterable[UUID], *, splits: bool = False) -> tuple[Change, ...]:
    """Return what a plan changes about an event to which `invited` are invited so far.

    With `splits` the plan is the rest of a series, so the length of the two series is not reported.

    When the change adds people who can see the event, nothing else is recorded: what one group knew is not for the
    other.
    """
    if (event.visibility, event.committee_id) != (plan.visibility, plan.committee_id):
        return (Change(field=Field.VISIBILITY),)
    when = (_when(one, with_end=not splits) for one in (plan_of(event, {}), plan))
    found = (
        _change(Field.WHEN, *when),
        *_of_fields(event, replace(plan, title=plan.title.strip())),
        _marking(event, plan),
        _people(frozenset(invited) - {event.lead_id}, frozenset(plan.invitees) - {event.lead_id}),
    )
    return tuple(one for one in found if one)


def reminders_changed(before: ReminderPolicy, after: ReminderPolicy) -> tuple[Change, ...]:
    """Return the change of an event's reminders, in words; nothing when they are the same."""
    found = _change(Field.REMINDERS, before.brief, after.brief)
    return (found,) if found else ()


def changes_of_date(occurrence: Occurrence, after: Slot, title: str, place: str, agenda: str) -> tuple[Change, ...]:
    """Return what a change does to one date."""
    event = occurrence.event
    before = (occurrence.starts_at, occurrence.ends_at)
    found = (
        _change(Field.WHEN, *(_hours(one, event) for one in (before, after))) if after != before else None,
        _change(Field.PLACE, occurrence.place, place),
        _change(Field.TITLE, occurrence.title, title),
        _silent(Field.AGENDA, occurrence.agenda, agenda),
    )
    return tuple(one for one in found if one)


def changes_of_texts(shown: Plan, plan: Plan) -> tuple[Change, ...]:
    """Return what a change of this and following dates does to the texts that dates may have of their own."""
    found = (
        _change(Field.PLACE, shown.place, plan.place),
        _change(Field.TITLE, shown.title, plan.title.strip()),
        _silent(Field.AGENDA, shown.agenda, plan.agenda),
    )
    return tuple(one for one in found if one)


def last_date(left: Sequence[Occurrence]) -> tuple[Change, ...]:
    """Return the last date that takes place of a series that was cut short; `left` are its dates, in order."""
    return _on(Field.LAST, taking_place(left)[-1:])


def next_date(onward: Sequence[Occurrence]) -> tuple[Change, ...]:
    """Return the date with which a series continues; `onward` are the dates of the new one, in order."""
    return _on(Field.NEXT, [one for one in onward if not one.is_off][:1])


def from_date(first: Occurrence, changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes to a series from one of its dates on."""
    return (*_on(Field.FROM, [first]), *changes)


def added_date(added: Occurrence) -> tuple[Change, ...]:
    """Return the day and the hours of a date that was added to a series."""
    return (Change(field=Field.WHEN, after=_hours((added.starts_at, added.ends_at), added.event)),)


def not_kept(lost: Iterable[Details]) -> tuple[Change, ...]:
    """Return what a change could not keep, date by date."""
    return tuple(Change(field=Field.NOT_KEPT, after=one.words) for one in lost)


def readable(changes: Iterable[Change], *, may_edit: bool) -> tuple[Change, ...]:
    """Return what a reader may see of a change."""
    return tuple(one for one in changes if may_edit or one.field not in EDITORS_ONLY)


def with_beginning(entries: Sequence[Entry], event: Event) -> tuple[Entry, ...]:
    """Return the history of an event, newest first, with how it began in its place.

    A series that continues another one began with that, and its dates may have older entries.
    """
    if any(one.verb is Verb.CONTINUED for one in entries):
        return tuple(entries)
    created = Entry(at=event.created_at, verb=Verb.CREATED, date=None, changes=(), actor=None)
    return tuple(sorted([*entries, created], key=lambda one: one.at, reverse=True))


def people_words(added: int, removed: int) -> str:
    """Return how a list of people changed: "2 people added, 1 person removed", or nothing."""
    counted = (added, "added"), (removed, "removed")
    return ", ".join(f"{plural(count, 'person', 'people')} {deed}" for count, deed in counted if count)


def _on(field: Field, found: Sequence[Occurrence]) -> tuple[Change, ...]:
    return tuple(Change(field=field, after=long_day(local(one.starts_at, one.event.zone))) for one in found)


def _change(field: Field, before: str, after: str) -> Change | None:
    return Change(field=field, before=before or NOTHING, after=after or NOTHING) if before != after else None


def _silent(field: Field, before: object, after: object) -> Change | None:
    return Change(field=field) if before != after else None


def _of_fields(event: Event, plan: Plan) -> Iterator[Change | None]:
    """Yield the changes to the fields of the list, first those that are shown in words."""
    before, after = values_of(event), values_of(plan)
    for field in IN_WORDS:
        yield _change(field, before[field], after[field])
    yield from reminders_changed(event.reminders, plan.reminders)
    for name in FIELDS:
        if name not in ON_THEIR_OWN and name not in IN_WORDS:
            yield _silent(Field(name), before[name], after[name])


def _marking(event: Event, plan: Plan) -> Change | None:
    both = event.marking, plan.marking
    before, after = (f"{one.banner} until {short_date(one.decontrol_on)}" if one else "" for one in both)
    return _change(Field.MARKING, before, after) or _silent(Field.MARKING, *both)


def _people(before: frozenset[UUID], after: frozenset[UUID]) -> Change | None:
    words = people_words(len(after - before), len(before - after))
    return Change(field=Field.PEOPLE, after=words) if words else None


def _when(plan: Plan, *, with_end: bool) -> str:
    """Return it in a form that fits "was … is now …"."""
    if plan.rule is None:
        return _hours(slot(plan.starts, plan.duration, plan.zone), plan)
    words = pattern_and_hours(plan.rule, plan.starts, plan.duration, plan.zone, is_all_day=plan.is_all_day)
    until = f", until {short_date(dates(plan.rule, plan.starts)[-1])}" if with_end else ""
    return f"{words[0].lower()}{words[1:]}{until}"


def _hours(at: Slot, of: Event | Plan) -> str:
    starts, ends = (local(one, of.zone) for one in at)
    hours = time_span(starts, ends, of.is_all_day)
    return f"{short_day(starts)}, {hours}" if of.is_all_day else f"{short_day(starts)}, {hours} {zone_word(of.zone)}"
