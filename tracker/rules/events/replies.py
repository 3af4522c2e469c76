"""Replies: which one counts, and what a change asks again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from tracker.rules.core.audiences import Arm
from tracker.rules.core.viewer import Viewer
from tracker.rules.events.event import EventStatus, Occurrence, may_edit
from tracker.rules.recurrence.holidays import working_day_by

LONGEST_COMMENT = 1_000  # characters
ON_BEHALF = "on_behalf"
"""Source of a reply that somebody else entered."""
REPLY_BEFORE, REPLY_HOUR = timedelta(days=2), time(17)
"""Replies are asked for by 5 PM two days before, or on the last working day before that."""


class ReplyValue(StrEnum):
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

    value: ReplyValue
    comment: str = ""
    substitute_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One reply as it was given; `occurrence_id` None means the whole series."""

    occurrence_id: UUID | None
    value: ReplyValue
    comment: str
    source: str
    sequence: int
    replied_at: datetime
    entered_by: str = ""
    """Name and agency of whoever replied for the person; empty where they did so themselves."""
    substitute_id: UUID | None = None
    substitute: str = ""
    """Who comes in the person's place, with the agency."""


class Dated(Protocol):
    """What tells which of several replies counts."""

    @property
    def occurrence_id(self) -> UUID | None:
        """Return the date that was replied; None = the whole series."""

    @property
    def sequence(self) -> int:
        """Return the SEQUENCE that was replied."""

    @property
    def replied_at(self) -> datetime:
        """Return when it was replied."""


AnyReply = TypeVar("AnyReply", bound=Dated)


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A person invited to a date, with the reply that counts for it."""

    invitation_id: UUID
    member_id: UUID
    name: str
    agency_id: UUID
    agency: str
    arm: Arm
    role: AttendeeRole
    reply: ReplyValue
    comment: str
    source: str
    replied_at: datetime | None
    entered_by: str = ""
    substitute: str = ""
    """As in the reply that counts."""
    substitutes_for: str = ""
    """In whose place they come, with the agency: they were not asked themselves."""
    earlier: ReplyValue | None = None
    """What they had replied before they were asked again, where that does not count any more."""
    responded_at: datetime | None = None
    """When an answer for the date or the series was last given, by themselves or for them."""


@dataclass(frozen=True, kw_only=True)
class OwnInvitation:
    """Somebody's own invitation to an event, with the replies that they gave to it."""

    id: UUID
    role: AttendeeRole
    is_series: bool
    replies: tuple[Reply, ...]

    def reply_for(self, date: Occurrence) -> ReplyValue:
        """Return the reply that counts for a date."""
        given = effective(self.replies, date.id)
        return given.value if given else ReplyValue.NEEDS_ACTION


def reply_by(starts: datetime, now: datetime) -> datetime | None:
    """Return until when replies are asked for: 5 PM of a working day, two days before a date or earlier.

    None when that is over. Both moments are on the wall clock of the event.
    """
    day = working_day_by((starts - REPLY_BEFORE).date())
    by = datetime.combine(day, REPLY_HOUR, starts.tzinfo)
    return by if by > now else None


def effective(replies: Iterable[AnyReply], occurrence_id: UUID | None) -> AnyReply | None:
    """Return the reply that counts for a date: the newest for the date, else the newest for the series."""
    known = sorted(replies, key=lambda reply: (reply.replied_at, reply.sequence), reverse=True)
    for_date = next((one for one in known if one.occurrence_id == occurrence_id and occurrence_id is not None), None)
    return for_date or next((one for one in known if one.occurrence_id is None), None)


def responded_at(replies: Iterable[Reply], occurrence_id: UUID) -> datetime | None:
    """Return when somebody last replied for a date or the series; that they were asked again is no reply."""
    given = [
        one.replied_at
        for one in replies
        if one.value is not ReplyValue.NEEDS_ACTION and one.occurrence_id in (None, occurrence_id)
    ]
    return max(given, default=None)


def earlier(replies: Iterable[Reply], occurrence_id: UUID) -> ReplyValue | None:
    """Return what somebody replied for a date before they were asked again; None when nothing, or it still counts."""
    known = [one for one in replies if one.occurrence_id in (None, occurrence_id)]
    counts = effective(known, occurrence_id)
    if counts is None or counts.value is not ReplyValue.NEEDS_ACTION:
        return None
    given = [one for one in known if one.value is not ReplyValue.NEEDS_ACTION]
    newest = max(given, key=lambda one: one.replied_at, default=None)
    return newest.value if newest else None


def answerable(
    viewer: Viewer, occurrence: Occurrence, named: Iterable[Participant], now: datetime
) -> list[Participant]:
    """Return for whom the viewer may record a reply, of those whom they read by name: who edits, for anybody else."""
    is_open = occurrence.ends_at > now and not occurrence.is_off and occurrence.event.status is not EventStatus.DRAFT
    if not (may_edit(viewer, occurrence.event) and is_open and occurrence.event.kind.asks_reply):
        return []
    return [one for one in named if one.member_id != viewer.member_id and not one.substitutes_for]
