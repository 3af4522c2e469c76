"""Invitations and replies: whom the seats of a committee invite, which reply counts, and which changes need a new one.

The primary of a seat is invited to the meetings of the committee; a new primary takes the place of the former one on
the list of each upcoming meeting.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracker.rules.core.viewers import Arm, Viewer, Visibility
from tracker.rules.core.wording import Worded
from tracker.rules.events.events import EventFields, EventStatus, Kind, Occurrence, may_edit
from tracker.rules.recurrence.holidays import working_day_by

LONGEST_COMMENT = 1_000  # characters
REPLY_BEFORE, REPLY_HOUR = timedelta(days=2), time(17)
"""Replies are due by 5 PM two days before, or on the last working day before that."""
SECOND = timedelta(seconds=1)


class ReplyValue(StrEnum):
    """PARTSTAT of a person, in iCalendar's words (RFC 5545 §3.2.12)."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class ReplySource(StrEnum):
    """How a reply came."""

    SITE = "site"
    LINK = "link"
    """By the signed link in an email."""
    API = "api"
    EMAIL = "email"
    """By an email: of a calendar program, or of the person."""
    ON_BEHALF = "on_behalf"
    """Another person recorded it."""
    SUBSTITUTE = "substitute"
    """Their substitute can't come: said by the substitute, or recorded for them."""
    CHANGE = "change"
    """No person's: a change to the event asked for a new reply."""


class AttendeeRole(Worded):
    """ROLE of a person (RFC 5545 §3.2.16)."""

    CHAIR = "chair"
    REQUIRED = "required"
    OPTIONAL = "optional"
    INFORMED = "informed", "Informed only"
    """Sees the event and gets its emails, and is not asked to come: never in counts of invitees."""

    @property
    def takes_part(self) -> bool:
        """Return whether the person is expected to come, and so counts as invited."""
        return self is not AttendeeRole.INFORMED

    @property
    def is_asked(self) -> bool:
        """Return whether the person is asked to reply: everyone who takes part but the organizer."""
        return self.takes_part and self is not AttendeeRole.CHAIR


ROLES_OFFERED = (AttendeeRole.REQUIRED, AttendeeRole.OPTIONAL, AttendeeRole.INFORMED, AttendeeRole.CHAIR)
"""In the order in which forms offer them."""


class ReplyGiven(NamedTuple):
    """What a person replies: whether they come, a comment, and who substitutes for them if they don't."""

    value: ReplyValue
    comment: str = ""
    substitute_id: UUID | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """One reply as it was given; `occurrence_id` None means the whole series."""

    occurrence_id: UUID | None
    value: ReplyValue
    comment: str
    source: ReplySource
    number: int
    """Its place among the replies to the invitation, in the order in which they were committed."""
    replied_at: datetime
    sequence: int = 0
    """For a request of a new reply, the event's after the change; 0 when the person was invited again."""
    entered_by: str = ""
    """Name and agency of the person who replied for them; empty where they replied themselves."""
    substitute_id: UUID | None = None
    substitute: str = ""
    """The substitute, with the agency."""
    substitute_note: str = ""
    """What a substitute who can't come wrote."""

    @property
    def asks_again(self) -> bool:
        """Return whether it asks for a new reply because the event changed."""
        return self.value is ReplyValue.NEEDS_ACTION and self.source == ReplySource.CHANGE and self.sequence > 0


class GivenReply(Struct, frozen=True, kw_only=True):
    """A reply without its comment; `occurrence_id` None means the whole series."""

    invitation_id: UUID
    occurrence_id: UUID | None
    value: ReplyValue
    number: int
    substitute_id: UUID | None
    replied_at: datetime
    source: ReplySource
    renewed_at: datetime | None
    """When it was written once more, because the No of the substitute whom it names was undone."""


AnyReply = TypeVar("AnyReply", Reply, GivenReply)


class Substitution(Struct, frozen=True, kw_only=True):
    """That a person substitutes for another on a date, or did."""

    invitation_id: UUID
    """The invitation of the other person."""
    principal_id: UUID
    principal: str = ""
    """The other person, with the agency."""
    is_over: bool
    changed_at: datetime
    """When it began, or ended."""
    is_asked: bool
    """Whether the other person is asked to come now."""
    reply: ReplyValue
    """What the other person replies now."""
    sends_another: bool
    """Whether the other person sends someone else now."""
    is_refused: bool
    """Whether it is over because the substitute can't come."""
    first_named_at: datetime
    named_at: datetime | None = None
    """When the reply that names them now was given; None once it is over."""
    is_named_by_email: bool = False
    renewed_at: datetime | None = None
    """When a No of the substitute was last undone."""


class Participant(Struct, frozen=True, kw_only=True):
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
    """Who replied for them; for a substitute, who named them."""
    substitute: str = ""
    """From the reply that counts."""
    released: str = ""
    """The substitute who no longer comes, from the reply that counts."""
    substitute_note: str = ""
    """What that substitute wrote."""
    substitutes_for: str = ""
    """The person for whom they substitute, with the agency; they were not invited themselves."""
    earlier: ReplyValue | None = None
    """Their reply before a new one was requested, where it no longer counts."""
    responded_at: datetime | None = None
    """When a reply for the date or the series was last given, by themselves or for them."""

    @property
    def line(self) -> str:
        """Return what tells them apart in a form: a substitute has a line for each person for whom they come."""
        return f"{self.member_id}:{self.invitation_id}"


class Informed(Struct, frozen=True, kw_only=True):
    """A person who is kept informed of an event and not asked to come."""

    member_id: UUID
    name: str
    agency: str
    arm: Arm


class ReplyGroup(Struct, frozen=True, kw_only=True):
    """The people with one reply to a date: those whose names the viewer reads, and how many there are in all."""

    reply: ReplyValue
    people: tuple[Participant, ...]
    count: int

    @property
    def unnamed(self) -> int:
        """Return how many of them the viewer doesn't read by name."""
        return self.count - len(self.people)


class OwnInvitation(Struct, frozen=True, kw_only=True):
    """A person's own invitation to an event, with the replies that they gave."""

    id: UUID
    role: AttendeeRole
    is_series: bool
    replies: tuple[Reply, ...]

    def reply_for(self, date: Occurrence) -> ReplyValue:
        """Return the reply that counts for a date."""
        given = effective_reply(self.replies, date.id)
        return given.value if given else ReplyValue.NEEDS_ACTION


def reply_deadline(starts: datetime, now: datetime) -> datetime | None:
    """Return the deadline for replies: 5 PM of a working day, two days before a date or earlier.

    None when it has passed. Both moments are on the wall clock of the event.
    """
    day = working_day_by((starts - REPLY_BEFORE).date())
    by = datetime.combine(day, REPLY_HOUR, starts.tzinfo)
    return by if by > now else None


def effective_reply(replies: Iterable[AnyReply], occurrence_id: UUID | None) -> AnyReply | None:
    """Return the reply that counts for a date: the last for the date, else the last for the series.

    The last is the one that was committed last, whatever the clocks of the servers said.
    """
    known = sorted(replies, key=_number, reverse=True)
    for_date = [reply for reply in known if reply.occurrence_id == occurrence_id and occurrence_id is not None]
    for_series = [reply for reply in known if reply.occurrence_id is None]
    return next(iter(for_date + for_series), None)


def released_by_replies(replies: Iterable[Reply], occurrence_id: UUID) -> str:
    """Return the person whom the reply that counts for a date released from coming in its giver's place."""
    given = list(replies)
    counts = effective_reply(given, occurrence_id)
    before = effective_reply((reply for reply in given if counts and reply.number < counts.number), occurrence_id)
    if counts is None or before is None or before.substitute_id == counts.substitute_id:
        return ""
    return before.substitute


def notes_apart(replies: Iterable[Reply]) -> tuple[Reply, ...]:
    """Return the replies to an invitation, in order, with the notes of substitutes apart from the invited person's.

    A row has one note. Of a substitute who can't come, it is theirs, and the invited person's is that of their own
    reply before it.
    """
    apart: list[Reply] = []
    for reply in sorted(replies, key=_number):
        if reply.source != ReplySource.SUBSTITUTE:
            apart.append(reply)
            continue
        before = effective_reply(apart, reply.occurrence_id)
        apart.append(replace(reply, comment=before.comment if before else "", substitute_note=reply.comment))
    return tuple(apart)


def substitution_changed_at(replies: Iterable[GivenReply], occurrence_id: UUID, member_id: UUID) -> datetime | None:
    """Return when a member last became, or ceased to be, the substitute on a date; None when they never were.

    A reply that was written once more counts from then on. Each is taken to be later than those committed before it, by
    the second that DTSTAMP can tell apart: one that another person enters may have been given earlier, and clocks of
    servers differ.
    """
    at, changed_at, was_sent = None, None, False
    for reply in sorted((reply for reply in replies if reply.occurrence_id == occurrence_id), key=_number):
        since = reply.renewed_at or reply.replied_at
        at = max(since, at + SECOND) if at else since
        is_sent = reply.substitute_id == member_id
        changed_at = at if is_sent != was_sent else changed_at
        was_sent = is_sent
    return changed_at


def most_frequent_reply(given: Iterable[ReplyValue]) -> ReplyValue:
    """Return the reply that most dates have; in a tie, that none was given."""
    numbers = Counter(given)
    return max(
        numbers,
        key=lambda reply_value: (numbers[reply_value], reply_value is ReplyValue.NEEDS_ACTION),
        default=ReplyValue.NEEDS_ACTION,
    )


def last_responded_at(replies: Iterable[Reply], occurrence_id: UUID) -> datetime | None:
    """Return when a person last replied for a date or the series.

    Neither a request for a new reply counts, nor that their substitute can't come.
    """
    last = _last_given(reply for reply in replies if reply.occurrence_id in (None, occurrence_id))
    return last.replied_at if last else None


def earlier_reply(replies: Iterable[Reply], occurrence_id: UUID) -> ReplyValue | None:
    """Return a person's reply for a date before a change asked for a new one; None when there is none, or it counts.

    One that was undone is no earlier reply, and neither is one from before they were invited again.
    """
    known = [reply for reply in replies if reply.occurrence_id in (None, occurrence_id)]
    counts = effective_reply(known, occurrence_id)
    if counts is None or not counts.asks_again:
        return None
    last = _last_given(known)
    return last.value if last else None


def asked_again_at(replies: Iterable[Reply], occurrence_id: UUID) -> datetime | None:
    """Return when a change asked for a reply that the person hasn't given since; None when none did."""
    counts = effective_reply(replies, occurrence_id)
    return counts.replied_at if counts and counts.asks_again else None


def _last_given(replies: Iterable[Reply]) -> Reply | None:
    own = (reply for reply in replies if reply.source != ReplySource.SUBSTITUTE)
    return max((reply for reply in own if reply.value is not ReplyValue.NEEDS_ACTION), key=_number, default=None)


def _number(reply: Reply | GivenReply) -> int:
    return reply.number


def people_to_reply_for(
    viewer: Viewer, occurrence: Occurrence, named: Iterable[Participant], now: datetime
) -> list[Participant]:
    """Return for whom the viewer may record a reply, among those they see by name: editors, for anyone else.

    For a substitute, that is only their No: they count as coming.
    """
    is_open = occurrence.is_ahead(now) and occurrence.event.status is not EventStatus.DRAFT
    if not (may_edit(viewer, occurrence.event) and is_open and occurrence.event.kind.asks_reply):
        return []
    return [participant for participant in named if participant.member_id != viewer.member_id]


def people_by_reply(
    participants: Iterable[Participant], named: Iterable[Participant], *, is_chasing: bool
) -> tuple[ReplyGroup, ...]:
    """Return the people of a date grouped Yes, Maybe, No, No reply, without empty groups.

    For a viewer who asks people for replies, those who haven't replied are first. `named` are the participants whose
    names the viewer reads.
    """
    replies = [ReplyValue.ACCEPTED, ReplyValue.TENTATIVE, ReplyValue.DECLINED]
    replies.insert(0 if is_chasing else len(replies), ReplyValue.NEEDS_ACTION)
    counts = Counter(participant.reply for participant in participants)
    read = list(named)
    return tuple(
        ReplyGroup(reply=reply, people=tuple(person for person in read if person.reply is reply), count=counts[reply])
        for reply in replies
        if counts[reply]
    )


def participant_on_line(
    people: Iterable[Participant], member_id: UUID | None, invitation_id: UUID | None, *, likely: UUID | None = None
) -> Participant | None:
    """Return a person's line among these; None when there is none, or it isn't known which.

    Who substitutes for several people has several: the one with `invitation_id`, or if none is given, the `likely` one.
    """
    participants = [person for person in people if person.member_id == member_id]
    wanted = invitation_id or (likely if len(participants) > 1 else None)
    lines = [participant for participant in participants if wanted in (None, participant.invitation_id)]
    return lines[0] if len(lines) == 1 else None


class ListedInvitee(NamedTuple):
    """A person's place on the list of a meeting; by seat = they have it as the primary of a seat, not by name."""

    role: AttendeeRole
    by_seat: bool


class SeatChange(NamedTuple):
    """A seat whose primary changed; None = it was, or is now, vacant."""

    committee_id: UUID
    former_id: UUID | None
    new_id: UUID | None


class ListChange(NamedTuple):
    """Who leaves the list of a meeting, and who joins it in which role."""

    gone_id: UUID | None
    new_id: UUID | None
    role: AttendeeRole


def follows_seats(event_fields: EventFields) -> bool:
    """Return whether the invitations to an event pass with the seats of its committee.

    Operations and events for named people have a list of names, which no change of seats makes longer or shorter.
    """
    is_by_name = event_fields.kind is Kind.JOINT_OPERATION or event_fields.visibility is Visibility.NAMED
    return event_fields.committee_id is not None and not is_by_name


def change_of_list(seat: SeatChange, invited: Mapping[UUID, ListedInvitee], seated: Container[UUID]) -> ListChange:
    """Return what the change of a seat does to the list of one of its committee's meetings.

    `invited` is the list before it; `seated` are the primaries of the committee after it. The former primary leaves the
    list unless they organize the meeting, were invited by name, or have another seat. The new one joins it where the
    former one was invited, and to every meeting if the seat was vacant.
    """
    former = invited.get(seat.former_id) if seat.former_id else None
    leaves = former is not None and former.by_seat and former.role is not AttendeeRole.CHAIR
    stays = seat.former_id in seated
    joins = seat.new_id not in invited and (seat.former_id is None or former is not None)
    role = former.role if former and former.role is not AttendeeRole.CHAIR else AttendeeRole.REQUIRED
    return ListChange(
        gone_id=seat.former_id if leaves and not stays else None, new_id=seat.new_id if joins else None, role=role
    )
