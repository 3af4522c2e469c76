"""Answers: which one counts, and what a change asks again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import EventStatus, Occurrence, may_edit
from tracker.rules.recurrence.holidays import working_day_by

ON_BEHALF = "on_behalf"
"""Source of an answer that somebody else entered."""
REPLY_BEFORE, REPLY_HOUR = timedelta(days=2), time(17)
"""Replies are asked for by 5 PM two days before, or on the last working day before that."""


class AnswerValue(StrEnum):
    """PARTSTAT of a person, in iCalendar's words (RFC 5545 §3.2.12)."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class AttendeeRole(StrEnum):
    """ROLE of a person (RFC 5545 §3.2.16)."""

    CHAIR = "chair"
    REQUIRED = "required"
    OPTIONAL = "optional"


class Given(NamedTuple):
    """What somebody says: whether they come, in which words, and who comes in their place if they do not."""

    value: AnswerValue
    comment: str = ""
    stand_in_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer as it was given; `occurrence_id` None means the whole series."""

    occurrence_id: UUID | None
    value: AnswerValue
    comment: str
    source: str
    sequence: int
    answered_at: datetime
    entered_by: str = ""
    """Name and agency of whoever answered for the person; empty where they did so themselves."""
    stand_in_id: UUID | None = None
    stand_in: str = ""
    """Who comes in the person's place, with the agency."""


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A person invited to a date, with the answer that counts for it."""

    invitation_id: UUID
    member_id: UUID
    name: str
    agency_id: UUID
    agency: str
    arm: Arm
    role: AttendeeRole
    answer: AnswerValue
    comment: str
    source: str
    answered_at: datetime | None
    entered_by: str = ""
    stand_in: str = ""
    """As in the answer that counts."""
    stands_in_for: str = ""
    """In whose place they come, with the agency: they were not asked themselves."""
    earlier: AnswerValue | None = None
    """What they had answered before they were asked again, where that does not count any more."""
    heard_at: datetime | None = None
    """When an answer for the date or the series was last given, by themselves or for them."""


def reply_by(starts: datetime, now: datetime) -> datetime | None:
    """Return until when replies are asked for: 5 PM of a working day, two days before a date or earlier.

    None when that is over. Both moments are on the wall clock of the event.
    """
    day = working_day_by((starts - REPLY_BEFORE).date())
    by = datetime.combine(day, REPLY_HOUR, starts.tzinfo)
    return by if by > now else None


def effective(answers: Iterable[Answer], occurrence_id: UUID | None) -> Answer | None:
    """Return the answer that counts for a date: the newest for the date, else the newest for the series."""
    known = sorted(answers, key=lambda answer: (answer.answered_at, answer.sequence), reverse=True)
    for_date = next((one for one in known if one.occurrence_id == occurrence_id and occurrence_id is not None), None)
    return for_date or next((one for one in known if one.occurrence_id is None), None)


def heard_at(answers: Iterable[Answer], occurrence_id: UUID) -> datetime | None:
    """Return when somebody last answered for a date or the series; that they were asked again is no answer."""
    given = [
        one.answered_at
        for one in answers
        if one.value is not AnswerValue.NEEDS_ACTION and one.occurrence_id in (None, occurrence_id)
    ]
    return max(given, default=None)


def earlier(answers: Iterable[Answer], occurrence_id: UUID) -> AnswerValue | None:
    """Return what somebody answered for a date before they were asked again; None when nothing, or it still counts."""
    known = [one for one in answers if one.occurrence_id in (None, occurrence_id)]
    counts = effective(known, occurrence_id)
    if counts is None or counts.value is not AnswerValue.NEEDS_ACTION:
        return None
    given = [one for one in known if one.value is not AnswerValue.NEEDS_ACTION]
    newest = max(given, key=lambda one: one.answered_at, default=None)
    return newest.value if newest else None


def answerable(
    viewer: Viewer, occurrence: Occurrence, named: Iterable[Participant], now: datetime
) -> list[Participant]:
    """Return for whom the viewer may record an answer, of those whom they read by name: who edits, for anybody else."""
    is_open = occurrence.ends_at > now and not occurrence.is_off and occurrence.event.status is not EventStatus.DRAFT
    if not (may_edit(viewer, occurrence.event) and is_open and occurrence.event.kind.asks_reply):
        return []
    return [one for one in named if one.member_id != viewer.member_id and not one.stands_in_for]
