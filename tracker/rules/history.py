"""The history of an event in words: what a change did, and who reads how much of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tracker.rules.meetings import Event, Occurrence
from tracker.rules.planning import Plan, Slot, rule_of
from tracker.rules.recurrence_words import sentence
from tracker.rules.wall_clock import zone_word
from tracker.rules.wording import day, local, plural, span

NOTHING = "none"


class Verb(StrEnum):
    """What was done."""

    SENT = "sent"
    """A draft was sent."""
    CHANGED = "changed"
    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    DATE_ADDED = "date_added"
    """A series got a date beside its rule."""
    ENDED = "ended"
    """A series ended before its last date; another one may go on."""
    CONTINUED = "continued"
    """It goes on from another series."""


class Field(StrEnum):
    """What can change."""

    WHEN = "when"
    PLACE = "place"
    TITLE = "title"
    STATUS = "status"
    VIDEO = "video"
    AGENDA = "agenda"
    DESCRIPTION = "description"
    KIND = "kind"
    VISIBILITY = "visibility"
    PEOPLE = "people"
    LEAD = "lead"


EDITORS_ONLY = frozenset({Field.KIND, Field.VISIBILITY, Field.PEOPLE})
"""Who is invited and who may see an event is not told to everybody who sees it."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field before and after, in words; both empty where it is only told that it changed."""

    field: Field
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One deed as it is read."""

    at: datetime
    verb: Verb
    date: Occurrence | None
    """None = the whole event."""
    changes: tuple[Change, ...]
    actor: str | None
    """Name and agency; None for whoever may not edit the event."""


def changes_of(event: Event, plan: Plan, invited: Iterable[UUID]) -> tuple[Change, ...]:
    """Return what a plan changes about an event to which `invited` are asked so far.

    When other people may see it from now on, nothing else is told: what one circle knew is not for the other.
    """
    if (event.visibility, event.body_id) != (plan.visibility, plan.body_id):
        return (Change(field=Field.VISIBILITY),)
    found = (
        _change(Field.WHEN, _when(event), _when_planned(plan)),
        _change(Field.PLACE, event.place, plan.place),
        _change(Field.TITLE, event.title, plan.title.strip()),
        _change(Field.STATUS, event.status, plan.status),
        _silent(Field.VIDEO, event.video_link, plan.video_link),
        _silent(Field.AGENDA, event.agenda, plan.agenda),
        _silent(Field.DESCRIPTION, event.description, plan.description),
        _silent(Field.KIND, event.kind, plan.kind),
        _people(frozenset(invited) - {event.lead_id}, frozenset(plan.invitees) - {event.lead_id}),
    )
    return tuple(one for one in found if one)


def changes_of_date(occurrence: Occurrence, slot: Slot, title: str, place: str, agenda: str) -> tuple[Change, ...]:
    """Return what a change does to one date."""
    event = occurrence.event
    before = (occurrence.starts_at, occurrence.ends_at)
    found = (
        _change(Field.WHEN, *(_hours(one, event) for one in (before, slot))) if slot != before else None,
        _change(Field.PLACE, occurrence.place, place),
        _change(Field.TITLE, occurrence.title, title),
        _silent(Field.AGENDA, occurrence.agenda, agenda),
    )
    return tuple(one for one in found if one)


def readable(changes: Iterable[Change], *, may_edit: bool) -> tuple[Change, ...]:
    """Return what a reader is told of a deed."""
    return tuple(one for one in changes if may_edit or one.field not in EDITORS_ONLY)


def _change(field: Field, before: str, after: str) -> Change | None:
    return Change(field=field, before=before or NOTHING, after=after or NOTHING) if before != after else None


def _silent(field: Field, before: object, after: object) -> Change | None:
    return Change(field=field) if before != after else None


def _people(before: frozenset[UUID], after: frozenset[UUID]) -> Change | None:
    added, gone = len(after - before), len(before - after)
    words = [
        f"{plural(count, 'person', 'people')} {deed}" for count, deed in ((added, "added"), (gone, "removed")) if count
    ]
    return Change(field=Field.PEOPLE, after=", ".join(words)) if words else None


def _when(event: Event) -> str:
    return sentence(rule_of(event), event.starts, event.duration, event.zone, is_all_day=event.is_all_day).rstrip(".")


def _when_planned(plan: Plan) -> str:
    return sentence(plan.rule, plan.starts, plan.duration, plan.zone, is_all_day=plan.is_all_day).rstrip(".")


def _hours(slot: Slot, event: Event) -> str:
    starts, ends = (local(one, event.zone) for one in slot)
    hours = span(starts, ends, event.is_all_day)
    return f"{day(starts)}, {hours}" if event.is_all_day else f"{day(starts)}, {hours} {zone_word(event.zone)}"
