"""Undoing a substitute's No, their own or one that was recorded for them: they come again, as if nothing was said.

The reply that named them counts again, with everything that it said. Emails about the No that haven't left are dropped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracker.database import all_together, writing
from tracker.errors import Conflict, Gone
from tracker.rules.core.outbox import MessageKind
from tracker.rules.core.viewers import Viewer
from tracker.rules.events.event import Occurrence
from tracker.rules.events.undo import UNDO_FOR
from tracker.tables.background.emails import outbox_queue
from tracker.tables.background.events import new_replies
from tracker.tables.background.events.substitutes import Principal, ever_principals, refusals
from tracker.usecases.core import audit, outbox
from tracker.usecases.core.viewers import viewers_for
from tracker.usecases.events import substitute_replies, substitutes
from tracker.usecases.events.occurrences import date_for

TOO_LATE = (
    "It’s too late to undo this because 20 seconds have passed."
    " The person who named the substitute can name them again."
)
CHANGED = (
    "Nothing was undone because the person who named the substitute replied again or is no longer invited, or the date"
    " is over or canceled."
)
NO_LONGER = (
    "Nothing was undone because they can no longer be the substitute on this date."
    " The person who named them can send someone else."
)


class Turn(Struct, frozen=True, kw_only=True):
    """In whose place a person was to come when their No was recorded."""

    invitation_id: UUID
    principal_id: UUID
    substitute_id: UUID
    named_by: int
    """The number of the reply that named them."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A substitute's No to a date, for everyone in whose place they were to come."""

    date: Occurrence
    at: datetime
    invitation_ids: tuple[UUID, ...]
    """To which it was recorded."""
    turns: tuple[Turn, ...]
    """Those for which it still counts."""
    substitute: str
    """With the agency, as everyone below; empty when it no longer counts for anyone."""
    principals: str
    """Who named them, of those for whom it still counts."""
    named_by: str
    """Everyone who named them."""
    again: str
    """Those in whose place they come after all, since it was undone; empty when there are none."""
    can_come: bool
    """Whether they may still come."""
    may_be_known: bool
    """Whether an email may have gone out to someone for whom it counts, or counted until it was undone."""

    def is_current(self, now: datetime) -> bool:
        """Return whether it still counts, and its date is ahead."""
        return bool(self.turns) and _is_ahead(self.date, now)


async def undo(viewer: Viewer, event_id: UUID, key: str, at: datetime, now: datetime) -> Refusal:
    """Undo a substitute's No to a date that the viewer gave, or recorded, at that moment, and return it.

    Errors: NotFound; Gone when it's too late; Conflict when the reply has changed since, or they can no longer come.
    """
    async with writing():
        date = await date_for(viewer, event_id, key)
        found = await refusal_at(date, viewer.member_id, at, now)
        if now - at >= UNDO_FOR:
            raise Gone(TOO_LATE)
        await put_back(viewer, found, now)
    return found


async def refusal_at(date: Occurrence, by: UUID, at: datetime, now: datetime) -> Refusal:
    """Return a substitute's No to a date that a person gave, or recorded for them, at that moment."""
    return await _refusal(date, at, await refusals(date.event.id, date.id, by, at), now)


async def refusal_for(date: Occurrence, at: datetime, invitation_id: UUID, number: int, now: datetime) -> Refusal:
    """Return a substitute's No that was recorded for one invitation as its reply with this number."""
    return await _refusal(date, at, [(invitation_id, number)], now)


async def _refusal(date: Occurrence, at: datetime, numbers: Sequence[tuple[UUID, int]], now: datetime) -> Refusal:
    known = {one.invitation_id: one for one in await ever_principals(date.event.id)}
    said_to = [(known[one], number) for one, number in numbers if one in known]
    turns = [turn for one, number in said_to if (turn := _turn(one, number, date))]
    again = [one for one, number in said_to if one.is_renewed(number, date.id)] if _is_ahead(date, now) else []
    called = await audit.names_of_people(
        [*(one.member_id for one, _ in said_to), *(one.substitute_id for one in turns)]
    )
    words = {one: f"{name} ({agency})" for one, (name, agency) in called.items()}
    concerned = [*(one.invitation_id for one in turns), *(one.invitation_id for one in again)]
    keys = [substitute_replies.key_of(one, date, at) for one in concerned]
    return Refusal(
        date=date,
        at=at,
        invitation_ids=tuple(one for one, _ in numbers),
        turns=tuple(turns),
        substitute=words[turns[0].substitute_id] if turns else "",
        principals=_and(words[one.principal_id] for one in turns),
        named_by=_and(words[one.member_id] for one, _ in said_to),
        again=_and(words[one.member_id] for one in again),
        can_come=await _can_come(turns, date, now),
        may_be_known=await outbox_queue.any_may_be_known(keys),
    )


def _turn(principal: Principal, number: int, date: Occurrence) -> Turn | None:
    named = principal.named_before(number, date.id)
    if named is None or named.substitute_id is None:
        return None
    return Turn(
        invitation_id=principal.invitation_id,
        principal_id=principal.member_id,
        substitute_id=named.substitute_id,
        named_by=named.number,
    )


def _is_ahead(date: Occurrence, now: datetime) -> bool:
    return date.ends_at > now and not date.is_off


def _and(people: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(people))


async def _can_come(turns: Sequence[Turn], date: Occurrence, now: datetime) -> bool:
    principals = await viewers_for((one.principal_id for one in turns), now)
    offered = await all_together([substitutes.choices(one, date.event, now) for one in principals.values()])
    may_send = {one: {other.member_id for other in others} for one, others in zip(principals, offered, strict=True)}
    return all(one.substitute_id in may_send.get(one.principal_id, ()) for one in turns)


async def put_back(by: Viewer, found: Refusal, now: datetime) -> None:
    """Let the substitute come again, wherever their No still counts. The caller is inside `writing()`.

    They get an email only if the one that took the date off their calendar may have left.
    Errors: Conflict when it counts nowhere, the date isn't ahead, or they can no longer come.
    """
    if not found.is_current(now):
        raise Conflict(CHANGED)
    if not found.can_come:
        raise Conflict(NO_LONGER)
    date = found.date
    before = await substitutes.standing(date.event.id)
    knowing = frozenset([one.substitute_id for one in found.turns]) if await _has_entry(found) else frozenset[UUID]()
    for turn in found.turns:
        await new_replies.write_again(turn.invitation_id, turn.named_by, renewed_at=now)
        await outbox.take_back_lone_message(substitute_replies.key_of(turn.invitation_id, date, found.at))
        facts = {"date": date.key, "for": turn.principal_id, "substitute": turn.substitute_id}
        await audit.record(by.actor, "refusal_undone", "invitation", turn.invitation_id, facts, now)
    await substitutes.notify(date.event.id, before, now, knowing=knowing)


async def _has_entry(found: Refusal) -> bool:
    """Drop the email that takes the date off the substitute's calendar; return whether it is still there, or comes."""
    substitute_id, date_id = found.turns[0].substitute_id, found.date.id
    removal = substitutes.removal_key(found.invitation_ids, substitute_id, date_id, found.at)
    is_dropped = await outbox.take_back_message(removal)
    return is_dropped and await outbox_queue.waits_or_was_sent(MessageKind.SUBSTITUTE, substitute_id, date_id)
