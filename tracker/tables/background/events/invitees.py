"""Invitees of an event, their replies, and their substitutes without a viewer, as ids, states, and times.

For writers inside their transaction and for the clock; people read `visible.attendance` and
`visible.events.replies`. Also upcoming meetings with their invitees, for invitations that follow a seat: operations and
events for named people are not among those of committees (`rules.events.replies.follows_seats`).

Replies are numbered in the order in which the database takes them. The number decides which of several replies counts
(`rules.events.replies.effective_reply`). Clocks of two servers may be minutes apart; writers queue for one lock
(`database.transactions`), so the numbers follow the order of the commits. Replies are copied to the series that
continues another, with the dates whose time and place stay the same, and to such dates when the series stays the same
but is asked again. Comments are copied from row to row, and leave here in no other way.

A reply that counts may name a substitute, of people who take part only: a person who is informed has none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.binding import bulk_insert, run_for_each
from tracker.database.queries import sql_list
from tracker.rules.core.message_types import EntryUid
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import (
    AttendeeRole,
    GivenReply,
    ReplySource,
    ReplyValue,
    effective_reply,
    substitution_changed_at,
)
from tracker.tables.schema.events import Invitation, Reply

CHUNK = 1_000  # ids in one query
# The reply that counts is the newest for the date, else for the series (`rules.events.replies.effective_reply`).
REPLY = (
    "COALESCE((SELECT a.reply FROM reply a WHERE a.invitation = i.id AND a.occurrence = o.id"
    " ORDER BY a.number DESC LIMIT 1),"
    "(SELECT a.reply FROM reply a WHERE a.invitation = i.id AND a.occurrence IS NULL"
    " ORDER BY a.number DESC LIMIT 1),"
    " 'needs_action')"
)
"""The reply of invitation `i` to date `o`."""
TAKES_PART = "i.role <> 'informed'"
"""Whether the person with invitation `i` is expected to come (`AttendeeRole.takes_part`)."""
IS_ASKED = "i.role NOT IN ('chair', 'informed')"
"""Whether the person with invitation `i` is asked to reply (`AttendeeRole.is_asked`)."""
HOLDER = f"SELECT i.member FROM invitation i WHERE i.id = {{}} AND i.withdrawn_at IS NULL AND {TAKES_PART}"
"""The member who holds an invitation; no one when it was withdrawn, asks no reply, or does not exist."""
_HOLDER = (
    "SELECT i.member AS member_id, i.event AS event_id FROM invitation i"
    f" WHERE i.id = {{}} AND i.withdrawn_at IS NULL AND {TAKES_PART}"
)
_KNOWN = "SELECT id, member, role, withdrawn_at FROM invitation WHERE event = {}"
GIVEN = (
    "a.occurrence AS occurrence_id, a.reply AS value, a.number, a.substitute AS substitute_id, a.replied_at, a.source,"
    " a.renewed_at"
)
"""The fields of reply `a`, besides its invitation."""
_GIVEN = f"SELECT a.invitation AS invitation_id, {GIVEN} FROM reply a WHERE a.invitation IN ({{}})"


class KnownInvitation(Struct, frozen=True, kw_only=True):
    """An invitation, including one of a person who was taken off the list."""

    id: UUID
    role: AttendeeRole
    withdrawn_at: datetime | None

    @property
    def is_withdrawn(self) -> bool:
        """Return whether the person is off the list."""
        return self.withdrawn_at is not None


class InvitationHolder(Struct, frozen=True, kw_only=True):
    """The member who holds an invitation, and its event."""

    member_id: UUID
    event_id: UUID


async def invitations_by_member(event_id: UUID) -> dict[UUID, KnownInvitation]:
    """Return the invitations to an event by member."""
    rows = await engine().run_querystring(QueryString(_KNOWN, event_id))
    return msgspec.convert({row["member"]: row for row in rows}, dict[UUID, KnownInvitation], strict=False)


async def invitees_of(event_id: UUID) -> dict[UUID, AttendeeRole]:
    """Return the current invitees and their roles."""
    known = await invitations_by_member(event_id)
    return {member_id: invitation.role for member_id, invitation in known.items() if not invitation.is_withdrawn}


async def invited_to_each(event_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, UUID]]:
    """Return the people who are expected at each of these events, by their invitation."""
    known: dict[UUID, dict[UUID, UUID]] = {}
    takes_part = Invitation.role != AttendeeRole.INFORMED
    for some in chunks(event_ids):
        for row in (
            await Invitation.select(Invitation.id, Invitation.event, Invitation.member)
            .where(Invitation.event.is_in(some) & Invitation.withdrawn_at.is_null() & takes_part)
            .order_by(Invitation.id)
        ):
            known.setdefault(row["event"], {})[row["id"]] = row["member"]
    return known


async def holder_of_invitation(invitation_id: UUID) -> InvitationHolder | None:
    """Return an invitation's member and event; None when it was withdrawn, asks no reply, or does not exist."""
    rows = await engine().run_querystring(QueryString(_HOLDER, invitation_id))
    return msgspec.convert(rows[0], InvitationHolder) if rows else None


async def replies_to_invitations(invitation_ids: Iterable[UUID]) -> list[GivenReply]:
    """Return all replies to these invitations."""
    given: list[GivenReply] = []
    for some in chunks(invitation_ids):
        rows = await engine().run_querystring(QueryString(_GIVEN, sql_list(some)))
        given += msgspec.convert(rows, list[GivenReply], strict=False)
    return given


async def replied_alone(occurrence_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """Return the invitations and dates, among these dates, with a reply to that date alone, except the organizer's."""
    wanted = list(occurrence_ids)
    if not wanted:
        return set()
    rows = await Reply.select(Reply.invitation, Reply.occurrence).where(
        Reply.occurrence.is_in(wanted) & (Reply.invitation.role != AttendeeRole.CHAIR)
    )
    return {(row["invitation"], row["occurrence"]) for row in rows}


def chunks(ids: Iterable[UUID]) -> list[list[UUID]]:
    """Return ids in lists that one query can hold."""
    every = sorted(ids)
    return [every[first : first + CHUNK] for first in range(0, len(every), CHUNK)]


_AHEAD = (
    "SELECT e.id, e.uid, e.committee AS committee_id, e.status, e.visibility, e.version, e.sequence,"
    " (SELECT MAX(o.sequence) FROM occurrence o WHERE o.event = e.id) AS sent"
    " FROM event e WHERE e.visibility <> 'named' AND e.kind <> 'joint_operation'"
    " AND EXISTS (SELECT 1 FROM occurrence o WHERE o.event = e.id AND o.ends_at > {}) AND {} ORDER BY e.id"
)
_OF_COMMITTEES = QueryString("e.committee IS NOT NULL")
_OF_MEMBER = (
    "EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL"
    " AND i.role <> 'chair')"
)


class UpcomingMeeting(Struct, frozen=True, kw_only=True):
    """An event with upcoming dates; `sent` is the highest SEQUENCE that emails gave one of its dates."""

    id: UUID
    uid: EntryUid
    committee_id: UUID | None
    status: EventStatus
    visibility: Visibility
    version: int
    sequence: int
    sent: int


async def meetings_of_committees(now: datetime) -> list[UpcomingMeeting]:
    """Return the meetings of all committees that have upcoming dates, drafts and canceled ones included."""
    return await _meetings_ahead(_OF_COMMITTEES, now)


async def meetings_of_member(member_id: UUID, now: datetime) -> list[UpcomingMeeting]:
    """Return the events with upcoming dates to which a person is invited and which they do not organize."""
    return await _meetings_ahead(QueryString(_OF_MEMBER, member_id), now)


async def invitees_of_meetings(event_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, tuple[AttendeeRole, bool]]]:
    """Return the current invitees of each of these events, by member: the role, and whether they have it by a seat."""
    invited: dict[UUID, dict[UUID, tuple[AttendeeRole, bool]]] = {event_id: {} for event_id in event_ids}
    if invited:
        current = Invitation.event.is_in(list(invited)) & Invitation.withdrawn_at.is_null()
        for row in await Invitation.select(
            Invitation.event, Invitation.member, Invitation.role, Invitation.by_seat
        ).where(current):
            invited[row["event"]][row["member"]] = AttendeeRole(row["role"]), bool(row["by_seat"])
    return invited


async def _meetings_ahead(which: QueryString, now: datetime) -> list[UpcomingMeeting]:
    rows = await engine().run_querystring(QueryString(_AHEAD, now, which))
    return msgspec.convert(rows, list[UpcomingMeeting], strict=False)


_GIVEN_COLUMNS = (
    "invitation",
    "occurrence",
    "reply",
    "comment",
    "source",
    "entered_by",
    "substitute",
    "sequence",
    "replied_at",
    "renewed_at",
)
_USUAL = {"occurrence": None, "comment": "", "entered_by": None, "substitute": None, "renewed_at": None}
_WRITE = (
    "INSERT INTO reply (invitation, occurrence, reply, comment, source, entered_by, substitute, sequence, replied_at,"
    " renewed_at, id, number) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},"
    " (SELECT COALESCE(MAX(a.number), 0) + 1 FROM reply a WHERE a.invitation = {}))"
)
_WRITE_AGAIN = (
    "INSERT INTO reply (id, number, invitation, occurrence, reply, comment, source, entered_by, substitute, sequence,"
    " replied_at, renewed_at) SELECT {}, (SELECT MAX(n.number) + 1 FROM reply n WHERE n.invitation = a.invitation),"
    " a.invitation, a.occurrence, a.reply, a.comment, a.source, a.entered_by, a.substitute, a.sequence, a.replied_at,"
    " {} FROM reply a WHERE a.invitation = {} AND a.number = {}"
)


async def write_replies(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert replies, each given by its columns without `id` and `number`; the last one counts.

    The caller is inside `writing()`.
    """
    rows = [{**_USUAL, **reply} for reply in replies]
    await run_for_each(
        _WRITE, [[*(row[name] for name in _GIVEN_COLUMNS), ids.new_id(), row["invitation"]] for row in rows]
    )


async def write_first_replies(replies: Sequence[Mapping[str, Any]]) -> None:
    """Insert the first reply to each of some new invitations, given as for `write_replies`."""
    await bulk_insert(Reply, [{"id": ids.new_id(), "number": 1, **reply} for reply in replies])


async def write_reply_again(invitation_id: UUID, number: int, *, renewed_at: datetime | None = None) -> None:
    """Write an earlier reply once more, with everything that it says, so that it is the last one and counts.

    `renewed_at` is when the No of the substitute whom it names was undone, if that is why. The caller is inside
    `writing()`.
    """
    await engine().run_querystring(QueryString(_WRITE_AGAIN, ids.new_id(), renewed_at, invitation_id, number))


_TO_SERIES = """
SELECT n.id AS invitation, a.occurrence, a.reply, a.comment, a.source, a.entered_by, a.substitute, a.replied_at,
       a.renewed_at
  FROM invitation o
  JOIN invitation n ON n.event = {} AND n.member = o.member AND n.role <> 'chair'
  JOIN reply a ON a.invitation = o.id
 WHERE o.event = {} AND o.withdrawn_at IS NULL
 ORDER BY a.number
"""
_TO_DATES = """
SELECT a.invitation, a.occurrence, a.reply, a.comment, a.source, a.entered_by, a.substitute, a.replied_at,
       a.renewed_at
  FROM reply a JOIN invitation i ON i.id = a.invitation
 WHERE i.event = {} AND i.withdrawn_at IS NULL AND i.role <> 'chair' ORDER BY a.number
"""


async def copy_replies_to_dates(event_id: UUID, dates: Iterable[UUID]) -> None:
    """Copy people's replies to a series to these dates, so that they hold when the other dates are asked again.

    The caller is inside `writing()`.
    """
    given = await engine().run_querystring(QueryString(_TO_DATES, event_id))
    for_all = {row["invitation"]: row for row in given if row["occurrence"] is None}
    alone = {(row["invitation"], row["occurrence"]) for row in given}
    held = [
        {**row, "occurrence": date, "sequence": 0}
        for date in dates
        for row in for_all.values()
        if row["reply"] != ReplyValue.NEEDS_ACTION and (row["invitation"], date) not in alone
    ]
    await write_replies(held)


async def copy_replies_to_series(old_id: UUID, new_id: UUID, dates: Mapping[UUID, bool]) -> None:
    """Give the replies to dates that moved to another series to the invitations of that series.

    `dates` says of each date whether the reply that counted for it still counts; if not, it has none. The caller is
    inside `writing()`, and the new series has its invitations.
    """
    given = await engine().run_querystring(QueryString(_TO_SERIES, new_id, old_id))
    counts: dict[UUID | None, dict[UUID, dict[str, Any]]] = {}
    for row in given:
        counts.setdefault(row["occurrence"], {})[row["invitation"]] = row
    if dates:
        await Reply.delete().where(Reply.occurrence.is_in(list(dates)))
    made = [
        {**row, "occurrence": date, "sequence": 0}
        for date, still_counts in dates.items()
        for row in {**counts.get(None, {}), **counts.get(date, {})}.values()
        if still_counts and row["reply"] != ReplyValue.NEEDS_ACTION
    ]
    await write_replies(made)


SUBSTITUTE = (
    "EXISTS (SELECT 1 FROM invitation i JOIN reply s ON s.invitation = i.id WHERE i.event = e.id"
    f" AND i.withdrawn_at IS NULL AND {TAKES_PART} AND s.substitute = {{}}"
    " AND NOT EXISTS (SELECT 1 FROM reply n WHERE n.invitation = i.id"
    " AND (n.occurrence = s.occurrence OR (n.occurrence IS NULL AND s.occurrence IS NULL))"
    " AND n.number > s.number))"
)
"""Whether a member substitutes for another on some date of the event `e`."""
_ASKED = f"i.withdrawn_at IS NULL AND {TAKES_PART}"
_EVER = (
    "SELECT i.event AS event_id, i.id AS invitation_id, i.member AS member_id,"
    f" CASE WHEN {_ASKED} THEN 1 ELSE 0 END AS is_asked, {GIVEN}"
    " FROM invitation i JOIN reply a ON a.invitation = i.id WHERE i.event IN ({})"
    " AND EXISTS (SELECT 1 FROM reply s WHERE s.invitation = i.id AND s.substitute IS NOT NULL)"
)
_REPLIES = f"{_EVER} AND {_ASKED} ORDER BY i.id"
_EVER_BY_ID = f"{_EVER} ORDER BY i.id"
_REFUSALS = (
    "SELECT a.invitation, a.number FROM reply a JOIN invitation i ON i.id = a.invitation WHERE i.event = {}"
    f" AND a.source = '{ReplySource.SUBSTITUTE}' AND a.occurrence = {{}} AND a.entered_by = {{}}"
    " AND a.replied_at = {} ORDER BY a.invitation"
)
_TO_COME = "SELECT o.id FROM occurrence o WHERE o.id IN ({}) AND o.ends_at > {} AND NOT o.is_canceled"
_STILL_THERE = "SELECT o.id FROM occurrence o WHERE o.event = {} AND o.id IN ({})"


class Principal(Struct, frozen=True, kw_only=True):
    """A person who has ever named a substitute, with all their replies."""

    event_id: UUID
    invitation_id: UUID
    member_id: UUID
    is_asked: bool
    """Whether they are invited now, and take part."""
    replies: list[GivenReply]

    def substitute(self, occurrence_id: UUID) -> UUID | None:
        """Return the substitute on a date, if there is one."""
        counts = effective_reply(self.replies, occurrence_id) if self.is_asked else None
        return counts.substitute_id if counts else None

    def reply(self, occurrence_id: UUID) -> ReplyValue:
        """Return the reply that counts for a date."""
        counts = effective_reply(self.replies, occurrence_id)
        return counts.value if counts else ReplyValue.NEEDS_ACTION

    def is_refused_by(self, substitute_id: UUID, occurrence_id: UUID) -> bool:
        """Return whether the reply that counts for a date is that a member, who was the substitute, can't come."""
        counts = effective_reply(self.replies, occurrence_id)
        if counts is None or counts.source is not ReplySource.SUBSTITUTE:
            return False
        before = effective_reply((reply for reply in self.replies if reply.number < counts.number), occurrence_id)
        return before is not None and before.substitute_id == substitute_id

    def named_before(self, number: int, occurrence_id: UUID) -> GivenReply | None:
        """Return the reply that a substitute's No, by its number, replaced for a date; None if it doesn't count."""
        counts = effective_reply(self.replies, occurrence_id) if self.is_asked else None
        if counts is None or counts.number != number:
            return None
        return effective_reply((reply for reply in self.replies if reply.number < number), occurrence_id)

    def is_renewed(self, number: int, occurrence_id: UUID) -> bool:
        """Return whether the substitute who gave a No to a date, by its number, comes again since it was undone."""
        before = effective_reply((reply for reply in self.replies if reply.number < number), occurrence_id)
        if before is None or before.substitute_id is None:
            return False
        is_undone = any(
            reply.renewed_at and reply.number > number for reply in self.replies if reply.occurrence_id == occurrence_id
        )
        return is_undone and self.substitute(occurrence_id) == before.substitute_id

    def naming(self, substitute_id: UUID, occurrence_id: UUID) -> GivenReply | None:
        """Return the reply that counts for a date, if it names a member as the substitute."""
        counts = effective_reply(self.replies, occurrence_id) if self.is_asked else None
        return counts if counts and counts.substitute_id == substitute_id else None

    def first_named_at(self, substitute_id: UUID, occurrence_id: UUID) -> datetime | None:
        """Return when a member was first named as the substitute on a date; None when they never were."""
        naming = [reply for reply in self.replies if reply.substitute_id == substitute_id]
        return min((reply.replied_at for reply in naming if reply.occurrence_id == occurrence_id), default=None)

    def renewed_at(self, substitute_id: UUID, occurrence_id: UUID) -> datetime | None:
        """Return when a No of a member, who is or was the substitute on a date, was last undone; None if none was."""
        naming = [reply for reply in self.replies if reply.substitute_id == substitute_id]
        return max(
            (reply.renewed_at for reply in naming if reply.renewed_at and reply.occurrence_id == occurrence_id),
            default=None,
        )

    def refusals(self, substitute_id: UUID, occurrence_id: UUID) -> list[GivenReply]:
        """Return each No of a member, who was the substitute on a date, that wasn't undone, oldest first."""
        of_date = [reply for reply in self.replies if reply.occurrence_id == occurrence_id]
        refusals: list[GivenReply] = []
        for before, reply in pairwise(sorted(of_date, key=lambda reply: reply.number)):
            if reply.source is ReplySource.SUBSTITUTE and before.substitute_id == substitute_id:
                refusals.append(reply)
            elif refusals and reply.renewed_at:
                refusals.pop()
        return refusals

    def changed_at(self, substitute_id: UUID, occurrence_id: UUID) -> datetime | None:
        """Return when a member last became, or ceased to be, the substitute on a date; None when they never were."""
        return substitution_changed_at(self.replies, occurrence_id, substitute_id)

    def ever_named(self, occurrence_id: UUID) -> set[UUID]:
        """Return everyone who was ever named as the substitute on a date."""
        return {
            reply.substitute_id
            for reply in self.replies
            if reply.occurrence_id == occurrence_id and reply.substitute_id
        }

    @property
    def scopes(self) -> set[UUID]:
        """Return the dates with replies of their own: a substitute comes to one date."""
        return {reply.occurrence_id for reply in self.replies if reply.occurrence_id}


async def refusals_entered(event_id: UUID, occurrence_id: UUID, by: UUID, at: datetime) -> list[tuple[UUID, int]]:
    """Return the substitutes' No to a date that one person entered at one moment: the invitation, and its number."""
    rows = await engine().run_querystring(QueryString(_REFUSALS, event_id, occurrence_id, by, at))
    return [(row["invitation"], row["number"]) for row in rows]


async def principals_now(event_ids: Iterable[UUID]) -> list[Principal]:
    """Return the current invitees who take part in these events and have ever named a substitute there."""
    wanted = sorted(set(event_ids))
    if not wanted:
        return []
    return _principals(await engine().run_querystring(QueryString(_REPLIES, sql_list(wanted))))


async def ever_principals(event_id: UUID) -> list[Principal]:
    """Return everyone who has ever named a substitute for an event, also if they are off its list or informed now."""
    return _principals(await engine().run_querystring(QueryString(_EVER_BY_ID, sql_list([event_id]))))


def _principals(rows: Iterable[Mapping[str, Any]]) -> list[Principal]:
    every = [list(of_invitation) for _, of_invitation in groupby(rows, key=itemgetter("invitation_id"))]
    return msgspec.convert([{**given[0], "replies": given} for given in every], list[Principal], strict=False)


async def dates_still_there(event_id: UUID, occurrence_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return which of these dates an event still has."""
    wanted = sorted(set(occurrence_ids))
    if not wanted:
        return frozenset()
    rows = await engine().run_querystring(QueryString(_STILL_THERE, event_id, sql_list(wanted)))
    return frozenset(row["id"] for row in rows)


async def upcoming_dates(occurrence_ids: Iterable[UUID], now: datetime) -> frozenset[UUID]:
    """Return which of these dates are not over and were not canceled by themselves."""
    wanted = sorted(set(occurrence_ids))
    if not wanted:
        return frozenset()
    rows = await engine().run_querystring(QueryString(_TO_COME, sql_list(wanted), now))
    return frozenset(row["id"] for row in rows)
