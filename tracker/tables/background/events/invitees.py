"""Invitees of an event and their replies without a viewer, as ids, states and times; and how replies are written.

For writers inside their transaction and for the clock; people read `visible.attendance` and
`visible.events.replies`. Also upcoming meetings with their invitees, for invitations that follow a seat: operations and
events for named people are not among those of committees (`rules.events.replies.follows_seats`).

Replies are numbered in the order in which the database takes them. The number decides which of several replies counts
(`rules.events.replies.effective_reply`). Clocks of two servers may be minutes apart; writers queue for one lock
(`database.transactions`), so the numbers follow the order of the commits. Replies are copied to the series that
continues another, with the dates whose time and place stay the same, and to such dates when the series stays the same
but is asked again. Comments are copied from row to row, and leave here in no other way.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from piccolo.querystring import QueryString

from tracker.crypto import ids
from tracker.database import engine
from tracker.database.bulk_insert import bulk_insert, run_for_each
from tracker.rules.core.message_types import EntryUid
from tracker.rules.core.viewers import Visibility
from tracker.rules.events.events import EventStatus
from tracker.rules.events.replies import AttendeeRole, GivenReply, ReplySource, ReplyValue
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
_HOLDER = f"SELECT i.member, i.event FROM invitation i WHERE i.id = {{}} AND i.withdrawn_at IS NULL AND {TAKES_PART}"
_KNOWN = "SELECT id, member, role, withdrawn_at FROM invitation WHERE event = {}"


class KnownInvitation(NamedTuple):
    """An invitation, including one of a person who was taken off the list."""

    id: UUID
    role: AttendeeRole
    withdrawn_at: datetime | None

    @property
    def is_withdrawn(self) -> bool:
        """Return whether the person is off the list."""
        return self.withdrawn_at is not None


class InvitationHolder(NamedTuple):
    """The member who holds an invitation, and its event."""

    member_id: UUID
    event_id: UUID


async def invitations_by_member(event_id: UUID) -> dict[UUID, KnownInvitation]:
    """Return the invitations to an event by member."""
    rows = await engine().run_querystring(QueryString(_KNOWN, event_id))
    return {row["member"]: KnownInvitation(row["id"], AttendeeRole(row["role"]), row["withdrawn_at"]) for row in rows}


async def invitees_of(event_id: UUID) -> dict[UUID, AttendeeRole]:
    """Return the current invitees and their roles."""
    return {
        member_id: known_invitation.role
        for member_id, known_invitation in (await invitations_by_member(event_id)).items()
        if not known_invitation.is_withdrawn
    }


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
    return InvitationHolder(rows[0]["member"], rows[0]["event"]) if rows else None


async def replies_to_invitations(invitation_ids: Iterable[UUID]) -> list[GivenReply]:
    """Return all replies to these invitations."""
    given: list[GivenReply] = []
    for some in chunks(invitation_ids):
        rows = await Reply.select(
            Reply.invitation,
            Reply.occurrence,
            Reply.reply,
            Reply.number,
            Reply.substitute,
            Reply.replied_at,
            Reply.source,
            Reply.renewed_at,
        ).where(Reply.invitation.is_in(some))
        given += [given_reply(row["invitation"], row) for row in rows]
    return given


def given_reply(invitation_id: UUID, row: Mapping[str, Any]) -> GivenReply:
    """Return the reply to an invitation in a row."""
    return GivenReply(
        invitation_id,
        row["occurrence"],
        ReplyValue(row["reply"]),
        row["number"],
        row["substitute"],
        row["replied_at"],
        ReplySource(row["source"]),
        row["renewed_at"],
    )


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
    "SELECT e.id, e.uid, e.committee, e.status, e.visibility, e.version, e.sequence,"
    " (SELECT MAX(o.sequence) FROM occurrence o WHERE o.event = e.id) AS sent"
    " FROM event e WHERE e.visibility <> 'named' AND e.kind <> 'joint_operation'"
    " AND EXISTS (SELECT 1 FROM occurrence o WHERE o.event = e.id AND o.ends_at > {}) AND {} ORDER BY e.id"
)
_OF_COMMITTEES = QueryString("e.committee IS NOT NULL")
_OF_MEMBER = (
    "EXISTS (SELECT 1 FROM invitation i WHERE i.event = e.id AND i.member = {} AND i.withdrawn_at IS NULL"
    " AND i.role <> 'chair')"
)


class UpcomingMeeting(NamedTuple):
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
    found: dict[UUID, dict[UUID, tuple[AttendeeRole, bool]]] = {event_id: {} for event_id in event_ids}
    if found:
        current = Invitation.event.is_in(list(found)) & Invitation.withdrawn_at.is_null()
        for row in await Invitation.select(
            Invitation.event, Invitation.member, Invitation.role, Invitation.by_seat
        ).where(current):
            found[row["event"]][row["member"]] = AttendeeRole(row["role"]), bool(row["by_seat"])
    return found


async def _meetings_ahead(which: QueryString, now: datetime) -> list[UpcomingMeeting]:
    return [
        UpcomingMeeting(
            id=row["id"],
            uid=EntryUid(row["uid"]),
            committee_id=row["committee"],
            status=EventStatus(row["status"]),
            visibility=Visibility(row["visibility"]),
            version=row["version"],
            sequence=row["sequence"],
            sent=row["sent"],
        )
        for row in await engine().run_querystring(QueryString(_AHEAD, now, which))
    ]


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
SELECT n.id AS invitation, a.occurrence AS occurrence, a.reply AS reply, a.comment AS comment, a.source AS source,
       a.entered_by AS entered_by, a.substitute AS substitute, a.replied_at AS replied_at,
       a.renewed_at AS renewed_at
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
_COPIED = (
    "invitation",
    "occurrence",
    "reply",
    "comment",
    "source",
    "entered_by",
    "substitute",
    "replied_at",
    "renewed_at",
)


async def copy_replies_to_dates(event_id: UUID, dates: Iterable[UUID]) -> None:
    """Copy people's replies to a series to these dates, so that they hold when the other dates are asked again.

    The caller is inside `writing()`.
    """
    given = await engine().run_querystring(QueryString(_TO_DATES, event_id))
    for_all = {row["invitation"]: row for row in given if row["occurrence"] is None}
    alone = {(row["invitation"], row["occurrence"]) for row in given}
    held = [
        {**row, "occurrence": date}
        for date in dates
        for row in for_all.values()
        if row["reply"] != ReplyValue.NEEDS_ACTION and (row["invitation"], date) not in alone
    ]
    await write_replies([_copied_row(row) for row in held])


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
        _copied_row({**row, "occurrence": date})
        for date, still_counts in dates.items()
        for row in {**counts.get(None, {}), **counts.get(date, {})}.values()
        if still_counts and row["reply"] != ReplyValue.NEEDS_ACTION
    ]
    await write_replies(made)


def _copied_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in _COPIED}, "sequence": 0}
