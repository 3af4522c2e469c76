"""Who substitutes for whom, read from the replies: a reply that counts may name a substitute.

Only for people who take part: a person who is informed has no substitute.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo.querystring import QueryString

from tracker.database import engine
from tracker.database.sql_list import sql_list
from tracker.rules.events.replies import GivenReply, ReplySource, ReplyValue, effective_reply, substitution_changed_at
from tracker.tables.background.events.invitees import GIVEN, TAKES_PART

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


async def dates_to_come(occurrence_ids: Iterable[UUID], now: datetime) -> frozenset[UUID]:
    """Return which of these dates are not over and were not canceled by themselves."""
    wanted = sorted(set(occurrence_ids))
    if not wanted:
        return frozenset()
    rows = await engine().run_querystring(QueryString(_TO_COME, sql_list(wanted), now))
    return frozenset(row["id"] for row in rows)
