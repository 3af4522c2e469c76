"""The history of an event in words, and undoing a recent change: whether what it replaced can be put back.

The history says what each change did, and how much of it each reader sees. A change of time or place is confirmed by
people who replied, or kept their reply, since then. A change is undone by its rows, whatever it did: rows that it
changed or deleted are written back, and rows that it made are deleted. Rows are handled as text here, because only
their ids and whether they differ matter.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from tracker.errors import Gone
from tracker.rules.core.drafts import SentForm
from tracker.rules.core.wording import local, long_day, plural, short_date, short_day, time_span, zone_word
from tracker.rules.events.events import FIELDS, Event, Occurrence, dates_taking_place, field_values
from tracker.rules.events.plans import Plan, Slot, plan_of_event, slot_at
from tracker.rules.events.replies import Participant, ReplyValue
from tracker.rules.recurrence.series import dates_by_rule, pattern_and_hours
from tracker.rules.roster.meetings import ReminderPolicy

NONE_BEFORE = "none"


class HistoryVerb(StrEnum):
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


class ChangedField(StrEnum):
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
        return CHANGE_LABELS[self]


CHANGE_LABELS = {name: field_about.label for name, field_about in FIELDS.items()} | {
    ChangedField.WHEN: "Time",
    ChangedField.LAST: "Last date",
    ChangedField.NEXT: "First date of the new series",
    ChangedField.PEOPLE: "People",
    ChangedField.LEAD: "Organizer",
    ChangedField.REPLY: "Reply",
    ChangedField.FROM: "Starting",
    ChangedField.NOT_KEPT: "Not kept",
}
IN_WORDS = (ChangedField.PLACE, ChangedField.TITLE, ChangedField.STATUS)
"""Fields of an event whose earlier and new values the history shows; for others it says only that they changed."""
ON_THEIR_OWN = frozenset(
    {"starts", "duration", "zone", "is_all_day", "visibility", "committee_id", "marking", "reminders"}
)
"""Fields that the history describes in another way."""
EDITORS_ONLY = frozenset(
    {
        ChangedField.KIND,
        ChangedField.VISIBILITY,
        ChangedField.PEOPLE,
        ChangedField.REPLY,
        ChangedField.NOT_KEPT,
        ChangedField.REMINDERS,
    }
)
"""Not everyone who sees an event may see who is invited and who can see it; only who arranges it needs the rest."""


class FieldChange(Struct, frozen=True, kw_only=True):
    """One field before and after, in words; both are empty where only the fact of the change is shown."""

    field: ChangedField
    before: str = ""
    after: str = ""


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One change as it is read."""

    at: datetime
    verb: HistoryVerb
    date: Occurrence | None
    """None = the whole event."""
    changes: tuple[FieldChange, ...]
    reason: str = ""
    """Why, as the person who made the change said; also in the email about it."""
    actor: str | None
    """Name and agency; None for people who may not edit the event."""

    @property
    def is_onward(self) -> bool:
        """Return whether it changed this and following dates of the series, and not the ones before."""
        return any(change.field is ChangedField.FROM for change in self.changes)


def changes_of_event(
    event: Event, plan: Plan, invited: Iterable[UUID], *, splits: bool = False
) -> tuple[FieldChange, ...]:
    """Return what a plan changes about an event to which `invited` are invited so far.

    With `splits` the plan is the rest of a series, so the length of the two series is not reported.

    When the change adds people who can see the event, nothing else is recorded: what one group knew is not for the
    other.
    """
    if (event.visibility, event.committee_id) != (plan.visibility, plan.committee_id):
        return (FieldChange(field=ChangedField.VISIBILITY),)
    when = (_when(plan, with_end=not splits) for plan in (plan_of_event(event, {}), plan))
    fields, planned = field_values(event), field_values(replace(plan, title=plan.title.strip()))
    described = {*ON_THEIR_OWN, *IN_WORDS}
    markings = event.marking, plan.marking
    marked = (f"{marking.banner} until {short_date(marking.decontrol_on)}" if marking else "" for marking in markings)
    before, after = frozenset(invited) - {event.lead_id}, frozenset(plan.invitees) - {event.lead_id}
    people = list_changed_words(len(after - before), len(before - after))
    return _without_none(
        _change(ChangedField.WHEN, *when),
        *(_change(field, fields[field], planned[field]) for field in IN_WORDS),
        *reminder_changes(event.reminders, plan.reminders),
        *(_silent(ChangedField(name), fields[name], planned[name]) for name in FIELDS if name not in described),
        _change(ChangedField.MARKING, *marked) or _silent(ChangedField.MARKING, *markings),
        FieldChange(field=ChangedField.PEOPLE, after=people) if people else None,
    )


def reminder_changes(before: ReminderPolicy, after: ReminderPolicy) -> tuple[FieldChange, ...]:
    """Return the change of an event's reminders, in words; nothing when they are the same."""
    return _without_none(_change(ChangedField.REMINDERS, before.brief, after.brief))


def changes_of_date(
    occurrence: Occurrence, after: Slot, title: str, place: str, agenda: str
) -> tuple[FieldChange, ...]:
    """Return what a change does to one date."""
    event, before = occurrence.event, (occurrence.starts_at, occurrence.ends_at)
    return _without_none(
        _change(ChangedField.WHEN, _hours(before, event), _hours(after, event)) if after != before else None,
        _change(ChangedField.PLACE, occurrence.place, place),
        _change(ChangedField.TITLE, occurrence.title, title),
        _silent(ChangedField.AGENDA, occurrence.agenda, agenda),
    )


def changes_of_texts(shown: Plan, plan: Plan) -> tuple[FieldChange, ...]:
    """Return what a change of this and following dates does to the texts that dates may have of their own."""
    return _without_none(
        _change(ChangedField.PLACE, shown.place, plan.place),
        _change(ChangedField.TITLE, shown.title, plan.title.strip()),
        _silent(ChangedField.AGENDA, shown.agenda, plan.agenda),
    )


def last_date_change(left: Sequence[Occurrence]) -> tuple[FieldChange, ...]:
    """Return the last date that takes place of a series that was cut short; `left` are its dates, in order."""
    return tuple(_day_change(ChangedField.LAST, date) for date in dates_taking_place(left)[-1:])


def next_date_change(onward: Sequence[Occurrence]) -> tuple[FieldChange, ...]:
    """Return the date with which a series continues; `onward` are the dates of the new one, in order."""
    return tuple(_day_change(ChangedField.NEXT, date) for date in [date for date in onward if not date.is_off][:1])


def changes_from_date(first: Occurrence, changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """Return the changes to a series from one of its dates on."""
    return (_day_change(ChangedField.FROM, first), *changes)


def added_date_change(added: Occurrence) -> tuple[FieldChange, ...]:
    """Return the day and the hours of a date that was added to a series."""
    return (FieldChange(field=ChangedField.WHEN, after=_hours((added.starts_at, added.ends_at), added.event)),)


def readable_changes(changes: Iterable[FieldChange], *, may_edit: bool) -> tuple[FieldChange, ...]:
    """Return what a reader may see of a change."""
    return tuple(change for change in changes if may_edit or change.field not in EDITORS_ONLY)


def history_with_beginning(entries: Sequence[HistoryEntry], event: Event) -> tuple[HistoryEntry, ...]:
    """Return the history of an event, newest first, with how it began in its place.

    A series that continues another one began with that, and its dates may have older entries.
    """
    if any(entry.verb is HistoryVerb.CONTINUED for entry in entries):
        return tuple(entries)
    created = HistoryEntry(at=event.created_at, verb=HistoryVerb.CREATED, date=None, changes=(), actor=None)
    return tuple(sorted([*entries, created], key=lambda entry: entry.at, reverse=True))


def list_changed_words(added: int, removed: int) -> str:
    """Return how a list of people changed: "2 people added, 1 person removed", or nothing."""
    counted = (added, "added"), (removed, "removed")
    return ", ".join(f"{plural(count, 'person', 'people')} {deed}" for count, deed in counted if count)


def _day_change(field: ChangedField, date: Occurrence) -> FieldChange:
    return FieldChange(field=field, after=long_day(local(date.starts_at, date.event.zone)))


def _without_none(*changes: FieldChange | None) -> tuple[FieldChange, ...]:
    return tuple(change for change in changes if change)


def _change(field: ChangedField, before: str, after: str) -> FieldChange | None:
    if before == after:
        return None
    return FieldChange(field=field, before=before or NONE_BEFORE, after=after or NONE_BEFORE)


def _silent(field: ChangedField, before: object, after: object) -> FieldChange | None:
    return FieldChange(field=field) if before != after else None


def _when(plan: Plan, *, with_end: bool) -> str:
    """Return it in a form that fits "was … is now …"."""
    if plan.rule is None:
        return _hours(slot_at(plan.starts, plan.duration, plan.zone), plan)
    words = pattern_and_hours(plan.rule, plan.starts, plan.duration, plan.zone, is_all_day=plan.is_all_day)
    until = f", until {short_date(dates_by_rule(plan.rule, plan.starts)[-1])}" if with_end else ""
    return f"{words[0].lower()}{words[1:]}{until}"


def _hours(at: Slot, of: Event | Plan) -> str:
    starts, ends = (local(moment, of.zone) for moment in at)
    hours = time_span(starts, ends, of.is_all_day)
    return f"{short_day(starts)}, {hours}" if of.is_all_day else f"{short_day(starts)}, {hours} {zone_word(of.zone)}"


CONFIRMED_FIELDS = {ChangedField.WHEN: "time", ChangedField.PLACE: "place", ChangedField.VIDEO: "video link"}
"""Changes that need confirmation, in the order in which they are named; other changes need none."""

REPLY_SAID = {ReplyValue.ACCEPTED: "yes", ReplyValue.TENTATIVE: "maybe", ReplyValue.DECLINED: "no"}
NO_REPLY = "no reply"
"""What is said of a person whose recorded reply was undone."""


class ChangeConfirmations(Struct, frozen=True, kw_only=True):
    """The people asked to come to a date that changed after they were notified of it; without the organizer."""

    since: datetime
    """When it last changed."""
    what: str
    """"time", "time and place": what is new."""
    confirmed: tuple[Participant, ...]
    waiting: tuple[Participant, ...]
    substitutes: tuple[Participant, ...]
    """Those who are notified of the change. They have no reply of their own with which they could confirm it."""

    @property
    def asked(self) -> int:
        """Return how many people are asked to confirm."""
        return len(self.confirmed) + len(self.waiting)

    @property
    def waiting_by_agency(self) -> dict[str, list[str]]:
        """Return the names of those who have not confirmed, by agency, each with their earlier reply."""
        names: dict[str, list[str]] = {}
        for participant in self.waiting:
            said = participant.earlier or (None if participant.reply is ReplyValue.NEEDS_ACTION else participant.reply)
            names.setdefault(participant.agency, []).append(
                f"{participant.name} ({REPLY_SAID[said]} before)" if said else participant.name
            )
        return names


def last_change_of(occurrence: Occurrence, history: Iterable[HistoryEntry]) -> HistoryEntry | None:
    """Return the last change of time or place of a date, from its history, newest first; None when there was none."""
    return next((entry for entry in history if _affects_date(entry, occurrence)), None)


def confirmations_of(
    change: HistoryEntry, participants: Iterable[Participant], notified: Collection[UUID]
) -> ChangeConfirmations:
    """Return who has confirmed a change of time or place; `notified` are the members who get an email about it.

    A person who sends a substitute doesn't come, and isn't asked.
    """
    aware = [
        participant for participant in participants if participant.role.is_asked and participant.member_id in notified
    ]
    asked = [participant for participant in aware if not (participant.substitute or participant.substitutes_for)]
    confirmed, waiting = list[Participant](), list[Participant]()
    for person in asked:
        is_confirmed = has_confirmed(person.reply, person.responded_at, change.at)
        (confirmed if is_confirmed else waiting).append(person)
    changed = {change.field for change in change.changes}
    return ChangeConfirmations(
        since=change.at,
        what=" and ".join(word for field, word in CONFIRMED_FIELDS.items() if field in changed),
        confirmed=tuple(confirmed),
        waiting=tuple(waiting),
        substitutes=tuple(participant for participant in aware if participant.substitutes_for),
    )


def has_confirmed(reply: ReplyValue, responded_at: datetime | None, since: datetime) -> bool:
    """Return whether a reply counts and is later than `since`; `responded_at` is when the person last replied."""
    return reply is not ReplyValue.NEEDS_ACTION and responded_at is not None and responded_at > since


def _affects_date(entry: HistoryEntry, occurrence: Occurrence) -> bool:
    """Return whether a change affected when or where this date takes place.

    A change to the whole event, or from one of its dates on, affects the dates that it touched; one that only extended
    the series did not.
    """
    fields = {change.field for change in entry.changes}
    if entry.verb is not HistoryVerb.CHANGED or fields.isdisjoint(CONFIRMED_FIELDS):
        return False
    is_touched = entry.date is not None or occurrence.changed_at >= entry.at
    is_of_all = ChangedField.FROM not in fields and not fields.isdisjoint((ChangedField.PLACE, ChangedField.VIDEO))
    return is_touched or is_of_all


UNDO_FOR = timedelta(seconds=20)
"""How long a change can be undone; messages about the event wait for it, edits longer (`outbox`).

Reminders and thank-yous that someone sends by hand wait as long, so that they can undo that.
"""
TOO_LATE_TO_UNDO = "It’s too late to undo this because 20 seconds have passed. You can still change or cancel it."
MEANWHILE = "Nothing was undone because someone has changed it or replied since. You can still change it."
NOTIFIED = "Nothing was undone because an email about it may have been sent. You can still change it."
StoredRows = NewType("StoredRows", str)
"""JSON of the rows that hang on some events: by table, then by id."""
StoredRow = dict[str, Any]
StoredTables = dict[str, dict[UUID, StoredRow]]


class UndoableDeed(StrEnum):
    """A change that can be undone."""

    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    CHANGED = "changed"


class UndoReach(msgspec.Struct, frozen=True, kw_only=True):
    """What a change may write: only this is read for undo. Without limits, the whole event except its records.

    Records are replies, history and copies on paper; there may be thousands, so those that stay are not read.
    """

    dates: tuple[UUID, ...] | None = None
    """The only dates that it changes, and none of the people or of who can see it; None = all dates, and those."""
    lost: tuple[UUID, ...] = ()
    """Dates that it may delete or move to another event, with their records."""


WHOLE_EVENT = UndoReach()


class ReplacedRows(msgspec.Struct, frozen=True, kw_only=True):
    """What a change replaced, and how it left the events."""

    deed: UndoableDeed
    reach: UndoReach = WHOLE_EVENT
    before: msgspec.Raw = msgspec.Raw(b"{}")
    """The rows within its reach, as they were."""
    last_numbers: Mapping[UUID, int] = field(default_factory=dict)
    """By invitation, the number of the last reply that isn't about a lost date; the change made those after it."""
    superseded: tuple[UUID, ...] = ()
    """The waiting messages that it superseded."""
    made: tuple[UUID, ...]
    """The events that it made; they are deleted with all that hangs on them."""
    left: str
    """The fingerprint of the events after the change."""
    form: SentForm | None = None
    """The form that a new event was made from; its person gets it back as a draft."""


class UndoneChange(msgspec.Struct, frozen=True, kw_only=True):
    """What was undone."""

    deed: UndoableDeed
    form_page: str = ""
    """The address of the form that is back as a draft, if one is."""
    is_form_lost: bool = False
    """Whether the form of a new event could not be put back; another draft may be there by now."""


def check_undo_open(done_at: datetime, now: datetime) -> None:
    """Check that a change is recent enough to be undone. Errors: Gone."""
    if now - done_at >= UNDO_FOR:
        raise Gone(TOO_LATE_TO_UNDO)


def fingerprint_of(state: Sequence[object]) -> str:
    """Return a text that differs when another person has changed the events, or replied."""
    return hashlib.sha256(msgspec.json.encode(state)).hexdigest()


def tables_of(stored: StoredRows | msgspec.Raw) -> StoredTables:
    """Return the rows by table and id; values are as JSON has them."""
    return msgspec.json.decode(stored, type=StoredTables)


def replaced_rows(before: Mapping[UUID, StoredRow], present: Mapping[UUID, StoredRow]) -> list[StoredRow]:
    """Return the rows of a table that a change altered or deleted, as they were."""
    return [row for row_id, row in before.items() if present.get(row_id) != row]


def renumber_row(before: StoredRow, present: StoredRow | None, now: datetime) -> StoredRow:
    """Return an earlier row of an event or date as a new version, because feeds may have shown the changed one.

    Its SEQUENCE rises as it did with the change, and its time of change is `now` if the change set it. `present` is the
    row as the change left it; None if it was deleted.
    """
    if present is None:
        return before | {"version": before["version"] + 1, "sequence": before["sequence"] + 1, "changed_at": now}
    has_risen = before["sequence"] != present["sequence"]
    return before | {
        "version": present["version"] + 1,
        "sequence": max(before["sequence"], present["sequence"]) + has_risen,
        "changed_at": now if before["changed_at"] != present["changed_at"] else before["changed_at"],
    }
